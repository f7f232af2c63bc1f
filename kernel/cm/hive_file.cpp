#include "kernel/cm/hive_file.h"

#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/cm/caller.h"
#include "kernel/cm/registry.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "nt/io.h"
#include "nt/status.h"

// The services as drivers call them: the memory here is the kernel's.
extern "C" {
ULONG_PTR Zw_NtReadFile(ULONG_PTR file, ULONG_PTR event, ULONG_PTR apc, ULONG_PTR context, ULONG_PTR status, ULONG_PTR buffer,
                        ULONG_PTR length, ULONG_PTR offset, ULONG_PTR key);
ULONG_PTR Zw_NtWriteFile(ULONG_PTR file, ULONG_PTR event, ULONG_PTR apc, ULONG_PTR context, ULONG_PTR status, ULONG_PTR buffer,
                         ULONG_PTR length, ULONG_PTR offset, ULONG_PTR key);
ULONG_PTR Zw_NtSetInformationFile(ULONG_PTR file, ULONG_PTR status, ULONG_PTR information, ULONG_PTR length, ULONG_PTR information_class);
NTSTATUS IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                      PVOID EaBuffer, ULONG EaLength, ULONG CreateFileType, PVOID InternalParameters, ULONG Options);
}

namespace nt::cm {
namespace {

constexpr ULONG kChunk = 0x10000;
constexpr ULONG kTag = 0x69486D43;  // 'CmHi'

ULONG_PTR Slot(const void* pointer) { return reinterpret_cast<ULONG_PTR>(pointer); }

/// One transfer, waited for. The file's own event tells its end if it is not synchronous.
template <class Service>
NTSTATUS Transfer(Service service, HANDLE file, UCHAR* buffer, ULONG length, LONGLONG offset, PFILE_OBJECT object, ULONG_PTR* done) {
  IO_STATUS_BLOCK result{};
  LARGE_INTEGER at{};
  at.QuadPart = offset;
  auto status = static_cast<NTSTATUS>(service(Slot(file), 0, 0, 0, Slot(&result), Slot(buffer), length, Slot(&at), 0));
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&object->Event, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  *done = result.Information;
  return status;
}

/// A caller's file, with room in pool for a piece of it: what drivers are given to fill lies there.
class OpenFile {
 public:
  OpenFile(HANDLE handle, ACCESS_MASK access) {
    PVOID object = nullptr;
    POBJECT_TYPE const type = *api::Data<POBJECT_TYPE>("IoFileObjectType");
    status_ = ObReferenceObjectByHandle(handle, access, type, ke::PreviousMode(), &object, nullptr);
    object_ = static_cast<PFILE_OBJECT>(object);
    if (NT_SUCCESS(status_)) buffer_ = static_cast<UCHAR*>(ex::AllocatePool(PagedPool, kChunk, kTag));
    if (NT_SUCCESS(status_) && buffer_ == nullptr) status_ = STATUS_INSUFFICIENT_RESOURCES;
  }
  ~OpenFile() {
    if (buffer_ != nullptr) ex::FreePool(buffer_);
    if (object_ != nullptr) ObfDereferenceObject(object_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  NTSTATUS status() const { return status_; }
  PFILE_OBJECT object() const { return object_; }
  UCHAR* buffer() const { return buffer_; }

 private:
  NTSTATUS status_;
  PFILE_OBJECT object_ = nullptr;
  UCHAR* buffer_ = nullptr;
};

NTSTATUS SetEnd(HANDLE file, LONGLONG size) {
  constexpr ULONG kEndOfFile = 20;  // FileEndOfFileInformation
  IO_STATUS_BLOCK result{};
  return static_cast<NTSTATUS>(Zw_NtSetInformationFile(Slot(file), Slot(&result), Slot(&size), sizeof size, kEndOfFile));
}

}  // namespace

void SetDrive(const std::string& folder, std::string (*place_of)(FILE_OBJECT* file)) {
  TheRegistry().folder = folder;
  TheRegistry().place_of = place_of;
}

NTSTATUS WriteFile(HANDLE file, const std::vector<UCHAR>& bytes) {
  const OpenFile open(file, FILE_WRITE_DATA);
  NTSTATUS status = open.status();
  for (SIZE_T at = 0; NT_SUCCESS(status) && at < bytes.size();) {
    const auto size = static_cast<ULONG>(std::min<SIZE_T>(kChunk, bytes.size() - at));
    std::copy_n(bytes.data() + at, size, open.buffer());
    ULONG_PTR done = 0;
    status = Transfer(Zw_NtWriteFile, file, open.buffer(), size, static_cast<LONGLONG>(at), open.object(), &done);
    at += size;
  }
  return NT_SUCCESS(status) ? SetEnd(file, static_cast<LONGLONG>(bytes.size())) : status;
}

NTSTATUS ReadFile(HANDLE file, std::vector<UCHAR>* bytes) {
  const OpenFile open(file, FILE_READ_DATA);
  NTSTATUS status = open.status();
  for (ULONG_PTR done = 1; NT_SUCCESS(status) && done != 0;) {
    done = 0;
    status = Transfer(Zw_NtReadFile, file, open.buffer(), kChunk, static_cast<LONGLONG>(bytes->size()), open.object(), &done);
    if (NT_SUCCESS(status)) bytes->insert(bytes->end(), open.buffer(), open.buffer() + done);
  }
  return status == STATUS_END_OF_FILE ? STATUS_SUCCESS : status;
}

NTSTATUS LocateFile(POBJECT_ATTRIBUTES name, ULONG disposition, std::string* path) {
  OBJECT_ATTRIBUTES attributes{};
  CapturedString text;
  NTSTATUS status = CopyIn(&attributes, name, sizeof attributes);
  if (NT_SUCCESS(status)) status = text.Take(attributes.ObjectName);
  if (!NT_SUCCESS(status)) return status;
  // The call is the kernel's, with what the caller may do.
  const ULONG checked = ke::PreviousMode() == UserMode ? OBJ_FORCE_ACCESS_CHECK : 0;
  attributes = {
      sizeof attributes, attributes.RootDirectory, text.string(), OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | checked, nullptr, nullptr};
  HANDLE file = nullptr;
  IO_STATUS_BLOCK result{};
  status = IoCreateFile(&file, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &result, nullptr, 0, 0, disposition,
                        FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0, 0, nullptr, IO_NO_PARAMETER_CHECKING);
  if (!NT_SUCCESS(status)) return status;
  PVOID object = nullptr;
  status = ObReferenceObjectByHandle(file, 0, *api::Data<POBJECT_TYPE>("IoFileObjectType"), KernelMode, &object, nullptr);
  if (NT_SUCCESS(status)) {
    const Registry& registry = TheRegistry();
    const std::string place = registry.place_of != nullptr ? registry.place_of(static_cast<PFILE_OBJECT>(object)) : std::string();
    *path = registry.folder + "/" + place;
    ObfDereferenceObject(object);
    if (place.empty()) status = STATUS_INVALID_PARAMETER;
  }
  ObCloseHandle(file, KernelMode);
  return status;
}

}  // namespace nt::cm
