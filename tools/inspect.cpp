#include "tools/inspect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "kernel/api/api.h"
#include "kernel/ldr/builtin.h"
#include "kernel/ldr/pe.h"

namespace ringlet::tools {
namespace {

using nlohmann::ordered_json;
using nt::ldr::PeImage;
namespace api = nt::api;

constexpr int kAllThere = 0;
constexpr int kSomethingAbsent = 1;
constexpr int kRefused = 2;

/// Colours, or nothing when the output is no terminal.
struct Palette {
  const char* bold = "";
  const char* dim = "";
  const char* good = "";
  const char* warn = "";
  const char* bad = "";
  const char* off = "";
};

Palette ChoosePalette() {
  if (isatty(STDOUT_FILENO) == 0 || std::getenv("NO_COLOR") != nullptr) return {};
  return {"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"};
}

/// What is known of one import.
struct ImportState {
  std::string module;
  std::string name;
  bool delayed;
  std::string status;  ///< done, partial, absent, unknown
  std::string does;
};

struct Report {
  PeImage pe;
  std::vector<ImportState> imports;
  nt::ldr::ExportTable exports;
  std::optional<IMAGE_LOAD_CONFIG_DIRECTORY64> config;
  std::optional<nt::ldr::PdbReference> pdb;
  std::string pdb_found;  ///< where the PDB is on this host; empty if nowhere
  std::vector<std::string> problems;
};

bool Missing(const ImportState& import) { return import.status == "absent" || import.status == "unknown"; }

const char* StatusName(api::Status status) {
  switch (status) {
    case api::Status::Done:
      return "done";
    case api::Status::Partial:
      return "partial";
    case api::Status::Absent:
      return "absent";
  }
  return "absent";
}

ImportState StateOf(const nt::ldr::ImportModule& module, const nt::ldr::Import& import) {
  ImportState state{std::string(module.name), std::string(import.name), module.delayed, "unknown", ""};
  if (import.by_ordinal()) {
    state.name = fmt::format("#{}", import.ordinal);
    return state;
  }
  if (const api::Export* const entry = nt::ldr::FindExport(module.name, import.name)) {
    state.status = StatusName(entry->status);
    state.does = entry->does;
  }
  return state;
}

std::vector<std::byte> ReadFile(const std::string& path, bool* read) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  *read = !stream.bad() && !std::filesystem::is_directory(path) && std::filesystem::exists(path);
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

/// The PDB where the image says it is, or beside the image.
std::string FindPdb(const std::string& image, std::string_view named) {
  const std::string_view base = named.substr(named.find_last_of("\\/") + 1);
  std::error_code ignored;
  for (const std::filesystem::path& path : {std::filesystem::path(named), std::filesystem::path(image).parent_path() / base}) {
    if (std::filesystem::is_regular_file(path, ignored)) return path.string();
  }
  return {};
}

void Examine(const InspectOptions& options, Report& report) {
  const auto keep = [&](const nt::ldr::Verdict& verdict) {
    if (!verdict.ok()) report.problems.push_back(verdict.sentence);
  };
  std::vector<nt::ldr::ImportModule> modules;
  keep(report.pe.Imports(&modules));
  for (const auto& module : modules) {
    for (const auto& import : module.imports) report.imports.push_back(StateOf(module, import));
  }
  keep(report.pe.Exports(&report.exports));
  keep(report.pe.LoadConfig(&report.config));
  std::vector<nt::ldr::Relocation> relocations;
  keep(report.pe.Relocations(&relocations));
  std::span<const std::byte> functions;
  keep(report.pe.Functions(&functions));
  std::optional<IMAGE_TLS_DIRECTORY64> tls;
  keep(report.pe.Tls(&tls));
  report.pdb = report.pe.Pdb();
  if (report.pdb) report.pdb_found = FindPdb(options.file, report.pdb->path);
}

std::string Kind(const Report& report) {
  const auto& header = report.pe.optional_header();
  const bool library = (report.pe.file_header().Characteristics & IMAGE_FILE_DLL) != 0;
  switch (header.Subsystem) {
    case IMAGE_SUBSYSTEM_NATIVE:
      return library ? "native library" : "driver";
    case IMAGE_SUBSYSTEM_WINDOWS_CUI:
      return library ? "library" : "console program";
    case IMAGE_SUBSYSTEM_WINDOWS_GUI:
      return library ? "library" : "windowed program";
    default:
      return fmt::format("subsystem {}", header.Subsystem);
  }
}

std::vector<std::pair<const char*, bool>> SecurityFlags(const Report& report) {
  const WORD flags = report.pe.optional_header().DllCharacteristics;
  const auto has = [&](WORD flag) { return (flags & flag) != 0; };
  const bool relocatable = (report.pe.file_header().Characteristics & IMAGE_FILE_RELOCS_STRIPPED) == 0;
  return {{"relocatable", relocatable},
          {"dynamic-base", has(IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE)},
          {"high-entropy-va", has(IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA)},
          {"nx-compat", has(IMAGE_DLLCHARACTERISTICS_NX_COMPAT)},
          {"force-integrity", has(IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY)},
          {"guard-cf", has(IMAGE_DLLCHARACTERISTICS_GUARD_CF)},
          {"security-cookie", report.config && report.config->SecurityCookie != 0},
          {"signed", report.pe.Signed()}};
}

std::string Access(ULONG characteristics) {
  std::string text = "---";
  if ((characteristics & IMAGE_SCN_MEM_READ) != 0) text[0] = 'R';
  if ((characteristics & IMAGE_SCN_MEM_WRITE) != 0) text[1] = 'W';
  if ((characteristics & IMAGE_SCN_MEM_EXECUTE) != 0) text[2] = 'X';
  return text;
}

std::string GuidText(const GUID& guid) {
  std::string text = fmt::format("{:08X}-{:04X}-{:04X}-", guid.Data1, guid.Data2, guid.Data3);
  for (int i = 0; i < 8; ++i) text += fmt::format("{}{:02X}", i == 2 ? "-" : "", guid.Data4[i]);
  return text;
}

const char* ChecksumState(const Report& report) {
  const ULONG stated = report.pe.optional_header().CheckSum;
  return stated == 0 ? "none" : stated == report.pe.ComputeChecksum() ? "right" : "wrong";
}

void PrintHeaders(const InspectOptions& options, const Report& report, const Palette& ink) {
  const auto& header = report.pe.optional_header();
  fmt::print("{}{}{}  {}, PE32+ x64\n\n", ink.bold, options.file, ink.off, Kind(report));
  fmt::print("  image base    {:#x}\n", header.ImageBase);
  fmt::print("  size          {:#x} in memory, {} bytes in the file\n", header.SizeOfImage, report.pe.bytes().size());
  fmt::print("  entry point   {:#x}\n", header.AddressOfEntryPoint);
  fmt::print("  for Windows   {}.{} (subsystem version)\n", header.MajorSubsystemVersion, header.MinorSubsystemVersion);
  fmt::print("  time stamp    {:#010x}\n", report.pe.file_header().TimeDateStamp);
  fmt::print("  checksum      {:#x} ({})\n", header.CheckSum, ChecksumState(report));
  if (!report.pdb) {
    fmt::print("  PDB           none named\n");
  } else {
    const bool found = !report.pdb_found.empty();
    fmt::print("  PDB           {} {}({}){}\n", report.pdb->path, found ? ink.good : ink.warn, found ? "found" : "not found", ink.off);
    fmt::print("                {{{}}} age {}\n", GuidText(report.pdb->signature), report.pdb->age);
  }
  fmt::print("\n{}Security{}\n ", ink.bold, ink.off);
  for (const auto& [name, set] : SecurityFlags(report)) {
    fmt::print(" {}{}{}{}", set ? ink.good : ink.dim, set ? "+" : "-", name, ink.off);
  }
  fmt::print("\n");
}

void PrintSections(const Report& report, const Palette& ink) {
  fmt::print("\n{}Sections{}\n", ink.bold, ink.off);
  for (const auto& section : report.pe.sections()) {
    const ULONG flags = section.Characteristics;
    fmt::print("  {:<8}  {:#010x}  {:>8}  {}{}\n", nt::ldr::NameOf(section), section.VirtualAddress, nt::ldr::SizeOf(section),
               Access(flags), (flags & IMAGE_SCN_MEM_DISCARDABLE) != 0 ? "  discardable" : "");
  }
}

void PrintImports(const Report& report, const Palette& ink) {
  SIZE_T width = 0;
  for (const auto& import : report.imports) width = std::max(width, import.name.size());
  const std::string* module = nullptr;
  for (const auto& import : report.imports) {
    if (module == nullptr || *module != import.module) {
      fmt::print("\n{}Imports from {}{}{}\n", ink.bold, import.module, ink.off, import.delayed ? " (delay-loaded)" : "");
      module = &import.module;
    }
    const char* const color = Missing(import) ? ink.bad : import.status == "partial" ? ink.warn : ink.good;
    fmt::print("  {}{:<7}{}  {:<{}}  {}{}{}\n", color, import.status, ink.off, import.name, width, ink.dim, import.does, ink.off);
  }
}

void PrintExports(const Report& report, const Palette& ink) {
  if (report.exports.exports.empty()) return;
  fmt::print("\n{}Exports{}\n", ink.bold, ink.off);
  for (const auto& entry : report.exports.exports) {
    const std::string where = entry.forwarder.empty() ? fmt::format("{:#010x}", entry.rva) : "-> " + std::string(entry.forwarder);
    fmt::print("  {:>5}  {}  {}\n", entry.ordinal, where, entry.name);
  }
}

SIZE_T CountMissing(const Report& report) {
  return static_cast<SIZE_T>(std::count_if(report.imports.begin(), report.imports.end(), Missing));
}

void PrintVerdict(const InspectOptions& options, const Report& report, const Palette& ink) {
  fmt::print("\n");
  for (const auto& problem : report.problems) fmt::print("{}problem:{} {}\n", ink.bad, ink.off, problem);
  const SIZE_T missing = CountMissing(report);
  if (missing == 0) {
    fmt::print("{}All {} imports are there.{} Next: ringlet run {}{}\n", ink.good, report.imports.size(), ink.off,
               Kind(report) == "driver" ? "--driver " : "", options.file);
  } else {
    fmt::print(
        "{}{} of {} imports {} absent.{} The image loads all the same; a call of an absent import stops the machine and "
        "names it. docs/api-coverage.md tells what there is instead.\n",
        ink.bad, missing, report.imports.size(), missing == 1 ? "is" : "are", ink.off);
  }
}

ordered_json ToJson(const InspectOptions& options, const Report& report) {
  const auto& header = report.pe.optional_header();
  ordered_json json = {{"file", options.file},
                       {"kind", Kind(report)},
                       {"machine", "x64"},
                       {"imageBase", header.ImageBase},
                       {"sizeOfImage", header.SizeOfImage},
                       {"entryPoint", header.AddressOfEntryPoint},
                       {"timeStamp", report.pe.file_header().TimeDateStamp},
                       {"checksum", {{"value", header.CheckSum}, {"state", ChecksumState(report)}}}};
  json["pdb"] = nullptr;
  if (report.pdb) {
    json["pdb"] = {{"path", std::string(report.pdb->path)},
                   {"guid", GuidText(report.pdb->signature)},
                   {"age", report.pdb->age},
                   {"found", !report.pdb_found.empty()}};
  }
  for (const auto& [name, set] : SecurityFlags(report)) json["security"][name] = set;
  for (const char* const list : {"sections", "imports", "exports"}) json[list] = ordered_json::array();
  for (const auto& section : report.pe.sections()) {
    json["sections"].push_back({{"name", std::string(nt::ldr::NameOf(section))},
                                {"rva", section.VirtualAddress},
                                {"size", nt::ldr::SizeOf(section)},
                                {"access", Access(section.Characteristics)},
                                {"discardable", (section.Characteristics & IMAGE_SCN_MEM_DISCARDABLE) != 0}});
  }
  for (const auto& import : report.imports) {
    json["imports"].push_back({{"module", import.module}, {"name", import.name}, {"delayed", import.delayed}, {"status", import.status}});
  }
  for (const auto& entry : report.exports.exports) {
    ordered_json item = {{"name", std::string(entry.name)}, {"ordinal", entry.ordinal}};
    if (entry.forwarder.empty()) {
      item["rva"] = entry.rva;
    } else {
      item["forwarder"] = std::string(entry.forwarder);
    }
    json["exports"].push_back(std::move(item));
  }
  json["absent"] = CountMissing(report);
  json["problems"] = report.problems;
  return json;
}

int Refuse(const InspectOptions& options, const Palette& ink, NTSTATUS status, const std::string& sentence) {
  if (options.json) {
    const ordered_json json = {
        {"file", options.file}, {"status", fmt::format("{:#010x}", static_cast<ULONG>(status))}, {"error", sentence}};
    // Names of files may be any bytes.
    fmt::print("{}\n", json.dump(2, ' ', false, ordered_json::error_handler_t::replace));
  } else if (status == 0) {
    fmt::print(stderr, "{}{}:{} {}\n", ink.bad, options.file, ink.off, sentence);
  } else {
    fmt::print(stderr, "{}{}:{} {} Windows refuses it with {:#010x}.\n", ink.bad, options.file, ink.off, sentence,
               static_cast<ULONG>(status));
  }
  return kRefused;
}

}  // namespace

int Inspect(const InspectOptions& options) {
  const Palette ink = ChoosePalette();
  bool read = false;
  const std::vector<std::byte> bytes = ReadFile(options.file, &read);
  if (!read) return Refuse(options, ink, 0, "There is no such file, or it cannot be read; give the path of a .sys or .exe.");
  Report report;
  const nt::ldr::Verdict verdict = PeImage::Parse(bytes, PeImage::Layout::File, &report.pe);
  if (!verdict.ok()) return Refuse(options, ink, verdict.status, verdict.sentence);
  Examine(options, report);
  if (options.json) {
    fmt::print("{}\n", ToJson(options, report).dump(2, ' ', false, ordered_json::error_handler_t::replace));
  } else {
    PrintHeaders(options, report, ink);
    PrintSections(report, ink);
    PrintImports(report, ink);
    PrintExports(report, ink);
    PrintVerdict(options, report, ink);
  }
  return CountMissing(report) == 0 && report.problems.empty() ? kAllThere : kSomethingAbsent;
}

}  // namespace ringlet::tools
