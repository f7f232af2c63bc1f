// A checked driver's failed assertion.
#include <cstdio>
#include <cstring>

#include "kernel/ke/debugger.h"
#include "kernel/ke/ke.h"
#include "kernel/rtl/rtl.h"

VOID RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message) {
  char text[512];
  std::snprintf(text, sizeof text, "\n*** Assertion failed: %s%s\n***   Source File: %s, line %u\n\n", Message != nullptr ? Message : "",
                static_cast<const char*>(FailedAssertion), static_cast<const char*>(FileName), LineNumber);
  nt::ke::DebugOutput(text, std::strlen(text));
  static char rule[512];  // the bugcheck's report tells it
  std::snprintf(rule, sizeof rule, "An assertion of the driver failed, and no debugger is there to go on: %s%s (%s, line %u).",
                Message != nullptr ? Message : "", static_cast<const char*>(FailedAssertion), static_cast<const char*>(FileName),
                LineNumber);
  nt::ke::RaiseBreakpoint(rule);
}
