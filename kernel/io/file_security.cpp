#include "kernel/io/file_security.h"

#include "kernel/ex/ex.h"
#include "kernel/io/request.h"
#include "kernel/mm/layout.h"
#include "kernel/se/sddl.h"
#include "kernel/se/se.h"
#include "nt/status.h"

namespace nt::io {
namespace {

bool IsUserAddress(const void* address) { return mm::IsUserAddress(reinterpret_cast<ULONG_PTR>(address)); }

/// What is told of files whose driver knows no security: everybody owns them and may do everything.
NTSTATUS AnswerWorld(ULONG information, PVOID buffer, ULONG* length) {
  PSECURITY_DESCRIPTOR world = nullptr;
  const NTSTATUS made = se::DescriptorFromText(u"O:WDG:WDD:NO_ACCESS_CONTROL", &world);
  if (!NT_SUCCESS(made)) return made;
  const NTSTATUS status = SeQuerySecurityDescriptorInfo(&information, buffer, length, &world);
  ex::FreePool(world);
  return status;
}

NTSTATUS MakeRequest(Request* request, PVOID object, UCHAR major, const void* memory) {
  NTSTATUS status = request->OpenFile(static_cast<PFILE_OBJECT>(object));
  if (NT_SUCCESS(status)) status = request->MakeIrp(major);
  if (NT_SUCCESS(status) && !IsUserAddress(memory)) request->irp()->RequestorMode = KernelMode;
  return status;
}

NTSTATUS Query(PVOID object, ULONG information, PVOID buffer, ULONG* length) {
  Request request;
  NTSTATUS status = MakeRequest(&request, object, IRP_MJ_QUERY_SECURITY, buffer);
  if (!NT_SUCCESS(status)) return status;
  request.location()->Parameters.QuerySecurity.SecurityInformation = information;
  request.location()->Parameters.QuerySecurity.Length = *length;
  request.irp()->UserBuffer = buffer;
  IO_STATUS_BLOCK result{};
  status = request.SendForKernel(&result);
  if (status == STATUS_INVALID_DEVICE_REQUEST) return AnswerWorld(information, buffer, length);
  // Only the length of what does not fit is told, as an error; a driver may tell it as a warning.
  if (status == STATUS_BUFFER_OVERFLOW) status = STATUS_BUFFER_TOO_SMALL;
  if (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL) *length = static_cast<ULONG>(result.Information);
  return status;
}

NTSTATUS Set(PVOID object, ULONG information, PVOID descriptor) {
  Request request;
  NTSTATUS status = MakeRequest(&request, object, IRP_MJ_SET_SECURITY, descriptor);
  if (!NT_SUCCESS(status)) return status;
  request.location()->Parameters.SetSecurity.SecurityInformation = information;
  request.location()->Parameters.SetSecurity.SecurityDescriptor = descriptor;
  IO_STATUS_BLOCK result{};
  status = request.SendForKernel(&result);
  return status == STATUS_INVALID_DEVICE_REQUEST ? STATUS_SUCCESS : status;
}

}  // namespace

PVOID* SecurityOfFile(PVOID object) {
  const auto* const file = static_cast<PFILE_OBJECT>(object);
  const bool device_itself =
      (file->FileName.Length == 0 && file->RelatedFileObject == nullptr) || (file->Flags & FO_DIRECT_DEVICE_OPEN) != 0;
  if (file->DeviceObject != nullptr && device_itself) return &file->DeviceObject->SecurityDescriptor;
  return (file->Flags & FO_FILE_OPEN) != 0 ? nullptr : &ob::HeaderOf(object)->SecurityDescriptor;
}

NTSTATUS FileSecurity(PVOID object, SECURITY_OPERATION_CODE operation, PSECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor,
                      PULONG length, KPROCESSOR_MODE) {
  switch (operation) {
    case QuerySecurityDescriptor:
      return Query(object, *information, descriptor, length);
    case SetSecurityDescriptor:
      return Set(object, *information, descriptor);
    default:
      return STATUS_SUCCESS;  // it is kept elsewhere: there is nothing to delete or to assign
  }
}

}  // namespace nt::io
