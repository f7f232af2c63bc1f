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
  return u"O:BAG:SYD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)";
}

}  // namespace

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
