// __try in a program: what drivers have of it, and what only programs have: handlers of the whole process, and its end.
#include <stdio.h>
#include <windows.h>

#define MINE 0xE0001234u

#define HIDDEN_FROM_OPTIMIZER __attribute__((noinline, optnone))

static HIDDEN_FROM_OPTIMIZER int Read(volatile int* address) { return *address; }
static HIDDEN_FROM_OPTIMIZER int Divide(int a, int b) { return a / b; }
static HIDDEN_FROM_OPTIMIZER void Undefined(void) { __asm__ volatile("ud2"); }
static HIDDEN_FROM_OPTIMIZER void Halt(void) { __asm__ volatile("hlt"); }
static HIDDEN_FROM_OPTIMIZER void Break(void) { __debugbreak(); }
static volatile int result;

static LONG Show(EXCEPTION_POINTERS* pointers, LONG verdict) {
  const EXCEPTION_RECORD* const record = pointers->ExceptionRecord;
  printf("filter: %08lx, flags %lx, %lu parameters", record->ExceptionCode, record->ExceptionFlags, record->NumberParameters);
  for (DWORD i = 0; i < record->NumberParameters; i++) printf(" %llx", (unsigned long long)record->ExceptionInformation[i]);
  printf("\n");
  return verdict;
}

static void Faults(void) {
  __try {
    Read((int*)0x18);
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
    printf("handled %08lx\n", GetExceptionCode());
  }
  __try {
    result = Divide(1, 0);
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  __try {
    result = Divide((int)0x80000000, -1);
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  __try {
    Break();
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  __try {
    Undefined();
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  __try {
    Halt();
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
}

static void Raised(void) {
  ULONG_PTR arguments[16] = {1, 2, 3};
  __try {
    RaiseException(MINE, 0, 3, arguments);
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  __try {
    RaiseException(MINE, 0, 16, arguments);
  } __except (((EXCEPTION_POINTERS*)GetExceptionInformation())->ExceptionRecord->NumberParameters == EXCEPTION_MAXIMUM_PARAMETERS
                  ? EXCEPTION_EXECUTE_HANDLER
                  : EXCEPTION_CONTINUE_SEARCH) {
    printf("no more than %d parameters\n", EXCEPTION_MAXIMUM_PARAMETERS);
  }
  __try {
    RaiseException(MINE, 0, 5, NULL);
    printf("continued\n");
  } __except (Show(GetExceptionInformation(), EXCEPTION_CONTINUE_EXECUTION)) {
  }
  __try {
    RaiseException(MINE, EXCEPTION_NONCONTINUABLE, 0, NULL);
  } __except (Show(GetExceptionInformation(), GetExceptionCode() == MINE ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_EXECUTE_HANDLER)) {
    printf("handled %08lx\n", GetExceptionCode());
  }
}

static void Unwinds(void) {
  __try {
    __try {
      __try {
        RaiseException(MINE, 0, 0, NULL);
      } __finally {
        printf("inner finally, abnormal %d\n", AbnormalTermination());
        RaiseException(MINE + 1, 0, 0, NULL);
      }
    } __finally {
      printf("outer finally, abnormal %d\n", AbnormalTermination());
    }
  } __except (Show(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
    printf("handled %08lx\n", GetExceptionCode());
  }
}

static int letters;

static LONG CALLBACK First(EXCEPTION_POINTERS* pointers) {
  printf("%c", 'A' + letters++);
  return pointers->ExceptionRecord->ExceptionCode == MINE + 7 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}
static LONG CALLBACK Second(EXCEPTION_POINTERS* pointers) {
  (void)pointers;
  printf("2");
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG CALLBACK Third(EXCEPTION_POINTERS* pointers) {
  (void)pointers;
  printf("3");
  return EXCEPTION_CONTINUE_SEARCH;
}
static LONG CALLBACK Continues(EXCEPTION_POINTERS* pointers) {
  (void)pointers;
  printf(" continues");
  return EXCEPTION_CONTINUE_SEARCH;
}

static void Raise(DWORD code, LONG verdict) {
  __try {
    RaiseException(code, 0, 0, NULL);
    printf(" after\n");
  } __except (printf(" filter"), verdict) {
    printf(" handled\n");
  }
}

static void Vectored(void) {
  PVOID const second = AddVectoredExceptionHandler(0, Second);
  PVOID const third = AddVectoredExceptionHandler(0, Third);
  PVOID const first = AddVectoredExceptionHandler(1, First);
  PVOID const continues = AddVectoredContinueHandler(1, Continues);
  Raise(MINE, EXCEPTION_EXECUTE_HANDLER);      // none of the handlers wants it
  Raise(MINE, EXCEPTION_CONTINUE_EXECUTION);   // a frame continues: the continue handlers are told
  Raise(MINE + 7, EXCEPTION_EXECUTE_HANDLER);  // the first handler continues: nobody else is asked
  printf("removed %lu %lu\n", RemoveVectoredExceptionHandler(second), RemoveVectoredExceptionHandler(second));
  Raise(MINE, EXCEPTION_EXECUTE_HANDLER);
  printf("wrong list %lu\n", RemoveVectoredContinueHandler(first));
  printf("removed %lu %lu %lu\n", RemoveVectoredExceptionHandler(first), RemoveVectoredExceptionHandler(third),
         RemoveVectoredContinueHandler(continues));
  Raise(MINE, EXCEPTION_CONTINUE_EXECUTION);
}

static LONG CALLBACK Unhandled(EXCEPTION_POINTERS* pointers) {
  printf("unhandled %08lx\n", pointers->ExceptionRecord->ExceptionCode);
  return pointers->ExceptionRecord->ExceptionCode == MINE ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_EXECUTE_HANDLER;
}

static void Traces(void) {
  PVOID frames[8] = {0};
  ULONG hash = 0;
  const USHORT count = CaptureStackBackTrace(0, 8, frames, &hash);
  ULONG sum = 0;
  for (USHORT i = 0; i < count; i++) sum += (ULONG)(ULONG_PTR)frames[i];
  DWORD64 base = 0;
  const RUNTIME_FUNCTION* const function = RtlLookupFunctionEntry((DWORD64)&Traces, &base, NULL);
  printf("trace %d, hash %d, function %d\n", count >= 3, hash == sum,
         function && base == (DWORD64)GetModuleHandle(NULL) && base + function->BeginAddress == (DWORD64)&Traces);
}

int main(void) {
  Faults();
  Raised();
  Unwinds();
  Vectored();
  Traces();
  SetUnhandledExceptionFilter(Unhandled);
  printf("the filter was %s\n", SetUnhandledExceptionFilter(Unhandled) == Unhandled ? "this" : "another");
  RaiseException(MINE, 0, 0, NULL);
  printf("went on\n");
  fflush(stdout);
  RaiseException(MINE + 2, 0, 0, NULL);
  printf("not reached\n");
  return 0;
}
