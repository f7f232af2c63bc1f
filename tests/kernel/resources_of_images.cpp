// Resources and messages of images, and the list of images.
#include "ktest.h"

#include <aux_klib.h>

using namespace ktest;

extern "C" {
typedef struct _LDR_ENUM_RESOURCE_INFO {
  ULONG_PTR Type, Name, Language;
  PVOID Data;
  SIZE_T Size;
  ULONG_PTR Reserved;
} LDR_ENUM_RESOURCE_INFO;
NTSYSAPI NTSTATUS NTAPI LdrFindResource_U(PVOID, PULONG_PTR, ULONG, PIMAGE_RESOURCE_DATA_ENTRY*);
NTSYSAPI NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID, PULONG_PTR, ULONG, PIMAGE_RESOURCE_DIRECTORY*);
NTSYSAPI NTSTATUS NTAPI LdrAccessResource(PVOID, PIMAGE_RESOURCE_DATA_ENTRY, PVOID*, PULONG);
NTSYSAPI NTSTATUS NTAPI LdrEnumResources(PVOID, PULONG_PTR, ULONG, PULONG, LDR_ENUM_RESOURCE_INFO*);
typedef struct _RINGLET_MESSAGE_ENTRY {
  USHORT Length, Flags;
  UCHAR Text[1];
} MESSAGE_ENTRY;
NTSYSAPI NTSTATUS NTAPI RtlFindMessage(PVOID, ULONG, ULONG, ULONG, MESSAGE_ENTRY**);
}

namespace {

constexpr ULONG kResources = 0x400;

/// An image of headers and resources: a message table (11, 1) in two languages, and data of the type "DATA" with the number 7.
class Image {
 public:
  void Build() {
    RtlZeroMemory(bytes_, sizeof bytes_);
    auto* const dos = reinterpret_cast<PIMAGE_DOS_HEADER>(bytes_);
    dos->e_magic = IMAGE_DOS_SIGNATURE;
    dos->e_lfanew = 0x80;
    auto* const headers = reinterpret_cast<PIMAGE_NT_HEADERS64>(bytes_ + 0x80);
    headers->Signature = IMAGE_NT_SIGNATURE;
    headers->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    headers->OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    headers->OptionalHeader.SizeOfHeaders = sizeof bytes_;
    headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE] = {kResources, 0x400};
    Directory(0x000, 1, 1);  // types
    Entry(0x010, 0x80000200, 0x80000030);
    Entry(0x018, 11, 0x80000080);
    Directory(0x030, 0, 1);  // names of "DATA"
    Entry(0x040, 7, 0x80000050);
    Directory(0x050, 0, 1);
    Entry(0x060, 0x407, 0x100);
    Directory(0x080, 0, 1);  // names of messages
    Entry(0x090, 1, 0x800000A0);
    Directory(0x0A0, 0, 2);
    Entry(0x0B0, 0x407, 0x110);
    Entry(0x0B8, 0x409, 0x120);
    Data(0x100, 0x280, 5);
    Data(0x110, 0x2A0, 0x40);
    Data(0x120, 0x300, 0x60);
    static const WCHAR name[] = {4, 'D', 'A', 'T', 'A'};
    RtlCopyMemory(At(0x200), name, sizeof name);
    RtlCopyMemory(At(0x280), "hello", 5);
    Messages(0x2A0, "eins", "zwei");
    Messages(0x300, "one", "two");
  }
  PVOID base() { return bytes_; }
  PVOID At(ULONG offset) { return bytes_ + kResources + offset; }

 private:
  void Directory(ULONG at, USHORT named, USHORT numbered) {
    auto* const directory = static_cast<PIMAGE_RESOURCE_DIRECTORY>(At(at));
    directory->NumberOfNamedEntries = named;
    directory->NumberOfIdEntries = numbered;
  }
  void Entry(ULONG at, ULONG name, ULONG offset) {
    auto* const words = static_cast<PULONG>(At(at));
    words[0] = name;
    words[1] = offset;
  }
  void Data(ULONG at, ULONG offset, ULONG size) {
    auto* const words = static_cast<PULONG>(At(at));
    words[0] = kResources + offset;
    words[1] = size;
  }
  /// Messages 100 and 101 in a block.
  void Messages(ULONG at, const char* first, const char* second) {
    auto* const words = static_cast<PULONG>(At(at));
    words[0] = 1;
    words[1] = 100;
    words[2] = 101;
    words[3] = 0x10;
    const char* const texts[] = {first, second};
    auto* entry = static_cast<PUCHAR>(At(at + 0x10));
    for (const char* text : texts) {
      reinterpret_cast<PUSHORT>(entry)[0] = 12;
      strcpy(reinterpret_cast<char*>(entry) + 4, text);
      entry += 12;
    }
  }

  alignas(16) UCHAR bytes_[0x800];
};

// Drivers have no constructors of globals.
Image memory;
Image& Built() {
  memory.Build();
  return memory;
}

}  // namespace

KTEST(ResourcesAreFoundByTypeNameAndLanguage) {
  Image& image = Built();
  PIMAGE_RESOURCE_DATA_ENTRY entry = nullptr;
  ULONG_PTR path[] = {reinterpret_cast<ULONG_PTR>(L"DATA"), 7, 0x407};
  EXPECT_EQ(LdrFindResource_U(image.base(), path, 3, &entry), STATUS_SUCCESS);
  PVOID data = nullptr;
  ULONG size = 0;
  EXPECT_EQ(LdrAccessResource(image.base(), entry, &data, &size), STATUS_SUCCESS);
  EXPECT_EQ(size, 5);
  EXPECT(RtlEqualMemory(data, "hello", 5));
  path[2] = 0;  // any language
  EXPECT_EQ(LdrFindResource_U(image.base(), path, 3, &entry), STATUS_SUCCESS);
  path[2] = 0x40c;
  EXPECT_EQ(LdrFindResource_U(image.base(), path, 3, &entry), STATUS_RESOURCE_LANG_NOT_FOUND);
  path[1] = 8;
  EXPECT_EQ(LdrFindResource_U(image.base(), path, 3, &entry), STATUS_RESOURCE_NAME_NOT_FOUND);
  path[0] = 10;
  EXPECT_EQ(LdrFindResource_U(image.base(), path, 3, &entry), STATUS_RESOURCE_TYPE_NOT_FOUND);
  EXPECT_EQ(LdrFindResource_U(image.base(), path, 4, &entry), STATUS_INVALID_PARAMETER);
  // The test's own image has none.
  EXPECT_EQ(LdrFindResource_U(driver->DriverStart, path, 3, &entry), STATUS_RESOURCE_DATA_NOT_FOUND);
}

KTEST(DirectoriesOfResources) {
  Image& image = Built();
  PIMAGE_RESOURCE_DIRECTORY directory = nullptr;
  ULONG_PTR path[] = {11, 1};
  EXPECT_EQ(LdrFindResourceDirectory_U(image.base(), path, 0, &directory), STATUS_SUCCESS);
  EXPECT(directory == image.At(0));
  EXPECT_EQ(LdrFindResourceDirectory_U(image.base(), path, 2, &directory), STATUS_SUCCESS);
  EXPECT(directory == image.At(0xA0));
}

KTEST(ResourcesAreListed) {
  Image& image = Built();
  ULONG count = 0;
  EXPECT_EQ(LdrEnumResources(image.base(), nullptr, 0, &count, nullptr), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(count, 3);
  LDR_ENUM_RESOURCE_INFO found[3];
  EXPECT_EQ(LdrEnumResources(image.base(), nullptr, 0, &count, found), STATUS_SUCCESS);
  EXPECT_EQ(found[0].Name, 7);
  EXPECT_EQ(found[1].Type, 11);
  EXPECT_EQ(found[2].Language, 0x409);
  EXPECT_EQ(found[2].Size, 0x60);
}

KTEST(MessagesOfATable) {
  Image& image = Built();
  MESSAGE_ENTRY* message = nullptr;
  EXPECT_EQ(RtlFindMessage(image.base(), 11, 0x409, 101, &message), STATUS_SUCCESS);
  EXPECT(strcmp(reinterpret_cast<char*>(message->Text), "two") == 0);
  EXPECT_EQ(RtlFindMessage(image.base(), 11, 0x407, 100, &message), STATUS_SUCCESS);
  EXPECT(strcmp(reinterpret_cast<char*>(message->Text), "eins") == 0);
  EXPECT_EQ(RtlFindMessage(image.base(), 11, 0x409, 102, &message), STATUS_MESSAGE_NOT_FOUND);
  EXPECT_EQ(RtlFindMessage(driver->DriverStart, 11, 0x409, 101, &message), STATUS_RESOURCE_DATA_NOT_FOUND);
}

KTEST(TheListOfImages) {
  REQUIRE(AuxKlibInitialize() == STATUS_SUCCESS);
  ULONG size = 0;
  EXPECT_EQ(AuxKlibQueryModuleInformation(&size, 12, nullptr), STATUS_INVALID_PARAMETER);
  REQUIRE(AuxKlibQueryModuleInformation(&size, sizeof(AUX_MODULE_EXTENDED_INFO), nullptr) == STATUS_SUCCESS);
  REQUIRE(size != 0 && size % sizeof(AUX_MODULE_EXTENDED_INFO) == 0);
  auto* const modules = static_cast<PAUX_MODULE_EXTENDED_INFO>(ExAllocatePool2(POOL_FLAG_PAGED, size, 'domT'));
  ULONG less = size - 1;
  EXPECT_EQ(AuxKlibQueryModuleInformation(&less, sizeof(AUX_MODULE_EXTENDED_INFO), modules), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(AuxKlibQueryModuleInformation(&size, sizeof(AUX_MODULE_EXTENDED_INFO), modules), STATUS_SUCCESS);
  bool kernel = false, own = false;
  for (ULONG i = 0; i < size / sizeof *modules; ++i) {
    const char* const file = reinterpret_cast<char*>(modules[i].FullPathName) + modules[i].FileNameOffset;
    if (i == 0) kernel = _stricmp(file, "ntoskrnl.exe") == 0;
    if (modules[i].BasicInfo.ImageBase == driver->DriverStart) own = modules[i].ImageSize == driver->DriverSize;
  }
  EXPECT(kernel);
  EXPECT(own);
  EXPECT(AuxKlibGetImageExportDirectory(modules[0].BasicInfo.ImageBase) != nullptr);
  EXPECT_EQ(AuxKlibQueryModuleInformation(&size, sizeof(AUX_MODULE_BASIC_INFO), nullptr), STATUS_SUCCESS);
  ExFreePoolWithTag(modules, 'domT');
}
