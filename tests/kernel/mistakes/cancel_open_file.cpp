// Cancels the open of a file that has a handle.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Null");
  PFILE_OBJECT file;
  PDEVICE_OBJECT device;
  if (NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device))) IoCancelFileOpen(device, file);
}
