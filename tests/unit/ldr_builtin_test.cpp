// The images of the built-in modules: true PE images whose stubs are what the specification lists.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/hal/hal.h"
#include "kernel/ldr/ldr.h"
#include "kernel/mm/layout.h"
#include "nt/status.h"
#include "tests/unit/ldr_pe_writer.h"

namespace nt::ldr::test {
namespace {

class LdrBuiltin : public testing::Test {
 protected:
  void SetUp() override {
    hal::InitializeMemory();
    Environment environment;
    environment.export_thunk = reinterpret_cast<const void*>(0x1111);
    for (const void*& thunk : environment.limited_thunks) thunk = reinterpret_cast<const void*>(0x1111);
    environment.export_thunk_hooked = reinterpret_cast<const void*>(0x2222);
    environment.user_export_thunk = reinterpret_cast<const void*>(0x3333);
    environment.user_export_thunk_hooked = reinterpret_cast<const void*>(0x4444);
    Initialize(environment);
    const Verdict verdict = LoadBuiltins(false);
    ASSERT_TRUE(verdict.ok()) << verdict.sentence;
  }
  void TearDown() override {
    Shutdown();
    hal::ShutdownMemory();
  }

  /// Where a jump through a slot goes.
  static const void* TargetOf(const UCHAR* jump) {
    EXPECT_EQ(jump[0], 0xFF);
    EXPECT_EQ(jump[1], 0x25);
    LONG displacement;
    std::memcpy(&displacement, jump + 2, sizeof displacement);
    const void* target;
    std::memcpy(&target, jump + 6 + displacement, sizeof target);
    return target;
  }

  /// Where a stub goes, and the index it loads.
  static std::pair<const void*, ULONG> Decode(const void* stub) {
    const auto* const code = static_cast<const UCHAR*>(stub);
    EXPECT_EQ(code[0], 0xB8);
    ULONG index;
    std::memcpy(&index, code + 1, sizeof index);
    return {TargetOf(code + 5), index};
  }
};

TEST_F(LdrBuiltin, EveryModuleIsAnImage) {
  for (const char* const name : api::Modules()) {
    const Image* const image = FindImage(name);
    const auto exports = api::ExportsOf(name);
    const bool implemented =
        std::any_of(exports.begin(), exports.end(), [](const auto& entry) { return entry.status != api::Status::Absent; });
    EXPECT_EQ(image != nullptr, implemented) << name;
    if (image == nullptr) continue;
    EXPECT_TRUE(image->builtin);
    PeImage pe;
    const std::span bytes(reinterpret_cast<const std::byte*>(image->base), image->size);
    const Verdict verdict = PeImage::Parse(bytes, PeImage::Layout::Mapped, &pe);
    ASSERT_TRUE(verdict.ok()) << name << ": " << verdict.sentence;
    ExportTable table;
    ASSERT_TRUE(pe.Exports(&table).ok());
    EXPECT_EQ(table.module, name);
    EXPECT_TRUE(std::is_sorted(table.exports.begin(), table.exports.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
    EXPECT_EQ(mm::IsUserAddress(image->base), image->user) << name;
  }
}

TEST_F(LdrBuiltin, TheKernelIsFirstOnTheModuleList) {
  const auto* const first = CONTAINING_RECORD(LoadedModuleList()->Flink, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
  EXPECT_EQ(first->DllBase, reinterpret_cast<PVOID>(FindImage("ntoskrnl.exe")->base));
  for (PLIST_ENTRY link = LoadedModuleList()->Flink; link != LoadedModuleList(); link = link->Flink) {
    EXPECT_EQ(link->Blink->Flink, link);
  }
}

TEST_F(LdrBuiltin, StubsLeadToTheThunks) {
  for (const api::Export& entry : api::Exports()) {
    void* const address = api::AddressOf(entry);
    if (entry.status == api::Status::Absent && entry.forward == nullptr) {
      EXPECT_EQ(address, nullptr) << entry.name;
      continue;
    }
    if (entry.forward != nullptr || entry.kind == api::Kind::Data) continue;
    ASSERT_NE(address, nullptr) << entry.name;
    const bool user = FindImage(entry.module)->user;
    if (entry.kind == api::Kind::Leaf) {  // gets all registers as they are
      EXPECT_EQ(TargetOf(static_cast<const UCHAR*>(address)), entry.target) << entry.name;
      EXPECT_EQ(TargetOf(static_cast<const UCHAR*>(HookedAddressOf(entry))), entry.target) << entry.name;
      continue;
    }
    const auto plain = Decode(address);
    const auto hooked = Decode(HookedAddressOf(entry));
    EXPECT_EQ(plain.second, api::IndexOf(entry));
    EXPECT_EQ(hooked.second, api::IndexOf(entry));
    EXPECT_EQ(plain.first, reinterpret_cast<const void*>(user ? 0x3333 : 0x1111)) << entry.name;
    EXPECT_EQ(hooked.first, reinterpret_cast<const void*>(user ? 0x4444 : 0x2222)) << entry.name;
    EXPECT_EQ(SymbolOf(reinterpret_cast<ULONG_PTR>(address)), std::string(entry.module) + "!" + entry.name + "+0x0");
  }
}

TEST_F(LdrBuiltin, ExportDirectoryAgreesWithTheSpecification) {
  for (const api::Export& entry : api::Exports()) {
    const Image* const image = FindImage(entry.module);
    if (image == nullptr) continue;
    const bool listed = entry.exported && entry.status != api::Status::Absent;
    const void* const address = ExportOf(*image, entry.name);
    if (listed) {
      EXPECT_EQ(address, api::AddressOf(entry)) << entry.name;
    } else if (entry.forward == nullptr) {
      EXPECT_EQ(address, nullptr) << entry.name;
    }
  }
}

TEST_F(LdrBuiltin, VariablesAreAlignedAndWritable) {
  for (const api::Export& entry : api::Exports()) {
    if (entry.kind != api::Kind::Data || entry.status == api::Status::Absent) continue;
    auto* const variable = static_cast<volatile UCHAR*>(api::AddressOf(entry));
    ASSERT_NE(variable, nullptr) << entry.name;
    EXPECT_EQ(reinterpret_cast<ULONG_PTR>(variable) % 8, 0u);
    for (USHORT i = 0; i < entry.data_size; ++i) variable[i] = variable[i];
  }
}

TEST_F(LdrBuiltin, FindsSystemRoutines) {
  const auto find = [](std::u16string name) {
    const auto size = static_cast<USHORT>(name.size() * sizeof(WCHAR));
    UNICODE_STRING string{size, size, name.data()};
    return MmGetSystemRoutineAddress(&string);
  };
  EXPECT_EQ(find(u"DbgPrint"), api::StubOf("DbgPrint"));
  EXPECT_EQ(find(u"dbgprint"), nullptr);
  EXPECT_EQ(find(u"NoSuchRoutine"), nullptr);
  EXPECT_EQ(find(u""), nullptr);
}

TEST_F(LdrBuiltin, BindsByModuleInAnyCase) {
  BuiltinResolver plain(false), hooked(true);
  Import import;
  import.name = "DbgPrint";
  EXPECT_EQ(plain.Resolve("NTOSKRNL.EXE", import).address, api::StubOf("DbgPrint"));
  EXPECT_EQ(hooked.Resolve("ntoskrnl.exe", import).address, HookedAddressOf(*api::Find("ntoskrnl.exe", "DbgPrint")));
  EXPECT_EQ(plain.Resolve("ntoskrnl.exe", import).provider, FindImage("ntoskrnl.exe"));
  import.name = "NoSuchRoutine";
  EXPECT_EQ(plain.Resolve("ntoskrnl.exe", import).address, nullptr);
  EXPECT_FALSE(plain.Resolve("ntoskrnl.exe", import).reason.empty());
  EXPECT_EQ(plain.Resolve("nosuch.sys", import).address, nullptr);
}

TEST_F(LdrBuiltin, BindsToLoadedDrivers) {
  LoadOptions options;
  Image* provider = nullptr;
  ASSERT_TRUE(Load(u"\\SystemRoot\\full.sys", FullImage(), options, &provider).ok());
  PeWriter pe;
  const auto slots = pe.AddImports({{"FULL.sys", {"Alpha", "Gamma", "#2"}}});
  BuiltinResolver resolver(false);
  options.resolver = &resolver;
  Image* image = nullptr;
  ASSERT_TRUE(Load(u"user.sys", pe.Write(), options, &image).ok());
  EXPECT_TRUE(image->absent.empty());
  EXPECT_EQ(image->imported, std::vector<Image*>{provider});
  EXPECT_EQ(provider->entry.LoadCount, 2);
  ULONGLONG bound;
  std::memcpy(&bound, reinterpret_cast<const void*>(image->base + slots[0]), sizeof bound);
  EXPECT_EQ(bound, provider->base + 0x1000);
  Unload(image);
  EXPECT_EQ(provider->entry.LoadCount, 1);
  EXPECT_EQ(SymbolOf(provider->base + 0x1002), "full.sys!Alpha+0x2");
}

TEST_F(LdrBuiltin, FindsHeadersAndDirectories) {
  const Image* const kernel = FindImage("ntoskrnl.exe");
  PVOID const base = reinterpret_cast<PVOID>(kernel->base);
  const PIMAGE_NT_HEADERS64 headers = RtlImageNtHeader(base);
  ASSERT_NE(headers, nullptr);
  EXPECT_EQ(headers->FileHeader.Machine, IMAGE_FILE_MACHINE_AMD64);
  ULONG size = 0;
  EXPECT_NE(RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size), nullptr);
  EXPECT_GT(size, sizeof(IMAGE_EXPORT_DIRECTORY));
  EXPECT_EQ(RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_TLS, &size), nullptr);
  PIMAGE_NT_HEADERS64 out = nullptr;
  EXPECT_EQ(RtlImageNtHeaderEx(0, base, 10, &out), STATUS_INVALID_IMAGE_FORMAT);
  EXPECT_EQ(RtlImageNtHeaderEx(2, base, 10, &out), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlImageNtHeaderEx(0, base, kernel->size, &out), STATUS_SUCCESS);
  EXPECT_EQ(RtlFindExportedRoutineByName(base, "DbgPrint"), api::StubOf("DbgPrint"));
  PVOID found = nullptr;
  EXPECT_EQ(RtlPcToFileHeader(api::StubOf("DbgPrint"), &found), base);
  EXPECT_EQ(found, base);
}

}  // namespace
}  // namespace nt::ldr::test
