// The C runtime's state of one process and one thread, and what its files share. Every export Name is the host function Msvcrt_Name, as the
// host's C library has the plain name.
#pragma once

#include <string_view>

#include "kernel/ke/ke.h"
#include "kernel/rtl/scan.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"
#include "subsystem/win32.h"

/// A stream, in the form that clients' macros know (stdio.h).
struct FILE_MS {
  char* _ptr;
  int _cnt;  ///< bytes left to read, or room left to write
  char* _base;
  int _flag;
  int _file;
  int _charbuf;
  int _bufsiz;
  char* _tmpfname;
};
NT_SIZE(FILE_MS, 48);

struct tm_ms {
  int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

namespace nt::crt {

using user::Allocate;
using user::CurrentPeb;
using user::Free;

inline constexpr int kRead = 0x1, kWrite = 0x2, kUnbuffered = 0x4, kOwnBuffer = 0x8, kEof = 0x10, kError = 0x20, kLineBuffered = 0x40,
                     kReadWrite = 0x80, kInUse = 0x83, kBufferAsked = 0x400;
inline constexpr ULONG kStreams = 64, kFiles = 128, kLocks = 48, kSignals = 24;
inline constexpr UCHAR kOpen = 0x1, kAtEof = 0x2, kAppend = 0x20, kDevice = 0x40, kText = 0x80;

inline constexpr int kENOENT = 2, kEBADF = 9, kENOMEM = 12, kEACCES = 13, kEEXIST = 17, kEINVAL = 22, kEMFILE = 24, kENOSPC = 28,
                     kERANGE = 34, kEILSEQ = 42, kEDOM = 33, kEPIPE = 32, kENOEXEC = 8, kENOTEMPTY = 41, kEBUSY = 16, kEIO = 5;

/// An open file descriptor.
struct File {
  HANDLE handle;
  UCHAR flags;
};

/// Hung at user::Process.crt.
struct Process {
  FILE_MS streams[kStreams];
  File files[kFiles];
  RTL_CRITICAL_SECTION locks[kLocks];
  PVOID* exit_routines;
  ULONG exit_count, exit_room;
  ULONGLONG start;  ///< the interrupt time when the program started, in 100 ns units
  PVOID signals[kSignals];
  int argc;
  char** argv;
  WCHAR** wargv;
  char** environment;
  WCHAR** wide_environment;
  int app_type;
  PVOID invalid_parameter_handler;
  PVOID locale;  ///< localeconv's answer
  bool exiting;
};

/// Hung at user::Thread.crt.
struct Thread {
  int error;  ///< errno
  ULONG dos_error;
  ULONG seed;
  char* token;
  WCHAR* wide_token;
  tm_ms time;
  char message[128];
  char date[96];
};

/// Makes the process's state and sets the variables that the module exports. Called before the image's code runs.
NTSTATUS InitializeProcess();
Process& State();
Thread& ThreadState();

inline int& Errno() { return ThreadState().error; }
/// Sets errno and gives -1.
int Fail(int error);
/// Sets errno from a Win32 error and gives -1.
int FailWin32(DWORD error);

/// The descriptor's entry, or null with EBADF.
File* FileOf(int descriptor);
int Read(int descriptor, void* buffer, unsigned count);
int Write(int descriptor, const void* buffer, unsigned count);
LONGLONG Seek(int descriptor, LONGLONG offset, int origin);
int OpenHandle(HANDLE handle, UCHAR flags);
int OpenPath(const WCHAR* path, int flags, int share);
int Close(int descriptor);

int PutChar(FILE_MS* stream, int c);
int GetChar(FILE_MS* stream);
int Unget(FILE_MS* stream, int c);
int Flush(FILE_MS* stream);
/// Flushes every stream that was written to.
void FlushAll();
/// Ends an output call: a device's stream holds nothing back.
void EndOutput(FILE_MS* stream);

/// Where formatted text goes.
struct Sink {
  void (*put)(Sink* sink, unsigned c);
  LONGLONG count;
};
/// Formats with NT's C runtime's rules: %s is the format's own width, %S the other; h, l, w, ll, I64, I32, I; exponents of three digits.
/// Returns the number of characters, or -1 on a format error.
int Format(Sink* sink, const char* format, const ULONG_PTR* arguments);
int Format(Sink* sink, const WCHAR* format, const ULONG_PTR* arguments);

/// Sets a variable that the module exports.
template <class T>
void Publish(const char* name, T value) {
  if (auto* const variable = static_cast<T*>(user::DataExport(u"msvcrt.dll", name))) *variable = value;
}

[[noreturn]] void Exit(int code, bool run_routines);

}  // namespace nt::crt
