// bcdedit.exe: what the boot loader tells the kernel, with the words and answers of Windows' own. The store is the registry's hive
// BCD00000000, where each object is a key and each of its elements a key below.
#include <windows.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

enum class Format { Device, Text, Object, Objects, Integer, Boolean };

/// An element that this program knows: its number in the store, its name here.
struct Element {
  DWORD number;
  const char* name;
  Format format;
};
/// In the order in which they are listed.
constexpr Element kElements[] = {
    {0x11000001, "device", Format::Device},        {0x12000002, "path", Format::Text},
    {0x12000004, "description", Format::Text},     {0x12000005, "locale", Format::Text},
    {0x14000006, "inherit", Format::Objects},      {0x16000009, "recoveryenabled", Format::Boolean},
    {0x16000049, "testsigning", Format::Boolean},  {0x21000001, "osdevice", Format::Device},
    {0x22000002, "systemroot", Format::Text},      {0x23000003, "default", Format::Object},
    {0x24000001, "displayorder", Format::Objects}, {0x25000004, "timeout", Format::Integer},
    {0x260000A0, "debug", Format::Boolean},
};

constexpr char kStore[] = "BCD00000000\\Objects\\";
constexpr char kBootManager[] = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
constexpr DWORD kDefaultEntry = 0x23000003;

/// What is wrong, and the system's text for the error.
int Failed(const std::string& what, LONG error) {
  char text[512] = "";
  FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, static_cast<DWORD>(error), 0, text, sizeof text,
                 nullptr);
  std::printf("%s\n%s", what.c_str(), text);
  return 1;
}

int Wrong(const std::string& what, LONG error) { return Failed(what + "\nRun \"bcdedit /?\" for command line assistance.", error); }

int Succeeded() {
  std::printf("The operation completed successfully.\n");
  return 0;
}

bool Same(const std::string& word, const char* other) { return _stricmp(word.c_str(), other) == 0; }

std::string ElementPath(const std::string& object, DWORD number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08lx", number);
  return kStore + object + "\\Elements\\" + digits;
}

/// The data of an element; false if the object has no such element.
bool Read(const std::string& object, DWORD number, std::string* data) {
  HKEY key = nullptr;
  if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, ElementPath(object, number).c_str(), 0, KEY_READ, &key) != ERROR_SUCCESS) return false;
  BYTE buffer[1024];
  DWORD size = sizeof buffer;
  const LONG error = RegQueryValueExA(key, "Element", nullptr, nullptr, buffer, &size);
  RegCloseKey(key);
  if (error != ERROR_SUCCESS) return false;
  data->assign(reinterpret_cast<const char*>(buffer), size);
  return true;
}

LONG Write(const std::string& object, DWORD number, DWORD type, const void* data, std::size_t size) {
  HKEY key = nullptr;
  LONG error =
      RegCreateKeyExA(HKEY_LOCAL_MACHINE, ElementPath(object, number).c_str(), 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr);
  if (error != ERROR_SUCCESS) return error;
  error = RegSetValueExA(key, "Element", 0, type, static_cast<const BYTE*>(data), static_cast<DWORD>(size));
  RegCloseKey(key);
  return error;
}

struct Alias {
  const char* name;
  const char* object;
};
constexpr Alias kAliases[] = {{"{bootmgr}", kBootManager}, {"{bootloadersettings}", "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"}};

/// The entry that the machine boots.
std::string Current() {
  std::string object;
  Read(kBootManager, kDefaultEntry, &object);
  return object.c_str();
}

std::string ObjectOf(const std::string& word) {
  if (Same(word, "{current}") || Same(word, "{default}")) return Current();
  for (const Alias& alias : kAliases) {
    if (Same(word, alias.name)) return alias.object;
  }
  return word;
}

std::string NameOf(const std::string& object) {
  for (const Alias& alias : kAliases) {
    if (Same(object, alias.object)) return alias.name;
  }
  return Same(object, Current().c_str()) ? "{current}" : object;
}

std::string Shown(Format format, const std::string& data, bool verbose) {
  switch (format) {
    case Format::Device:
      return "boot";
    case Format::Boolean:
      return !data.empty() && data[0] != 0 ? "Yes" : "No";
    case Format::Integer: {
      unsigned long long number = 0;
      std::memcpy(&number, data.data(), data.size() < sizeof number ? data.size() : sizeof number);
      return std::to_string(number);
    }
    case Format::Object:
    case Format::Objects:  // lists of one are all there are
      return verbose ? data.c_str() : NameOf(data.c_str());
    case Format::Text:
      break;
  }
  return data.c_str();
}

void Show(const std::string& object, const char* title, bool verbose) {
  std::printf("\n%s\n%s\n", title, std::string(std::strlen(title), '-').c_str());
  std::printf("%-24s%s\n", "identifier", verbose ? object.c_str() : NameOf(object).c_str());
  for (const Element& element : kElements) {
    std::string data;
    if (Read(object, element.number, &data)) std::printf("%-24s%s\n", element.name, Shown(element.format, data, verbose).c_str());
  }
}

int Enumerate(const Words& words) {
  const bool verbose = words.size() > 1 && Same(words.back(), "/v");
  const std::string what = words.size() > (verbose ? 2 : 1) ? words[1] : "active";
  const bool all = Same(what, "active") || Same(what, "all");
  const std::string object = ObjectOf(what);
  const bool manager = Same(what, "bootmgr") || Same(object, kBootManager),
             loader = Same(what, "osloader") || Same(object, Current().c_str());
  if (Current().empty()) return Failed("The boot configuration data store could not be opened.", ERROR_FILE_NOT_FOUND);
  if (!all && !manager && !loader) return Wrong("The specified entry type is invalid.", ERROR_INVALID_PARAMETER);
  if (all || manager) Show(kBootManager, "Windows Boot Manager", verbose);
  if (all || loader) Show(Current(), "Windows Boot Loader", verbose);
  return 0;
}

const Element* Find(const std::string& name) {
  for (const Element& element : kElements) {
    if (Same(name, element.name)) return &element;
  }
  return nullptr;
}

int UnknownElement() {
  return Wrong("The element data type specified is not recognized, or does not apply to the\nspecified entry.", ERROR_NOT_FOUND);
}

/// 1, 0, or -1 if the word is neither.
int BooleanOf(const std::string& word) {
  for (const char* yes : {"on", "yes", "true", "1"}) {
    if (Same(word, yes)) return 1;
  }
  for (const char* no : {"off", "no", "false", "0"}) {
    if (Same(word, no)) return 0;
  }
  return -1;
}

int SetElement(const std::string& object, const std::string& name, const std::string& value) {
  const Element* const element = Find(name);
  LONG error = ERROR_INVALID_PARAMETER;
  if (element == nullptr) return UnknownElement();
  if (element->format == Format::Boolean) {
    const int boolean = BooleanOf(value);
    if (boolean < 0) return Wrong("The boolean data is not valid as specified.", ERROR_INVALID_PARAMETER);
    const BYTE byte = static_cast<BYTE>(boolean);
    error = Write(object, element->number, REG_BINARY, &byte, sizeof byte);
  } else if (element->format == Format::Integer) {
    char* end = nullptr;
    const unsigned long long number = std::strtoull(value.c_str(), &end, 0);
    if (value.empty() || *end != 0) return Wrong("The integer data is not valid as specified.", ERROR_INVALID_PARAMETER);
    error = Write(object, element->number, REG_BINARY, &number, sizeof number);
  } else if (element->format == Format::Text) {
    error = Write(object, element->number, REG_SZ, value.c_str(), value.size() + 1);
  }
  if (error != ERROR_SUCCESS) return Failed("An error occurred while attempting to set the element data.", error);
  return Succeeded();
}

int DeleteElement(const std::string& object, const std::string& name) {
  const Element* const element = Find(name);
  if (element == nullptr) return UnknownElement();
  const LONG error = RegDeleteKeyA(HKEY_LOCAL_MACHINE, ElementPath(object, element->number).c_str());
  if (error == ERROR_SUCCESS) return Succeeded();
  return Failed("An error occurred while attempting to delete the specified data element.",
                error == ERROR_FILE_NOT_FOUND ? ERROR_NOT_FOUND : error);
}

int Usage() {
  std::printf(
      "BCDEDIT - Boot Configuration Data Store Editor\n\n"
      "Commands that operate on entries\n"
      "================================\n"
      "/enum [TYPE|ID] [/v]        Lists entries in the store.\n"
      "/set [ID] ELEMENT VALUE     Sets an element of an entry.\n"
      "/deletevalue [ID] ELEMENT   Deletes an element from an entry.\n"
      "/debug [ID] ON|OFF          Enables or disables kernel debugging.\n\n"
      "An entry is {current} unless said otherwise. Elements that the kernel follows are\n"
      "testsigning and debug; a change counts from the next boot on.\n");
  return 0;
}

/// The entry that the word after the command names, which is taken away then.
std::string TakeObject(Words& words) {
  if (words.size() < 2 || words[1].empty() || words[1][0] != '{') return Current();
  const std::string object = ObjectOf(words[1]);
  words.erase(words.begin() + 1);
  return object;
}

int BadCount(const char* command) {
  return Wrong(std::string("The ") + command + " command specified is not valid.", ERROR_INVALID_PARAMETER);
}

int Run(Words words) {
  if (words.empty()) return Enumerate({"/enum"});
  if (Same(words[0], "/?") || Same(words[0], "/help")) return Usage();
  if (Same(words[0], "/enum")) return Enumerate(words);
  const std::string object = TakeObject(words);
  if (Same(words[0], "/set")) return words.size() == 3 ? SetElement(object, words[1], words[2]) : BadCount("set");
  if (Same(words[0], "/debug")) return words.size() == 2 ? SetElement(object, "debug", words[1]) : BadCount("debug");
  if (Same(words[0], "/deletevalue")) return words.size() == 2 ? DeleteElement(object, words[1]) : BadCount("delete value");
  return Wrong("Invalid command line switch: " + words[0], ERROR_INVALID_PARAMETER);
}

}  // namespace

int main(int argc, char** argv) { return Run(Words(argv + 1, argv + argc)); }
