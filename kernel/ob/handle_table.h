// One handle table. Private to ob.
#pragma once

#include <span>
#include <vector>

#include "nt/ob.h"

namespace nt::ob {

class HandleTable {
 public:
  struct Entry {
    PVOID object = nullptr;
    ACCESS_MASK access = 0;
    ULONG attributes = 0;
    ULONG next_free = 0;
    ULONG_PTR creator = 0;
  };
  /// Makes a handle; the table takes over the caller's reference.
  HANDLE Insert(PVOID object, ACCESS_MASK access, ULONG attributes);
  /// The entry of a handle in use, or null. Valid until the next Insert.
  Entry* Find(HANDLE handle);
  /// Frees a handle in use.
  void Remove(HANDLE handle);
  /// Takes over the inheritable entries of another table under the same numbers; only for an empty table. The caller counts the handles.
  void InheritFrom(const HandleTable& parent, std::span<const HANDLE> only);
  SIZE_T count() const { return count_; }
  SIZE_T peak() const { return peak_; }
  SIZE_T size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_ = std::vector<Entry>(1);  // handle 0 is never given
  ULONG first_free_ = 0;
  SIZE_T count_ = 0;
  SIZE_T peak_ = 0;
};

// The same for any process's table. STATUS_PROCESS_IS_TERMINATING if it has none any more.
NTSTATUS ReferenceIn(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode, PVOID* object, POBJECT_HANDLE_INFORMATION information);
/// A handle to be made.
struct HandleRequest {
  PEPROCESS process;  ///< whose it will be
  PVOID object;
  ULONG attributes;
  ACCESS_MASK access;
  KPROCESSOR_MODE mode;
  bool check = false;          ///< the object's security descriptor decides about the access
  PEPROCESS source = nullptr;  ///< for a duplicate, the process whose handle it is of
};
NTSTATUS CreateHandleIn(const HandleRequest& request, PHANDLE handle);
NTSTATUS CloseHandleIn(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode);

/// The entry behind a handle of the current process (or a kernel handle), or null.
HandleTable::Entry* EntryOf(HANDLE handle, KPROCESSOR_MODE mode);
NTSTATUS CloseHandle(HANDLE handle, KPROCESSOR_MODE mode);

}  // namespace nt::ob
