// Images in processes: a program when its process is made, and what is mapped later by sections.
#include "kernel/ps/image.h"

#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ldr/builtin.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/process_data.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/image_path.h"
#include "nt/pe.h"
#include "nt/status.h"

namespace nt::ps {
namespace {

bool bind_hooked = false;
NTSTATUS (*open_file)(const UNICODE_STRING& path, HANDLE* handle) = nullptr;

ULONG PageProtection(ULONG characteristics) {
  const bool write = (characteristics & IMAGE_SCN_MEM_WRITE) != 0;
  if ((characteristics & IMAGE_SCN_MEM_EXECUTE) != 0) return write ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
  if (write) return PAGE_READWRITE;
  return (characteristics & IMAGE_SCN_MEM_READ) != 0 ? PAGE_READONLY : PAGE_NOACCESS;
}

/// The address space learns what the loader made of the pages.
void SetProtections(mm::AddressSpace* space, const ldr::Image& image) {
  if (image.sections.empty()) return;
  const auto set = [&](ULONG_PTR base, SIZE_T size, ULONG protection) {
    ULONG old = 0;
    if (size != 0) space->Protect(&base, &size, protection, &old);
  };
  set(image.base, image.sections.front().rva, PAGE_READONLY);
  for (const ldr::Section& section : image.sections) set(image.base + section.rva, section.size, PageProtection(section.characteristics));
}

/// The images of a process that lie in its own memory.
ldr::Image* OwnImageAt(PEPROCESS process, ULONG_PTR address) {
  const mm::AddressSpace* const space = mm::AddressSpaceOf(process);
  if (space == nullptr || address < space->low() || address >= space->high()) return nullptr;
  return ldr::ImageOf(address);
}

NTSTATUS MapSection(PEPROCESS process, PFILE_OBJECT file, ULONG_PTR* base, SIZE_T* size) {
  ldr::Image* image = nullptr;
  bool moved = false;
  {
    std::vector<std::byte> bytes;
    std::string why;
    NTSTATUS status = mm::ReadImageFile(file, &bytes);
    std::u16string path = u"\\\?\?\\C:";
    path.append(file->FileName.Buffer, file->FileName.Length / sizeof(WCHAR));
    if (NT_SUCCESS(status)) status = MapImage(ProcessOf(process), path, bytes, &image, &why);
    if (!NT_SUCCESS(status)) return status;
    ldr::PeImage parsed;
    ldr::PeImage::Parse(bytes, ldr::PeImage::Layout::File, &parsed);
    const auto& header = parsed.optional_header();
    moved = (header.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE) == 0 && header.ImageBase != image->base;
  }
  *base = image->base;
  *size = image->size;
  if (process != PsInitialSystemProcess) NotifyImageMapped(*image, process, file);
  return moved ? STATUS_IMAGE_NOT_AT_BASE : STATUS_SUCCESS;
}

void UnmapSection(PEPROCESS process, ULONG_PTR address) {
  ldr::Image* const image = OwnImageAt(process, address);
  if (image != nullptr) ldr::Unload(image);
}

}  // namespace

void SetBindHooked(bool hooked) { bind_hooked = hooked; }

void SetImageFileOpener(NTSTATUS (*opener)(const UNICODE_STRING&, HANDLE*)) { open_file = opener; }

void ServeImageSections() { mm::SetImageMapper(&MapSection, &UnmapSection); }

ImageFile OpenImageFile(const UNICODE_STRING& path) {
  ImageFile file;
  if (open_file == nullptr || !NT_SUCCESS(open_file(path, &file.handle))) return {};
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObReferenceObjectByHandle(file.handle, 0, nullptr, KernelMode, &object, nullptr))) {
    NtClose(file.handle);
    return {};
  }
  file.object = static_cast<PFILE_OBJECT>(object);
  return file;
}

NTSTATUS WhyNoProgram(const UNICODE_STRING& path) {
  HANDLE handle = nullptr;
  const NTSTATUS status = open_file != nullptr ? open_file(path, &handle) : STATUS_OBJECT_NAME_NOT_FOUND;
  if (!NT_SUCCESS(status)) return status;
  ObCloseHandle(handle, KernelMode);
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

void CloseImageFile(ImageFile* file) {
  if (file->object == nullptr) return;
  ObfDereferenceObject(file->object);
  ObCloseHandle(file->handle, KernelMode);
  *file = {};
}

PFILE_OBJECT FileOf(PEPROCESS process) {
  const mm::AddressSpace* const space = ProcessOf(process)->host.space;
  if (space == nullptr || ProcessOf(process)->host.exiting) return nullptr;
  return space->FileOf(reinterpret_cast<ULONG_PTR>(process->SectionBaseAddress));
}

NTSTATUS MapImage(Process* process, std::u16string_view path, std::span<const std::byte> bytes, ldr::Image** image, std::string* why) {
  ldr::PeImage parsed;
  ldr::Verdict verdict = ldr::PeImage::Parse(bytes, ldr::PeImage::Layout::File, &parsed);
  if (!verdict.ok()) {
    *why = verdict.sentence;
    return STATUS_INVALID_IMAGE_FORMAT;
  }
  // Behind the image come the thunks of its absent imports.
  constexpr SIZE_T kGranularity = 65536;
  ULONG_PTR base = 0;
  const SIZE_T room = (parsed.optional_header().SizeOfImage + 2 * kGranularity) & ~(kGranularity - 1);
  mm::AddressSpace* const space = mm::AddressSpaceOf(process);
  const NTSTATUS mapped = space->MapImage(&base, room);
  if (!NT_SUCCESS(mapped)) return mapped;
  ldr::BuiltinResolver resolver(bind_hooked, process->host.builtin_data);
  ldr::LoadOptions options;
  options.base = base;
  options.user = true;
  options.verify_checksum = false;
  options.resolver = &resolver;
  options.guard_check = ldr::GuardCheckStub(true);
  options.guard_dispatch = ldr::GuardDispatchStub(true);
  verdict = ldr::Load(path, bytes, options, image);
  *why = verdict.sentence;
  if (!verdict.ok()) {
    space->UnmapView(base);
    return verdict.status;
  }
  SetProtections(space, **image);
  return STATUS_SUCCESS;
}

}  // namespace nt::ps

extern "C" NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING* ImageFileName) {
  constexpr ULONG kTag = 'nPeS';
  const std::u16string name = nt::ps::DevicePath(nt::ps::ImagePathOf(nt::ps::ProcessOf(Process)));
  const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  auto* const string = static_cast<PUNICODE_STRING>(nt::ex::AllocatePool(PagedPool, sizeof(UNICODE_STRING) + bytes + sizeof(WCHAR), kTag));
  if (string == nullptr) return STATUS_NO_MEMORY;
  auto* const text = reinterpret_cast<PWSTR>(string + 1);
  *string = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text};
  std::memcpy(text, name.c_str(), bytes + sizeof(WCHAR));
  *ImageFileName = string;
  return STATUS_SUCCESS;
}

extern "C" NTSTATUS PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT* FileObject) {
  *FileObject = nt::ps::FileOf(Process);
  if (*FileObject == nullptr) return STATUS_UNSUCCESSFUL;
  ObfReferenceObject(*FileObject);
  return STATUS_SUCCESS;
}
