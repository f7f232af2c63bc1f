// What a user may do with files: the error of each attempt.
#include <windows.h>

#include <cstdio>

namespace {

DWORD Try(const wchar_t* path, DWORD access, DWORD disposition, DWORD flags = 0) {
  const HANDLE file =
      CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, disposition, flags, nullptr);
  if (file == INVALID_HANDLE_VALUE) return GetLastError();
  CloseHandle(file);
  return 0;
}

}  // namespace

int main() {
  std::printf("make in Windows: %lu\n", Try(L"C:\\Windows\\made.txt", GENERIC_WRITE, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE));
  std::printf("make in the root: %lu\n", Try(L"C:\\made.txt", GENERIC_WRITE, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE));
  std::printf("list Windows: %lu\n", Try(L"C:\\Windows", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
  std::printf("delete Windows: %lu\n", Try(L"C:\\Windows", DELETE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
  std::printf("make a directory: %d\n", CreateDirectoryW(L"C:\\mine", nullptr));
  std::printf("make in it: %lu\n", Try(L"C:\\mine\\made.txt", GENERIC_READ | GENERIC_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE));
  std::printf("remove it: %d\n", RemoveDirectoryW(L"C:\\mine"));
}
