// Compression of buffers: LZNT1 (in chunks of 4 KiB), Xpress, and Xpress with Huffman codes.
#pragma once

#include <span>

#include "nt/types.h"

inline constexpr USHORT COMPRESSION_FORMAT_NONE = 0;
inline constexpr USHORT COMPRESSION_FORMAT_DEFAULT = 1;
inline constexpr USHORT COMPRESSION_FORMAT_LZNT1 = 2;
inline constexpr USHORT COMPRESSION_FORMAT_XPRESS = 3;
inline constexpr USHORT COMPRESSION_FORMAT_XPRESS_HUFF = 4;
inline constexpr USHORT COMPRESSION_ENGINE_STANDARD = 0x000;
inline constexpr USHORT COMPRESSION_ENGINE_MAXIMUM = 0x100;

struct COMPRESSED_DATA_INFO {
  USHORT CompressionFormatAndEngine;
  UCHAR CompressionUnitShift;
  UCHAR ChunkShift;
  UCHAR ClusterShift;
  UCHAR Reserved;
  USHORT NumberOfChunks;
  ULONG CompressedChunkSizes[1];  ///< 0: all zeros; the chunk's size: not compressed
};
using PCOMPRESSED_DATA_INFO = COMPRESSED_DATA_INFO*;
NT_SIZE(COMPRESSED_DATA_INFO, 0xc);
NT_OFFSET(COMPRESSED_DATA_INFO, NumberOfChunks, 0x6);
NT_OFFSET(COMPRESSED_DATA_INFO, CompressedChunkSizes, 0x8);

namespace nt::rtl {

using Bytes = std::span<UCHAR>;
using ConstBytes = std::span<const UCHAR>;

/// Where the last positions with a hash are: what fills a caller's work space.
struct MatchTable {
  static constexpr ULONG kHashBits = 12;
  static constexpr ULONG kWindow = 0x2000;
  ULONG head[1 << kHashBits];  ///< position + 1; 0: none
  ULONG previous[kWindow];     ///< position + 1 of the one before with the same hash
};

// Each of these returns a status and, in `size`, the bytes it made.

NTSTATUS CompressLznt1(ConstBytes from, Bytes to, ULONG effort, MatchTable* table, ULONG* size);
/// Decompresses from `skip` bytes behind the beginning of the uncompressed data on.
NTSTATUS DecompressLznt1(ConstBytes from, Bytes to, ULONG skip, ULONG* size);
NTSTATUS CompressXpress(ConstBytes from, Bytes to, ULONG effort, MatchTable* table, ULONG* size);
NTSTATUS DecompressXpress(ConstBytes from, Bytes to, ULONG* size);
NTSTATUS CompressXpressHuffman(ConstBytes from, Bytes to, ULONG effort, MatchTable* table, ULONG* size);
NTSTATUS DecompressXpressHuffman(ConstBytes from, Bytes to, ULONG* size);

inline constexpr ULONG kLznt1Chunk = 4096;
/// Compresses one chunk with its header; 0 if it does not fit.
ULONG CompressLznt1Chunk(ConstBytes chunk, Bytes to, ULONG effort, MatchTable* table);
/// Decompresses one chunk without its header; false if it is malformed.
bool DecompressLznt1Chunk(ConstBytes tokens, Bytes to, ULONG* size);

}  // namespace nt::rtl

// The exports; the API specification has the meaning of their parameters. IRQL <= APC_LEVEL for all.
//
// STATUS_INVALID_PARAMETER: the format is none or the default; STATUS_UNSUPPORTED_COMPRESSION: it is another one;
// STATUS_NOT_SUPPORTED: the engine is; STATUS_BAD_COMPRESSION_BUFFER: what is to be decompressed is malformed.
extern "C" {

/// The bytes of work space that compressing, and decompressing a fragment, need.
NTSTATUS RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine, PULONG CompressBufferWorkSpaceSize,
                                        PULONG CompressFragmentWorkSpaceSize);
/// Compresses a buffer. STATUS_BUFFER_ALL_ZEROS: it went well, and there are only zeros; STATUS_BUFFER_TOO_SMALL.
NTSTATUS RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize,
                           PUCHAR CompressedBuffer, ULONG CompressedBufferSize, ULONG UncompressedChunkSize, PULONG FinalCompressedSize,
                           PVOID WorkSpace);
/// Decompresses a buffer, or as much of it as has room; without work space there are no Huffman codes.
NTSTATUS RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                             ULONG CompressedBufferSize, PULONG FinalUncompressedSize);
/// The same, with work space.
NTSTATUS RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                               ULONG CompressedBufferSize, PULONG FinalUncompressedSize, PVOID WorkSpace);
/// Decompresses a part of what was compressed with LZNT1; `FragmentOffset` is its place in the uncompressed data.
NTSTATUS RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment, ULONG UncompressedFragmentSize,
                               PUCHAR CompressedBuffer, ULONG CompressedBufferSize, ULONG FragmentOffset, PULONG FinalUncompressedSize,
                               PVOID WorkSpace);
/// Describes the chunk at *CompressedBuffer, which goes to the next. STATUS_NO_MORE_ENTRIES: there is none.
NTSTATUS RtlDescribeChunk(USHORT CompressionFormat, PUCHAR* CompressedBuffer, PUCHAR EndOfCompressedBufferPlus1, PUCHAR* ChunkBuffer,
                          PULONG ChunkSize);
/// Makes room for a chunk of `ChunkSize` bytes at *CompressedBuffer, which goes behind it. STATUS_BUFFER_TOO_SMALL.
NTSTATUS RtlReserveChunk(USHORT CompressionFormat, PUCHAR* CompressedBuffer, PUCHAR EndOfCompressedBufferPlus1, PUCHAR* ChunkBuffer,
                         ULONG ChunkSize);
/// Decompresses chunks whose sizes `CompressedDataInfo` tells; the last may be in `CompressedTail`.
NTSTATUS RtlDecompressChunks(PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer, ULONG CompressedBufferSize,
                             PUCHAR CompressedTail, ULONG CompressedTailSize, PCOMPRESSED_DATA_INFO CompressedDataInfo);
/// Compresses chunk by chunk; fills `CompressedDataInfo`. STATUS_BUFFER_TOO_SMALL.
NTSTATUS RtlCompressChunks(PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize, PUCHAR CompressedBuffer, ULONG CompressedBufferSize,
                           PCOMPRESSED_DATA_INFO CompressedDataInfo, ULONG CompressedDataInfoLength, PVOID WorkSpace);

}  // extern "C"
