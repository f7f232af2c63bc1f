// What the physical devices at the bottom of the machine's own stacks answer.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/pnp.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kTag = 'pPnP';

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, 0);
  return status;
}

/// Completes a request that is none of ours with the status it came with.
NTSTATUS Leave(PIRP irp) {
  const NTSTATUS status = irp->IoStatus.Status;
  IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS AnswerTarget(PDEVICE_OBJECT pdo, PIRP irp) {
  auto* const relations = static_cast<DEVICE_RELATIONS*>(ex::AllocatePool(PagedPool, sizeof(DEVICE_RELATIONS), kTag));
  if (relations == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  ObfReferenceObject(pdo);
  *relations = {1, {pdo}};
  return Complete(irp, STATUS_SUCCESS, reinterpret_cast<ULONG_PTR>(relations));
}

NTSTATUS AnswerCapabilities(PIRP irp, DEVICE_CAPABILITIES* capabilities) {
  constexpr ULONG kUniqueId = 0x40, kSilentInstall = 0x80, kPowerDeviceD0 = 1, kPowerDeviceD3 = 4;
  if (capabilities->Version != 1 || capabilities->Size < sizeof *capabilities) return Complete(irp, STATUS_UNSUCCESSFUL, 0);
  capabilities->Flags |= kUniqueId | kSilentInstall;
  capabilities->Address = capabilities->UINumber = ~0u;
  for (ULONG& state : capabilities->DeviceState) state = kPowerDeviceD3;
  capabilities->DeviceState[0] = 0;
  capabilities->DeviceState[1] = kPowerDeviceD0;
  return Complete(irp, STATUS_SUCCESS, 0);
}

/// An identifier in pool, with the zeros that end a string or a list of them.
NTSTATUS AnswerId(const DeviceNode& node, PIRP irp, ULONG type) {
  const auto last = node.instance.rfind(u'\\');
  std::u16string_view id;
  if (type == BusQueryDeviceID || type == BusQueryHardwareIDs) id = std::u16string_view(node.instance).substr(0, last);
  if (type == BusQueryInstanceID) id = std::u16string_view(node.instance).substr(last + 1);
  if (id.empty()) return Leave(irp);
  const SIZE_T bytes = (id.size() + 2) * sizeof(WCHAR);
  auto* const text = static_cast<PWSTR>(ex::AllocatePool(PagedPool, bytes, kTag));
  if (text == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  std::memset(text, 0, bytes);
  std::memcpy(text, id.data(), id.size() * sizeof(WCHAR));
  return Complete(irp, STATUS_SUCCESS, reinterpret_cast<ULONG_PTR>(text));
}

}  // namespace
}  // namespace nt::io

using namespace nt::io;

extern "C" {

NTSTATUS IopPnpDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
    case IRP_MN_SURPRISE_REMOVAL:
      return Complete(Irp, STATUS_SUCCESS, Irp->IoStatus.Information);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      return location->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation ? AnswerTarget(DeviceObject, Irp) : Leave(Irp);
    case IRP_MN_QUERY_CAPABILITIES:
      return AnswerCapabilities(Irp, location->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_ID:
      return NodeOf(DeviceObject) != nullptr ? AnswerId(*NodeOf(DeviceObject), Irp, location->Parameters.QueryId.IdType) : Leave(Irp);
    default:
      return Leave(Irp);
  }
}

/// A device without hardware can be in every power state.
NTSTATUS IopPowerDispatch(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  constexpr UCHAR kSetPower = 2, kQueryPower = 3;
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  return minor == kSetPower || minor == kQueryPower ? Complete(Irp, STATUS_SUCCESS, 0) : Leave(Irp);
}

NTSTATUS IopSystemControlDispatch(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) { return Leave(Irp); }

}  // extern "C"
