// Random numbers for programs: the host's, or under virtual time the same in each run.
#include "kernel/hal/random.h"

#include <cstring>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// splitmix64
ULONGLONG Next(ULONGLONG* state) {
  ULONGLONG x = *state += 0x9E3779B97F4A7C15;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

/// Virtual time goes on with each call, so that the next ones begin elsewhere.
void Fill(PVOID buffer, SIZE_T size) {
  if (!nt::ke::IsVirtualTime()) return nt::hal::FillRandom(buffer, size);
  LARGE_INTEGER counter{};
  sys::NtQueryPerformanceCounter(&counter, nullptr);
  ULONGLONG state = static_cast<ULONGLONG>(counter.QuadPart) << 20 ^ reinterpret_cast<ULONG_PTR>(CurrentTeb()->ClientId.UniqueThread);
  for (SIZE_T at = 0; at < size; at += sizeof(ULONGLONG)) {
    const ULONGLONG number = Next(&state);
    std::memcpy(static_cast<UCHAR*>(buffer) + at, &number, size - at < sizeof number ? size - at : sizeof number);
  }
}

}  // namespace

extern "C" {

/// Fills memory with random bytes. (RtlGenRandom)
BOOLEAN SystemFunction036(PVOID RandomBuffer, ULONG RandomBufferLength) {
  Fill(RandomBuffer, RandomBufferLength);
  return TRUE;
}

/// The same of the system's preferred generator, which needs no handle (BCRYPT_USE_SYSTEM_PREFERRED_RNG). STATUS_INVALID_HANDLE: there are
/// no others. STATUS_INVALID_PARAMETER. (BCryptGenRandom)
NTSTATUS BCryptGenRandom(PVOID hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags) {
  constexpr ULONG kSystemPreferred = 2;
  if (!pbBuffer && cbBuffer) return STATUS_INVALID_PARAMETER;
  if (hAlgorithm || (dwFlags & kSystemPreferred) == 0) return STATUS_INVALID_HANDLE;
  Fill(pbBuffer, cbBuffer);
  return STATUS_SUCCESS;
}

/// A random number of the C runtime: an errno. (rand_s)
int Msvcrt_rand_s(unsigned* RandomValue) {
  constexpr int kInvalid = 22;
  if (!RandomValue) return kInvalid;
  Fill(RandomValue, sizeof *RandomValue);
  return 0;
}

/// A new identifier, a random one (version 4). (CoCreateGuid)
LONG CoCreateGuid(GUID* pguid) {
  constexpr LONG kInvalidArgument = static_cast<LONG>(0x80070057);
  if (!pguid) return kInvalidArgument;
  Fill(pguid, sizeof *pguid);
  pguid->Data3 = static_cast<USHORT>((pguid->Data3 & 0x0FFF) | 0x4000);
  pguid->Data4[0] = static_cast<UCHAR>((pguid->Data4[0] & 0x3F) | 0x80);
  return 0;
}

}  // extern "C"
