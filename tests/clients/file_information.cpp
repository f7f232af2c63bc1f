// Information about open files by Win32's classes, and the names that lead to them.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

HANDLE Make(const wchar_t* path) {
  return CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, CREATE_ALWAYS, 0, nullptr);
}

bool Exists(const wchar_t* path) { return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES; }

void Classes(HANDLE file) {
  FILE_STANDARD_INFO standard{};
  Show("standard, end, links", {GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard),
                                static_cast<unsigned long long>(standard.EndOfFile.QuadPart), standard.NumberOfLinks});
  FILE_BASIC_INFO basic{};
  Show("basic, archive",
       {GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic), basic.FileAttributes == FILE_ATTRIBUTE_ARCHIVE});
  FILE_ATTRIBUTE_TAG_INFO tag{};
  Show("tag", {GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag), tag.ReparseTag});
  FILE_ID_INFO id{};
  BY_HANDLE_FILE_INFORMATION by_handle{};
  GetFileInformationByHandle(file, &by_handle);
  Show("id", {GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof id), std::memcmp(&id.FileId, &by_handle.nFileIndexLow, 4) == 0});
  const BOOL too_short = GetFileInformationByHandleEx(file, FileBasicInfo, &basic, 8);
  Show("too short, error", {too_short, GetLastError()});
  const BOOL unknown = GetFileInformationByHandleEx(file, static_cast<FILE_INFO_BY_HANDLE_CLASS>(3), &basic, sizeof basic);
  Show("only set, error", {unknown, GetLastError()});
}

void Names(HANDLE file) {
  char path[100];
  const DWORD length = GetFinalPathNameByHandleA(file, path, sizeof path, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
  std::printf("%lu %s\n", length, path);
  GetFinalPathNameByHandleA(file, path, sizeof path, VOLUME_NAME_NONE);
  std::printf("%s\n", path);
  GetFinalPathNameByHandleA(file, path, sizeof path, VOLUME_NAME_NT);
  std::printf("%s, %lu needed\n", path, GetFinalPathNameByHandleA(file, path, 4, VOLUME_NAME_NONE));
}

void RenameAndDelete(HANDLE file) {
  struct {
    FILE_RENAME_INFO info;
    wchar_t room[40];
  } rename{};
  constexpr wchar_t kName[] = L"C:\\information-2.txt";
  std::memcpy(rename.info.FileName, kName, sizeof kName);
  rename.info.FileNameLength = sizeof kName - sizeof(wchar_t);
  Show("rename", {SetFileInformationByHandle(file, FileRenameInfo, &rename, sizeof rename), Exists(kName), Exists(L"C:\\information.txt")});
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = 100;
  Show("end", {SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end), GetFileSize(file, nullptr)});
  // Deleted at once, though the handle is open.
  FILE_DISPOSITION_INFO_EX posix{FILE_DISPOSITION_FLAG_DELETE | FILE_DISPOSITION_FLAG_POSIX_SEMANTICS};
  Show("posix", {SetFileInformationByHandle(file, static_cast<FILE_INFO_BY_HANDLE_CLASS>(21), &posix, sizeof posix)});
}

}  // namespace

int main() {
  const HANDLE file = Make(L"C:\\information.txt");
  DWORD written = 0;
  WriteFile(file, "hello", 5, &written, nullptr);
  Classes(file);
  Names(file);
  RenameAndDelete(file);
  CloseHandle(file);
  Show("gone", {!Exists(L"C:\\information-2.txt")});
}
