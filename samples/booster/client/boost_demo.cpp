// BoostDemo [--priority N] [--milliseconds N]: two threads compute on one processor, each for itself; one of them is
// boosted through the driver. Prints what each achieved; succeeds if the boosted one got the processor.
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../common.h"

struct Worker {
  volatile LONG64 rounds;
  volatile LONG64 checksum;  // keeps the computation from being optimized away
};

static volatile LONG g_stop;
static Worker g_workers[2];

static DWORD WINAPI Compute(LPVOID parameter) {
  Worker* worker = static_cast<Worker*>(parameter);
  unsigned value = 1;
  while (!g_stop) {
    for (int i = 0; i < 1000; i++) {
      value = value * 1664525u + 1013904223u;
    }
    worker->checksum = value;
    worker->rounds = worker->rounds + 1;
  }
  return 0;
}

static int Error(const char* message) {
  std::printf("%s (error=%lu)\n", message, GetLastError());
  return 1;
}

static bool Boost(DWORD thread_id, int priority) {
  HANDLE device = CreateFileW(L"\\\\.\\Booster", GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    return false;
  }
  ThreadData data;
  data.ThreadId = thread_id;
  data.Priority = priority;
  DWORD written;
  const BOOL done = WriteFile(device, &data, sizeof(data), &written, nullptr);
  const DWORD error = GetLastError();
  CloseHandle(device);
  SetLastError(error);
  return done;
}

static int Option(int argc, const char* argv[], const char* name, int standard) {
  for (int i = 1; i + 1 < argc; i++) {
    if (std::strcmp(argv[i], name) == 0) {
      return std::atoi(argv[i + 1]);
    }
  }
  return standard;
}

// Lets both threads run for a while and returns the share of all rounds, in percent, that the second one made.
static double MeasureSecondShare(DWORD milliseconds) {
  const LONG64 first = g_workers[0].rounds, second = g_workers[1].rounds;
  Sleep(milliseconds);
  const LONG64 first_made = g_workers[0].rounds - first, second_made = g_workers[1].rounds - second;
  const LONG64 all = first_made + second_made;
  std::printf("  thread 0: %lld rounds, thread 1: %lld rounds\n", first_made, second_made);
  return all ? 100.0 * static_cast<double>(second_made) / static_cast<double>(all) : 0;
}

int main(int argc, const char* argv[]) {
  // A real-time priority stays; one below 16 comes back to the thread's base priority, a level with each quantum it uses up.
  const int priority = Option(argc, argv, "--priority", 25);
  const DWORD milliseconds = static_cast<DWORD>(Option(argc, argv, "--milliseconds", 300));

  // This thread has to wake up while the others compute; they compete for one processor, so that priority decides.
  SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
  HANDLE threads[2];
  DWORD ids[2];
  for (int i = 0; i < 2; i++) {
    threads[i] = CreateThread(nullptr, 0, Compute, &g_workers[i], CREATE_SUSPENDED, &ids[i]);
    if (!threads[i] || !SetThreadAffinityMask(threads[i], 1)) {
      return Error("Failed to create the computing threads");
    }
  }
  ResumeThread(threads[0]);
  ResumeThread(threads[1]);

  std::printf("equal priorities:\n");
  const double before = MeasureSecondShare(milliseconds);
  if (!Boost(ids[1], priority)) {
    return Error("Failed to boost thread 1");
  }
  std::printf("thread 1 boosted to %d:\n", priority);
  const double after = MeasureSecondShare(milliseconds);

  InterlockedExchange(&g_stop, 1);
  WaitForMultipleObjects(2, threads, TRUE, INFINITE);
  CloseHandle(threads[0]);
  CloseHandle(threads[1]);

  std::printf("share of thread 1: %.0f%% before, %.0f%% after\n", before, after);
  const bool shown = before > 20 && before < 80 && after > 90;
  std::printf("%s\n", shown ? "the boosted thread got the processor" : "FAILED: the boost had no clear effect");
  return shown ? 0 : 1;
}
