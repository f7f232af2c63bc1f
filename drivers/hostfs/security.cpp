// Who may do what with a file: a descriptor that is kept with it on the host, or what its place on the drive gives it.
#include <cerrno>
#include <cstring>

#include "drivers/hostfs/volume.h"
#include "kernel/ex/ex.h"
#include "kernel/rtl/rtl.h"
#include "kernel/se/sddl.h"
#include "kernel/se/se.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

constexpr char kNote[] = "user.ringlet.security";
constexpr ULONG kTag = 'StsH';
constexpr GENERIC_MAPPING kMapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};

/// Windows and the programs are read only for users; elsewhere who is logged on may change things.
std::u16string_view UsualText(const std::string& path) {
  const std::u16string upper = Upper(VolumeName(path));
  const auto at_or_below = [&](std::u16string_view folder) {
    return upper.starts_with(folder) && (upper.size() == folder.size() || upper[folder.size()] == u'\\');
  };
  if (at_or_below(u"\\WINDOWS\\TEMP")) return u"O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1301bf;;;BU)";
  if (at_or_below(u"\\WINDOWS") || at_or_below(u"\\PROGRAM FILES")) return u"O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)";
  if (path.empty()) return u"O:BAG:SYD:(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200ad;;;BU)";  // users may make directories, but no files
  return u"O:BAG:SYD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)";
}

/// Whether a descriptor lets somebody do all of what he wants.
bool Lets(PVOID descriptor, PSECURITY_SUBJECT_CONTEXT subject, ACCESS_MASK wanted) {
  if (wanted == 0) return true;
  GENERIC_MAPPING mapping = kMapping;
  PPRIVILEGE_SET privileges = nullptr;
  ACCESS_MASK granted = 0;
  NTSTATUS status = STATUS_ACCESS_DENIED;
  const BOOLEAN may = SeAccessCheck(descriptor, subject, FALSE, wanted, 0, &privileges, &mapping, UserMode, &granted, &status);
  if (privileges != nullptr) SeFreePrivileges(privileges);
  return may != FALSE;
}

bool Lets(const std::string& path, PSECURITY_SUBJECT_CONTEXT subject, ACCESS_MASK wanted) {
  PVOID descriptor = nullptr;
  if (!NT_SUCCESS(SecurityOf(path, &descriptor))) return false;
  const bool lets = Lets(descriptor, subject, wanted);
  ex::FreePool(descriptor);
  return lets;
}

}  // namespace

NTSTATUS CheckAccess(PIRP irp, PIO_STACK_LOCATION location, const std::string& path, bool exists) {
  constexpr ACCESS_MASK kAddFile = 0x2, kAddSubdirectory = 0x4, kListDirectory = 0x1, kDeleteChild = 0x40;
  if (irp->RequestorMode == KernelMode && (location->Flags & SL_FORCE_ACCESS_CHECK) == 0) return STATUS_SUCCESS;
  PSECURITY_SUBJECT_CONTEXT const subject = &location->Parameters.Create.SecurityContext->AccessState->SubjectSecurityContext;
  const ULONG options = location->Parameters.Create.Options;
  if (!exists) {
    const bool directory = (options & FILE_DIRECTORY_FILE) != 0;
    return Lets(Folder(path), subject, directory ? kAddSubdirectory : kAddFile) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
  }
  const ULONG disposition = options >> 24;
  ACCESS_MASK wanted = location->Parameters.Create.SecurityContext->DesiredAccess;
  if (disposition != FILE_OPEN && disposition != FILE_OPEN_IF) wanted |= FILE_WRITE_DATA;
  if (Lets(path, subject, wanted)) return STATUS_SUCCESS;
  // The directory's rights stand in for two of the file's.
  if ((wanted & DELETE_ACCESS) != 0 && Lets(Folder(path), subject, kDeleteChild)) wanted &= ~DELETE_ACCESS;
  if ((wanted & FILE_READ_ATTRIBUTES) != 0 && Lets(Folder(path), subject, kListDirectory)) wanted &= ~FILE_READ_ATTRIBUTES;
  return Lets(path, subject, wanted) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

NTSTATUS SecurityOf(const std::string& path, PVOID* descriptor) {
  std::vector<std::uint8_t> kept;
  if (TheVolume().folder.GetBytes(path, kNote, &kept) == 0 &&
      RtlValidRelativeSecurityDescriptor(kept.data(), static_cast<ULONG>(kept.size()), 0)) {
    *descriptor = ex::AllocatePool(PagedPool, kept.size(), kTag);
    if (*descriptor == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    std::memcpy(*descriptor, kept.data(), kept.size());
    return STATUS_SUCCESS;
  }
  return se::DescriptorFromText(UsualText(path), descriptor);
}

NTSTATUS KeepSecurity(const std::string& path, PVOID descriptor) {
  const auto* const bytes = static_cast<const std::uint8_t*>(descriptor);
  const int error = TheVolume().folder.SetBytes(path, kNote, {bytes, bytes + RtlLengthSecurityDescriptor(descriptor)});
  return error == -ENOTSUP ? STATUS_NOT_SUPPORTED : StatusOf(error);
}

NTSTATUS QuerySecurity(PIRP irp, PIO_STACK_LOCATION location) {
  PVOID descriptor = nullptr;
  NTSTATUS status = SecurityOf(OpeningOf(location->FileObject)->node->path, &descriptor);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  ULONG information = location->Parameters.QuerySecurity.SecurityInformation;
  ULONG length = location->Parameters.QuerySecurity.Length;
  status = SeQuerySecurityDescriptorInfo(&information, irp->UserBuffer, &length, &descriptor);
  ex::FreePool(descriptor);
  if (status == STATUS_BUFFER_TOO_SMALL) status = STATUS_BUFFER_OVERFLOW;  // as a warning it carries the length
  return Complete(irp, status, NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW ? length : 0);
}

NTSTATUS SetSecurity(PIRP irp, PIO_STACK_LOCATION location) {
  const std::string& path = OpeningOf(location->FileObject)->node->path;
  PVOID old = nullptr;
  NTSTATUS status = SecurityOf(path, &old);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  PVOID changed = old;
  ULONG information = location->Parameters.SetSecurity.SecurityInformation;
  GENERIC_MAPPING mapping = kMapping;
  status = SeSetSecurityDescriptorInfo(nullptr, &information, location->Parameters.SetSecurity.SecurityDescriptor, &changed, PagedPool,
                                       &mapping);
  if (NT_SUCCESS(status)) {
    status = KeepSecurity(path, changed);
    ex::FreePool(changed);
  }
  ex::FreePool(old);
  if (NT_SUCCESS(status)) Notify(path, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_SECURITY);
  return Complete(irp, status);
}

}  // namespace nt::hostfs
