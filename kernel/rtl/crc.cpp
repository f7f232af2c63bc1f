// Checksums: CRC-32 (polynomial 0x04C11DB7) and CRC-64 (0xAD93D23594C93659), least significant bit first.
#include "kernel/rtl/misc.h"

namespace {

/// `polynomial` is mirrored.
template <class Value>
Value Crc(const void* buffer, SIZE_T size, Value initial, Value polynomial) {
  Value crc = static_cast<Value>(~initial);
  const auto* bytes = static_cast<const UCHAR*>(buffer);
  for (; size != 0; --size) {
    crc ^= *bytes++;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
  }
  return static_cast<Value>(~crc);
}

constexpr ULONG kCrc32 = 0xEDB88320;
constexpr ULONGLONG kCrc64 = 0x9A6C9329AC4BC9B5;

}  // namespace

ULONG RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length) { return Crc(Buffer, Length, PartialCrc, kCrc32); }
ULONG RtlCrc32(const void* Buffer, SIZE_T Size, ULONG InitialCrc) { return Crc(Buffer, Size, InitialCrc, kCrc32); }
ULONGLONG RtlCrc64(const void* Buffer, SIZE_T Size, ULONGLONG InitialCrc) { return Crc(Buffer, Size, InitialCrc, kCrc64); }
