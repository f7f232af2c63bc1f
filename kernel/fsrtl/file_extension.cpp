// What the library keeps with a file object.
#include "kernel/fsrtl/file_extension.h"

#include "kernel/ex/ex.h"

namespace nt::fsrtl {

FileExtension* MakeExtension(PFILE_OBJECT file) {
  constexpr ULONG kTag = 'xEoF';
  if (file->FileObjectExtension == nullptr) {
    auto* const extension = static_cast<FileExtension*>(ex::AllocatePool(NonPagedPoolNx, sizeof(FileExtension), kTag));
    if (extension == nullptr) return nullptr;
    *extension = {};
    extension->contexts.Flink = extension->contexts.Blink = &extension->contexts;
    file->FileObjectExtension = extension;
  }
  return ExtensionOf(file);
}

}  // namespace nt::fsrtl
