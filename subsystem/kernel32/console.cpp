// The console: standard handles, text output and input, modes, control handlers. The host's terminal or pipe ends lines with LF; what a
// program writes to a console handle with CR LF leaves the machine with LF.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"

constexpr ULONG kChunk = 512;

namespace nt::win32 {
namespace {

constexpr ULONG kDeviceConsole = 0x50;

/// Where the process parameters hold a standard handle; null for an unknown one.
HANDLE* StandardHandle(DWORD which) {
  RTL_USER_PROCESS_PARAMETERS* const parameters = CurrentPeb()->ProcessParameters;
  switch (which) {
    case STD_INPUT_HANDLE:
      return &parameters->StandardInput;
    case STD_OUTPUT_HANDLE:
      return &parameters->StandardOutput;
    case STD_ERROR_HANDLE:
      return &parameters->StandardError;
    default:
      return nullptr;
  }
}

bool IsConsoleDevice(HANDLE handle) {
  FILE_FS_DEVICE_INFORMATION information{};
  IO_STATUS_BLOCK io{};
  const NTSTATUS status = sys::NtQueryVolumeInformationFile(handle, &io, &information, sizeof information, FileFsDeviceInformation);
  return NT_SUCCESS(status) && information.DeviceType == kDeviceConsole;
}

NTSTATUS WriteRaw(HANDLE handle, const char* text, ULONG size) {
  IO_STATUS_BLOCK io{};
  NTSTATUS status = sys::NtWriteFile(handle, nullptr, nullptr, nullptr, &io, const_cast<char*>(text), size, nullptr, nullptr);
  if (status == STATUS_PENDING) {
    sys::NtWaitForSingleObject(handle, FALSE, nullptr);
    status = io.Status;
  }
  return status;
}

}  // namespace

HANDLE RealHandle(HANDLE handle) {
  const HANDLE* const standard = StandardHandle(static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(handle)));
  const bool pseudo = reinterpret_cast<LONG_PTR>(handle) <= -10 && reinterpret_cast<LONG_PTR>(handle) >= -12;
  return pseudo && standard ? *standard : handle;
}

bool IsConsole(HANDLE handle) { return IsConsoleDevice(handle); }

NTSTATUS WriteConsoleBytes(HANDLE handle, const char* text, ULONG size, ULONG* written) {
  char chunk[kChunk];
  *written = 0;
  while (*written < size) {
    ULONG used = 0, count = 0;
    while (*written + used < size && count < kChunk) {
      const char c = text[*written + used++];
      const bool pair = c == '\r' && *written + used < size && text[*written + used] == '\n';
      if (!pair) chunk[count++] = c;
    }
    const NTSTATUS status = WriteRaw(handle, chunk, count);
    if (!NT_SUCCESS(status)) return status;
    *written += used;
  }
  return STATUS_SUCCESS;
}

}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

BOOL WriteText(HANDLE console, std::u16string_view text) {
  char bytes[kChunk * 4];
  while (!text.empty()) {
    SIZE_T part = std::min<SIZE_T>(text.size(), kChunk);
    // A surrogate pair is not torn apart.
    if (part < text.size() && text[part - 1] >= 0xD800 && text[part - 1] < 0xDC00 && part > 1) part--;
    const SIZE_T count = ToMultiByte(kUtf8, text.substr(0, part), bytes, sizeof bytes);
    ULONG written = 0;
    if (!Check(WriteConsoleBytes(console, bytes, static_cast<ULONG>(count), &written))) return FALSE;
    text.remove_prefix(part);
  }
  return TRUE;
}

struct COORD {
  SHORT X, Y;
};
struct CONSOLE_SCREEN_BUFFER_INFO {
  COORD dwSize, dwCursorPosition;
  WORD wAttributes;
  SHORT Left, Top, Right, Bottom;
  COORD dwMaximumWindowSize;
};
NT_SIZE(CONSOLE_SCREEN_BUFFER_INFO, 22);

}  // namespace

extern "C" {

/// The process's standard input, output or error handle.
HANDLE GetStdHandle(DWORD StdHandle) {
  const HANDLE* const handle = StandardHandle(StdHandle);
  if (handle) return *handle;
  SetError(ERROR_INVALID_HANDLE);
  return INVALID_HANDLE_VALUE;
}

/// Replaces a standard handle of the process.
BOOL SetStdHandle(DWORD StdHandle, HANDLE Handle) {
  HANDLE* const place = StandardHandle(StdHandle);
  if (!place) return Fail(ERROR_INVALID_HANDLE);
  *place = Handle;
  return TRUE;
}

/// Writes UTF-16 text to the console.
BOOL WriteConsoleW(HANDLE ConsoleOutput, LPCVOID Buffer, DWORD CharsToWrite, LPDWORD CharsWritten, [[maybe_unused]] LPVOID Reserved) {
  HANDLE const console = RealHandle(ConsoleOutput);
  if (CharsWritten) *CharsWritten = 0;
  if (!IsConsole(console)) return Fail(ERROR_INVALID_HANDLE);
  if (!WriteText(console, {static_cast<PCWSTR>(Buffer), CharsToWrite})) return FALSE;
  if (CharsWritten) *CharsWritten = CharsToWrite;
  return TRUE;
}

/// Writes bytes in the console's output code page to the console.
BOOL WriteConsoleA(HANDLE ConsoleOutput, LPCVOID Buffer, DWORD CharsToWrite, LPDWORD CharsWritten, [[maybe_unused]] LPVOID Reserved) {
  HANDLE const console = RealHandle(ConsoleOutput);
  ULONG written = 0;
  if (CharsWritten) *CharsWritten = 0;
  if (!IsConsole(console)) return Fail(ERROR_INVALID_HANDLE);
  if (!Check(WriteConsoleBytes(console, static_cast<const char*>(Buffer), CharsToWrite, &written))) return FALSE;
  if (CharsWritten) *CharsWritten = written;
  return TRUE;
}

/// Reads a line of UTF-16 text from the console. Partial: the line ends with LF as on the host; no control structure.
BOOL ReadConsoleW(HANDLE ConsoleInput, LPVOID Buffer, DWORD CharsToRead, LPDWORD CharsRead, [[maybe_unused]] LPVOID InputControl) {
  char bytes[kChunk];
  DWORD count = 0;
  *CharsRead = 0;
  if (!IsConsole(RealHandle(ConsoleInput))) return Fail(ERROR_INVALID_HANDLE);
  // A byte gives at most one UTF-16 unit.
  IO_STATUS_BLOCK io{};
  const NTSTATUS status = sys::NtReadFile(RealHandle(ConsoleInput), nullptr, nullptr, nullptr, &io, bytes,
                                          std::min<ULONG>(CharsToRead, kChunk), nullptr, nullptr);
  if (status != STATUS_END_OF_FILE && !Check(status)) return FALSE;
  count = NT_SUCCESS(status) ? static_cast<DWORD>(io.Information) : 0;
  *CharsRead = static_cast<DWORD>(ToWide(kUtf8, {bytes, count}, static_cast<PWSTR>(Buffer), CharsToRead));
  return TRUE;
}

/// Reads a line of bytes from the console. Partial: the line ends with LF as on the host.
BOOL ReadConsoleA(HANDLE ConsoleInput, LPVOID Buffer, DWORD CharsToRead, LPDWORD CharsRead, [[maybe_unused]] LPVOID InputControl) {
  if (!IsConsole(RealHandle(ConsoleInput))) return Fail(ERROR_INVALID_HANDLE);
  IO_STATUS_BLOCK io{};
  const NTSTATUS status = sys::NtReadFile(RealHandle(ConsoleInput), nullptr, nullptr, nullptr, &io, Buffer, CharsToRead, nullptr, nullptr);
  *CharsRead = NT_SUCCESS(status) ? static_cast<DWORD>(io.Information) : 0;
  return status == STATUS_END_OF_FILE || Check(status);
}

/// The mode of a console handle.
BOOL GetConsoleMode(HANDLE ConsoleHandle, LPDWORD Mode) {
  HANDLE const handle = RealHandle(ConsoleHandle);
  if (!IsConsole(handle)) return Fail(ERROR_INVALID_HANDLE);
  *Mode = CurrentProcess().console_mode[handle != CurrentPeb()->ProcessParameters->StandardInput];
  return TRUE;
}

/// Sets the mode of a console handle. Partial: it is kept, but changes nothing.
BOOL SetConsoleMode(HANDLE ConsoleHandle, DWORD Mode) {
  HANDLE const handle = RealHandle(ConsoleHandle);
  if (!IsConsole(handle)) return Fail(ERROR_INVALID_HANDLE);
  CurrentProcess().console_mode[handle != CurrentPeb()->ProcessParameters->StandardInput] = Mode;
  return TRUE;
}

/// Adds or removes a handler of control events; the newest is asked first. Without a routine: ignores CTRL+C, or no longer.
BOOL SetConsoleCtrlHandler(PVOID HandlerRoutine, BOOL Add) {
  Process& process = CurrentProcess();
  if (!HandlerRoutine) return TRUE;
  if (Add) {
    if (process.control_handler_count == std::size(process.control_handlers)) return Fail(ERROR_NOT_ENOUGH_MEMORY);
    process.control_handlers[process.control_handler_count++] = HandlerRoutine;
    return TRUE;
  }
  PVOID* const end = process.control_handlers + process.control_handler_count;
  PVOID* const found = std::find(process.control_handlers, end, HandlerRoutine);
  if (found == end) return Fail(ERROR_INVALID_PARAMETER);
  std::copy(found + 1, end, found);
  process.control_handler_count--;
  return TRUE;
}

/// The start routine of the thread that a control event makes: asks the handlers, then ends the process with STATUS_CONTROL_C_EXIT.
DWORD CtrlRoutine(PVOID Event) {
  Process& process = CurrentProcess();
  for (ULONG i = process.control_handler_count; i > 0; i--)
    if (nt::ke::Callout<BOOL>(process.control_handlers[i - 1], static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(Event)))) return TRUE;
  RtlExitUserProcess(STATUS_CONTROL_C_EXIT);
  return FALSE;
}

/// The code page in which the console takes bytes.
UINT GetConsoleOutputCP() { return CurrentProcess().console_output_cp; }

/// The code page in which the console gives bytes.
UINT GetConsoleCP() { return CurrentProcess().console_input_cp; }

/// Sets the console's output code page. Partial: bytes reach the host unchanged, so only UTF-8 shows as meant.
BOOL SetConsoleOutputCP(UINT CodePage) {
  if (!ResolveCodePage(CodePage)) return Fail(ERROR_INVALID_PARAMETER);
  CurrentProcess().console_output_cp = CodePage;
  return TRUE;
}

/// Sets the console's input code page. Partial: bytes come from the host unchanged.
BOOL SetConsoleCP(UINT CodePage) {
  if (!ResolveCodePage(CodePage)) return Fail(ERROR_INVALID_PARAMETER);
  CurrentProcess().console_input_cp = CodePage;
  return TRUE;
}

/// The console's size and colours. Partial: always 120 columns and 30 lines, white on black, cursor at the origin.
BOOL GetConsoleScreenBufferInfo(HANDLE ConsoleOutput, PVOID Info) {
  if (!IsConsole(RealHandle(ConsoleOutput))) return Fail(ERROR_INVALID_HANDLE);
  *static_cast<CONSOLE_SCREEN_BUFFER_INFO*>(Info) = {{120, 30}, {0, 0}, 7, 0, 0, 119, 29, {120, 30}};
  return TRUE;
}

/// Sets the console's colours by the terminal's escape sequences.
BOOL SetConsoleTextAttribute(HANDLE ConsoleOutput, WORD Attributes) {
  HANDLE const handle = RealHandle(ConsoleOutput);
  if (!IsConsole(handle)) return Fail(ERROR_INVALID_HANDLE);
  // The console's bits are blue, green, red; the terminal's numbers have red lowest.
  const auto swap = [](int bits) { return (bits & 1) << 2 | (bits & 2) | (bits & 4) >> 2; };
  const int front = (Attributes & 8 ? 90 : 30) + swap(Attributes & 7), back = (Attributes & 0x80 ? 100 : 40) + swap(Attributes >> 4 & 7);
  char text[24] = "\x1b[0m";
  if ((Attributes & 0xFF) != 7) {
    char* out = text + 2;
    const auto number = [&out](int value) {
      if (value >= 100) *out++ = '1', value -= 100;
      *out++ = static_cast<char>('0' + value / 10);
      *out++ = static_cast<char>('0' + value % 10);
    };
    number(front);
    if (Attributes & 0xF0) *out++ = ';', number(back);
    std::memcpy(out, "m", 2);
  }
  ULONG written = 0;
  return Check(WriteConsoleBytes(handle, text, static_cast<ULONG>(std::strlen(text)), &written));
}

/// Sets the console window's title: the host's terminal keeps its own.
BOOL SetConsoleTitleW([[maybe_unused]] LPCWSTR Title) { return TRUE; }

/// Sets the console window's title: the host's terminal keeps its own.
BOOL SetConsoleTitleA([[maybe_unused]] LPCSTR Title) { return TRUE; }

/// Detaches the process from its console. Partial: its handles stay usable.
BOOL FreeConsole() {
  if (!CurrentProcess().console_attached) return Fail(ERROR_INVALID_PARAMETER);
  CurrentProcess().console_attached = FALSE;
  return TRUE;
}

/// Gives the process a console.
BOOL AllocConsole() {
  if (CurrentProcess().console_attached) return Fail(ERROR_ACCESS_DENIED);
  CurrentProcess().console_attached = TRUE;
  return TRUE;
}

/// Attaches the process to the console of another process: the machine has but one.
BOOL AttachConsole([[maybe_unused]] DWORD ProcessId) { return AllocConsole(); }

/// The console's window: there is none.
HANDLE GetConsoleWindow() { return nullptr; }

}  // extern "C"
