// FormatMessage: the system's messages and the inserts of a message's text.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"

namespace {

using namespace nt::win32;

struct Message {
  DWORD error;
  const char* text;
};

// The texts of Windows' system message table for the errors that its device, file and service functions give, in order.
constexpr Message kMessages[] = {
    {0, "The operation completed successfully."},
    {1, "Incorrect function."},
    {2, "The system cannot find the file specified."},
    {3, "The system cannot find the path specified."},
    {4, "The system cannot open the file."},
    {5, "Access is denied."},
    {6, "The handle is invalid."},
    {8, "Not enough memory resources are available to process this command."},
    {13, "The data is invalid."},
    {14, "Not enough memory resources are available to complete this operation."},
    {18, "There are no more files."},
    {19, "The media is write protected."},
    {21, "The device is not ready."},
    {22, "The device does not recognize the command."},
    {24, "The program issued a command but the command length is incorrect."},
    {31, "A device attached to the system is not functioning."},
    {32, "The process cannot access the file because it is being used by another process."},
    {38, "Reached the end of the file."},
    {50, "The request is not supported."},
    {80, "The file exists."},
    {87, "The parameter is incorrect."},
    {109, "The pipe has been ended."},
    {112, "There is not enough space on the disk."},
    {121, "The semaphore timeout period has expired."},
    {122, "The data area passed to a system call is too small."},
    {123, "The filename, directory name, or volume label syntax is incorrect."},
    {126, "The specified module could not be found."},
    {127, "The specified procedure could not be found."},
    {145, "The directory is not empty."},
    {170, "The requested resource is in use."},
    {183, "Cannot create a file when that file already exists."},
    {193, "%1 is not a valid Win32 application."},
    {203, "The system could not find the environment option that was entered."},
    {234, "More data is available."},
    {258, "The wait operation timed out."},
    {259, "No more data is available."},
    {288, "Attempt to release mutex not owned by caller."},
    {487, "Attempt to access invalid address."},
    {577,
     "Windows cannot verify the digital signature for this file. A recent hardware or software change might have installed a file that is "
     "signed incorrectly or damaged, or that might be malicious software from an unknown source."},
    {995, "The I/O operation has been aborted because of either a thread exit or an application request."},
    {996, "Overlapped I/O event is not in a signaled state."},
    {997, "Overlapped I/O operation is in progress."},
    {998, "Invalid access to memory location."},
    {1051, "A stop control has been sent to a service that other running services are dependent on."},
    {1052, "The requested control is not valid for this service."},
    {1053, "The service did not respond to the start or control request in a timely fashion."},
    {1056, "An instance of the service is already running."},
    {1058, "The service cannot be started, either because it is disabled or because it has no enabled devices associated with it."},
    {1060, "The specified service does not exist as an installed service."},
    {1061, "The service cannot accept control messages at this time."},
    {1062, "The service has not been started."},
    {1072, "The specified service has been marked for deletion."},
    {1073, "The specified service already exists."},
    {1078, "The name is already in use as either a service name or a service display name."},
    {1113, "No mapping for the Unicode character exists in the target multi-byte code page."},
    {1117, "The request could not be performed because of an I/O device error."},
    {1167, "The device is not connected."},
    {1168, "Element not found."},
    {1275, "This driver has been blocked from loading"},
    {1314, "A required privilege is not held by the client."},
    {1450, "Insufficient system resources exist to complete the requested service."},
    {1455, "The paging file is too small for this operation to complete."},
    {1460, "This operation returned because the timeout period expired."},
    {1784, "The supplied user buffer is not valid for the requested operation."},
};

constexpr DWORD kAllocate = 0x100, kIgnoreInserts = 0x200, kFromString = 0x400, kFromModule = 0x800, kFromSystem = 0x1000,
                kArgumentArray = 0x2000;

const char* TextOf(DWORD id) {
  // An HRESULT of the Win32 facility means the error in its low word.
  if ((id & 0xFFFF0000) == 0x80070000) id &= 0xFFFF;
  const Message* const found =
      std::lower_bound(std::begin(kMessages), std::end(kMessages), id, [](const Message& m, DWORD e) { return m.error < e; });
  return found != std::end(kMessages) && found->error == id ? found->text : nullptr;
}

/// Text under construction in the process heap.
struct Builder {
  PWSTR text = Allocate<WCHAR>(256);
  SIZE_T length = 0, room = text ? 256 : 0;

  void Put(WCHAR c) {
    if (length + 1 >= room && text) {
      text = static_cast<PWSTR>(Ntdll_RtlReAllocateHeap(CurrentPeb()->ProcessHeap, 8, text, room * 2 * sizeof(WCHAR)));
      room *= 2;
    }
    if (!text) return;
    text[length++] = c;
    text[length] = 0;
  }
  void Put(std::u16string_view part) {
    for (const WCHAR c : part) Put(c);
  }
  void PutNarrow(std::string_view part) {
    for (const char c : part) {
      WCHAR wide = 0;
      ToWide(kAnsiCodePage, {&c, 1}, &wide, 1);
      Put(wide);
    }
  }
};

/// One insert "%n!format!": strings (s, S, ls, hs), or numbers in decimal, unsigned or hexadecimal.
void PutInsert(Builder& out, std::u16string_view format, ULONG_PTR value, bool wide) {
  const WCHAR kind = format.empty() ? u's' : format.back();
  const bool narrow = kind == u'S' ? wide : format.starts_with(u"h") || (!wide && !format.starts_with(u"l"));
  if (kind == u's' || kind == u'S') {
    if (!value) return out.Put(u"(null)");
    return narrow ? out.PutNarrow(reinterpret_cast<const char*>(value)) : out.Put(std::u16string_view(reinterpret_cast<PCWSTR>(value)));
  }
  const bool is64 = format.find(u"I64") != format.npos || format.find(u"ll") != format.npos || kind == u'p';
  ULONGLONG number = is64 ? value : static_cast<ULONG>(value);
  if ((kind == u'd' || kind == u'i') && (is64 ? static_cast<LONGLONG>(value) : static_cast<LONG>(value)) < 0) {
    out.Put(u'-');
    number = is64 ? 0 - value : static_cast<ULONG>(0 - static_cast<ULONG>(value));
  }
  const ULONG base = kind == u'x' || kind == u'X' || kind == u'p' ? 16 : 10;
  SIZE_T width = kind == u'p' ? 16 : 0;
  bool zero = kind == u'p';
  for (const WCHAR c : format) {
    if (c == u'0' && !width)
      zero = true;
    else if (c >= u'0' && c <= u'9')
      width = width * 10 + (c - u'0');
    else
      break;
  }
  const WCHAR* const alphabet = kind == u'x' ? u"0123456789abcdef" : u"0123456789ABCDEF";
  WCHAR digits[24];
  SIZE_T count = 0;
  do {
    digits[count++] = alphabet[number % base];
  } while (number /= base);
  for (; width > count; width--) out.Put(zero ? u'0' : u' ');
  while (count) out.Put(digits[--count]);
}

/// Replaces the escapes of a message's text.
void Expand(Builder& out, std::u16string_view text, DWORD flags, const ULONG_PTR* arguments, bool wide) {
  for (SIZE_T at = 0; at < text.size(); at++) {
    if (text[at] != u'%' || at + 1 >= text.size()) {
      out.Put(text[at]);
      continue;
    }
    const WCHAR c = text[++at];
    if (c == u'0') return;
    if (c >= u'1' && c <= u'9') {
      SIZE_T end = at;
      ULONG number = 0;
      while (end < text.size() && end < at + 2 && text[end] >= u'0' && text[end] <= u'9') number = number * 10 + (text[end++] - u'0');
      SIZE_T stop = end < text.size() && text[end] == u'!' ? text.find(u'!', end + 1) : text.npos;
      const std::u16string_view format = stop == text.npos ? std::u16string_view() : text.substr(end + 1, stop - end - 1);
      const SIZE_T last = stop == text.npos ? end : stop + 1;
      if ((flags & kIgnoreInserts) || !arguments)
        out.Put(text.substr(at - 1, last - at + 1));
      else
        PutInsert(out, format, arguments[number - 1], wide);
      at = last - 1;
    } else if (flags & kIgnoreInserts) {
      out.Put(u'%');
      out.Put(c);
    } else if (c == u'n') {
      out.Put(u"\r\n");
    } else if (c == u't') {
      out.Put(u'\t');
    } else {
      out.Put(c);
    }
  }
}

/// The expanded message in the process heap; null with an error set.
PWSTR Format(DWORD flags, LPCVOID source, DWORD id, PVOID arguments, bool wide, SIZE_T* length) {
  // Without an array, `arguments` is a va_list*: on x64 it points to a pointer to the 8-byte slots.
  const ULONG_PTR* const slots = !arguments               ? nullptr
                                 : flags & kArgumentArray ? static_cast<ULONG_PTR*>(arguments)
                                                          : *static_cast<ULONG_PTR**>(arguments);
  Builder out;
  if (flags & kFromString) {
    if (wide) {
      Expand(out, static_cast<PCWSTR>(source), flags, slots, true);
    } else {
      const std::string_view narrow(static_cast<const char*>(source));
      auto* const text = Allocate<WCHAR>(narrow.size() + 1);
      if (text) Expand(out, {text, ToWide(kAnsiCodePage, narrow, text, narrow.size())}, flags, slots, false);
      Free(text);
    }
  } else if (const char* const text = flags & kFromSystem ? TextOf(id) : nullptr) {
    WCHAR wide_text[512];
    Expand(out, {wide_text, ToWide(kAnsiCodePage, text, wide_text, std::size(wide_text))}, flags, slots, wide);
    out.Put(u"\r\n");
  } else {
    Free(out.text);
    return Fail(flags & (kFromSystem | kFromModule) ? ERROR_MR_MID_NOT_FOUND : ERROR_INVALID_PARAMETER), nullptr;
  }
  if (!out.text) SetError(ERROR_NOT_ENOUGH_MEMORY);
  *length = out.length;
  return out.text;
}

}  // namespace

extern "C" {

/// Makes a message's text from the system's table or a given string. Partial: no message tables of modules; no line breaks by width.
DWORD FormatMessageW(DWORD Flags, LPCVOID Source, DWORD MessageId, [[maybe_unused]] DWORD LanguageId, LPWSTR Buffer, DWORD Size,
                     PVOID Arguments) {
  SIZE_T length = 0;
  const PWSTR text = Format(Flags, Source, MessageId, Arguments, true, &length);
  if (!text) return 0;
  if (Flags & kAllocate) {
    *reinterpret_cast<PWSTR*>(Buffer) = text;
    return static_cast<DWORD>(length);
  }
  const DWORD count = CopyOut({text, length}, Buffer, Size);
  Free(text);
  return count < Size ? count : static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
}

/// Makes a message's text from the system's table or a given string. Partial: no message tables of modules; no line breaks by width.
DWORD FormatMessageA(DWORD Flags, LPCVOID Source, DWORD MessageId, [[maybe_unused]] DWORD LanguageId, LPSTR Buffer, DWORD Size,
                     PVOID Arguments) {
  SIZE_T length = 0;
  const PWSTR text = Format(Flags, Source, MessageId, Arguments, false, &length);
  if (!text) return 0;
  PSTR out = Buffer;
  DWORD room = Size;
  if (Flags & kAllocate) {
    room = static_cast<DWORD>(std::max<SIZE_T>(length + 1, Size));
    out = *reinterpret_cast<PSTR*>(Buffer) = Allocate<char>(room);
  }
  const DWORD count = out ? CopyOut({text, length}, out, room) : room;
  Free(text);
  return count < room ? count : static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
}

}  // extern "C"
