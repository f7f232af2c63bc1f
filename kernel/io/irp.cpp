// IRPs: allocation, sending, completion, cancellation.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/irp_trace.h"
#include "kernel/io/mistakes.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" ULONG PsGetProcessSessionId(PEPROCESS Process);

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr CHAR kCachedStacks = 8;

USHORT SizeOf(CCHAR stacks) { return static_cast<USHORT>(sizeof(IRP) + static_cast<SIZE_T>(stacks) * sizeof(IO_STACK_LOCATION)); }

void InitializeIrp(PIRP irp, USHORT size, CCHAR stacks) {
  std::memset(static_cast<void*>(irp), 0, size);
  irp->Type = IO_TYPE_IRP;
  irp->Size = size;
  irp->StackCount = stacks;
  irp->CurrentLocation = static_cast<CHAR>(stacks + 1);
  irp->ApcEnvironment = 0;
  irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
  irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + stacks;
}

/// Calls the routine for an IRP that is at a device's location, and judges what it returns.
NTSTATUS Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  const UCHAR major = irp->Tail.Overlay.CurrentStackLocation->MajorFunction;
  PDRIVER_DISPATCH const routine = device->DriverObject->MajorFunction[major];
  const DispatchCall call{irp, reinterpret_cast<const void*>(routine), irp->CurrentLocation, major, passed_log.next};
  const NTSTATUS status = ke::Callout<NTSTATUS>(routine, device, irp);
  CheckReturn(call, status);
  return status;
}

/// The same, and tells of it. The device may be gone when the routine returns.
[[gnu::noinline]] NTSTATUS TracedCall(PDEVICE_OBJECT device, PIRP irp) {
  TraceSent(irp);
  const ULONG number = TracedNumber(irp);
  const NTSTATUS status = Dispatch(device, irp);
  TraceReturned(number, device, status);
  return status;
}

/// Who sent a synchronous paging request waits for its event: no APC could reach a thread that takes a page fault.
void FinishPaging(PIRP irp, CCHAR boost) {
  PKEVENT const event = irp->UserEvent;
  *irp->UserIosb = irp->IoStatus;
  IoFreeIrp(irp);
  KeSetEvent(event, boost, FALSE);
}

/// Calls a completion routine if the location above asked for it; true if the routine keeps the IRP.
bool Stopped(PIRP irp, PIO_STACK_LOCATION location, PDEVICE_OBJECT device) {
  const NTSTATUS status = irp->IoStatus.Status;
  const bool wanted = (NT_SUCCESS(status) && (location->Control & SL_INVOKE_ON_SUCCESS) != 0) ||
                      (!NT_SUCCESS(status) && (location->Control & SL_INVOKE_ON_ERROR) != 0) ||
                      (irp->Cancel != 0 && (location->Control & SL_INVOKE_ON_CANCEL) != 0);
  PIO_COMPLETION_ROUTINE const routine = location->CompletionRoutine;
  PVOID const context = location->Context;
  // A location that was used shows nothing of its request any more but the major function and the device.
  std::memset(&location->MinorFunction, 0, offsetof(IO_STACK_LOCATION, DeviceObject) - offsetof(IO_STACK_LOCATION, MinorFunction));
  location->FileObject = nullptr;
  if (!wanted) {
    if (irp->PendingReturned != 0 && irp->CurrentLocation <= irp->StackCount)
      IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
    return false;
  }
  const ULONG number = TracingIrps() ? TracedNumber(irp) : 0;
  const NTSTATUS result = ke::Callout<NTSTATUS>(routine, device, irp, context);
  if (number != 0) TraceCompletionRoutine(number, reinterpret_cast<const void*>(routine), result);
  return result == STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

namespace nt::io {

PIRP NewIrp(CCHAR stacks) {
  PIRP irp = nullptr;
  if (stacks > 0 && stacks <= kCachedStacks && !Io().free_irps[static_cast<UCHAR>(stacks)].empty()) {
    irp = Io().free_irps[static_cast<UCHAR>(stacks)].back();
    Io().free_irps[static_cast<UCHAR>(stacks)].pop_back();
  } else {
    irp = static_cast<PIRP>(ex::AllocatePool(NonPagedPoolNx, SizeOf(stacks), kIrpTag));
    if (irp == nullptr) return nullptr;
  }
  InitializeIrp(irp, SizeOf(stacks), stacks);
  if (stacks > 0 && stacks <= kCachedStacks) irp->AllocationFlags = IRP_LOOKASIDE_ALLOCATION;
  return irp;
}

}  // namespace nt::io

extern "C" {

USHORT IoSizeOfIrp(CCHAR StackSize) { return SizeOf(StackSize); }

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
  // From pool each, so that pool knows who allocated it.
  auto* const irp = ex::LetAllocationFail() ? nullptr : static_cast<PIRP>(ex::AllocatePool(NonPagedPoolNx, SizeOf(StackSize), kIrpTag));
  if (irp == nullptr) return nullptr;
  InitializeIrp(irp, SizeOf(StackSize), StackSize);
  if (ChargeQuota != FALSE) irp->AllocationFlags = IRP_QUOTA_CHARGED;
  return irp;
}

PIRP IoAllocateIrpEx(PDEVICE_OBJECT /*DeviceObject*/, CCHAR StackSize, BOOLEAN ChargeQuota) {
  return IoAllocateIrp(StackSize, ChargeQuota);
}

VOID IoFreeIrp(PIRP Irp) {
  if (Irp->Type != IO_TYPE_IRP) {
    ke::BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, reinterpret_cast<ULONG_PTR>(Irp), __LINE__, 0, 0,
                 "An IRP was freed that is not an IRP any more.");
  }
  if (InFlight(Irp)) WarnFreedInFlight(Irp);
  passed_log.Add({Irp, 0, 0, false});
  if (TracingIrps()) ForgetTraced(Irp);
  Irp->Type = 0;
  if ((Irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) != 0) {
    Io().free_irps[static_cast<UCHAR>(Irp->StackCount)].push_back(Irp);
    return;
  }
  ex::FreePool(Irp);
}

VOID IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) { InitializeIrp(Irp, PacketSize, StackSize); }

VOID IoReuseIrp(PIRP Irp, NTSTATUS Status) {
  const UCHAR flags = Irp->AllocationFlags;
  InitializeIrp(Irp, Irp->Size, Irp->StackCount);
  Irp->AllocationFlags = flags;
  Irp->IoStatus.Status = Status;
}

NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  if (Irp->Type != IO_TYPE_IRP) {
    ke::BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, reinterpret_cast<ULONG_PTR>(Irp), __LINE__, 0, 0,
                 "An IRP was sent on after it had been completed: its memory belongs to somebody else.");
  }
  --Irp->CurrentLocation;
  if (Irp->CurrentLocation <= 0) {
    ke::BugCheck(NO_MORE_IRP_STACK_LOCATIONS, reinterpret_cast<ULONG_PTR>(Irp), 0, 0, 0,
                 "An IRP was sent to more drivers than it has stack locations: StackSize of the device or of the IRP is too small.");
  }
  PIO_STACK_LOCATION const location = --Irp->Tail.Overlay.CurrentStackLocation;
  location->DeviceObject = DeviceObject;
  NoteSent(Irp);
  if (Irp->CurrentLocation > 1 && (location[-1].Control & kInvokeFlags) != 0) WarnSkippedRoutine(Irp, location - 1);
  if (TracingIrps()) [[unlikely]]
    return TracedCall(DeviceObject, Irp);
  return Dispatch(DeviceObject, Irp);
}

VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
  if (Irp->CurrentLocation > Irp->StackCount + 1 || Irp->Type != IO_TYPE_IRP) {
    ke::BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, reinterpret_cast<ULONG_PTR>(Irp), __LINE__, 0, 0,
                 "An IRP was completed twice: after IoCompleteRequest it belongs to the I/O manager and may not be touched again.");
  }
  // NT's released kernel lets these two pass.
  if (Irp->IoStatus.Status == STATUS_PENDING || Irp->IoStatus.Status == -1) WarnBadStatus(Irp);
  if (Irp->CancelRoutine != nullptr) WarnCancelRoutineSet(Irp);
  if (TracingIrps()) TraceCompleted(Irp);
  while (Irp->CurrentLocation <= Irp->StackCount) {
    PIO_STACK_LOCATION const location = Irp->Tail.Overlay.CurrentStackLocation;
    Irp->PendingReturned = (location->Control & SL_PENDING_RETURNED) != 0 ? TRUE : FALSE;
    passed_log.Add({Irp, Irp->IoStatus.Status, Irp->CurrentLocation, Irp->PendingReturned != 0});
    if ((location->Control & (kReturnedPending | SL_PENDING_RETURNED)) == kReturnedPending) WarnNotMarked(location);
    if (Irp->CurrentLocation > 1) location[-1].Control = 0;  // a routine for a driver below that was not called
    ++Irp->CurrentLocation;
    ++Irp->Tail.Overlay.CurrentStackLocation;
    PDEVICE_OBJECT const device = Irp->CurrentLocation == Irp->StackCount + 1 ? nullptr : IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
    if (Stopped(Irp, location, device)) return;
  }
  ++Irp->CurrentLocation;  // a second completion is seen by this
  if ((Irp->Flags & IRP_ASSOCIATED_IRP) != 0) {
    PIRP const master = Irp->AssociatedIrp.MasterIrp;
    const LONG left = master->AssociatedIrp.IrpCount - 1;
    master->AssociatedIrp.IrpCount = left;
    FreeMdls(Irp);
    IoFreeIrp(Irp);
    if (left == 0) IofCompleteRequest(master, 0);
    return;
  }
  if ((Irp->Flags & (IRP_CREATE_OPERATION | IRP_CLOSE_OPERATION)) != 0) {  // the sender waits for the event and does the rest
    *Irp->UserIosb = Irp->IoStatus;
    KeSetEvent(Irp->UserEvent, PriorityBoost, FALSE);
    return;
  }
  if ((Irp->Flags & IRP_PAGING_IO) != 0 && (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0) return FinishPaging(Irp, PriorityBoost);
  FinishRequest(Irp, PriorityBoost);
}

BOOLEAN IoCancelIrp(PIRP Irp) {
  KIRQL irql = 0;
  IoAcquireCancelSpinLock(&irql);
  Irp->Cancel = TRUE;
  PDRIVER_CANCEL const routine = Irp->CancelRoutine;
  Irp->CancelRoutine = nullptr;
  if (TracingIrps()) TraceCancelled(Irp, reinterpret_cast<const void*>(routine));
  if (routine == nullptr) {
    IoReleaseCancelSpinLock(irql);
    return FALSE;
  }
  if (Irp->CurrentLocation > Irp->StackCount + 1) {
    ke::BugCheck(CANCEL_STATE_IN_COMPLETED_IRP, reinterpret_cast<ULONG_PTR>(Irp), reinterpret_cast<ULONG_PTR>(routine), 0, 0,
                 "An IRP that is completed already has a cancel routine.");
  }
  Irp->CancelIrql = irql;
  ke::Callout<void>(routine, IoGetCurrentIrpStackLocation(Irp)->DeviceObject, Irp);
  return TRUE;
}

VOID IoAcquireCancelSpinLock(PKIRQL Irql) {
  *Irql = ke::RaiseIrql(DISPATCH_LEVEL);
  ke::AcquireSpinLock(&Io().cancel_lock);
}

VOID IoReleaseCancelSpinLock(KIRQL Irql) {
  Io().cancel_lock = 0;
  ke::LowerIrql(Irql);
}

PIRP IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize) {
  PIRP const irp = IoAllocateIrp(StackSize, FALSE);
  if (irp == nullptr) return nullptr;
  irp->Flags |= IRP_ASSOCIATED_IRP;
  irp->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
  irp->AssociatedIrp.MasterIrp = Irp;
  return irp;
}

PEPROCESS IoGetRequestorProcess(PIRP Irp) {
  return Irp->Tail.Overlay.Thread != nullptr ? reinterpret_cast<PEPROCESS>(Irp->Tail.Overlay.Thread->Tcb.Process) : nullptr;
}

ULONG IoGetRequestorProcessId(PIRP Irp) {
  PEPROCESS const process = IoGetRequestorProcess(Irp);
  return process != nullptr ? static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(process->UniqueProcessId)) : 0;
}

NTSTATUS IoGetRequestorSessionId(PIRP Irp, PULONG SessionId) {
  PEPROCESS const process = IoGetRequestorProcess(Irp);
  *SessionId = process != nullptr ? PsGetProcessSessionId(process) : ~0u;
  return process != nullptr ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

BOOLEAN IoIs32bitProcess(PIRP /*Irp*/) { return FALSE; }

PIRP IoGetTopLevelIrp() { return static_cast<PIRP>(ke::KiThread->TopLevelIrp); }
VOID IoSetTopLevelIrp(PIRP Irp) { ke::KiThread->TopLevelIrp = Irp; }

BOOLEAN IoIsOperationSynchronous(PIRP Irp) {
  const PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  const bool synchronous = (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0) || (Irp->Flags & IRP_SYNCHRONOUS_API) != 0;
  return synchronous ? TRUE : FALSE;
}

PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN /*ChargeQuota*/, PIRP Irp) {
  constexpr ULONG kMdlTag = ' ldM';
  constexpr SIZE_T kFixedSizePages = 23;  // NT keeps MDLs for so many pages in lists
  const SIZE_T size = MmSizeOfMdl(VirtualAddress, Length);
  auto* const mdl = ex::LetAllocationFail() ? nullptr : static_cast<PMDL>(ex::AllocatePool(NonPagedPoolNx, size, kMdlTag));
  if (mdl == nullptr) return nullptr;
  *mdl = MDL{};
  const auto address = reinterpret_cast<ULONG_PTR>(VirtualAddress);
  mdl->Size = static_cast<CSHORT>(size);
  if (size <= sizeof(MDL) + kFixedSizePages * sizeof(PFN_NUMBER)) mdl->MdlFlags = MDL_ALLOCATED_FIXED_SIZE;
  mdl->StartVa = reinterpret_cast<PVOID>(address & ~ULONG_PTR{PAGE_SIZE - 1});
  mdl->ByteOffset = static_cast<ULONG>(address & (PAGE_SIZE - 1));
  mdl->ByteCount = Length;
  if (Irp != nullptr) {
    if (SecondaryBuffer != 0) {
      PMDL* last = &Irp->MdlAddress;
      while (*last != nullptr) last = &(*last)->Next;
      *last = mdl;
    } else {
      Irp->MdlAddress = mdl;
    }
  }
  return mdl;
}

VOID IoFreeMdl(PMDL Mdl) {
  if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0) MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
  ex::FreePool(Mdl);
}

VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
  const auto address = reinterpret_cast<ULONG_PTR>(VirtualAddress);
  const auto start = reinterpret_cast<ULONG_PTR>(SourceMdl->StartVa);
  const ULONG skipped = static_cast<ULONG>(address - start) - SourceMdl->ByteOffset;
  const ULONG length = Length != 0 ? Length : SourceMdl->ByteCount - skipped;
  TargetMdl->Process = SourceMdl->Process;
  TargetMdl->StartVa = reinterpret_cast<PVOID>(address & ~ULONG_PTR{PAGE_SIZE - 1});
  TargetMdl->ByteOffset = static_cast<ULONG>(address & (PAGE_SIZE - 1));
  TargetMdl->ByteCount = length;
  TargetMdl->MdlFlags =
      static_cast<CSHORT>((TargetMdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE) | MDL_PARTIAL |
                          (SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ)));
  const SIZE_T first = (reinterpret_cast<ULONG_PTR>(TargetMdl->StartVa) - start) >> PAGE_SHIFT;
  const SIZE_T pages = (TargetMdl->ByteOffset + SIZE_T{length} + PAGE_SIZE - 1) >> PAGE_SHIFT;
  std::memcpy(TargetMdl + 1, reinterpret_cast<PPFN_NUMBER>(SourceMdl + 1) + first, pages * sizeof(PFN_NUMBER));
  TargetMdl->MappedSystemVa = static_cast<char*>(SourceMdl->MappedSystemVa) + skipped;
  if ((SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA)) != 0)
    TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
}

}  // extern "C"
