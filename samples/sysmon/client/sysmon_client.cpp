// SysMonClient: shows what the SysMon driver has noted, and goes on doing so.
#include <windows.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "../common.h"

// Between reads, in milliseconds: at 50 000 events a second half of the driver's 10 000 come meanwhile.
constexpr DWORD kPause = 100;

// \Device\HarddiskVolumeN\... as C:\...; what lies on no drive stays as it is.
static std::wstring DosName(const std::wstring& name) {
  for (wchar_t letter = L'A'; letter <= L'Z'; letter++) {
    const wchar_t drive[] = {letter, L':', 0};
    wchar_t target[MAX_PATH];
    if (!QueryDosDeviceW(drive, target, MAX_PATH)) continue;
    const std::wstring prefix = std::wstring(target) + L"\\";
    if (name.compare(0, prefix.size(), prefix) == 0) return drive + name.substr(prefix.size() - 1);
  }
  return name;
}

static std::wstring TextAfter(const void* event, ULONG bytes) {
  return std::wstring(static_cast<const wchar_t*>(event), bytes / sizeof(wchar_t));
}

static void Show(const Event* event) {
  if (event->Lost) std::printf("%lu events were lost\n", event->Lost);
  FILETIME time, local;
  std::memcpy(&time, &event->Time, sizeof time);
  SYSTEMTIME clock;
  FileTimeToLocalFileTime(&time, &local);
  FileTimeToSystemTime(&local, &clock);
  std::printf("%02u:%02u:%02u.%03u: ", clock.wHour, clock.wMinute, clock.wSecond, clock.wMilliseconds);
  switch (event->Kind) {
    case ProcessCreated: {
      const auto* created = static_cast<const ProcessCreatedEvent*>(event);
      std::printf("process %lu created by thread %lu of process %lu, parent %lu, command line: %ls\n", created->ProcessId,
                  created->CreatorThreadId, created->CreatorProcessId, created->ParentId,
                  TextAfter(created + 1, created->CommandLineLength).c_str());
      break;
    }
    case ProcessExited: {
      const auto* exited = static_cast<const ProcessExitedEvent*>(event);
      std::printf("process %lu exited with code 0x%lX\n", exited->ProcessId, exited->ExitCode);
      break;
    }
    case ThreadCreated:
    case ThreadExited: {
      const auto* thread = static_cast<const ThreadEvent*>(event);
      std::printf("thread %lu %s in process %lu\n", thread->ThreadId, event->Kind == ThreadCreated ? "created" : "exited",
                  thread->ProcessId);
      break;
    }
    case ImageLoaded: {
      const auto* image = static_cast<const ImageLoadedEvent*>(event);
      std::printf("image loaded at 0x%llX, %llu bytes, in process %lu: %ls\n", image->Base, image->ImageSize, image->ProcessId,
                  DosName(TextAfter(image + 1, image->NameLength)).c_str());
      break;
    }
  }
}

// Shows all events there are; false if the device fails.
static bool ShowAll(HANDLE device) {
  alignas(8) static BYTE buffer[1 << 16];
  DWORD bytes;
  do {
    if (!ReadFile(device, buffer, sizeof buffer, &bytes, nullptr)) return false;
    for (DWORD at = 0; at < bytes;) {
      // Events lie one behind the other, on any address: a copy is aligned.
      alignas(8) static BYTE one[1 << 16];
      USHORT size;
      std::memcpy(&size, buffer + at + offsetof(Event, Size), sizeof size);
      std::memcpy(one, buffer + at, size);
      Show(reinterpret_cast<const Event*>(one));
      at += size;
    }
  } while (bytes != 0);
  return true;
}

static DWORD WINAPI Nothing(void*) { return 0; }

// Something to see: a program that runs to its end, or a thread that does nothing.
static bool Demonstrate(const std::string& line) {
  HANDLE ends = nullptr;
  if (line.empty()) {
    ends = CreateThread(nullptr, 0, Nothing, nullptr, 0, nullptr);
  } else {
    STARTUPINFOA startup{};
    startup.cb = sizeof startup;
    PROCESS_INFORMATION process;
    std::string copy = line;
    if (!CreateProcessA(nullptr, copy.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process)) return false;
    CloseHandle(process.hThread);
    ends = process.hProcess;
  }
  if (!ends) return false;
  WaitForSingleObject(ends, INFINITE);
  CloseHandle(ends);
  return true;
}

int main(int argc, char** argv) {
  const bool demo = argc > 1 && std::strcmp(argv[1], "--demo") == 0;
  const HANDLE device = CreateFileW(L"\\\\.\\SysMon", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    std::printf("cannot open SysMon (error=%lu)\n", GetLastError());
    return 1;
  }
  std::string line;
  for (int i = 2; i < argc; i++) line += (i > 2 ? " " : "") + std::string(argv[i]);
  if (demo && !Demonstrate(line)) {
    std::printf("cannot start what is to be shown (error=%lu)\n", GetLastError());
    return 1;
  }
  // A console is written character by character unless told otherwise: too slow for a busy system.
  std::setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
  while (ShowAll(device)) {
    if (demo) return 0;
    std::fflush(stdout);
    Sleep(kPause);
  }
  std::printf("cannot read (error=%lu)\n", GetLastError());
  return 1;
}
