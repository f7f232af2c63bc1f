// ZeroTest: checks everything the Zero driver promises, from one thread or from several at once.
#include <windows.h>

#include <winioctl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../common.h"

static const char kUsage[] =
    "Usage: ZeroTest [--threads N] [--rounds N] [--size BYTES] [--keep] [--expect READ WRITTEN] [--show]\n"
    "  --threads N   threads that read and write at once (default 1, at most 64)\n"
    "  --rounds N    reads and writes of each thread (default 16)\n"
    "  --size BYTES  length of each read and write (default 4096)\n"
    "  --keep        add to the statistics instead of clearing them first\n"
    "  --expect R W  check only that the statistics are R bytes read and W written\n"
    "  --show        print the statistics and do nothing else\n";

struct Options {
  DWORD threads = 1, rounds = 16, size = 4096;
  bool keep = false, show = false, expect = false;
  LONG64 expected_read = 0, expected_written = 0;
};

static int g_failures;

static void Check(bool condition, const char* what) {
  if (!condition) {
    std::printf("FAILED: %s (error=%lu)\n", what, GetLastError());
    g_failures++;
  }
}

static HANDLE Open() {
  return CreateFileW(L"\\\\.\\Zero", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr);
}

static bool GetStatistics(HANDLE device, ZeroStats& stats) {
  DWORD bytes = 0;
  return DeviceIoControl(device, IOCTL_ZERO_GET_STATS, nullptr, 0, &stats, sizeof(stats), &bytes, nullptr) && bytes == sizeof(stats);
}

static bool ClearStatistics(HANDLE device) {
  DWORD bytes;
  return DeviceIoControl(device, IOCTL_ZERO_CLEAR_STATS, nullptr, 0, nullptr, 0, &bytes, nullptr);
}

static void Print(const ZeroStats& stats) { std::printf("Total read: %lld, total written: %lld\n", stats.TotalRead, stats.TotalWritten); }

// Each thread has a handle of its own and returns how many of its operations went wrong.
static DWORD WINAPI Work(LPVOID parameter) {
  const Options& options = *static_cast<const Options*>(parameter);
  DWORD failures = 0;
  HANDLE device = Open();
  if (device == INVALID_HANDLE_VALUE) {
    return options.rounds;
  }
  std::vector<unsigned char> buffer(options.size);
  for (DWORD round = 0; round < options.rounds; round++) {
    std::memset(buffer.data(), 0xCC, buffer.size());
    DWORD bytes = 0;
    if (!ReadFile(device, buffer.data(), options.size, &bytes, nullptr) || bytes != options.size) {
      failures++;
    }
    for (unsigned char byte : buffer) {
      if (byte != 0) {
        failures++;
        break;
      }
    }
    // What is written vanishes, and the caller's buffer stays as it is.
    std::memset(buffer.data(), 0x5A, buffer.size());
    bytes = 0;
    if (!WriteFile(device, buffer.data(), options.size, &bytes, nullptr) || bytes != options.size) {
      failures++;
    }
    for (unsigned char byte : buffer) {
      if (byte != 0x5A) {
        failures++;
        break;
      }
    }
  }
  CloseHandle(device);
  return failures;
}

static void RunThreads(const Options& options) {
  HANDLE threads[64];
  for (DWORD i = 0; i < options.threads; i++) {
    threads[i] = CreateThread(nullptr, 0, Work, const_cast<Options*>(&options), 0, nullptr);
    if (!threads[i]) {
      Check(false, "creating a thread");
      std::exit(1);
    }
  }
  WaitForMultipleObjects(options.threads, threads, TRUE, INFINITE);
  for (DWORD i = 0; i < options.threads; i++) {
    DWORD failures = 1;
    GetExitCodeThread(threads[i], &failures);
    Check(failures == 0, "contents and lengths of a thread's reads and writes");
    CloseHandle(threads[i]);
  }
}

// The requests a correct driver refuses, with the Win32 errors of its status codes.
static void CheckRefusals(HANDLE device) {
  char byte;
  DWORD bytes;
  Check(!ReadFile(device, &byte, 0, &bytes, nullptr) && GetLastError() == ERROR_INVALID_USER_BUFFER, "a read of nothing is refused");
  Check(
      !DeviceIoControl(device, IOCTL_ZERO_GET_STATS, nullptr, 0, &byte, 1, &bytes, nullptr) && GetLastError() == ERROR_INSUFFICIENT_BUFFER,
      "statistics into a short buffer are refused");
  Check(!DeviceIoControl(device, CTL_CODE(ZERO_DEVICE_TYPE, 0x8FF, METHOD_BUFFERED, FILE_ANY_ACCESS), nullptr, 0, nullptr, 0, &bytes,
                         nullptr) &&
            GetLastError() == ERROR_INVALID_FUNCTION,
        "an unknown control code is refused");
}

static void RunTest(HANDLE device, const Options& options) {
  if (!options.keep) {
    Check(ClearStatistics(device), "clearing the statistics");
  }
  ZeroStats before = {}, after = {};
  Check(GetStatistics(device, before), "reading the statistics");
  if (!options.keep) {
    Check(before.TotalRead == 0 && before.TotalWritten == 0, "cleared statistics are zero");
  }
  RunThreads(options);
  CheckRefusals(device);

  Check(GetStatistics(device, after), "reading the statistics again");
  Print(after);
  const LONG64 expected = static_cast<LONG64>(options.threads) * options.rounds * options.size;
  Check(after.TotalRead - before.TotalRead == expected, "every byte read was counted once");
  Check(after.TotalWritten - before.TotalWritten == expected, "every byte written was counted once");
}

static bool Parse(int argc, char* argv[], Options& options) {
  for (int i = 1; i < argc; i++) {
    const bool more = i + 1 < argc;
    if (!std::strcmp(argv[i], "--threads") && more) {
      options.threads = std::strtoul(argv[++i], nullptr, 10);
    } else if (!std::strcmp(argv[i], "--rounds") && more) {
      options.rounds = std::strtoul(argv[++i], nullptr, 10);
    } else if (!std::strcmp(argv[i], "--size") && more) {
      options.size = std::strtoul(argv[++i], nullptr, 10);
    } else if (!std::strcmp(argv[i], "--keep")) {
      options.keep = true;
    } else if (!std::strcmp(argv[i], "--show")) {
      options.show = true;
    } else if (!std::strcmp(argv[i], "--expect") && i + 2 < argc) {
      options.expect = true;
      options.expected_read = std::strtoll(argv[++i], nullptr, 10);
      options.expected_written = std::strtoll(argv[++i], nullptr, 10);
    } else {
      return false;
    }
  }
  return options.threads >= 1 && options.threads <= 64 && options.size >= 1;
}

int main(int argc, char* argv[]) {
  Options options;
  if (!Parse(argc, argv, options)) {
    std::printf("%s", kUsage);
    return 2;
  }
  HANDLE device = Open();
  if (device == INVALID_HANDLE_VALUE) {
    Check(false, "opening the Zero device");
    return 1;
  }
  if (options.show || options.expect) {
    ZeroStats stats = {};
    Check(GetStatistics(device, stats), "reading the statistics");
    Print(stats);
    Check(!options.expect || (stats.TotalRead == options.expected_read && stats.TotalWritten == options.expected_written),
          "the statistics are the expected ones");
  } else {
    RunTest(device, options);
  }
  CloseHandle(device);
  std::printf("%s\n", g_failures ? "ZeroTest failed" : "ZeroTest passed");
  return g_failures ? 1 : 0;
}
