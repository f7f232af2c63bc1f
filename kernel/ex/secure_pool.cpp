// Secure pool. On Windows a secure kernel keeps these pages read-only for drivers; here the host does.
#include "kernel/ex/secure_pool.h"

#include <cstring>
#include <vector>

#include "kernel/ex/pool.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::ex {
namespace {

constexpr ULONG kFreeable = 1, kModifiable = 2;
constexpr ULONG kSecureFlag = 1, kGlobalFlag = 2;
constexpr ULONG kParametersVersion = 1;
constexpr ULONG kTag = 0x63655350;  // 'PSec'

/// What a pool handle means.
struct SecurePool {
  ULONG_PTR tag;
};

struct CreateParameters {
  ULONG Version;
};

void Protect(void* block, SIZE_T size, hal::Protection protection) {
  hal::Protect(reinterpret_cast<ULONG_PTR>(block), (size + PAGE_SIZE - 1) & ~SIZE_T{PAGE_SIZE - 1}, protection);
}

SecureBlock* Find(HANDLE pool, void* block) {
  const auto found = pool_state->secure_blocks.find(block);
  return found != pool_state->secure_blocks.end() && found->second.pool == pool ? &found->second : nullptr;
}

bool Owns(const SecureBlock& block, ULONG tag, ULONG_PTR cookie) { return block.tag == tag && block.cookie == cookie; }

void Release(void* block) {
  const SecureBlock info = pool_state->secure_blocks.at(block);
  pool_state->secure_blocks.erase(block);
  Protect(block, info.size, hal::Protection::ReadWrite);
  FreeBlock(block, info.tag);
}

}  // namespace

void* AllocateSecure(const SecurePoolParameters& parameters, Pool pool, SIZE_T size, ULONG tag) {
  if (parameters.SecurePoolHandle == nullptr || pool == Pool::NonPagedExecute || size == 0) return nullptr;
  if ((parameters.SecurePoolFlags & ~(kFreeable | kModifiable)) != 0) return nullptr;
  // On pages of its own, and its guard with it.
  const SIZE_T bytes = (size + PAGE_SIZE - 1) & ~SIZE_T{PAGE_SIZE - 1};
  void* const block = AllocateFrom(pool, bytes, tag, false, true);
  if (block == nullptr) return nullptr;
  std::memset(block, 0, bytes);
  if (parameters.Buffer != nullptr) std::memcpy(block, parameters.Buffer, size);
  Protect(block, bytes, hal::Protection::Read);
  pool_state->secure_blocks.emplace(block,
                                    SecureBlock{parameters.SecurePoolHandle, size, tag, parameters.SecurePoolFlags, parameters.Cookie});
  return block;
}

void FreeSecure(const SecurePoolParameters& parameters, void* block, ULONG tag) {
  const SecureBlock* const info = Find(parameters.SecurePoolHandle, block);
  if (info == nullptr) BugCheckBadAddress(reinterpret_cast<ULONG_PTR>(block));
  if (!TagFits(info->tag, tag)) BugCheckWrongTag(reinterpret_cast<ULONG_PTR>(block), info->tag, tag);
  if (info->cookie != parameters.Cookie || (info->flags & kFreeable) == 0) {
    ke::BugCheck(BAD_POOL_CALLER, 0x46, reinterpret_cast<ULONG_PTR>(block), info->flags, 0,
                 "A block of secure pool is freed with its cookie, if it was allocated as SECURE_POOL_FLAGS_FREEABLE.");
  }
  Release(block);
}

}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

NTSTATUS ExCreatePool(ULONG Flags, ULONG_PTR Tag, PVOID Params, PHANDLE PoolHandle) {
  const auto* const parameters = static_cast<const CreateParameters*>(Params);
  if ((Flags & kSecureFlag) == 0 || (Flags & ~(kSecureFlag | kGlobalFlag)) != 0 || PoolHandle == nullptr) return STATUS_INVALID_PARAMETER;
  if (parameters != nullptr && parameters->Version != kParametersVersion) return STATUS_INVALID_PARAMETER;
  auto* const pool = LetAllocationFail() ? nullptr : static_cast<SecurePool*>(AllocatePool(NonPagedPoolNx, sizeof(SecurePool), kTag));
  if (pool == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  pool->tag = Tag;
  Track("secure pool", pool);
  *PoolHandle = pool;
  return STATUS_SUCCESS;
}

VOID ExDestroyPool(HANDLE PoolHandle) {
  std::vector<void*> blocks;
  for (const auto& [block, info] : pool_state->secure_blocks) {
    if (info.pool == PoolHandle) blocks.push_back(block);
  }
  for (void* const block : blocks) Release(block);
  Untrack(PoolHandle);
  FreePool(PoolHandle);
}

NTSTATUS ExSecurePoolUpdate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie, SIZE_T Offset, SIZE_T Size,
                            PVOID Buffer) {
  const SecureBlock* const info = Find(SecurePoolHandle, Allocation);
  if (info == nullptr || !Owns(*info, Tag, Cookie)) return STATUS_INVALID_PARAMETER;
  if ((info->flags & kModifiable) == 0) return STATUS_ACCESS_DENIED;
  if (Offset > info->size || Size > info->size - Offset || Buffer == nullptr) return STATUS_INVALID_PARAMETER;
  Protect(Allocation, info->size, hal::Protection::ReadWrite);
  std::memcpy(static_cast<char*>(Allocation) + Offset, Buffer, Size);
  Protect(Allocation, info->size, hal::Protection::Read);
  return STATUS_SUCCESS;
}

ULONG ExSecurePoolValidate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie) {
  const SecureBlock* const info = Find(SecurePoolHandle, Allocation);
  return info != nullptr && Owns(*info, Tag, Cookie) ? TRUE : FALSE;
}

}  // extern "C"
