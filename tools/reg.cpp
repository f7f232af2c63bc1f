// What reg.exe's words do to the registry that is loaded in this process: a machine directory's, or that of a machine that is up.
#include "tools/reg.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "kernel/cm/mount.h"
#include "kernel/cm/registry.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"
#include "tools/commands.h"
#include "tools/reg_file.h"
#include "tools/reg_names.h"

namespace ringlet::tools {
namespace {

using nt::cm::Key;
using nt::cm::Value;

constexpr int kFailure = 1;  // reg.exe's only other exit code
constexpr const char* kNotFound = "The system was unable to find the specified registry key or value.";
constexpr const char* kDone = "The operation completed successfully.\n";

RegAnswer answer;  ///< of the command that runs

template <class... Arguments>
void Say(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  answer.output += fmt::format(text, std::forward<Arguments>(arguments)...);
}

/// What is wrong, as reg.exe says it; the exit code.
int Fail(const std::string& what) {
  answer.errors += "ERROR: " + what + "\n";
  return kFailure;
}

int Invalid() { return Fail("Invalid syntax.\nType \"ringlet reg --help\" for usage."); }

int Done() {
  answer.output += kDone;
  return kSuccess;
}

int Ended(NTSTATUS status) {
  if (NT_SUCCESS(status)) return Done();
  return Fail(status == STATUS_ACCESS_DENIED || status == STATUS_CANNOT_DELETE
                  ? "Access is denied."
                  : fmt::format("Status 0x{:08X}.", static_cast<ULONG>(status)));
}

/// The words after the operation and its keys.
struct Switches {
  std::optional<std::u16string> value;  ///< /v NAME, or /ve: the empty name
  bool all_values = false;              ///< /va
  bool recursive = false;               ///< /s
  bool force = false;                   ///< /f, /y
  std::string type = "REG_SZ";          ///< /t
  std::string data;                     ///< /d
};

bool Same(const std::string& a, const char* b) {
  return std::ranges::equal(a, std::string_view(b), [](char x, char y) { return std::tolower(x) == std::tolower(y); });
}

/// False if a word is unknown, or lacks what must follow it.
bool Parse(const std::vector<std::string>& words, std::size_t at, Switches* switches) {
  for (; at < words.size(); ++at) {
    const std::string& word = words[at];
    const bool takes = Same(word, "/v") || Same(word, "/t") || Same(word, "/d");
    if (takes && at + 1 == words.size()) return false;
    if (Same(word, "/v"))
      switches->value = nt::rtl::Utf16(words[++at]);
    else if (Same(word, "/t"))
      switches->type = words[++at];
    else if (Same(word, "/d"))
      switches->data = words[++at];
    else if (Same(word, "/ve"))
      switches->value = std::u16string();
    else if (Same(word, "/va"))
      switches->all_values = true;
    else if (Same(word, "/s"))
      switches->recursive = true;
    else if (Same(word, "/f") || Same(word, "/y"))
      switches->force = true;
    else
      return false;
  }
  return true;
}

/// Has the user asked, as reg.exe does where /f is missing: whoever gave the command asks, and gives it again with /f.
int Confirm(const std::string& question) {
  answer.question = question + " (Yes/No)? ";
  return kFailure;
}

// ---- query ---------------------------------------------------------------------------------------------------------------

void PrintValue(const Value& value) {
  Say("    {}    {}    {}\n", value.name.empty() ? "(Default)" : nt::rtl::Utf8(value.name), TypeName(value.type), DataText(value));
}

void PrintKey(const Key& key, const std::string& name, bool recursive) {
  if (!key.values.empty() || recursive) Say("{}\n", name);
  for (const Value& value : key.values) PrintValue(value);
  if (!key.values.empty()) Say("\n");
  for (const auto& child : key.children) {
    const std::string below = name + "\\" + nt::rtl::Utf8(child->name);
    if (recursive)
      PrintKey(*child, below, true);
    else
      Say("{}\n", below);
  }
}

int Query(const KeyName& name, const Switches& switches) {
  const Key* const key = Find(name);
  if (key == nullptr) return Fail(kNotFound);
  if (!switches.value) {
    Say("\n");
    PrintKey(*key, name.full, switches.recursive);
    return kSuccess;
  }
  const Value* const value = key->FindValue(*switches.value);
  if (value == nullptr) return Fail(kNotFound);
  Say("\n{}\n", name.full);
  PrintValue(*value);
  Say("\n");
  return kSuccess;
}

// ---- add, delete, copy ---------------------------------------------------------------------------------------------------

int Add(const KeyName& name, const Switches& switches) {
  Key* const key = FindOrCreate(name);
  if (key == nullptr) return Fail("The parameter is incorrect.");
  if (!switches.value && switches.data.empty()) return Done();
  const std::u16string value = switches.value.value_or(std::u16string());
  const auto type = TypeOf(switches.type);
  std::vector<UCHAR> data;
  if (!type || !DataOf(*type, switches.data, &data)) return Invalid();
  if (!switches.force && key->FindValue(value) != nullptr) return Confirm("Value " + nt::rtl::Utf8(value) + " exists, overwrite");
  return Ended(SetKeyValue(key, value, *type, data.data(), data.size()));
}

int Delete(const KeyName& name, const Switches& switches) {
  Key* const key = Find(name);
  if (key == nullptr) return Fail(kNotFound);
  const std::string what = switches.value        ? "value " + nt::rtl::Utf8(*switches.value)
                           : switches.all_values ? "values under " + name.full
                                                 : "key " + name.full;
  if (!switches.force) return Confirm("Permanently delete the registry " + what);
  if (switches.value) {
    const NTSTATUS status = DeleteKeyValue(key, *switches.value);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? Fail(kNotFound) : Ended(status);
  }
  if (!switches.all_values) return Ended(key->IsHiveRoot() ? STATUS_ACCESS_DENIED : DeleteTree(key));
  NTSTATUS status = STATUS_SUCCESS;
  while (NT_SUCCESS(status) && !key->values.empty()) status = DeleteKeyValue(key, std::u16string(key->values.back().name));
  return Ended(status);
}

NTSTATUS CopyTo(const Key& from, const KeyName& name, bool recursive) {
  Key* const to = FindOrCreate(name);
  if (to == nullptr) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = STATUS_SUCCESS;
  for (const Value& value : from.values) {
    status = SetKeyValue(to, value.name, value.type, value.data.data(), value.data.size());
    if (!NT_SUCCESS(status)) return status;
  }
  for (SIZE_T i = 0; recursive && i < from.children.size() && NT_SUCCESS(status); ++i) {
    const Key& child = *from.children[i];
    status = CopyTo(child, {name.full + "\\" + nt::rtl::Utf8(child.name), name.path + u"\\" + child.name}, true);
  }
  return status;
}

int Copy(const KeyName& from, const KeyName& to, const Switches& switches) {
  const Key* const key = Find(from);
  if (key == nullptr) return Fail(kNotFound);
  if (to.path.size() > from.path.size() && nt::cm::SameName(to.path.substr(0, from.path.size()), from.path))
    return Fail("A key cannot be copied below itself.");
  return Ended(CopyTo(*key, to, switches.recursive));
}

// ---- files ---------------------------------------------------------------------------------------------------------------

int Export(const KeyName& name, const std::string& file) {
  const Key* const key = Find(name);
  if (key == nullptr) return Fail(kNotFound);
  std::ofstream out(file, std::ios::binary);
  const std::u16string text = RegFileOf(*key, name.full);
  out.write(reinterpret_cast<const char*>(text.data()), static_cast<std::streamsize>(text.size() * sizeof(char16_t)));
  return out.flush() ? Done() : Fail("Unable to write to the file. There may be a disk or file system error.");
}

int Import(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Fail("Error opening the file. There may be a disk or file system error.");
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::string why;
  return ImportRegFile(bytes, &why) ? Done() : Fail("Error accessing the registry. " + why);
}

int Save(const KeyName& name, const std::string& file) {
  const Key* const key = Find(name);
  return key != nullptr ? Ended(nt::cm::SaveHive(file, *key)) : Fail(kNotFound);
}

/// Replaces what is below a key by a hive file's contents.
int Restore(const KeyName& name, const std::string& file) {
  Key* const key = Find(name);
  if (key == nullptr) return Fail(kNotFound);
  Key loaded;
  const NTSTATUS status = LoadHive(file, &loaded);
  if (!NT_SUCCESS(status))
    return Fail(status == STATUS_OBJECT_NAME_NOT_FOUND ? "The system cannot find the file specified." : "The file is no hive.");
  while (!key->children.empty()) {
    const NTSTATUS deleted = DeleteTree(key->children.back().get());
    if (!NT_SUCCESS(deleted)) return Ended(deleted);
  }
  while (!key->values.empty()) DeleteKeyValue(key, std::u16string(key->values.back().name));
  return Ended(CopyTo(loaded, name, true));
}

// ---- hives that come and go ----------------------------------------------------------------------------------------------

bool stays_up = false;  ///< the registry of this process outlives the command

int Load(const KeyName& name, const std::string& file) {
  if (!stays_up) return Fail("A hive stays loaded only on a machine that is up.");
  const auto last = name.path.rfind(u'\\');
  Key* const above = Find({{}, name.path.substr(0, last)});
  const bool may = above != nullptr && above->parent == &nt::cm::TheRegistry().root && last + 1 < name.path.size();
  if (!may) return Fail("The parameter is incorrect.");
  if (Find(name) != nullptr) return Ended(STATUS_ACCESS_DENIED);
  if (!std::ifstream(file)) return Fail("The system cannot find the file specified.");
  for (const auto& hive : nt::cm::TheRegistry().hives) {
    if (hive->file == file) return Fail("The process cannot access the file because it is being used by another process.");
  }
  return Ended(LoadHiveAt(above, name.path.substr(last + 1), file));
}

int Unload(const KeyName& name) {
  const Key* const key = Find(name);
  if (key == nullptr) return Fail(kNotFound);
  if (key->hive == nullptr || !key->IsHiveRoot()) return Fail("The parameter is incorrect.");
  const bool in_use = !key->hive->loaded || key->references != 0 || IsReferencedBelow(*key);
  return Ended(in_use ? STATUS_ACCESS_DENIED : UnmountHive(key->hive));
}

// ---- the command ---------------------------------------------------------------------------------------------------------

int Dispatch(const std::vector<std::string>& words) {
  if (words.size() < 2) return Invalid();
  const std::string& operation = words[0];
  if (Same(operation, "import")) return words.size() == 2 ? Import(words[1]) : Invalid();
  const auto name = ParseKeyName(words[1]);
  if (!name) return Fail("Invalid key name.\nType \"ringlet reg --help\" for usage.");
  const bool two = Same(operation, "copy") || Same(operation, "export") || Same(operation, "save") || Same(operation, "restore") ||
                   Same(operation, "load");
  Switches switches;
  if ((two && words.size() < 3) || !Parse(words, two ? 3 : 2, &switches)) return Invalid();
  if (Same(operation, "query")) return Query(*name, switches);
  if (Same(operation, "add")) return Add(*name, switches);
  if (Same(operation, "delete")) return Delete(*name, switches);
  if (Same(operation, "export")) return Export(*name, words[2]);
  if (Same(operation, "save")) return Save(*name, words[2]);
  if (Same(operation, "restore")) return Restore(*name, words[2]);
  if (Same(operation, "load")) return Load(*name, words[2]);
  if (Same(operation, "unload")) return Unload(*name);
  if (!Same(operation, "copy")) return Invalid();
  const auto to = ParseKeyName(words[2]);
  return to ? Copy(*name, *to, switches) : Fail("Invalid key name.");
}

}  // namespace

RegAnswer RunReg(const std::vector<std::string>& words, bool registry_stays) {
  answer = {};
  stays_up = registry_stays;
  answer.code = Dispatch(words);
  const NTSTATUS saved = nt::cm::SaveRegistry();
  if (answer.code == kSuccess && !NT_SUCCESS(saved)) answer.code = Ended(saved);
  return std::move(answer);
}

}  // namespace ringlet::tools
