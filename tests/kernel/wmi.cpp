// Providers of WMI data: asked for their blocks after they register, and heard by who opened one of them.
#include "device.h"

#include <wmistr.h>

using namespace ktest;

namespace {
const GUID kBlock = {0x6f5a1c11, 0x2b3c, 0x4d5e, {1, 2, 3, 4, 5, 6, 7, 8}};
const GUID kOther = {0x6f5a1c12, 0x2b3c, 0x4d5e, {1, 2, 3, 4, 5, 6, 7, 8}};

volatile LONG asked_ex, asked_plain;
bool knows_ex;
ULONG padding;
ULONG_PTR seen_path;

NTSTATUS Answer(PDEVICE_OBJECT device, PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const bool ex = location->MinorFunction == IRP_MN_REGINFO_EX;
  if (!ex && location->MinorFunction != IRP_MN_REGINFO) return Complete(irp, STATUS_NOT_SUPPORTED);
  InterlockedIncrement(ex ? &asked_ex : &asked_plain);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT_EQ(location->Parameters.WMI.ProviderId, reinterpret_cast<ULONG_PTR>(device));
  seen_path = reinterpret_cast<ULONG_PTR>(location->Parameters.WMI.DataPath);
  if (ex && !knows_ex) return Complete(irp, STATUS_NOT_SUPPORTED);
  const ULONG needed = sizeof(WMIREGINFO) + sizeof(WMIREGGUID) + padding;
  auto* const info = static_cast<WMIREGINFO*>(location->Parameters.WMI.Buffer);
  if (location->Parameters.WMI.BufferSize < needed) {
    *reinterpret_cast<ULONG*>(info) = needed;
    return Complete(irp, STATUS_BUFFER_TOO_SMALL, sizeof(ULONG));
  }
  RtlZeroMemory(info, needed);
  info->BufferSize = needed;
  info->GuidCount = 1;
  info->WmiRegGuid[0].Guid = kBlock;
  info->WmiRegGuid[0].Flags = WMIREG_FLAG_EVENT_ONLY_GUID;
  return Complete(irp, STATUS_SUCCESS, needed);
}

struct Provider {
  Device device;
  Provider() {
    asked_ex = 0;
    asked_plain = 0;
    StateOf(device.object())->on[IRP_MJ_SYSTEM_CONTROL] = Answer;
    EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
  }
  ~Provider() { EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS); }
};

PVOID Open(const GUID& guid) {
  PVOID block = nullptr;
  GUID copy = guid;
  LARGE_INTEGER wait = Milliseconds(1);
  for (int tries = 0; tries < 500 && !NT_SUCCESS(IoWMIOpenBlock(&copy, WMIGUID_NOTIFICATION, &block)); tries++)
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
  return block;
}

NTSTATUS Write(const GUID& guid) {
  auto* const event = static_cast<WNODE_HEADER*>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(WNODE_HEADER) + 8, 'tsTK'));
  RtlZeroMemory(event, sizeof *event + 8);
  event->BufferSize = sizeof *event + 8;
  event->Guid = guid;
  event->Flags = WNODE_FLAG_EVENT_ITEM;
  return IoWMIWriteEvent(event);
}

struct Heard {
  KEVENT event;
  LONG calls;
  GUID guid;
};

VOID NTAPI Listen(PVOID wnode, PVOID context) {
  auto* const heard = static_cast<Heard*>(context);
  heard->guid = static_cast<WNODE_HEADER*>(wnode)->Guid;
  heard->calls++;
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  KeSetEvent(&heard->event, 0, FALSE);
}
}  // namespace

KTEST(ProvidersRegisterOnce) {
  Device device;
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_DEREGISTER), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REGISTER), STATUS_OBJECT_NAME_EXISTS);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REREGISTER), STATUS_SUCCESS);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), 99), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
}

KTEST(ProvidersAreAskedForTheirBlocks) {
  knows_ex = true;
  padding = 0;
  GUID guid = kBlock;
  PVOID block = nullptr;
  EXPECT_EQ(IoWMIOpenBlock(&guid, WMIGUID_NOTIFICATION, &block), STATUS_WMI_GUID_NOT_FOUND);
  {
    Provider provider;
    block = Open(kBlock);
    REQUIRE(block != nullptr);
    ObDereferenceObject(block);
    EXPECT_EQ(asked_ex, 1);
    EXPECT_EQ(asked_plain, 0);
    EXPECT_EQ(seen_path, 0);  // WMIREGISTER
    guid = kOther;
    EXPECT_EQ(IoWMIOpenBlock(&guid, WMIGUID_NOTIFICATION, &block), STATUS_WMI_GUID_NOT_FOUND);
    EXPECT_EQ(IoWMIRegistrationControl(provider.device.object(), WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
    for (int i = 0; i < 500 && asked_ex < 2; i++) Sleep(1);
    EXPECT_EQ(seen_path, 1);  // WMIUPDATE
  }
  guid = kBlock;
  EXPECT_EQ(IoWMIOpenBlock(&guid, WMIGUID_NOTIFICATION, &block), STATUS_WMI_GUID_NOT_FOUND);
}

KTEST(AnOlderProviderAndALargeAnswer) {
  knows_ex = false;
  padding = 2 * PAGE_SIZE;
  Provider provider;
  const PVOID block = Open(kBlock);
  REQUIRE(block != nullptr);
  ObDereferenceObject(block);
  EXPECT_EQ(asked_ex, 1);
  EXPECT_EQ(asked_plain, 2);
}

KTEST(EventsReachWhoOpenedTheirBlock) {
  knows_ex = true;
  padding = 0;
  Provider provider;
  Heard heard = {};
  KeInitializeEvent(&heard.event, SynchronizationEvent, FALSE);
  const PVOID block = Open(kBlock);
  REQUIRE(block != nullptr);
  EXPECT_EQ(IoWMISetNotificationCallback(block, Listen, &heard), STATUS_SUCCESS);
  EXPECT_EQ(Write(kOther), STATUS_SUCCESS);
  EXPECT_EQ(Write(kBlock), STATUS_SUCCESS);
  LARGE_INTEGER wait = Milliseconds(5000);
  EXPECT_EQ(KeWaitForSingleObject(&heard.event, Executive, KernelMode, FALSE, &wait), STATUS_SUCCESS);
  EXPECT_EQ(heard.calls, 1);
  EXPECT(RtlEqualMemory(&heard.guid, &kBlock, sizeof kBlock));
  ObDereferenceObject(block);
  EXPECT_EQ(Write(kBlock), STATUS_SUCCESS);
  Sleep(20);
  EXPECT_EQ(heard.calls, 1);
}

KTEST(ProvidersHaveNumbers) {
  Device none;
  EXPECT_EQ(IoWMIDeviceObjectToProviderId(none.object()), 0);
  Provider first, second;
  const ULONG id = IoWMIDeviceObjectToProviderId(first.device.object());
  EXPECT(id != 0);
  EXPECT_EQ(IoWMIDeviceObjectToProviderId(first.device.object()), id);
  EXPECT(IoWMIDeviceObjectToProviderId(second.device.object()) != id);
}
