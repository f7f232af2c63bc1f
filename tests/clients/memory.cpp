// Virtual memory, guard pages, heaps, modules, vectored handlers.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

char* page;
int faults;

LONG CALLBACK OnFault(EXCEPTION_POINTERS* pointers) {
  const EXCEPTION_RECORD& record = *pointers->ExceptionRecord;
  if (record.ExceptionCode == STATUS_GUARD_PAGE_VIOLATION) {
    ++faults;
    return EXCEPTION_CONTINUE_EXECUTION;
  }
  if (record.ExceptionCode != EXCEPTION_ACCESS_VIOLATION) return EXCEPTION_CONTINUE_SEARCH;
  std::printf("access violation: write %llu at page+%llu\n", record.ExceptionInformation[0],
              record.ExceptionInformation[1] - reinterpret_cast<ULONG_PTR>(page));
  DWORD old;
  VirtualProtect(page, 4096, PAGE_READWRITE, &old);
  return EXCEPTION_CONTINUE_EXECUTION;
}

void Pages() {
  char* const range = static_cast<char*>(VirtualAlloc(nullptr, 1 << 20, MEM_RESERVE, PAGE_NOACCESS));
  page = static_cast<char*>(VirtualAlloc(range + 0x3000, 100, MEM_COMMIT, PAGE_READWRITE));
  std::printf("64 KB aligned %d, committed at %llx\n", (reinterpret_cast<ULONG_PTR>(range) & 0xffff) == 0,
              static_cast<unsigned long long>(page - range));
  std::printf("zeroed %d\n", page[0] == 0 && page[4095] == 0);
  MEMORY_BASIC_INFORMATION information;
  VirtualQuery(page, &information, sizeof information);
  std::printf("state %lx protect %lx size %llx type %lx\n", information.State, information.Protect,
              static_cast<unsigned long long>(information.RegionSize), information.Type);
  VirtualQuery(range, &information, sizeof information);
  std::printf("state %lx size %llx\n", information.State, static_cast<unsigned long long>(information.RegionSize));
  const PVOID handler = AddVectoredExceptionHandler(1, OnFault);
  DWORD old = 0;
  VirtualProtect(page, 4096, PAGE_READONLY, &old);
  std::printf("old protection %lx\n", old);
  page[8] = 'x';
  std::printf("written %c\n", page[8]);
  VirtualProtect(page, 4096, PAGE_READWRITE | PAGE_GUARD, &old);
  page[9] = 'y';
  page[10] = 'z';
  std::printf("guard faults %d\n", faults);
  RemoveVectoredExceptionHandler(handler);
  Show("decommit, release", {VirtualFree(page, 4096, MEM_DECOMMIT), VirtualFree(range, 0, MEM_RELEASE)});
  Show("release again", {VirtualFree(range, 0, MEM_RELEASE), GetLastError()});
}

void Heaps() {
  const HANDLE heap = HeapCreate(0, 0, 0);
  auto* block = static_cast<char*>(HeapAlloc(heap, HEAP_ZERO_MEMORY, 100));
  std::printf("size %llu, zero %d, aligned %d\n", static_cast<unsigned long long>(HeapSize(heap, 0, block)), block[99],
              (reinterpret_cast<ULONG_PTR>(block) & 15) == 0);
  std::strcpy(block, "kept");
  block = static_cast<char*>(HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 100000));
  std::printf("%s, grown %llu, zero %d\n", block, static_cast<unsigned long long>(HeapSize(heap, 0, block)), block[99999]);
  Show("freed, destroyed", {HeapFree(heap, 0, block), HeapDestroy(heap)});
  const HLOCAL local = LocalAlloc(LPTR, 10);
  std::printf("local %d\n", LocalFree(local) == nullptr);
}

void Modules() {
  const HMODULE kernel = GetModuleHandleW(L"KERNEL32");
  std::printf("found %d, same %d\n", kernel != nullptr, LoadLibraryA("kernel32.dll") == kernel);
  using Tick = ULONGLONG(WINAPI*)();
  const auto tick = reinterpret_cast<Tick>(reinterpret_cast<void*>(GetProcAddress(kernel, "GetTickCount64")));
  std::printf("called %d\n", tick != nullptr && tick() + 1 > 0);
  Show("no such export", {GetProcAddress(kernel, "NoSuchExport") != nullptr, GetLastError()});
  Show("no such module", {LoadLibraryW(L"no_such.dll") != nullptr, GetLastError()});
  wchar_t path[MAX_PATH];
  const DWORD length = GetModuleFileNameW(nullptr, path, MAX_PATH);
  std::printf("%ls\n", length > 18 ? path + length - 17 : path);
  const auto* const header = reinterpret_cast<IMAGE_DOS_HEADER*>(GetModuleHandleW(nullptr));
  std::printf("MZ %d\n", header->e_magic == IMAGE_DOS_SIGNATURE);
}

}  // namespace

int main() {
  Pages();
  Heaps();
  Modules();
}
