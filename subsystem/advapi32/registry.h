// Keys and values, for the registry functions and for the service manager.
#pragma once

#include "nt/cm.h"
#include "subsystem/kernel32/base.h"

using HKEY = HANDLE;

namespace nt::win32 {

/// The attributes of a key below an open or a predefined one.
class KeyName {
 public:
  /// ERROR_SUCCESS, or why there can be no such key. `own_classes`: of HKEY_CLASSES_ROOT, the user's part is meant.
  LONG Set(HKEY root, PCWSTR name, bool own_classes = false);
  POBJECT_ATTRIBUTES get() { return &attributes_; }

 private:
  PathBuffer text_;
  UNICODE_STRING string_{};
  OBJECT_ATTRIBUTES attributes_{};
};

inline HKEY LocalMachine() { return reinterpret_cast<HKEY>(ULONG_PTR{0x80000002}); }

inline HKEY CurrentUser() { return reinterpret_cast<HKEY>(ULONG_PTR{0x80000001}); }

/// A key that the caller closes with NtClose.
struct OpenedKey {
  HANDLE handle = nullptr;
  /// `options`: REG_OPTION_OPEN_LINK, REG_OPTION_BACKUP_RESTORE.
  LONG Open(HKEY root, PCWSTR name, ACCESS_MASK access, ULONG options = 0);
};

/// The real handle of a key that may be a predefined one: opened for the call's time.
class UsedKey {
 public:
  UsedKey(HKEY key, ACCESS_MASK access) {
    const bool predefined = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(key)) >= 0x80000000;
    if (predefined) error_ = opened_.Open(key, nullptr, access);
    handle_ = predefined ? opened_.handle : key;
  }
  HANDLE handle() const { return handle_; }
  LONG error() const { return error_; }
  LONG Close(LONG result) {
    if (opened_.handle) sys::NtClose(opened_.handle);
    return result;
  }

 private:
  OpenedKey opened_;
  HANDLE handle_ = nullptr;
  LONG error_ = ERROR_SUCCESS;
};

LONG ErrorOf(NTSTATUS status);
/// Reads a value as RegQueryValueEx does: `*size` is the room and becomes the size; null `data` asks for the size.
LONG QueryValue(HANDLE key, PCWSTR name, ULONG* type, void* data, ULONG* size);
bool QueryDword(HANDLE key, PCWSTR name, ULONG* value);
LONG SetValue(HANDLE key, PCWSTR name, ULONG type, const void* data, ULONG size);
LONG SetString(HANDLE key, PCWSTR name, std::u16string_view text, ULONG type);

}  // namespace nt::win32
