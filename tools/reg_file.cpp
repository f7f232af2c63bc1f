#include "tools/reg_file.h"
#include "kernel/rtl/utf8.h"

#include <fmt/core.h>

#include <cstring>
#include <vector>

#include "kernel/cm/registry.h"
#include "nt/status.h"
#include "tools/reg_names.h"

namespace ringlet::tools {
namespace {

using nt::cm::Key;
using nt::cm::Value;

constexpr std::u16string_view kHeader = u"Windows Registry Editor Version 5.00";
constexpr std::u16string_view kOldHeader = u"REGEDIT4";
constexpr SIZE_T kLineLimit = 79;

// ---- writing -------------------------------------------------------------------------------------------------------------

std::u16string Quoted(std::u16string_view text) {
  std::u16string quoted = u"\"";
  for (const char16_t c : text) {
    if (c == u'"' || c == u'\\') quoted += u'\\';
    quoted += c;
  }
  return quoted + u'"';
}

/// Whether it is text that one line can hold: terminated once, at its end.
bool IsPlainText(const Value& value, std::u16string* text) {
  if (value.type != REG_SZ || value.data.size() % sizeof(WCHAR) != 0 || value.data.empty()) return false;
  text->resize(value.data.size() / sizeof(WCHAR));
  std::memcpy(text->data(), value.data.data(), value.data.size());
  if (text->back() != 0) return false;
  text->pop_back();
  return text->find_first_of(std::u16string_view(u"\0\r\n", 3)) == text->npos;
}

/// Bytes as "01,02,\" and a line that goes on.
std::u16string HexLines(const Value& value, SIZE_T column) {
  std::u16string text = nt::rtl::Utf16(value.type == REG_BINARY ? "hex:" : fmt::format("hex({:x}):", value.type));
  column += text.size();
  for (SIZE_T i = 0; i < value.data.size(); ++i) {
    const bool last = i + 1 == value.data.size();
    text += nt::rtl::Utf16(fmt::format("{:02x}{}", value.data[i], last ? "" : ","));
    column += 3;
    if (last || column + 3 <= kLineLimit) continue;
    text += u"\\\r\n  ";
    column = 2;
  }
  return text;
}

void WriteValue(const Value& value, std::u16string* out) {
  const std::u16string name = value.name.empty() ? u"@" : Quoted(value.name);
  *out += name + u'=';
  std::u16string text;
  if (IsPlainText(value, &text)) {
    *out += Quoted(text);
  } else if (value.type == REG_DWORD && value.data.size() == sizeof(ULONG)) {
    ULONG number;
    std::memcpy(&number, value.data.data(), sizeof number);
    *out += nt::rtl::Utf16(fmt::format("dword:{:08x}", number));
  } else {
    *out += HexLines(value, name.size() + 1);
  }
  *out += u"\r\n";
}

void WriteKey(const Key& key, const std::u16string& name, std::u16string* out) {
  *out += u"[" + name + u"]\r\n";
  for (const Value& value : key.values) WriteValue(value, out);
  *out += u"\r\n";
  for (const auto& child : key.children) WriteKey(*child, name + u'\\' + child->name, out);
}

// ---- reading -------------------------------------------------------------------------------------------------------------

std::u16string Decoded(const std::string& bytes) {
  if (!bytes.starts_with("\xFF\xFE")) return nt::rtl::Utf16(bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes);
  std::u16string text((bytes.size() - 2) / sizeof(char16_t), u'\0');
  std::memcpy(text.data(), bytes.data() + 2, text.size() * sizeof(char16_t));
  return text;
}

std::u16string_view Trimmed(std::u16string_view line) {
  constexpr std::u16string_view kBlank = u" \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  return line.substr(0, line.find_last_not_of(kBlank) + 1);
}

/// Lines without comments; those that end with a backslash, in the midst of a list of bytes, are joined with the next.
std::vector<std::u16string> LinesOf(const std::u16string& text) {
  std::vector<std::u16string> lines;
  bool joined = false;
  for (SIZE_T at = 0; at < text.size();) {
    const SIZE_T end = std::min(text.find(u'\n', at), text.size());
    std::u16string_view line = Trimmed(std::u16string_view(text).substr(at, end - at));
    at = end + 1;
    const bool goes_on = line.ends_with(u',') ? false : line.ends_with(u'\\') && !line.starts_with(u'[');
    if (goes_on) line.remove_suffix(1);
    if (joined)
      lines.back() += line;
    else if (!line.empty() && !line.starts_with(u';'))
      lines.emplace_back(line);
    joined = goes_on;
  }
  return lines;
}

/// Takes "a \"quoted\" text" off a line's front.
bool TakeQuoted(std::u16string_view* line, std::u16string* text) {
  if (!line->starts_with(u'"')) return false;
  SIZE_T at = 1;
  for (; at < line->size() && (*line)[at] != u'"'; ++at) {
    if ((*line)[at] == u'\\' && at + 1 < line->size()) ++at;
    *text += (*line)[at];
  }
  if (at == line->size()) return false;
  line->remove_prefix(at + 1);
  return true;
}

bool ParseHex(std::u16string_view text, Value* value) {
  value->type = REG_BINARY;
  if (text.starts_with(u'(')) {
    const SIZE_T end = text.find(u')');
    if (end == text.npos) return false;
    value->type = static_cast<ULONG>(std::strtoul(nt::rtl::Utf8(text.substr(1, end - 1)).c_str(), nullptr, 16));
    text.remove_prefix(end + 1);
  }
  if (!text.starts_with(u':')) return false;
  text.remove_prefix(1);
  while (!text.empty()) {
    const std::string byte = nt::rtl::Utf8(Trimmed(text.substr(0, text.find(u','))));
    text.remove_prefix(std::min(text.find(u','), text.size() - 1) + 1);
    char* end = nullptr;
    const unsigned long number = std::strtoul(byte.c_str(), &end, 16);
    if (byte.empty() && text.empty()) break;
    if (byte.empty() || *end != 0 || number > 0xFF) return false;
    value->data.push_back(static_cast<UCHAR>(number));
  }
  return true;
}

bool ParseData(std::u16string_view text, Value* value) {
  if (text.starts_with(u'"')) {
    std::u16string plain;
    if (!TakeQuoted(&text, &plain) || !Trimmed(text).empty()) return false;
    plain += u'\0';
    value->type = REG_SZ;
    const auto* const bytes = reinterpret_cast<const UCHAR*>(plain.data());
    value->data.assign(bytes, bytes + plain.size() * sizeof(WCHAR));
    return true;
  }
  if (text.starts_with(u"hex")) return ParseHex(text.substr(3), value);
  if (!text.starts_with(u"dword:")) return false;
  value->type = REG_DWORD;
  return DataOf(REG_DWORD, "0x" + nt::rtl::Utf8(text.substr(6)), &value->data);
}

/// "name"=data, @=data, "name"=-
bool ImportValue(std::u16string_view line, Key* key) {
  Value value;
  if (line.starts_with(u'@'))
    line.remove_prefix(1);
  else if (!TakeQuoted(&line, &value.name))
    return false;
  line = Trimmed(line);
  if (!line.starts_with(u'=')) return false;
  line = Trimmed(line.substr(1));
  if (line == u"-") {
    DeleteKeyValue(key, value.name);
    return true;
  }
  return ParseData(line, &value) && NT_SUCCESS(SetKeyValue(key, value.name, value.type, value.data.data(), value.data.size()));
}

/// [key], or [-key]
bool ImportKey(std::u16string_view line, Key** key) {
  const SIZE_T end = line.rfind(u']');
  if (end == line.npos) return false;
  line = line.substr(1, end - 1);
  const bool remove = line.starts_with(u'-');
  const auto name = ParseKeyName(nt::rtl::Utf8(line.substr(remove ? 1 : 0)));
  if (!name) return false;
  *key = remove ? Find(*name) : FindOrCreate(*name);
  if (!remove) return *key != nullptr;
  const bool removed = *key == nullptr || NT_SUCCESS(DeleteTree(*key));
  *key = nullptr;
  return removed;
}

}  // namespace

std::u16string RegFileOf(const Key& key, const std::string& full_name) {
  std::u16string out = u"\uFEFF" + std::u16string(kHeader) + u"\r\n\r\n";
  WriteKey(key, nt::rtl::Utf16(full_name), &out);
  return out;
}

bool ImportRegFile(const std::string& bytes, std::string* why) {
  const std::vector<std::u16string> lines = LinesOf(Decoded(bytes));
  if (lines.empty() || (lines[0] != kHeader && lines[0] != kOldHeader)) {
    *why = "The file is not a registry script.";
    return false;
  }
  Key* key = nullptr;
  for (SIZE_T i = 1; i < lines.size(); ++i) {
    const bool done = lines[i].starts_with(u'[') ? ImportKey(lines[i], &key) : key == nullptr || ImportValue(lines[i], key);
    if (done) continue;
    *why = "This line is wrong: " + nt::rtl::Utf8(lines[i]);
    return false;
  }
  return true;
}

}  // namespace ringlet::tools
