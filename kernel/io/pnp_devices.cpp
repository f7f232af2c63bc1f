// Devices without hardware: made, started and removed.
#include <algorithm>
#include <cstdio>

#include "kernel/api/api.h"
#include "kernel/cm/cm.h"
#include "kernel/ex/ex.h"
#include "kernel/io/irp_lists.h"
#include "kernel/io/pnp.h"
#include "kernel/ke/ki.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kFileDeviceController = 4;
Pnp* pnp = nullptr;

/// "\\0012": how instances are numbered.
std::u16string Digits(unsigned number) {
  char digits[16];
  const int length = std::snprintf(digits, sizeof digits, "\\%04u", number);
  return {digits, digits + length};
}

std::u16string InstanceOf(std::u16string_view service) {
  std::u16string prefix = u"ROOT\\";
  for (const char16_t c : service) prefix += c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 32) : c;
  for (unsigned number = 0;; ++number) {
    const std::u16string instance = prefix + Digits(number);
    if (std::ranges::none_of(ThePnp().nodes, [&](const DeviceNode* node) { return node->instance == instance; })) return instance;
  }
}

/// The class of devices that are installed without one of their own.
constexpr char16_t kSystemClass[] = u"{4d36e97d-e325-11ce-bfc1-08002be10318}";

/// Gives a device a driver key of its class.
std::u16string NewDriverKey() {
  for (unsigned number = 0;; ++number) {
    const std::u16string driver = std::u16string(kSystemClass) + Digits(number);
    const std::u16string key = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\" + driver;
    if (!cm::KeyExists(key) && NT_SUCCESS(cm::CreateKey(key))) return driver;
  }
}

/// The device's key, as if it had been installed; a volatile one below it says that the device is there.
void Record(const DeviceNode& node) {
  const std::u16string key = KeyOf(node);
  cm::SetString(key, u"Class", u"System");
  cm::SetString(key, u"ClassGUID", kSystemClass);
  if (!cm::ReadString(key, u"Driver")) cm::SetString(key, u"Driver", NewDriverKey());
  cm::SetString(key, u"Service", node.service);
  cm::SetString(key, u"DeviceDesc", node.service);
  cm::SetStrings(key, u"HardwareID", {node.instance.substr(0, node.instance.rfind(u'\\'))});
  cm::SetDword(key, u"ConfigFlags", 0);
  cm::CreateKey(key + u"\\Control", true);
  cm::SetString(key + u"\\Control", u"ActiveService", node.service);
}

/// What relations a stack names is not looked at: only the device's own kind is known.
void AskForRelations(PDEVICE_OBJECT pdo) {
  ULONG_PTR information = 0;
  const NTSTATUS status = SendPnp(pdo, IRP_MN_QUERY_DEVICE_RELATIONS, reinterpret_cast<PVOID>(ULONG_PTR{BusRelations}), &information);
  auto* const relations = reinterpret_cast<DEVICE_RELATIONS*>(information);
  if (!NT_SUCCESS(status) || relations == nullptr) return;
  for (ULONG i = 0; i < relations->Count; ++i) ObfDereferenceObject(relations->Objects[i]);
  ex::FreePool(relations);
}

void Remove(DeviceNode* node) {
  ULONG_PTR information = 0;
  for (DeviceInterface& interface : ThePnp().interfaces) {
    if (interface.node == node && interface.enabled) DisableInterface(&interface);
  }
  SendPnp(node->pdo, IRP_MN_REMOVE_DEVICE, nullptr, &information);
  NotifyTargetDevice(GUID_TARGET_DEVICE_REMOVE_COMPLETE, node);
  DeleteNode(node);
}

/// Asks the device's stack for what changed: a device that failed goes.
void AskForState(DeviceNode* node) {
  ULONG_PTR state = 0;
  const NTSTATUS status = SendPnp(node->pdo, IRP_MN_QUERY_PNP_DEVICE_STATE, nullptr, &state);
  if (!NT_SUCCESS(status) || (state & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED)) == 0) return;
  ULONG_PTR information = 0;
  SendPnp(node->pdo, IRP_MN_SURPRISE_REMOVAL, nullptr, &information);
  Remove(node);
}

NTSTATUS Start(DeviceNode* node) {
  ULONG_PTR information = 0;
  PDEVICE_OBJECT const pdo = node->pdo;
  SendPnp(pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, nullptr, &information);
  const NTSTATUS status = SendPnp(pdo, IRP_MN_START_DEVICE, nullptr, &information);
  if (!NT_SUCCESS(status)) return status;
  node->started = true;
  DEVICE_CAPABILITIES capabilities{};
  capabilities.Size = sizeof capabilities;
  capabilities.Version = 1;
  capabilities.Address = capabilities.UINumber = ~0u;
  SendPnp(pdo, IRP_MN_QUERY_CAPABILITIES, &capabilities, &information);
  AskForState(node);
  if (NodeOf(pdo) != nullptr) AskForRelations(pdo);
  return STATUS_SUCCESS;
}

/// What IoInvalidateDevice… puts off to a worker thread.
struct Invalidation {
  WORK_QUEUE_ITEM item;
  PDEVICE_OBJECT pdo;
  bool relations;
};

void Invalidate(PDEVICE_OBJECT device, bool relations) {
  if (NodeOf(device) == nullptr) {
    constexpr ULONG_PTR kInvalidPdo = 2;
    ke::BugCheck(PNP_DETECTED_FATAL_ERROR, kInvalidPdo, reinterpret_cast<ULONG_PTR>(device), 0, 0,
                 relations
                     ? "IoInvalidateDeviceRelations takes a physical device object that a bus driver has reported; this device is none."
                     : "IoInvalidateDeviceState takes a physical device object that a bus driver has reported; this device is none.");
  }
  auto* const work = static_cast<Invalidation*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Invalidation), 'pPnP'));
  if (work == nullptr) return;
  *work = {{}, device, relations};
  work->item.WorkerRoutine = reinterpret_cast<PWORKER_THREAD_ROUTINE>(api::StubOf("IopInvalidated"));
  work->item.Parameter = work;
  ObfReferenceObject(device);
  ExQueueWorkItem(&work->item, DelayedWorkQueue);
}

}  // namespace

Pnp& ThePnp() { return *pnp; }

void InitializePnp() {
  pnp = new Pnp;
  PDRIVER_OBJECT const manager = CreateBuiltinDriver(u"PnpManager");
  const auto stub = [](const char* name) { return reinterpret_cast<PDRIVER_DISPATCH>(api::StubOf(name)); };
  manager->MajorFunction[IRP_MJ_PNP] = stub("IopPnpDispatch");
  manager->MajorFunction[IRP_MJ_POWER] = stub("IopPowerDispatch");
  manager->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = stub("IopSystemControlDispatch");
  pnp->manager = manager;
}

void DestroyPnp() {
  for (const DeviceNode* node : pnp->nodes) delete node;
  delete pnp;
  pnp = nullptr;
}

DeviceNode* CreateNode(PDRIVER_OBJECT driver) {
  PDEVICE_OBJECT pdo = nullptr;
  if (!NT_SUCCESS(IoCreateDevice(ThePnp().manager, 0, nullptr, kFileDeviceController, FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &pdo)))
    return nullptr;
  pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
  pdo->Flags &= ~DO_DEVICE_INITIALIZING;
  auto* const node = new DeviceNode;
  node->pdo = pdo;
  node->driver = driver;
  const UNICODE_STRING& service = driver->DriverExtension->ServiceKeyName;
  node->service.assign(service.Buffer, service.Length / sizeof(WCHAR));
  node->instance = InstanceOf(node->service);
  pdo->DeviceObjectExtension->DeviceNode = node;
  ThePnp().nodes.push_back(node);
  Record(*node);
  return node;
}

void DeleteNode(DeviceNode* node) {
  std::erase_if(ThePnp().interfaces, [node](const DeviceInterface& interface) { return interface.node == node; });
  std::erase(ThePnp().nodes, node);
  cm::DeleteTree(KeyOf(*node) + u"\\Control");
  PDEVICE_OBJECT const pdo = node->pdo;
  pdo->DeviceObjectExtension->DeviceNode = nullptr;
  delete node;
  IoDeleteDevice(pdo);
}

NTSTATUS SendPnp(PDEVICE_OBJECT pdo, UCHAR minor, PVOID argument, ULONG_PTR* information) {
  IO_STACK_LOCATION request{};
  request.MajorFunction = IRP_MJ_PNP;
  request.MinorFunction = minor;
  request.Parameters.Others.Argument1 = argument;
  return SendToTop(pdo, request, information);
}

NTSTATUS SendToTop(PDEVICE_OBJECT device, const IO_STACK_LOCATION& request, ULONG_PTR* information) {
  PDEVICE_OBJECT const top = IoGetAttachedDevice(device);
  PIRP const irp = NewIrp(top->StackSize);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  KEVENT done;
  KeInitializeEvent(&done, SynchronizationEvent, FALSE);
  IO_STATUS_BLOCK result{};
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  irp->UserIosb = &result;
  irp->UserEvent = &done;
  irp->Tail.Overlay.Thread = ke::KiThread;
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = request.MajorFunction;
  location->MinorFunction = request.MinorFunction;
  location->Parameters = request.Parameters;
  ObfReferenceObject(top);
  QueueToThread(irp);
  NTSTATUS status = IofCallDriver(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  ObfDereferenceObject(top);
  *information = result.Information;
  return status;
}

NTSTATUS AddRootDevice(PDRIVER_OBJECT driver, std::string* why) {
  DRIVER_ADD_DEVICE* const routine = driver->DriverExtension->AddDevice;
  if (routine == nullptr) return STATUS_SUCCESS;
  DeviceNode* const node = CreateNode(driver);
  if (node == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = ke::Callout<NTSTATUS>(routine, driver, node->pdo);
  const bool added = NT_SUCCESS(status);
  if (added) {
    status = Start(node);
  } else {
    DeleteNode(node);
  }
  if (NT_SUCCESS(status)) return status;
  if (added) Remove(node);
  char text[64];
  std::snprintf(text, sizeof text, added ? "IRP_MN_START_DEVICE ended with 0x%08X" : "AddDevice returned 0x%08X",
                static_cast<unsigned>(status));
  *why = text;
  return status;
}

bool HasDevices(PDRIVER_OBJECT driver) {
  return std::ranges::any_of(ThePnp().nodes, [=](const DeviceNode* node) { return node->driver == driver; });
}

NTSTATUS QueryRemoveDevices(PDRIVER_OBJECT driver) {
  ULONG_PTR information = 0;
  for (std::size_t i = 0; i < ThePnp().nodes.size(); ++i) {
    DeviceNode* const node = ThePnp().nodes[i];
    if (node->driver != driver) continue;
    const bool open = node->pdo->ReferenceCount != 0;
    NTSTATUS status = open ? STATUS_DEVICE_BUSY : NotifyTargetDevice(GUID_TARGET_DEVICE_QUERY_REMOVE, node);
    if (NT_SUCCESS(status)) status = SendPnp(node->pdo, IRP_MN_QUERY_REMOVE_DEVICE, nullptr, &information);
    if (NT_SUCCESS(status)) continue;
    for (std::size_t asked = 0; !open && asked <= i; ++asked) {
      DeviceNode* const other = ThePnp().nodes[asked];
      if (other->driver != driver) continue;
      SendPnp(other->pdo, IRP_MN_CANCEL_REMOVE_DEVICE, nullptr, &information);
      NotifyTargetDevice(GUID_TARGET_DEVICE_REMOVE_CANCELLED, other);
    }
    return STATUS_PLUGPLAY_QUERY_VETOED;
  }
  return STATUS_SUCCESS;
}

void RemoveDevices(PDRIVER_OBJECT driver) {
  for (std::size_t i = ThePnp().nodes.size(); i-- != 0;) {
    if (i < ThePnp().nodes.size() && ThePnp().nodes[i]->driver == driver) Remove(ThePnp().nodes[i]);
  }
}

}  // namespace nt::io

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;

extern "C" {

/// The work routine of IoInvalidateDeviceState and IoInvalidateDeviceRelations.
VOID IopInvalidated(PVOID Context) {
  const Invalidation work = *static_cast<Invalidation*>(Context);
  ex::FreePool(Context);
  if (DeviceNode* const node = NodeOf(work.pdo); node != nullptr) {
    if (work.relations) {
      AskForRelations(work.pdo);
    } else {
      AskForState(node);
    }
  }
  ObfDereferenceObject(work.pdo);
}

VOID IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, ULONG /*Type*/) { Invalidate(DeviceObject, true); }

VOID IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject) { Invalidate(PhysicalDeviceObject, false); }

/// A device that its driver found itself. A physical device that is passed is taken as it is; else *DeviceObject is a new one.
NTSTATUS IoReportDetectedDevice(PDRIVER_OBJECT DriverObject, ULONG /*LegacyBusType*/, ULONG /*BusNumber*/, ULONG /*SlotNumber*/,
                                PVOID /*ResourceList*/, PVOID /*ResourceRequirements*/, BOOLEAN /*ResourceAssigned*/,
                                PDEVICE_OBJECT* DeviceObject) {
  if (*DeviceObject != nullptr) return NodeOf(*DeviceObject) != nullptr ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  DeviceNode* const node = CreateNode(DriverObject);
  if (node == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  node->started = true;
  *DeviceObject = node->pdo;
  return STATUS_SUCCESS;
}

}  // extern "C"
