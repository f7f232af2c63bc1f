// Short names: up to eight characters, a dot, up to three.
#include "kernel/rtl/short_name.h"

#include <algorithm>
#include <string_view>

#include "kernel/rtl/misc.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kLongestBase = 8, kLongestExtension = 3, kKeptOfBase = 6;
constexpr ULONG kTriesBeforeChecksum = 4;
constexpr ULONG kMostTries = 999999;

/// Characters that a short name has not; a dot and a space have their own rules.
bool IsIllegal(ULONG c) {
  return c < 0x20 || (c < 0x80 && std::string_view("\"*+,/:;<=>?[\\]|").find(static_cast<char>(c)) != std::string_view::npos);
}

bool IsLegalPart(std::string_view part, SIZE_T most) {
  if (part.size() > most) return false;
  return std::none_of(part.begin(), part.end(), [](char c) { return c == '.' || IsIllegal(static_cast<UCHAR>(c)); });
}

bool IsLegal(std::string_view name) {
  if (name == "." || name == "..") return true;
  if (name.empty() || name.size() > kLongestBase + 1 + kLongestExtension) return false;
  const SIZE_T dot = name.find('.');
  const std::string_view base = name.substr(0, dot);
  if (base.empty() || base.back() == ' ' || !IsLegalPart(base, kLongestBase)) return false;
  if (dot == std::string_view::npos) return true;
  const std::string_view extension = name.substr(dot + 1);
  return !extension.empty() && extension.back() != ' ' && IsLegalPart(extension, kLongestExtension);
}

/// A character as a short name has it.
WCHAR Shortened(WCHAR c, bool extended) {
  if (IsIllegal(c) || (!extended && c > 0x7F)) return u'_';
  WCHAR oem = c;
  return RtlIsValidOemCharacter(&oem) ? oem : u'_';
}

/// NT's hash of a long name, four hexadecimal digits of which make a short one unique.
USHORT ChecksumOf(std::u16string_view name) {
  USHORT sum = 0;
  for (const WCHAR c : name) sum = static_cast<USHORT>(sum * 0x25 + c);
  auto value = static_cast<LONG>(static_cast<ULONG>(sum) * 314159269U);
  if (value < 0) value = -value;
  const auto quotient = static_cast<LONG>((static_cast<ULONGLONG>(value) * 1152921497) >> 60);
  const auto rest = static_cast<ULONG>(value - quotient * 1000000007);
  return static_cast<USHORT>((rest >> 12 & 0xF) | (rest >> 4 & 0xF0) | (rest << 4 & 0xF00) | (rest << 12 & 0xF000));
}

void InsertChecksum(PGENERATE_NAME_CONTEXT context) {
  context->NameLength = static_cast<UCHAR>(std::min<ULONG>(context->NameLength, 2));
  for (int shift = 12; shift >= 0; shift -= 4) {
    context->NameBuffer[context->NameLength++] = u"0123456789ABCDEF"[context->Checksum >> shift & 0xF];
  }
  context->CheckSumInserted = TRUE;
}

/// Takes the parts of the long name that the short ones have.
void Begin(std::u16string_view name, bool extended, PGENERATE_NAME_CONTEXT context) {
  context->Checksum = ChecksumOf(name);
  while (!name.empty() && (name.front() == u'.' || name.front() == u' ')) name.remove_prefix(1);
  const SIZE_T dot = name.rfind(u'.');
  for (const WCHAR c : name.substr(0, dot)) {
    if (c == u' ' || c == u'.' || context->NameLength == kKeptOfBase) continue;
    context->NameBuffer[context->NameLength++] = Shortened(c, extended);
  }
  if (dot != std::u16string_view::npos) {
    context->ExtensionBuffer[context->ExtensionLength++] = u'.';
    for (const WCHAR c : name.substr(dot + 1)) {
      if (c == u' ' || context->ExtensionLength > kLongestExtension) continue;
      context->ExtensionBuffer[context->ExtensionLength++] = Shortened(c, extended);
    }
    if (context->ExtensionLength == 1) context->ExtensionLength = 0;
  }
  if (context->NameLength <= 2) InsertChecksum(context);
}

}  // namespace

BOOLEAN RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces) {
  char buffer[kLongestBase + 1 + kLongestExtension];
  OEM_STRING own{0, sizeof buffer, buffer};
  if (Name->Length > sizeof buffer * sizeof(WCHAR)) return FALSE;
  POEM_STRING const oem = OemName != nullptr ? OemName : &own;
  if (RtlUpcaseUnicodeStringToCountedOemString(oem, Name, FALSE) != STATUS_SUCCESS) return FALSE;
  const std::string_view text(oem->Buffer, oem->Length);
  if (!IsLegal(text)) return FALSE;
  if (NameContainsSpaces != nullptr) *NameContainsSpaces = text.find(' ') != std::string_view::npos;
  return TRUE;
}

NTSTATUS RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters, PGENERATE_NAME_CONTEXT Context,
                              PUNICODE_STRING Name8dot3) {
  if (Context->LastIndexValue == 0) {
    Begin({Name->Buffer, Name->Length / sizeof(WCHAR)}, AllowExtendedCharacters != FALSE, Context);
  } else if (Context->LastIndexValue == kTriesBeforeChecksum && Context->CheckSumInserted == FALSE) {
    InsertChecksum(Context);
    Context->LastIndexValue = 0;
  }
  if (++Context->LastIndexValue > kMostTries) return STATUS_FILE_SYSTEM_LIMITATION;
  WCHAR digits[8];
  UNICODE_STRING number{0, sizeof digits, digits};
  RtlIntegerToUnicodeString(Context->LastIndexValue, 10, &number);
  const ULONG count = number.Length / static_cast<ULONG>(sizeof(WCHAR));
  // The number takes the place of what it needs.
  const ULONG kept = std::min<ULONG>(Context->NameLength, kLongestBase - 1 - count);
  PWSTR at = std::copy_n(Context->NameBuffer, kept, Name8dot3->Buffer);
  *at++ = u'~';
  at = std::copy_n(digits, count, at);
  at = std::copy_n(Context->ExtensionBuffer, Context->ExtensionLength, at);
  Name8dot3->Length = static_cast<USHORT>((at - Name8dot3->Buffer) * static_cast<LONG>(sizeof(WCHAR)));
  return STATUS_SUCCESS;
}
