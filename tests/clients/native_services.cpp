// System services called by a program: what they refuse of its pointers, handles, lengths and names.
#include <windows.h>
#include <winternl.h>

#include "expect.h"

#define STATUS_OK ((NTSTATUS)0)
constexpr NTSTATUS kInvalidHandle = 0xC0000008, kInvalidParameter = 0xC000000D, kLengthMismatch = 0xC0000004, kInvalidClass = 0xC0000003,
                   kAccessViolation = 0xC0000005, kMisaligned = 0x80000002, kTypeMismatch = 0xC0000024, kDenied = 0xC0000022,
                   kNotOwned = 0xC0000046, kLimit = 0xC0000047, kNotFound = 0xC0000034, kCollision = 0xC0000035, kExists = 0x40000000,
                   kSyntaxBad = 0xC000003B, kNameInvalid = 0xC0000033, kPathNotFound = 0xC000003A, kTimeout = 0x102,
                   kBufferTooSmall = 0xC0000023, kNotClosable = 0xC0000235;

extern "C" {
NTSTATUS NTAPI NtCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, int, BOOLEAN);
NTSTATUS NTAPI NtOpenEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtQueryEvent(HANDLE, int, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtCreateMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN);
NTSTATUS NTAPI NtOpenMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtReleaseMutant(HANDLE, PLONG);
NTSTATUS NTAPI NtQueryMutant(HANDLE, int, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE, LONG, PLONG);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE, int, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtCreateTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, int);
NTSTATUS NTAPI NtQueryTimer(HANDLE, int, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetTimer(HANDLE, PLARGE_INTEGER, PVOID, PVOID, BOOLEAN, LONG, PBOOLEAN);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG, HANDLE*, int, BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER, PLARGE_INTEGER);
NTSTATUS NTAPI NtTestAlert();
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, PVOID*, ULONG_PTR, PSIZE_T, ULONG, ULONG);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, PVOID*, PSIZE_T, ULONG);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, PVOID*, PSIZE_T, ULONG, PULONG);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, PVOID, int, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);
NTSTATUS NTAPI NtOpenProcess(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PVOID);
NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
NTSTATUS NTAPI NtSuspendThread(HANDLE, PULONG);
NTSTATUS NTAPI NtSetInformationObject(HANDLE, int, PVOID, ULONG);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, int, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtYieldExecution();
}

namespace {

template <class T>
T* Kernel() {
  return reinterpret_cast<T*>(0xFFFFF80000001000);
}
template <class T>
T* Bad() {
  return reinterpret_cast<T*>(0x1000);
}

struct Pair {
  LONG first, second;
};

struct Named {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  explicit Named(const wchar_t* text, ULONG flags = 0, HANDLE root = nullptr) {
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, flags, root, nullptr);
  }
};

constexpr ACCESS_MASK kAll = 0x1F0003;

void Events() {
  HANDLE event = nullptr;
  EXPECT_EQ(NtCreateEvent(Kernel<HANDLE>(), kAll, nullptr, 0, FALSE), kAccessViolation);
  EXPECT_EQ(NtCreateEvent(Bad<HANDLE>(), kAll, nullptr, 0, FALSE), kAccessViolation);
  EXPECT_EQ(NtCreateEvent(nullptr, kAll, nullptr, 0, FALSE), kAccessViolation);
  EXPECT_EQ(NtCreateEvent(&event, kAll, Kernel<OBJECT_ATTRIBUTES>(), 0, FALSE), kAccessViolation);
  EXPECT_EQ(NtCreateEvent(&event, kAll, nullptr, 2, FALSE), kInvalidParameter);
  EXPECT_EQ(NtCreateEvent(&event, kAll, nullptr, 1, FALSE), STATUS_OK);
  LONG previous = 7;
  EXPECT_EQ(NtSetEvent(event, Kernel<LONG>()), kAccessViolation);
  EXPECT_EQ(NtSetEvent(event, &previous), STATUS_OK);
  EXPECT_EQ(previous, 0);
  Pair pair = {9, 9};
  ULONG needed = 0;
  EXPECT_EQ(NtQueryEvent(event, 0, &pair, sizeof pair, &needed), STATUS_OK);
  EXPECT_EQ(pair.first, 1);
  EXPECT_EQ(pair.second, 1);
  EXPECT_EQ(needed, sizeof pair);
  EXPECT_EQ(NtQueryEvent(event, 0, &pair, 7, nullptr), kLengthMismatch);
  EXPECT_EQ(NtQueryEvent(event, 0, &pair, 9, nullptr), kLengthMismatch);
  EXPECT_EQ(NtQueryEvent(event, 1, &pair, 8, nullptr), kInvalidClass);
  EXPECT_EQ(NtQueryEvent(event, 0, Kernel<Pair>(), 8, nullptr), kAccessViolation);
  EXPECT_EQ(NtQueryEvent(event, 0, reinterpret_cast<char*>(&pair) + 1, 8, nullptr), kMisaligned);
  EXPECT_EQ(NtQueryEvent(event, 0, &pair, 8, Kernel<ULONG>()), kAccessViolation);
  HANDLE less = nullptr;
  EXPECT_EQ(NtDuplicateObject(GetCurrentProcess(), event, GetCurrentProcess(), &less, SYNCHRONIZE, 0, 0), STATUS_OK);
  EXPECT_EQ(NtSetEvent(less, nullptr), kDenied);
  EXPECT_EQ(NtQueryEvent(less, 0, &pair, 8, nullptr), kDenied);
  EXPECT_EQ(NtClose(less), STATUS_OK);
  EXPECT_EQ(NtReleaseMutant(event, nullptr), kTypeMismatch);
  EXPECT_EQ(NtClose(event), STATUS_OK);
  EXPECT_EQ(NtClose(event), kInvalidHandle);
  EXPECT_EQ(NtClose(nullptr), kInvalidHandle);
  EXPECT_EQ(NtClose(reinterpret_cast<HANDLE>(0xFFFFFFFF80000004)), kInvalidHandle);
  EXPECT_EQ(NtSetEvent(reinterpret_cast<HANDLE>(0xFFFFFFFF80000004), nullptr), kInvalidHandle);
}

void Mutants() {
  HANDLE mutant = nullptr;
  EXPECT_EQ(NtCreateMutant(&mutant, 0x1F0001, nullptr, TRUE), STATUS_OK);
  struct {
    LONG count;
    BOOLEAN owned, abandoned;
  } basic = {};
  ULONG needed = 0;
  EXPECT_EQ(NtQueryMutant(mutant, 0, &basic, sizeof basic, &needed), STATUS_OK);
  EXPECT_EQ(needed, 8);
  EXPECT_EQ(basic.count, 0);
  EXPECT(basic.owned && !basic.abandoned);
  EXPECT_EQ(NtQueryMutant(mutant, 0, &basic, 4, nullptr), kLengthMismatch);
  EXPECT_EQ(NtQueryMutant(mutant, 2, &basic, sizeof basic, nullptr), kInvalidClass);
  ULONG_PTR owner[2] = {};
  EXPECT_EQ(NtQueryMutant(mutant, 1, owner, sizeof owner, nullptr), STATUS_OK);
  EXPECT_EQ(owner[1], GetCurrentThreadId());
  LARGE_INTEGER now = {};
  EXPECT_EQ(NtWaitForSingleObject(mutant, FALSE, &now), STATUS_OK);
  LONG previous = 7;
  EXPECT_EQ(NtReleaseMutant(mutant, &previous), STATUS_OK);
  EXPECT_EQ(previous, -1);
  EXPECT_EQ(NtReleaseMutant(mutant, &previous), STATUS_OK);
  EXPECT_EQ(previous, 0);
  EXPECT_EQ(NtReleaseMutant(mutant, &previous), kNotOwned);
  EXPECT_EQ(NtReleaseMutant(mutant, Kernel<LONG>()), kAccessViolation);
  const auto take = [](void* handle) -> DWORD { return WaitForSingleObject(handle, INFINITE); };
  const HANDLE thread = CreateThread(nullptr, 0, take, mutant, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
  EXPECT_EQ(NtQueryMutant(mutant, 0, &basic, sizeof basic, nullptr), STATUS_OK);
  EXPECT(basic.abandoned && !basic.owned);
  EXPECT_EQ(NtWaitForSingleObject(mutant, FALSE, &now), 0x80);
  EXPECT_EQ(NtReleaseMutant(mutant, nullptr), STATUS_OK);
  NtClose(mutant);
}

void Semaphores() {
  HANDLE semaphore = nullptr;
  EXPECT_EQ(NtCreateSemaphore(&semaphore, kAll, nullptr, 0, 0), kInvalidParameter);
  EXPECT_EQ(NtCreateSemaphore(&semaphore, kAll, nullptr, -1, 1), kInvalidParameter);
  EXPECT_EQ(NtCreateSemaphore(&semaphore, kAll, nullptr, 3, 2), kInvalidParameter);
  EXPECT_EQ(NtCreateSemaphore(&semaphore, kAll, nullptr, 1, 2), STATUS_OK);
  LONG previous = 7;
  EXPECT_EQ(NtReleaseSemaphore(semaphore, 0, &previous), kInvalidParameter);
  EXPECT_EQ(NtReleaseSemaphore(semaphore, -1, &previous), kInvalidParameter);
  EXPECT_EQ(NtReleaseSemaphore(semaphore, 1, &previous), STATUS_OK);
  EXPECT_EQ(previous, 1);
  EXPECT_EQ(NtReleaseSemaphore(semaphore, 1, &previous), kLimit);
  Pair pair = {};
  ULONG needed = 0;
  EXPECT_EQ(NtQuerySemaphore(semaphore, 0, &pair, sizeof pair, &needed), STATUS_OK);
  EXPECT_EQ(pair.first, 2);
  EXPECT_EQ(pair.second, 2);
  EXPECT_EQ(needed, sizeof pair);
  EXPECT_EQ(NtQuerySemaphore(semaphore, 0, &pair, 12, nullptr), kLengthMismatch);
  EXPECT_EQ(NtQuerySemaphore(semaphore, 1, &pair, sizeof pair, nullptr), kInvalidClass);
  NtClose(semaphore);
}

void Timers() {
  HANDLE timer = nullptr;
  EXPECT_EQ(NtCreateTimer(&timer, kAll, nullptr, 2), 0xC00000F2);
  EXPECT_EQ(NtCreateTimer(&timer, kAll, nullptr, 0), STATUS_OK);
  struct {
    LARGE_INTEGER remaining;
    BOOLEAN signaled;
  } basic = {};
  ULONG needed = 0;
  EXPECT_EQ(NtQueryTimer(timer, 0, &basic, sizeof basic, &needed), STATUS_OK);
  EXPECT_EQ(needed, 16);
  EXPECT_EQ(basic.signaled, FALSE);
  EXPECT_EQ(NtQueryTimer(timer, 0, &basic, 9, nullptr), kLengthMismatch);
  EXPECT_EQ(NtQueryTimer(timer, 1, &basic, sizeof basic, nullptr), kInvalidClass);
  LARGE_INTEGER due;
  due.QuadPart = -600000000;
  EXPECT_EQ(NtSetTimer(timer, &due, nullptr, nullptr, FALSE, -1, nullptr), 0xC00000F4);
  EXPECT_EQ(NtSetTimer(timer, Kernel<LARGE_INTEGER>(), nullptr, nullptr, FALSE, 0, nullptr), kAccessViolation);
  EXPECT_EQ(NtSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, nullptr), STATUS_OK);
  EXPECT_EQ(NtQueryTimer(timer, 0, &basic, sizeof basic, nullptr), STATUS_OK);
  EXPECT(basic.remaining.QuadPart > 590000000 && basic.remaining.QuadPart <= 600000000);
  NtClose(timer);
}

void Waits() {
  HANDLE events[2];
  for (HANDLE& event : events) event = CreateEventW(nullptr, TRUE, &event == &events[1], nullptr);
  LARGE_INTEGER now = {};
  EXPECT_EQ(NtWaitForMultipleObjects(0, events, 1, FALSE, &now), 0xC00000EF);
  EXPECT_EQ(NtWaitForMultipleObjects(65, events, 1, FALSE, &now), 0xC00000EF);
  EXPECT_EQ(NtWaitForMultipleObjects(2, events, 2, FALSE, &now), 0xC00000F1);
  EXPECT_EQ(NtWaitForMultipleObjects(2, events, 1, FALSE, &now), 1);
  EXPECT_EQ(NtWaitForMultipleObjects(2, events, 0, FALSE, &now), kTimeout);
  EXPECT_EQ(NtWaitForMultipleObjects(2, Bad<HANDLE>(), 1, FALSE, &now), kAccessViolation);
  EXPECT_EQ(NtWaitForMultipleObjects(2, Kernel<HANDLE>(), 1, FALSE, &now), kAccessViolation);
  EXPECT_EQ(NtWaitForSingleObject(events[1], FALSE, Bad<LARGE_INTEGER>()), kAccessViolation);
  HANDLE mute = nullptr;
  EXPECT_EQ(NtDuplicateObject(GetCurrentProcess(), events[1], GetCurrentProcess(), &mute, EVENT_MODIFY_STATE, 0, 0), STATUS_OK);
  EXPECT_EQ(NtWaitForSingleObject(mute, FALSE, &now), kDenied);
  for (const HANDLE event : events) CloseHandle(event);
  EXPECT_EQ(NtWaitForSingleObject(events[0], FALSE, &now), kInvalidHandle);
  EXPECT_EQ(NtDelayExecution(FALSE, Kernel<LARGE_INTEGER>()), kAccessViolation);
  EXPECT_EQ(NtQuerySystemTime(Kernel<LARGE_INTEGER>()), kAccessViolation);
  EXPECT_EQ(NtQueryPerformanceCounter(Bad<LARGE_INTEGER>(), nullptr), kAccessViolation);
  LARGE_INTEGER counter, frequency;
  EXPECT_EQ(NtQueryPerformanceCounter(&counter, &frequency), STATUS_OK);
  EXPECT_EQ(frequency.QuadPart, 10000000);
  EXPECT_EQ(NtTestAlert(), STATUS_OK);
}

void Names() {
  HANDLE event = nullptr, other = nullptr;
  wchar_t path[64];
  DWORD session = 0;
  ProcessIdToSessionId(GetCurrentProcessId(), &session);
  if (session == 0)
    swprintf(path, 64, L"\\BaseNamedObjects\\ClientNative");
  else
    swprintf(path, 64, L"\\Sessions\\%lu\\BaseNamedObjects\\ClientNative", session);
  Named name(path), openif(path, 0x80);
  EXPECT_EQ(NtOpenEvent(&other, kAll, &name.attributes), kNotFound);
  EXPECT_EQ(NtCreateEvent(&event, kAll, &name.attributes, 0, FALSE), STATUS_OK);
  EXPECT_EQ(NtCreateEvent(&other, kAll, &name.attributes, 0, FALSE), kCollision);
  EXPECT_EQ(NtCreateEvent(&other, kAll, &openif.attributes, 1, TRUE), kExists);
  Pair pair = {9, 9};
  EXPECT_EQ(NtQueryEvent(other, 0, &pair, 8, nullptr), STATUS_OK);
  EXPECT(pair.first == 0 && pair.second == 0);
  NtClose(other);
  EXPECT_EQ(NtCreateSemaphore(&other, kAll, &openif.attributes, 0, 1), kTypeMismatch);
  EXPECT_EQ(NtCreateSemaphore(&other, kAll, &name.attributes, 0, 1), kCollision);
  EXPECT_EQ(NtOpenMutant(&other, 0x1F0001, &name.attributes), kTypeMismatch);
  EXPECT_EQ(NtOpenSemaphore(&other, kAll, &name.attributes), kTypeMismatch);
  EXPECT_EQ(NtOpenEvent(&other, kAll, nullptr), kInvalidParameter);
  Named relative(L"ClientNative"), doubled(L"\\BaseNamedObjects\\\\ClientNative"), nowhere(L"\\BaseNamedObjects\\None\\ClientNative");
  EXPECT_EQ(NtOpenEvent(&other, kAll, &relative.attributes), kSyntaxBad);
  EXPECT_EQ(NtOpenEvent(&other, kAll, &doubled.attributes), kNameInvalid);
  EXPECT_EQ(NtOpenEvent(&other, kAll, &nowhere.attributes), kPathNotFound);
  Named bad(path);
  bad.name.Buffer = Kernel<WCHAR>();
  EXPECT_EQ(NtOpenEvent(&other, kAll, &bad.attributes), kAccessViolation);
  bad.name.Buffer = Bad<WCHAR>();
  EXPECT_EQ(NtOpenEvent(&other, kAll, &bad.attributes), kAccessViolation);
  Named odd(path);
  odd.name.Length -= 1;
  EXPECT_EQ(NtOpenEvent(&other, kAll, &odd.attributes), kNameInvalid);
  Named below(L"Below", 0, event);
  EXPECT_EQ(NtCreateEvent(&other, kAll, &below.attributes, 0, FALSE), kInvalidHandle);
  // An existing object lets in whom its descriptor lets in, whoever creates it again.
  SECURITY_DESCRIPTOR descriptor;
  ACL nobody;
  InitializeAcl(&nobody, sizeof nobody, ACL_REVISION);
  InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  SetSecurityDescriptorDacl(&descriptor, TRUE, &nobody, FALSE);
  SECURITY_ATTRIBUTES closed = {sizeof closed, &descriptor, FALSE};
  const HANDLE mine = CreateEventW(&closed, TRUE, FALSE, L"ClientClosed");
  EXPECT(mine != nullptr);
  EXPECT(CreateEventW(nullptr, TRUE, FALSE, L"ClientClosed") == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(OpenEventW(SYNCHRONIZE, FALSE, L"ClientClosed") == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(OpenEventW(READ_CONTROL, FALSE, L"ClientClosed") != nullptr);
  CloseHandle(mine);
  NtClose(event);
}

void Memory() {
  const HANDLE self = GetCurrentProcess();
  PVOID base = nullptr;
  SIZE_T size = 0x1800;
  EXPECT_EQ(NtAllocateVirtualMemory(self, Kernel<PVOID>(), 0, &size, MEM_RESERVE, PAGE_READWRITE), kAccessViolation);
  EXPECT_EQ(NtAllocateVirtualMemory(self, &base, 0, Bad<SIZE_T>(), MEM_RESERVE, PAGE_READWRITE), kAccessViolation);
  EXPECT_EQ(NtAllocateVirtualMemory(reinterpret_cast<HANDLE>(0x4444), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), kInvalidHandle);
  EXPECT_EQ(NtAllocateVirtualMemory(self, &base, 0, &size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE), STATUS_OK);
  EXPECT_EQ(size, 0x2000);
  char* const memory = static_cast<char*>(base);
  ULONG old = 0;
  PVOID at = memory + 0xFFF;
  size = 2;
  EXPECT_EQ(NtProtectVirtualMemory(self, &at, &size, PAGE_READONLY, &old), STATUS_OK);
  EXPECT(at == memory && size == 0x2000 && old == PAGE_READWRITE);
  EXPECT_EQ(NtProtectVirtualMemory(self, &at, &size, PAGE_READONLY | PAGE_READWRITE, &old), 0xC0000045);
  EXPECT_EQ(NtProtectVirtualMemory(self, &at, &size, PAGE_WRITECOPY, &old), 0xC0000045);
  EXPECT_EQ(NtProtectVirtualMemory(self, &at, &size, PAGE_READWRITE, nullptr), kAccessViolation);
  at = memory + 0x1000;
  size = 0x2000;
  EXPECT_EQ(NtProtectVirtualMemory(self, &at, &size, PAGE_READWRITE, &old), 0xC0000018);
  SIZE_T done = 7;
  char byte[32] = {};
  EXPECT_EQ(NtWriteVirtualMemory(self, memory, byte, 4, &done), 0x8000000D);
  EXPECT_EQ(NtReadVirtualMemory(self, memory, byte, 4, &done), STATUS_OK);
  EXPECT_EQ(done, 4);
  EXPECT_EQ(NtReadVirtualMemory(self, Bad<void>(), byte, 4, &done), 0x8000000D);
  EXPECT_EQ(done, 0);
  EXPECT_EQ(NtReadVirtualMemory(self, Kernel<void>(), byte, 4, &done), kAccessViolation);
  EXPECT_EQ(NtReadVirtualMemory(self, memory, Kernel<void>(), 4, &done), kAccessViolation);
  EXPECT_EQ(NtReadVirtualMemory(self, memory + 0x1FF0, byte, 32, &done), 0x8000000D);
  EXPECT_EQ(done, 16);
  MEMORY_BASIC_INFORMATION info;
  SIZE_T needed = 0;
  EXPECT_EQ(NtQueryVirtualMemory(self, memory + 0x1234, 0, &info, sizeof info, &needed), STATUS_OK);
  EXPECT(info.BaseAddress == memory + 0x1000 && info.AllocationBase == memory && info.RegionSize == 0x1000 && needed == sizeof info);
  EXPECT_EQ(NtQueryVirtualMemory(self, memory, 0, &info, sizeof info - 1, nullptr), kLengthMismatch);
  EXPECT_EQ(NtQueryVirtualMemory(self, Kernel<void>(), 0, &info, sizeof info, nullptr), kInvalidParameter);
  EXPECT_EQ(NtQueryVirtualMemory(self, memory, 99, &info, sizeof info, nullptr), kInvalidClass);
  EXPECT_EQ(NtQueryVirtualMemory(self, memory, 0, Kernel<void>(), sizeof info, nullptr), kAccessViolation);
  at = memory;
  size = 0x1000;
  EXPECT_EQ(NtFreeVirtualMemory(self, &at, &size, MEM_DECOMMIT | MEM_RELEASE), 0xC00000F2);
  EXPECT_EQ(NtFreeVirtualMemory(self, &at, &size, 0), 0xC00000F2);
  at = memory + 0x1000;
  size = 0;
  EXPECT_EQ(NtFreeVirtualMemory(self, &at, &size, MEM_RELEASE), 0xC000009F);
  size = 0x2000;
  EXPECT_EQ(NtFreeVirtualMemory(self, &at, &size, MEM_RELEASE), 0xC000001A);
  at = memory;
  size = 0;
  EXPECT_EQ(NtFreeVirtualMemory(self, &at, &size, MEM_RELEASE), STATUS_OK);
  EXPECT_EQ(size, 0x2000);
  EXPECT_EQ(NtFreeVirtualMemory(self, &at, &size, MEM_RELEASE), 0xC00000A0);
}

void Information() {
  const HANDLE self = GetCurrentProcess();
  PROCESS_BASIC_INFORMATION basic;
  ULONG needed = 0;
  EXPECT_EQ(NtQueryInformationProcess(self, ProcessBasicInformation, &basic, sizeof basic, &needed), STATUS_OK);
  EXPECT_EQ(needed, 48);
  EXPECT_EQ(NtQueryInformationProcess(self, ProcessBasicInformation, &basic, 47, &needed), kLengthMismatch);
  EXPECT_EQ(NtQueryInformationProcess(self, ProcessBasicInformation, Kernel<void>(), 48, nullptr), kAccessViolation);
  EXPECT_EQ(NtQueryInformationProcess(self, ProcessBasicInformation, reinterpret_cast<char*>(&basic) + 2, 40, nullptr), kMisaligned);
  EXPECT_EQ(NtQueryInformationProcess(self, ProcessBasicInformation, &basic, 48, Kernel<ULONG>()), kAccessViolation);
  EXPECT_EQ(NtQueryInformationProcess(self, static_cast<PROCESSINFOCLASS>(0x7FFF), &basic, 48, nullptr), kInvalidClass);
  alignas(8) static BYTE buffer[0x100];
  EXPECT_EQ(NtQueryInformationProcess(self, ProcessImageFileName, buffer, 4, &needed), kLengthMismatch);
  EXPECT(needed > 16 && needed < 0x400);
  needed = 0;
  EXPECT_EQ(NtQuerySystemInformation(SystemProcessInformation, buffer, 8, &needed), kLengthMismatch);
  EXPECT(needed > 0x400);
  needed = 0;
  EXPECT_EQ(NtQuerySystemInformation(static_cast<SYSTEM_INFORMATION_CLASS>(11), buffer, 4, &needed), kLengthMismatch);
  EXPECT(needed > 300);
  EXPECT_EQ(NtQuerySystemInformation(static_cast<SYSTEM_INFORMATION_CLASS>(0), buffer, 63, &needed), kLengthMismatch);
  EXPECT_EQ(needed, 64);
  EXPECT_EQ(NtQuerySystemInformation(static_cast<SYSTEM_INFORMATION_CLASS>(0), buffer + 1, 64, &needed), kMisaligned);
  EXPECT_EQ(NtQuerySystemInformation(static_cast<SYSTEM_INFORMATION_CLASS>(0), Kernel<void>(), 64, &needed), kAccessViolation);
  EXPECT_EQ(NtQuerySystemInformation(static_cast<SYSTEM_INFORMATION_CLASS>(0x7FFF), buffer, 64, &needed), kInvalidClass);
  EXPECT_EQ(NtQueryObject(reinterpret_cast<HANDLE>(0x4444), static_cast<OBJECT_INFORMATION_CLASS>(0), buffer, 56, &needed), kInvalidHandle);
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, L"ClientInformation");
  EXPECT_EQ(NtQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(0), buffer, 55, &needed), kLengthMismatch);
  EXPECT_EQ(needed, 56);
  EXPECT_EQ(NtQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(0), buffer, 56, &needed), STATUS_OK);
  EXPECT_EQ(NtQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(1), buffer, 4, &needed), kLengthMismatch);
  EXPECT(needed > 40 && needed < 200);
  const ULONG exact = needed;
  EXPECT_EQ(NtQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(1), buffer, 20, &needed), 0x80000005);
  EXPECT_EQ(needed, exact);
  EXPECT_EQ(NtQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(1), buffer, exact, &needed), STATUS_OK);
  EXPECT_EQ(NtQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(99), buffer, 56, &needed), kInvalidClass);
  CloseHandle(event);
  HANDLE token = nullptr;
  EXPECT_EQ(NtOpenProcessToken(self, TOKEN_QUERY, Kernel<HANDLE>()), kAccessViolation);
  EXPECT_EQ(NtOpenProcessToken(self, TOKEN_QUERY, &token), STATUS_OK);
  EXPECT_EQ(NtQueryInformationToken(token, TokenUser, buffer, 4, &needed), kBufferTooSmall);
  EXPECT(needed > 16 && needed < 100);
  EXPECT_EQ(NtQueryInformationToken(token, TokenUser, nullptr, 0, &needed), kBufferTooSmall);
  EXPECT_EQ(NtQueryInformationToken(token, TokenUser, buffer, sizeof buffer, nullptr), kAccessViolation);
  EXPECT_EQ(NtQueryInformationToken(token, 0, buffer, sizeof buffer, &needed), kInvalidClass);
  EXPECT_EQ(NtQueryInformationToken(token, 99, buffer, sizeof buffer, &needed), kInvalidClass);
  NtClose(token);
}

void Handles() {
  const HANDLE self = GetCurrentProcess();
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  BOOLEAN flags[2] = {FALSE, TRUE};
  EXPECT_EQ(NtSetInformationObject(event, 4, flags, 2), STATUS_OK);
  EXPECT_EQ(NtClose(event), kNotClosable);
  HANDLE copy = nullptr;
  EXPECT_EQ(NtDuplicateObject(self, event, self, &copy, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE), STATUS_OK);
  EXPECT_EQ(NtClose(copy), STATUS_OK);
  flags[1] = FALSE;
  EXPECT_EQ(NtSetInformationObject(event, 4, flags, 2), STATUS_OK);
  EXPECT_EQ(NtDuplicateObject(self, reinterpret_cast<HANDLE>(0x4444), self, &copy, 0, 0, DUPLICATE_SAME_ACCESS), kInvalidHandle);
  EXPECT_EQ(NtDuplicateObject(event, event, self, &copy, 0, 0, DUPLICATE_SAME_ACCESS), kTypeMismatch);
  EXPECT_EQ(NtDuplicateObject(self, event, self, Kernel<HANDLE>(), 0, 0, DUPLICATE_SAME_ACCESS), kAccessViolation);
  // Without a target the source is only closed.
  EXPECT_EQ(NtDuplicateObject(self, event, nullptr, nullptr, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_OK);
  EXPECT_EQ(NtClose(event), kInvalidHandle);
  HANDLE process = nullptr;
  ULONG_PTR id[2] = {GetCurrentProcessId(), 0}, none[2] = {0xFFFFFC, 0}, wrong[2] = {GetCurrentProcessId(), 0xFFFFFC};
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, 0, nullptr, nullptr);
  EXPECT_EQ(NtOpenProcess(&process, 0x1000, &attributes, none), 0xC000000B);
  EXPECT_EQ(NtOpenProcess(&process, 0x1000, &attributes, wrong), 0xC000000B);
  EXPECT_EQ(NtOpenProcess(&process, 0x1000, &attributes, nullptr), 0xC0000030);
  EXPECT_EQ(NtOpenProcess(&process, 0x1000, &attributes, Kernel<void>()), kAccessViolation);
  EXPECT_EQ(NtOpenProcess(&process, 0x1000, &attributes, id), STATUS_OK);
  PROCESS_BASIC_INFORMATION basic;
  EXPECT_EQ(NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, nullptr), STATUS_OK);
  char byte;
  EXPECT_EQ(NtReadVirtualMemory(process, &byte, &byte, 1, nullptr), kDenied);
  // The caller's own process has all rights of a process, and only those.
  DWORD needed = 0;
  EXPECT(!GetKernelObjectSecurity(self, SACL_SECURITY_INFORMATION, nullptr, 0, &needed));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  NtClose(process);
}

}  // namespace

int main() {
  Events();
  Mutants();
  Semaphores();
  Timers();
  Waits();
  Names();
  Memory();
  Information();
  Handles();
  return Verdict();
}
