// Section objects: of the page file, of files, of images, and \Device\PhysicalMemory. Their making, and what is asked of them.
#include "kernel/mm/section.h"

#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ob/ob.h"
#include "kernel/se/se.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

POBJECT_TYPE section_type = nullptr;

constexpr ULONG kWritable = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;
constexpr ULONG kExecutable = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
/// Larger than any file system's file.
constexpr ULONG64 kLargestSection = kFilePagesSize;

void DestroySection(PVOID object) {
  auto* const section = static_cast<Section*>(object);
  if (section->pages != nullptr) DereferenceSectionPages(section->pages);
  if (section->image != nullptr) DereferenceImage(section->image);
}

/// What NtCreateSection is asked for.
struct Wish {
  ULONG64 size;
  bool has_size;
  ULONG protection;
  ULONG attributes;
  PFILE_OBJECT file;  ///< null: the page file
};

NTSTATUS CheckAttributes(ULONG attributes) {
  constexpr ULONG kKinds = SEC_COMMIT | SEC_RESERVE | SEC_IMAGE;
  constexpr ULONG kKnown = kKinds | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES | SEC_BASED | SEC_NO_CHANGE;
  const ULONG kind = attributes & kKinds;
  if ((attributes & ~kKnown) != 0 || kind == 0 || (kind & (kind - 1)) != 0) return STATUS_INVALID_PARAMETER_6;
  if (kind == SEC_IMAGE && (attributes & (SEC_WRITECOMBINE | SEC_LARGE_PAGES)) != 0) return STATUS_INVALID_PARAMETER_6;
  if ((attributes & SEC_LARGE_PAGES) == 0) return STATUS_SUCCESS;
  if (kind != SEC_COMMIT) return STATUS_INVALID_PARAMETER_6;
  return SeSinglePrivilegeCheck({SE_LOCK_MEMORY_PRIVILEGE, 0}, ke::PreviousMode()) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
}

bool IsSectionProtection(ULONG protection) {
  constexpr ULONG kAll = PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | kExecutable;
  return (protection & ~kAll) == 0 && protection != 0 && (protection & (protection - 1)) == 0;
}

/// How a file must be open for a section of a protection.
ACCESS_MASK FileAccessFor(ULONG protection) {
  ACCESS_MASK access = protection == PAGE_EXECUTE ? 0 : FILE_READ_DATA;
  if ((protection & kWritable) != 0) access |= FILE_WRITE_DATA;
  return (protection & kExecutable) != 0 ? access | FILE_EXECUTE : access;
}

/// A section of the page file.
NTSTATUS FillAnonymous(const Wish& wish, Section* section) {
  if ((wish.attributes & SEC_IMAGE) != 0) return STATUS_INVALID_FILE_FOR_SECTION;
  if (!wish.has_size || wish.size == 0) return STATUS_INVALID_PARAMETER_4;
  if (wish.size > kLargestSection) return STATUS_SECTION_TOO_BIG;
  section->pages = CreateSectionPages(wish.size, (wish.attributes & SEC_RESERVE) != 0);
  section->size = PageRoundUp(wish.size);
  section->attributes = wish.attributes;
  return section->pages != nullptr ? STATUS_SUCCESS : STATUS_COMMITMENT_LIMIT;
}

/// A section of a file: as long as the file, or as is wished; then the file grows with it, if it may be written.
NTSTATUS FillFile(const Wish& wish, Section* section) {
  NTSTATUS status = ReferenceFilePages(wish.file, &section->pages);
  if (!NT_SUCCESS(status)) return status;
  const ULONG64 length = FileSize(section->pages);
  section->size = wish.has_size && wish.size != 0 ? wish.size : length;
  section->attributes = (wish.attributes & ~(SEC_COMMIT | SEC_RESERVE)) | SEC_FILE;
  if (section->size == 0) return STATUS_MAPPED_FILE_SIZE_ZERO;
  if (section->size > kLargestSection) return STATUS_SECTION_TOO_BIG;
  if (section->size > length) {
    if ((wish.protection & kWritable) == 0) return STATUS_SECTION_TOO_BIG;
    status = ExtendFile(section->pages, section->size);
    if (!NT_SUCCESS(status)) return status;
  }
  section->pages->size = std::max(section->pages->size, section->size);
  return STATUS_SUCCESS;
}

NTSTATUS FillImage(const Wish& wish, Section* section) {
  const NTSTATUS status = ReferenceImage(wish.file, {}, &section->image);
  if (!NT_SUCCESS(status)) return status;
  section->size = section->image->file_size;
  section->attributes = SEC_IMAGE | SEC_FILE;
  return STATUS_SUCCESS;
}

/// The object, with one reference and not inserted yet.
NTSTATUS MakeSection(POBJECT_ATTRIBUTES attributes, const Wish& wish, PVOID* object) {
  const KPROCESSOR_MODE mode = ke::PreviousMode();
  NTSTATUS status = ObCreateObject(mode, section_type, attributes, mode, nullptr, sizeof(Section), 0, 0, object);
  if (!NT_SUCCESS(status)) return status;
  auto* const section = static_cast<Section*>(*object);
  *section = {nullptr, nullptr, 0, wish.protection, 0};
  if (wish.file == nullptr) {
    status = FillAnonymous(wish, section);
  } else {
    status = (wish.attributes & SEC_IMAGE) != 0 ? FillImage(wish, section) : FillFile(wish, section);
  }
  if (!NT_SUCCESS(status)) ObfDereferenceObject(*object);
  return status;
}

NTSTATUS CheckWish(const Wish& wish) {
  const NTSTATUS status = CheckAttributes(wish.attributes);
  if (!NT_SUCCESS(status)) return status;
  return IsSectionProtection(wish.protection) ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
}

NTSTATUS ReferenceFile(HANDLE handle, ULONG protection, PFILE_OBJECT* file) {
  POBJECT_TYPE const type = *api::Data<POBJECT_TYPE>("IoFileObjectType");
  return ObReferenceObjectByHandle(handle, FileAccessFor(protection), type, ke::PreviousMode(), reinterpret_cast<PVOID*>(file), nullptr);
}

NTSTATUS Extend(Section* section, LARGE_INTEGER* size) {
  if (section->pages == nullptr || section->pages->file == nullptr) return STATUS_SECTION_NOT_EXTENDED;
  const auto wanted = static_cast<ULONG64>(size->QuadPart);
  if (wanted > kLargestSection) return STATUS_SECTION_TOO_BIG;
  if (wanted > section->size) {
    if (wanted > FileSize(section->pages)) {
      if ((section->protection & kWritable) == 0) return STATUS_SECTION_NOT_EXTENDED;
      const NTSTATUS status = ExtendFile(section->pages, wanted);
      if (!NT_SUCCESS(status)) return status;
    }
    section->size = wanted;
    section->pages->size = std::max(section->pages->size, wanted);
  }
  size->QuadPart = static_cast<LONGLONG>(section->size);
  return STATUS_SUCCESS;
}

void CreatePhysicalMemory() {
  static char16_t path[] = u"\\Device\\PhysicalMemory";
  UNICODE_STRING name{sizeof path - 2, sizeof path, path};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               nullptr,           nullptr};
  PVOID object;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, section_type, &attributes, KernelMode, nullptr, sizeof(Section), 0, 0, &object))) return;
  *static_cast<Section*>(object) = {nullptr, nullptr, kDeviceEnd, PAGE_EXECUTE_READWRITE, SEC_COMMIT};
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
  initializer.secured = true;
  initializer.destroy = &DestroySection;
  section_type = ob::CreateType(initializer);
  CreatePhysicalMemory();
}

POBJECT_TYPE* SectionType() { return &section_type; }

}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

NTSTATUS MmCreateSection(PVOID* SectionObject, ACCESS_MASK, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle, PFILE_OBJECT FileObject) {
  const bool has_size = MaximumSize != nullptr;
  Wish wish{has_size ? static_cast<ULONG64>(MaximumSize->QuadPart) : 0, has_size, SectionPageProtection, AllocationAttributes, FileObject};
  NTSTATUS status = CheckWish(wish);
  if (!NT_SUCCESS(status)) return status;
  if (FileObject != nullptr) {
    ObfReferenceObject(FileObject);
  } else if (FileHandle != nullptr) {
    status = ReferenceFile(FileHandle, SectionPageProtection, &wish.file);
    if (!NT_SUCCESS(status)) return status;
  }
  status = MakeSection(ObjectAttributes, wish, SectionObject);
  if (wish.file != nullptr) ObfDereferenceObject(wish.file);
  return status;
}

NTSTATUS NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle) {
  LARGE_INTEGER size{};
  NTSTATUS status = MaximumSize != nullptr ? TakeParameter(MaximumSize, &size) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  PVOID object;
  status = MmCreateSection(&object, DesiredAccess, ObjectAttributes, MaximumSize != nullptr ? &size : nullptr, SectionPageProtection,
                           AllocationAttributes, FileHandle, nullptr);
  if (!NT_SUCCESS(status)) return status;
  HANDLE handle;
  status = ObInsertObject(object, nullptr, DesiredAccess, 0, nullptr, &handle);
  return NT_SUCCESS(status) ? (GiveParameter(SectionHandle, handle), status) : status;
}

NTSTATUS NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  HANDLE handle;
  const NTSTATUS status = ObOpenObjectByName(ObjectAttributes, section_type, ke::PreviousMode(), nullptr, DesiredAccess, nullptr, &handle);
  return NT_SUCCESS(status) ? (GiveParameter(SectionHandle, handle), status) : status;
}

NTSTATUS NtQuerySection(HANDLE SectionHandle, SECTION_INFORMATION_CLASS SectionInformationClass, PVOID SectionInformation,
                        SIZE_T SectionInformationLength, PSIZE_T ReturnLength) {
  if (SectionInformationClass != SectionBasicInformation && SectionInformationClass != SectionImageInformation)
    return STATUS_INVALID_INFO_CLASS;
  const bool basic = SectionInformationClass == SectionBasicInformation;
  const SIZE_T needed = basic ? sizeof(SECTION_BASIC_INFORMATION) : sizeof(SECTION_IMAGE_INFORMATION);
  if (SectionInformationLength < needed) return STATUS_INFO_LENGTH_MISMATCH;
  PVOID object;
  NTSTATUS status = ObReferenceObjectByHandle(SectionHandle, SECTION_QUERY, section_type, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  const auto* const section = static_cast<const Section*>(object);
  if (basic) {
    SECTION_BASIC_INFORMATION information{nullptr, section->attributes, {}};
    information.MaximumSize.QuadPart = static_cast<LONGLONG>(section->size);
    status = GiveParameter(static_cast<SECTION_BASIC_INFORMATION*>(SectionInformation), information);
  } else if (section->image != nullptr) {
    status = GiveParameter(static_cast<SECTION_IMAGE_INFORMATION*>(SectionInformation), section->image->information);
  } else {
    status = STATUS_SECTION_NOT_IMAGE;
  }
  ObfDereferenceObject(object);
  return NT_SUCCESS(status) && ReturnLength != nullptr ? GiveParameter(ReturnLength, needed) : status;
}

NTSTATUS NtExtendSection(HANDLE SectionHandle, PLARGE_INTEGER NewSectionSize) {
  LARGE_INTEGER size{};
  NTSTATUS status = TakeParameter(NewSectionSize, &size);
  if (!NT_SUCCESS(status)) return status;
  PVOID object;
  status = ObReferenceObjectByHandle(SectionHandle, SECTION_EXTEND_SIZE, section_type, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = Extend(static_cast<Section*>(object), &size);
  ObfDereferenceObject(object);
  return NT_SUCCESS(status) ? GiveParameter(NewSectionSize, size) : status;
}

}  // extern "C"
