// Unwinds that are more than an exception's: longjmp, consolidation, exit, and code with dynamic unwind data.
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define MINE 0xE0001234u
#define CONSOLIDATE ((DWORD)0x80000029)
#define KEPT __attribute__((noinline, optnone))

static jmp_buf buffer;

KEPT static void Jump(int value) {
  __try {
    longjmp(buffer, value);
  } __finally {
    printf("finally, abnormal %d\n", AbnormalTermination());
  }
}

KEPT static void Jumps(void) {
  volatile int count = 0;
  switch (setjmp(buffer)) {
    case 0:
      count = 1;
      Jump(7);
      break;
    case 7:
      printf("jumped with 7, count %d\n", count);
      longjmp(buffer, 0);
      break;
    case 1:
      printf("jumped with 0 gives 1\n");
      break;
  }
}

KEPT static int JumpOut(const void* a, const void* b) {
  (void)a, (void)b;
  longjmp(buffer, 3);
  return 0;
}

// Across frames of the system's modules.
KEPT static void JumpsOutOfACallback(void) {
  int numbers[] = {3, 1, 2};
  if (setjmp(buffer) == 0) {
    qsort(numbers, 3, sizeof(int), JumpOut);
    printf("not reached\n");
  } else {
    printf("out of qsort\n");
  }
  __try {
    RaiseException(MINE, 0, 0, NULL);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    printf("exceptions still work\n");
  }
}

KEPT static void JumpsOutOfAFilter(void) {
  if (setjmp(buffer) == 0) {
    __try {
      RaiseException(MINE, 0, 0, NULL);
    } __except (longjmp(buffer, 1), EXCEPTION_EXECUTE_HANDLER) {
      printf("not reached\n");
    }
  } else {
    printf("out of a filter\n");
  }
}

// ---- consolidation

static PVOID CALLBACK Consolidated(EXCEPTION_RECORD* record) {
  printf("consolidated %08lx, parameter %d\n", record->ExceptionCode, (int)record->ExceptionInformation[1]);
  RaiseException(MINE, 0, 0, NULL);  // the frame it unwound to handles it
  return NULL;
}

KEPT static void Consolidate(PVOID frame) {
  static EXCEPTION_RECORD record;
  static CONTEXT context;
  record.ExceptionCode = CONSOLIDATE;
  record.NumberParameters = 2;
  record.ExceptionInformation[0] = (ULONG_PTR)&Consolidated;
  record.ExceptionInformation[1] = 42;
  __try {
    RtlUnwindEx(frame, NULL, &record, NULL, &context, NULL);
  } __finally {
    printf("unwound\n");
  }
}

static LONG FrameOfThis(PVOID frame) {
  printf("filter %d\n", frame != NULL);
  return EXCEPTION_EXECUTE_HANDLER;
}

/// The establisher frame of the caller, as unwinding finds it.
KEPT static PVOID CallersFrame(void) {
  CONTEXT context;
  RtlCaptureContext(&context);
  ULONG64 frame = 0;
  for (int i = 0; i < 2; i++) {
    DWORD64 base = 0;
    PRUNTIME_FUNCTION const function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
    PVOID data;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function, &context, &data, &frame, NULL);
  }
  return (PVOID)frame;
}

KEPT static void Consolidation(void) {
  __try {
    Consolidate(CallersFrame());
  } __except (FrameOfThis(GetExceptionInformation())) {
    printf("handled %08lx\n", GetExceptionCode());
  }
}

// ---- dynamic function tables

// sub rsp, 40; call rcx; add rsp, 40; ret, its unwind data, and its entry.
struct Code {
  UCHAR bytes[16];
  struct {
    UCHAR version, prologue, codes, frame;
    USHORT code[2];
  } unwind;
  RUNTIME_FUNCTION entry;
};

static struct Code* MakeCode(void) {
  static const UCHAR bytes[] = {0x48, 0x83, 0xec, 0x28, 0xff, 0xd1, 0x48, 0x83, 0xc4, 0x28, 0xc3};
  struct Code* const code = VirtualAlloc(NULL, 0x1000, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
  memcpy(code->bytes, bytes, sizeof bytes);
  code->unwind.version = 1;
  code->unwind.prologue = 4;
  code->unwind.codes = 1;
  code->unwind.code[0] = (USHORT)(4 | 2 << 8 | 4 << 12);  // at 4: UWOP_ALLOC_SMALL, 40 bytes
  code->entry.BeginAddress = 0;
  code->entry.EndAddress = sizeof bytes;
  code->entry.UnwindData = (DWORD)offsetof(struct Code, unwind);
  return code;
}

static void Raise(void) { RaiseException(MINE, 0, 0, NULL); }

KEPT static void RaiseThrough(struct Code* code, const char* how) {
  __try {
    ((void (*)(void (*)(void)))code->bytes)(Raise);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    printf("%s: handled\n", how);
  }
}

static PRUNTIME_FUNCTION CALLBACK Tell(DWORD64 pc, PVOID context) {
  struct Code* const code = context;
  return pc >= (DWORD64)code->bytes && pc < (DWORD64)code->bytes + sizeof code->bytes ? &code->entry : NULL;
}

static void DynamicTables(void) {
  struct Code* const code = MakeCode();
  const DWORD64 base = (DWORD64)code;
  DWORD64 found = 0;
  printf("before: %d\n", RtlLookupFunctionEntry(base + 5, &found, NULL) == NULL);
  printf("added %d\n", RtlAddFunctionTable(&code->entry, 1, base));
  printf("found %d, %d\n", RtlLookupFunctionEntry(base + 5, &found, NULL) == &code->entry, found == base);
  RaiseThrough(code, "table");
  printf("deleted %d %d\n", RtlDeleteFunctionTable(&code->entry), RtlDeleteFunctionTable(&code->entry));
  printf("after: %d\n", RtlLookupFunctionEntry(base + 5, &found, NULL) == NULL);
  printf("identifier %d\n", RtlInstallFunctionTableCallback(base, base, 0x1000, Tell, code, NULL));
  printf("callback %d\n", RtlInstallFunctionTableCallback(base | 3, base, 0x1000, Tell, code, NULL));
  RaiseThrough(code, "callback");
  printf("deleted %d\n", RtlDeleteFunctionTable((PRUNTIME_FUNCTION)(base | 3)));

  NTSTATUS(NTAPI * add)(PVOID*, PRUNTIME_FUNCTION, DWORD, DWORD, ULONG_PTR, ULONG_PTR);
  VOID(NTAPI * grow)(PVOID, DWORD);
  VOID(NTAPI * remove_table)(PVOID);
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  *(FARPROC*)&add = GetProcAddress(ntdll, "RtlAddGrowableFunctionTable");
  *(FARPROC*)&grow = GetProcAddress(ntdll, "RtlGrowFunctionTable");
  *(FARPROC*)&remove_table = GetProcAddress(ntdll, "RtlDeleteGrowableFunctionTable");
  PVOID table = NULL;
  printf("growable %lx\n", add(&table, &code->entry, 0, 1, base, base + 0x1000));
  printf("empty: %d\n", RtlLookupFunctionEntry(base + 5, &found, NULL) == NULL);
  grow(table, 1);
  RaiseThrough(code, "grown");
  remove_table(table);
}

int main(void) {
  Jumps();
  JumpsOutOfACallback();
  JumpsOutOfAFilter();
  Consolidation();
  DynamicTables();
  return 0;
}
