#include "kernel/cm/storage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace nt::cm::storage {
namespace {

void (*g_fault_point)() = nullptr;

void Step() {
  if (g_fault_point != nullptr) g_fault_point();
}

bool WriteAll(int descriptor, const UCHAR* data, SIZE_T size) {
  while (size != 0) {
    const ssize_t written = write(descriptor, data, size);
    if (written < 0 && errno != EINTR) return false;
    if (written <= 0) continue;
    data += written;
    size -= static_cast<SIZE_T>(written);
  }
  return true;
}

}  // namespace

void SetFaultPoint(void (*hook)()) { g_fault_point = hook; }

bool File::Open(const std::string& path) {
  Close();
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return IsOpen();
}

void File::Close() {
  if (IsOpen()) close(descriptor_);
  descriptor_ = -1;
}

bool File::Append(const void* data, SIZE_T size) {
  const auto* const bytes = static_cast<const UCHAR*>(data);
  const SIZE_T first = g_fault_point != nullptr ? size / 2 : size;
  if (!WriteAll(descriptor_, bytes, first)) return false;
  Step();
  if (first == size) return true;
  const bool whole = WriteAll(descriptor_, bytes + first, size - first);
  Step();
  return whole;
}

bool File::Truncate(SIZE_T size) {
  const bool done = ftruncate(descriptor_, static_cast<off_t>(size)) == 0;
  Step();
  return done;
}

bool File::Sync() { return fdatasync(descriptor_) == 0; }

Unnamed::Unnamed(const std::vector<UCHAR>& bytes) : descriptor_(memfd_create("hive", MFD_CLOEXEC)) {
  if (!IsOpen() || WriteAll(descriptor_, bytes.data(), bytes.size())) return;
  close(descriptor_);
  descriptor_ = -1;
}

Unnamed::~Unnamed() {
  if (IsOpen()) close(descriptor_);
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

bool Rename(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  Step();
  return !error;
}

void Remove(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  Step();
}

bool Read(const std::string& path, std::vector<UCHAR>* bytes) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  bytes->assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

bool Replace(const std::string& path, const std::vector<UCHAR>& bytes) {
  const std::string fresh = path + ".new";
  std::error_code error;
  std::filesystem::remove(fresh, error);
  File file;
  const bool written = file.Open(fresh) && file.Append(bytes.data(), bytes.size()) && file.Sync();
  file.Close();
  if (written) std::filesystem::rename(fresh, path, error);
  Step();
  if (written && !error) return true;
  std::filesystem::remove(fresh, error);
  return false;
}

}  // namespace nt::cm::storage
