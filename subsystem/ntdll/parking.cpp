// Waiting on an address: the one way in which a user-mode lock blocks. Host code is not preempted, so the list needs no lock; the only
// scheduling points are the system services, and no state is held across them.
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace nt::user {
namespace {

Waiter* WaiterOf(LIST_ENTRY* link) { return CONTAINING_RECORD(link, Waiter, link); }

void Unlink(Waiter& waiter) {
  waiter.link.Blink->Flink = waiter.link.Flink;
  waiter.link.Flink->Blink = waiter.link.Blink;
  waiter.queued = false;
}

Waiter* FindWaiter(const volatile void* address) {
  LIST_ENTRY& head = CurrentProcess().waiters;
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink)
    if (WaiterOf(link)->address == address) return WaiterOf(link);
  return nullptr;
}

}  // namespace

NTSTATUS Park(const volatile void* address, const LARGE_INTEGER* timeout, ULONG_PTR tag) {
  Process& process = CurrentProcess();
  Waiter& waiter = CurrentThread().waiter;
  // During the process's end every other thread is gone: what they held will never be released.
  if (process.shutdown_thread) sys::NtTerminateProcess(CurrentProcessHandle(), process.exit_status);
  if (!waiter.event) {
    // Before the thread is queued, so that the service cannot lose a wake-up. The caller's test is stale afterwards.
    const NTSTATUS status = sys::NtCreateEvent(&waiter.event, 0x1F0003, nullptr, SynchronizationEvent, FALSE);
    return NT_SUCCESS(status) ? STATUS_SUCCESS : status;
  }
  waiter.address = address;
  waiter.tag = tag;
  waiter.queued = true;
  waiter.link = {&process.waiters, process.waiters.Blink};
  process.waiters.Blink->Flink = &waiter.link;
  process.waiters.Blink = &waiter.link;

  LARGE_INTEGER time{};
  if (timeout) time = *timeout;
  NTSTATUS status = sys::NtWaitForSingleObject(waiter.event, FALSE, timeout ? &time : nullptr);
  if (waiter.queued) {
    Unlink(waiter);
  } else if (status == STATUS_TIMEOUT) {
    // Woken in the moment the time ran out: take the event's signal, so that the next wait does not find it.
    sys::NtWaitForSingleObject(waiter.event, FALSE, nullptr);
    status = STATUS_SUCCESS;
  }
  return status;
}

bool UnparkOne(const volatile void* address) {
  Waiter* const waiter = FindWaiter(address);
  if (!waiter) return false;
  Unlink(*waiter);
  sys::NtSetEvent(waiter->event, nullptr);
  return true;
}

void UnparkAll(const volatile void* address) {
  // Only those who wait now: a woken thread may wait again before the loop ends.
  ULONG count = 0;
  LIST_ENTRY& head = CurrentProcess().waiters;
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) count += WaiterOf(link)->address == address;
  while (count-- && UnparkOne(address)) {
  }
}

bool HasWaiters(const volatile void* address) { return FindWaiter(address) != nullptr; }

}  // namespace nt::user

namespace {

bool SameBytes(const volatile void* left, const void* right, SIZE_T size) {
  switch (size) {
    case 1:
      return *static_cast<const volatile UCHAR*>(left) == *static_cast<const UCHAR*>(right);
    case 2:
      return *static_cast<const volatile USHORT*>(left) == *static_cast<const USHORT*>(right);
    case 4:
      return *static_cast<const volatile ULONG*>(left) == *static_cast<const ULONG*>(right);
    default:
      return *static_cast<const volatile ULONGLONG*>(left) == *static_cast<const ULONGLONG*>(right);
  }
}

}  // namespace

extern "C" {

/// Waits while the value at an address equals a given one.
NTSTATUS RtlWaitOnAddress(volatile VOID* Address, PVOID CompareAddress, SIZE_T AddressSize, PLARGE_INTEGER Timeout) {
  if (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8) return STATUS_INVALID_PARAMETER;
  if (!nt::user::CurrentThread().waiter.event) {
    const NTSTATUS status = nt::user::Park(Address, Timeout);
    if (!NT_SUCCESS(status)) return status;
  }
  if (!SameBytes(Address, CompareAddress, AddressSize)) return STATUS_SUCCESS;
  return nt::user::Park(Address, Timeout);
}

/// Wakes the thread that has waited longest on an address.
VOID RtlWakeAddressSingle(PVOID Address) { nt::user::UnparkOne(Address); }

/// Wakes every thread that waits on an address.
VOID RtlWakeAddressAll(PVOID Address) { nt::user::UnparkAll(Address); }

}  // extern "C"
