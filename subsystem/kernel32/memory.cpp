// Heaps, the old global and local memory, virtual memory.
#include <algorithm>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

PVOID ProcessHeap() { return CurrentPeb()->ProcessHeap; }

PVOID NotNull(PVOID block) {
  if (!block) SetError(ERROR_NOT_ENOUGH_MEMORY);
  return block;
}

}  // namespace

extern "C" {

/// The process's own heap.
HANDLE GetProcessHeap() { return ProcessHeap(); }

/// Fills an array with the process's heaps; returns their number.
DWORD GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps) {
  const Process& process = CurrentProcess();
  std::copy_n(process.heaps, std::min<ULONG>(NumberOfHeaps, process.heap_count), ProcessHeaps);
  return process.heap_count;
}

/// Creates a heap. Partial: a maximum size does not limit it.
HANDLE HeapCreate(DWORD Options, SIZE_T InitialSize, SIZE_T MaximumSize) {
  Process& process = CurrentProcess();
  if (MaximumSize && InitialSize > MaximumSize) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  PVOID const heap = NotNull(Ntdll_RtlCreateHeap(Options & 0x40005, nullptr, 0, 0, nullptr, nullptr));
  if (heap && process.heap_count < std::size(process.heaps)) process.heaps[process.heap_count++] = heap;
  return heap;
}

/// Destroys a heap.
BOOL HeapDestroy(HANDLE Heap) {
  Process& process = CurrentProcess();
  if (Ntdll_RtlDestroyHeap(Heap)) return Fail(ERROR_INVALID_HANDLE);
  PVOID* const end = std::remove(process.heaps, process.heaps + process.heap_count, Heap);
  process.heap_count = static_cast<ULONG>(end - process.heaps);
  return TRUE;
}

/// Allocates a block of a heap. A failure does not change the last error.
LPVOID HeapAlloc(HANDLE Heap, DWORD Flags, SIZE_T Bytes) { return Ntdll_RtlAllocateHeap(Heap, Flags, Bytes); }

/// Changes a block's size.
LPVOID HeapReAlloc(HANDLE Heap, DWORD Flags, LPVOID Memory, SIZE_T Bytes) {
  return NotNull(Ntdll_RtlReAllocateHeap(Heap, Flags, Memory, Bytes));
}

/// Frees a block of a heap.
BOOL HeapFree(HANDLE Heap, DWORD Flags, LPVOID Memory) { return Ntdll_RtlFreeHeap(Heap, Flags, Memory); }

/// The size of a block of a heap; -1 if it is none.
SIZE_T HeapSize(HANDLE Heap, DWORD Flags, LPCVOID Memory) { return Ntdll_RtlSizeHeap(Heap, Flags, const_cast<PVOID>(Memory)); }

/// Whether a heap or a block is sound.
BOOL HeapValidate(HANDLE Heap, DWORD Flags, LPCVOID Memory) { return Ntdll_RtlValidateHeap(Heap, Flags, const_cast<PVOID>(Memory)); }

/// Sets a property of a heap. Partial: the low-fragmentation and termination-on-corruption requests hold already.
BOOL HeapSetInformation([[maybe_unused]] HANDLE Heap, ULONG InformationClass, [[maybe_unused]] PVOID Information,
                        [[maybe_unused]] SIZE_T Length) {
  return InformationClass <= 1 ? TRUE : Fail(ERROR_INVALID_PARAMETER);
}

/// A property of a heap: 0, its compatibility, is 2 (low fragmentation).
BOOL HeapQueryInformation([[maybe_unused]] HANDLE Heap, ULONG InformationClass, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength) {
  if (InformationClass != 0) return Fail(ERROR_INVALID_PARAMETER);
  if (ReturnLength) *ReturnLength = sizeof(ULONG);
  if (Length < sizeof(ULONG)) return Fail(ERROR_INSUFFICIENT_BUFFER);
  *static_cast<ULONG*>(Information) = 2;
  return TRUE;
}

/// Returns a heap's unused memory: nothing can be returned. Gives the size of the largest free block, which is not known.
SIZE_T HeapCompact([[maybe_unused]] HANDLE Heap, [[maybe_unused]] DWORD Flags) { return SetError(ERROR_SUCCESS), 0; }

/// Allocates local memory, fixed only.
HLOCAL LocalAlloc(UINT Flags, SIZE_T Bytes) {
  if (Flags & 0x2) return Fail(ERROR_NOT_SUPPORTED), nullptr;
  return NotNull(Ntdll_RtlAllocateHeap(ProcessHeap(), Flags & 0x40 ? 8 : 0, Bytes));
}

/// Frees local memory; returns null on success.
HLOCAL LocalFree(HLOCAL Memory) { return Ntdll_RtlFreeHeap(ProcessHeap(), 0, Memory) ? nullptr : Memory; }

/// Changes the size of local memory.
HLOCAL LocalReAlloc(HLOCAL Memory, SIZE_T Bytes, UINT Flags) {
  return NotNull(Ntdll_RtlReAllocateHeap(ProcessHeap(), Flags & 0x40 ? 8 : 0, Memory, Bytes));
}

/// Allocates global memory, fixed only.
HGLOBAL GlobalAlloc(UINT Flags, SIZE_T Bytes) { return LocalAlloc(Flags, Bytes); }

/// Frees global memory; returns null on success.
HGLOBAL GlobalFree(HGLOBAL Memory) { return LocalFree(Memory); }

/// Reserves, commits or resets pages of another process.
LPVOID VirtualAllocEx(HANDLE ProcessHandle, LPVOID Address, SIZE_T Size, DWORD AllocationType, DWORD Protect) {
  PVOID base = Address;
  return Check(sys::NtAllocateVirtualMemory(ProcessHandle, &base, 0, &Size, AllocationType, Protect)) ? base : nullptr;
}

/// Reserves, commits or resets pages.
LPVOID VirtualAlloc(LPVOID Address, SIZE_T Size, DWORD AllocationType, DWORD Protect) {
  return VirtualAllocEx(CurrentProcessHandle(), Address, Size, AllocationType, Protect);
}

/// Decommits or releases pages of another process.
BOOL VirtualFreeEx(HANDLE ProcessHandle, LPVOID Address, SIZE_T Size, DWORD FreeType) {
  PVOID base = Address;
  if ((FreeType & 0x8000) && Size) return Fail(ERROR_INVALID_PARAMETER);
  return Check(sys::NtFreeVirtualMemory(ProcessHandle, &base, &Size, FreeType));
}

/// Decommits or releases pages.
BOOL VirtualFree(LPVOID Address, SIZE_T Size, DWORD FreeType) { return VirtualFreeEx(CurrentProcessHandle(), Address, Size, FreeType); }

/// Changes the protection of another process's pages.
BOOL VirtualProtectEx(HANDLE ProcessHandle, LPVOID Address, SIZE_T Size, DWORD NewProtect, PDWORD OldProtect) {
  PVOID base = Address;
  return Check(sys::NtProtectVirtualMemory(ProcessHandle, &base, &Size, NewProtect, OldProtect));
}

/// Changes the protection of pages.
BOOL VirtualProtect(LPVOID Address, SIZE_T Size, DWORD NewProtect, PDWORD OldProtect) {
  return VirtualProtectEx(CurrentProcessHandle(), Address, Size, NewProtect, OldProtect);
}

/// Describes a range of another process's pages.
SIZE_T VirtualQueryEx(HANDLE ProcessHandle, LPCVOID Address, PVOID Buffer, SIZE_T Length) {
  SIZE_T returned = 0;
  return Check(sys::NtQueryVirtualMemory(ProcessHandle, const_cast<PVOID>(Address), MemoryBasicInformation, Buffer, Length, &returned))
             ? returned
             : 0;
}

/// Describes a range of pages.
SIZE_T VirtualQuery(LPCVOID Address, PVOID Buffer, SIZE_T Length) {
  return VirtualQueryEx(CurrentProcessHandle(), Address, Buffer, Length);
}

/// Reads another process's memory.
BOOL ReadProcessMemory(HANDLE ProcessHandle, LPCVOID BaseAddress, LPVOID Buffer, SIZE_T Size, PSIZE_T BytesRead) {
  return Check(sys::NtReadVirtualMemory(ProcessHandle, const_cast<PVOID>(BaseAddress), Buffer, Size, BytesRead));
}

/// Writes another process's memory. Code is made writable meanwhile, as debuggers need it; what can only be read stays as it is.
BOOL WriteProcessMemory(HANDLE ProcessHandle, LPVOID BaseAddress, LPCVOID Buffer, SIZE_T Size, PSIZE_T BytesWritten) {
  constexpr ULONG kCode = PAGE_EXECUTE | PAGE_EXECUTE_READ, kOnlyRead = PAGE_NOACCESS | PAGE_READONLY;
  const auto write = [&] { return sys::NtWriteVirtualMemory(ProcessHandle, BaseAddress, const_cast<PVOID>(Buffer), Size, BytesWritten); };
  NTSTATUS status = write();
  PVOID base = BaseAddress;
  SIZE_T size = Size;
  ULONG old = 0;
  if (NT_SUCCESS(status) || !NT_SUCCESS(sys::NtProtectVirtualMemory(ProcessHandle, &base, &size, PAGE_EXECUTE_READWRITE, &old)))
    return Check(status);
  if ((old & kCode) != 0) status = write();
  if ((old & kOnlyRead) != 0) status = STATUS_ACCESS_VIOLATION;
  sys::NtProtectVirtualMemory(ProcessHandle, &base, &size, old, &old);
  return Check(status);
}

/// Makes new code visible to the processor: x64 needs nothing.
BOOL FlushInstructionCache([[maybe_unused]] HANDLE ProcessHandle, [[maybe_unused]] LPCVOID Address, [[maybe_unused]] SIZE_T Size) {
  return TRUE;
}

}  // extern "C"
