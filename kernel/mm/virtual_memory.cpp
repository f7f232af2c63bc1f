// The system services on virtual memory, and copying between processes.
#include <algorithm>
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "kernel/ob/ob.h"
#include "kernel/se/se.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ACCESS_MASK kVmOperation = 0x8;
constexpr ACCESS_MASK kVmRead = 0x10;
constexpr ACCESS_MASK kVmWrite = 0x20;

/// The process of a handle; the caller dereferences it.
NTSTATUS ReferenceProcess(HANDLE handle, ACCESS_MASK access, PEPROCESS* process) {
  if (reinterpret_cast<LONG_PTR>(handle) == -1) {
    *process = ke::CurrentProcess();
    ObfReferenceObject(*process);
    return STATUS_SUCCESS;
  }
  POBJECT_TYPE const type = ob::TypeOf(ke::CurrentProcess());
  return ObReferenceObjectByHandle(handle, access, type, ke::PreviousMode(), reinterpret_cast<PVOID*>(process), nullptr);
}

/// A parameter of the caller's, which is user memory if it comes from user mode.
template <class T>
NTSTATUS Read(const T* from, T* value) {
  if (ke::PreviousMode() != KernelMode) return ReadUser(from, value);
  *value = *from;
  return STATUS_SUCCESS;
}

template <class T>
NTSTATUS Write(T* to, const T& value) {
  if (ke::PreviousMode() != KernelMode) return WriteUser(to, value);
  *to = value;
  return STATUS_SUCCESS;
}

/// A base and a size, read at the start and written back at the end.
struct Range {
  PVOID* base_place;
  PSIZE_T size_place;
  ULONG_PTR base = 0;
  SIZE_T size = 0;

  NTSTATUS Get() {
    PVOID value = nullptr;
    NTSTATUS status = Read(base_place, &value);
    if (status == STATUS_SUCCESS) status = Read(size_place, &size);
    base = reinterpret_cast<ULONG_PTR>(value);
    return status;
  }
  void Put() const {
    // As on NT, the service has succeeded, whether its caller can be told or not.
    if (Write(base_place, reinterpret_cast<PVOID>(base)) == STATUS_SUCCESS) Write(size_place, size);
  }
};

/// Runs an operation on the address space of a process handle.
template <class Operation>
NTSTATUS WithSpace(HANDLE handle, ACCESS_MASK access, Operation&& operation) {
  PEPROCESS process;
  NTSTATUS status = ReferenceProcess(handle, access, &process);
  if (status != STATUS_SUCCESS) return status;
  AddressSpace* const space = AddressSpaceOf(process);
  status = space != nullptr ? operation(*space) : STATUS_PROCESS_IS_TERMINATING;
  ObfDereferenceObject(process);
  return status;
}

/// Copies what both ranges allow, page by page, whatever process's windows they are in.
NTSTATUS CopyPages(ULONG_PTR from, ULONG_PTR to, SIZE_T size, SIZE_T* done) {
  *done = 0;
  while (*done < size) {
    const SIZE_T left = size - *done;
    const SIZE_T part = std::min({left, PAGE_SIZE - ((from + *done) & (PAGE_SIZE - 1)), PAGE_SIZE - ((to + *done) & (PAGE_SIZE - 1))});
    const AddressSpace* const target = AddressSpaceAt(to + *done);
    if (target != nullptr && target->NeedsFault(to + *done, true)) HandleUserFault(to + *done, true);
    if (!Guarded(reinterpret_cast<void*>(to + *done), reinterpret_cast<const void*>(from + *done), part)) return STATUS_PARTIAL_COPY;
    *done += part;
  }
  return STATUS_SUCCESS;
}

bool InSpace(PEPROCESS process, ULONG_PTR address, SIZE_T size) {
  if (!IsUserAddress(address)) return false;
  const AddressSpace* const space = AddressSpaceOf(process);
  return space != nullptr && address >= space->low() && size <= space->high() - space->low() && address + size <= space->high();
}

NTSTATUS Transfer(HANDLE handle, ACCESS_MASK access, PVOID address, PVOID buffer, SIZE_T size, PSIZE_T done, bool read) {
  PEPROCESS process;
  NTSTATUS status = ReferenceProcess(handle, access, &process);
  SIZE_T copied = 0;
  if (status == STATUS_SUCCESS) {
    PEPROCESS const current = ke::CurrentProcess();
    status = read ? MmCopyVirtualMemory(process, address, current, buffer, size, ke::PreviousMode(), &copied)
                  : MmCopyVirtualMemory(current, buffer, process, address, size, ke::PreviousMode(), &copied);
    ObfDereferenceObject(process);
  }
  if (done != nullptr) {
    const NTSTATUS told = Write(done, copied);
    if (told != STATUS_SUCCESS) return told;
  }
  return status;
}

}  // namespace
}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

NTSTATUS NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize, ULONG AllocationType,
                                 ULONG Protect) {
  Range range{BaseAddress, RegionSize};
  NTSTATUS status = range.Get();
  if (status != STATUS_SUCCESS) return status;
  if ((AllocationType & MEM_LARGE_PAGES) != 0 && !SeSinglePrivilegeCheck({SE_LOCK_MEMORY_PRIVILEGE, 0}, ke::PreviousMode())) {
    return STATUS_PRIVILEGE_NOT_HELD;
  }
  status = WithSpace(ProcessHandle, kVmOperation,
                     [&](AddressSpace& space) { return space.Allocate(&range.base, ZeroBits, &range.size, AllocationType, Protect); });
  if (status == STATUS_SUCCESS) range.Put();
  return status;
}

NTSTATUS NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, PSIZE_T RegionSize, ULONG FreeType) {
  Range range{BaseAddress, RegionSize};
  NTSTATUS status = range.Get();
  if (status != STATUS_SUCCESS) return status;
  status = WithSpace(ProcessHandle, kVmOperation, [&](AddressSpace& space) { return space.Free(&range.base, &range.size, FreeType); });
  if (status == STATUS_SUCCESS) range.Put();
  return status;
}

NTSTATUS NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, PSIZE_T RegionSize, ULONG NewProtect, PULONG OldProtect) {
  Range range{BaseAddress, RegionSize};
  ULONG old = 0;
  NTSTATUS status = range.Get();
  if (status == STATUS_SUCCESS) status = Write(OldProtect, old);
  if (status != STATUS_SUCCESS) return status;
  status = WithSpace(ProcessHandle, kVmOperation,
                     [&](AddressSpace& space) { return space.Protect(&range.base, &range.size, NewProtect, &old); });
  if (status != STATUS_SUCCESS) return status;
  range.Put();
  Write(OldProtect, old);
  return STATUS_SUCCESS;
}

NTSTATUS MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID FromAddress, PEPROCESS ToProcess, PVOID ToAddress, SIZE_T BufferSize,
                             KPROCESSOR_MODE PreviousMode, PSIZE_T ReturnSize) {
  *ReturnSize = 0;
  if (BufferSize == 0) return STATUS_SUCCESS;
  const auto from = reinterpret_cast<ULONG_PTR>(FromAddress);
  const auto to = reinterpret_cast<ULONG_PTR>(ToAddress);
  if (from + BufferSize < from || to + BufferSize < to) return STATUS_ACCESS_VIOLATION;
  const auto allowed = [&](PEPROCESS process, ULONG_PTR address) {
    return InSpace(process, address, BufferSize) || (PreviousMode == KernelMode && !IsUserAddress(address));
  };
  if (!allowed(FromProcess, from) || !allowed(ToProcess, to)) {
    return PreviousMode != KernelMode && (!IsUserAddress(from) || !IsUserAddress(to)) ? STATUS_ACCESS_VIOLATION : STATUS_PARTIAL_COPY;
  }
  return CopyPages(from, to, BufferSize, ReturnSize);
}

NTSTATUS NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Size, PSIZE_T Read) {
  return Transfer(ProcessHandle, kVmRead, BaseAddress, Buffer, Size, Read, true);
}

NTSTATUS NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Size, PSIZE_T Written) {
  return Transfer(ProcessHandle, kVmWrite | kVmOperation, BaseAddress, Buffer, Size, Written, false);
}

}  // extern "C"
