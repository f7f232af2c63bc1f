// A call of an export as a line of the trace shows it.
#pragma once

#include <string>

#include "kernel/api/api.h"

namespace nt::ke {

/// "IoCreateDevice(400100005480, 0, ...)": each argument in hexadecimal, only as wide as its type. What is above a narrow argument in its
/// slot is undefined, and would differ from run to run.
std::string CallText(const api::Export& entry, const ULONG_PTR* arguments);

}  // namespace nt::ke
