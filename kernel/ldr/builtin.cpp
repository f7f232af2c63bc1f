#include "kernel/ldr/builtin.h"

#include <algorithm>
#include <array>

#include "kernel/ldr/process_data.h"
#include "kernel/ldr/state.h"
#include "kernel/ldr/synthetic.h"
#include "kernel/mm/layout.h"
#include "nt/status.h"

namespace nt::ldr {
namespace {

/// Forwarders that forward go no deeper than this.
constexpr ULONG kMostForwards = 8;

/// A built-in module in memory.
struct Module {
  Image* image;
  std::span<const api::Export> exports;
};

struct Builtins {
  std::vector<Module> modules;
  std::vector<void*> plain;  ///< by api::IndexOf
  std::vector<void*> hooked;
  ULONG_PTR next_user = kSharedUserImages;
  bool bind_hooked = false;
};
Builtins* builtins = nullptr;

/// Kernel modules are those with a kernel module's extension, and the few DLLs the kernel itself links to.
bool IsUserModule(std::string_view name) {
  constexpr std::array<std::string_view, 5> kKernelLibraries = {"hal.dll", "ci.dll", "kdcom.dll", "bootvid.dll", "pshed.dll"};
  if (!name.ends_with(".dll")) return false;
  return std::none_of(kKernelLibraries.begin(), kKernelLibraries.end(), [&](std::string_view known) { return SameName(known, name); });
}

std::u16string PathOf(std::string_view name, bool user) {
  std::u16string path = user                     ? u"C:\\Windows\\System32\\"
                        : name.ends_with(".sys") ? u"\\SystemRoot\\System32\\drivers\\"
                                                 : u"\\SystemRoot\\system32\\";
  path.append(name.begin(), name.end());
  return path;
}

/// The export a forwarder "module.name" names.
const api::Export* ForwardTarget(std::string_view text) {
  const SIZE_T dot = text.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  for (const char* extension : {".exe", ".sys", ".dll"}) {
    const api::Export* const found = api::Find(std::string(text.substr(0, dot)) + extension, text.substr(dot + 1));
    if (found != nullptr) return found;
  }
  return nullptr;
}

const api::Export* Final(const api::Export* entry) {
  for (ULONG depth = 0; entry != nullptr && entry->forward != nullptr; ++depth) {
    entry = depth == kMostForwards ? nullptr : ForwardTarget(entry->forward);
  }
  return entry;
}

void* AddressIn(const std::vector<void*>& addresses, const api::Export* entry) {
  entry = Final(entry);
  return entry == nullptr ? nullptr : addresses[api::IndexOf(*entry)];
}

/// A module of which nothing is implemented is not there: to look for it must fail.
bool IsImplemented(std::string_view name) {
  const auto exports = api::ExportsOf(name);
  return std::any_of(exports.begin(), exports.end(), [](const api::Export& entry) { return entry.status != api::Status::Absent; });
}

Verdict LoadModule(std::string_view name) {
  const bool user = IsUserModule(name);
  const Environment& environment = state->environment;
  const auto exports = api::ExportsOf(name);
  const SyntheticThunks thunks =
      user ? SyntheticThunks{environment.user_export_thunk, environment.user_export_thunk_hooked, {}}
           : SyntheticThunks{environment.export_thunk, environment.export_thunk_hooked, environment.limited_thunks};
  // The image's size does not depend on where it will be: it is written once to know it, and once in earnest.
  const SIZE_T size = WriteSyntheticImage(name, exports, 0, thunks).bytes.size();
  const ULONG_PTR base = user ? builtins->next_user : AllocateRange(size);
  if (base == 0) return {STATUS_NO_MEMORY, "There are no addresses left for a built-in module."};
  const SyntheticImage written = WriteSyntheticImage(name, exports, base, thunks);
  LoadOptions options;
  options.base = base;
  options.user = user;
  options.builtin = true;
  Image* image = nullptr;
  Verdict verdict = Load(PathOf(name, user), written.bytes, options, &image);
  if (!verdict.ok()) return verdict;
  constexpr SIZE_T kGranularity = 0x10000;
  if (user) builtins->next_user += ((size + kGranularity - 1) & ~(kGranularity - 1)) + kGranularity;
  builtins->modules.push_back({image, exports});
  for (SIZE_T i = 0; i < exports.size(); ++i) {
    const ULONG index = api::IndexOf(exports[i]);
    if (written.plain[i] == 0) continue;
    builtins->plain[index] = reinterpret_cast<void*>(base + written.plain[i]);
    builtins->hooked[index] = reinterpret_cast<void*>(base + written.hooked[i]);
  }
  return {};
}

/// The list so far moves to the variable that drivers see.
void AdoptLoadedModuleList() {
  const api::Export* const entry = api::Find("ntoskrnl.exe", "PsLoadedModuleList");
  auto* const head = entry == nullptr ? nullptr : static_cast<PLIST_ENTRY>(api::AddressOf(*entry));
  if (head == nullptr) return;
  PLIST_ENTRY const old = state->loaded_module_list;
  *head = *old;
  head->Flink->Blink = head;
  head->Blink->Flink = head;
  *old = {old, old};
  state->loaded_module_list = head;
}

/// What a name that is none of a module's stands for: API sets are names of contracts, not of files.
std::vector<std::string_view> ProvidersOf(std::string_view module) {
  const auto starts = [&](std::string_view prefix) {
    return module.size() > prefix.size() && SameName(module.substr(0, prefix.size()), prefix);
  };
  if (starts("api-ms-win-crt-")) return {"ucrtbase.dll", "msvcrt.dll"};
  if (starts("api-ms-") || starts("ext-ms-")) {
    return {"kernelbase.dll", "kernel32.dll", "advapi32.dll", "ntdll.dll", "ntoskrnl.exe"};
  }
  // The HAL is part of the kernel since Windows 10 2004; drivers linked before name it all the same.
  if (SameName(module, "hal.dll")) return {module, "ntoskrnl.exe"};
  return {module};
}

std::string Describe(const Import& import) {
  return import.by_ordinal() ? "ordinal " + std::to_string(import.ordinal) : std::string(import.name);
}

}  // namespace

std::vector<std::byte> BuiltinFile(std::string_view name) {
  for (const std::string_view known : api::Modules()) {
    if (SameName(known, name) && IsImplemented(known)) return WriteSyntheticImage(known, api::ExportsOf(known), 0, {}).bytes;
  }
  return {};
}

void ForgetBuiltins() {
  delete builtins;
  builtins = nullptr;
}

Verdict LoadBuiltins(bool hooked) {
  builtins = new Builtins;
  builtins->bind_hooked = hooked;
  builtins->plain.resize(api::Exports().size());
  builtins->hooked.resize(api::Exports().size());
  // The kernel, its HAL, then the others by name.
  const auto rank = [](std::string_view name) { return name == "ntoskrnl.exe" ? 0 : name == "hal.dll" ? 1 : 2; };
  std::vector<std::string> names(api::Modules().begin(), api::Modules().end());
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return std::pair(rank(a), std::string_view(a)) < std::pair(rank(b), std::string_view(b));
  });
  for (const std::string& name : names) {
    if (!IsImplemented(name)) continue;
    Verdict verdict = LoadModule(name);
    if (!verdict.ok()) return verdict;
  }
  AdoptLoadedModuleList();
  return {};
}

void* HookedAddressOf(const api::Export& entry) { return builtins == nullptr ? nullptr : AddressIn(builtins->hooked, &entry); }

namespace {

const void* GuardStub(bool user, ULONG offset) {
  if (builtins == nullptr) return nullptr;
  for (const Module& module : builtins->modules) {
    if (module.image->user == user) return reinterpret_cast<const void*>(module.image->base + kTextRva + offset);
  }
  return nullptr;
}

}  // namespace

const void* GuardCheckStub(bool user) { return GuardStub(user, kGuardCheckOffset); }
const void* GuardDispatchStub(bool user) { return GuardStub(user, kGuardDispatchOffset); }

/// Where a plain import is bound to: a leaf needs no stub before it.
void* ImportAddressOf(const api::Export& entry) {
  void* const stub = api::AddressOf(entry);
  return stub != nullptr && entry.kind == api::Kind::Leaf ? const_cast<void*>(entry.target) : stub;
}

ImportResolver::Result BuiltinResolver::FromModule(std::string_view module, const Import& import) const {
  Result result;
  const api::Export* const entry = import.by_ordinal() ? nullptr : api::Find(module, import.name);
  if (entry == nullptr || !entry->exported) {
    result.reason = Describe(import) + " of " + std::string(module) + " is not in the API specification.";
    return result;
  }
  const api::Export* const target = Final(entry);
  result.data = entry->kind == api::Kind::Data;
  result.provider = FindImage(module);
  if (target != nullptr) result.address = hooked_ ? HookedAddressOf(*target) : ImportAddressOf(*target);
  if (result.data && process_data_ != 0) {
    result.address = reinterpret_cast<const void*>(ProcessDataAt(reinterpret_cast<ULONG_PTR>(result.address), process_data_));
  }
  if (result.address == nullptr) {
    result.provider = nullptr;
    result.reason = Describe(import) + " of " + std::string(module) + " is specified but not implemented yet.";
  }
  return result;
}

ImportResolver::Result BuiltinResolver::FromImage(Image* image, const Import& import) const {
  Result result;
  result.address = import.by_ordinal() ? ExportOf(*image, import.ordinal) : ExportOf(*image, import.name);
  if (result.address != nullptr) {
    result.provider = image;
  } else {
    result.reason = image->name + " does not export " + Describe(import) + ".";
  }
  return result;
}

ImportResolver::Result BuiltinResolver::Resolve(std::string_view module, const Import& import) {
  Result result;
  for (const std::string_view provider : ProvidersOf(module)) {
    if (!api::ExportsOf(provider).empty()) {
      Result found = FromModule(provider, import);
      if (found.address != nullptr) return found;
      // The first module's answer is the one that explains.
      if (result.reason.empty()) result = std::move(found);
    } else if (Image* const image = FindImage(provider); image != nullptr) {
      return FromImage(image, import);
    }
  }
  if (result.reason.empty()) {
    result.reason = "There is no module " + std::string(module) + ": it is not built in, and not loaded.";
  }
  return result;
}

const api::Export* FindExport(std::string_view module, std::string_view name) {
  const api::Export* absent = nullptr;
  for (const std::string_view provider : ProvidersOf(module)) {
    const api::Export* const entry = api::Find(provider, name);
    if (entry == nullptr || !entry->exported) continue;
    if (entry->status != api::Status::Absent) return entry;
    if (absent == nullptr) absent = entry;
  }
  return absent;
}

std::string SymbolOf(ULONG_PTR address) {
  constexpr char kDigits[] = "0123456789abcdef";
  const Image* const image = ImageOf(address);
  if (image == nullptr) return {};
  const auto hex = [&](ULONG_PTR value) {
    std::string text;
    do {
      text.insert(text.begin(), kDigits[value % 16]);
      value /= 16;
    } while (value != 0);
    return "+0x" + text;
  };
  if (image->builtin && builtins != nullptr) {
    // A stub belongs to one export, whichever of its two stubs it is.
    for (const Module& module : builtins->modules) {
      if (module.image != image) continue;
      for (const api::Export& entry : module.exports) {
        for (const auto* addresses : {&builtins->plain, &builtins->hooked}) {
          const auto start = reinterpret_cast<ULONG_PTR>((*addresses)[api::IndexOf(entry)]);
          const ULONG_PTR size = entry.kind == api::Kind::Data ? entry.data_size : kStubSize;
          if (start != 0 && address - start < size) return image->name + "!" + entry.name + hex(address - start);
        }
      }
    }
    return image->name + hex(address - image->base);
  }
  const ImageExport* nearest = nullptr;
  for (const ImageExport& entry : image->exports) {
    const auto start = reinterpret_cast<ULONG_PTR>(entry.address);
    if (start == 0 || start > address || entry.name.empty()) continue;
    if (nearest == nullptr || start > reinterpret_cast<ULONG_PTR>(nearest->address)) nearest = &entry;
  }
  if (nearest == nullptr) return image->name + hex(address - image->base);
  return image->name + "!" + nearest->name + hex(address - reinterpret_cast<ULONG_PTR>(nearest->address));
}

}  // namespace nt::ldr

namespace nt::api {

void* AddressOf(const Export& entry) { return ldr::builtins == nullptr ? nullptr : ldr::AddressIn(ldr::builtins->plain, &entry); }

void* StubOf(std::string_view name) {
  const Export* const entry = Find("ntoskrnl.exe", name);
  return entry == nullptr ? nullptr : AddressOf(*entry);
}

}  // namespace nt::api

PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
  std::string name;
  for (SIZE_T i = 0; i < SystemRoutineName->Length / sizeof(WCHAR); ++i) {
    const WCHAR c = SystemRoutineName->Buffer[i];
    if (c >= 0x80) return nullptr;
    name += static_cast<char>(c);
  }
  for (const char* module : {"ntoskrnl.exe", "hal.dll"}) {
    const nt::api::Export* const entry = nt::api::Find(module, name);
    if (entry == nullptr || !entry->exported) continue;
    return nt::ldr::builtins->bind_hooked ? nt::ldr::HookedAddressOf(*entry) : nt::api::AddressOf(*entry);
  }
  return nullptr;
}
