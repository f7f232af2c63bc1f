// Which parts of a driver's image may be paged out. None ever is, but a machine may take them out of reach to show that it could be.
#pragma once

#include "kernel/ldr/image.h"

namespace nt::ldr {

/// The section of a driver's image that holds an address; null if there is none.
Section* SectionOf(ULONG_PTR address);
/// Whether the address is in a part of a driver that may be paged out now.
bool IsPageable(ULONG_PTR address);
/// Takes all such parts of all drivers out of reach, or brings them back.
void ProtectPageable(bool accessible);

}  // namespace nt::ldr
