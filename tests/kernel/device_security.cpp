// Who may open a device: descriptor strings, IoCreateDeviceSecure, the default, and what the object services say and change.
#include "device.h"

#include <wdmsec.h>

using namespace ktest;

extern "C" NTSTATUS NTAPI ObGetObjectSecurity(PVOID, PSECURITY_DESCRIPTOR*, PBOOLEAN);
extern "C" VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR, BOOLEAN);
extern "C" NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);

namespace {
const UNICODE_STRING kName = RTL_CONSTANT_STRING(L"\\Device\\KtestSecure");

/// A device that IoCreateDeviceSecure made.
class Secure {
 public:
  explicit Secure(const UNICODE_STRING* sddl, ULONG characteristics = 0) {
    SetDispatch();
    status_ = IoCreateDeviceSecure(driver, sizeof(DeviceState), const_cast<PUNICODE_STRING>(&kName), FILE_DEVICE_UNKNOWN, characteristics,
                                   FALSE, sddl, nullptr, &object_);
    if (NT_SUCCESS(status_)) object_->Flags &= ~DO_DEVICE_INITIALIZING;
  }
  explicit Secure(PCWSTR sddl, ULONG characteristics = 0) : Secure(&(text_ = Text(sddl)), characteristics) {}
  ~Secure() {
    if (object_) IoDeleteDevice(object_);
  }
  NTSTATUS status() const { return status_; }
  PDEVICE_OBJECT object() const { return object_; }

 private:
  static UNICODE_STRING Text(PCWSTR text) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, text);
    return string;
  }
  UNICODE_STRING text_;
  NTSTATUS status_;
  PDEVICE_OBJECT object_ = nullptr;
};

NTSTATUS Open(PCWSTR name, ACCESS_MASK access, ULONG attributes, PACCESS_MASK granted = nullptr, HANDLE* kept = nullptr) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, &string, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE | attributes, nullptr, nullptr);
  HANDLE handle;
  IO_STATUS_BLOCK iosb;
  const NTSTATUS status = ZwCreateFile(&handle, access, &object, &iosb, nullptr, 0, 7, FILE_OPEN, 0, nullptr, 0);
  if (!NT_SUCCESS(status)) return status;
  if (granted) {
    PVOID file;
    OBJECT_HANDLE_INFORMATION information = {};
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &file, &information))) ObDereferenceObject(file);
    *granted = information.GrantedAccess;
  }
  if (kept) {
    *kept = handle;
  } else {
    ZwClose(handle);
  }
  return status;
}

NTSTATUS Checked(ACCESS_MASK access, PACCESS_MASK granted = nullptr) {
  return Open(L"\\Device\\KtestSecure", access, OBJ_FORCE_ACCESS_CHECK, granted);
}
}  // namespace

KTEST(NobodyButTheKernel) {
  Secure device(&SDDL_DEVOBJ_KERNEL_ONLY);
  REQUIRE(NT_SUCCESS(device.status()));
  EXPECT_EQ(Checked(FILE_READ_DATA), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Open(L"\\Device\\KtestSecure", GENERIC_ALL, 0), STATUS_SUCCESS);
}

KTEST(TheSystemMayWhatItsEntrySays) {
  Secure device(L"D:P(A;;GR;;;SY)");
  REQUIRE(NT_SUCCESS(device.status()));
  ACCESS_MASK granted = 0;
  EXPECT_EQ(Checked(GENERIC_READ, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, FILE_GENERIC_READ);
  EXPECT_EQ(Checked(GENERIC_WRITE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Checked(MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted & FILE_GENERIC_READ, FILE_GENERIC_READ);
  EXPECT_EQ(granted & FILE_WRITE_DATA, 0);
}

KTEST(EarlierDenialsWin) {
  Secure device(L"D:P(D;;FW;;;BA)(A;;GA;;;SY)");
  REQUIRE(NT_SUCCESS(device.status()));
  EXPECT_EQ(Checked(FILE_WRITE_DATA), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Checked(FILE_READ_DATA), STATUS_SUCCESS);
}

KTEST(LinksLeadToTheSameCheck) {
  Secure device(&SDDL_DEVOBJ_KERNEL_ONLY);
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\KtestSecure");
  REQUIRE(NT_SUCCESS(IoCreateSymbolicLink(&link, const_cast<PUNICODE_STRING>(&kName))));
  EXPECT_EQ(Open(L"\\??\\KtestSecure", FILE_READ_DATA, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
  IoDeleteSymbolicLink(&link);
}

KTEST(NamesBelowAreTheDriversUnlessSecureOpen) {
  {
    Secure device(&SDDL_DEVOBJ_KERNEL_ONLY);
    EXPECT_EQ(Open(L"\\Device\\KtestSecure\\below", FILE_READ_DATA, OBJ_FORCE_ACCESS_CHECK), STATUS_SUCCESS);
  }
  Secure device(&SDDL_DEVOBJ_KERNEL_ONLY, FILE_DEVICE_SECURE_OPEN);
  EXPECT_EQ(Open(L"\\Device\\KtestSecure\\below", FILE_READ_DATA, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
}

KTEST(AllConstantsAreStrings) {
  const UNICODE_STRING* const all[] = {&SDDL_DEVOBJ_KERNEL_ONLY,
                                       &SDDL_DEVOBJ_SYS_ALL,
                                       &SDDL_DEVOBJ_SYS_ALL_ADM_ALL,
                                       &SDDL_DEVOBJ_SYS_ALL_ADM_RX,
                                       &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R,
                                       &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R,
                                       &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
                                       &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX};
  for (const UNICODE_STRING* const sddl : all) {
    Secure device(sddl);
    EXPECT_EQ(device.status(), STATUS_SUCCESS);
    EXPECT_EQ(Checked(GENERIC_ALL), sddl == &SDDL_DEVOBJ_KERNEL_ONLY ? STATUS_ACCESS_DENIED : STATUS_SUCCESS);
  }
}

KTEST(WhatIsNoDescriptorMakesNoDevice) {
  const PCWSTR wrong[] = {L"X:P",
                          L"D:P(A;;GA;;;SY",
                          L"D:P(B;;GA;;;SY)",
                          L"D:P(A;;GA;;;)",
                          L"D:P(A;;QQ;;;SY)",
                          L"D:P(A;;GA;;;ZZ)",
                          L"D:P(A;XX;GA;;;SY)",
                          L"D:P(A;;0x;;;SY)"};
  for (const PCWSTR text : wrong) {
    Secure device(text);
    EXPECT(!NT_SUCCESS(device.status()));
    EXPECT(device.object() == nullptr);
  }
}

namespace {
/// An object's list, freed with Release().
struct Security {
  PSECURITY_DESCRIPTOR descriptor;
  BOOLEAN allocated;
  PACL dacl;
  BOOLEAN present, defaulted;
  void Of(PVOID object) {
    descriptor = nullptr;
    dacl = nullptr;
    if (NT_SUCCESS(ObGetObjectSecurity(object, &descriptor, &allocated)) && descriptor)
      RtlGetDaclSecurityDescriptor(descriptor, &present, &dacl, &defaulted);
  }
  void Release() { ObReleaseObjectSecurity(descriptor, allocated); }
};
}  // namespace

KTEST(TextBecomesEntries) {
  Secure device(L"D:P(A;OICI;0x1f;;;S-1-5-32-544)(A;;GRSDRC;;;WD)(D;;8;;;AN)");
  REQUIRE(NT_SUCCESS(device.status()));
  Security security;
  security.Of(device.object());
  REQUIRE(security.dacl != nullptr);
  EXPECT_EQ(security.dacl->AceCount, 3);
  PVOID entry;
  REQUIRE(NT_SUCCESS(RtlGetAce(security.dacl, 0, &entry)));
  const auto* ace = static_cast<const ACCESS_ALLOWED_ACE*>(entry);
  EXPECT_EQ(ace->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
  EXPECT_EQ(ace->Header.AceFlags, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
  EXPECT_EQ(ace->Mask, 0x1f);
  EXPECT(RtlEqualSid(const_cast<PULONG>(&ace->SidStart), SeExports->SeAliasAdminsSid));
  REQUIRE(NT_SUCCESS(RtlGetAce(security.dacl, 1, &entry)));
  ace = static_cast<const ACCESS_ALLOWED_ACE*>(entry);
  EXPECT_EQ(ace->Mask, FILE_GENERIC_READ | DELETE | READ_CONTROL);  // generic rights are mapped when they are set
  EXPECT(RtlEqualSid(const_cast<PULONG>(&ace->SidStart), SeExports->SeWorldSid));
  REQUIRE(NT_SUCCESS(RtlGetAce(security.dacl, 2, &entry)));
  ace = static_cast<const ACCESS_ALLOWED_ACE*>(entry);
  EXPECT_EQ(ace->Header.AceType, ACCESS_DENIED_ACE_TYPE);
  EXPECT_EQ(ace->Mask, 8);
  EXPECT(RtlEqualSid(const_cast<PULONG>(&ace->SidStart), SeExports->SeAnonymousLogonSid));
  security.Release();
}

KTEST(DevicesAreOpenToEverybodyUnlessSaid) {
  Device device(L"\\Device\\KtestSecure");
  Security security;
  security.Of(device.object());
  REQUIRE(security.dacl != nullptr);
  EXPECT_EQ(security.dacl->AceCount, 4);
  PVOID entry;
  REQUIRE(NT_SUCCESS(RtlGetAce(security.dacl, 0, &entry)));
  EXPECT_EQ(static_cast<const ACCESS_ALLOWED_ACE*>(entry)->Mask, FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE);
  security.Release();
  EXPECT_EQ(Checked(GENERIC_ALL), STATUS_SUCCESS);
}

KTEST(SecurityIsSetThroughAHandle) {
  Device device(L"\\Device\\KtestSecure");
  HANDLE handle;
  REQUIRE(NT_SUCCESS(ObOpenObjectByPointer(device.object(), OBJ_KERNEL_HANDLE, nullptr, WRITE_DAC, nullptr, KernelMode, &handle)));
  SECURITY_DESCRIPTOR descriptor;
  REQUIRE(NT_SUCCESS(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION)));
  UCHAR buffer[64];
  PACL const acl = reinterpret_cast<PACL>(buffer);
  REQUIRE(NT_SUCCESS(RtlCreateAcl(acl, sizeof buffer, ACL_REVISION)));
  REQUIRE(NT_SUCCESS(RtlAddAccessAllowedAce(acl, ACL_REVISION, FILE_READ_DATA, SeExports->SeLocalSystemSid)));
  REQUIRE(NT_SUCCESS(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE)));
  EXPECT_EQ(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetSecurityObject(handle, OWNER_SECURITY_INFORMATION, &descriptor), STATUS_INVALID_OWNER);
  EXPECT_EQ(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, nullptr), STATUS_ACCESS_VIOLATION);
  ZwClose(handle);
  EXPECT_EQ(Checked(FILE_READ_DATA), STATUS_SUCCESS);
  EXPECT_EQ(Checked(FILE_WRITE_DATA), STATUS_ACCESS_DENIED);
}

KTEST(FilesOfADeviceShareItsSecurity) {
  Device device(L"\\Device\\KtestSecure");
  HANDLE handle;
  REQUIRE(NT_SUCCESS(Open(L"\\Device\\KtestSecure", READ_CONTROL | WRITE_DAC, 0, nullptr, &handle)));
  ULONG needed = 0;
  EXPECT_EQ(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, nullptr, 0, &needed), STATUS_BUFFER_TOO_SMALL);
  UCHAR buffer[256];
  REQUIRE(needed > sizeof(SECURITY_DESCRIPTOR_RELATIVE) && needed <= sizeof buffer);
  EXPECT_EQ(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
  EXPECT(RtlValidSecurityDescriptor(buffer));
  PSID owner = buffer;
  BOOLEAN defaulted;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner == nullptr);  // not asked for
  EXPECT_EQ(ZwQuerySecurityObject(handle, OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeAliasAdminsSid));
  // A null list lets everybody do everything.
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE);
  EXPECT_EQ(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor), STATUS_SUCCESS);
  ZwClose(handle);
  Security security;
  security.Of(device.object());
  EXPECT(security.present && security.dacl == nullptr);
  security.Release();
}

KTEST(NamedEventsKeepWhatTheyAreGiven) {
  HANDLE handle;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)));
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetOwnerSecurityDescriptor(&descriptor, SeExports->SeWorldSid, FALSE);
  // Without a name there is no security to change.
  EXPECT_EQ(ZwSetSecurityObject(handle, OWNER_SECURITY_INFORMATION, &descriptor), STATUS_NO_SECURITY_ON_OBJECT);
  ZwClose(handle);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KtestSecureEvent");
  attributes.ObjectName = &name;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)));
  EXPECT_EQ(ZwSetSecurityObject(handle, OWNER_SECURITY_INFORMATION, &descriptor), STATUS_SUCCESS);
  UCHAR buffer[64];
  ULONG needed = 0;
  EXPECT_EQ(ZwQuerySecurityObject(handle, OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
  PSID owner = nullptr;
  BOOLEAN defaulted;
  RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeWorldSid));
  ZwClose(handle);
}

KTEST(ControlsMayAskForWhatWasGranted) {
  Device device(L"\\Device\\KtestSecure");
  File file(L"\\Device\\KtestSecure", 0, FILE_READ_DATA | SYNCHRONIZE);
  REQUIRE(NT_SUCCESS(file.status()));
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, &object, nullptr)));
  PIRP const irp = IoAllocateIrp(1, FALSE);
  REQUIRE(irp != nullptr);
  IoSetNextIrpStackLocation(irp);
  IoGetCurrentIrpStackLocation(irp)->FileObject = static_cast<PFILE_OBJECT>(object);
  EXPECT_EQ(IoValidateDeviceIoControlAccess(irp, FILE_WRITE_ACCESS), STATUS_SUCCESS);  // from the kernel
  irp->RequestorMode = UserMode;
  EXPECT_EQ(IoValidateDeviceIoControlAccess(irp, FILE_READ_ACCESS), STATUS_SUCCESS);
  EXPECT_EQ(IoValidateDeviceIoControlAccess(irp, FILE_WRITE_ACCESS), STATUS_ACCESS_DENIED);
  EXPECT_EQ(IoValidateDeviceIoControlAccess(irp, FILE_READ_ACCESS | FILE_WRITE_ACCESS), STATUS_ACCESS_DENIED);
  EXPECT_EQ(IoValidateDeviceIoControlAccess(irp, 4), STATUS_INVALID_PARAMETER);
  IoFreeIrp(irp);
  ObDereferenceObject(object);
}

KTEST(TheRegistryOverridesWhatADriverSaysOfItsClass) {
  const GUID guid = {0x0badcafe, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
  PCWSTR const key = L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\{0badcafe-0001-0002-0304-05060708090a}";
  PCWSTR const properties =
      L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\{0badcafe-0001-0002-0304-05060708090a}\\Properties";
  REQUIRE(NT_SUCCESS(RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, const_cast<PWSTR>(key))));
  REQUIRE(NT_SUCCESS(RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, const_cast<PWSTR>(properties))));
  ULONG type = 0x5555, exclusive = 1;
  RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, properties, L"DeviceType", REG_DWORD, &type, sizeof type);
  RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, properties, L"Exclusive", REG_DWORD, &exclusive, sizeof exclusive);
  // A list without entries: nobody.
  struct {
    SECURITY_DESCRIPTOR_RELATIVE head;
    ACL dacl;
  } nobody = {};
  nobody.head.Revision = SECURITY_DESCRIPTOR_REVISION;
  nobody.head.Control = SE_DACL_PRESENT | SE_SELF_RELATIVE;
  nobody.head.Dacl = sizeof nobody.head;
  RtlCreateAcl(&nobody.dacl, sizeof nobody.dacl, ACL_REVISION);
  RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, properties, L"Security", REG_BINARY, &nobody, sizeof nobody);
  SetDispatch();
  PDEVICE_OBJECT device = nullptr;
  EXPECT_EQ(IoCreateDeviceSecure(driver, sizeof(DeviceState), const_cast<PUNICODE_STRING>(&kName), FILE_DEVICE_UNKNOWN, 0, FALSE,
                                 &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, &guid, &device),
            STATUS_SUCCESS);
  REQUIRE(device != nullptr);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  EXPECT_EQ(device->DeviceType, 0x5555);
  EXPECT((device->Flags & DO_EXCLUSIVE) != 0);
  EXPECT_EQ(Checked(FILE_READ_DATA), STATUS_ACCESS_DENIED);
  IoDeleteDevice(device);
  PCWSTR const paths[] = {properties, key};
  for (PCWSTR path : paths) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    HANDLE handle;
    if (NT_SUCCESS(ZwOpenKey(&handle, KEY_ALL_ACCESS, &object))) {
      ZwDeleteKey(handle);
      ZwClose(handle);
    }
  }
}
