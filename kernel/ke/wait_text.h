// What threads wait for, in words.
#pragma once

#include <string>

#include "kernel/ke/ki.h"

namespace nt::ke {

/// "thread 12"
std::string NameOf(const KTHREAD* thread);
/// What a waiting thread waits for: "for a mutex that thread 12 holds or a semaphore".
std::string DescribeWait(const Thread* thread);

}  // namespace nt::ke
