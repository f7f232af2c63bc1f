// What is kept with some file objects beyond what their structure has room for.
#pragma once

#include "nt/io.h"

/// A transaction that a file is opened in.
struct TXN_PARAMETER_BLOCK {
  USHORT Length;
  USHORT TxFsContext;
  PVOID TransactionObject;
};
using PTXN_PARAMETER_BLOCK = TXN_PARAMETER_BLOCK*;
NT_SIZE(TXN_PARAMETER_BLOCK, 0x10);

namespace nt::io {

/// FILE_OBJECT.FileObjectExtension, in pool; goes with the file object.
struct FileExtension {
  LIST_ENTRY contexts;  ///< FSRTL_PER_FILEOBJECT_CONTEXTs
  bool has_oplock_key;
  GUID oplock_key;
  PDEVICE_OBJECT device_hint;  ///< requests are sent to this device; null: to the top of the stack
  bool has_transaction;
  TXN_PARAMETER_BLOCK transaction;
};

/// Null if the file object has none.
inline FileExtension* ExtensionOf(const FILE_OBJECT* file) { return static_cast<FileExtension*>(file->FileObjectExtension); }
/// Makes it; null if there is no memory.
FileExtension* MakeExtension(PFILE_OBJECT file);

}  // namespace nt::io
