// IoCreateDriver: a driver object for code that no service's image brought, as boot drivers of the kernel itself have one.
#include <string>

#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

extern "C" {

NTSTATUS IoCreateDriver(PUNICODE_STRING DriverName, DRIVER_INITIALIZE* InitializationFunction) {
  std::u16string path;
  if (DriverName != nullptr) {
    path.assign(DriverName->Buffer, DriverName->Length / sizeof(WCHAR));
  } else {  // a name that nobody else has, as NT makes one of the time
    constexpr int kDigits = 8;
    path = u"\\Driver\\";
    auto time = static_cast<ULONG>(ke::InterruptTime() / 10'000 + ++Io().unnamed_drivers);
    std::u16string digits(kDigits, u'0');
    for (int i = kDigits - 1; i >= 0; --i, time /= 10) digits[static_cast<SIZE_T>(i)] = static_cast<char16_t>(u'0' + time % 10);
    path += digits;
  }
  PDRIVER_OBJECT driver = nullptr;
  NTSTATUS status = NewDriverObjectAt(path, &driver);
  if (!NT_SUCCESS(status)) return status == STATUS_IMAGE_ALREADY_LOADED ? STATUS_OBJECT_NAME_COLLISION : status;
  driver->Flags = DRVO_BUILTIN_DRIVER;
  driver->DriverInit = InitializationFunction;
  status = ke::Callout<NTSTATUS>(InitializationFunction, driver, nullptr);
  if (!NT_SUCCESS(status)) {
    ObMakeTemporaryObject(driver);
    ObfDereferenceObject(driver);
    return status;
  }
  driver->Flags |= DRVO_INITIALIZED;
  for (PDEVICE_OBJECT device = driver->DeviceObject; device != nullptr; device = device->NextDevice)
    device->Flags &= ~DO_DEVICE_INITIALIZING;
  return status;
}

VOID IoDeleteDriver(PDRIVER_OBJECT DriverObject) {
  ObMakeTemporaryObject(DriverObject);
  ObfDereferenceObject(DriverObject);
}

}  // extern "C"
