// The security of files below a device: the driver is asked and told; and of files on the C: drive.
#include "device.h"

using namespace ktest;

extern "C" NTSTATUS NTAPI ObGetObjectSecurity(PVOID, PSECURITY_DESCRIPTOR*, PBOOLEAN);
extern "C" VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR, BOOLEAN);

namespace {
constexpr ACCESS_MASK kAccess = READ_CONTROL | WRITE_DAC | WRITE_OWNER | SYNCHRONIZE;

/// A descriptor with nothing but an owner: SYSTEM.
struct Owned {
  SECURITY_DESCRIPTOR descriptor;
  Owned() {
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&descriptor, SeExports->SeLocalSystemSid, FALSE);
  }
};

struct Seen {
  ULONG information, length;
  PVOID buffer;
} seen;

NTSTATUS QueryOwner(PDEVICE_OBJECT, PIRP irp) {
  const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.QuerySecurity;
  seen = {parameters.SecurityInformation, parameters.Length, irp->UserBuffer};
  Owned owned;
  ULONG length = parameters.Length;
  const NTSTATUS status = RtlAbsoluteToSelfRelativeSD(&owned.descriptor, irp->UserBuffer, &length);
  if (status == STATUS_BUFFER_TOO_SMALL) return Complete(irp, STATUS_BUFFER_OVERFLOW, length);
  return Complete(irp, status, RtlLengthSecurityDescriptor(irp->UserBuffer));
}
}  // namespace

KTEST(TheDriverOfAFileBelowIsAsked) {
  Device device(L"\\Device\\KtFileSec");
  device.on(IRP_MJ_QUERY_SECURITY) = QueryOwner;
  const ULONG manners[] = {0, FILE_SYNCHRONOUS_IO_NONALERT};
  for (const ULONG options : manners) {
    File file(L"\\Device\\KtFileSec\\below", options, kAccess);
    REQUIRE(NT_SUCCESS(file.status()));
    ULONG needed = 0;
    EXPECT_EQ(ZwQuerySecurityObject(file.handle(), OWNER_SECURITY_INFORMATION, nullptr, 0, &needed), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 12);
    UCHAR buffer[64];
    EXPECT_EQ(ZwQuerySecurityObject(file.handle(), OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
    EXPECT_EQ(seen.information, OWNER_SECURITY_INFORMATION);
    EXPECT_EQ(seen.length, sizeof buffer);
    EXPECT(seen.buffer == buffer);
    PSID owner = nullptr;
    BOOLEAN defaulted;
    EXPECT_EQ(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
    EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeLocalSystemSid));
  }
}

KTEST(TheDriverOfAFileBelowIsTold) {
  Device device(L"\\Device\\KtFileSec");
  device.on(IRP_MJ_SET_SECURITY) = [](PDEVICE_OBJECT, PIRP irp) {
    const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.SetSecurity;
    seen = {parameters.SecurityInformation, 0, nullptr};
    PSID owner = nullptr;
    BOOLEAN defaulted;
    EXPECT_EQ(RtlGetOwnerSecurityDescriptor(parameters.SecurityDescriptor, &owner, &defaulted), STATUS_SUCCESS);
    EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeLocalSystemSid));
    return Complete(irp, STATUS_MEDIA_WRITE_PROTECTED);
  };
  File file(L"\\Device\\KtFileSec\\below", 0, kAccess);
  Owned owned;
  EXPECT_EQ(ZwSetSecurityObject(file.handle(), OWNER_SECURITY_INFORMATION, &owned.descriptor), STATUS_MEDIA_WRITE_PROTECTED);
  EXPECT_EQ(seen.information, OWNER_SECURITY_INFORMATION);
}

KTEST(ADriverWithoutSecurityHasFilesOfEverybody) {
  Device device(L"\\Device\\KtFileSec");
  const auto refuse = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_INVALID_DEVICE_REQUEST); };
  device.on(IRP_MJ_QUERY_SECURITY) = refuse;
  device.on(IRP_MJ_SET_SECURITY) = refuse;
  File file(L"\\Device\\KtFileSec\\below", 0, kAccess);
  Owned owned;
  EXPECT_EQ(ZwSetSecurityObject(file.handle(), OWNER_SECURITY_INFORMATION, &owned.descriptor), STATUS_SUCCESS);
  UCHAR buffer[64];
  ULONG needed = 0;
  EXPECT_EQ(ZwQuerySecurityObject(file.handle(), OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed),
            STATUS_SUCCESS);
  PSID owner = nullptr;
  PACL dacl = nullptr;
  BOOLEAN defaulted, present = FALSE;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeWorldSid));
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(buffer, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT(present && dacl == nullptr);
}

KTEST(TheDeviceItselfIsNotTheDrivers) {
  Device device(L"\\Device\\KtFileSec");
  File file(L"\\Device\\KtFileSec", 0, kAccess);
  UCHAR buffer[64];
  ULONG needed = 0;
  EXPECT_EQ(ZwQuerySecurityObject(file.handle(), OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_QUERY_SECURITY), 0);
}

KTEST(ObGetObjectSecurityAsksToo) {
  Device device(L"\\Device\\KtFileSec");
  device.on(IRP_MJ_QUERY_SECURITY) = QueryOwner;
  File file(L"\\Device\\KtFileSec\\below", 0, kAccess);
  PVOID object = nullptr;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, &object, nullptr)));
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  BOOLEAN allocated = FALSE;
  EXPECT_EQ(ObGetObjectSecurity(object, &descriptor, &allocated), STATUS_SUCCESS);
  EXPECT(descriptor != nullptr && allocated != FALSE);
  ObReleaseObjectSecurity(descriptor, allocated);
  ObDereferenceObject(object);
}

KTEST(LabelsAreApartFromWhatIsAudited) {
  HANDLE event = nullptr;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KtestLabelled");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS | ACCESS_SYSTEM_SECURITY, &attributes, NotificationEvent, FALSE)));
  struct {
    ACL acl;
    SYSTEM_MANDATORY_LABEL_ACE ace;
    ULONG rest[2];
  } sacl = {};
  EXPECT_EQ(RtlCreateAcl(&sacl.acl, sizeof sacl, ACL_REVISION), STATUS_SUCCESS);
  struct {
    ACE_HEADER header;
    ACCESS_MASK mask;
    SID sid;
  } label = {{SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, sizeof label},
             SYSTEM_MANDATORY_LABEL_NO_WRITE_UP,
             {SID_REVISION, 1, {{0, 0, 0, 0, 0, 16}}, {0x1000}}};
  RtlCopyMemory(&sacl.ace, &label, sizeof label);
  sacl.acl.AceCount = 1;
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  descriptor.Control |= SE_SACL_PRESENT;
  descriptor.Sacl = &sacl.acl;
  EXPECT_EQ(ZwSetSecurityObject(event, LABEL_SECURITY_INFORMATION, &descriptor), STATUS_SUCCESS);
  UCHAR buffer[256];
  ULONG needed = 0;
  const auto entries = [&](SECURITY_INFORMATION information) {
    EXPECT_EQ(ZwQuerySecurityObject(event, information, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
    const auto* const relative = reinterpret_cast<SECURITY_DESCRIPTOR_RELATIVE*>(buffer);
    if (!(relative->Control & SE_SACL_PRESENT) || !relative->Sacl) return 0;
    return static_cast<int>(reinterpret_cast<ACL*>(buffer + relative->Sacl)->AceCount);
  };
  EXPECT_EQ(entries(LABEL_SECURITY_INFORMATION), 1);
  EXPECT_EQ(entries(SACL_SECURITY_INFORMATION), 0);
  // An audit list that is set leaves the label.
  descriptor.Sacl = nullptr;
  EXPECT_EQ(ZwSetSecurityObject(event, SACL_SECURITY_INFORMATION, &descriptor), STATUS_SUCCESS);
  EXPECT_EQ(entries(LABEL_SECURITY_INFORMATION), 1);
  ZwClose(event);
}

KTEST(FilesOnTheDriveKeepTheirSecurity) {
  PCWSTR const path = L"\\??\\C:\\secured.txt";
  const auto open = [&](ULONG disposition, ULONG options, HANDLE* handle) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    IO_STATUS_BLOCK iosb;
    return ZwCreateFile(handle, kAccess | DELETE, &object, &iosb, nullptr, 0, 7, disposition, options | FILE_SYNCHRONOUS_IO_NONALERT,
                        nullptr, 0);
  };
  HANDLE handle = nullptr;
  REQUIRE(NT_SUCCESS(open(FILE_OPEN_IF, 0, &handle)));
  UCHAR buffer[512];
  ULONG needed = 0;
  PSID owner = nullptr;
  PACL dacl = nullptr;
  BOOLEAN defaulted, present = FALSE;
  constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  EXPECT_EQ(ZwQuerySecurityObject(handle, kParts, nullptr, 0, &needed), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(ZwQuerySecurityObject(handle, kParts, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeAliasAdminsSid));
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(buffer, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT(present && dacl != nullptr && dacl->AceCount != 0);
  Owned owned;
  EXPECT_EQ(ZwSetSecurityObject(handle, OWNER_SECURITY_INFORMATION, &owned.descriptor), STATUS_SUCCESS);
  ZwClose(handle);
  REQUIRE(NT_SUCCESS(open(FILE_OPEN, FILE_DELETE_ON_CLOSE, &handle)));
  EXPECT_EQ(ZwQuerySecurityObject(handle, kParts, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeLocalSystemSid));
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(buffer, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT(present && dacl != nullptr);  // as it was
  ZwClose(handle);
}
