// What is kept with some file objects beyond what their structure has room for.
#include "kernel/io/file_extension.h"

#include "kernel/ex/ex.h"

namespace nt::io {

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

}  // namespace nt::io

using namespace nt::io;

extern "C" PTXN_PARAMETER_BLOCK IoGetTransactionParameterBlock(PFILE_OBJECT FileObject) {
  FileExtension* const extension = ExtensionOf(FileObject);
  return extension != nullptr && extension->has_transaction ? &extension->transaction : nullptr;
}
