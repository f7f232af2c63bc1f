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
    {7, "The storage control blocks were destroyed."},
    {8, "Not enough memory resources are available to process this command."},
    {9, "The storage control block address is invalid."},
    {10, "The environment is incorrect."},
    {11, "An attempt was made to load a program with an incorrect format."},
    {12, "The access code is invalid."},
    {13, "The data is invalid."},
    {14, "Not enough memory resources are available to complete this operation."},
    {15, "The system cannot find the drive specified."},
    {16, "The directory cannot be removed."},
    {17, "The system cannot move the file to a different disk drive."},
    {18, "There are no more files."},
    {19, "The media is write protected."},
    {20, "The system cannot find the device specified."},
    {21, "The device is not ready."},
    {22, "The device does not recognize the command."},
    {23, "Data error (cyclic redundancy check)."},
    {24, "The program issued a command but the command length is incorrect."},
    {25, "The drive cannot locate a specific area or track on the disk."},
    {26, "The specified disk or diskette cannot be accessed."},
    {27, "The drive cannot find the sector requested."},
    {29, "The system cannot write to the specified device."},
    {30, "The system cannot read from the specified device."},
    {31, "A device attached to the system is not functioning."},
    {32, "The process cannot access the file because it is being used by another process."},
    {33, "The process cannot access the file because another process has locked a portion of the file."},
    {36, "Too many files opened for sharing."},
    {38, "Reached the end of the file."},
    {39, "The disk is full."},
    {50, "The request is not supported."},
    {53, "The network path was not found."},
    {55, "The specified network resource or device is no longer available."},
    {65, "Network access is denied."},
    {67, "The network name cannot be found."},
    {80, "The file exists."},
    {82, "The directory or file cannot be created."},
    {85, "The local device name is already in use."},
    {87, "The parameter is incorrect."},
    {100, "Cannot create another system semaphore."},
    {101, "The exclusive semaphore is owned by another process."},
    {109, "The pipe has been ended."},
    {110, "The system cannot open the device or file specified."},
    {111, "The file name is too long."},
    {112, "There is not enough space on the disk."},
    {114, "The target internal file identifier is incorrect."},
    {117, "The IOCTL call made by the application program is not correct."},
    {120, "This function is not supported on this system."},
    {121, "The semaphore timeout period has expired."},
    {122, "The data area passed to a system call is too small."},
    {123, "The filename, directory name, or volume label syntax is incorrect."},
    {124, "The system call level is not correct."},
    {126, "The specified module could not be found."},
    {127, "The specified procedure could not be found."},
    {128, "There are no child processes to wait for."},
    {131, "An attempt was made to move the file pointer before the beginning of the file."},
    {132, "The file pointer cannot be set on the specified device or file."},
    {145, "The directory is not empty."},
    {154, "The volume label you entered exceeds the label character limit of the target file system."},
    {158, "The segment is already unlocked."},
    {161, "The specified path is invalid."},
    {167, "Unable to lock a region of a file."},
    {170, "The requested resource is in use."},
    {182, "The operating system cannot run %1."},
    {183, "Cannot create a file when that file already exists."},
    {187, "The specified system semaphore name was not found."},
    {193, "%1 is not a valid Win32 application."},
    {203, "The system could not find the environment option that was entered."},
    {206, "The filename or extension is too long."},
    {215, "Cannot nest calls to LoadModule."},
    {230, "The pipe state is invalid."},
    {231, "All pipe instances are busy."},
    {232, "The pipe is being closed."},
    {233, "No process is on the other end of the pipe."},
    {234, "More data is available."},
    {254, "The specified extended attribute name was invalid."},
    {255, "The extended attributes are inconsistent."},
    {258, "The wait operation timed out."},
    {259, "No more data is available."},
    {267, "The directory name is invalid."},
    {282, "The mounted file system does not support extended attributes."},
    {288, "Attempt to release mutex not owned by caller."},
    {298, "Too many posts were made to a semaphore."},
    {299, "Only part of a ReadProcessMemory or WriteProcessMemory request was completed."},
    {303, "The file cannot be opened because it is in the process of being deleted."},
    {317, "The system cannot find message text for message number 0x%1 in the message file for %2."},
    {487, "Attempt to access invalid address."},
    {534, "Arithmetic result exceeded 32 bits."},
    {535, "There is a process on other end of the pipe."},
    {536, "Waiting for a process to open the other end of the pipe."},
    {549, "An invalid parameter was passed to a service or function."},
    {577,
     "Windows cannot verify the digital signature for this file. A recent hardware or software change might have installed a file that is "
     "signed incorrectly or damaged, or that might be malicious software from an unknown source."},
    {622, "A device that does not exist was specified."},
    {665, "The requested operation could not be completed due to a file system limitation."},
    {994, "Access to the extended attribute was denied."},
    {995, "The I/O operation has been aborted because of either a thread exit or an application request."},
    {996, "Overlapped I/O event is not in a signaled state."},
    {997, "Overlapped I/O operation is in progress."},
    {998, "Invalid access to memory location."},
    {999, "Error performing inpage operation."},
    {1001, "Recursion too deep; the stack overflowed."},
    {1003, "Cannot complete this function."},
    {1004, "Invalid flags."},
    {1005, "The volume does not contain a recognized file system."},
    {1006, "The volume for a file has been externally altered so that the opened file is no longer valid."},
    {1008, "An attempt was made to reference a token that does not exist."},
    {1009, "The configuration registry database is corrupt."},
    {1010, "The configuration registry key is invalid."},
    {1011, "The configuration registry key could not be opened."},
    {1012, "The configuration registry key could not be read."},
    {1013, "The configuration registry key could not be written."},
    {1016,
     "An I/O operation initiated by the registry failed unrecoverably. The registry could not read in, or write out, or flush, one of the "
     "files that contain the system's image of the registry."},
    {1017,
     "The system has attempted to load or restore a file into the registry, but the specified file is not in a registry file format."},
    {1018, "Illegal operation attempted on a registry key that has been marked for deletion."},
    {1020, "Cannot create a symbolic link in a registry key that already has subkeys or values."},
    {1021, "Cannot create a stable subkey under a volatile parent key."},
    {1051, "A stop control has been sent to a service that other running services are dependent on."},
    {1052, "The requested control is not valid for this service."},
    {1053, "The service did not respond to the start or control request in a timely fashion."},
    {1054, "A thread could not be created for the service."},
    {1055, "The service database is locked."},
    {1056, "An instance of the service is already running."},
    {1057, "The account name is invalid or does not exist, or the password is invalid for the account name specified."},
    {1058, "The service cannot be started, either because it is disabled or because it has no enabled devices associated with it."},
    {1059, "Circular service dependency was specified."},
    {1060, "The specified service does not exist as an installed service."},
    {1061, "The service cannot accept control messages at this time."},
    {1062, "The service has not been started."},
    {1063, "The service process could not connect to the service controller."},
    {1064, "An exception occurred in the service when handling the control request."},
    {1065, "The database specified does not exist."},
    {1066, "The service has returned a service-specific error code."},
    {1067, "The process terminated unexpectedly."},
    {1068, "The dependency service or group failed to start."},
    {1069, "The service did not start due to a logon failure."},
    {1070, "After starting, the service hung in a start-pending state."},
    {1071, "The specified service database lock is invalid."},
    {1072, "The specified service has been marked for deletion."},
    {1073, "The specified service already exists."},
    {1075, "The dependency service does not exist or has been marked for deletion."},
    {1076, "The current boot has already been accepted for use as the last-known-good control set."},
    {1077, "No attempts to start the service have been made since the last boot."},
    {1078, "The name is already in use as either a service name or a service display name."},
    {1079,
     "The account specified for this service is different from the account specified for other services running in the same process."},
    {1083, "The executable program that this service is configured to run in does not implement the service."},
    {1113, "No mapping for the Unicode character exists in the target multi-byte code page."},
    {1114, "A dynamic link library (DLL) initialization routine failed."},
    {1115, "A system shutdown is in progress."},
    {1117, "The request could not be performed because of an I/O device error."},
    {1127, "While accessing the hard disk, a disk operation failed even after retries."},
    {1130, "Not enough server memory resources are available to process this command."},
    {1131, "A potential deadlock condition has been detected."},
    {1150, "The specified program requires a newer version of Windows."},
    {1157, "One of the library files needed to run this application cannot be found."},
    {1164, "The indicated device requires reinitialization due to hardware errors."},
    {1167, "The device is not connected."},
    {1168, "Element not found."},
    {1169, "There was no match for the specified key in the index."},
    {1170, "The property set specified does not exist on the object."},
    {1200, "The specified device name is invalid."},
    {1223, "The operation was canceled by the user."},
    {1235, "The request was aborted."},
    {1236, "The network connection was aborted by the local system."},
    {1237, "The operation could not be completed. A retry should be performed."},
    {1275, "This driver has been blocked from loading"},
    {1300, "Not all privileges or groups referenced are assigned to the caller."},
    {1305, "The revision level is unknown."},
    {1306, "Indicates two revision levels are incompatible."},
    {1307, "This security ID may not be assigned as the owner of this object."},
    {1308, "This security ID may not be assigned as the primary group of an object."},
    {1309, "An attempt has been made to operate on an impersonation token by a thread that is not currently impersonating a client."},
    {1313, "A specified privilege does not exist."},
    {1314, "A required privilege is not held by the client."},
    {1315, "The name provided is not a properly formed account name."},
    {1326, "The user name or password is incorrect."},
    {1332, "No mapping between account names and security IDs was done."},
    {1336, "The access control list (ACL) structure is invalid."},
    {1337, "The security ID structure is invalid."},
    {1338, "The security descriptor structure is invalid."},
    {1344, "No more memory is available for security information updates."},
    {1345, "The specified attributes are invalid, or incompatible with the attributes for the group as a whole."},
    {1346, "Either a required impersonation level was not provided, or the provided impersonation level is invalid."},
    {1349, "The type of the token is inappropriate for its attempted use."},
    {1350, "Unable to perform a security operation on an object that has no associated security."},
    {1359, "An internal error occurred."},
    {1392, "The file or directory is corrupted and unreadable."},
    {1400, "Invalid window handle."},
    {1411, "Class does not exist."},
    {1447, "The window does not have scroll bars."},
    {1450, "Insufficient system resources exist to complete the requested service."},
    {1453, "Insufficient quota to complete the requested service."},
    {1455, "The paging file is too small for this operation to complete."},
    {1456, "A menu item was not found."},
    {1460, "This operation returned because the timeout period expired."},
    {1461, "Invalid monitor handle."},
    {1462, "Incorrect size argument."},
    {1500, "The event log file is corrupted."},
    {1722, "The RPC server is unavailable."},
    {1783, "The stub received bad data."},
    {1784, "The supplied user buffer is not valid for the requested operation."},
    {1785, "The disk media is not recognized. It may not be formatted."},
    {1812, "The specified image file did not contain a resource section."},
    {1813, "The specified resource type cannot be found in the image file."},
    {1814, "The specified resource name cannot be found in the image file."},
    {1815, "The specified resource language ID cannot be found in the image file."},
    {1816, "Not enough quota is available to process this command."},
    {2250, "This network connection does not exist."},
    {4390, "The file or directory is not a reparse point."},
    {4393, "The tag present in the reparse point buffer is invalid."},
};

constexpr DWORD kAllocate = 0x100, kIgnoreInserts = 0x200, kFromString = 0x400, kFromModule = 0x800, kFromSystem = 0x1000,
                kArgumentArray = 0x2000, kWidth = 0xFF;

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

/// The languages of the system's texts: English, neutral, and the user's and the system's own.
bool HasLanguage(DWORD language) { return !language || language == 0x400 || language == 0x800 || language == 9 || language == 0x409; }

/// Lays a text out in lines: line ends of the text itself become spaces; of a width other than 255 no line gets longer, if it has a space.
void Wrap(std::u16string_view text, SIZE_T width, Builder& out) {
  SIZE_T start = out.length, space = 0;  // of the line, and of the last space in it
  for (SIZE_T at = 0; at < text.size(); at++) {
    const bool line_end = text[at] == u'\r' || text[at] == u'\n';
    if (text[at] == u'\r' && at + 1 < text.size() && text[at + 1] == u'\n') at++;
    out.Put(line_end ? u' ' : text[at]);
    if (!out.text) return;
    if (out.text[out.length - 1] == u' ') space = out.length - 1;
    if (width == kWidth || out.length - start <= width || space <= start) continue;
    const std::u16string_view rest(out.text + space + 1, out.length - space - 1);
    WCHAR tail[kWidth + 1];
    const SIZE_T kept = rest.copy(tail, kWidth);
    out.length = space;
    out.Put(u"\r\n");
    start = out.length;
    out.Put({tail, kept});
  }
}

/// The expanded message in the process heap; null with an error set.
PWSTR Format(DWORD flags, LPCVOID source, DWORD id, DWORD language, PVOID arguments, bool wide, SIZE_T* length) {
  if (!(flags & kFromString) && !HasLanguage(language)) return Fail(ERROR_RESOURCE_LANG_NOT_FOUND), nullptr;
  // Without an array, `arguments` is a va_list*: on x64 it points to a pointer to the 8-byte slots.
  const ULONG_PTR* const slots = !arguments               ? nullptr
                                 : flags & kArgumentArray ? static_cast<ULONG_PTR*>(arguments)
                                                          : *static_cast<ULONG_PTR**>(arguments);
  Builder out;
  const auto expand = [&](std::u16string_view text) {
    const SIZE_T width = flags & kWidth;
    if (!width) return Expand(out, text, flags, slots, wide);
    Builder lines;
    Wrap(text, width, lines);
    Expand(out, {lines.text, lines.length}, flags, slots, wide);
    Free(lines.text);
  };
  if (flags & kFromString) {
    if (wide) {
      expand(static_cast<PCWSTR>(source));
    } else {
      const std::string_view narrow(static_cast<const char*>(source));
      auto* const text = Allocate<WCHAR>(narrow.size() + 1);
      if (text) expand({text, ToWide(kAnsiCodePage, narrow, text, narrow.size())});
      Free(text);
    }
  } else if (const char* const text = flags & kFromSystem ? TextOf(id) : nullptr) {
    WCHAR wide_text[512];
    SIZE_T size = ToWide(kAnsiCodePage, text, wide_text, std::size(wide_text) - 2);
    wide_text[size++] = u'\r';
    wide_text[size++] = u'\n';
    expand({wide_text, size});
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

/// Makes a message's text from the system's table or a given string. Partial: no message tables of modules.
DWORD FormatMessageW(DWORD Flags, LPCVOID Source, DWORD MessageId, DWORD LanguageId, LPWSTR Buffer, DWORD Size, PVOID Arguments) {
  SIZE_T length = 0;
  PWSTR text = Format(Flags, Source, MessageId, LanguageId, Arguments, true, &length);
  if (!text) return 0;
  if (Flags & kAllocate) {
    // Size is then the least that the caller wants to have.
    if (Size > length + 1) text = static_cast<PWSTR>(Ntdll_RtlReAllocateHeap(CurrentPeb()->ProcessHeap, 8, text, Size * sizeof(WCHAR)));
    *reinterpret_cast<PWSTR*>(Buffer) = text;
    return text ? static_cast<DWORD>(length) : static_cast<DWORD>(Fail(ERROR_NOT_ENOUGH_MEMORY));
  }
  const DWORD count = CopyOut({text, length}, Buffer, Size);
  Free(text);
  return count < Size ? count : static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
}

/// Makes a message's text from the system's table or a given string. Partial: no message tables of modules.
DWORD FormatMessageA(DWORD Flags, LPCVOID Source, DWORD MessageId, DWORD LanguageId, LPSTR Buffer, DWORD Size, PVOID Arguments) {
  SIZE_T length = 0;
  const PWSTR text = Format(Flags, Source, MessageId, LanguageId, Arguments, false, &length);
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
