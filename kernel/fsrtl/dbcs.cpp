// Names of one byte a character, in the system's OEM code page, as FAT has them.
#include <string_view>

#include "kernel/ke/ke.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr std::string_view kWild = "*?<>\"", kIllegal = "+,/:;=[\\]|";
constexpr SIZE_T kBase = 8, kExtension = 3;

bool IsDot(CHAR character, bool wild) { return character == '.' || (wild && character == '"'); }

bool IsLegal(CHAR character, bool wild) {
  const auto value = static_cast<UCHAR>(character);
  if (value < 0x20 || kIllegal.find(character) != kIllegal.npos) return false;
  return wild || kWild.find(character) == kWild.npos;
}

/// Eight characters, and perhaps a period and three. A part must not end with a blank.
bool IsComponent(std::string_view name, bool wild) {
  if (wild && (name == "." || name == ".." || name == "\"")) return true;
  SIZE_T length = 0;
  bool extension = false;
  for (SIZE_T i = 0; i < name.size(); ++i) {
    if (!IsLegal(name[i], wild)) return false;
    const bool dot = IsDot(name[i], wild);
    if (dot && (extension || length == 0)) return false;
    if ((dot || i + 1 == name.size()) && name[dot && i != 0 ? i - 1 : i] == ' ') return false;
    extension |= dot;
    length = dot ? 0 : length + 1;
    if (length > (extension ? kExtension : kBase)) return false;
  }
  return !name.empty();
}

}  // namespace

extern "C" {

/// The string is passed by reference to a copy, as structures of 16 bytes are.
BOOLEAN FsRtlIsFatDbcsLegal(const STRING* DbcsName, BOOLEAN WildCardsPermissible, BOOLEAN PathNamePermissible,
                            BOOLEAN LeadingBackslashPermissible) {
  std::string_view name(DbcsName->Buffer, DbcsName->Length);
  if (name.empty()) return FALSE;
  if (name.front() == '\\') {
    if (LeadingBackslashPermissible == FALSE) return FALSE;
    name.remove_prefix(1);
    if (name.empty()) return TRUE;
  }
  if (PathNamePermissible == FALSE) return IsComponent(name, WildCardsPermissible != FALSE) ? TRUE : FALSE;
  for (;;) {
    const SIZE_T end = name.find('\\');
    if (!IsComponent(name.substr(0, end), WildCardsPermissible != FALSE)) return FALSE;
    if (end == name.npos) return TRUE;
    name.remove_prefix(end + 1);
  }
}

BOOLEAN FsRtlIsDbcsInExpression(STRING* Expression, STRING* Name) {
  UNICODE_STRING expression{}, name{};
  NTSTATUS status = RtlOemStringToUnicodeString(&expression, Expression, TRUE);
  if (NT_SUCCESS(status)) status = RtlOemStringToUnicodeString(&name, Name, TRUE);
  const BOOLEAN matches = NT_SUCCESS(status) ? FsRtlIsNameInExpression(&expression, &name, FALSE, nullptr) : BOOLEAN{FALSE};
  if (name.Buffer != nullptr) RtlFreeUnicodeString(&name);
  if (expression.Buffer != nullptr) RtlFreeUnicodeString(&expression);
  if (!NT_SUCCESS(status)) nt::ke::RaiseStatus(status);
  return matches;
}

}  // extern "C"
