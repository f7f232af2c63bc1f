// Images in processes, and their files. Private to ps.
#pragma once

#include <string>
#include <string_view>

#include "kernel/ps/state.h"
#include "nt/io.h"

namespace nt::ldr {
struct Image;
}

namespace nt::ps {

/// An open file of an image, for those who are told of the image. Not a class with a destructor: drivers are called while it is open.
struct ImageFile {
  HANDLE handle = nullptr;
  PFILE_OBJECT object = nullptr;  ///< null: the image has no file
};
ImageFile OpenImageFile(const UNICODE_STRING& path);
/// Why there is no program of a name: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_FILE_IS_A_DIRECTORY.
NTSTATUS WhyNoProgram(const UNICODE_STRING& path);
void CloseImageFile(ImageFile* file);
/// The file of a process's program, not referenced; null if it has none, or is ending.
PFILE_OBJECT FileOf(PEPROCESS process);

/// Maps an image into a process: STATUS_INVALID_IMAGE_FORMAT and the like, with a sentence in *why.
NTSTATUS MapImage(Process* process, std::u16string_view path, std::span<const std::byte> bytes, ldr::Image** image, std::string* why);

/// Lets mm map images by sections.
void ServeImageSections();

}  // namespace nt::ps
