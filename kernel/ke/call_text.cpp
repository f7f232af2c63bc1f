#include "kernel/ke/call_text.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>

namespace nt::ke {
namespace {

constexpr std::string_view kByteTypes[] = {"BOOLEAN", "CCHAR", "CHAR", "KIRQL", "KPROCESSOR_MODE", "UCHAR", "BYTE"};
constexpr std::string_view kWordTypes[] = {"CSHORT", "SHORT", "USHORT", "WCHAR", "WORD", "RTL_ATOM", "ATOM"};
constexpr std::string_view kPointerSizedTypes[] = {
    "HANDLE",         "HMODULE",       "SIZE_T",           "SSIZE_T",   "ULONG_PTR", "LONG_PTR", "UINT_PTR", "INT_PTR", "DWORD_PTR",
    "KAFFINITY",      "LARGE_INTEGER", "PHYSICAL_ADDRESS", "ULONGLONG", "LONGLONG",  "ULONG64",  "LONG64",   "DWORD64", "KSPIN_LOCK",
    "ULARGE_INTEGER", "LUID",          "REGHANDLE",        "size_t",    "SC_HANDLE", "HKEY"};
/// Enumerations; a type with a P before its name is a pointer.
constexpr std::string_view kEnumerationEnds[] = {"CLASS",     "_LEVEL",     "_MODE",      "_REASON",
                                                 "POOL_TYPE", "EVENT_TYPE", "TIMER_TYPE", "WAIT_TYPE"};
constexpr std::string_view kDoubleWordTypes[] = {
    "ULONG",    "LONG",      "DWORD",       "INT",  "UINT",        "int",     "unsigned", "BOOL",
    "NTSTATUS", "KPRIORITY", "ACCESS_MASK", "LCID", "DEVICE_TYPE", "ULONG32", "LONG32",   "SECURITY_INFORMATION"};

bool Among(std::span<const std::string_view> names, std::string_view type) { return std::ranges::find(names, type) != names.end(); }

/// Bytes of a parameter's type; 8 where it is not known to be less.
unsigned WidthOf(std::string_view type) {
  if (type.find('*') != std::string_view::npos || Among(kPointerSizedTypes, type)) return 8;
  if (Among(kByteTypes, type)) return 1;
  if (Among(kWordTypes, type)) return 2;
  if (Among(kDoubleWordTypes, type)) return 4;
  const bool enumeration = std::ranges::any_of(kEnumerationEnds, [&](std::string_view end) { return type.ends_with(end); });
  return enumeration && (type.front() != 'P' || type == "POOL_TYPE") ? 4 : 8;
}

/// The type in "in opt PDRIVER_OBJECT DriverObject": what is between the direction and the name.
std::string_view TypeOf(std::string_view parameter) {
  const auto drop = [&](std::string_view word) {
    if (parameter.starts_with(word)) parameter.remove_prefix(word.size());
  };
  for (const std::string_view word : {" ", "inout ", "in ", "out ", "opt ", "const "}) drop(word);
  return parameter.substr(0, parameter.rfind(' '));
}

ULONG_PTR Narrow(ULONG_PTR value, unsigned width) { return width == 8 ? value : value & ((ULONG_PTR{1} << width * 8) - 1); }

}  // namespace

std::string CallText(const api::Export& entry, const ULONG_PTR* arguments) {
  std::string line = std::string(entry.name) + '(';
  std::string_view parameters = entry.parameters;
  char text[32];
  for (ULONG i = 0; i < entry.argument_count; ++i) {
    const auto end = std::min(parameters.find(','), parameters.size());
    const ULONG_PTR value = Narrow(arguments[i], WidthOf(TypeOf(parameters.substr(0, end))));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    std::snprintf(text, sizeof text, i == 0 ? "%llx" : ", %llx", static_cast<unsigned long long>(value));
    line += text;
  }
  return line + ")";
}

}  // namespace nt::ke
