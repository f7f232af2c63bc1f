// What SectionImageInformation and ProcessImageInformation tell of an image.
#pragma once

#include "nt/mm.h"
#include "nt/pe.h"

namespace nt::mm {

/// Tells an image of `file_size` bytes by its headers, as it is mapped at `base`. Any IRQL.
SECTION_IMAGE_INFORMATION DescribeImage(const IMAGE_FILE_HEADER& file, const IMAGE_OPTIONAL_HEADER64& optional, ULONG64 base,
                                        ULONG64 file_size);

}  // namespace nt::mm
