// Measures one figure on the machine it runs on: its exit code is the time for all iterations, in units of 100 ns; 0 is failure.
//
//   bench_client FIGURE ITERATIONS
#include <windows.h>
#include <winioctl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../bench.h"

namespace {

ULONG64 Now() {
  LARGE_INTEGER counter;
  QueryPerformanceCounter(&counter);
  return static_cast<ULONG64>(counter.QuadPart);
}

ULONG64 DeviceControl(HANDLE device, ULONG iterations) {
  const ULONG64 start = Now();
  for (ULONG i = 0; i < iterations; ++i) {
    DWORD bytes;
    if (!DeviceIoControl(device, IOCTL_BENCH_NOTHING, nullptr, 0, nullptr, 0, &bytes, nullptr)) return 0;
  }
  return Now() - start;
}

/// A process that ends at once, from its creation to its end.
ULONG64 Processes(ULONG iterations) {
  wchar_t path[MAX_PATH];
  GetModuleFileNameW(nullptr, path, MAX_PATH);
  const ULONG64 start = Now();
  for (ULONG i = 0; i < iterations; ++i) {
    wchar_t line[] = L"bench_client nothing";
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    PROCESS_INFORMATION made;
    if (!CreateProcessW(path, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &made)) return 0;
    WaitForSingleObject(made.hProcess, INFINITE);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
  }
  return Now() - start;
}

HANDLE OpenBench() {
  return CreateFileW(L"\\\\.\\" BENCH_DEVICE_NAME, GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
}

bool SetNotify(HANDLE device, BOOLEAN registered) {
  DWORD bytes;
  return DeviceIoControl(device, IOCTL_BENCH_NOTIFY, &registered, sizeof registered, nullptr, 0, &bytes, nullptr) != 0;
}

/// What one process-notify routine adds to a process: the best rounds with sixty of them and with none, a sixtieth of the difference.
ULONG64 ProcessNotify(ULONG iterations) {
  constexpr ULONG kRound = 10;
  const HANDLE device = OpenBench();
  ULONG64 without = ~0ull, with = ~0ull;
  for (ULONG done = 0; done < iterations; done += kRound) {
    without = std::min(without, Processes(kRound));
    if (!SetNotify(device, TRUE)) return 0;
    with = std::min(with, Processes(kRound));
    if (!SetNotify(device, FALSE)) return 0;
  }
  CloseHandle(device);
  return with > without ? (with - without) * iterations / (kRound * BENCH_PROCESS_ROUTINES) + 1 : 1;
}

/// All handles open at once, then closed.
ULONG64 Handles(ULONG iterations) {
  auto* const handles = static_cast<HANDLE*>(std::malloc(iterations * sizeof(HANDLE)));
  const ULONG64 start = Now();
  for (ULONG i = 0; i < iterations; ++i) handles[i] = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  ULONG closed = 0;
  for (ULONG i = 0; i < iterations; ++i) closed += CloseHandle(handles[i]) ? 1 : 0;
  const ULONG64 ticks = Now() - start;
  std::free(handles);
  return closed == iterations ? ticks : 0;
}

/// 4 KiB at a time, always the same: the whole way to the file system, and the host's copy.
ULONG64 FileRead(ULONG iterations) {
  static char buffer[4096];
  const HANDLE file = CreateFileW(L"C:\\bench-read.bin", GENERIC_READ | GENERIC_WRITE | DELETE, 0, nullptr, CREATE_ALWAYS,
                                  FILE_FLAG_DELETE_ON_CLOSE, nullptr);
  DWORD bytes = 0;
  if (file == INVALID_HANDLE_VALUE || !WriteFile(file, buffer, sizeof buffer, &bytes, nullptr)) return 0;
  ULONG64 start = Now();
  for (ULONG i = 0; i < iterations && start != 0; ++i) {
    OVERLAPPED at_start{};
    if (!ReadFile(file, buffer, sizeof buffer, &bytes, &at_start) || bytes != sizeof buffer) start = 0;
  }
  const ULONG64 end = Now();
  CloseHandle(file);
  return start != 0 ? end - start : 0;
}

/// What the client itself measures.
struct ClientFigure {
  const char* name;
  ULONG64 (*measure)(ULONG iterations);
};
constexpr ClientFigure kClientFigures[] = {
    {"process", Processes}, {"process_notify", ProcessNotify}, {"handle", Handles}, {"file_read", FileRead}};

ULONG64 InDriver(HANDLE device, const char* figure, ULONG iterations) {
  BenchRequest request{};
  std::strncpy(request.Figure, figure, sizeof(request.Figure) - 1);
  request.Iterations = iterations;
  BenchResult result{};
  DWORD bytes;
  if (!DeviceIoControl(device, IOCTL_BENCH_MEASURE, &request, sizeof(request), &result, sizeof(result), &bytes, nullptr)) return 0;
  return result.Ticks;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "nothing") == 0) return 0;
  for (const ClientFigure& figure : kClientFigures) {
    if (argc == 3 && std::strcmp(argv[1], figure.name) == 0) return static_cast<int>(figure.measure(std::strtoul(argv[2], nullptr, 10)));
  }
  if (argc != 3) {
    std::printf("Usage: %s FIGURE ITERATIONS\n", argv[0]);
    return 0;
  }
  const HANDLE device = OpenBench();
  if (device == INVALID_HANDLE_VALUE) {
    std::printf("The benchmark driver is not loaded: error %lu\n", GetLastError());
    return 0;
  }
  const ULONG iterations = std::strtoul(argv[2], nullptr, 10);
  const ULONG64 ticks =
      std::strcmp(argv[1], "device_io_control") == 0 ? DeviceControl(device, iterations) : InDriver(device, argv[1], iterations);
  if (ticks == 0) std::printf("%s: failed, error %lu\n", argv[1], GetLastError());
  CloseHandle(device);
  return static_cast<int>(ticks);
}
