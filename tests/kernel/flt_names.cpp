// The filter manager's names of files.
#include <fltKernel.h>

#include "ktest.h"

using namespace ktest;

namespace {

struct Opened {
  HANDLE handle = nullptr;
  PFILE_OBJECT file = nullptr;
  explicit Opened(PCWSTR path, HANDLE root = nullptr, ULONG options = FILE_SYNCHRONOUS_IO_NONALERT) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
    IO_STATUS_BLOCK io;
    PVOID referenced = nullptr;
    ZwCreateFile(&handle, GENERIC_WRITE | SYNCHRONIZE, &object, &io, nullptr, 0, 7, FILE_OPEN_IF, options, nullptr, 0);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &referenced, nullptr);
    file = static_cast<PFILE_OBJECT>(referenced);
  }
  ~Opened() {
    ObDereferenceObject(file);
    ZwClose(handle);
  }
};

bool Is(const UNICODE_STRING& actual, PCWSTR expected) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, expected);
  return RtlEqualUnicodeString(&actual, &string, FALSE) != FALSE;
}

constexpr ULONG kNormalized = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT;
constexpr ULONG kOpened = FLT_FILE_NAME_OPENED | FLT_FILE_NAME_QUERY_DEFAULT;

}  // namespace

KTEST(NormalizedNamesAreTheDisks) {
  Opened folder(L"\\??\\C:\\Flt-Folder", nullptr, FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  {
    Opened made(L"Some.File.txt", folder.handle);
  }
  Opened file(L"some.FILE.TXT", folder.handle);
  REQUIRE(file.file);
  PFLT_FILE_NAME_INFORMATION name = nullptr;
  EXPECT_EQ(FltGetFileNameInformationUnsafe(file.file, nullptr, kNormalized, &name), STATUS_SUCCESS);
  REQUIRE(name);
  EXPECT_EQ(name->Size, sizeof *name);
  EXPECT_EQ(name->NamesParsed, 0);
  EXPECT_EQ(name->Format, FLT_FILE_NAME_NORMALIZED);
  EXPECT(Is(name->Name, L"\\Device\\HarddiskVolume1\\Flt-Folder\\Some.File.txt"));
  EXPECT(Is(name->Volume, L"\\Device\\HarddiskVolume1"));
  EXPECT_EQ(name->Share.Length, 0);
  EXPECT_EQ(FltParseFileNameInformation(name), STATUS_SUCCESS);
  EXPECT(Is(name->FinalComponent, L"Some.File.txt"));
  EXPECT(Is(name->Extension, L"txt"));
  EXPECT(Is(name->ParentDir, L"\\Flt-Folder\\"));
  EXPECT_EQ(name->Stream.Length, 0);
  EXPECT_EQ(name->NamesParsed, FLTFL_FILE_NAME_PARSED_FINAL_COMPONENT | FLTFL_FILE_NAME_PARSED_EXTENSION | FLTFL_FILE_NAME_PARSED_STREAM |
                                   FLTFL_FILE_NAME_PARSED_PARENT_DIR);
  FltReferenceFileNameInformation(name);
  FltReleaseFileNameInformation(name);
  EXPECT(Is(name->Extension, L"txt"));
  FltReleaseFileNameInformation(name);
  // As it was opened it has the caller's words.
  EXPECT_EQ(FltGetFileNameInformationUnsafe(file.file, nullptr, kOpened, &name), STATUS_SUCCESS);
  EXPECT(Is(name->Name, L"\\Device\\HarddiskVolume1\\Flt-Folder\\some.FILE.TXT"));
  FltReleaseFileNameInformation(name);
}

KTEST(WrongOptionsAreRefused) {
  Opened file(L"\\??\\C:\\flt.txt");
  PFLT_FILE_NAME_INFORMATION name = nullptr;
  EXPECT_EQ(FltGetFileNameInformationUnsafe(file.file, nullptr, 0, &name), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(FltGetFileNameInformationUnsafe(file.file, nullptr, FLT_FILE_NAME_NORMALIZED, &name), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(FltGetFileNameInformationUnsafe(file.file, nullptr, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_CACHE_ONLY, &name),
            STATUS_FLT_NAME_CACHE_MISS);
  EXPECT(!name);
}

KTEST(NamesAreSplitIntoTheirParts) {
  UNICODE_STRING whole = RTL_CONSTANT_STRING(L"\\dir.d\\file.name.ext:stream:$DATA"), extension, stream, last;
  EXPECT_EQ(FltParseFileName(&whole, &extension, &stream, &last), STATUS_SUCCESS);
  EXPECT(Is(extension, L"ext"));
  EXPECT(Is(stream, L":stream:$DATA"));
  EXPECT(Is(last, L"file.name.ext:stream:$DATA"));
  UNICODE_STRING bare = RTL_CONSTANT_STRING(L"\\dir.d\\file");
  EXPECT_EQ(FltParseFileName(&bare, &extension, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(extension.Length, 0);
}
