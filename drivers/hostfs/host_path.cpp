#include "drivers/hostfs/hostfs.h"
#include "drivers/hostfs/volume.h"

namespace nt::hostfs {

std::string HostPathOf(FILE_OBJECT* file) {
  const bool ours = file->DeviceObject == TheVolume().device;
  const Opening* const opening = ours ? OpeningOf(file) : nullptr;
  return opening != nullptr && !opening->node->directory ? opening->node->path : std::string();
}

}  // namespace nt::hostfs
