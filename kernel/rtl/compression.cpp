// Compression of buffers, by format.
#include "kernel/rtl/compression.h"

#include <algorithm>
#include <cstring>

#include "nt/status.h"

using namespace nt::rtl;

namespace {

constexpr USHORT kFormatMask = 0x00FF;
constexpr USHORT kEngineMask = 0xFF00;
constexpr ULONG kFragmentWorkSpace = 4096;

/// How many earlier places are tried: a few, or all there can be.
ULONG EffortOf(USHORT engine) { return engine == COMPRESSION_ENGINE_MAXIMUM ? MatchTable::kWindow : 8; }

NTSTATUS CheckFormat(USHORT format) {
  if (format == COMPRESSION_FORMAT_NONE || format == COMPRESSION_FORMAT_DEFAULT) return STATUS_INVALID_PARAMETER;
  return format <= COMPRESSION_FORMAT_XPRESS_HUFF ? STATUS_SUCCESS : STATUS_UNSUPPORTED_COMPRESSION;
}

NTSTATUS CheckFormatAndEngine(USHORT both) {
  const NTSTATUS status = CheckFormat(both & kFormatMask);
  if (status != STATUS_SUCCESS) return status;
  const USHORT engine = both & kEngineMask;
  return engine == COMPRESSION_ENGINE_STANDARD || engine == COMPRESSION_ENGINE_MAXIMUM ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/// For what only LZNT1 has: chunks.
NTSTATUS CheckChunked(USHORT format) {
  const NTSTATUS status = CheckFormat(format & kFormatMask);
  if (status != STATUS_SUCCESS) return status;
  return (format & kFormatMask) == COMPRESSION_FORMAT_LZNT1 ? STATUS_SUCCESS : STATUS_UNSUPPORTED_COMPRESSION;
}

/// The header of the chunk at `at`; 0 at the end.
USHORT ChunkHeader(const UCHAR* at, const UCHAR* end) { return end - at < 2 ? USHORT{0} : static_cast<USHORT>(at[0] | at[1] << 8); }

constexpr USHORT kStoredChunk = 0x3FFF;

}  // namespace

NTSTATUS RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine, PULONG CompressBufferWorkSpaceSize,
                                        PULONG CompressFragmentWorkSpaceSize) {
  const NTSTATUS status = CheckFormatAndEngine(CompressionFormatAndEngine);
  if (status != STATUS_SUCCESS) return status;
  *CompressBufferWorkSpaceSize = sizeof(MatchTable);
  *CompressFragmentWorkSpaceSize = kFragmentWorkSpace;
  return STATUS_SUCCESS;
}

NTSTATUS RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize,
                           PUCHAR CompressedBuffer, ULONG CompressedBufferSize, ULONG, PULONG FinalCompressedSize, PVOID WorkSpace) {
  const NTSTATUS status = CheckFormatAndEngine(CompressionFormatAndEngine);
  if (status != STATUS_SUCCESS) return status;
  const USHORT format = CompressionFormatAndEngine & kFormatMask;
  const auto compress = format == COMPRESSION_FORMAT_LZNT1    ? CompressLznt1
                        : format == COMPRESSION_FORMAT_XPRESS ? CompressXpress
                                                              : CompressXpressHuffman;
  return compress({UncompressedBuffer, UncompressedBufferSize}, {CompressedBuffer, CompressedBufferSize},
                  EffortOf(CompressionFormatAndEngine & kEngineMask), static_cast<MatchTable*>(WorkSpace), FinalCompressedSize);
}

NTSTATUS RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                               ULONG CompressedBufferSize, PULONG FinalUncompressedSize, PVOID) {
  const NTSTATUS status = CheckFormat(CompressionFormat & kFormatMask);
  if (status != STATUS_SUCCESS) return status;
  const ConstBytes from(CompressedBuffer, CompressedBufferSize);
  const Bytes to(UncompressedBuffer, UncompressedBufferSize);
  switch (CompressionFormat & kFormatMask) {
    case COMPRESSION_FORMAT_LZNT1:
      return DecompressLznt1(from, to, 0, FinalUncompressedSize);
    case COMPRESSION_FORMAT_XPRESS:
      return DecompressXpress(from, to, FinalUncompressedSize);
    default:
      return DecompressXpressHuffman(from, to, FinalUncompressedSize);
  }
}

NTSTATUS RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                             ULONG CompressedBufferSize, PULONG FinalUncompressedSize) {
  if ((CompressionFormat & kFormatMask) == COMPRESSION_FORMAT_XPRESS_HUFF) return STATUS_UNSUPPORTED_COMPRESSION;
  return RtlDecompressBufferEx(CompressionFormat, UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize,
                               FinalUncompressedSize, nullptr);
}

NTSTATUS RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment, ULONG UncompressedFragmentSize,
                               PUCHAR CompressedBuffer, ULONG CompressedBufferSize, ULONG FragmentOffset, PULONG FinalUncompressedSize,
                               PVOID) {
  const NTSTATUS status = CheckChunked(CompressionFormat);
  if (status != STATUS_SUCCESS) return status;
  return DecompressLznt1({CompressedBuffer, CompressedBufferSize}, {UncompressedFragment, UncompressedFragmentSize}, FragmentOffset,
                         FinalUncompressedSize);
}

NTSTATUS RtlDescribeChunk(USHORT CompressionFormat, PUCHAR* CompressedBuffer, PUCHAR EndOfCompressedBufferPlus1, PUCHAR* ChunkBuffer,
                          PULONG ChunkSize) {
  const NTSTATUS status = CheckChunked(CompressionFormat);
  if (status != STATUS_SUCCESS) return status;
  UCHAR* const chunk = *CompressedBuffer;
  const USHORT header = ChunkHeader(chunk, EndOfCompressedBufferPlus1);
  *ChunkBuffer = chunk;
  *ChunkSize = 0;
  if (header == 0) return STATUS_NO_MORE_ENTRIES;
  const ULONG size = (header & 0xFFFU) + 3;
  if ((header & 0x7000) != 0x3000 || EndOfCompressedBufferPlus1 - chunk < static_cast<LONG>(size)) return STATUS_BAD_COMPRESSION_BUFFER;
  const bool stored = header == kStoredChunk;
  // What is stored whole is told without its header.
  *ChunkBuffer = stored ? chunk + 2 : chunk;
  *ChunkSize = stored ? kLznt1Chunk : size;
  *CompressedBuffer = chunk + size;
  return STATUS_SUCCESS;
}

NTSTATUS RtlReserveChunk(USHORT CompressionFormat, PUCHAR* CompressedBuffer, PUCHAR EndOfCompressedBufferPlus1, PUCHAR* ChunkBuffer,
                         ULONG ChunkSize) {
  const NTSTATUS status = CheckChunked(CompressionFormat);
  if (status != STATUS_SUCCESS) return status;
  if (ChunkSize > kLznt1Chunk) return STATUS_INVALID_PARAMETER;
  UCHAR* const chunk = *CompressedBuffer;
  // A chunk of zeros is a fixed token stream; one that is stored gets a header.
  const bool stored = ChunkSize == kLznt1Chunk;
  static constexpr UCHAR kZeros[] = {0x03, 0xB0, 0x02, 0x00, 0xFC, 0x0F};
  const ULONG size = ChunkSize == 0 ? sizeof kZeros : stored ? kLznt1Chunk + 2 : ChunkSize;
  if (EndOfCompressedBufferPlus1 - chunk < static_cast<LONG>(size)) return STATUS_BUFFER_TOO_SMALL;
  if (ChunkSize == 0) std::memcpy(chunk, kZeros, sizeof kZeros);
  if (stored) {
    chunk[0] = kStoredChunk & 0xFF;
    chunk[1] = kStoredChunk >> 8;
  }
  *ChunkBuffer = stored ? chunk + 2 : chunk;
  *CompressedBuffer = chunk + size;
  return STATUS_SUCCESS;
}

NTSTATUS RtlDecompressChunks(PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer, ULONG CompressedBufferSize,
                             PUCHAR CompressedTail, ULONG CompressedTailSize, PCOMPRESSED_DATA_INFO CompressedDataInfo) {
  const NTSTATUS status = CheckChunked(CompressedDataInfo->CompressionFormatAndEngine);
  if (status != STATUS_SUCCESS) return status;
  for (USHORT i = 0; i < CompressedDataInfo->NumberOfChunks && UncompressedBufferSize != 0; ++i) {
    const ULONG room = std::min(UncompressedBufferSize, kLznt1Chunk);
    const ULONG size = CompressedDataInfo->CompressedChunkSizes[i];
    // A chunk that does not end in the buffer is in the tail.
    if (size > CompressedBufferSize && CompressedTailSize != 0) {
      CompressedBuffer = CompressedTail;
      CompressedBufferSize = CompressedTailSize;
      CompressedTailSize = 0;
    }
    if (size > CompressedBufferSize) return STATUS_BAD_COMPRESSION_BUFFER;
    ULONG made = 0;
    if (size == kLznt1Chunk) {
      std::memcpy(UncompressedBuffer, CompressedBuffer, made = room);
    } else if (size != 0) {
      const NTSTATUS chunk = DecompressLznt1({CompressedBuffer, size}, {UncompressedBuffer, room}, 0, &made);
      if (chunk != STATUS_SUCCESS) return chunk;
    }
    std::memset(UncompressedBuffer + made, 0, room - made);
    CompressedBuffer += size;
    CompressedBufferSize -= size;
    UncompressedBuffer += room;
    UncompressedBufferSize -= room;
  }
  return STATUS_SUCCESS;
}

NTSTATUS RtlCompressChunks(PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer, ULONG CompressedBufferSize,
                           PCOMPRESSED_DATA_INFO CompressedDataInfo, ULONG CompressedDataInfoLength, PVOID WorkSpace) {
  const NTSTATUS status = CheckChunked(CompressedDataInfo->CompressionFormatAndEngine);
  if (status != STATUS_SUCCESS) return status;
  const ULONG chunks = (UncompressedBufferSize + kLznt1Chunk - 1) / kLznt1Chunk;
  if (CompressedDataInfoLength < offsetof(COMPRESSED_DATA_INFO, CompressedChunkSizes) + chunks * sizeof(ULONG)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const ULONG effort = EffortOf(CompressedDataInfo->CompressionFormatAndEngine & kEngineMask);
  for (ULONG i = 0; i < chunks; ++i) {
    const ConstBytes chunk(UncompressedBuffer + i * kLznt1Chunk, std::min(kLznt1Chunk, UncompressedBufferSize - i * kLznt1Chunk));
    const Bytes to(CompressedBuffer, CompressedBufferSize);
    ULONG size = 0;
    if (std::any_of(chunk.begin(), chunk.end(), [](UCHAR byte) { return byte != 0; })) {
      size = CompressLznt1Chunk(chunk, to.first(std::min<SIZE_T>(to.size(), kLznt1Chunk - 1)), effort, static_cast<MatchTable*>(WorkSpace));
      if (size == 0) {
        // Stored without a header, and filled up.
        if (to.size() < kLznt1Chunk) return STATUS_BUFFER_TOO_SMALL;
        std::memcpy(to.data(), chunk.data(), chunk.size());
        std::memset(to.data() + chunk.size(), 0, kLznt1Chunk - chunk.size());
        size = kLznt1Chunk;
      }
    }
    CompressedDataInfo->CompressedChunkSizes[i] = size;
    CompressedBuffer += size;
    CompressedBufferSize -= size;
  }
  CompressedDataInfo->NumberOfChunks = static_cast<USHORT>(chunks);
  return STATUS_SUCCESS;
}
