// Thread-local data of modules: the compiler's __declspec(thread), by the image's TLS directory.
#include <algorithm>
#include <cstring>

#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace nt::user {
namespace {

IMAGE_TLS_DIRECTORY64* TlsOf(PVOID base) { return DirectoryOf<IMAGE_TLS_DIRECTORY64>(base, IMAGE_DIRECTORY_ENTRY_TLS); }

/// A thread's copy of a module's data. The image asks for an alignment (bits 20..23: a power of two plus one).
bool MakeBlock(Thread* thread, ULONG index) {
  const IMAGE_TLS_DIRECTORY64* const tls = TlsOf(CurrentProcess().tls_modules[index]);
  const SIZE_T data = tls->EndAddressOfRawData - tls->StartAddressOfRawData;
  const ULONG power = (tls->Characteristics >> 20) & 15;
  const SIZE_T alignment = power ? std::max<SIZE_T>(SIZE_T{1} << (power - 1), 16) : 16;
  auto* const block = Allocate<char>(data + tls->SizeOfZeroFill + alignment);
  if (!block) return false;
  thread->tls_blocks[index] = block;
  thread->tls_vector[index] = reinterpret_cast<PVOID>((reinterpret_cast<ULONG_PTR>(block) + alignment - 1) & ~(alignment - 1));
  std::memcpy(thread->tls_vector[index], reinterpret_cast<const void*>(tls->StartAddressOfRawData), data);
  return true;
}

void FreeBlock(Thread* thread, ULONG index) {
  Free(thread->tls_blocks[index]);
  thread->tls_blocks[index] = thread->tls_vector[index] = nullptr;
}

template <class Visit>
void ForEachThread(Visit visit) {
  LIST_ENTRY* const head = &CurrentProcess().threads;
  for (LIST_ENTRY* link = head->Flink; link != head; link = link->Flink) visit(CONTAINING_RECORD(link, Thread, link));
}

}  // namespace

NTSTATUS AddTlsModule(PVOID base) {
  if (!TlsOf(base)) return STATUS_SUCCESS;
  PVOID* const modules = CurrentProcess().tls_modules;
  PVOID* const free = std::find(modules, modules + kTlsModules, nullptr);
  if (free == modules + kTlsModules) return STATUS_NO_MEMORY;
  const auto index = static_cast<ULONG>(free - modules);
  *free = base;
  *reinterpret_cast<ULONG*>(TlsOf(base)->AddressOfIndex) = index;
  bool good = true;
  ForEachThread([&](Thread* thread) { good = good && MakeBlock(thread, index); });
  if (!good) RemoveTlsModule(base);
  return good ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

void RemoveTlsModule(PVOID base) {
  PVOID* const modules = CurrentProcess().tls_modules;
  PVOID* const found = std::find(modules, modules + kTlsModules, base);
  if (found == modules + kTlsModules) return;
  ForEachThread([&](Thread* thread) { FreeBlock(thread, static_cast<ULONG>(found - modules)); });
  *found = nullptr;
}

NTSTATUS MakeTlsBlocks(Thread* thread) {
  for (ULONG i = 0; i < kTlsModules; i++) {
    if (CurrentProcess().tls_modules[i] && !MakeBlock(thread, i)) return STATUS_NO_MEMORY;
  }
  return STATUS_SUCCESS;
}

void FreeTlsBlocks(Thread* thread) {
  for (ULONG i = 0; i < kTlsModules; i++) {
    if (thread->tls_blocks[i]) FreeBlock(thread, i);
  }
}

}  // namespace nt::user
