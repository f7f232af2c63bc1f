// The filter manager's names of files.
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

struct FLT_FILE_NAME_INFORMATION {
  USHORT Size;
  USHORT NamesParsed;
  ULONG Format;
  UNICODE_STRING Name;
  UNICODE_STRING Volume;
  UNICODE_STRING Share;
  UNICODE_STRING Extension;
  UNICODE_STRING Stream;
  UNICODE_STRING FinalComponent;
  UNICODE_STRING ParentDir;
};
using PFLT_FILE_NAME_INFORMATION = FLT_FILE_NAME_INFORMATION*;
NT_SIZE(FLT_FILE_NAME_INFORMATION, 0x78);
NT_OFFSET(FLT_FILE_NAME_INFORMATION, Name, 0x8);

namespace nt::fltmgr {
namespace {

constexpr ULONG kTag = 'nFMF';
constexpr ULONG kFormats = 0xff, kNormalized = 1, kOpened = 2, kShort = 3;
constexpr ULONG kMethods = 0xff00, kDefault = 0x100, kCacheOnly = 0x200, kFileSystemOnly = 0x300, kAllowCache = 0x400;
enum : USHORT { kParsedFinalComponent = 1, kParsedExtension = 2, kParsedStream = 4, kParsedParentDir = 8 };

/// What a caller gets, with who holds it; the name lies behind.
struct Information {
  LONG references;
  FLT_FILE_NAME_INFORMATION shown;
};

Information* Of(PFLT_FILE_NAME_INFORMATION shown) { return CONTAINING_RECORD(shown, Information, shown); }

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

/// A part of a string, in its buffer.
UNICODE_STRING Part(const UNICODE_STRING& whole, SIZE_T first, SIZE_T count) {
  const auto bytes = static_cast<USHORT>(count * sizeof(WCHAR));
  return {bytes, bytes, whole.Buffer + first};
}

NTSTATUS CheckOptions(ULONG options) {
  const ULONG format = options & kFormats, method = options & kMethods;
  if (format < kNormalized || format > kShort) return STATUS_INVALID_PARAMETER;
  if (method != kDefault && method != kCacheOnly && method != kFileSystemOnly && method != kAllowCache) return STATUS_INVALID_PARAMETER;
  return method == kCacheOnly ? STATUS_FLT_NAME_CACHE_MISS : STATUS_SUCCESS;
}

/// The name by which a file was opened, below its volume.
std::u16string OpenedName(const FILE_OBJECT* file) {
  const std::u16string own(View(file->FileName));
  const FILE_OBJECT* const related = file->RelatedFileObject;
  if (related == nullptr) return own;
  std::u16string name = OpenedName(related);
  if (!own.empty() && (name.empty() || name.back() != u'\\')) name += u'\\';
  return name + own;
}

/// A name that the file system is asked for.
NTSTATUS AskFileSystem(PFILE_OBJECT file, ULONG information_class, std::u16string* name) {
  constexpr ULONG kMostBytes = 0x10000;
  auto* const answer = static_cast<ULONG*>(ex::AllocatePool(PagedPool, kMostBytes, kTag));  // FILE_NAME_INFORMATION
  if (answer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const NTSTATUS status = io::QueryFile(file, information_class, answer, kMostBytes, nullptr);
  if (NT_SUCCESS(status)) name->assign(reinterpret_cast<const WCHAR*>(answer + 1), answer[0] / sizeof(WCHAR));
  ex::FreePool(answer);
  return status;
}

NTSTATUS NameOf(PFILE_OBJECT file, ULONG format, std::u16string* volume, std::u16string* name) {
  if (format == kShort) return AskFileSystem(file, FileAlternateNameInformation, name);
  // The strings are filled when nothing waits any more.
  const NTSTATUS status = format == kNormalized ? AskFileSystem(file, FileNameInformation, name) : STATUS_SUCCESS;
  if (format == kOpened) *name = OpenedName(file);
  *volume = ob::NameOf(file->DeviceObject);
  return status;
}

/// The stream's name with its colon, then what is before it.
void SplitStream(const UNICODE_STRING& final_component, UNICODE_STRING* file, UNICODE_STRING* stream) {
  const std::u16string_view text = View(final_component);
  const SIZE_T colon = std::min(text.find(u':'), text.size());
  *file = Part(final_component, 0, colon);
  *stream = Part(final_component, colon, text.size() - colon);
}

UNICODE_STRING ExtensionOf(const UNICODE_STRING& file) {
  const std::u16string_view text = View(file);
  const SIZE_T dot = text.rfind(u'.');
  return dot == text.npos ? Part(file, text.size(), 0) : Part(file, dot + 1, text.size() - dot - 1);
}

UNICODE_STRING FinalComponentOf(const UNICODE_STRING& name) {
  const std::u16string_view text = View(name);
  const SIZE_T start = text.rfind(u'\\') + 1;  // 0 without one
  return Part(name, start, text.size() - start);
}

}  // namespace
}  // namespace nt::fltmgr

using namespace nt;
using namespace nt::fltmgr;

extern "C" {

NTSTATUS FltGetFileNameInformationUnsafe(PFILE_OBJECT FileObject, PVOID /*Instance*/, ULONG NameOptions,
                                         PFLT_FILE_NAME_INFORMATION* FileNameInformation) {
  *FileNameInformation = nullptr;
  NTSTATUS status = CheckOptions(NameOptions);
  if (!NT_SUCCESS(status)) return status;
  if (FileObject->DeviceObject == nullptr || (FileObject->Flags & FO_FILE_OPEN) == 0) return STATUS_FLT_INVALID_NAME_REQUEST;
  std::u16string volume, name;
  status = NameOf(FileObject, NameOptions & kFormats, &volume, &name);
  if (!NT_SUCCESS(status)) return status;
  const std::u16string whole = volume + name;
  const SIZE_T bytes = whole.size() * sizeof(WCHAR);
  if (bytes > 0xfffe) return STATUS_NAME_TOO_LONG;
  auto* const information = static_cast<Information*>(ex::AllocatePool(PagedPool, sizeof(Information) + bytes, kTag));
  if (information == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *information = {};
  information->references = 1;
  FLT_FILE_NAME_INFORMATION& shown = information->shown;
  shown.Size = sizeof shown;
  shown.Format = NameOptions & kFormats;
  shown.Name = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes), reinterpret_cast<PWSTR>(information + 1)};
  std::memcpy(shown.Name.Buffer, whole.data(), bytes);
  shown.Volume = Part(shown.Name, 0, volume.size());
  *FileNameInformation = &shown;
  return STATUS_SUCCESS;
}

VOID FltReferenceFileNameInformation(PFLT_FILE_NAME_INFORMATION FileNameInformation) { ++Of(FileNameInformation)->references; }

VOID FltReleaseFileNameInformation(PFLT_FILE_NAME_INFORMATION FileNameInformation) {
  Information* const information = Of(FileNameInformation);
  if (--information->references == 0) ex::FreePool(information);
}

NTSTATUS FltParseFileName(PCUNICODE_STRING FileName, PUNICODE_STRING Extension, PUNICODE_STRING Stream, PUNICODE_STRING FinalComponent) {
  const UNICODE_STRING final_component = FinalComponentOf(*FileName);
  UNICODE_STRING file, stream;
  SplitStream(final_component, &file, &stream);
  if (Extension != nullptr) *Extension = ExtensionOf(file);
  if (Stream != nullptr) *Stream = stream;
  if (FinalComponent != nullptr) *FinalComponent = final_component;
  return STATUS_SUCCESS;
}

NTSTATUS FltParseFileNameInformation(PFLT_FILE_NAME_INFORMATION FileNameInformation) {
  FLT_FILE_NAME_INFORMATION& shown = *FileNameInformation;
  FltParseFileName(&shown.Name, &shown.Extension, &shown.Stream, &shown.FinalComponent);
  shown.NamesParsed = kParsedFinalComponent | kParsedExtension | kParsedStream;
  if (shown.Format == kShort) return STATUS_SUCCESS;  // no more than a final component
  const SIZE_T volume = (shown.Volume.Length + shown.Share.Length) / sizeof(WCHAR);
  const SIZE_T parent = (shown.Name.Length - shown.FinalComponent.Length) / sizeof(WCHAR);
  shown.ParentDir = parent > volume ? Part(shown.Name, volume, parent - volume) : UNICODE_STRING{};
  shown.NamesParsed |= kParsedParentDir;
  return STATUS_SUCCESS;
}

}  // extern "C"
