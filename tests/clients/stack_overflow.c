// A stack that overflows: handlers are asked on what is kept of it, and it can be made whole again.
#include <malloc.h>
#include <stdio.h>
#include <windows.h>

static volatile int deepest;

__attribute__((noinline, optnone)) static int Descend(int depth) {
  volatile char room[1000];
  room[0] = (char)depth;
  deepest = depth;
  return Descend(depth + 1) + room[0];
}

static LONG Filter(EXCEPTION_POINTERS* pointers) {
  const EXCEPTION_RECORD* const record = pointers->ExceptionRecord;
  printf("filter: %08lx, flags %lx, at the stack %d\n", record->ExceptionCode, record->ExceptionFlags,
         record->NumberParameters == 2 && record->ExceptionInformation[1] - pointers->ContextRecord->Rsp + 0x2000 < 0x4000);
  return record->ExceptionCode == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static void Overflow(void) {
  __try {
    Descend(0);
  } __except (Filter(GetExceptionInformation())) {
    printf("handled %08lx, deep %d\n", GetExceptionCode(), deepest > 30);
  }
}

/// The same where the stack may end inside of a function of the system's.
__attribute__((noinline, optnone)) static int DescendCalling(int depth) {
  char text[60];
  void* const block = HeapAlloc(GetProcessHeap(), 0, 20);
  HeapFree(GetProcessHeap(), 0, block);
  GetCurrentDirectoryA(sizeof text, text);
  deepest = depth;
  return DescendCalling(depth + 1) + text[0];
}

static void OverflowInside(void) {
  for (int i = 0; i < 3; i++) {
    __try {
      DescendCalling(0);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      printf("inside: %08lx, deep %d\n", GetExceptionCode(), deepest > 2000);
    }
    _resetstkoflw();
  }
  void* const block = HeapAlloc(GetProcessHeap(), 0, 20);
  printf("the heap still works: %d\n", HeapFree(GetProcessHeap(), 0, block));
}

static LONG CALLBACK Vectored(EXCEPTION_POINTERS* pointers) {
  printf("vectored: %08lx\n", pointers->ExceptionRecord->ExceptionCode);
  return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI Worker(void* context) {
  (void)context;
  Overflow();
  return 5;
}

int main(void) {
  ULONG_PTR low = 0, high = 0;
  GetCurrentThreadStackLimits(&low, &high);
  printf("here %d, room %d\n", (ULONG_PTR)&low > low && (ULONG_PTR)&low < high, high - low >= 0x100000);

  ULONG guarantee = 0;
  printf("asked %d, %lu", SetThreadStackGuarantee(&guarantee), guarantee);
  guarantee = 10000;
  printf("; set %d, %lu", SetThreadStackGuarantee(&guarantee), guarantee);
  guarantee = 0;
  printf("; then %d, %lu", SetThreadStackGuarantee(&guarantee), guarantee);
  guarantee = 1u << 30;
  printf("; too much %d, error %lu\n", SetThreadStackGuarantee(&guarantee), GetLastError());

  Overflow();
  printf("reset %d\n", _resetstkoflw() != 0);
  printf("again %d\n", _resetstkoflw() != 0);
  Overflow();  // as the first time
  _resetstkoflw();
  OverflowInside();

  AddVectoredExceptionHandler(1, Vectored);
  HANDLE thread = CreateThread(NULL, 0x10000, Worker, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  WaitForSingleObject(thread, INFINITE);
  DWORD code = 0;
  GetExitCodeThread(thread, &code);
  printf("thread %lu\n", code);
  fflush(stdout);
  return Descend(0);  // and nobody wants it
}
