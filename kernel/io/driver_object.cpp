// Driver objects, with NT's defaults.
#include <cstring>
#include <new>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/file_security.h"
#include "kernel/io/pnp.h"
#include "kernel/io/registrations.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kDriverTag = 'virD';
State* state = nullptr;

UNICODE_STRING PoolString(std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(NonPagedPoolNx, bytes + sizeof(WCHAR), kDriverTag));
  std::memcpy(buffer, text.data(), bytes);
  buffer[text.size()] = 0;
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
}

/// DRIVER_OBJECT and its extension lie in one object body.
struct DriverBody {
  DRIVER_OBJECT driver;
  DRIVER_EXTENSION extension;
};

UNICODE_STRING hardware_database = {0, 0, const_cast<PWSTR>(u"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM")};

}  // namespace

State& Io() { return *state; }

std::vector<Leftover>& Leftovers() { return Io().leftovers; }

void SetBindHooked(bool hooked) { Io().bind_hooked = hooked; }

NTSTATUS NewDriverObject(std::u16string_view name, PDRIVER_OBJECT* result) {
  return NewDriverObjectAt(u"\\Driver\\" + std::u16string(name), result);
}

NTSTATUS NewDriverObjectAt(const std::u16string& path, PDRIVER_OBJECT* result) {
  UNICODE_STRING path_string{static_cast<USHORT>(path.size() * 2), static_cast<USHORT>(path.size() * 2), const_cast<PWSTR>(path.data())};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &path_string, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               nullptr,           nullptr};
  PVOID object = nullptr;
  NTSTATUS status = ObCreateObject(KernelMode, Io().driver_type, &attributes, KernelMode, nullptr, sizeof(DriverBody), 0, 0, &object);
  if (!NT_SUCCESS(status)) return status;
  auto* const body = new (object) DriverBody{};
  DRIVER_OBJECT& driver = body->driver;
  driver.Type = IO_TYPE_DRIVER;
  driver.Size = sizeof(DRIVER_OBJECT);
  driver.DriverExtension = &body->extension;
  body->extension.DriverObject = &driver;
  body->extension.ServiceKeyName = PoolString(std::u16string_view(path).substr(path.rfind(u'\\') + 1));
  driver.DriverName = PoolString(path);
  driver.Flags = DRVO_LEGACY_DRIVER;
  driver.HardwareDatabase = &hardware_database;
  auto* const invalid = reinterpret_cast<PDRIVER_DISPATCH>(api::StubOf("IopInvalidDeviceRequest"));
  for (PDRIVER_DISPATCH& function : driver.MajorFunction) function = invalid;
  PVOID inserted = nullptr;
  status = ObInsertObject(object, nullptr, 0, 0, &inserted, nullptr);
  if (!NT_SUCCESS(status)) return status == STATUS_OBJECT_NAME_COLLISION ? STATUS_IMAGE_ALREADY_LOADED : status;
  *result = &driver;
  return STATUS_SUCCESS;
}

void DestroyDriver(PVOID object) {
  auto* const body = static_cast<DriverBody*>(object);
  ForgetDriver(&body->driver);
  UnmapDriver(&body->driver);
  ex::FreePool(body->extension.ServiceKeyName.Buffer);
  ex::FreePool(body->driver.DriverName.Buffer);
}

PDRIVER_OBJECT CreateBuiltinDriver(std::u16string_view name) {
  PDRIVER_OBJECT driver = nullptr;
  NewDriverObject(name, &driver);
  driver->Flags = DRVO_BUILTIN_DRIVER;
  return driver;
}

PDEVICE_OBJECT CreateBuiltinDevice(PDRIVER_OBJECT driver, std::u16string_view name, DEVICE_TYPE type, ULONG flags) {
  UNICODE_STRING string{static_cast<USHORT>(name.size() * 2), static_cast<USHORT>(name.size() * 2), const_cast<PWSTR>(name.data())};
  PDEVICE_OBJECT device = nullptr;
  IoCreateDevice(driver, 0, &string, type, 0, FALSE, &device);
  device->Flags |= flags;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return device;
}

void Initialize() {
  state = new State;
  hardware_database.Length = static_cast<USHORT>(std::u16string_view(hardware_database.Buffer).size() * sizeof(WCHAR));
  hardware_database.MaximumLength = static_cast<USHORT>(hardware_database.Length + sizeof(WCHAR));
  Io().driver_type = ob::CreateType(
      {.name = u"Driver", .mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff}, .ignore_case = true, .destroy = &DestroyDriver});
  Io().device_type = ob::CreateType({.name = u"Device",
                                     .mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff},
                                     .valid_access = 0x1f01ff,
                                     .ignore_case = true,
                                     .destroy = &DestroyDevice,
                                     .parse = &ParseDevice,
                                     .security = [](PVOID object) { return &static_cast<PDEVICE_OBJECT>(object)->SecurityDescriptor; }});
  Io().file_type = ob::CreateType({.name = u"File",
                                   .mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff},
                                   .valid_access = 0x1f01ff,
                                   .ignore_case = true,
                                   .dispatcher = true,
                                   .default_offset = offsetof(FILE_OBJECT, Event),
                                   .close = &CloseFile,
                                   .destroy = &DestroyFile,
                                   .parse = &ParseFile,
                                   .query_name = &QueryFileName,
                                   .security = &SecurityOfFile,
                                   .security_method = &FileSecurity});
  PublishTypes();
  CreateRegistrations();
  CreateWmiType();
  InitializeBuiltinDevices();
  InitializePnp();
}

void PublishTypes() {
  *api::Data<POBJECT_TYPE>("IoDriverObjectType") = Io().driver_type;
  *api::Data<POBJECT_TYPE>("IoDeviceObjectType") = Io().device_type;
  *api::Data<POBJECT_TYPE>("IoFileObjectType") = Io().file_type;
}

void Shutdown() {
  DestroyRegistrations();
  DestroyPnp();
  delete state;
  state = nullptr;
}

}  // namespace nt::io

extern "C" NTSTATUS IopInvalidDeviceRequest(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
  Irp->IoStatus.Information = 0;
  IofCompleteRequest(Irp, 0);
  return STATUS_INVALID_DEVICE_REQUEST;
}
