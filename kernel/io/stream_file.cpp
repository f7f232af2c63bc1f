// Stream files: file objects that nobody opened. A file system makes them for what it caches of a volume itself.
#include <new>

#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

namespace {

/// A stream file of a device, or of another file's; it has the caller's reference. Raises if there is no memory.
PFILE_OBJECT NewStreamFile(PFILE_OBJECT file, PDEVICE_OBJECT device) {
  if (file != nullptr) device = file->DeviceObject;
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr};
  PVOID object = nullptr;
  const NTSTATUS status = ObCreateObject(KernelMode, Io().file_type, &attributes, KernelMode, nullptr, sizeof(FILE_OBJECT), 0, 0, &object);
  if (!NT_SUCCESS(status)) ke::RaiseStatus(status);
  auto* const stream = new (object) FILE_OBJECT{};
  stream->Type = IO_TYPE_FILE;
  stream->Size = sizeof(FILE_OBJECT);
  stream->DeviceObject = device;
  stream->Flags = FO_STREAM_FILE;
  KeInitializeEvent(&stream->Event, SynchronizationEvent, FALSE);
  stream->IrpList.Flink = stream->IrpList.Blink = &stream->IrpList;
  ++device->ReferenceCount;
  if (device->Vpb != nullptr) ++device->Vpb->ReferenceCount;
  return stream;
}

}  // namespace

extern "C" {

PFILE_OBJECT IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject, PHANDLE FileObjectHandle) {
  PFILE_OBJECT const stream = NewStreamFile(FileObject, DeviceObject);
  HANDLE handle = nullptr;
  PVOID inserted = nullptr;
  const NTSTATUS status = ObInsertObject(stream, nullptr, FILE_READ_DATA, 1, &inserted, &handle);
  if (!NT_SUCCESS(status)) ke::RaiseStatus(status);
  stream->Flags |= FO_HANDLE_CREATED;
  if (FileObjectHandle != nullptr) {
    *FileObjectHandle = handle;
  } else {
    ObCloseHandle(handle, KernelMode);  // its file system is sent IRP_MJ_CLEANUP
  }
  return stream;
}

PFILE_OBJECT IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject) {
  return IoCreateStreamFileObjectEx(FileObject, DeviceObject, nullptr);
}

PFILE_OBJECT IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject) {
  PFILE_OBJECT const stream = NewStreamFile(FileObject, DeviceObject);
  stream->Flags |= FO_CLEANUP_COMPLETE;  // there is no handle whose end would ask for it
  return stream;
}

}  // extern "C"
