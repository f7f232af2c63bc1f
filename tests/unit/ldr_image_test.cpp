// Mapping images: relocation, binding, protection, lists.
#include <gtest/gtest.h>

#include "kernel/hal/hal.h"
#include "kernel/ldr/image.h"
#include "kernel/mm/layout.h"
#include "nt/status.h"
#include "tests/unit/ldr_pe_writer.h"

namespace nt::ldr::test {
namespace {

/// Provides one.sys!First, and says of the rest that it is absent.
class TestResolver : public ImportResolver {
 public:
  Result Resolve(std::string_view module, const Import& import) override {
    Result result;
    if (module == "one.sys" && import.name == "First") {
      result.address = reinterpret_cast<const void*>(0x1234);
    } else {
      result.reason = "The test does not have it.";
      result.data = import.name == "Second";
    }
    return result;
  }
};

class LdrImage : public testing::Test {
 protected:
  void SetUp() override {
    hal::InitializeMemory();
    Environment environment;
    environment.absent_thunk = reinterpret_cast<const void*>(0xABCD);
    Initialize(environment);
    options_.resolver = &resolver_;
  }
  void TearDown() override {
    Shutdown();
    hal::ShutdownMemory();
  }

  Image* LoadFile(const Bytes& file, std::u16string_view path = u"\\SystemRoot\\System32\\drivers\\full.sys") {
    Image* image = nullptr;
    verdict_ = Load(path, file, options_, &image);
    return image;
  }
  template <class T>
  static T At(const Image* image, ULONG rva) {
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(image->base + rva), sizeof value);
    return value;
  }

  TestResolver resolver_;
  LoadOptions options_;
  Verdict verdict_;
};

TEST_F(LdrImage, MapsRelocatesAndDescribes) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr) << verdict_.sentence;
  EXPECT_EQ(image->base, mm::kImages);
  EXPECT_EQ(image->name, "full.sys");
  EXPECT_EQ(At<ULONGLONG>(image, 0x2008), image->base + 0x1000);
  EXPECT_EQ(image->entry_point, reinterpret_cast<const void*>(image->base + 0x1000));
  EXPECT_EQ(At<ULONGLONG>(image, 0x40 + 0x18 + 0x18), image->base);
  EXPECT_EQ(image->pdb_path, "full.pdb");
  EXPECT_EQ(image->functions.size(), 1u);
  EXPECT_EQ(image->entry.DllBase, reinterpret_cast<PVOID>(image->base));
  EXPECT_EQ(image->entry.BaseDllName.Length, 16);
  EXPECT_TRUE(image->notes.empty());
}

TEST_F(LdrImage, BindsImportsAndListsAbsentOnes) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  PeImage pe;
  const Bytes file = FullImage();
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  std::vector<ImportModule> modules;
  ASSERT_TRUE(pe.Imports(&modules).ok());
  EXPECT_EQ(At<ULONGLONG>(image, modules[0].imports[0].slot), 0x1234u);
  ASSERT_EQ(image->absent.size(), 2u);
  const AbsentImport* const absent = AbsentImportAt(image->absent[0]);
  ASSERT_NE(absent, nullptr);
  EXPECT_EQ(absent->name, "#7");
  EXPECT_EQ(absent->module, "one.sys");
  EXPECT_EQ(absent->importer, "full.sys");
  // mov eax, index; jmp [target]
  const auto thunk = At<ULONGLONG>(image, modules[0].imports[1].slot);
  const auto* const code = reinterpret_cast<const UCHAR*>(thunk);
  EXPECT_EQ(code[0], 0xB8);
  ULONG index;
  LONG displacement;
  std::memcpy(&index, code + 1, sizeof index);
  std::memcpy(&displacement, code + 7, sizeof displacement);
  EXPECT_EQ(index, image->absent[0]);
  ULONGLONG target;
  std::memcpy(&target, code + 11 + displacement, sizeof target);
  EXPECT_EQ(target, 0xABCDu);
  EXPECT_EQ(ImageOf(thunk), image);
  // An absent variable is an address that faults and can be named.
  const auto variable = At<ULONGLONG>(image, modules[1].imports[0].slot);
  ASSERT_NE(AbsentDataAt(variable + 8), nullptr);
  EXPECT_EQ(AbsentDataAt(variable)->name, "Second");
  EXPECT_EQ(AbsentDataAt(variable + 16), nullptr);
}

TEST_F(LdrImage, SeedsTheCookieAndGuardPointers) {
  options_.guard_check = reinterpret_cast<const void*>(0x11);
  options_.guard_dispatch = reinterpret_cast<const void*>(0x22);
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  const auto cookie = At<ULONGLONG>(image, 0x2000);
  EXPECT_TRUE(image->cookie_seeded);
  EXPECT_NE(cookie, kDefaultSecurityCookie);
  EXPECT_NE(cookie, 0u);
  EXPECT_EQ(cookie >> 48, 0u);
  EXPECT_EQ(At<ULONGLONG>(image, 0x2010), 0x11u);
  EXPECT_EQ(At<ULONGLONG>(image, 0x2018), 0x22u);
}

TEST_F(LdrImage, PointsSharedDataToItsMapping) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->patched, 1u);
  EXPECT_EQ(At<ULONGLONG>(image, 0x1022), mm::kSharedUserData + 0x320);
}

TEST_F(LdrImage, RefusesToMoveAnImageWithoutRelocations) {
  PeWriter pe;
  pe.nt.FileHeader.Characteristics |= IMAGE_FILE_RELOCS_STRIPPED;
  pe.Add(".text", Code({0xC3}), kCode);
  EXPECT_EQ(LoadFile(pe.Write()), nullptr);
  EXPECT_EQ(verdict_.status, STATUS_ILLEGAL_DLL_RELOCATION);
  EXPECT_TRUE(Images().empty());
}

TEST_F(LdrImage, RefusesAWrongChecksumAndAMissingSignature) {
  PeWriter pe;
  pe.nt.OptionalHeader.CheckSum = 1;
  pe.Add(".text", Code({0xC3}), kCode);
  const Bytes file = pe.Write();
  EXPECT_EQ(LoadFile(file), nullptr);
  EXPECT_EQ(verdict_.status, STATUS_IMAGE_CHECKSUM_MISMATCH);
  options_.verify_checksum = false;
  options_.require_signature = true;
  EXPECT_EQ(LoadFile(file), nullptr);
  EXPECT_EQ(verdict_.status, STATUS_INVALID_IMAGE_HASH);
  options_.require_signature = false;
  EXPECT_NE(LoadFile(file), nullptr);
}

TEST_F(LdrImage, TurnsAForeignProcessorIntoAFailure) {
  PeWriter pe;
  pe.nt.FileHeader.Machine = IMAGE_FILE_MACHINE_ARM64;
  EXPECT_EQ(LoadFile(pe.Write()), nullptr);
  EXPECT_EQ(verdict_.status, STATUS_INVALID_IMAGE_FORMAT);
}

TEST_F(LdrImage, KeepsTheModuleListInLoadOrder) {
  Image* const first = LoadFile(FullImage(), u"\\a\\first.sys");
  Image* const second = LoadFile(FullImage(), u"second.sys");
  ASSERT_TRUE(first != nullptr && second != nullptr);
  PLIST_ENTRY const head = LoadedModuleList();
  EXPECT_EQ(head->Flink, &first->entry.InLoadOrderLinks);
  EXPECT_EQ(head->Flink->Flink, &second->entry.InLoadOrderLinks);
  EXPECT_EQ(head->Blink, &second->entry.InLoadOrderLinks);
  EXPECT_EQ(FindImage("FIRST.SYS"), first);
  EXPECT_EQ(ImageOf(first->base + 0x10), first);
  EXPECT_EQ(ImageOf(second->base), second);
  EXPECT_EQ(ImageOf(second->base - 1), nullptr);
  Unload(first);
  EXPECT_EQ(head->Flink, &second->entry.InLoadOrderLinks);
  EXPECT_EQ(FindImage("first.sys"), nullptr);
}

TEST_F(LdrImage, RemembersUnloadedImages) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  const ULONG_PTR base = image->base;
  Unload(image);
  EXPECT_EQ(ImageOf(base + 0x1000), nullptr);
  ASSERT_NE(UnloadedAt(base + 0x1000), nullptr);
  EXPECT_EQ(UnloadedAt(base)->name, "full.sys");
  // The addresses are not used again.
  EXPECT_NE(LoadFile(FullImage())->base, base);
}

TEST_F(LdrImage, FollowsForwarders) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(ExportOf(*image, "Alpha"), reinterpret_cast<const void*>(image->base + 0x1000));
  EXPECT_EQ(ExportOf(*image, "Gamma"), ExportOf(*image, "Alpha"));
  EXPECT_EQ(ExportOf(*image, 2), ExportOf(*image, "Beta"));
  EXPECT_EQ(ExportOf(*image, "alpha"), nullptr);
}

TEST_F(LdrImage, ProtectsSections) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  const auto write = [&](ULONG rva) { *reinterpret_cast<volatile char*>(image->base + rva) = 1; };
  write(0x2020);
  EXPECT_DEATH(write(0x1000), "");
  EXPECT_DEATH(write(0x0), "");
}

TEST_F(LdrImage, DiscardsInit) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  DiscardInit(image);
  for (const Section& section : image->sections) {
    EXPECT_EQ(section.discarded, section.name == "INIT" || section.name == ".reloc") << section.name;
    if (!section.discarded) continue;
    EXPECT_DEATH((void)*reinterpret_cast<volatile char*>(image->base + section.rva), "");
  }
  Unload(image);
}

TEST_F(LdrImage, RunsWhatItMapped) {
  Image* const image = LoadFile(FullImage());
  ASSERT_NE(image, nullptr);
  reinterpret_cast<void (*)()>(reinterpret_cast<ULONG_PTR>(image->entry_point))();
}

}  // namespace
}  // namespace nt::ldr::test
