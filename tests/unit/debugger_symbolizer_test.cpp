// Names and lines out of a PDB and out of mingw's DWARF, by the exports and the entry points of this build's own images.
#include "debugger/symbolizer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "kernel/ldr/pe.h"

namespace {

std::vector<std::byte> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

ULONG EntryOf(const std::string& path) {
  const auto bytes = ReadFile(path);
  nt::ldr::PeImage image;
  EXPECT_TRUE(nt::ldr::PeImage::Parse(bytes, nt::ldr::PeImage::Layout::File, &image).ok());
  return image.optional_header().AddressOfEntryPoint;
}

TEST(Symbolizer, NamesADriversEntryFromItsPdb) {
  std::string function, source;
  ASSERT_TRUE(nt::debugger::Symbolize(RINGLET_TEST_DRIVER, EntryOf(RINGLET_TEST_DRIVER), &function, &source));
  EXPECT_EQ(function, "GsDriverEntry");
  EXPECT_EQ(source.substr(0, source.find(':')), "gs_driver_entry.c");
  ASSERT_TRUE(nt::debugger::Symbolize(RINGLET_TEST_DRIVER, EntryOf(RINGLET_TEST_DRIVER) + 4, &function, &source));
  EXPECT_EQ(function, "GsDriverEntry+0x4");
}

TEST(Symbolizer, NamesAClientsEntryFromItsSymbols) {
  std::string function, source;
  ASSERT_TRUE(nt::debugger::Symbolize(RINGLET_TEST_CLIENT, EntryOf(RINGLET_TEST_CLIENT), &function, &source));
  EXPECT_EQ(function, "mainCRTStartup");
}

TEST(Symbolizer, KnowsNothingOfWhatIsNoImage) {
  std::string function = "unchanged", source;
  EXPECT_FALSE(nt::debugger::Symbolize("/proc/self/status", 0x1000, &function, &source));
  EXPECT_FALSE(nt::debugger::Symbolize("/nowhere", 0x1000, &function, &source));
  EXPECT_FALSE(nt::debugger::Symbolize(RINGLET_TEST_DRIVER, 0x7fff'ffff, &function, &source));
  EXPECT_EQ(function, "unchanged");
}

TEST(Symbolizer, DoesNotBelieveAnotherBuildsPdb) {
  const auto folder = std::filesystem::temp_directory_path() / ("ringlet-symbols-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string driver(RINGLET_TEST_DRIVER);
  const std::filesystem::path image = folder / std::filesystem::path(driver).filename();
  std::filesystem::copy_file(driver, image);
  const std::string pdb = driver.substr(0, driver.size() - 3) + "pdb";
  auto bytes = ReadFile(pdb);
  // The signature is the sixteen bytes that the image names; the PDB's stream of information holds them.
  const auto named = ReadFile(driver);
  nt::ldr::PeImage parsed;
  ASSERT_TRUE(nt::ldr::PeImage::Parse(named, nt::ldr::PeImage::Layout::File, &parsed).ok());
  const GUID signature = parsed.Pdb()->signature;
  const auto* const key = reinterpret_cast<const std::byte*>(&signature);
  const auto found = std::search(bytes.begin(), bytes.end(), key, key + sizeof signature);
  ASSERT_NE(found, bytes.end());
  *found ^= std::byte{1};
  std::ofstream((folder / std::filesystem::path(pdb).filename()), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  std::string function, source;
  EXPECT_FALSE(nt::debugger::Symbolize(image, EntryOf(driver), &function, &source));
  std::filesystem::remove_all(folder);
}

}  // namespace
