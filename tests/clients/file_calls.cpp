// Files through kernel32: positions, locks, searches, copies, moves, attributes, times, and the errors of each.
#include <windows.h>

#include "show.h"

namespace {

DWORD Error(BOOL good) { return good ? 0 : GetLastError(); }

HANDLE Make(PCWSTR path, DWORD access = GENERIC_READ | GENERIC_WRITE, DWORD share = 7, DWORD how = CREATE_ALWAYS, DWORD flags = 0) {
  return CreateFileW(path, access, share, nullptr, how, flags, nullptr);
}

void Write(PCWSTR path, const char* text) {
  HANDLE const file = Make(path);
  DWORD written = 0;
  WriteFile(file, text, static_cast<DWORD>(strlen(text)), &written, nullptr);
  CloseHandle(file);
}

void Dispositions() {
  DeleteFileW(L"C:\\calls\\a.txt");
  SetLastError(77);
  HANDLE file = Make(L"C:\\calls\\a.txt", GENERIC_WRITE, 0, CREATE_ALWAYS);
  Show("always, new", {file != INVALID_HANDLE_VALUE, GetLastError()});
  CloseHandle(file);
  SetLastError(77);
  file = Make(L"C:\\calls\\a.txt", GENERIC_WRITE, 0, CREATE_ALWAYS);
  Show("always, there", {file != INVALID_HANDLE_VALUE, GetLastError()});
  Show("shared with nobody", {Make(L"C:\\calls\\a.txt", GENERIC_READ, 7, OPEN_EXISTING) != INVALID_HANDLE_VALUE, GetLastError()});
  CloseHandle(file);
  SetLastError(77);
  file = Make(L"C:\\calls\\a.txt", GENERIC_WRITE, 0, OPEN_ALWAYS);
  Show("open always, there", {file != INVALID_HANDLE_VALUE, GetLastError()});
  CloseHandle(file);
  SetLastError(77);
  file = Make(L"C:\\calls\\a.txt", GENERIC_WRITE, 0, OPEN_EXISTING);
  Show("open, there", {file != INVALID_HANDLE_VALUE, GetLastError()});
  CloseHandle(file);
  Show("new, there", {Make(L"C:\\calls\\a.txt", GENERIC_WRITE, 0, CREATE_NEW) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("truncate, not writing", {Make(L"C:\\calls\\a.txt", GENERIC_READ, 0, TRUNCATE_EXISTING) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("truncate, not there", {Make(L"C:\\calls\\b.txt", GENERIC_WRITE, 0, TRUNCATE_EXISTING) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("no such how", {Make(L"C:\\calls\\a.txt", GENERIC_WRITE, 0, 9) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("no directory", {Make(L"C:\\none\\a.txt", GENERIC_WRITE, 0, CREATE_NEW) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("below a file", {Make(L"C:\\calls\\a.txt\\b", GENERIC_WRITE, 0, CREATE_NEW) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("no name", {Make(L"", GENERIC_READ, 0, OPEN_EXISTING) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("a bad name", {Make(L"C:\\calls\\a|b", GENERIC_READ, 0, OPEN_EXISTING) != INVALID_HANDLE_VALUE, GetLastError()});
  Show("a directory", {Make(L"C:\\calls", GENERIC_READ, 7, OPEN_EXISTING) != INVALID_HANDLE_VALUE, GetLastError()});
  file = Make(L"C:\\calls", GENERIC_READ, 7, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  Show("for backup", {file != INVALID_HANDLE_VALUE});
  CloseHandle(file);
}

void Positions() {
  HANDLE const file = Make(L"C:\\calls\\p.txt");
  char text[16] = {};
  DWORD count = 99;
  LARGE_INTEGER where, to;
  WriteFile(file, "0123456789", 10, &count, nullptr);
  to.QuadPart = -3;
  Show("from the end", {Error(SetFilePointerEx(file, to, &where, FILE_END)), static_cast<DWORD>(where.QuadPart)});
  Show("read", {Error(ReadFile(file, text, 10, &count, nullptr)), count});
  Show("at the end", {Error(ReadFile(file, text, 10, &count, nullptr)), count});
  Show("before the start", {Error(SetFilePointerEx(file, to, &where, FILE_BEGIN)),
                            SetFilePointer(file, -1, nullptr, FILE_BEGIN) == INVALID_SET_FILE_POINTER, GetLastError()});
  Show("no origin", {Error(SetFilePointerEx(file, to, nullptr, 7))});
  OVERLAPPED at = {};
  at.Offset = 4;
  Show("at a place", {Error(ReadFile(file, text, 3, &count, &at)), count, text[0] == '4', SetFilePointer(file, 0, nullptr, FILE_CURRENT)});
  at.Offset = 50;
  Show("beyond the end", {Error(ReadFile(file, text, 3, &count, &at)), count});
  SetFilePointer(file, 20, nullptr, FILE_BEGIN);
  Show("extended", {Error(SetEndOfFile(file)), GetFileSize(file, nullptr)});
  SetFilePointer(file, 5, nullptr, FILE_BEGIN);
  Show("cut", {Error(SetEndOfFile(file)), GetFileSize(file, nullptr), SetFilePointer(file, 0, nullptr, FILE_END)});
  at.Offset = at.OffsetHigh = 0xFFFFFFFF;
  Show("appended", {Error(WriteFile(file, "xy", 2, &count, &at)), count, GetFileSize(file, nullptr)});
  Show("flushed", {Error(FlushFileBuffers(file)), Error(FlushFileBuffers(nullptr))});
  Show("no handle", {Error(ReadFile(nullptr, text, 1, &count, nullptr)), Error(SetEndOfFile(nullptr)),
                     GetFileSize(nullptr, nullptr) == INVALID_FILE_SIZE, GetLastError()});
  CloseHandle(file);
  HANDLE const reader = Make(L"C:\\calls\\p.txt", GENERIC_READ, 7, OPEN_EXISTING);
  Show("not for writing",
       {Error(WriteFile(reader, "x", 1, &count, nullptr)), Error(SetEndOfFile(reader)), Error(FlushFileBuffers(reader))});
  CloseHandle(reader);
  HANDLE const appender = Make(L"C:\\calls\\p.txt", FILE_APPEND_DATA, 7, OPEN_EXISTING);
  SetFilePointer(appender, 0, nullptr, FILE_BEGIN);
  Show("only appended", {Error(WriteFile(appender, "z", 1, &count, nullptr)), GetFileSize(appender, nullptr)});
  CloseHandle(appender);
}

void Locks() {
  HANDLE const one = Make(L"C:\\calls\\l.txt"), other = Make(L"C:\\calls\\l.txt", GENERIC_READ | GENERIC_WRITE, 7, OPEN_EXISTING);
  char byte = 0;
  DWORD count = 0;
  WriteFile(one, "0123456789", 10, &count, nullptr);
  Show("locked", {Error(LockFile(one, 2, 0, 4, 0)), Error(LockFile(other, 5, 0, 1, 0)), Error(LockFile(other, 6, 0, 1, 0))});
  OVERLAPPED at = {};
  at.Offset = 3;
  Show("read by another", {Error(ReadFile(other, &byte, 1, &count, &at))});
  Show("written by another", {Error(WriteFile(other, &byte, 1, &count, &at))});
  Show("by its owner", {Error(ReadFile(one, &byte, 1, &count, &at))});
  at.Offset = 3;
  Show("shared", {Error(LockFileEx(other, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))});
  Show("not its range", {Error(UnlockFile(one, 2, 0, 3, 0)), Error(UnlockFile(one, 2, 0, 4, 0)), Error(UnlockFile(one, 2, 0, 4, 0))});
  Show("both share", {Error(LockFileEx(one, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)),
                      Error(LockFileEx(other, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))});
  Show("not alone", {Error(LockFileEx(one, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at))});
  Show("unlocked",
       {Error(UnlockFileEx(one, 0, 1, 0, &at)), Error(UnlockFileEx(other, 0, 1, 0, &at)), Error(UnlockFileEx(one, 0, 1, 0, &at))});
  CloseHandle(one);
  CloseHandle(other);
}

void Search(PCWSTR pattern) {
  WIN32_FIND_DATAW found;
  HANDLE const search = FindFirstFileW(pattern, &found);
  std::printf("%ls:", pattern);
  if (search == INVALID_HANDLE_VALUE) {
    std::printf(" error %lu\n", GetLastError());
    return;
  }
  do std::printf(" %ls", found.cFileName);
  while (FindNextFileW(search, &found));
  std::printf(" (%lu)\n", GetLastError());
  FindClose(search);
}

void Searches() {
  CreateDirectoryW(L"C:\\calls\\find", nullptr);
  for (PCWSTR path :
       {L"C:\\calls\\find\\one.txt", L"C:\\calls\\find\\Two.TXT", L"C:\\calls\\find\\three", L"C:\\calls\\find\\four.txt.bak"})
    Write(path, "x");
  Search(L"C:\\calls\\find\\*");
  Search(L"C:\\calls\\find\\*.*");
  Search(L"C:\\calls\\find\\*.txt");
  Search(L"C:\\calls\\find\\*.");
  Search(L"C:\\calls\\find\\t??*");
  Search(L"C:\\calls\\find\\???.txt");
  Search(L"C:\\calls\\find\\one.txt");
  Search(L"C:\\calls\\find\\none*");
  Search(L"C:\\calls\\none\\*");
  Search(L"C:\\calls\\find");
  Search(L"C:\\calls\\find\\");
  Search(L"C:\\");
  Search(L"C:\\calls\\find\\one.txt\\*");
  WIN32_FIND_DATAA narrow;
  HANDLE const search = FindFirstFileA("C:\\calls\\find\\tw*", &narrow);
  Show("narrow", {search != INVALID_HANDLE_VALUE, narrow.nFileSizeLow, narrow.dwFileAttributes, Error(FindNextFileA(search, &narrow))});
  Show("closed", {FindClose(search), Error(FindClose(INVALID_HANDLE_VALUE))});
  WIN32_FIND_DATAW basic;
  HANDLE const folders = FindFirstFileExW(L"C:\\calls\\f*", FindExInfoBasic, &basic, FindExSearchLimitToDirectories, nullptr, 0);
  Show("basic", {folders != INVALID_HANDLE_VALUE, basic.cAlternateFileName[0]});
  FindClose(folders);
  Show("no class", {FindFirstFileExW(L"C:\\calls\\*", static_cast<FINDEX_INFO_LEVELS>(9), &basic, FindExSearchNameMatch, nullptr, 0) !=
                        INVALID_HANDLE_VALUE,
                    GetLastError()});
}

void Copies() {
  Write(L"C:\\calls\\from.txt", "copied");
  SetFileAttributesW(L"C:\\calls\\from.txt", FILE_ATTRIBUTE_HIDDEN);
  Show("copied", {Error(CopyFileW(L"C:\\calls\\from.txt", L"C:\\calls\\to.txt", TRUE)), GetFileAttributesW(L"C:\\calls\\to.txt")});
  Show("there already", {Error(CopyFileA("C:\\calls\\from.txt", "C:\\calls\\to.txt", TRUE)),
                         Error(CopyFileA("C:\\calls\\from.txt", "C:\\calls\\to.txt", FALSE))});
  Show("not there",
       {Error(CopyFileW(L"C:\\calls\\none.txt", L"C:\\calls\\x.txt", FALSE)), Error(CopyFileW(L"C:\\calls", L"C:\\calls\\x.txt", FALSE))});
  SetFileAttributesW(L"C:\\calls\\to.txt", FILE_ATTRIBUTE_READONLY);
  Show("read-only", {Error(CopyFileW(L"C:\\calls\\from.txt", L"C:\\calls\\to.txt", FALSE)), Error(DeleteFileW(L"C:\\calls\\to.txt"))});
  SetFileAttributesA("C:\\calls\\to.txt", FILE_ATTRIBUTE_NORMAL);
  Show("normal", {GetFileAttributesW(L"C:\\calls\\to.txt"), Error(SetFileAttributesW(L"C:\\calls\\none", FILE_ATTRIBUTE_NORMAL))});
  Show("moved over", {Error(MoveFileW(L"C:\\calls\\from.txt", L"C:\\calls\\to.txt")),
                      Error(MoveFileExA("C:\\calls\\from.txt", "C:\\calls\\to.txt", MOVEFILE_REPLACE_EXISTING))});
  Show("moved", {Error(MoveFileA("C:\\calls\\to.txt", "C:\\calls\\TO.TXT")), Error(MoveFileW(L"C:\\calls\\none", L"C:\\calls\\x"))});
  Show("a directory",
       {Error(MoveFileW(L"C:\\calls\\find", L"C:\\calls\\found")), Error(MoveFileW(L"C:\\calls\\found", L"C:\\calls\\to.txt")),
        Error(MoveFileExW(L"C:\\calls\\to.txt", L"C:\\calls\\found", MOVEFILE_REPLACE_EXISTING))});
  Show("removed",
       {Error(DeleteFileW(L"C:\\calls\\found")), Error(RemoveDirectoryW(L"C:\\calls\\found")),
        Error(RemoveDirectoryW(L"C:\\calls\\to.txt")), Error(RemoveDirectoryW(L"C:\\calls\\none")), Error(DeleteFileW(L"C:\\none\\x"))});
  Show("made", {Error(CreateDirectoryW(L"C:\\calls\\found", nullptr)), Error(CreateDirectoryW(L"C:\\none\\x", nullptr)),
                Error(CreateDirectoryW(L"C:\\calls\\to.txt", nullptr)), Error(CreateDirectoryW(L"", nullptr))});
  Show("linked", {Error(CreateHardLinkA("C:\\calls\\link.txt", "C:\\calls\\to.txt", nullptr)),
                  Error(CreateHardLinkA("C:\\calls\\link.txt", "C:\\calls\\to.txt", nullptr)),
                  Error(CreateHardLinkA("C:\\calls\\x.txt", "C:\\calls\\none", nullptr))});
}

void Facts() {
  WIN32_FILE_ATTRIBUTE_DATA data;
  Show("attributes", {Error(GetFileAttributesExW(L"C:\\calls\\to.txt", GetFileExInfoStandard, &data)), data.nFileSizeLow});
  Show("narrow", {Error(GetFileAttributesExA("C:\\calls", GetFileExInfoStandard, &data)), data.dwFileAttributes});
  Show("none", {Error(GetFileAttributesExA("C:\\calls\\none", GetFileExInfoStandard, &data)),
                Error(GetFileAttributesExW(L"C:\\none\\x", GetFileExInfoStandard, &data)),
                Error(GetFileAttributesExW(L"C:\\calls", GetFileExMaxInfoLevel, &data))});
  HANDLE const file = Make(L"C:\\calls\\to.txt", GENERIC_READ | FILE_WRITE_ATTRIBUTES, 7, OPEN_EXISTING);
  FILETIME time = {0, 30000000}, created, accessed, written;
  Show("times", {Error(SetFileTime(file, &time, nullptr, &time)), Error(GetFileTime(file, &created, &accessed, &written)),
                 CompareFileTime(&created, &time) == 0, CompareFileTime(&written, &time) == 0, CompareFileTime(&accessed, &time) == 0});
  WCHAR path[MAX_PATH];
  Show("final path", {GetFinalPathNameByHandleW(file, path, MAX_PATH, 0)});
  std::printf("%ls\n", path);
  Show("of NT", {GetFinalPathNameByHandleW(file, path, MAX_PATH, VOLUME_NAME_NT)});
  std::printf("%ls\n", path);
  Show("too small", {GetFinalPathNameByHandleW(file, path, 5, 0)});
  CloseHandle(file);
  Show("short path", {GetShortPathNameW(L"C:\\calls\\to.txt", path, MAX_PATH)});
  char narrow[MAX_PATH];
  Show("temporary", {GetTempPathA(MAX_PATH, narrow), GetTempFileNameW(L"C:\\calls", L"abcdef", 0x12345, path)});
  std::printf("%s %ls\n", narrow, path);
  Show("made", {GetTempFileNameW(L"C:\\calls", L"t", 0, path) != 0, GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES});
  DeleteFileW(path);
  Show("no folder", {GetTempFileNameW(L"C:\\none", L"t", 0, path), GetLastError()});
  Show("drives", {GetDriveTypeW(L"C:\\"), GetDriveTypeA("Q:\\"), GetDriveTypeW(nullptr), GetLogicalDriveStringsW(MAX_PATH, path),
                  GetLogicalDriveStringsW(2, path)});
  ULARGE_INTEGER free, total;
  DWORD sectors, bytes, clusters, all;
  Show("space", {Error(GetDiskFreeSpaceExA("C:\\", &free, &total, nullptr)), free.QuadPart <= total.QuadPart,
                 Error(GetDiskFreeSpaceW(L"C:\\", &sectors, &bytes, &clusters, &all)), bytes, clusters <= all,
                 Error(GetDiskFreeSpaceExA("Q:\\", &free, &total, nullptr))});
  SetCurrentDirectoryW(L"C:\\calls");
  Show("here", {GetCurrentDirectoryW(MAX_PATH, path), GetCurrentDirectoryW(3, path), Error(SetCurrentDirectoryW(L"C:\\none")),
                Error(SetCurrentDirectoryW(L"C:\\calls\\to.txt"))});
  Show("relative",
       {GetFileAttributesW(L"to.txt") != INVALID_FILE_ATTRIBUTES, GetFileAttributesW(L".\\..\\calls\\TO.txt") != INVALID_FILE_ATTRIBUTES});
  SetCurrentDirectoryW(L"C:\\");
}

}  // namespace

int main() {
  CreateDirectoryW(L"C:\\calls", nullptr);
  Dispositions();
  Positions();
  Locks();
  Searches();
  Copies();
  Facts();
}
