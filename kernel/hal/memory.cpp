#include "kernel/hal/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <system_error>

#include "kernel/mm/layout.h"

namespace nt::hal {
namespace {

int memory_fd = -1;
/// What is mapped, so that shutdown can undo it: start → size. Overlaps are harmless.
std::map<ULONG_PTR, SIZE_T>* mapped = nullptr;
/// Files that have physical addresses: their descriptors, by the first address.
std::map<ULONG_PTR, int>* files = nullptr;

int HostProtection(Protection protection) {
  switch (protection) {
    case Protection::None:
      return PROT_NONE;
    case Protection::Read:
      return PROT_READ;
    case Protection::ReadWrite:
      return PROT_READ | PROT_WRITE;
    case Protection::ReadExecute:
      return PROT_READ | PROT_EXEC;
    case Protection::ReadWriteExecute:
      return PROT_READ | PROT_WRITE | PROT_EXEC;
  }
  return PROT_NONE;
}

void Remember(ULONG_PTR va, SIZE_T size) {
  SIZE_T& known = (*mapped)[va];
  if (known < size) known = size;
}

bool MapAt(ULONG_PTR va, SIZE_T size, int protection, int flags, int fd, ULONG_PTR offset) {
  void* const at = reinterpret_cast<void*>(va);
  if (mmap(at, size, protection, flags | MAP_FIXED | MAP_NORESERVE, fd, static_cast<off_t>(offset)) != at) {
    return false;
  }
  Remember(va, size);
  return true;
}

}  // namespace

void InitializeMemory() {
  memory_fd = memfd_create("nt-physical-memory", MFD_CLOEXEC);
  const auto size = static_cast<off_t>(mm::kSectionPages + mm::kSectionPagesSize);
  if (memory_fd < 0 || ftruncate(memory_fd, size) != 0) {
    throw std::system_error(errno, std::generic_category(), "creating the machine's memory");
  }
  mapped = new std::map<ULONG_PTR, SIZE_T>;
  files = new std::map<ULONG_PTR, int>;
}

void ShutdownMemory() {
  for (const auto& [va, size] : *mapped) munmap(reinterpret_cast<void*>(va), size);
  delete mapped;
  mapped = nullptr;
  delete files;
  files = nullptr;
  close(memory_fd);
  memory_fd = -1;
}

bool MapLinear(ULONG_PTR va, SIZE_T size, Protection protection) {
  return MapAt(va, size, HostProtection(protection), MAP_SHARED, memory_fd, mm::PhysicalOf(va));
}

bool MapAlias(ULONG_PTR va, ULONG_PTR physical, SIZE_T size, Protection protection) {
  if (physical < mm::kFilePages) return MapAt(va, size, HostProtection(protection), MAP_SHARED, memory_fd, physical);
  const ULONG_PTR first = physical & ~(mm::kFilePagesSize - 1);
  const auto file = files->find(first);
  return file != files->end() && MapAt(va, size, HostProtection(protection), MAP_SHARED, file->second, physical - first);
}

void AttachFile(ULONG_PTR physical, int descriptor) { (*files)[physical] = descriptor; }

void DetachFile(ULONG_PTR physical) { files->erase(physical); }

bool Reserve(ULONG_PTR va, SIZE_T size) { return MapAt(va, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

bool Protect(ULONG_PTR va, SIZE_T size, Protection protection) {
  return mprotect(reinterpret_cast<void*>(va), size, HostProtection(protection)) == 0;
}

void Discard(ULONG_PTR va, SIZE_T size) {
  fallocate(memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(mm::PhysicalOf(va)), static_cast<off_t>(size));
}

void Unmap(ULONG_PTR va, SIZE_T size) {
  munmap(reinterpret_cast<void*>(va), size);
  auto known = mapped->lower_bound(va);
  while (known != mapped->end() && known->first + known->second <= va + size) known = mapped->erase(known);
}

}  // namespace nt::hal
