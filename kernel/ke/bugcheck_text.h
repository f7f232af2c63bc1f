// What bugcheck codes and their parameters mean, for reports (the WDK's bug check code reference).
#pragma once

#include <string>

#include "nt/types.h"

namespace nt::ke {

struct BugCheckText {
  ULONG code;
  const char* meaning;        ///< what happened, in one sentence
  const char* parameters[4];  ///< what each parameter is; null if it is reserved
  UCHAR subjects;             ///< bits of the parameters that are addresses the bugcheck is about
};
/// Null for a code that the kernel does not raise and that drivers rarely ask for.
const BugCheckText* FindBugCheckText(ULONG code);
/// What a parameter is, and what its value says if the code has names for values; empty if nothing is known of it.
std::string DescribeParameter(ULONG code, int index, ULONG_PTR value);

}  // namespace nt::ke
