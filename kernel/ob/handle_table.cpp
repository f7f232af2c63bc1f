// Handle tables: a process's numbers for objects. Handles are multiples of 4; free ones are used again last in, first out.
#include <algorithm>
#include <vector>

#include "kernel/ke/ke.h"
#include "kernel/ob/callbacks.h"
#include "kernel/ob/handle_table.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

namespace nt::ob {

HANDLE HandleTable::Insert(PVOID object, ACCESS_MASK access, ULONG attributes) {
  ULONG index = first_free_;
  if (index != 0) {
    first_free_ = entries_[index].next_free;
  } else {
    index = static_cast<ULONG>(entries_.size());
    entries_.emplace_back();
  }
  entries_[index] = {object, access, attributes, 0, reinterpret_cast<ULONG_PTR>(ke::CallerAddress())};
  if (++count_ > peak_) peak_ = count_;
  return reinterpret_cast<HANDLE>(ULONG_PTR{index} * 4);
}

HandleTable::Entry* HandleTable::Find(HANDLE handle) {
  const ULONG_PTR index = reinterpret_cast<ULONG_PTR>(handle) >> 2;  // the two low bits belong to the caller
  if (index == 0 || index >= entries_.size() || entries_[index].object == nullptr) return nullptr;
  return &entries_[index];
}

void HandleTable::Remove(HANDLE handle) {
  const auto index = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(handle) >> 2);
  entries_[index] = {nullptr, 0, 0, first_free_, 0};
  first_free_ = index;
  --count_;
}

void HandleTable::InheritFrom(const HandleTable& parent, std::span<const HANDLE> only) {
  entries_.resize(parent.entries_.size());
  for (ULONG index = static_cast<ULONG>(entries_.size()) - 1; index != 0; --index) {
    const Entry& entry = parent.entries_[index];
    const bool chosen = only.empty() || std::ranges::find(only, reinterpret_cast<HANDLE>(ULONG_PTR{index} * 4)) != only.end();
    if (entry.object != nullptr && (entry.attributes & OBJ_INHERIT) != 0 && chosen) {
      entries_[index] = entry;
      ++count_;
    } else {
      entries_[index].next_free = first_free_;
      first_free_ = index;
    }
  }
  peak_ = count_;
}

namespace {

constexpr ULONG_PTR kKernelHandle = 0xFFFFFFFF80000000;
constexpr ULONG kProtectFromClose = 1;

bool IsKernelHandle(HANDLE handle) {
  const auto value = reinterpret_cast<ULONG_PTR>(handle);
  return (value & kKernelHandle) == kKernelHandle && static_cast<LONG_PTR>(value) < -8;
}

struct Located {
  HandleTable* table;
  HANDLE handle;
};

/// The table a handle belongs to, seen from a process.
Located Locate(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode) {
  if (IsKernelHandle(handle)) {
    if (mode != KernelMode) return {nullptr, handle};
    return {static_cast<HandleTable*>(Ob().system_table), reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(handle) & ~kKernelHandle)};
  }
  return {static_cast<HandleTable*>(process->ObjectTable), handle};
}

void HandleGone(PVOID object, PEPROCESS process, ACCESS_MASK access) {
  POBJECT_HEADER const header = HeaderOf(object);
  POBJECT_TYPE const type = TypeOf(object);
  const LONGLONG before = header->HandleCount--;
  --type->handles;
  if (type->initializer.close != nullptr) type->initializer.close(process, object, access, before, before);
  if (header->HandleCount == 0 && (header->Flags & OB_FLAG_PERMANENT_OBJECT) == 0) RemoveName(object);
  ObfDereferenceObject(object);
}

/// NtCurrentProcess and NtCurrentThread.
PVOID PseudoHandle(PEPROCESS process, HANDLE handle, POBJECT_TYPE type) {
  const auto value = reinterpret_cast<LONG_PTR>(handle);
  PVOID object = nullptr;
  if (value == -1) object = process;
  if (value == -2) object = ke::CurrentThread();
  if (object == nullptr || (type != nullptr && TypeOf(object) != type)) return nullptr;
  return object;
}

}  // namespace

void CountHandle(PVOID object) {
  POBJECT_TYPE const type = TypeOf(object);
  ++HeaderOf(object)->HandleCount;
  if (++type->handles > type->most_handles) type->most_handles = type->handles;
}

ACCESS_MASK MapAccess(POBJECT_TYPE type, ACCESS_MASK access) {
  const GENERIC_MAPPING& mapping = type->initializer.mapping;
  if ((access & GENERIC_READ) != 0) access |= mapping.GenericRead;
  if ((access & GENERIC_WRITE) != 0) access |= mapping.GenericWrite;
  if ((access & GENERIC_EXECUTE) != 0) access |= mapping.GenericExecute;
  if ((access & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0) access |= mapping.GenericAll;
  return access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
}

namespace {

NTSTATUS InsertHandle(PEPROCESS process, PVOID object, ULONG attributes, ACCESS_MASK access, bool kernel, PHANDLE handle) {
  auto* const table = static_cast<HandleTable*>(kernel ? Ob().system_table : process->ObjectTable);
  if (table == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  ObfReferenceObject(object);
  CountHandle(object);
  const HANDLE made = table->Insert(object, access, attributes & OBJ_INHERIT);
  *handle = kernel ? reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(made) | kKernelHandle) : made;
  return STATUS_SUCCESS;
}

}  // namespace

namespace {

/// What the object's security descriptor and its type leave of the access that drivers did not take away.
NTSTATUS Grant(const HandleRequest& request, ACCESS_MASK wanted, bool maximum, ACCESS_MASK* access) {
  const bool checked = request.check && (request.mode == UserMode || (request.attributes & OBJ_FORCE_ACCESS_CHECK) != 0);
  if (checked) {
    ACCESS_MASK granted = 0;
    const NTSTATUS status = CheckAccess(request.object, maximum ? wanted | MAXIMUM_ALLOWED : wanted, &granted);
    if (!NT_SUCCESS(status)) return status;
    *access = maximum ? *access & granted : *access;
  }
  const auto open = TypeOf(request.object)->initializer.open;
  return open != nullptr ? open(request.object, request.mode, maximum, access) : STATUS_SUCCESS;
}

NTSTATUS GrantAndInsert(const HandleRequest& request, ACCESS_MASK wanted, ACCESS_MASK* access, bool kernel, PHANDLE handle) {
  const bool maximum = (request.access & MAXIMUM_ALLOWED) != 0;
  const NTSTATUS status = Grant(request, wanted & *access, maximum, access);
  if (!NT_SUCCESS(status)) return status;
  return InsertHandle(request.process, request.object, request.attributes, *access, kernel, handle);
}

}  // namespace

NTSTATUS CheckAccess(PVOID object, ACCESS_MASK wanted, ACCESS_MASK* granted) {
  if (Security().check != nullptr && TypeOf(object)->initializer.secured) return Security().check(object, wanted, granted);
  *granted = MapAccess(TypeOf(object), wanted);
  return STATUS_SUCCESS;
}

NTSTATUS CreateHandleIn(const HandleRequest& request, PHANDLE handle) {
  POBJECT_TYPE const type = TypeOf(request.object);
  POBJECT_HEADER const header = HeaderOf(request.object);
  if ((header->Flags & OB_FLAG_EXCLUSIVE_OBJECT) != 0 && header->HandleCount != 0) return STATUS_ACCESS_DENIED;
  const bool kernel = request.mode == KernelMode && (request.attributes & OBJ_KERNEL_HANDLE) != 0;
  // What is asked for by name; the maximum is found out on the way.
  const ACCESS_MASK wanted = MapAccess(type, request.access & ~MAXIMUM_ALLOWED);
  ACCESS_MASK access = MapAccess(type, request.access);
  if (!HasCallbacks(type)) return GrantAndInsert(request, wanted, &access, kernel, handle);
  const OB_OPERATION kind = request.source != nullptr ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE;
  HandleOperation operation{kind, request.object, kernel, request.source, request.source != nullptr ? request.process : nullptr, access, {},
                            0};
  CallPreOperation(&operation);
  const NTSTATUS status = GrantAndInsert(request, wanted, &operation.access, kernel, handle);
  CallPostOperation(operation, status);
  return status;
}

NTSTATUS CreateHandle(PVOID object, ULONG attributes, ACCESS_MASK access, KPROCESSOR_MODE mode, PHANDLE handle) {
  return CreateHandleIn({ke::CurrentProcess(), object, attributes, access, mode}, handle);
}

NTSTATUS OpenHandle(PVOID object, ULONG attributes, ACCESS_MASK access, KPROCESSOR_MODE mode, PHANDLE handle) {
  return CreateHandleIn({ke::CurrentProcess(), object, attributes, access, mode, true}, handle);
}

PVOID CreateHandleTable(PEPROCESS process) {
  auto* const table = new HandleTable;
  Ob().tables.push_back(table);
  if (Ob().system_table == nullptr) Ob().system_table = table;  // the System process's table holds the kernel handles
  static_cast<void>(process);
  return table;
}

void DestroyHandleTable(PEPROCESS process) {
  auto* const table = static_cast<HandleTable*>(process->ObjectTable);
  if (table == nullptr) return;
  for (ULONG index = 1; index < table->size(); ++index) {
    const HANDLE handle = reinterpret_cast<HANDLE>(ULONG_PTR{index} * 4);
    const HandleTable::Entry* const entry = table->Find(handle);
    if (entry == nullptr) continue;
    const HandleTable::Entry copy = *entry;
    table->Remove(handle);
    HandleGone(copy.object, process, copy.access);
  }
  process->ObjectTable = nullptr;
  std::erase(Ob().tables, table);
  delete table;
}

NTSTATUS InheritHandles(PEPROCESS parent, PEPROCESS child, std::span<const HANDLE> only) {
  auto* const table = static_cast<HandleTable*>(child->ObjectTable);
  auto* const from = static_cast<HandleTable*>(parent->ObjectTable);
  if (from == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  for (const HANDLE handle : only) {
    const HandleTable::Entry* const entry = from->Find(handle);
    if (entry == nullptr || (entry->attributes & OBJ_INHERIT) == 0) return STATUS_INVALID_PARAMETER;
  }
  table->InheritFrom(*from, only);
  for (ULONG index = 1; index < table->size(); ++index) {
    const HandleTable::Entry* const entry = table->Find(reinterpret_cast<HANDLE>(ULONG_PTR{index} * 4));
    if (entry == nullptr) continue;
    ObfReferenceObject(entry->object);
    CountHandle(entry->object);
  }
  return STATUS_SUCCESS;
}

HANDLE CopyHandle(PEPROCESS source, HANDLE handle, PEPROCESS target) {
  PVOID object = nullptr;
  OBJECT_HANDLE_INFORMATION granted{};
  if (!NT_SUCCESS(ReferenceIn(source, handle, UserMode, &object, &granted))) return nullptr;
  HANDLE copy = nullptr;
  CreateHandleIn({target, object, granted.HandleAttributes, granted.GrantedAccess, UserMode}, &copy);
  ObfDereferenceObject(object);
  return copy;
}

SIZE_T HandleCount(PEPROCESS process) {
  const auto* const table = static_cast<HandleTable*>(process->ObjectTable);
  return table != nullptr ? table->count() : 0;
}

SIZE_T HandleCountPeak(PEPROCESS process) {
  const auto* const table = static_cast<HandleTable*>(process->ObjectTable);
  return table != nullptr ? table->peak() : 0;
}

void ForEachHandle(PEPROCESS process, const std::function<void(const HandleReport&)>& visit) {
  auto* const table = static_cast<HandleTable*>(process->ObjectTable);
  if (table == nullptr) return;
  for (ULONG index = 1; index < table->size(); ++index) {
    const HANDLE handle = reinterpret_cast<HANDLE>(ULONG_PTR{index} * 4);
    const HandleTable::Entry* const entry = table->Find(handle);
    if (entry != nullptr) visit({handle, entry->object, entry->access, entry->creator, entry->attributes});
  }
}

NTSTATUS CloseHandleIn(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode) {
  const Located located = Locate(process, handle, mode);
  HandleTable::Entry* const entry = located.table != nullptr ? located.table->Find(located.handle) : nullptr;
  if (entry == nullptr) {
    if (reinterpret_cast<LONG_PTR>(handle) == -1 || reinterpret_cast<LONG_PTR>(handle) == -2) return STATUS_SUCCESS;
    return STATUS_INVALID_HANDLE;
  }
  if ((entry->attributes & kProtectFromClose) != 0) return STATUS_HANDLE_NOT_CLOSABLE;
  const HandleTable::Entry copy = *entry;
  located.table->Remove(located.handle);
  HandleGone(copy.object, process, copy.access);
  return STATUS_SUCCESS;
}

NTSTATUS CloseHandle(HANDLE handle, KPROCESSOR_MODE mode) { return CloseHandleIn(ke::CurrentProcess(), handle, mode); }

namespace {

NTSTATUS Reference(PEPROCESS process, HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID* object,
                   POBJECT_HANDLE_INFORMATION information) {
  *object = nullptr;
  const Located located = Locate(process, handle, mode);
  const HandleTable::Entry* const entry = located.table != nullptr ? located.table->Find(located.handle) : nullptr;
  if (entry == nullptr) {
    PVOID const pseudo = PseudoHandle(process, handle, type);
    if (pseudo == nullptr) {
      const bool is_pseudo = reinterpret_cast<LONG_PTR>(handle) == -1 || reinterpret_cast<LONG_PTR>(handle) == -2;
      return is_pseudo ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
    }
    // All rights of a process or thread, and no others: not that to its audit list.
    const ACCESS_MASK all = TypeOf(pseudo)->initializer.valid_access;
    if (mode != KernelMode && (access & ~all) != 0) return STATUS_ACCESS_DENIED;
    if (information != nullptr) *information = {0, all};
    ObfReferenceObject(pseudo);
    *object = pseudo;
    return STATUS_SUCCESS;
  }
  if (type != nullptr && TypeOf(entry->object) != type) return STATUS_OBJECT_TYPE_MISMATCH;
  if (mode != KernelMode && (access & ~entry->access) != 0) return STATUS_ACCESS_DENIED;
  if (information != nullptr) *information = {entry->attributes, entry->access};
  ObfReferenceObject(entry->object);
  *object = entry->object;
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS ReferenceIn(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode, PVOID* object, POBJECT_HANDLE_INFORMATION information) {
  if (process->ObjectTable == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  return Reference(process, handle, 0, nullptr, mode, object, information);
}

HandleTable::Entry* EntryOf(HANDLE handle, KPROCESSOR_MODE mode) {
  const Located located = Locate(ke::CurrentProcess(), handle, mode);
  return located.table != nullptr ? located.table->Find(located.handle) : nullptr;
}

}  // namespace nt::ob

using namespace nt::ob;

extern "C" {

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                   PVOID* Object, POBJECT_HANDLE_INFORMATION HandleInformation) {
  return Reference(nt::ke::CurrentProcess(), Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                          ULONG /*Tag*/, PVOID* Object, POBJECT_HANDLE_INFORMATION HandleInformation) {
  return Reference(nt::ke::CurrentProcess(), Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

NTSTATUS ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) { return CloseHandle(Handle, PreviousMode); }

NTSTATUS NtClose(HANDLE Handle) { return CloseHandle(Handle, nt::ke::PreviousMode()); }

BOOLEAN ObIsKernelHandle(HANDLE Handle) { return IsKernelHandle(Handle) ? TRUE : FALSE; }

NTSTATUS ObSetHandleAttributes(HANDLE Handle, PVOID HandleFlags, KPROCESSOR_MODE PreviousMode) {
  HandleTable::Entry* const entry = EntryOf(Handle, PreviousMode);
  if (entry == nullptr) return STATUS_INVALID_HANDLE;
  const auto* const flags = static_cast<const BOOLEAN*>(HandleFlags);  // OBJECT_HANDLE_FLAG_INFORMATION: inherit, protect from close
  entry->attributes = (flags[0] != 0 ? OBJ_INHERIT : 0u) | (flags[1] != 0 ? kProtectFromClose : 0u);
  return STATUS_SUCCESS;
}

}  // extern "C"
