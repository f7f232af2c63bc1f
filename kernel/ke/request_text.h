// The requests that a thread made and that nobody completed, for reports.
#pragma once

#include <string>

#include "kernel/ke/ki.h"

namespace nt::ke {

/// "IRP_MJ_READ, pending in Driver.sys" for each of the thread's IRPs; empty if it has none.
std::string DescribeRequests(const Thread* thread);

}  // namespace nt::ke
