// What the library keeps with a file object. Private.
#pragma once

#include "nt/io.h"

namespace nt::fsrtl {

/// FILE_OBJECT.FileObjectExtension, in pool; goes with the file object.
struct FileExtension {
  LIST_ENTRY contexts;  ///< FSRTL_PER_FILEOBJECT_CONTEXTs
  bool has_oplock_key;
  GUID oplock_key;
};

/// Null if the file object has none.
inline FileExtension* ExtensionOf(const FILE_OBJECT* file) { return static_cast<FileExtension*>(file->FileObjectExtension); }
/// Makes it; null if there is no memory.
FileExtension* MakeExtension(PFILE_OBJECT file);

}  // namespace nt::fsrtl
