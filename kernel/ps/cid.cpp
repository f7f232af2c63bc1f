#include "kernel/ps/cid.h"

namespace nt::ps {
namespace {

constexpr ULONG_PTR kStep = 4;

}  // namespace

HANDLE CidTable::Insert(PVOID object, bool is_thread) {
  while (lowest_free_ < entries_.size() && (entries_[lowest_free_].object != nullptr || entries_[lowest_free_].reserved)) ++lowest_free_;
  if (lowest_free_ == entries_.size()) entries_.emplace_back();
  entries_[lowest_free_] = {object, is_thread, false};
  return reinterpret_cast<HANDLE>(lowest_free_ * kStep);
}

HANDLE CidTable::Reserve() {
  const HANDLE id = Insert(nullptr, false);
  entries_[reinterpret_cast<ULONG_PTR>(id) / kStep].reserved = true;
  return id;
}

void CidTable::Remove(HANDLE id) {
  const SIZE_T index = reinterpret_cast<ULONG_PTR>(id) / kStep;
  entries_[index] = {};
  if (index < lowest_free_) lowest_free_ = index;
}

PVOID CidTable::Find(HANDLE id, bool is_thread) const {
  const ULONG_PTR value = reinterpret_cast<ULONG_PTR>(id);
  // The two low bits of an id are ignored, as NT does.
  const SIZE_T index = value / kStep;
  if (index >= entries_.size() || entries_[index].object == nullptr) return nullptr;
  return entries_[index].is_thread == is_thread ? entries_[index].object : nullptr;
}

}  // namespace nt::ps
