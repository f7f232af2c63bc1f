// The security of objects by handle and by name, and descriptors as text (aclapi.h, sddl.h).
#include <cstring>

#include "kernel/rtl/misc.h"
#include "kernel/rtl/rtl.h"
#include "kernel/se/sddl.h"
#include "subsystem/advapi32/registry.h"
#include "subsystem/advapi32/text.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
LONG RegOpenKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Options, ACCESS_MASK Desired, HKEY* Result);
}

namespace {

constexpr ULONG kFile = 1, kRegistryKey = 4, kKernelObject = 6;  // SE_OBJECT_TYPE
constexpr DWORD kOwner = 1, kGroup = 2, kDacl = 4, kSacl = 8, kProtectedSacl = 0x40000000, kProtectedDacl = 0x80000000;
constexpr ACCESS_MASK kReadControl = 0x20000, kWriteDac = 0x40000, kWriteOwner = 0x80000, kSystemSecurity = 0x1000000;

ACCESS_MASK AccessToQuery(DWORD information) { return kReadControl | (information & kSacl ? kSystemSecurity : 0); }
ACCESS_MASK AccessToSet(DWORD information) {
  return ((information & (kOwner | kGroup)) != 0 ? kWriteOwner : 0) | ((information & kDacl) != 0 ? kWriteDac : 0) |
         ((information & kSacl) != 0 ? kSystemSecurity : 0);
}

/// "MACHINE\SOFTWARE\…" below which root, and the rest of the name.
HKEY RootOf(PCWSTR* name) {
  struct Root {
    std::u16string_view text;
    ULONG key;
  };
  static constexpr Root kRoots[] = {
      {u"CLASSES_ROOT", 0x80000000}, {u"CURRENT_USER", 0x80000001}, {u"MACHINE", 0x80000002}, {u"USERS", 0x80000003}};
  const std::u16string_view whole(*name);
  const std::u16string_view first = whole.substr(0, whole.find(u'\\'));
  for (const Root& root : kRoots) {
    if (!SameLetters(root.text, first)) continue;
    *name += first.size() < whole.size() ? first.size() + 1 : first.size();
    return reinterpret_cast<HKEY>(ULONG_PTR{root.key});
  }
  return nullptr;
}

/// Opens a file for what is asked only: CreateFile would ask for more.
DWORD OpenFile(PCWSTR name, ACCESS_MASK access, HANDLE* handle) {
  constexpr ULONG kShareAll = 7, kBackupIntent = 0x4000;
  PathBuffer path;
  NTSTATUS status = NtPathOf(name, path);
  if (NT_SUCCESS(status)) {
    UNICODE_STRING string{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
    OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &string, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
    IO_STATUS_BLOCK io{};
    status = sys::NtOpenFile(handle, access, &attributes, &io, kShareAll, kBackupIntent);
  }
  return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

/// Opens a file or a key by its name. ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED, and what opening says.
DWORD OpenNamed(PCWSTR name, ULONG type, ACCESS_MASK access, HANDLE* handle) {
  if (!name) return ERROR_INVALID_PARAMETER;
  if (type == kFile) return OpenFile(name, access, handle);
  if (type != kRegistryKey) return ERROR_NOT_SUPPORTED;
  HKEY const root = RootOf(&name);
  return root ? static_cast<DWORD>(RegOpenKeyExW(root, name, 0, access, handle)) : ERROR_INVALID_PARAMETER;
}

/// An object's descriptor, for LocalFree.
NTSTATUS QueryDescriptor(HANDLE handle, DWORD information, PSECURITY_DESCRIPTOR* descriptor) {
  ULONG size = 256;
  for (;;) {
    *descriptor = LocalAlloc(0, size);
    if (!*descriptor) return STATUS_NO_MEMORY;
    const NTSTATUS status = sys::NtQuerySecurityObject(handle, information, *descriptor, size, &size);
    if (NT_SUCCESS(status)) return status;
    LocalFree(*descriptor);
    *descriptor = nullptr;
    if (status != STATUS_BUFFER_TOO_SMALL) return status;
  }
}

}  // namespace

extern "C" {

/// The parts of an object's descriptor that are asked for, and the descriptor that they lie in, for LocalFree. `ObjectType`: a file, a
/// registry key or a kernel object. An error's number. (GetSecurityInfo)
DWORD GetSecurityInfo(HANDLE Handle, ULONG ObjectType, DWORD Information, PVOID* Owner, PVOID* Group, PVOID* Dacl, PVOID* Sacl,
                      PVOID* Descriptor) {
  const bool asked = Owner || Group || Dacl || Sacl || Descriptor;
  if (!asked || (ObjectType != kFile && ObjectType != kRegistryKey && ObjectType != kKernelObject)) return ERROR_INVALID_PARAMETER;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const NTSTATUS status = QueryDescriptor(Handle, Information, &descriptor);
  if (!NT_SUCCESS(status)) return RtlNtStatusToDosError(status);
  BOOLEAN present = FALSE, defaulted = FALSE;
  const auto list = [](PVOID* into) { return reinterpret_cast<PACL*>(into); };
  if (Dacl) *Dacl = nullptr;
  if (Sacl) *Sacl = nullptr;
  if (Owner) RtlGetOwnerSecurityDescriptor(descriptor, Owner, &defaulted);
  if (Group) RtlGetGroupSecurityDescriptor(descriptor, Group, &defaulted);
  if (Dacl) RtlGetDaclSecurityDescriptor(descriptor, &present, list(Dacl), &defaulted);
  if (Sacl) RtlGetSaclSecurityDescriptor(descriptor, &present, list(Sacl), &defaulted);
  if (Descriptor) *Descriptor = descriptor;
  return ERROR_SUCCESS;
}

/// The same of a file, or of a key ("MACHINE\SOFTWARE\…"), by name. (GetNamedSecurityInfoW)
DWORD GetNamedSecurityInfoW(LPCWSTR ObjectName, ULONG ObjectType, DWORD Information, PVOID* Owner, PVOID* Group, PVOID* Dacl, PVOID* Sacl,
                            PVOID* Descriptor) {
  HANDLE handle = nullptr;
  DWORD error = OpenNamed(ObjectName, ObjectType, AccessToQuery(Information), &handle);
  if (error != ERROR_SUCCESS) return error;
  error = GetSecurityInfo(handle, ObjectType, Information, Owner, Group, Dacl, Sacl, Descriptor);
  sys::NtClose(handle);
  return error;
}
DWORD GetNamedSecurityInfoA(LPCSTR ObjectName, ULONG ObjectType, DWORD Information, PVOID* Owner, PVOID* Group, PVOID* Dacl, PVOID* Sacl,
                            PVOID* Descriptor) {
  return GetNamedSecurityInfoW(WideName(ObjectName).c_str(), ObjectType, Information, Owner, Group, Dacl, Sacl, Descriptor);
}

/// Sets parts of an object's descriptor. An error's number. (SetSecurityInfo)
DWORD SetSecurityInfo(HANDLE Handle, ULONG ObjectType, DWORD Information, PVOID Owner, PVOID Group, PVOID Dacl, PVOID Sacl) {
  if (ObjectType != kFile && ObjectType != kRegistryKey && ObjectType != kKernelObject) return ERROR_INVALID_PARAMETER;
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  if (Information & kOwner) RtlSetOwnerSecurityDescriptor(&descriptor, Owner, FALSE);
  if (Information & kGroup) RtlSetGroupSecurityDescriptor(&descriptor, Group, FALSE);
  if (Information & kDacl) RtlSetDaclSecurityDescriptor(&descriptor, TRUE, static_cast<PACL>(Dacl), FALSE);
  if (Information & kSacl) RtlSetSaclSecurityDescriptor(&descriptor, TRUE, static_cast<PACL>(Sacl), FALSE);
  if (Information & kProtectedDacl) RtlSetControlSecurityDescriptor(&descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED);
  if (Information & kProtectedSacl) RtlSetControlSecurityDescriptor(&descriptor, SE_SACL_PROTECTED, SE_SACL_PROTECTED);
  const NTSTATUS status = sys::NtSetSecurityObject(Handle, Information & (kOwner | kGroup | kDacl | kSacl), &descriptor);
  return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

/// The same of a file or a key by name. (SetNamedSecurityInfoW)
DWORD SetNamedSecurityInfoW(LPWSTR ObjectName, ULONG ObjectType, DWORD Information, PVOID Owner, PVOID Group, PVOID Dacl, PVOID Sacl) {
  HANDLE handle = nullptr;
  DWORD error = OpenNamed(ObjectName, ObjectType, AccessToSet(Information), &handle);
  if (error != ERROR_SUCCESS) return error;
  error = SetSecurityInfo(handle, ObjectType, Information, Owner, Group, Dacl, Sacl);
  sys::NtClose(handle);
  return error;
}
DWORD SetNamedSecurityInfoA(LPSTR ObjectName, ULONG ObjectType, DWORD Information, PVOID Owner, PVOID Group, PVOID Dacl, PVOID Sacl) {
  return SetNamedSecurityInfoW(const_cast<LPWSTR>(WideName(ObjectName).c_str()), ObjectType, Information, Owner, Group, Dacl, Sacl);
}

/// A file's descriptor; `Needed` gets the bytes that it needs. FALSE: ERROR_INSUFFICIENT_BUFFER. (GetFileSecurityW)
BOOL GetFileSecurityW(LPCWSTR FileName, DWORD Information, PVOID Descriptor, DWORD Length, LPDWORD Needed) {
  HANDLE handle = nullptr;
  const DWORD error = OpenNamed(FileName, kFile, AccessToQuery(Information), &handle);
  if (error != ERROR_SUCCESS) return Fail(error);
  const NTSTATUS status = sys::NtQuerySecurityObject(handle, Information, Descriptor, Length, Needed);
  sys::NtClose(handle);
  return Check(status);
}

/// Sets parts of a file's descriptor. (SetFileSecurityW)
BOOL SetFileSecurityW(LPCWSTR FileName, DWORD Information, PVOID Descriptor) {
  HANDLE handle = nullptr;
  const DWORD error = OpenNamed(FileName, kFile, AccessToSet(Information), &handle);
  if (error != ERROR_SUCCESS) return Fail(error);
  const NTSTATUS status = sys::NtSetSecurityObject(handle, Information, Descriptor);
  sys::NtClose(handle);
  return Check(status);
}

/// A descriptor's parts that are asked for as text ("O:BAG:BAD:(A;;GA;;;SY)"), for LocalFree; `Length` gets its characters with the
/// terminator. FALSE: ERROR_UNKNOWN_REVISION, ERROR_INVALID_SECURITY_DESCR. (ConvertSecurityDescriptorToStringSecurityDescriptorW)
BOOL ConvertSecurityDescriptorToStringSecurityDescriptorW(PVOID Descriptor, DWORD Revision, DWORD Information, LPWSTR* Text,
                                                          PDWORD Length) {
  constexpr DWORD kUnknownRevision = 1305, kInvalidDescriptor = 1338;
  if (!Descriptor || !Text) return Fail(ERROR_INVALID_PARAMETER);
  if (Revision != 1) return Fail(kUnknownRevision);
  if (!RtlValidSecurityDescriptor(Descriptor)) return Fail(kInvalidDescriptor);
  std::string all = nt::se::TextOfDescriptor(Descriptor);
  // The parts follow each other, each with a letter that nothing else before a colon is.
  std::string text;
  while (!all.empty()) {
    auto end = all.find(':', 2);
    end = end == all.npos ? all.size() : end - 1;
    const char part = all[0];
    const DWORD wanted = part == 'O' ? kOwner : part == 'G' ? kGroup : part == 'D' ? kDacl : kSacl;
    if (Information & wanted) text += all.substr(0, end);
    all.erase(0, end);
  }
  auto* const copy = static_cast<LPWSTR>(LocalAlloc(0x40, (text.size() + 1) * sizeof(WCHAR)));
  if (!copy) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  for (SIZE_T i = 0; i < text.size(); i++) copy[i] = static_cast<UCHAR>(text[i]);
  *Text = copy;
  if (Length) *Length = static_cast<DWORD>(text.size() + 1);
  return TRUE;
}
BOOL ConvertSecurityDescriptorToStringSecurityDescriptorA(PVOID Descriptor, DWORD Revision, DWORD Information, LPSTR* Text, PDWORD Length) {
  LPWSTR wide = nullptr;
  if (!Text) return Fail(ERROR_INVALID_PARAMETER);
  if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(Descriptor, Revision, Information, &wide, Length)) return FALSE;
  *Text = GiveAnsi(wide);
  LocalFree(wide);
  return *Text ? TRUE : Fail(ERROR_NOT_ENOUGH_MEMORY);
}

/// The audit list of a descriptor, its control bits, and setting those that do not follow from its parts. (GetSecurityDescriptorSacl, …)
BOOL GetSecurityDescriptorSacl(PVOID Descriptor, PBOOL Present, PVOID* Sacl, PBOOL Defaulted) {
  BOOLEAN present = FALSE, defaulted = FALSE;
  if (!Check(RtlGetSaclSecurityDescriptor(Descriptor, &present, reinterpret_cast<PACL*>(Sacl), &defaulted))) return FALSE;
  *Present = present;
  if (present && Defaulted) *Defaulted = defaulted;
  return TRUE;
}
BOOL GetSecurityDescriptorControl(PVOID Descriptor, PUSHORT Control, PDWORD Revision) {
  ULONG revision = 0;
  if (!Check(RtlGetControlSecurityDescriptor(Descriptor, Control, &revision))) return FALSE;
  *Revision = revision;
  return TRUE;
}
BOOL SetSecurityDescriptorControl(PVOID Descriptor, USHORT Bits, USHORT Values) {
  return Check(RtlSetControlSecurityDescriptor(Descriptor, Bits, Values));
}

/// Splits a self-relative descriptor into parts; sizes become those needed. FALSE: ERROR_INSUFFICIENT_BUFFER. (MakeAbsoluteSD)
BOOL MakeAbsoluteSD(PVOID SelfRelative, PVOID Absolute, PDWORD AbsoluteSize, PVOID Dacl, PDWORD DaclSize, PVOID Sacl, PDWORD SaclSize,
                    PVOID Owner, PDWORD OwnerSize, PVOID Group, PDWORD GroupSize) {
  return Check(RtlSelfRelativeToAbsoluteSD(SelfRelative, Absolute, AbsoluteSize, static_cast<PACL>(Dacl), DaclSize, static_cast<PACL>(Sacl),
                                           SaclSize, Owner, OwnerSize, Group, GroupSize));
}

}  // extern "C"
