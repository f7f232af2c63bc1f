// Resource descriptors of memory and ports. Lengths above 4 GiB are told in units of 2^8, 2^16 or 2^32 bytes.
#include "kernel/rtl/misc.h"
#include "nt/status.h"

namespace {

constexpr UCHAR kPort = 1, kMemory = 3, kMemoryLarge = 7;
constexpr USHORT kLargeMask = 0x0E00;

/// How a length is told.
struct Scale {
  ULONG shift;
  USHORT flag;
};
constexpr Scale kScales[] = {{0, 0}, {8, 0x0200}, {16, 0x0400}, {32, 0x0800}};

/// IO_RESOURCE_DESCRIPTOR of a port or memory.
struct Requirement {
  UCHAR option, type, share, spare1;
  USHORT flags, spare2;
  ULONG length, alignment;
  ULONGLONG minimum, maximum;
};
static_assert(sizeof(Requirement) == 0x20);

/// CM_PARTIAL_RESOURCE_DESCRIPTOR of a port or memory.
#pragma pack(push, 4)
struct Resource {
  UCHAR type, share;
  USHORT flags;
  ULONGLONG start;
  ULONG length;
  ULONG spare;
};
#pragma pack(pop)
static_assert(sizeof(Resource) == 0x14);

ULONG ShiftOf(UCHAR type, USHORT flags) {
  for (const Scale& scale : kScales) {
    if (type == kMemoryLarge && (flags & kLargeMask) == scale.flag) return scale.shift;
  }
  return 0;
}

/// The smallest scale in which both numbers are whole and have 32 bits; null if there is none.
const Scale* ScaleFor(ULONGLONG length, ULONGLONG alignment) {
  for (const Scale& scale : kScales) {
    const ULONGLONG below = (1ULL << scale.shift) - 1;
    if (((length | alignment) & below) == 0 && length >> scale.shift <= 0xFFFFFFFF && alignment >> scale.shift <= 0xFFFFFFFF) return &scale;
  }
  return nullptr;
}

/// The type and flags for a length; a port has no scales.
NTSTATUS Encode(UCHAR type, ULONGLONG length, ULONGLONG alignment, UCHAR* result, USHORT* flags, ULONG* shift) {
  if (type != kPort && type != kMemory && type != kMemoryLarge) return STATUS_INVALID_PARAMETER;
  const Scale* const scale = ScaleFor(length, alignment);
  if (scale == nullptr || (type == kPort && scale->shift != 0)) return STATUS_UNSUCCESSFUL;
  if (type != kPort) {
    *result = scale->shift == 0 ? kMemory : kMemoryLarge;
    *flags = static_cast<USHORT>((*flags & ~kLargeMask) | scale->flag);
  } else {
    *result = kPort;
  }
  *shift = scale->shift;
  return STATUS_SUCCESS;
}

void Tell(PULONGLONG to, ULONGLONG value) {
  if (to != nullptr) *to = value;
}

}  // namespace

NTSTATUS RtlIoEncodeMemIoResource(PVOID Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Alignment, ULONGLONG MinimumAddress,
                                  ULONGLONG MaximumAddress) {
  auto* const descriptor = static_cast<Requirement*>(Descriptor);
  ULONG shift = 0;
  const NTSTATUS status = Encode(Type, Length, Alignment, &descriptor->type, &descriptor->flags, &shift);
  if (status != STATUS_SUCCESS) return status;
  descriptor->length = static_cast<ULONG>(Length >> shift);
  descriptor->alignment = static_cast<ULONG>(Alignment >> shift);
  descriptor->minimum = MinimumAddress;
  descriptor->maximum = MaximumAddress;
  return STATUS_SUCCESS;
}

ULONGLONG RtlIoDecodeMemIoResource(PVOID Descriptor, PULONGLONG Alignment, PULONGLONG MinimumAddress, PULONGLONG MaximumAddress) {
  const auto* const descriptor = static_cast<const Requirement*>(Descriptor);
  const ULONG shift = ShiftOf(descriptor->type, descriptor->flags);
  Tell(Alignment, ULONGLONG{descriptor->alignment} << shift);
  Tell(MinimumAddress, descriptor->minimum);
  Tell(MaximumAddress, descriptor->maximum);
  return ULONGLONG{descriptor->length} << shift;
}

NTSTATUS RtlCmEncodeMemIoResource(PVOID Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Start) {
  auto* const descriptor = static_cast<Resource*>(Descriptor);
  UCHAR type = 0;
  USHORT flags = descriptor->flags;
  ULONG shift = 0;
  const NTSTATUS status = Encode(Type, Length, 0, &type, &flags, &shift);
  if (status != STATUS_SUCCESS) return status;
  descriptor->type = type;
  descriptor->flags = flags;
  descriptor->start = Start;
  descriptor->length = static_cast<ULONG>(Length >> shift);
  return STATUS_SUCCESS;
}

ULONGLONG RtlCmDecodeMemIoResource(PVOID Descriptor, PULONGLONG Start) {
  const auto* const descriptor = static_cast<const Resource*>(Descriptor);
  Tell(Start, descriptor->start);
  return ULONGLONG{descriptor->length} << ShiftOf(descriptor->type, descriptor->flags);
}

NTSTATUS RtlFindClosestEncodableLength(ULONGLONG SourceLength, PULONGLONG TargetLength) {
  for (const Scale& scale : kScales) {
    const ULONGLONG below = (1ULL << scale.shift) - 1;
    if (SourceLength > 0xFFFFFFFFULL << scale.shift) continue;
    *TargetLength = (SourceLength + below) & ~below;
    return STATUS_SUCCESS;
  }
  return STATUS_UNSUCCESSFUL;
}
