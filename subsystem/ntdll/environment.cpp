// The environment block: "NAME=value" strings, each with its terminator, and one more at the end.
#include <cstring>
#include <string_view>

#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace {

using namespace nt::user;

WCHAR Upper(WCHAR c) { return c >= 'a' && c <= 'z' ? static_cast<WCHAR>(c - 32) : c; }

std::u16string_view View(PCUNICODE_STRING string) { return {string->Buffer, string->Length / sizeof(WCHAR)}; }

/// Whether an entry of the block has this name. A name may begin with '=' ("=C:").
bool HasName(std::u16string_view entry, std::u16string_view name) {
  if (entry.size() <= name.size() || entry[name.size()] != u'=') return false;
  for (SIZE_T i = 0; i < name.size(); i++)
    if (Upper(entry[i]) != Upper(name[i])) return false;
  return true;
}

PWSTR Block(PVOID environment) { return static_cast<PWSTR>(environment ? environment : CurrentPeb()->ProcessParameters->Environment); }

/// The entry of a variable, or the block's end.
PWSTR Find(PWSTR block, std::u16string_view name, bool* found) {
  *found = false;
  if (!block) return nullptr;
  for (; *block; block += std::u16string_view(block).size() + 1) {
    if (HasName(block, name)) {
      *found = true;
      return block;
    }
  }
  return block;
}

SIZE_T LengthOf(PCWSTR block) {
  PCWSTR end = block;
  while (end && *end) end += std::u16string_view(end).size() + 1;
  return block ? static_cast<SIZE_T>(end - block) : 0;
}

}  // namespace

extern "C" {

/// Reads an environment variable. STATUS_BUFFER_TOO_SMALL leaves the needed bytes in Value->Length.
NTSTATUS RtlQueryEnvironmentVariable_U(PVOID Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value) {
  bool found = false;
  const std::u16string_view name = View(Name);
  const PWSTR entry = Find(Block(Environment), name, &found);
  if (!found) return STATUS_VARIABLE_NOT_FOUND;
  const std::u16string_view value = std::u16string_view(entry).substr(name.size() + 1);
  const SIZE_T bytes = value.size() * sizeof(WCHAR);
  Value->Length = static_cast<USHORT>(bytes);
  if (bytes > Value->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(Value->Buffer, value.data(), bytes);
  if (bytes + 2 <= Value->MaximumLength) Value->Buffer[value.size()] = 0;
  return STATUS_SUCCESS;
}

/// Sets an environment variable, or removes it if there is no value. Partial: changes the process's own block only.
NTSTATUS RtlSetEnvironmentVariable(PVOID* Environment, PCUNICODE_STRING Name, PCUNICODE_STRING Value) {
  if (Environment) return STATUS_NOT_SUPPORTED;
  const std::u16string_view name = View(Name);
  if (name.empty() || name.find(u'=', 1) != name.npos) return STATUS_INVALID_PARAMETER;
  const PWSTR block = Block(nullptr);
  bool found = false;
  PWSTR const entry = Find(block, name, &found);
  const SIZE_T total = LengthOf(block);
  const SIZE_T before = block ? static_cast<SIZE_T>(entry - block) : 0;
  const SIZE_T old = found ? std::u16string_view(entry).size() + 1 : 0;
  if (!Value && !found) return STATUS_VARIABLE_NOT_FOUND;
  const SIZE_T added = Value ? name.size() + 1 + Value->Length / sizeof(WCHAR) + 1 : 0;

  auto* const fresh = Allocate<WCHAR>(total - old + added + 2);
  if (!fresh) return STATUS_NO_MEMORY;
  PWSTR out = fresh;
  const auto put = [&out](PCWSTR text, SIZE_T count) {
    if (count) std::memcpy(out, text, count * sizeof(WCHAR));
    out += count;
  };
  put(block, before);
  if (Value) {
    put(name.data(), name.size());
    *out++ = u'=';
    put(Value->Buffer, Value->Length / sizeof(WCHAR));
    *out++ = 0;
  }
  put(block + before + old, total - before - old);
  RTL_USER_PROCESS_PARAMETERS* const parameters = CurrentPeb()->ProcessParameters;
  // The first block belongs to the process parameters, and readers may still hold the old one: it is not freed.
  parameters->Environment = fresh;
  parameters->EnvironmentSize = (total - old + added + 1) * sizeof(WCHAR);
  return STATUS_SUCCESS;
}

/// Replaces each %NAME% whose variable exists by its value. `Length` gets the bytes needed, with the terminator.
NTSTATUS RtlExpandEnvironmentStrings_U(PVOID Environment, PCUNICODE_STRING Source, PUNICODE_STRING Destination, PULONG Length) {
  const std::u16string_view source = View(Source);
  SIZE_T count = 0;
  const SIZE_T room = Destination->MaximumLength / sizeof(WCHAR);
  const auto put = [&](std::u16string_view text) {
    for (const WCHAR c : text) {
      if (count < room) Destination->Buffer[count] = c;
      count++;
    }
  };
  for (SIZE_T at = 0; at < source.size(); at++) {
    const SIZE_T end = source[at] == u'%' ? source.find(u'%', at + 1) : source.npos;
    bool found = false;
    const std::u16string_view name = end == source.npos ? std::u16string_view() : source.substr(at + 1, end - at - 1);
    const PWSTR entry = name.empty() ? nullptr : Find(Block(Environment), name, &found);
    if (!found) {
      put(source.substr(at, 1));
      continue;
    }
    put(std::u16string_view(entry).substr(name.size() + 1));
    at = end;
  }
  if (Length) *Length = static_cast<ULONG>((count + 1) * sizeof(WCHAR));
  if (count >= room) return STATUS_BUFFER_TOO_SMALL;
  Destination->Buffer[count] = 0;
  Destination->Length = static_cast<USHORT>(count * sizeof(WCHAR));
  return STATUS_SUCCESS;
}

}  // extern "C"
