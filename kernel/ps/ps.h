// Processes and threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/ke/ke.h"
#include "nt/ob.h"
#include "nt/process_information.h"
#include "nt/ps.h"

namespace nt::ps {

/// Creates the Process and Thread types and the System process.
void Initialize();
void Shutdown();

/// How a client is started.
struct ProcessParameters {
  std::u16string image_path;  ///< NT path
  std::string host_path;      ///< where its file is on the host
  std::u16string command_line;
  std::u16string current_directory;
  std::vector<std::u16string> environment;  ///< NAME=value
  std::u16string desktop, title;            ///< of its first window; empty for the usual desktop and the image's path
  /// What a process that creates another hands on: handles, and how its window looks. Null for a program that the machine's owner starts.
  const RTL_USER_PROCESS_PARAMETERS* handed_on = nullptr;
  PEPROCESS parent = nullptr;        ///< whose child it shall be, if not the creator's
  PVOID token = nullptr;             ///< its token, which it takes over; null: a copy of its parent's
  std::vector<HANDLE> only_handles;  ///< if not empty, what of the inheritable handles it gets
  bool inherit_handles = false;
  bool break_away = false;  ///< from the parent's job, if that lets it
  bool suspended = false;
  ULONG console = 0;  ///< io::AddConsole's, if handed_on is null; else the process has its creator's
};

/// Creates a process from an .exe with its first thread, ready to run. The caller owns a reference to *process.
/// STATUS_INVALID_IMAGE_FORMAT and the like for a bad image, with a sentence in *why. IRQL PASSIVE_LEVEL.
NTSTATUS CreateUserProcess(const ProcessParameters& parameters, PEPROCESS* process, std::string* why);

/// How a program's file is found on the host by its NT path; false if there is none.
void SetProgramFinder(bool (*finder)(std::u16string_view nt_path, std::string* host_path));

/// A thread of the System process that runs host code; it ends when `start` returns. The caller owns a reference to *thread.
NTSTATUS CreateKernelThread(void (*start)(void*), void* context, KPRIORITY priority, PETHREAD* thread);

/// What a process has had read, written and otherwise done; the I/O manager counts there.
IO_COUNTERS& IoCountersOf(PEPROCESS process);

/// Which console is the process's own.
ULONG ConsoleOf(PEPROCESS process);
/// Every process, in the order they were made.
std::vector<PEPROCESS> Processes();
/// The threads of a process, in the order they were made.
std::vector<PETHREAD> Threads(PEPROCESS process);

/// Kernel threads whose start routine lies in an image; for the report of what a driver left behind.
std::vector<PETHREAD> SystemThreadsStartedIn(ULONG_PTR base, SIZE_T size);

}  // namespace nt::ps

extern "C" {
NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, PVOID StartRoutine, PVOID StartContext);
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus);
NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD* Thread);
NTSTATUS PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS* Process);
NTSTATUS PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS* Process, PETHREAD* Thread);
HANDLE PsGetCurrentProcessId();
HANDLE PsGetCurrentThreadId();
extern PEPROCESS PsInitialSystemProcess;
}
