// ntdll's services of mutants, semaphores, timers, events and completion ports that only programs have: what they return and refuse.
#include <windows.h>
#include <winternl.h>

#include <cstdio>

#define SERVICE(name) reinterpret_cast<NTSTATUS(NTAPI*)(...)>(GetProcAddress(GetModuleHandleA("ntdll.dll"), #name))

namespace {
int failures = 0;

void Expect(int line, long long actual, long long expected) {
  if (actual == expected) return;
  ++failures;
  std::printf("line %d: 0x%llx, not 0x%llx\n", line, actual & 0xffffffff, expected & 0xffffffff);
}
#define EXPECT_EQ(actual, expected) Expect(__LINE__, static_cast<long long>(actual), static_cast<long long>(expected))
#define STATUS(value) static_cast<long long>(static_cast<NTSTATUS>(value##u))

constexpr ULONG kAll = 0x1f0003;
const HANDLE kThread = reinterpret_cast<HANDLE>(-2);

void Mutants() {
  const auto create = SERVICE(NtCreateMutant), release = SERVICE(NtReleaseMutant), query = SERVICE(NtQueryMutant);
  HANDLE mutant = nullptr;
  EXPECT_EQ(create(&mutant, kAll, nullptr, TRUE), 0);
  struct {
    LONG count;
    BOOLEAN owned, abandoned;
  } information = {};
  ULONG length = 0;
  EXPECT_EQ(query(mutant, 0, &information, sizeof information, &length), 0);
  EXPECT_EQ(information.count, 0);
  EXPECT_EQ(information.owned, TRUE);
  EXPECT_EQ(length, 8);
  EXPECT_EQ(query(mutant, 0, &information, 7, nullptr), STATUS(0xC0000004));
  EXPECT_EQ(query(mutant, 9, &information, sizeof information, nullptr), STATUS(0xC0000003));
  EXPECT_EQ(WaitForSingleObject(mutant, 0), 0);
  LONG previous = 77;
  EXPECT_EQ(release(mutant, &previous), 0);
  EXPECT_EQ(previous, -1);
  EXPECT_EQ(release(mutant, &previous), 0);
  EXPECT_EQ(previous, 0);
  EXPECT_EQ(release(mutant, &previous), STATUS(0xC0000046));
  EXPECT_EQ(release(kThread, nullptr), STATUS(0xC0000024));
  CloseHandle(CreateThread(nullptr, 0, [](void* handle) { return WaitForSingleObject(handle, INFINITE); }, mutant, 0, nullptr));
  do {
    Sleep(1);
    EXPECT_EQ(query(mutant, 0, &information, sizeof information, nullptr), 0);
  } while (!information.abandoned);
  EXPECT_EQ(information.count, 1);
  EXPECT_EQ(information.owned, FALSE);
  EXPECT_EQ(WaitForSingleObject(mutant, 0), WAIT_ABANDONED);
  EXPECT_EQ(query(mutant, 0, &information, sizeof information, nullptr), 0);
  EXPECT_EQ(information.abandoned, FALSE);
  EXPECT_EQ(release(mutant, nullptr), 0);
  HANDLE blind = nullptr;  // without the right to query
  EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), mutant, GetCurrentProcess(), &blind, SYNCHRONIZE, FALSE, 0), TRUE);
  EXPECT_EQ(query(blind, 0, &information, sizeof information, nullptr), STATUS(0xC0000022));
}

void Semaphores() {
  const auto create = SERVICE(NtCreateSemaphore), release = SERVICE(NtReleaseSemaphore), query = SERVICE(NtQuerySemaphore);
  HANDLE semaphore = nullptr;
  EXPECT_EQ(create(&semaphore, kAll, nullptr, 0, 0), STATUS(0xC000000D));
  EXPECT_EQ(create(&semaphore, kAll, nullptr, -1, 5), STATUS(0xC000000D));
  EXPECT_EQ(create(&semaphore, kAll, nullptr, 6, 5), STATUS(0xC000000D));
  EXPECT_EQ(create(&semaphore, kAll, nullptr, 1, 3), 0);
  LONG previous = -1;
  EXPECT_EQ(release(semaphore, 0, &previous), STATUS(0xC000000D));
  EXPECT_EQ(release(semaphore, -1, &previous), STATUS(0xC000000D));
  EXPECT_EQ(release(semaphore, 3, &previous), STATUS(0xC0000047));
  EXPECT_EQ(previous, -1);
  EXPECT_EQ(release(semaphore, 2, &previous), 0);
  EXPECT_EQ(previous, 1);
  LONG information[2] = {};
  ULONG length = 0;
  EXPECT_EQ(query(semaphore, 0, information, sizeof information, &length), 0);
  EXPECT_EQ(information[0], 3);
  EXPECT_EQ(information[1], 3);
  EXPECT_EQ(length, 8);
  EXPECT_EQ(query(semaphore, 0, information, 9, nullptr), STATUS(0xC0000004));
  EXPECT_EQ(query(semaphore, 1, information, sizeof information, nullptr), STATUS(0xC0000003));
}

void Events() {
  const auto create = SERVICE(NtCreateEvent), query = SERVICE(NtQueryEvent), pulse = SERVICE(NtPulseEvent), set = SERVICE(NtSetEvent);
  HANDLE event = nullptr;
  EXPECT_EQ(create(&event, kAll, nullptr, 2, FALSE), STATUS(0xC000000D));
  EXPECT_EQ(create(&event, kAll, nullptr, 1, TRUE), 0);
  LONG information[2] = {}, previous = 7;
  ULONG length = 0;
  EXPECT_EQ(query(event, 0, information, sizeof information, &length), 0);
  EXPECT_EQ(information[0], 1);
  EXPECT_EQ(information[1], 1);
  EXPECT_EQ(length, 8);
  EXPECT_EQ(query(event, 0, information, 4, nullptr), STATUS(0xC0000004));
  EXPECT_EQ(pulse(event, &previous), 0);
  EXPECT_EQ(previous, 1);
  EXPECT_EQ(query(event, 0, information, sizeof information, &length), 0);
  EXPECT_EQ(information[1], 0);
  EXPECT_EQ(SERVICE(NtClearEvent)(event), 0);
  EXPECT_EQ(set(event, nullptr), 0);
  EXPECT_EQ(SERVICE(NtResetEvent)(event, &previous), 0);
  EXPECT_EQ(previous, 1);
}

void Timers() {
  const auto create = SERVICE(NtCreateTimer), set = SERVICE(NtSetTimer), cancel = SERVICE(NtCancelTimer), query = SERVICE(NtQueryTimer);
  HANDLE timer = nullptr;
  EXPECT_EQ(create(&timer, kAll, nullptr, 2), STATUS(0xC00000F2));
  EXPECT_EQ(create(&timer, kAll, nullptr, 0), 0);
  LARGE_INTEGER due;
  due.QuadPart = -10'000'000;
  BOOLEAN previous = TRUE;
  EXPECT_EQ(set(timer, &due, nullptr, nullptr, FALSE, -1, &previous), STATUS(0xC00000F4));
  EXPECT_EQ(set(timer, &due, nullptr, nullptr, FALSE, 0, &previous), 0);
  EXPECT_EQ(previous, FALSE);
  struct {
    LARGE_INTEGER remaining;
    BOOLEAN state;
  } information = {};
  ULONG length = 0;
  EXPECT_EQ(query(timer, 0, &information, sizeof information, &length), 0);
  EXPECT_EQ(information.remaining.QuadPart > 0 && information.remaining.QuadPart <= 10'000'000, TRUE);
  EXPECT_EQ(information.state, FALSE);
  EXPECT_EQ(length, 16);
  EXPECT_EQ(query(timer, 0, &information, 15, nullptr), STATUS(0xC0000004));
  EXPECT_EQ(query(timer, 1, &information, sizeof information, nullptr), STATUS(0xC0000003));
  EXPECT_EQ(cancel(timer, &previous), 0);
  EXPECT_EQ(previous, FALSE);
  due.QuadPart = -10'000;
  EXPECT_EQ(set(timer, &due, nullptr, nullptr, FALSE, 0, nullptr), 0);
  EXPECT_EQ(WaitForSingleObject(timer, INFINITE), 0);
  EXPECT_EQ(query(timer, 0, &information, sizeof information, &length), 0);
  EXPECT_EQ(information.state, TRUE);
  EXPECT_EQ(information.remaining.QuadPart <= 0, TRUE);
}

void Ports() {
  const auto create = SERVICE(NtCreateIoCompletion), put = SERVICE(NtSetIoCompletion), take = SERVICE(NtRemoveIoCompletion),
             query = SERVICE(NtQueryIoCompletion);
  HANDLE port = nullptr;
  EXPECT_EQ(create(&port, kAll, nullptr, 1), 0);
  EXPECT_EQ(put(port, 7ull, 8ull, 0x80000006, 9ull), 0);
  ULONG depth = 0, length = 0;
  EXPECT_EQ(query(port, 0, &depth, 4, &length), 0);
  EXPECT_EQ(depth, 1);
  EXPECT_EQ(length, 4);
  EXPECT_EQ(query(port, 0, &depth, 3, nullptr), STATUS(0xC0000004));
  ULONG_PTR key = 0, context = 0;
  IO_STATUS_BLOCK block = {};
  LARGE_INTEGER zero = {};
  EXPECT_EQ(take(port, &key, &context, &block, &zero), 0);
  EXPECT_EQ(key, 7);
  EXPECT_EQ(context, 8);
  EXPECT_EQ(block.Status, STATUS(0x80000006));
  EXPECT_EQ(block.Information, 9);
  EXPECT_EQ(take(port, &key, &context, &block, &zero), 0x102);
}

void Delays() {
  LARGE_INTEGER time;
  time.QuadPart = -10'000;
  EXPECT_EQ(SERVICE(NtDelayExecution)(FALSE, &time), 0);
  time.QuadPart = 0;
  EXPECT_EQ(SERVICE(NtDelayExecution)(TRUE, &time), 0);
  EXPECT_EQ(SERVICE(NtDelayExecution)(FALSE, nullptr), STATUS(0xC0000005));
  const NTSTATUS yielded = SERVICE(NtYieldExecution)();
  EXPECT_EQ(yielded == 0 || yielded == 0x40000024, TRUE);
  EXPECT_EQ(SERVICE(NtTestAlert)(), 0);
  QueueUserAPC([](ULONG_PTR value) { *reinterpret_cast<int*>(value) = 5; }, GetCurrentThread(), reinterpret_cast<ULONG_PTR>(&time));
  EXPECT_EQ(SERVICE(NtTestAlert)(), 0);
  EXPECT_EQ(time.LowPart, 5);
  LARGE_INTEGER counter = {}, frequency = {};
  EXPECT_EQ(SERVICE(NtQuerySystemTime)(&counter), 0);
  EXPECT_EQ(SERVICE(NtQueryPerformanceCounter)(&counter, &frequency), 0);
  EXPECT_EQ(frequency.QuadPart, 10'000'000);
  EXPECT_EQ(SERVICE(NtQueryPerformanceCounter)(nullptr, nullptr), STATUS(0xC0000005));
}
}  // namespace

int main() {
  Mutants();
  Semaphores();
  Events();
  Timers();
  Ports();
  Delays();
  std::printf("%d failures\n", failures);
}
