// Compression of buffers.
#include "ktest.h"

using namespace ktest;

namespace {

constexpr ULONG kSize = 20000;

struct Buffers {
  UCHAR* plain = Allocate(kSize);
  UCHAR* packed = Allocate(2 * kSize);
  UCHAR* back = Allocate(kSize + 16);
  UCHAR* work = nullptr;

  explicit Buffers(USHORT format) {
    ULONG buffer = 0, fragment = 0;
    EXPECT_EQ(RtlGetCompressionWorkSpaceSize(format, &buffer, &fragment), STATUS_SUCCESS);
    work = Allocate(buffer + fragment);
    RtlZeroMemory(plain, kSize);
  }
  ~Buffers() {
    UCHAR* const blocks[] = {plain, packed, back, work};
    for (UCHAR* block : blocks) ExFreePoolWithTag(block, 'pmoC');
  }
  static UCHAR* Allocate(ULONG size) { return static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_PAGED, size, 'pmoC')); }
  void FillText() {
    static const char text[] = "The quick brown fox jumps over the lazy dog. ";
    for (ULONG i = 0; i < kSize; ++i) plain[i] = static_cast<UCHAR>(text[(i + i / 1000) % (sizeof text - 1)]);
  }
  void FillNoise() {
    ULONG seed = 7;
    for (ULONG i = 0; i < kSize; ++i) plain[i] = static_cast<UCHAR>(RtlRandomEx(&seed));
  }
};

/// Compresses and back; the compressed size.
ULONG RoundTrip(Buffers& buffers, USHORT format, ULONG size, NTSTATUS expected = STATUS_SUCCESS) {
  ULONG packed = 0, back = 0;
  EXPECT_EQ(RtlCompressBuffer(format, buffers.plain, size, buffers.packed, 2 * kSize, 4096, &packed, buffers.work), expected);
  EXPECT_EQ(RtlDecompressBuffer(format & 0xFF, buffers.back, kSize, buffers.packed, packed, &back), STATUS_SUCCESS);
  EXPECT_EQ(back, size);
  EXPECT(RtlEqualMemory(buffers.plain, buffers.back, size));
  return packed;
}

}  // namespace

KTEST(Lznt1RoundTrips) {
  const USHORT formats[] = {COMPRESSION_FORMAT_LZNT1, COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_MAXIMUM};
  for (USHORT format : formats) {
    Buffers buffers(format);
    buffers.FillText();
    const ULONG sizes[] = {1, 2, 3, 17, 18, 100, 4095, 4096, 4097, kSize};
    for (ULONG size : sizes) RoundTrip(buffers, format, size);
    EXPECT(RoundTrip(buffers, format, kSize) < kSize / 10);
    buffers.FillNoise();
    // What is not compressible grows by two bytes a chunk.
    EXPECT_EQ(RoundTrip(buffers, format, 8192), 8196);
  }
}

KTEST(XpressRoundTrips) {
  const USHORT formats[] = {COMPRESSION_FORMAT_XPRESS, COMPRESSION_FORMAT_XPRESS | COMPRESSION_ENGINE_MAXIMUM};
  for (USHORT format : formats) {
    Buffers buffers(format);
    const ULONG zeros = RoundTrip(buffers, format, kSize);
    EXPECT(zeros < 40);
    buffers.FillText();
    const ULONG sizes[] = {1, 2, 3, 31, 32, 33, 100, 300, 4097, kSize};
    for (ULONG size : sizes) RoundTrip(buffers, format, size);
    buffers.FillNoise();
    RoundTrip(buffers, format, kSize);
  }
}

KTEST(XpressWithHuffmanCodesRoundTrips) {
  const USHORT formats[] = {COMPRESSION_FORMAT_XPRESS_HUFF, COMPRESSION_FORMAT_XPRESS_HUFF | COMPRESSION_ENGINE_MAXIMUM};
  const ULONG sizes[] = {1, 2, 3, 300, 4097, kSize};
  for (USHORT format : formats) {
    Buffers buffers(format);
    buffers.FillText();
    for (ULONG size : sizes) {
      ULONG packed = 0, back = 0;
      EXPECT_EQ(RtlCompressBuffer(format, buffers.plain, size, buffers.packed, 2 * kSize, 4096, &packed, buffers.work), STATUS_SUCCESS);
      EXPECT_EQ(RtlDecompressBufferEx(COMPRESSION_FORMAT_XPRESS_HUFF, buffers.back, kSize, buffers.packed, packed, &back, buffers.work),
                STATUS_SUCCESS);
      EXPECT_EQ(back, size);
      EXPECT(RtlEqualMemory(buffers.plain, buffers.back, size));
      // Without work space there is no room for the codes.
      EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS_HUFF, buffers.back, kSize, buffers.packed, packed, &back),
                STATUS_UNSUPPORTED_COMPRESSION);
      // A table of codes that is none.
      buffers.packed[0] ^= 0x77;
      EXPECT_EQ(RtlDecompressBufferEx(COMPRESSION_FORMAT_XPRESS_HUFF, buffers.back, kSize, buffers.packed, packed, &back, buffers.work),
                STATUS_BAD_COMPRESSION_BUFFER);
    }
  }
}

KTEST(AFixedStreamOfLznt1) {
  // "ABCABCABCABC" as three literals and one token: distance 3, length 9.
  UCHAR packed[] = {0x05, 0xB0, 0x08, 'A', 'B', 'C', 0x06, 0x20};
  UCHAR back[64];
  ULONG size = 0;
  EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, back, sizeof back, packed, sizeof packed, &size), STATUS_SUCCESS);
  EXPECT_EQ(size, 12);
  EXPECT(RtlEqualMemory(back, "ABCABCABCABC", 12));
  // Less room: as much as fits.
  EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, back, 5, packed, sizeof packed, &size), STATUS_SUCCESS);
  EXPECT_EQ(size, 5);
  // A distance before the beginning.
  packed[7] = 0x40;
  EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, back, sizeof back, packed, sizeof packed, &size), STATUS_BAD_COMPRESSION_BUFFER);
  // A chunk that is cut off.
  EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, back, sizeof back, packed, 6, &size), STATUS_BAD_COMPRESSION_BUFFER);
}

KTEST(ZerosAreTold) {
  Buffers buffers(COMPRESSION_FORMAT_LZNT1);
  RoundTrip(buffers, COMPRESSION_FORMAT_LZNT1, kSize, STATUS_BUFFER_ALL_ZEROS);
}

KTEST(WhatCompressionRefuses) {
  Buffers buffers(COMPRESSION_FORMAT_LZNT1);
  buffers.FillNoise();
  ULONG size = 0, other = 0;
  EXPECT_EQ(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_NONE, &size, &other), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_DEFAULT, &size, &other), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlGetCompressionWorkSpaceSize(9, &size, &other), STATUS_UNSUPPORTED_COMPRESSION);
  EXPECT_EQ(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_LZNT1 | 0x200, &size, &other), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, buffers.plain, 4096, buffers.packed, 4000, 4096, &size, buffers.work),
            STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCompressBuffer(COMPRESSION_FORMAT_DEFAULT, buffers.plain, 4096, buffers.packed, 8192, 4096, &size, buffers.work),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_NONE, buffers.back, 10, buffers.packed, 10, &size), STATUS_INVALID_PARAMETER);
}

KTEST(FragmentsOfLznt1) {
  Buffers buffers(COMPRESSION_FORMAT_LZNT1);
  buffers.FillText();
  const ULONG packed = RoundTrip(buffers, COMPRESSION_FORMAT_LZNT1, kSize);
  const ULONG offsets[] = {0, 1, 4095, 4096, 9000, kSize - 10};
  for (ULONG offset : offsets) {
    ULONG size = 0;
    EXPECT_EQ(RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, buffers.back, 5000, buffers.packed, packed, offset, &size, buffers.work),
              STATUS_SUCCESS);
    const ULONG expected = kSize - offset < 5000 ? kSize - offset : 5000;
    EXPECT_EQ(size, expected);
    EXPECT(RtlEqualMemory(buffers.back, buffers.plain + offset, expected));
  }
}

KTEST(ChunksOfLznt1) {
  Buffers buffers(COMPRESSION_FORMAT_LZNT1);
  buffers.FillText();
  const ULONG packed = RoundTrip(buffers, COMPRESSION_FORMAT_LZNT1, 3 * 4096);
  UCHAR *at = buffers.packed, *chunk = nullptr;
  ULONG size = 0, count = 0;
  while (RtlDescribeChunk(COMPRESSION_FORMAT_LZNT1, &at, buffers.packed + packed, &chunk, &size) == STATUS_SUCCESS) {
    EXPECT(chunk + size == at);
    ++count;
  }
  EXPECT_EQ(count, 3);
  EXPECT_EQ(RtlDescribeChunk(COMPRESSION_FORMAT_LZNT1, &at, buffers.packed + packed, &chunk, &size), STATUS_NO_MORE_ENTRIES);

  at = buffers.packed;
  EXPECT_EQ(RtlReserveChunk(COMPRESSION_FORMAT_LZNT1, &at, buffers.packed + 5000, &chunk, 4096), STATUS_SUCCESS);
  EXPECT(chunk == buffers.packed + 2);
  RtlFillMemory(chunk, 4096, 'x');
  EXPECT_EQ(RtlReserveChunk(COMPRESSION_FORMAT_LZNT1, &at, buffers.packed + 5000, &chunk, 0), STATUS_SUCCESS);
  EXPECT_EQ(RtlReserveChunk(COMPRESSION_FORMAT_LZNT1, &at, buffers.packed + 5000, &chunk, 4096), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, buffers.back, kSize, buffers.packed, (ULONG)(at - buffers.packed), &size),
            STATUS_SUCCESS);
  EXPECT_EQ(size, 8192);
  EXPECT_EQ(buffers.back[4095], 'x');
  EXPECT_EQ(buffers.back[4096] | buffers.back[8191], 0);
}

KTEST(ChunksWithToldSizes) {
  Buffers buffers(COMPRESSION_FORMAT_LZNT1);
  buffers.FillText();
  RtlZeroMemory(buffers.plain + 4096, 4096);
  ULONG seed = 1;
  for (ULONG i = 8192; i < 12288; ++i) buffers.plain[i] = static_cast<UCHAR>(RtlRandomEx(&seed));
  struct {
    COMPRESSED_DATA_INFO info;
    ULONG more[4];
  } told = {};
  told.info.CompressionFormatAndEngine = COMPRESSION_FORMAT_LZNT1;
  told.info.ChunkShift = 12;
  EXPECT_EQ(RtlCompressChunks(buffers.plain, kSize, buffers.packed, 2 * kSize, &told.info, 8, buffers.work), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCompressChunks(buffers.plain, kSize, buffers.packed, 2 * kSize, &told.info, sizeof told, buffers.work), STATUS_SUCCESS);
  EXPECT_EQ(told.info.NumberOfChunks, 5);
  EXPECT_EQ(told.info.CompressedChunkSizes[1], 0);
  EXPECT_EQ(told.info.CompressedChunkSizes[2], 4096);
  EXPECT_EQ(RtlDecompressChunks(buffers.back, kSize, buffers.packed, 2 * kSize, nullptr, 0, &told.info), STATUS_SUCCESS);
  EXPECT(RtlEqualMemory(buffers.back, buffers.plain, kSize));
}
