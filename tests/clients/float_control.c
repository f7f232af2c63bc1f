// The floating-point environment, and the exceptions that it lets through.
#include <float.h>
#include <stdio.h>
#include <windows.h>

static volatile double zero = 0, one = 1, third = 3, big = 1e308, result;

__attribute__((noinline, optnone)) static void Divide(double a, double b) { result = a / b; }
__attribute__((noinline, optnone)) static void Multiply(double a, double b) { result = a * b; }

static LONG Show(const char* what, EXCEPTION_POINTERS* pointers) {
  const EXCEPTION_RECORD* const record = pointers->ExceptionRecord;
  printf("%s: %08lx\n", what, record->ExceptionCode);
  return EXCEPTION_EXECUTE_HANDLER;
}

static void Unmask(unsigned exceptions) {
  _clearfp();
  _controlfp(_MCW_EM & ~exceptions, _MCW_EM);
}

int main(void) {
  printf("at first %x\n", _controlfp(0, 0));
  Divide(one, zero);
  Divide(one, third);
  const unsigned happened = _statusfp();
  const unsigned cleared = _clearfp();
  printf("happened %x %x %x\n", happened, cleared, _statusfp());

  printf("down %x\n", _controlfp(_RC_DOWN, _MCW_RC));
  Divide(-one, third);
  const double down = result;
  printf("up %x\n", _controlfp(_RC_UP, _MCW_RC));
  Divide(-one, third);
  const double up = result;
  _controlfp(_RC_NEAR, _MCW_RC);
  printf("differ %d\n", down < up);

  __try {
    Unmask(_EM_ZERODIVIDE);
    Divide(one, zero);
  } __except (Show("division", GetExceptionInformation())) {
  }
  __try {
    Unmask(_EM_OVERFLOW);
    Multiply(big, big);
  } __except (Show("overflow", GetExceptionInformation())) {
  }
  __try {
    Unmask(_EM_INVALID);
    Divide(zero, zero);
  } __except (Show("invalid", GetExceptionInformation())) {
  }
  _controlfp(_MCW_EM, _MCW_EM);
  printf("reset %x\n", _controlfp(0, 0));
  Divide(zero, zero);
  printf("not a number %d\n", result != result);
  unsigned now = 0;
  const int wrong = _controlfp_s(&now, 0x80000000, 0x80000000);
  printf("unknown bits %d %x\n", wrong != 0, now);
  return 0;
}
