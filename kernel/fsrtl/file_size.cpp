// The size of an open file, as its file system knows it.
#include "kernel/io/io.h"
#include "nt/file_information.h"
#include "nt/status.h"

using namespace nt;

extern "C" NTSTATUS FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize) {
  FILE_STANDARD_INFORMATION information{};
  const NTSTATUS status = io::QueryFile(FileObject, FileStandardInformation, &information, sizeof information, nullptr);
  if (!NT_SUCCESS(status)) return status;
  if (information.Directory != FALSE) return STATUS_FILE_IS_A_DIRECTORY;
  *FileSize = information.EndOfFile;
  return STATUS_SUCCESS;
}
