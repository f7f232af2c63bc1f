// Section objects: pagefile-backed ones, and \Device\PhysicalMemory.
#include "kernel/mm/section.h"

#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "kernel/ob/ob.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

/// Body of a section object.
struct Section {
  SectionPages* pages;  ///< null: physical memory
  ULONG64 size;
  ULONG protection;  ///< the most a view may have
};

POBJECT_TYPE section_type = nullptr;

void DestroySection(PVOID object) {
  auto* const section = static_cast<Section*>(object);
  if (section->pages != nullptr) DereferenceSectionPages(section->pages);
}

bool ProbesUser() { return ke::PreviousMode() != KernelMode; }

template <class T>
NTSTATUS Get(const T* from, T* value) {
  if (ProbesUser()) return ReadUser(from, value);
  *value = *from;
  return STATUS_SUCCESS;
}

template <class T>
NTSTATUS Put(T* to, const T& value) {
  if (ProbesUser()) return WriteUser(to, value);
  *to = value;
  return STATUS_SUCCESS;
}

constexpr ULONG kWritable = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;
constexpr ULONG kExecutable = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

/// A view's protection must not exceed the section's. Copies on write of a pagefile-backed section are writes.
bool Compatible(ULONG section, ULONG view) {
  if ((view & kExecutable) != 0 && (section & kExecutable) == 0) return false;
  return (view & kWritable) == 0 || (section & kWritable) != 0;
}

ACCESS_MASK AccessFor(ULONG protection) {
  ACCESS_MASK access = (protection & kWritable) != 0 ? SECTION_MAP_WRITE : SECTION_MAP_READ;
  if ((protection & kExecutable) != 0) access |= SECTION_MAP_EXECUTE;
  return access;
}

NTSTATUS MapPhysical(AddressSpace& space, ULONG64* offset, ULONG_PTR* base, SIZE_T* size, ULONG protection) {
  const ULONG64 start = PageAlign(*offset);
  if (*size == 0 || start >= kDeviceEnd || *size > kDeviceEnd - start) return STATUS_INVALID_VIEW_SIZE;
  const SIZE_T pages = PagesSpanned(*offset, *size);
  std::vector<PFN_NUMBER> frames(pages);
  for (SIZE_T i = 0; i < pages; ++i) frames[i] = (start >> PAGE_SHIFT) + i;
  const NTSTATUS status = space.MapFrames(base, frames.data(), pages, protection);
  *offset = start;
  *size = pages << PAGE_SHIFT;
  return status;
}

NTSTATUS MapSection(Section* section, AddressSpace& space, ULONG64* offset, ULONG_PTR* base, SIZE_T* size, ULONG type, ULONG protection) {
  if (!Compatible(section->protection, protection)) return STATUS_SECTION_PROTECTION;
  if (section->pages == nullptr) return MapPhysical(space, offset, base, size, protection);
  return space.MapView(section->pages, *offset, base, size, type, protection);
}

/// Runs an operation on the address space of a process handle.
template <class Operation>
NTSTATUS WithProcess(HANDLE handle, Operation&& operation) {
  PEPROCESS process = ke::CurrentProcess();
  if (reinterpret_cast<LONG_PTR>(handle) != -1) {
    POBJECT_TYPE const type = ob::TypeOf(ke::CurrentProcess());
    const NTSTATUS status = ObReferenceObjectByHandle(handle, 0x8, type, ke::PreviousMode(), reinterpret_cast<PVOID*>(&process), nullptr);
    if (status != STATUS_SUCCESS) return status;
  } else {
    ObfReferenceObject(process);
  }
  AddressSpace* const space = AddressSpaceOf(process);
  const NTSTATUS status = space != nullptr ? operation(*space) : STATUS_PROCESS_IS_TERMINATING;
  ObfDereferenceObject(process);
  return status;
}

void CreatePhysicalMemory() {
  static char16_t path[] = u"\\Device\\PhysicalMemory";
  UNICODE_STRING name{sizeof path - 2, sizeof path, path};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               nullptr,           nullptr};
  PVOID object;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, section_type, &attributes, KernelMode, nullptr, sizeof(Section), 0, 0, &object))) return;
  *static_cast<Section*>(object) = {nullptr, kDeviceEnd, PAGE_EXECUTE_READWRITE};
  HANDLE handle;
  if (NT_SUCCESS(ObInsertObject(object, nullptr, SECTION_ALL_ACCESS, 0, nullptr, &handle))) ObCloseHandle(handle, KernelMode);
}

}  // namespace

void InitializeSections() {
  ob::TypeInitializer initializer{};
  initializer.name = u"Section";
  initializer.mapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ, STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                         STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS};
  initializer.valid_access = SECTION_ALL_ACCESS | SYNCHRONIZE;
  initializer.destroy = &DestroySection;
  section_type = ob::CreateType(initializer);
  CreatePhysicalMemory();
}

POBJECT_TYPE* SectionType() { return &section_type; }

}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

NTSTATUS NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle) {
  if (FileHandle != nullptr) return STATUS_NOT_SUPPORTED;
  if ((AllocationAttributes & (SEC_COMMIT | SEC_RESERVE)) == 0 || (AllocationAttributes & SEC_IMAGE) != 0)
    return STATUS_INVALID_PARAMETER_6;
  switch (SectionPageProtection & 0xff) {
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
      break;
    default:
      return STATUS_INVALID_PAGE_PROTECTION;
  }
  LARGE_INTEGER size{};
  if (MaximumSize == nullptr) return STATUS_INVALID_PARAMETER_4;
  NTSTATUS status = Get(MaximumSize, &size);
  if (status != STATUS_SUCCESS) return status;
  if (size.QuadPart <= 0) return STATUS_INVALID_PARAMETER_4;
  PVOID object;
  status = ObCreateObject(ke::PreviousMode(), section_type, ObjectAttributes, ke::PreviousMode(), nullptr, sizeof(Section), 0, 0, &object);
  if (status != STATUS_SUCCESS) return status;
  SectionPages* const pages = CreateSectionPages(static_cast<SIZE_T>(size.QuadPart));
  *static_cast<Section*>(object) = {pages, static_cast<ULONG64>(size.QuadPart), SectionPageProtection};
  if (pages == nullptr) {
    ObfDereferenceObject(object);
    return STATUS_COMMITMENT_LIMIT;
  }
  HANDLE handle;
  status = ObInsertObject(object, nullptr, DesiredAccess, 0, nullptr, &handle);
  return NT_SUCCESS(status) ? (Put(SectionHandle, handle), status) : status;
}

NTSTATUS NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  HANDLE handle;
  const NTSTATUS status = ObOpenObjectByName(ObjectAttributes, section_type, ke::PreviousMode(), nullptr, DesiredAccess, nullptr, &handle);
  return NT_SUCCESS(status) ? (Put(SectionHandle, handle), status) : status;
}

NTSTATUS NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR ZeroBits, SIZE_T,
                            PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                            ULONG Win32Protect) {
  if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap) return STATUS_INVALID_PARAMETER_8;
  if (ZeroBits > 21 && ZeroBits < 32) return STATUS_INVALID_PARAMETER_4;
  PVOID base = nullptr;
  SIZE_T size = 0;
  LARGE_INTEGER offset{};
  NTSTATUS status = Get(BaseAddress, &base);
  if (status == STATUS_SUCCESS) status = Get(ViewSize, &size);
  if (status == STATUS_SUCCESS && SectionOffset != nullptr) status = Get(SectionOffset, &offset);
  if (status != STATUS_SUCCESS) return status;
  PVOID object;
  status = ObReferenceObjectByHandle(SectionHandle, AccessFor(Win32Protect), section_type, ke::PreviousMode(), &object, nullptr);
  if (status != STATUS_SUCCESS) return status;
  auto start = reinterpret_cast<ULONG_PTR>(base);
  auto from = static_cast<ULONG64>(offset.QuadPart);
  status = WithProcess(ProcessHandle, [&](AddressSpace& space) {
    return MapSection(static_cast<Section*>(object), space, &from, &start, &size, AllocationType, Win32Protect);
  });
  ObfDereferenceObject(object);
  if (status != STATUS_SUCCESS) return status;
  offset.QuadPart = static_cast<LONGLONG>(from);
  Put(BaseAddress, reinterpret_cast<PVOID>(start));
  Put(ViewSize, size);
  if (SectionOffset != nullptr) Put(SectionOffset, offset);
  return STATUS_SUCCESS;
}

NTSTATUS NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress) {
  return WithProcess(ProcessHandle, [&](AddressSpace& space) { return space.UnmapView(reinterpret_cast<ULONG_PTR>(BaseAddress)); });
}

}  // extern "C"
