// File mappings: of files, of the page file, named ones, copies on write, and what a mapped file cannot have done to it.
#include <windows.h>

#include <psapi.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

const wchar_t kPath[] = L"C:\\mapping.txt";

HANDLE OpenFile(DWORD access, DWORD disposition) {
  return CreateFileW(kPath, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, disposition, 0, nullptr);
}

void Files() {
  const HANDLE file = OpenFile(GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
  Show("an empty file", {CreateFileMappingW(file, nullptr, PAGE_READWRITE, 0, 0, nullptr), GetLastError()});
  DWORD done;
  WriteFile(file, "Hello, view", 11, &done, nullptr);
  const HANDLE mapping = CreateFileMappingA(file, nullptr, PAGE_READWRITE, 0, 0, nullptr);
  auto* const view = static_cast<char*>(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0));
  std::printf("%s\n", view);
  view[0] = 'J';
  Show("flush", {FlushViewOfFile(view, 0)});
  char text[12] = {};
  SetFilePointer(file, 0, nullptr, FILE_BEGIN);
  ReadFile(file, text, 11, &done, nullptr);
  std::printf("%s\n", text);
  auto* const copy = static_cast<char*>(MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0));
  copy[1] = 'E';
  std::printf("%.5s %.5s\n", copy, view);
  // The kernel writes to a page of the copy that this process did not touch.
  auto* const other = static_cast<char*>(MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0));
  SetFilePointer(file, 7, nullptr, FILE_BEGIN);
  Show("read into a copy", {ReadFile(file, other, 4, &done, nullptr), done});
  std::printf("%.6s %.6s\n", other, view);
  MEMORY_BASIC_INFORMATION information;
  VirtualQuery(view, &information, sizeof information);
  std::printf("type %lx protect %lx of %lx\n", information.Type, information.Protect, information.AllocationProtect);
  wchar_t name[MAX_PATH];
  GetMappedFileNameW(GetCurrentProcess(), view, name, MAX_PATH);
  std::printf("%ls\n", name);
  Show("beyond the end", {MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 100), GetLastError()});
  SetFilePointer(file, 3, nullptr, FILE_BEGIN);
  Show("cut", {SetEndOfFile(file), GetLastError()});
  Show("create again", {OpenFile(GENERIC_WRITE, CREATE_ALWAYS) == INVALID_HANDLE_VALUE, GetLastError()});
  Show("delete", {DeleteFileW(kPath), GetLastError()});
  Show("unmap", {UnmapViewOfFile(view), UnmapViewOfFile(copy), UnmapViewOfFile(other), CloseHandle(mapping)});
  Show("unmap again", {UnmapViewOfFile(view), GetLastError()});
  Show("cut", {SetEndOfFile(file), GetFileSize(file, nullptr)});
  CloseHandle(file);
  const HANDLE reader = OpenFile(GENERIC_READ, OPEN_EXISTING);
  Show("to write what is read", {CreateFileMappingW(reader, nullptr, PAGE_READWRITE, 0, 0, nullptr), GetLastError()});
  Show("too big", {CreateFileMappingW(reader, nullptr, PAGE_READONLY, 0, 100, nullptr), GetLastError()});
  CloseHandle(reader);
  Show("delete", {DeleteFileW(kPath)});
}

void PageFile() {
  const HANDLE first = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 70000, L"Local\\RingletMapping");
  const HANDLE second = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 70000, L"Local\\RingletMapping");
  Show("exists", {second, GetLastError() == ERROR_ALREADY_EXISTS});
  const HANDLE third = OpenFileMappingA(FILE_MAP_READ, FALSE, "Local\\RingletMapping");
  auto* const one = static_cast<char*>(MapViewOfFile(first, FILE_MAP_ALL_ACCESS, 0, 0, 0));
  auto* const two = static_cast<const char*>(MapViewOfFile(third, FILE_MAP_READ, 0, 0x10000, 0));
  std::strcpy(one + 0x10000, "shared");
  std::printf("%s\n", two);
  Show("write by a handle to read", {MapViewOfFile(third, FILE_MAP_WRITE, 0, 0, 0), GetLastError()});
  Show("no size", {CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 0, nullptr), GetLastError()});
  Show("none of that name", {OpenFileMappingW(FILE_MAP_READ, FALSE, L"Local\\NoSuchMapping"), GetLastError()});
  char* const place = one + (1 << 24);
  Show("where it is wanted", {MapViewOfFileEx(first, FILE_MAP_READ, 0, 0, 0, place) == place, UnmapViewOfFile(place)});
  Show("unmap", {UnmapViewOfFile(one), UnmapViewOfFile(two), CloseHandle(first), CloseHandle(second), CloseHandle(third)});
}

void Reserved() {
  const HANDLE mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE | SEC_RESERVE, 1, 0, nullptr);
  auto* const one = static_cast<char*>(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0));
  auto* const two = static_cast<char*>(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0));
  MEMORY_BASIC_INFORMATION information;
  VirtualQuery(one, &information, sizeof information);
  std::printf("state %lx size %llx\n", information.State, static_cast<unsigned long long>(information.RegionSize));
  Show("commit", {VirtualAlloc(one + 0x5000, 0x2000, MEM_COMMIT, PAGE_READWRITE) == one + 0x5000});
  one[0x6000] = 'c';
  VirtualQuery(two + 0x5000, &information, sizeof information);
  std::printf("%c, state %lx size %llx\n", two[0x6000], information.State, static_cast<unsigned long long>(information.RegionSize));
  Show("unmap", {UnmapViewOfFile(one), UnmapViewOfFile(two), CloseHandle(mapping)});
}

}  // namespace

int main() {
  Files();
  PageFile();
  Reserved();
}
