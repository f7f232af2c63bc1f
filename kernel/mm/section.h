// Section objects. Private to mm.
#pragma once

#include "nt/ob.h"

namespace nt::mm {

/// Creates the Section type and \Device\PhysicalMemory.
void InitializeSections();
/// What the data export MmSectionObjectType points to.
POBJECT_TYPE* SectionType();

}  // namespace nt::mm
