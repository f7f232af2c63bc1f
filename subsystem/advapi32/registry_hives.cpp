// Trees of keys in hive files.
#include "nt/io.h"
#include "subsystem/advapi32/registry.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr ULONG kCaseInsensitive = OBJ_CASE_INSENSITIVE;

/// The attributes of a file by its DOS path.
class FileName {
 public:
  explicit FileName(PCWSTR path) {
    error_ = ErrorOf(nt::user::NtPathOf(path ? path : u"", text_));
    string_ = {static_cast<USHORT>(text_.length * 2), static_cast<USHORT>(text_.length * 2), text_.text};
    attributes_ = {sizeof attributes_, nullptr, &string_, kCaseInsensitive, nullptr, nullptr};
  }
  LONG error() const { return error_; }
  POBJECT_ATTRIBUTES get() { return &attributes_; }

 private:
  LONG error_;
  PathBuffer text_;
  UNICODE_STRING string_{};
  OBJECT_ATTRIBUTES attributes_{};
};

/// A file that is made, or opened, and closed again.
class HiveFile {
 public:
  HiveFile(PCWSTR path, ACCESS_MASK access, ULONG disposition, LPSECURITY_ATTRIBUTES security) : name_(path), error_(name_.error()) {
    if (error_) return;
    if (security) name_.get()->SecurityDescriptor = security->lpSecurityDescriptor;
    IO_STATUS_BLOCK io{};
    error_ = ErrorOf(sys::NtCreateFile(&handle_, access | SYNCHRONIZE, name_.get(), &io, nullptr, 0x80, 0, disposition,
                                       FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, nullptr, 0));
  }
  LONG error() const { return error_; }
  HANDLE handle() const { return handle_; }
  /// What is made of a failure does not stay.
  void Delete() {
    constexpr auto kDisposition = static_cast<FILE_INFORMATION_CLASS>(13);  // FileDispositionInformation
    BOOLEAN remove = TRUE;
    IO_STATUS_BLOCK io{};
    sys::NtSetInformationFile(handle_, &io, &remove, sizeof remove, kDisposition);
  }
  LONG Close(LONG result) {
    sys::NtClose(handle_);
    return result;
  }

 private:
  FileName name_;
  HANDLE handle_ = nullptr;
  LONG error_;
};

}  // namespace

extern "C" {

/// Makes a hive file a subkey of HKEY_LOCAL_MACHINE or HKEY_USERS. Needs SeRestorePrivilege.
LONG RegLoadKeyW(HKEY Key, LPCWSTR SubKey, LPCWSTR File) {
  KeyName target;
  FileName file(File);
  if (!SubKey || !*SubKey) return ERROR_INVALID_PARAMETER;
  const LONG error = target.Set(Key, SubKey);
  if (error) return error;
  return file.error() ? file.error() : ErrorOf(sys::NtLoadKey(target.get(), file.get()));
}

/// Takes a hive away that RegLoadKey brought.
LONG RegUnLoadKeyW(HKEY Key, LPCWSTR SubKey) {
  KeyName target;
  const LONG error = target.Set(Key, SubKey);
  return error ? error : ErrorOf(sys::NtUnloadKey(target.get()));
}

/// Writes a key and all below it to a new hive file. Needs SeBackupPrivilege.
LONG RegSaveKeyExW(HKEY Key, LPCWSTR File, LPSECURITY_ATTRIBUTES Security, DWORD Flags) {
  UsedKey key(Key, MAXIMUM_ALLOWED);
  if (key.error()) return key.error();
  HiveFile file(File, GENERIC_WRITE | DELETE_ACCESS, FILE_CREATE, Security);
  if (file.error()) return key.Close(file.error());
  const LONG error = ErrorOf(sys::NtSaveKeyEx(key.handle(), file.handle(), Flags));
  if (error) file.Delete();
  return key.Close(file.Close(error));
}

/// Writes a key and all below it to a new hive file. Needs SeBackupPrivilege.
LONG RegSaveKeyW(HKEY Key, LPCWSTR File, LPSECURITY_ATTRIBUTES Security) { return RegSaveKeyExW(Key, File, Security, REG_STANDARD_FORMAT); }

/// Puts what a hive file holds in place of what a key holds. Needs SeRestorePrivilege.
LONG RegRestoreKeyW(HKEY Key, LPCWSTR File, DWORD Flags) {
  UsedKey key(Key, MAXIMUM_ALLOWED);
  if (key.error()) return key.error();
  HiveFile file(File, GENERIC_READ, FILE_OPEN, nullptr);
  if (file.error()) return key.Close(file.error());
  return key.Close(file.Close(ErrorOf(sys::NtRestoreKey(key.handle(), file.handle(), Flags))));
}

/// Has another hive file be a key from the next boot on. Needs SeRestorePrivilege.
LONG RegReplaceKeyW(HKEY Key, LPCWSTR SubKey, LPCWSTR NewFile, LPCWSTR OldFile) {
  FileName fresh(NewFile), old(OldFile);
  if (fresh.error()) return fresh.error();
  if (old.error()) return old.error();
  OpenedKey key;
  const LONG error = key.Open(Key, SubKey, MAXIMUM_ALLOWED);
  if (error) return error;
  const NTSTATUS status = sys::NtReplaceKey(fresh.get(), key.handle, old.get());
  sys::NtClose(key.handle);
  return ErrorOf(status);
}

LONG RegLoadKeyA(HKEY Key, LPCSTR SubKey, LPCSTR File) { return RegLoadKeyW(Key, WideName(SubKey).c_str(), WideName(File).c_str()); }

LONG RegUnLoadKeyA(HKEY Key, LPCSTR SubKey) { return RegUnLoadKeyW(Key, WideName(SubKey).c_str()); }

LONG RegSaveKeyA(HKEY Key, LPCSTR File, LPSECURITY_ATTRIBUTES Security) { return RegSaveKeyW(Key, WideName(File).c_str(), Security); }

LONG RegSaveKeyExA(HKEY Key, LPCSTR File, LPSECURITY_ATTRIBUTES Security, DWORD Flags) {
  return RegSaveKeyExW(Key, WideName(File).c_str(), Security, Flags);
}

LONG RegRestoreKeyA(HKEY Key, LPCSTR File, DWORD Flags) { return RegRestoreKeyW(Key, WideName(File).c_str(), Flags); }

LONG RegReplaceKeyA(HKEY Key, LPCSTR SubKey, LPCSTR NewFile, LPCSTR OldFile) {
  return RegReplaceKeyW(Key, WideName(SubKey).c_str(), WideName(NewFile).c_str(), WideName(OldFile).c_str());
}

}  // extern "C"
