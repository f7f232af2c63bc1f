// A checked driver's failed assertion.
#include <cstdio>
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/rtl/rtl.h"
#include "nt/bugcodes.h"

namespace {

char text[512];  // the bugcheck's report keeps it

}  // namespace

VOID RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message) {
  std::snprintf(text, sizeof text, "\n*** Assertion failed: %s%s\n***   Source File: %s, line %u\n\n", Message != nullptr ? Message : "",
                static_cast<const char*>(FailedAssertion), static_cast<const char*>(FileName), LineNumber);
  nt::ke::DebugOutput(text, std::strlen(text));
  std::snprintf(text, sizeof text, "An assertion of the driver failed, and no debugger is there to go on: %s%s (%s, line %u).",
                Message != nullptr ? Message : "", static_cast<const char*>(FailedAssertion), static_cast<const char*>(FileName),
                LineNumber);
  nt::ke::BugCheck(KMODE_EXCEPTION_NOT_HANDLED, static_cast<ULONG>(STATUS_BREAKPOINT), reinterpret_cast<ULONG_PTR>(nt::ke::CallerAddress()),
                   0, 0, text);
}
