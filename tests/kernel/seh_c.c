// Structured exceptions in C. Each function leaves in SehOrder the order of what happened.
#include "seh_c.h"

NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

ULONG64 SehOrder;

#define OPAQUE __attribute__((noinline, optnone))

static int Step(int Digit) {
  SehOrder = SehOrder * 10 + (ULONG64)Digit;
  return 1;
}

static OPAQUE void Raise(NTSTATUS Status) { ExRaiseStatus(Status); }
static OPAQUE ULONG Read(volatile ULONG* Address) { return *Address; }

NTSTATUS SehCatchesInC(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    Step(1);
    Read((volatile ULONG*)0x18);
    Step(9);
  } __except (Step(2) ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    status = GetExceptionCode();
    Step(3);
  }
  return status;
}

NTSTATUS SehLeavesNestedBlocks(void) {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  __try {
    __try {
      __try {
        Step(1);
        if (SehOrder == 1) __leave;
        Step(9);
      } __finally {
        Step(AbnormalTermination() ? 8 : 2);
      }
      Step(3);
      if (SehOrder == 123) __leave;
      Step(9);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      Step(7);
    }
    Step(4);
    status = STATUS_SUCCESS;
  } __finally {
    Step(AbnormalTermination() ? 8 : 5);
  }
  return status;
}

int SehGoesOutOfFinally(void) {
  __try {
    __try {
      Step(1);
      if (SehOrder == 1) goto out;
      Step(9);
    } __finally {
      Step(2);
    }
  } __finally {
    Step(3);
  }
  Step(9);
out:
  Step(4);
  return 4;
}

int SehReturnsThroughTwo(void) {
  __try {
    __try {
      Step(1);
      return 7;
    } __finally {
      Step(2);
    }
  } __finally {
    Step(3);
  }
  return 0;
}

NTSTATUS SehTellsAbnormalTermination(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    __try {
      __try {
        Step(1);
      } __finally {
        Step(AbnormalTermination() ? 9 : 2);
      }
      Raise(RAISED_BY_TEST);
    } __finally {
      __try {
        Step(AbnormalTermination() ? 4 : 9);
      } __finally {
        // Of its own block, which ended in order though an unwind is on its way.
        Step(AbnormalTermination() ? 9 : 5);
      }
    }
  } __except (Step(3) ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    status = GetExceptionCode();
    Step(6);
  }
  return status;
}

static LONG RaisingFilter(void) {
  Step(1);
  Raise(RAISED_BY_TEST + 1);
  Step(9);
  return EXCEPTION_EXECUTE_HANDLER;
}

// The exception of the filter is dispatched from inside the search: the outer block sees it, then the unwind ends both.
NTSTATUS SehRaisesInFilter(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    __try {
      __try {
        Raise(RAISED_BY_TEST);
      } __finally {
        Step(3);
      }
    } __except (GetExceptionCode() == RAISED_BY_TEST ? RaisingFilter() : EXCEPTION_CONTINUE_SEARCH) {
      Step(9);
    }
  } __except (GetExceptionCode() == RAISED_BY_TEST + 1 && Step(2) ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    status = GetExceptionCode();
    Step(4);
  }
  return status;
}

NTSTATUS SehRaisesInHandler(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    __try {
      Raise(RAISED_BY_TEST);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      Step(1);
      __try {
        Raise(RAISED_BY_TEST + 1);
      } __except (GetExceptionCode() == RAISED_BY_TEST + 1 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        Step(2);
        Raise(RAISED_BY_TEST + 2);
      }
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
    Step(3);
  }
  return status;
}

static OPAQUE void UnwindRaises(void) {
  __try {
    Raise(RAISED_BY_TEST);
  } __finally {
    Step(2);
    Raise(RAISED_BY_TEST + 1);  // collides with the unwind that runs this
  }
}

// The first exception's handler is never reached, for the second one goes past it.
NTSTATUS SehRaisesInFinally(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    __try {
      UnwindRaises();
    } __finally {
      Step(4);
    }
  } __except (Step(GetExceptionCode() == RAISED_BY_TEST ? 1 : 3) ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    status = GetExceptionCode();
    Step(5);
  }
  return status;
}

static OPAQUE void HandlesInside(void) {
  __try {
    Raise(RAISED_BY_TEST);
  } __finally {
    __try {
      Raise(RAISED_BY_TEST + 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      Step(GetExceptionCode() == RAISED_BY_TEST + 1 ? 1 : 9);
    }
    Step(AbnormalTermination() ? 2 : 9);
  }
}

NTSTATUS SehHandlesInsideFinally(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    HandlesInside();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
    Step(3);
  }
  return status;
}

static void RaiseContinuable(NTSTATUS Status) {
  EXCEPTION_RECORD record = {0};
  record.ExceptionCode = Status;
  RtlRaiseException(&record);
}

static LONG ContinueAfterNested(void) {
  Step(1);
  __try {
    RaiseContinuable(RAISED_BY_TEST + 1);
    Step(3);
  } __except (Step(2) ? EXCEPTION_CONTINUE_EXECUTION : 0) {
    Step(9);
  }
  return EXCEPTION_CONTINUE_EXECUTION;
}

NTSTATUS SehContinuesTwice(void) {
  __try {
    RaiseContinuable(RAISED_BY_TEST);
    Step(4);
    return STATUS_SUCCESS;
  } __except (GetExceptionCode() == RAISED_BY_TEST ? ContinueAfterNested() : EXCEPTION_CONTINUE_SEARCH) {
    Step(9);
  }
  return STATUS_UNSUCCESSFUL;
}

static LONG Note(PEXCEPTION_POINTERS Pointers) {
  const EXCEPTION_RECORD* const record = Pointers->ExceptionRecord;
  if (record->ExceptionCode == RAISED_BY_TEST) return EXCEPTION_CONTINUE_EXECUTION;
  Step(record->ExceptionCode == STATUS_NONCONTINUABLE_EXCEPTION ? 1 : 9);
  Step(record->ExceptionFlags & EXCEPTION_NONCONTINUABLE ? 2 : 9);
  Step(record->ExceptionRecord && record->ExceptionRecord->ExceptionCode == RAISED_BY_TEST ? 3 : 9);
  return EXCEPTION_EXECUTE_HANDLER;
}

NTSTATUS SehContinuesNoncontinuable(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    Raise(RAISED_BY_TEST);
  } __except (Note(GetExceptionInformation())) {
    status = GetExceptionCode();
    Step(4);
  }
  return status;
}

// What a handler reads of its function is what the block left there.
NTSTATUS SehKeepsLocals(void) {
  volatile int counter = 0;
  int big[64];
  RtlZeroMemory(big, sizeof(big));
  __try {
    for (counter = 0; counter < 64; counter++) {
      big[counter] = counter;
      if (counter == 40) Read((volatile ULONG*)(ULONG_PTR)counter);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return counter == 40 && big[40] == 40 && big[41] == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
  }
  return STATUS_UNSUCCESSFUL;
}

int SehLoops(void) {
  volatile int finallies = 0, handled = 0;
  for (int i = 0; i < 10; i++) {
    __try {
      __try {
        if (i == 7) break;
        if (i % 2 == 0) continue;
        Raise(RAISED_BY_TEST + i);
      } __except (GetExceptionCode() == RAISED_BY_TEST + i ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        handled++;
      }
    } __finally {
      finallies++;
    }
  }
  return finallies * 10 + handled;
}

// A fault in a filter is an exception of its own; the inner filter is asked about it again.
NTSTATUS SehFaultsInFilter(void) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    __try {
      Raise(RAISED_BY_TEST);
    } __except (GetExceptionCode() == RAISED_BY_TEST ? (LONG)Read((volatile ULONG*)0x20) : (Step(1), EXCEPTION_CONTINUE_SEARCH)) {
      Step(9);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
    Step(2);
  }
  return status;
}

static LONG NestDeeper(int Depth) {
  SehNestsInFilters(Depth);
  return EXCEPTION_EXECUTE_HANDLER;
}

NTSTATUS SehNestsInFilters(int Depth) {
  __try {
    Raise(RAISED_BY_TEST + Depth);
  } __except (Depth > 0 ? NestDeeper(Depth - 1) : EXCEPTION_EXECUTE_HANDLER) {
    Step(GetExceptionCode() - RAISED_BY_TEST);
  }
  return STATUS_SUCCESS;
}
