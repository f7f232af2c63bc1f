#include "kernel/hal/host_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace nt::hal {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

int Result(int value) { return value < 0 ? -errno : value; }

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool bad() const { return value_ < 0; }

 private:
  int value_;
};

/// A path that stands for what a descriptor has open; an O_PATH descriptor can be changed by no other way.
std::string ProcPath(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

std::int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

timespec Timespec(std::int64_t time) {
  if (time < 0) return {0, UTIME_OMIT};
  return {time / kSecond, time % kSecond};
}

void Take(const struct stat& status, HostFile* file) {
  file->kind = S_ISDIR(status.st_mode) ? HostFile::Kind::Directory : S_ISREG(status.st_mode) ? HostFile::Kind::File : HostFile::Kind::Other;
  file->size = status.st_size;
  file->allocated = status.st_blocks * std::int64_t{512};
  file->accessed = Nanoseconds(status.st_atim);
  file->written = Nanoseconds(status.st_mtim);
  file->read_only = (status.st_mode & S_IWUSR) == 0;
  file->links = static_cast<unsigned>(status.st_nlink);
}

}  // namespace

HostFolder::HostFolder(const std::string& path) : root_(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

HostFolder::~HostFolder() {
  if (root_ >= 0) close(root_);
}

HostFolder::HostFolder(HostFolder&& other) noexcept : root_(std::exchange(other.root_, -1)) {}

HostFolder& HostFolder::operator=(HostFolder&& other) noexcept {
  std::swap(root_, other.root_);
  return *this;
}

int HostFolder::OpenAt(const std::string& path, int flags, unsigned mode) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Result(static_cast<int>(syscall(SYS_openat2, root_, path.empty() ? "." : path.c_str(), &how, sizeof how)));
}

int HostFolder::OpenParent(const std::string& path, std::string* name) const {
  const auto slash = path.rfind('/');
  *name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name->empty() || *name == "." || *name == "..") return -EINVAL;
  return OpenAt(slash == std::string::npos ? "" : path.substr(0, slash), O_PATH | O_DIRECTORY, 0);
}

int HostFolder::Open(const std::string& path) const {
  const int both = OpenAt(path, O_RDWR | O_NONBLOCK, 0);
  return both == -EACCES || both == -EISDIR || both == -EROFS || both == -ETXTBSY ? OpenAt(path, O_RDONLY | O_NONBLOCK, 0) : both;
}

int HostFolder::Create(const std::string& path) const { return OpenAt(path, O_RDWR | O_CREAT | O_EXCL, 0644); }

int HostFolder::MakeDirectory(const std::string& path) const {
  std::string name;
  const Descriptor parent(OpenParent(path, &name));
  return parent.bad() ? parent.get() : Result(mkdirat(parent.get(), name.c_str(), 0755));
}

int HostFolder::Query(const std::string& path, HostFile* file) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  return descriptor.bad() ? descriptor.get() : QueryHostFile(descriptor.get(), file);
}

int HostFolder::List(const std::string& path, std::vector<std::string>* names) const {
  const int descriptor = OpenAt(path, O_RDONLY | O_DIRECTORY, 0);
  if (descriptor < 0) return descriptor;
  DIR* const directory = fdopendir(descriptor);
  if (directory == nullptr) return -errno;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names->push_back(name);
  }
  closedir(directory);
  return 0;
}

int HostFolder::Remove(const std::string& path, bool directory) const {
  std::string name;
  const Descriptor parent(OpenParent(path, &name));
  return parent.bad() ? parent.get() : Result(unlinkat(parent.get(), name.c_str(), directory ? AT_REMOVEDIR : 0));
}

int HostFolder::Rename(const std::string& from, const std::string& to) const {
  std::string old_name;
  std::string new_name;
  const Descriptor source(OpenParent(from, &old_name));
  if (source.bad()) return source.get();
  const Descriptor target(OpenParent(to, &new_name));
  return target.bad() ? target.get() : Result(renameat(source.get(), old_name.c_str(), target.get(), new_name.c_str()));
}

int HostFolder::Link(const std::string& from, const std::string& to) const {
  const Descriptor source(OpenAt(from, O_PATH, 0));
  if (source.bad()) return source.get();
  std::string name;
  const Descriptor target(OpenParent(to, &name));
  if (target.bad()) return target.get();
  return Result(linkat(AT_FDCWD, ProcPath(source.get()).c_str(), target.get(), name.c_str(), AT_SYMLINK_FOLLOW));
}

int HostFolder::SetReadOnly(const std::string& path, bool read_only) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  if (descriptor.bad()) return descriptor.get();
  struct stat status{};
  if (fstat(descriptor.get(), &status) != 0) return -errno;
  const mode_t mode = read_only ? status.st_mode & ~static_cast<mode_t>(0222) : status.st_mode | S_IWUSR;
  return Result(chmod(ProcPath(descriptor.get()).c_str(), mode & 07777));
}

int HostFolder::SetTimes(const std::string& path, std::int64_t accessed, std::int64_t written) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  if (descriptor.bad()) return descriptor.get();
  const timespec times[2] = {Timespec(accessed), Timespec(written)};
  return Result(utimensat(AT_FDCWD, ProcPath(descriptor.get()).c_str(), times, 0));
}

int HostFolder::GetNote(const std::string& path, const char* name, std::uint64_t* value) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  if (descriptor.bad()) return descriptor.get();
  const auto size = getxattr(ProcPath(descriptor.get()).c_str(), name, value, sizeof *value);
  if (size < 0) return -errno;
  return size == sizeof *value ? 0 : -ENODATA;
}

int HostFolder::SetNote(const std::string& path, const char* name, std::uint64_t value) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  if (descriptor.bad()) return descriptor.get();
  return Result(setxattr(ProcPath(descriptor.get()).c_str(), name, &value, sizeof value, 0));
}

int HostFolder::GetBytes(const std::string& path, const char* name, std::vector<std::uint8_t>* bytes) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  if (descriptor.bad()) return descriptor.get();
  const std::string file = ProcPath(descriptor.get());
  const auto size = getxattr(file.c_str(), name, nullptr, 0);
  if (size < 0) return -errno;
  bytes->resize(static_cast<std::size_t>(size));
  return getxattr(file.c_str(), name, bytes->data(), bytes->size()) == size ? 0 : -errno;
}

int HostFolder::SetBytes(const std::string& path, const char* name, const std::vector<std::uint8_t>& bytes) const {
  const Descriptor descriptor(OpenAt(path, O_PATH, 0));
  if (descriptor.bad()) return descriptor.get();
  return Result(setxattr(ProcPath(descriptor.get()).c_str(), name, bytes.data(), bytes.size(), 0));
}

HostSpace HostFolder::Space() const {
  struct statvfs status{};
  if (fstatvfs(root_, &status) != 0) return {};
  const auto unit = static_cast<std::int64_t>(status.f_frsize);
  return {static_cast<std::int64_t>(status.f_blocks) * unit, static_cast<std::int64_t>(status.f_bavail) * unit};
}

std::int64_t ReadHostFile(int descriptor, void* buffer, std::size_t size, std::int64_t offset) {
  const ssize_t done = pread(descriptor, buffer, size, offset);
  return done < 0 ? -errno : done;
}

std::int64_t WriteHostFile(int descriptor, const void* buffer, std::size_t size, std::int64_t offset) {
  const ssize_t done = pwrite(descriptor, buffer, size, offset);
  return done < 0 ? -errno : done;
}

int QueryHostFile(int descriptor, HostFile* file) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) return -errno;
  Take(status, file);
  return 0;
}

int ResizeHostFile(int descriptor, std::int64_t size) { return Result(ftruncate(descriptor, size)); }

int FlushHostFile(int descriptor) { return Result(fdatasync(descriptor)); }

void CloseHostFile(int descriptor) { close(descriptor); }

}  // namespace nt::hal
