// What the machine uses, which images the kernel has, and the small functions of older programs.
#include <windows.h>

#include <psapi.h>
#include <versionhelpers.h>

#include "show.h"

namespace {

DWORD Error(BOOL good) { return good ? 0 : GetLastError(); }

void Drivers() {
  LPVOID bases[256];
  DWORD needed = 0, again = 0;
  Show("drivers", {EnumDeviceDrivers(bases, sizeof bases, &needed), needed % sizeof(LPVOID), needed >= 8 * 4});
  Show("a small buffer", {EnumDeviceDrivers(bases, sizeof(LPVOID), &again), again == needed});
  WCHAR name[64];
  char narrow[MAX_PATH];
  Show("a name", {GetDeviceDriverBaseNameW(bases[0], name, 64)});
  std::printf("%ls\n", name);
  Show("a path", {GetDeviceDriverFileNameA(bases[0], narrow, sizeof narrow)});
  std::printf("%s\n", narrow);
  Show("too small", {GetDeviceDriverBaseNameA(bases[0], narrow, 5), GetLastError()});
  Show("nowhere", {GetDeviceDriverFileNameW(&needed, name, 64), GetLastError()});
}

void Memory() {
  PROCESS_MEMORY_COUNTERS_EX counters = {};
  auto* const plain = reinterpret_cast<PPROCESS_MEMORY_COUNTERS>(&counters);
  Show("of a process", {Error(GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof counters)), counters.cb, counters.PrivateUsage != 0,
                        counters.PeakWorkingSetSize >= counters.WorkingSetSize});
  Show("older", {Error(GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof *plain)), counters.cb});
  Show("too small", {Error(GetProcessMemoryInfo(GetCurrentProcess(), plain, 71))});
  PERFORMANCE_INFORMATION performance = {};
  Show("of the machine", {Error(GetPerformanceInfo(&performance, sizeof performance)), performance.cb, performance.PageSize,
                          performance.ProcessCount > 8, performance.ThreadCount >= performance.ProcessCount, performance.HandleCount > 0,
                          performance.PhysicalAvailable <= performance.PhysicalTotal, performance.CommitTotal <= performance.CommitLimit});
  Show("too small", {Error(GetPerformanceInfo(&performance, sizeof performance - 1))});
  MEMORYSTATUSEX status = {};
  Show("no length", {Error(GlobalMemoryStatusEx(&status))});
  status.dwLength = sizeof status;
  Show("status", {Error(GlobalMemoryStatusEx(&status)), status.dwMemoryLoad <= 100, status.ullTotalPhys == performance.PhysicalTotal * 4096,
                  status.ullAvailVirtual < status.ullTotalVirtual, status.ullAvailExtendedVirtual});
  MEMORYSTATUS old = {};
  GlobalMemoryStatus(&old);
  Show("old status", {old.dwLength, old.dwTotalPhys == status.ullTotalPhys});
  IO_COUNTERS io = {};
  FILETIME idle, kernel, user;
  ULONG64 cycles = 0;
  Show("counts", {Error(GetProcessIoCounters(GetCurrentProcess(), &io)), Error(GetSystemTimes(&idle, &kernel, &user)),
                  CompareFileTime(&idle, &kernel) <= 0, Error(QueryProcessCycleTime(GetCurrentProcess(), &cycles))});
  Show("emptied", {Error(EmptyWorkingSet(GetCurrentProcess()))});
}

void Moveable() {
  HGLOBAL memory = GlobalAlloc(GPTR, 10);
  Show("sizes", {GlobalSize(memory), LocalSize(memory), GlobalLock(memory) == memory, GlobalUnlock(memory), GlobalFlags(memory)});
  memory = GlobalReAlloc(memory, 20, GMEM_ZEROINIT);
  Show("grown", {GlobalSize(memory), static_cast<char*>(memory)[19] == 0});
  GlobalFree(memory);
  HLOCAL const local = LocalAlloc(LPTR, 5);
  Show("local", {LocalLock(local) == local, LocalFlags(local), LocalFree(local) == nullptr});
}

void Pointers() {
  WCHAR wide[8];
  auto* const pages = static_cast<char*>(VirtualAlloc(nullptr, 0x2000, MEM_RESERVE, PAGE_NOACCESS));
  VirtualAlloc(pages, 0x1000, MEM_COMMIT, PAGE_READONLY);
  Show("bad to read", {IsBadReadPtr(pages, 0x1000), IsBadReadPtr(pages, 0x1001), IsBadReadPtr(nullptr, 1), IsBadReadPtr(nullptr, 0)});
  Show("bad to write", {IsBadWritePtr(pages, 1), IsBadWritePtr(static_cast<LPVOID>(&wide), 8)});
  Show("bad text", {IsBadStringPtrA("text", 99), IsBadStringPtrW(L"text", 99), IsBadStringPtrA(nullptr, 1), IsBadStringPtrW(L"", 1)});
  Show("bad code", {IsBadCodePtr(reinterpret_cast<FARPROC>(Pointers)), IsBadCodePtr(nullptr)});
  VirtualFree(pages, 0, MEM_RELEASE);
}

void Names() {
  char text[64];
  WCHAR wide[64];
  DWORD size = 3;
  Show("short", {Error(GetComputerNameA(text, &size)), size});
  size = sizeof text;
  Show("name", {Error(GetComputerNameA(text, &size)), size});
  std::printf("%s\n", text);
  size = 64;
  Show("host", {Error(GetComputerNameExW(ComputerNameDnsHostname, wide, &size)), size});
  std::printf("%ls\n", wide);
  size = 0;
  Show("how long", {Error(GetComputerNameExA(ComputerNameNetBIOS, nullptr, &size)), size});
  size = 64;
  Show("domain", {Error(GetComputerNameExA(ComputerNameDnsDomain, text, &size)), size});
  Show("no name", {Error(GetComputerNameExW(ComputerNameMax, wide, &size))});
  SetEnvironmentVariableA("FISH", "gold");
  Show("expanded", {ExpandEnvironmentStringsA("%FISH%fish %NONE%", text, sizeof text)});
  std::printf("%s\n", text);
  Show("no room", {ExpandEnvironmentStringsA("%FISH%fish", nullptr, 0)});
  Show("device", {QueryDosDeviceA("C:", text, sizeof text)});
  std::printf("%s\n", text);
  Show("no device", {QueryDosDeviceA("NONE:", text, sizeof text), GetLastError()});
}

void Versions() {
  Show("version", {IsWindows10OrGreater(), IsWindows7SP1OrGreater(), IsWindowsServer()});
  OSVERSIONINFOEXW wanted = {sizeof wanted, 11};
  const DWORDLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);
  Show("eleven", {Error(VerifyVersionInfoW(&wanted, VER_MAJORVERSION, mask)), Error(VerifyVersionInfoW(&wanted, 0, mask))});
  OSVERSIONINFOEXA narrow = {sizeof narrow, 10};
  narrow.wProductType = VER_NT_WORKSTATION;
  Show("a workstation", {Error(VerifyVersionInfoA(&narrow, VER_PRODUCT_TYPE, VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)))});
  USHORT process = 99, native = 0;
  Show("machine", {Error(IsWow64Process2(GetCurrentProcess(), &process, &native)), process, native});
}

}  // namespace

int main() {
  Drivers();
  Memory();
  Moveable();
  Pointers();
  Names();
  Versions();
  Show("products", {MulDiv(7, 3, 2), static_cast<DWORD>(MulDiv(-7, 3, 2)), static_cast<DWORD>(MulDiv(1, 1, 0)),
                    static_cast<DWORD>(MulDiv(0x7FFFFFFF, 2, 1)), MulDiv(0x7FFFFFFF, 4, 8)});
  HANDLE const event = CreateEventW(nullptr, TRUE, TRUE, nullptr);
  Show("pulsed", {Error(PulseEvent(event)), WaitForSingleObject(event, 0) == WAIT_TIMEOUT, Error(PulseEvent(nullptr))});
  CloseHandle(event);
}
