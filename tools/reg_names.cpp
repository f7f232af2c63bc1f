#include "tools/reg_names.h"
#include "kernel/rtl/utf8.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "kernel/cm/registry.h"
#include "kernel/rtl/rtl.h"
#include "kernel/se/user.h"
#include "nt/status.h"

namespace ringlet::tools {
namespace {

struct Root {
  const char* brief;
  const char* full;
  std::u16string_view path;
};
constexpr Root kRoots[] = {
    {"HKLM", "HKEY_LOCAL_MACHINE", u"\\Machine"},
    {"HKCU", "HKEY_CURRENT_USER", nt::se::kUserKey},
    {"HKCR", "HKEY_CLASSES_ROOT", u"\\Machine\\Software\\Classes"},
    {"HKU", "HKEY_USERS", u"\\User"},
    {"HKCC", "HKEY_CURRENT_CONFIG", u"\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
};

constexpr const char* kTypes[] = {"REG_NONE",
                                  "REG_SZ",
                                  "REG_EXPAND_SZ",
                                  "REG_BINARY",
                                  "REG_DWORD",
                                  "REG_DWORD_BIG_ENDIAN",
                                  "REG_LINK",
                                  "REG_MULTI_SZ",
                                  "REG_RESOURCE_LIST",
                                  "REG_FULL_RESOURCE_DESCRIPTOR",
                                  "REG_RESOURCE_REQUIREMENTS_LIST",
                                  "REG_QWORD"};

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::u16string TextOf(const nt::cm::Value& value) {
  std::u16string text(value.data.size() / sizeof(WCHAR), u'\0');
  std::memcpy(text.data(), value.data.data(), text.size() * sizeof(WCHAR));
  return text;
}

void Append(std::vector<UCHAR>* data, std::u16string_view text) {
  const auto* const bytes = reinterpret_cast<const UCHAR*>(text.data());
  data->insert(data->end(), bytes, bytes + text.size() * sizeof(WCHAR));
}

bool NumberOf(const std::string& text, SIZE_T size, std::vector<UCHAR>* data) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long number = std::strtoull(text.empty() ? "0" : text.c_str(), &end, 0);
  if (*end != 0 || errno != 0 || (size == sizeof(ULONG) && number > 0xFFFFFFFF)) return false;
  data->resize(size);
  std::memcpy(data->data(), &number, size);
  return true;
}

bool BytesOf(const std::string& text, std::vector<UCHAR>* data) {
  if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) return false;
  for (SIZE_T i = 0; i < text.size(); i += 2) data->push_back(static_cast<UCHAR>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return true;
}

}  // namespace

std::optional<KeyName> ParseKeyName(const std::string& text) {
  const auto end = std::min(text.find('\\'), text.size());
  const std::string root = Upper(text.substr(0, end));
  std::string rest = text.substr(end);
  while (rest.ends_with('\\')) rest.pop_back();
  for (const Root& each : kRoots) {
    if (root == each.brief || root == each.full) return KeyName{each.full + rest, std::u16string(each.path) + nt::rtl::Utf16(rest)};
  }
  return std::nullopt;
}

nt::cm::Key* Find(const KeyName& name) {
  nt::cm::Walk walk;
  nt::cm::Key* key = nullptr;
  return NT_SUCCESS(nt::cm::WalkTo(&nt::cm::TheRegistry().root, name.path, walk, &key)) ? key : nullptr;
}

nt::cm::Key* FindOrCreate(const KeyName& name) {
  nt::cm::Key* at = &nt::cm::TheRegistry().root;
  for (SIZE_T start = 1; start <= name.path.size();) {
    const SIZE_T end = std::min(name.path.find(u'\\', start), name.path.size());
    nt::cm::Walk walk{.create = true, .options = at->is_volatile ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE};
    if (end > start && !NT_SUCCESS(nt::cm::WalkTo(at, name.path.substr(start, end - start), walk, &at))) return nullptr;
    start = end + 1;
  }
  return at;
}

NTSTATUS DeleteTree(nt::cm::Key* key) {
  while (!key->children.empty()) {
    const NTSTATUS status = DeleteTree(key->children.back().get());
    if (!NT_SUCCESS(status)) return status;
  }
  return DeleteKey(key);
}

std::string TypeName(ULONG type) { return type < std::size(kTypes) ? kTypes[type] : fmt::format("0x{:x}", type); }

std::optional<ULONG> TypeOf(const std::string& name) {
  const std::string upper = Upper(name);
  if (upper == "REG_DWORD_LITTLE_ENDIAN") return REG_DWORD;
  const auto found = std::ranges::find_if(kTypes, [&](const char* each) { return upper == each; });
  return found != std::end(kTypes) ? std::optional(static_cast<ULONG>(found - std::begin(kTypes))) : std::nullopt;
}

std::string DataText(const nt::cm::Value& value) {
  ULONGLONG number = 0;
  std::memcpy(&number, value.data.data(), std::min(sizeof number, value.data.size()));
  if ((value.type == REG_DWORD && value.data.size() == sizeof(ULONG)) || (value.type == REG_QWORD && value.data.size() == sizeof number))
    return fmt::format("0x{:x}", number);
  std::u16string text = TextOf(value);
  if (value.type == REG_SZ || value.type == REG_EXPAND_SZ || value.type == REG_LINK) return nt::rtl::Utf8(text.substr(0, text.find(u'\0')));
  if (value.type == REG_MULTI_SZ) {
    std::string all;
    while (text.ends_with(u'\0')) text.pop_back();
    for (const char16_t c : text) all += c == 0 ? "\\0" : nt::rtl::Utf8({&c, 1});
    return all;
  }
  std::string hex;
  for (const UCHAR byte : value.data) hex += fmt::format("{:02X}", byte);
  return hex;
}

bool DataOf(ULONG type, const std::string& text, std::vector<UCHAR>* data) {
  if (type == REG_DWORD || type == REG_DWORD_BIG_ENDIAN) {
    if (!NumberOf(text, sizeof(ULONG), data)) return false;
    if (type == REG_DWORD_BIG_ENDIAN) std::ranges::reverse(*data);
    return true;
  }
  if (type == REG_QWORD) return NumberOf(text, sizeof(ULONGLONG), data);
  if (type != REG_SZ && type != REG_EXPAND_SZ && type != REG_MULTI_SZ) return BytesOf(text, data);
  std::u16string wide = nt::rtl::Utf16(text);
  if (type == REG_MULTI_SZ) {
    for (auto at = wide.find(u"\\0"); at != wide.npos; at = wide.find(u"\\0", at + 1)) wide.replace(at, 2, 1, u'\0');
    if (!wide.empty()) wide += u'\0';
  }
  Append(data, wide + u'\0');
  return true;
}

}  // namespace ringlet::tools
