// Providers of WMI data: who they are, what blocks they have, and who hears their events.
#include <algorithm>
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/pnp.h"
#include "kernel/io/registrations.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType);

namespace nt::io {

/// A data block that a driver has opened.
struct WmiBlock {
  GUID guid;
  PVOID callback;  ///< WMI_NOTIFICATION_CALLBACK, or null
  PVOID context;
};

namespace {

constexpr ULONG kTag = 'imWI';
constexpr UCHAR kRegInfo = 0x8, kRegInfoEx = 0xb;  // IRP_MN_REGINFO, IRP_MN_REGINFO_EX

/// The start of WMIREGINFO, and each of its blocks (wmistr.h).
struct RegInfo {
  ULONG buffer_size, next, registry_path, mof_resource_name, guid_count, padding;
};
NT_SIZE(RegInfo, 24);
struct RegGuid {
  GUID guid;
  ULONG flags, instance_count;
  ULONG_PTR instances;
};
NT_SIZE(RegGuid, 32);
constexpr ULONG kRemoveGuid = 0x10000;  // WMIREG_FLAG_REMOVE_GUID

/// WNODE_HEADER (wmistr.h), as far as events need it.
struct Node {
  ULONG buffer_size, provider;
  ULONG64 history;
  LARGE_INTEGER time;
  GUID guid;
  ULONG context, flags;
};
NT_SIZE(Node, 48);

bool Same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

WmiProvider* ProviderOf(PDEVICE_OBJECT device) {
  std::vector<WmiProvider>& providers = Registered().wmi_providers;
  const auto found = std::ranges::find(providers, device, &WmiProvider::device);
  return found != providers.end() ? &*found : nullptr;
}

bool IsProvided(const GUID& guid) {
  return std::ranges::any_of(Registered().wmi_providers, [&](const WmiProvider& provider) {
    return std::ranges::any_of(provider.blocks, [&](const GUID& block) { return Same(block, guid); });
  });
}

NTSTATUS Ask(PDEVICE_OBJECT device, UCHAR minor, bool update, PVOID buffer, ULONG size, ULONG_PTR* information) {
  IO_STACK_LOCATION request{};
  request.MajorFunction = IRP_MJ_SYSTEM_CONTROL;
  request.MinorFunction = minor;
  request.Parameters.WMI = {reinterpret_cast<ULONG_PTR>(device), reinterpret_cast<PVOID>(ULONG_PTR{update}), size, buffer};
  return SendToTop(device, request, information);
}

/// The blocks that an answer lists; an update may take some away.
void TakeBlocks(const UCHAR* answer, ULONG size, bool update, std::vector<GUID>* blocks) {
  RegInfo info;
  if (size < sizeof info) return;
  std::memcpy(&info, answer, sizeof info);
  if (!update) blocks->clear();
  for (ULONG i = 0; i < info.guid_count && sizeof info + (i + 1) * sizeof(RegGuid) <= size; ++i) {
    RegGuid block;
    std::memcpy(&block, answer + sizeof info + i * sizeof block, sizeof block);
    std::erase_if(*blocks, [&](const GUID& known) { return Same(known, block.guid); });
    if ((block.flags & kRemoveGuid) == 0) blocks->push_back(block.guid);
  }
}

/// Asks a provider what it has: IRP_MN_REGINFO_EX, or from drivers that do not know it IRP_MN_REGINFO. What does not fit is asked for
/// again.
void AskForBlocks(PDEVICE_OBJECT device, bool update) {
  for (const UCHAR minor : {kRegInfoEx, kRegInfo}) {
    ULONG size = PAGE_SIZE;
    NTSTATUS status = STATUS_BUFFER_TOO_SMALL;
    while (status == STATUS_BUFFER_TOO_SMALL) {
      auto* const buffer = static_cast<UCHAR*>(ex::AllocatePool(NonPagedPoolNx, size, kTag));
      if (buffer == nullptr) return;
      std::memset(buffer, 0, size);
      ULONG_PTR returned = 0;
      status = Ask(device, minor, update, buffer, size, &returned);
      ULONG needed = 0;
      std::memcpy(&needed, buffer, sizeof needed);
      WmiProvider* const provider = ProviderOf(device);
      if (NT_SUCCESS(status) && provider != nullptr && returned <= size)
        TakeBlocks(buffer, static_cast<ULONG>(returned), update, &provider->blocks);
      ex::FreePool(buffer);
      if (status == STATUS_BUFFER_TOO_SMALL && needed <= size) return;  // it does not say how much it wants
      size = needed;
    }
    if (NT_SUCCESS(status)) return;
  }
}

/// What is left to a worker: a provider to be asked, or an event to be told.
struct Work {
  WORK_QUEUE_ITEM item;
  PDEVICE_OBJECT device;  ///< with a reference
  bool update;
  Node* event;  ///< null: ask
};

NTSTATUS Queue(const Work& work) {
  auto* const queued = static_cast<Work*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Work), kTag));
  if (queued == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *queued = work;
  queued->item.WorkerRoutine = reinterpret_cast<PWORKER_THREAD_ROUTINE>(api::StubOf("WmipWork"));
  queued->item.Parameter = queued;
  ExQueueWorkItem(&queued->item, DelayedWorkQueue);
  return STATUS_SUCCESS;
}

NTSTATUS QueueAsking(WmiProvider* provider, bool update) {
  if (provider == nullptr) return STATUS_INVALID_PARAMETER;
  if (provider->asked) return STATUS_SUCCESS;
  provider->asked = true;
  ObfReferenceObject(provider->device);
  const NTSTATUS status = Queue({{}, provider->device, update, nullptr});
  if (NT_SUCCESS(status)) return status;
  provider->asked = false;
  ObfDereferenceObject(provider->device);
  return status;
}

/// Calls who listens, in the order they began to.
void Tell(Node* event) {
  const std::vector<WmiBlock*> blocks = Registered().wmi_blocks;
  for (WmiBlock* block : blocks) {
    const bool open = std::ranges::find(Registered().wmi_blocks, block) != Registered().wmi_blocks.end();
    if (open && block->callback != nullptr && Same(block->guid, event->guid)) ke::Callout<void>(block->callback, event, block->context);
  }
}

/// Ends a provider when it is not being asked any more.
NTSTATUS Deregister(PDEVICE_OBJECT device) {
  LARGE_INTEGER interval;
  interval.QuadPart = -10'000;
  WmiProvider* provider = ProviderOf(device);
  for (; provider != nullptr && provider->asked; provider = ProviderOf(device)) KeDelayExecutionThread(KernelMode, FALSE, &interval);
  if (provider == nullptr) return STATUS_INVALID_PARAMETER;
  std::erase_if(Registered().wmi_providers, [device](const WmiProvider& other) { return other.device == device; });
  ObfDereferenceObject(device);
  return STATUS_SUCCESS;
}

}  // namespace

void CreateWmiType() {
  constexpr GENERIC_MAPPING kMapping{0x20001, 0x20002, 0x20010, 0x120fff};
  const auto destroy = [](PVOID object) { std::erase(Registered().wmi_blocks, static_cast<WmiBlock*>(object)); };
  Registered().wmi_type = ob::CreateType({.name = u"WmiGuid", .mapping = kMapping, .valid_access = 0x120fff, .destroy = destroy});
}

}  // namespace nt::io

using namespace nt::io;
namespace ex = nt::ex;

extern "C" {

/// The work routine: asks a provider for its blocks, or tells an event and frees it.
VOID WmipWork(PVOID Context) {
  const Work work = *static_cast<Work*>(Context);
  ex::FreePool(Context);
  if (work.event != nullptr) {
    Tell(work.event);
    ex::FreePool(work.event);
    return;
  }
  AskForBlocks(work.device, work.update);
  if (WmiProvider* const provider = ProviderOf(work.device)) provider->asked = false;
  ObfDereferenceObject(work.device);
}

NTSTATUS IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action) {
  constexpr ULONG kRegister = 1, kDeregister = 2, kReregister = 3, kUpdateGuids = 4, kBlockIrps = 5;
  WmiProvider* const provider = ProviderOf(DeviceObject);
  switch (Action & 0xffff) {
    case kRegister:
      if (provider != nullptr) return STATUS_OBJECT_NAME_EXISTS;
      ObfReferenceObject(DeviceObject);
      Registered().wmi_providers.push_back({DeviceObject, {}, ++Registered().last_wmi_provider});
      return QueueAsking(&Registered().wmi_providers.back(), false);
    case kDeregister:
      return Deregister(DeviceObject);
    case kReregister:
      return QueueAsking(provider, false);
    case kUpdateGuids:
      return QueueAsking(provider, true);
    case kBlockIrps:
      return provider != nullptr ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

ULONG IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject) {
  const WmiProvider* const provider = ProviderOf(DeviceObject);
  return provider != nullptr ? provider->id : 0;
}

NTSTATUS IoWMIOpenBlock(GUID* DataBlockGuid, ULONG /*DesiredAccess*/, PVOID* DataBlockObject) {
  if (!IsProvided(*DataBlockGuid)) return STATUS_WMI_GUID_NOT_FOUND;
  PVOID object = nullptr;
  const NTSTATUS status = ObCreateObject(KernelMode, Registered().wmi_type, nullptr, KernelMode, nullptr, sizeof(WmiBlock), 0, 0, &object);
  if (!NT_SUCCESS(status)) return status;
  auto* const block = static_cast<WmiBlock*>(object);
  *block = {*DataBlockGuid, nullptr, nullptr};
  Registered().wmi_blocks.push_back(block);
  *DataBlockObject = block;
  return STATUS_SUCCESS;
}

NTSTATUS IoWMISetNotificationCallback(PVOID Object, PVOID Callback, PVOID Context) {
  auto* const block = static_cast<WmiBlock*>(Object);
  block->callback = Callback;
  block->context = Context;
  return STATUS_SUCCESS;
}

/// The event's memory becomes the system's; who listens is told by a worker.
NTSTATUS IoWMIWriteEvent(PVOID WnodeEventItem) {
  auto* const event = static_cast<Node*>(WnodeEventItem);
  if (event->buffer_size < sizeof(Node)) return STATUS_INVALID_PARAMETER;
  return Queue({{}, nullptr, false, event});
}

}  // extern "C"
