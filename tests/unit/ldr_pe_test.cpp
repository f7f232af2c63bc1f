// The PE parser: what it finds, and what it refuses with which status.
#include <gtest/gtest.h>

#include "kernel/ldr/pe.h"
#include "nt/status.h"
#include "tests/unit/ldr_pe_writer.h"

namespace nt::ldr::test {
namespace {

NTSTATUS StatusOf(const Bytes& file) {
  PeImage pe;
  const Verdict verdict = PeImage::Parse(file, PeImage::Layout::File, &pe);
  EXPECT_EQ(verdict.ok(), verdict.sentence.empty());
  return verdict.status;
}

/// The full image with one header field changed.
template <class Change>
Bytes Changed(Change change) {
  Bytes file = FullImage();
  IMAGE_NT_HEADERS64 nt;
  std::memcpy(&nt, file.data() + 0x40, sizeof nt);
  change(nt);
  Put(file, 0x40, nt);
  return file;
}
template <class Change>
NTSTATUS StatusWith(Change change) {
  return StatusOf(Changed(change));
}

template <class Change>
NTSTATUS StatusWithSection(ULONG index, Change change) {
  Bytes file = FullImage();
  const SIZE_T at = PeWriter::kSectionTable + index * sizeof(IMAGE_SECTION_HEADER);
  IMAGE_SECTION_HEADER section;
  std::memcpy(&section, file.data() + at, sizeof section);
  change(section);
  Put(file, at, section);
  return StatusOf(file);
}

TEST(LdrPe, TakesAWholeImage) {
  const Bytes file = FullImage();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  EXPECT_EQ(pe.sections().size(), 7u);
  EXPECT_EQ(NameOf(pe.sections()[0]), ".text");
}

TEST(LdrPe, RefusesWhatIsNoImage) {
  EXPECT_EQ(StatusOf({}), STATUS_INVALID_IMAGE_NOT_MZ);
  EXPECT_EQ(StatusOf(Bytes(63, std::byte{'M'})), STATUS_INVALID_IMAGE_NOT_MZ);
  Bytes file = FullImage();
  file[0] = std::byte{'Z'};
  EXPECT_EQ(StatusOf(file), STATUS_INVALID_IMAGE_NOT_MZ);
}

TEST(LdrPe, TellsOldFormatsApart) {
  Bytes file = FullImage();
  Put(file, 0x40, ULONG{0x454E});
  EXPECT_EQ(StatusOf(file), STATUS_INVALID_IMAGE_NE_FORMAT);
  Put(file, 0x40, ULONG{0x454C});
  EXPECT_EQ(StatusOf(file), STATUS_INVALID_IMAGE_LE_FORMAT);
  Put(file, 0x40, ULONG{0x12345678});
  EXPECT_EQ(StatusOf(file), STATUS_INVALID_IMAGE_PROTECT);
  Put(file, 0x3c, LONG{-4});
  EXPECT_EQ(StatusOf(file), STATUS_INVALID_IMAGE_PROTECT);
}

TEST(LdrPe, RefusesOtherMachines) {
  EXPECT_EQ(StatusWith([](auto& nt) {
              nt.FileHeader.Machine = IMAGE_FILE_MACHINE_I386;
              nt.OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC;
            }),
            STATUS_INVALID_IMAGE_WIN_32);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.FileHeader.Machine = IMAGE_FILE_MACHINE_ARM64; }), STATUS_IMAGE_MACHINE_TYPE_MISMATCH);
}

TEST(LdrPe, RefusesInconsistentHeaders) {
  const auto bad = STATUS_INVALID_IMAGE_FORMAT;
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.Magic = 0x107; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.FileHeader.Characteristics = 0; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.FileAlignment = 0; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.FileAlignment = 0x300; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.SectionAlignment = 0x100; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.SizeOfImage = 0; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.SizeOfImage = 0xFFFFF000; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.ImageBase = 0x1234; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.SizeOfHeaders = 0; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.SizeOfHeaders = 0xFFFFFFFF; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.OptionalHeader.AddressOfEntryPoint = 0xFFFFFFFF; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.FileHeader.SizeOfOptionalHeader = 8; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.FileHeader.NumberOfSections = 97; }), bad);
  EXPECT_EQ(StatusWith([](auto& nt) { nt.FileHeader.NumberOfSections = 90; }), bad);
}

TEST(LdrPe, RefusesInconsistentSections) {
  const auto bad = STATUS_INVALID_IMAGE_FORMAT;
  EXPECT_EQ(StatusWithSection(1, [](auto& s) { s.VirtualAddress -= 0x1000; }), bad);
  EXPECT_EQ(StatusWithSection(1, [](auto& s) { s.VirtualAddress += 0x1000; }), bad);
  EXPECT_EQ(StatusWithSection(1, [](auto& s) { s.VirtualAddress = 0xFFFFF000; }), bad);
  EXPECT_EQ(StatusWithSection(6, [](auto& s) { s.Misc.VirtualSize = 0xFFFFFFFF; }), bad);
  EXPECT_EQ(StatusWithSection(6, [](auto& s) { s.SizeOfRawData = 0xFFFFFE00; }), bad);
  EXPECT_EQ(StatusWithSection(6, [](auto& s) { s.PointerToRawData = 0xFFFFFE00; }), bad);
  EXPECT_EQ(StatusWithSection(6,
                              [](auto& s) {
                                s.PointerToRawData += 1;
                                s.SizeOfRawData -= 1;
                              }),
            bad);
}

TEST(LdrPe, RefusesAFileThatIsCutAnywhere) {
  const Bytes file = FullImage();
  for (SIZE_T size = 0; size < file.size(); ++size) {
    EXPECT_NE(StatusOf(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size))), STATUS_SUCCESS) << size;
  }
}

TEST(LdrPe, ListsImports) {
  const Bytes file = FullImage();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  std::vector<ImportModule> modules;
  ASSERT_TRUE(pe.Imports(&modules).ok());
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].name, "one.sys");
  ASSERT_EQ(modules[0].imports.size(), 2u);
  EXPECT_EQ(modules[0].imports[0].name, "First");
  EXPECT_TRUE(modules[0].imports[1].by_ordinal());
  EXPECT_EQ(modules[0].imports[1].ordinal, 7);
  EXPECT_EQ(modules[0].imports[1].slot, modules[0].imports[0].slot + 8);
  EXPECT_EQ(modules[1].imports[0].name, "Second");
}

TEST(LdrPe, RefusesImportsOutsideTheImage) {
  for (const ULONG rva : {0xFFFFFFFFu, 0x7FFFFFFFu, 0x9000u}) {
    const Bytes file = Changed([&](auto& nt) { nt.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT] = {rva, 40}; });
    PeImage pe;
    ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
    std::vector<ImportModule> modules;
    EXPECT_EQ(pe.Imports(&modules).status, STATUS_INVALID_IMAGE_FORMAT) << rva;
  }
}

TEST(LdrPe, ListsDelayImports) {
  PeWriter writer;
  Bytes bytes(2 * sizeof(IMAGE_DELAYLOAD_DESCRIPTOR));
  IMAGE_DELAYLOAD_DESCRIPTOR descriptor{};
  descriptor.Attributes.AllAttributes = 1;
  descriptor.DllNameRVA = 0x1000 + static_cast<ULONG>(AppendText(bytes, "late.dll"));
  const SIZE_T name = Append(bytes, USHORT{0});
  AppendText(bytes, "Later");
  descriptor.ImportNameTableRVA = 0x1000 + static_cast<ULONG>(Append(bytes, ULONGLONG{0x1000 + name}));
  Append(bytes, ULONGLONG{0});
  descriptor.ImportAddressTableRVA = 0x1000 + static_cast<ULONG>(Append(bytes, ULONGLONG{0x1234}));
  Put(bytes, 0, descriptor);
  writer.Add(".rdata", bytes, kReadOnly);
  writer.SetDirectory(IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, 0x1000, 2 * sizeof descriptor);
  const Bytes file = writer.Write();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  std::vector<ImportModule> modules;
  ASSERT_TRUE(pe.Imports(&modules).ok());
  ASSERT_EQ(modules.size(), 1u);
  EXPECT_TRUE(modules[0].delayed);
  EXPECT_EQ(modules[0].imports.at(0).name, "Later");
}

TEST(LdrPe, ListsExports) {
  const Bytes file = FullImage();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  ExportTable table;
  ASSERT_TRUE(pe.Exports(&table).ok());
  EXPECT_EQ(table.module, "full.sys");
  ASSERT_EQ(table.exports.size(), 3u);
  EXPECT_EQ(table.exports[0].rva, 0x1000u);
  EXPECT_EQ(table.exports[2].forwarder, "full.Alpha");
  EXPECT_EQ(table.exports[2].ordinal, 3u);
}

TEST(LdrPe, ListsRelocationsAndRefusesDamagedOnes) {
  const Bytes file = FullImage();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  std::vector<Relocation> relocations;
  ASSERT_TRUE(pe.Relocations(&relocations).ok());
  ASSERT_EQ(relocations.size(), 1u);
  EXPECT_EQ(relocations[0].rva, 0x2008u);
  const auto rva = pe.Directory(IMAGE_DIRECTORY_ENTRY_BASERELOC).VirtualAddress;
  const auto offset = static_cast<SIZE_T>(pe.At(rva, 1) - file.data());
  for (const ULONG size : {0u, 7u, 9u, 0x1000u, 0xFFFFFFFEu}) {
    Bytes damaged = file;
    Put(damaged, offset + 4, size);
    ASSERT_TRUE(PeImage::Parse(damaged, PeImage::Layout::File, &pe).ok());
    EXPECT_EQ(pe.Relocations(&relocations).status, STATUS_INVALID_IMAGE_FORMAT) << size;
  }
}

TEST(LdrPe, ReadsLoadConfigAndPdb) {
  const Bytes file = FullImage();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  std::optional<IMAGE_LOAD_CONFIG_DIRECTORY64> config;
  ASSERT_TRUE(pe.LoadConfig(&config).ok());
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->SecurityCookie, PeWriter::kBase + 0x2000);
  const auto pdb = pe.Pdb();
  ASSERT_TRUE(pdb.has_value());
  EXPECT_EQ(pdb->path, "full.pdb");
  EXPECT_EQ(pdb->age, 7u);
  EXPECT_EQ(pdb->signature.Data1, 1u);
}

TEST(LdrPe, ComputesTheChecksum) {
  Bytes file = FullImage();
  PeImage pe;
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  const ULONG sum = pe.ComputeChecksum();
  // The field itself does not count.
  file = Changed([&](auto& nt) { nt.OptionalHeader.CheckSum = sum; });
  ASSERT_TRUE(PeImage::Parse(file, PeImage::Layout::File, &pe).ok());
  EXPECT_EQ(pe.ComputeChecksum(), sum);
  EXPECT_FALSE(pe.Signed());
}

}  // namespace
}  // namespace nt::ldr::test
