// Many small functions of kernel32: one-time initialization, locks, fibers' slots, texts and pages, environment, modules, times, consoles.
#include <windows.h>

#include "show.h"

// mingw's headers give the ANSI form its name in Windows 3.1 only.
extern "C" LPCH WINAPI GetEnvironmentStringsA();

namespace {

DWORD Error(BOOL good) { return good ? 0 : GetLastError(); }

int initializations;
BOOL CALLBACK Initialize(PINIT_ONCE, PVOID parameter, PVOID* context) {
  initializations++;
  *context = parameter;
  return initializations > 1;
}

void Once() {
  INIT_ONCE once = INIT_ONCE_STATIC_INIT, other;
  PVOID context = nullptr;
  SetLastError(77);
  Show("fails first", {InitOnceExecuteOnce(&once, Initialize, reinterpret_cast<PVOID>(8), &context)});
  Show("then works", {InitOnceExecuteOnce(&once, Initialize, reinterpret_cast<PVOID>(8), &context), reinterpret_cast<ULONG_PTR>(context)});
  Show("and not again", {InitOnceExecuteOnce(&once, Initialize, nullptr, &context), static_cast<DWORD>(initializations)});
  BOOL pending = FALSE;
  InitOnceInitialize(&other);
  Show("begun", {InitOnceBeginInitialize(&other, 0, &pending, &context), pending});
  Show("asked only", {Error(InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context))});
  Show("completed",
       {InitOnceComplete(&other, 0, reinterpret_cast<PVOID>(16)), InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context),
        pending, reinterpret_cast<ULONG_PTR>(context)});
}

void Locks() {
  CRITICAL_SECTION section;
  Show("section", {InitializeCriticalSectionEx(&section, 100, 0), SetCriticalSectionSpinCount(&section, 5)});
  SRWLOCK lock;
  CONDITION_VARIABLE variable;
  InitializeSRWLock(&lock);
  InitializeConditionVariable(&variable);
  EnterCriticalSection(&section);
  Show("nobody wakes", {Error(SleepConditionVariableCS(&variable, &section, 2))});
  LeaveCriticalSection(&section);
  WakeAllConditionVariable(&variable);
  LONG value = 5, other = 5;
  Show("same value", {Error(WaitOnAddress(&value, &other, sizeof value, 2))});
  other = 6;
  Show("another value", {Error(WaitOnAddress(&value, &other, sizeof value, INFINITE))});
  WakeByAddressSingle(&value);
  WakeByAddressAll(&value);
  Show("no size", {Error(WaitOnAddress(&value, &other, 3, 0))});
  DeleteCriticalSection(&section);
  SLIST_HEADER list;
  alignas(16) SLIST_ENTRY entries[2];
  InitializeSListHead(&list);
  InterlockedPushEntrySList(&list, &entries[0]);
  InterlockedPushEntrySList(&list, &entries[1]);
  Show("list", {QueryDepthSList(&list), InterlockedFlushSList(&list) == &entries[1], QueryDepthSList(&list)});
}

DWORD CALLBACK OwnAndClose(PVOID) {
  for (int i = 0; i < 3; i++) CloseHandle(CreateMutexA(nullptr, TRUE, nullptr));
  return 0;
}

DWORD CALLBACK OwnAndEnd(PVOID mutex) { return WaitForSingleObject(mutex, INFINITE); }

void RunThread(LPTHREAD_START_ROUTINE routine, PVOID parameter) {
  HANDLE const thread = CreateThread(nullptr, 0, routine, parameter, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

/// A mutex that goes while it is owned is nobody's any more; one whose owner goes is abandoned, and told so once.
void Mutexes() {
  OwnAndClose(nullptr);
  RunThread(OwnAndClose, nullptr);
  HANDLE const mutex = CreateMutexA(nullptr, FALSE, nullptr);
  RunThread(OwnAndEnd, mutex);
  Show("abandoned", {WaitForSingleObject(mutex, 0) == WAIT_ABANDONED, WaitForSingleObject(mutex, 0)});
  Show("released", {ReleaseMutex(mutex), ReleaseMutex(mutex), Error(ReleaseMutex(mutex))});
  CloseHandle(mutex);
}

void Objects() {
  HANDLE const events[2] = {CreateEventExW(nullptr, nullptr, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS),
                            CreateMutexExA(nullptr, "Small", CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS)};
  Show("both", {WaitForMultipleObjectsEx(2, events, TRUE, 0, FALSE), WaitForMultipleObjectsEx(0, events, TRUE, 0, FALSE) == WAIT_FAILED,
                GetLastError()});
  SetLastError(0);
  HANDLE const again = CreateMutexA(nullptr, FALSE, "Small");
  Show("there already", {again != nullptr, GetLastError()});
  HANDLE const semaphore = CreateSemaphoreExA(nullptr, 1, 1, nullptr, 0, SEMAPHORE_ALL_ACCESS);
  LONG before = 0;
  Show("semaphore", {Error(ReleaseSemaphore(semaphore, 1, &before)), WaitForSingleObject(semaphore, 0),
                     Error(ReleaseSemaphore(semaphore, 1, &before)), static_cast<DWORD>(before)});
  HANDLE const timer = CreateWaitableTimerExA(nullptr, "SmallTimer", CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
  HANDLE const opened = OpenWaitableTimerA(SYNCHRONIZE, FALSE, "SmallTimer");
  Show("timer", {timer != nullptr, opened != nullptr, OpenWaitableTimerA(SYNCHRONIZE, FALSE, "none") == nullptr, GetLastError()});
  DWORD flags = 9;
  Show("handle", {SetHandleInformation(timer, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT), GetHandleInformation(timer, &flags), flags,
                  Error(SetHandleInformation(nullptr, 1, 1))});
  for (HANDLE handle : {events[0], events[1], again, semaphore, timer, opened}) CloseHandle(handle);
}

void Texts() {
  char narrow[32];
  WCHAR wide[32];
  Show("lstr", {lstrcmpA("a", "b") < 0, lstrcmpiA("FISH", "fish") == 0, lstrcmpiW(L"Gold", L"gold") == 0, lstrcmpA("a", "A") < 0,
                lstrlenA("four"), lstrlenA(nullptr), lstrlenW(L"")});
  lstrcpyA(narrow, "gold");
  lstrcatA(narrow, "fish");
  lstrcpynW(wide, L"goldfish", 5);
  lstrcatW(wide, L"!");
  std::printf("%s %ls\n", narrow, wide);
  Show("ordinal", {CompareStringOrdinal(L"a", 1, L"B", 1, FALSE), CompareStringOrdinal(L"a", 1, L"B", 1, TRUE),
                   CompareStringOrdinal(L"same", -1, L"SAME", -1, TRUE)});
  Show("by language", {CompareStringW(LOCALE_USER_DEFAULT, 0, L"a", -1, L"B", -1),
                       CompareStringW(LOCALE_USER_DEFAULT, NORM_IGNORECASE, L"fish", 4, L"FISH", 4),
                       CompareStringEx(L"en-US", 0, L"co-op", -1, L"coop", -1, nullptr, nullptr, 0) != 0});
  Show("mapped", {LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, L"fish", -1, wide, 32), wide[0] == L'F',
                  LCMapStringEx(LOCALE_NAME_INVARIANT, LCMAP_LOWERCASE, L"FISH", 4, nullptr, 0, nullptr, nullptr, 0),
                  LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, L"fish", -1, wide, 2), GetLastError()});
  WORD types[3];
  Show("types",
       {GetStringTypeW(CT_CTYPE1, L"A5 ", 3, types), (types[0] & C1_UPPER) != 0, (types[1] & C1_DIGIT) != 0, (types[2] & C1_SPACE) != 0});
  CPINFO info;
  Show("pages", {GetACP(), GetOEMCP(), IsValidCodePage(1252), IsValidCodePage(65001), IsValidCodePage(7), GetCPInfo(CP_UTF8, &info),
                 info.MaxCharSize, Error(GetCPInfo(7, &info)), IsDBCSLeadByte(0x81), AreFileApisANSI()});
  Show("locales", {GetUserDefaultLCID(), GetSystemDefaultLCID(), GetThreadLocale(), GetUserDefaultLangID(), GetUserDefaultUILanguage(),
                   IsValidLocale(0x409, LCID_INSTALLED)});
}

void Environment() {
  SetEnvironmentVariableA("SMALL", "value");
  LPWCH const wide = GetEnvironmentStringsW();
  int found = 0;
  for (PCWSTR at = wide; *at; at += lstrlenW(at) + 1) found += lstrcmpW(at, L"SMALL=value") == 0;
  LPCH const narrow = GetEnvironmentStringsA();
  for (PCSTR at = narrow; *at; at += lstrlenA(at) + 1) found += lstrcmpA(at, "SMALL=value") == 0;
  Show("environment", {static_cast<DWORD>(found), FreeEnvironmentStringsW(wide), FreeEnvironmentStringsA(narrow)});
  WCHAR text[16];
  Show("variable", {GetEnvironmentVariableW(L"SMALL", text, 16), GetEnvironmentVariableW(L"SMALL", text, 5),
                    GetEnvironmentVariableW(L"NONE", text, 16), GetLastError()});
  SetEnvironmentVariableW(L"EMPTY", L"");
  SetLastError(77);
  Show("empty", {GetEnvironmentVariableW(L"EMPTY", text, 16), GetLastError(), Error(SetEnvironmentVariableW(L"NONE", nullptr)),
                 Error(SetEnvironmentVariableW(L"A=B", L"x"))});
  Show("command line", {wcsstr(GetCommandLineW(), L"small_calls") != nullptr, strstr(GetCommandLineA(), "small_calls") != nullptr});
  char folder[MAX_PATH];
  WCHAR wide_folder[MAX_PATH];
  Show("folders", {GetSystemDirectoryA(folder, MAX_PATH), GetSystemDirectoryW(wide_folder, 5), GetWindowsDirectoryA(folder, MAX_PATH),
                   GetWindowsDirectoryW(nullptr, 0)});
  std::printf("%s\n", folder);
}

void Modules() {
  HMODULE module = nullptr;
  WCHAR path[MAX_PATH];
  char narrow[MAX_PATH];
  Show("by address", {GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                         reinterpret_cast<LPCWSTR>(Modules), &module),
                      module == GetModuleHandleW(nullptr)});
  Show("none", {Error(GetModuleHandleExW(0, L"none.dll", &module)), module == nullptr, Error(GetModuleHandleExW(99, L"ntdll", &module))});
  SetLastError(0);
  Show("too small",
       {GetModuleFileNameA(nullptr, narrow, 5), GetLastError(), narrow[4], GetModuleFileNameW(GetModuleHandleW(L"ntdll"), path, MAX_PATH)});
  std::printf("%ls\n", path);
  Show("loaded as data", {LoadLibraryExA("none.dll", nullptr, LOAD_LIBRARY_AS_DATAFILE) == nullptr, GetLastError()});
  Show("encoded", {DecodePointer(EncodePointer(&module)) == &module, EncodePointer(&module) != &module});
  Show("error modes",
       {SetErrorMode(SEM_FAILCRITICALERRORS), GetErrorMode(), SetErrorMode(0), SetThreadErrorMode(SEM_NOOPENFILEERRORBOX, nullptr)});
}

void Times() {
  SYSTEMTIME system, local, back;
  FILETIME file, other;
  GetSystemTime(&system);
  GetLocalTime(&local);
  Show("local", {system.wYear == local.wYear, SystemTimeToTzSpecificLocalTime(nullptr, &system, &back),
                 back.wHour == local.wHour || back.wMinute != local.wMinute});
  Show("there and back", {SystemTimeToFileTime(&system, &file), LocalFileTimeToFileTime(&file, &other), CompareFileTime(&file, &other) == 0,
                          FileTimeToSystemTime(&file, &back), back.wMilliseconds == system.wMilliseconds});
  system.wMonth = 13;
  Show("no such month", {Error(SystemTimeToFileTime(&system, &file))});
  GetSystemTimePreciseAsFileTime(&file);
  GetSystemTimeAsFileTime(&other);
  ULONGLONG unbiased = 0;
  Show("precise",
       {CompareFileTime(&file, &other) <= 0 || true, QueryUnbiasedInterruptTime(&unbiased), unbiased / 10000 <= GetTickCount64() + 20});
  TIME_ZONE_INFORMATION zone;
  Show("zone", {GetTimeZoneInformation(&zone), static_cast<DWORD>(zone.Bias)});
  FILETIME created, exited, kernel, user;
  Show("of a process", {GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user), exited.dwHighDateTime,
                        GetThreadTimes(GetCurrentThread(), &created, &exited, &kernel, &user)});
}

void Others() {
  SYSTEM_INFO info;
  GetNativeSystemInfo(&info);
  Show("system", {info.dwPageSize, info.wProcessorArchitecture, info.dwNumberOfProcessors == GetActiveProcessorCount(ALL_PROCESSOR_GROUPS),
                  IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE), IsProcessorFeaturePresent(99), LOBYTE(GetVersion())});
  HANDLE heaps[4];
  ULONG kind = 9;
  Show("heaps",
       {GetProcessHeaps(4, heaps) >= 1, HeapQueryInformation(GetProcessHeap(), HeapCompatibilityInformation, &kind, sizeof kind, nullptr),
        Error(HeapQueryInformation(GetProcessHeap(), HeapCompatibilityInformation, &kind, 1, nullptr)),
        HeapSetInformation(nullptr, HeapEnableTerminationOnCorruption, nullptr, 0)});
  HLOCAL local = LocalAlloc(LMEM_FIXED, 4);
  local = LocalReAlloc(local, 100, LMEM_MOVEABLE | LMEM_ZEROINIT);
  Show("local", {local != nullptr, LocalFree(local) == nullptr});
  const DWORD slot = FlsAlloc(nullptr);
  Show("fiber slots", {FlsSetValue(slot, &info), FlsGetValue(slot) == &info, FlsFree(slot), Error(FlsFree(slot)),
                       FlsGetValue(9999) == nullptr, GetLastError()});
  Show("processors", {SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS) < info.dwNumberOfProcessors,
                      SetThreadPriorityBoost(GetCurrentThread(), TRUE)});
  DWORD old = 0;
  auto* const page = static_cast<char*>(VirtualAlloc(nullptr, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE));
  MEMORY_BASIC_INFORMATION memory;
  Show("pages", {VirtualProtectEx(GetCurrentProcess(), page, 1, PAGE_READONLY, &old), old,
                 VirtualQueryEx(GetCurrentProcess(), page, &memory, sizeof memory), memory.Protect,
                 FlushInstructionCache(GetCurrentProcess(), page, 1), VirtualFree(page, 0, MEM_RELEASE)});
  DWORD mode = 0;
  CONSOLE_SCREEN_BUFFER_INFO screen;
  HANDLE const file = CreateFileW(L"C:\\small.txt", GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, nullptr);
  Show("no console", {Error(GetConsoleMode(file, &mode)), Error(GetConsoleScreenBufferInfo(file, &screen)),
                      Error(WriteConsoleW(file, L"x", 1, &mode, nullptr))});
  CloseHandle(file);
  Show("console pages",
       {SetConsoleOutputCP(CP_UTF8), GetConsoleOutputCP(), SetConsoleCP(437), GetConsoleCP(), Error(SetConsoleOutputCP(7))});
}

}  // namespace

int main() {
  Once();
  Locks();
  Mutexes();
  Objects();
  Texts();
  Environment();
  Modules();
  Times();
  Others();
}
