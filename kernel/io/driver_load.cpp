// Loading and unloading drivers, and what they leave behind.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "kernel/cm/cm.h"
#include "kernel/ex/ex.h"
#include "kernel/io/irp_text.h"
#include "kernel/io/mistakes.h"
#include "kernel/io/pnp.h"
#include "kernel/io/registrations.h"
#include "kernel/io/state.h"
#include "kernel/ke/boot_options.h"
#include "kernel/ke/interrupt.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ldr/builtin.h"
#include "kernel/mm/mm.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/ps.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"

extern "C" VOID KeFlushQueuedDpcs();

namespace nt::io {
namespace {

struct Loaded {
  std::u16string name;
  PDRIVER_OBJECT driver;
  ldr::Image* image;
};
std::vector<Loaded> loaded;
std::vector<Loaded> leaving;  ///< unloaded, and something still refers to the driver object

bool Within(const ldr::Image& image, ULONG_PTR address) { return address != 0 && address - image.base < image.size; }

void Report(const Loaded& driver, const char* kind, const std::string& what) { Io().leftovers.push_back({driver.image->name, kind, what}); }

std::string At(ULONG_PTR caller) { return " at " + ke::DescribeCode(caller); }

void ReportPool(const Loaded& driver) {
  struct Total {
    ULONG tag;
    ULONG_PTR caller;
    SIZE_T blocks;
    SIZE_T bytes;
  };
  std::vector<Total> totals;
  ex::ForEachAllocation([&](const ex::Allocation& block) {
    if (block.by_kernel || !Within(*driver.image, block.caller)) return;
    for (Total& total : totals) {
      if (total.tag != block.tag || total.caller != block.caller) continue;
      ++total.blocks;
      total.bytes += block.size;
      return;
    }
    totals.push_back({block.tag, block.caller, 1, block.size});
  });
  for (const Total& total : totals) {
    Report(driver, "pool",
           "tag '" + ex::TagText(total.tag) + "', " + std::to_string(total.blocks) + (total.blocks == 1 ? " block, " : " blocks, ") +
               std::to_string(total.bytes) + " bytes, allocated" + At(total.caller));
  }
}

void ReportDevices(const Loaded& driver) {
  for (PDEVICE_OBJECT device = driver.driver->DeviceObject; device != nullptr; device = device->NextDevice) {
    const std::u16string name = ob::NameOf(device);
    Report(driver, "device object", name.empty() ? "without a name" : rtl::Utf8(name));
  }
}

/// "of thread 12", or nothing for an IRP that no thread sent.
std::string Sender(const IRP* irp) {
  if (irp->ThreadListEntry.Flink == &irp->ThreadListEntry) return {};
  return " of thread " + std::to_string(reinterpret_cast<ULONG_PTR>(irp->Tail.Overlay.Thread->Cid.UniqueThread));
}

bool IsDeviceOf(PDRIVER_OBJECT driver, PDEVICE_OBJECT wanted) {
  PDEVICE_OBJECT device = driver->DeviceObject;
  while (device != nullptr && device != wanted) device = device->NextDevice;
  return device != nullptr;
}

/// Requests that the driver has not completed, and those it made and did not free.
void ReportIrps(const Loaded& driver) {
  ForEachIrp([&](PIRP irp, ULONG_PTR allocated_by) {
    const bool own = Within(*driver.image, allocated_by);
    const bool in_flight = InFlight(irp);
    const IO_STACK_LOCATION* const location = in_flight ? IoGetCurrentIrpStackLocation(irp) : nullptr;
    const std::string made = own ? ", allocated" + At(allocated_by) : "";
    if (in_flight && (own || IsDeviceOf(driver.driver, location->DeviceObject))) {
      Report(driver, "IRP",
             DescribeFunction(*location) + Sender(irp) + " still pending in " + DescribeDevice(location->DeviceObject) + made);
    } else if (own) {
      Report(driver, "IRP", "not freed" + made);
    }
  });
}

void ReportObjects(const Loaded& driver) {
  const auto running = ps::SystemThreadsStartedIn(driver.image->base, driver.image->size);
  ob::ForEachObject([&](const ob::ObjectReport& object) {
    if (!Within(*driver.image, object.creator) || object.type == u"Device") return;
    if (std::ranges::find(running, object.object, [](PETHREAD thread) { return static_cast<void*>(thread); }) != running.end()) return;
    const std::u16string name = ob::NameOf(object.object);
    const char* const kind = object.type == u"SymbolicLink" ? "symbolic link" : object.type == u"Thread" ? "thread" : "object";
    if (object.type == u"File") return;
    Report(driver, kind, rtl::Utf8(object.type) + (name.empty() ? "" : " " + rtl::Utf8(name)) + ", created" + At(object.creator));
  });
}

void ReportHandles(const Loaded& driver) {
  ob::ForEachHandle(PsInitialSystemProcess, [&](const ob::HandleReport& handle) {
    if (!Within(*driver.image, handle.creator)) return;
    char number[32];
    std::snprintf(number, sizeof number, "%llx", static_cast<unsigned long long>(reinterpret_cast<ULONG_PTR>(handle.handle)));
    Report(driver, "handle", std::string(number) + ", opened" + At(handle.creator));
  });
}

struct TimerVisit {
  const Loaded* driver;
  std::vector<PKTIMER> found;
};

void ReportTimers(const Loaded& driver) {
  TimerVisit visit{&driver, {}};
  ke::ForEachTimer(
      [](PKTIMER timer, void* context) {
        auto* const state = static_cast<TimerVisit*>(context);
        const ldr::Image& image = *state->driver->image;
        const bool routine = timer->Dpc != nullptr && Within(image, reinterpret_cast<ULONG_PTR>(timer->Dpc->DeferredRoutine));
        if (routine || Within(image, reinterpret_cast<ULONG_PTR>(timer))) state->found.push_back(timer);
      },
      &visit);
  for (PKTIMER timer : visit.found) {
    const bool dpc = timer->Dpc != nullptr;
    Report(driver, "timer",
           dpc ? "still set, its DPC runs" + At(reinterpret_cast<ULONG_PTR>(timer->Dpc->DeferredRoutine) + 1) : "still set");
  }
}

void ReportInterrupts(const Loaded& driver) {
  for (PKINTERRUPT interrupt : ke::InterruptsIn(driver.image->base, driver.image->size)) {
    Report(driver, "interrupt",
           "vector " + std::to_string(interrupt->Vector) + " still connected to a service routine" +
               At(reinterpret_cast<ULONG_PTR>(interrupt->ServiceRoutine) + 1));
  }
}

void ReportThreads(const Loaded& driver) {
  for (PETHREAD thread : ps::SystemThreadsStartedIn(driver.image->base, driver.image->size)) {
    Report(driver, "thread", "still running, started" + At(reinterpret_cast<ULONG_PTR>(thread->Win32StartAddress) + 1));
  }
}

void ReportMappings(const Loaded& driver) {
  mm::ForEachMapping([&](const mm::Mapping& mapping) {
    if (Within(*driver.image, mapping.caller))
      Report(driver, mapping.kind, std::to_string(mapping.size) + " bytes, made" + At(mapping.caller));
  });
  for (const ex::Leftover& left : ex::Leftovers()) {
    const std::string name = left.description.empty() ? "" : left.description + ", ";
    if (Within(*driver.image, left.caller)) Report(driver, left.kind, name + "made" + At(left.caller));
  }
}

void ReportNotifyRoutines(const Loaded& driver) {
  for (const ob::CallbackReport& left : ob::CallbacksIn(driver.image->base, driver.image->size)) {
    Report(driver, "object callbacks", "still registered," + At(reinterpret_cast<ULONG_PTR>(left.routine) + 1));
  }
  for (const cm::CallbackReport& left : cm::CallbacksIn(driver.image->base, driver.image->size)) {
    Report(driver, "registry callback", "still registered," + At(reinterpret_cast<ULONG_PTR>(left.routine) + 1));
  }
  for (const ps::NotifyRoutine& left : ps::NotifyRoutinesOf(*driver.image)) {
    Report(driver, left.kind, "still registered," + At(reinterpret_cast<ULONG_PTR>(left.routine) + 1));
  }
}

/// What would call the driver's code once it is gone.
void RemoveCallbacks(const ldr::Image& image) {
  for (PKINTERRUPT interrupt : ke::InterruptsIn(image.base, image.size)) IoDisconnectInterrupt(interrupt);
  ps::RemoveNotifyRoutinesOf(image);
  for (const ob::CallbackReport& left : ob::CallbacksIn(image.base, image.size)) ObUnRegisterCallbacks(left.handle);
  for (const cm::CallbackReport& left : cm::CallbacksIn(image.base, image.size)) cm::RemoveCallback(left.cookie);
}

void ReportLeftovers(const Loaded& driver) {
  ReportThreads(driver);
  ReportTimers(driver);
  ReportObjects(driver);
  ReportHandles(driver);
  ReportPool(driver);
  ReportMappings(driver);
}

/// Takes a failed or finished driver's devices and name away. Its image goes with the last reference to the driver object.
void RemoveDriver(const Loaded& driver) {
  ReportIrps(driver);
  ReportDevices(driver);
  ReportNotifyRoutines(driver);
  ReportInterrupts(driver);
  RemoveCallbacks(*driver.image);
  while (driver.driver->DeviceObject != nullptr) IoDeleteDevice(driver.driver->DeviceObject);
  leaving.push_back(driver);
  PDRIVER_OBJECT const object = driver.driver;
  ObMakeTemporaryObject(object);
  ObfDereferenceObject(object);
}

bool IsLeaving(PDRIVER_OBJECT driver) {
  return std::ranges::any_of(leaving, [&](const Loaded& other) { return other.driver == driver; });
}

/// Threads and work items that the driver's Unload set free end soon after it; what does not is left behind.
void WaitUntilGone(PDRIVER_OBJECT driver) {
  LARGE_INTEGER interval;
  interval.QuadPart = -100'000;
  for (int tries = 0; IsLeaving(driver) && tries < 100; ++tries) KeDelayExecutionThread(KernelMode, FALSE, &interval);
  for (const Loaded& other : leaving) {
    if (other.driver == driver) ReportLeftovers(other);
  }
}

bool IsBusy(PDRIVER_OBJECT driver) {
  for (PDEVICE_OBJECT device = driver->DeviceObject; device != nullptr; device = device->NextDevice) {
    if (device->ReferenceCount != 0 || device->AttachedDevice != nullptr) return true;
  }
  return false;
}

/// Calls the driver's Unload and takes it away.
void FinishUnload(void* raw) {
  auto* const driver = static_cast<PDRIVER_OBJECT>(raw);
  ke::Callout<void>(driver->DriverUnload, driver);
  const auto entry = std::ranges::find_if(loaded, [&](const Loaded& other) { return other.driver == driver; });
  const Loaded unloaded = std::move(*entry);
  loaded.erase(entry);
  RemoveDriver(unloaded);
}

std::u16string RegistryPath(std::u16string_view name) {
  return u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\" + std::u16string(name);
}

UNICODE_STRING PathString(const std::u16string& text) {
  auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, (text.size() + 1) * sizeof(WCHAR), 'gRoI'));
  std::memcpy(buffer, text.c_str(), (text.size() + 1) * sizeof(WCHAR));
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + 2), buffer};
}

bool SameFolded(std::u16string_view a, std::u16string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char16_t c) { return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// Whether test signing is off and the image has no certificate. What one says is not verified.
bool LacksSignature(std::span<const std::byte> file) {
  ldr::PeImage image;
  return !ke::BootedWith().test_signing && ldr::PeImage::Parse(file, ldr::PeImage::Layout::File, &image).ok() && !image.Signed();
}

/// DriverEntry may leave a pointer into INIT code behind for what must be called later: NT clears the initializing flags instead.
void FinishDevices(PDRIVER_OBJECT driver) {
  driver->Flags |= DRVO_INITIALIZED;
  for (PDEVICE_OBJECT device = driver->DeviceObject; device != nullptr; device = device->NextDevice)
    device->Flags &= ~DO_DEVICE_INITIALIZING;
}

}  // namespace

NTSTATUS LoadDriver(std::u16string_view name, std::u16string_view image_path, std::span<const std::byte> file, std::string* why) {
  PDRIVER_OBJECT driver = nullptr;
  ldr::Image* image = nullptr;
  for (const Loaded& other : loaded) {
    if (!SameFolded(other.name, name)) continue;
    *why = "a driver of this name is loaded already";
    return STATUS_IMAGE_ALREADY_LOADED;
  }
  if (LacksSignature(file)) {
    *why = "it is not signed, and test signing is off";
    return STATUS_INVALID_IMAGE_HASH;
  }
  ldr::BuiltinResolver resolver(Io().bind_hooked);
  ldr::LoadOptions options;
  options.resolver = &resolver;
  options.guard_check = ldr::GuardCheckStub(false);
  options.guard_dispatch = ldr::GuardDispatchStub(false);
  const ldr::Verdict verdict = ldr::Load(image_path, file, options, &image);
  if (!verdict.ok()) {
    *why = verdict.sentence;
    return verdict.status;
  }
  NTSTATUS status = NewDriverObject(name, &driver);
  if (!NT_SUCCESS(status)) {
    ldr::Unload(image);
    *why = "a driver of this name is loaded already";
    return status;
  }
  driver->DriverStart = reinterpret_cast<PVOID>(image->base);
  driver->DriverSize = static_cast<ULONG>(image->size);
  driver->DriverSection = &image->entry;
  driver->DriverInit = reinterpret_cast<DRIVER_INITIALIZE*>(const_cast<void*>(image->entry_point));
  loaded.push_back({std::u16string(name), driver, image});
  ps::NotifyDriverImage(*image);
  UNICODE_STRING registry_path = PathString(RegistryPath(name));
  status = ke::Callout<NTSTATUS>(driver->DriverInit, driver, &registry_path);
  ex::FreePool(registry_path.Buffer);
  const Loaded entry = loaded.back();
  if (!NT_SUCCESS(status)) {
    char text[64];
    std::snprintf(text, sizeof text, "DriverEntry returned 0x%08X", static_cast<unsigned>(status));
    *why = text;
    loaded.pop_back();
    RemoveDriver(entry);
    return status;
  }
  FinishDevices(driver);
  RunReinitialization(driver);
  ldr::DiscardInit(image);
  status = AddRootDevice(driver, why);
  if (NT_SUCCESS(status)) return status;
  if (driver->DriverUnload != nullptr) ke::Callout<void>(driver->DriverUnload, driver);
  std::erase_if(loaded, [=](const Loaded& other) { return other.driver == driver; });
  RemoveDriver(entry);
  return status;
}

NTSTATUS UnloadDriver(std::u16string_view name) {
  for (auto entry = loaded.begin(); entry != loaded.end(); ++entry) {
    if (!SameFolded(entry->name, name)) continue;
    if (entry->driver->DriverUnload == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
    if ((entry->driver->Flags & DRVO_UNLOAD_INVOKED) != 0) return STATUS_SUCCESS;
    PDRIVER_OBJECT const driver = entry->driver;
    if (HasDevices(driver)) {  // only the plug-and-play manager takes such a driver away, with its devices
      const NTSTATUS status = QueryRemoveDevices(driver);
      if (!NT_SUCCESS(status)) return status;
      RemoveDevices(driver);
    }
    if (IsBusy(driver)) {  // goes on when the last reference to a device goes
      for (PDEVICE_OBJECT device = driver->DeviceObject; device != nullptr; device = device->NextDevice) {
        device->DeviceObjectExtension->ExtensionFlags |= DOE_UNLOAD_PENDING;
      }
      return STATUS_SUCCESS;
    }
    driver->Flags |= DRVO_UNLOAD_INVOKED;
    FinishUnload(driver);
    WaitUntilGone(driver);
    return STATUS_SUCCESS;
  }
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

void ContinueUnload(PDRIVER_OBJECT driver) {
  if ((driver->Flags & DRVO_UNLOAD_INVOKED) != 0 || IsBusy(driver)) return;
  driver->Flags |= DRVO_UNLOAD_INVOKED;
  ke::CreateHostThread(&FinishUnload, driver, 9);
}

void UnmapDriver(PDRIVER_OBJECT driver) {
  KeFlushQueuedDpcs();  // what waits runs while its code is still there
  const auto entry = std::ranges::find_if(leaving, [&](const Loaded& other) { return other.driver == driver; });
  if (entry == leaving.end()) return;
  const Loaded gone = std::move(*entry);
  leaving.erase(entry);
  ReportLeftovers(gone);
  ldr::Unload(gone.image);
}

std::vector<std::u16string> LoadedDrivers() {
  std::vector<std::u16string> names;
  for (const Loaded& driver : loaded) names.push_back(driver.name);
  return names;
}

void ForgetDrivers() {
  loaded.clear();
  leaving.clear();
}

}  // namespace nt::io
