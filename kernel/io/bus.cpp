// The PCI bus that drivers ask the hardware layer about: one, with a host bridge at device 0, function 0 and nothing else.
#include <algorithm>
#include <cstring>

#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"

using namespace nt::io;
namespace ke = nt::ke;

namespace {

enum : ULONG { kIsa = 1, kEisa = 2, kPci = 5, kInternal = 0 };  // INTERFACE_TYPE
constexpr ULONG kPciConfiguration = 4;                          // BUS_DATA_TYPE
constexpr USHORT kNoVendor = 0xffff;

/// Offsets in the header that hold what is written to them.
constexpr ULONG kCommand = 4, kCacheLineSize = 0xc, kLatencyTimer = 0xd, kInterruptLine = 0x3c;
constexpr USHORT kCommandBits = 0x547;

bool HasDevice(ULONG slot) { return slot == 0; }

bool IsBus(ULONG type, ULONG bus) { return type == kPciConfiguration && bus == 0; }

bool IsWritable(ULONG offset) {
  return offset == kCommand || offset == kCommand + 1 || offset == kCacheLineSize || offset == kLatencyTimer || offset == kInterruptLine;
}

}  // namespace

namespace nt::io {

PciConfiguration HostBridge() {
  PciConfiguration bridge{};
  const UCHAR header[16] = {0x36, 0x1b, 0x08, 0x00,   // vendor and device
                            0x06, 0x00, 0x00, 0x00,   // command: memory and bus mastering; status
                            0x00, 0x00, 0x00, 0x06};  // revision, class: host bridge
  std::memcpy(bridge.bytes, header, sizeof header);
  return bridge;
}

}  // namespace nt::io

extern "C" {

ULONG HalGetBusDataByOffset(ULONG BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
  if (!IsBus(BusDataType, BusNumber)) return 0;
  if (!HasDevice(SlotNumber)) {
    // Of a slot that is empty there is a vendor that does not exist, and no more.
    if (Offset >= sizeof kNoVendor) return 0;
    const ULONG length = std::min<ULONG>(Length, sizeof kNoVendor - Offset);
    std::memset(Buffer, 0xff, length);
    return length;
  }
  const PciConfiguration& bridge = Registered().host_bridge;
  if (Offset >= sizeof bridge.bytes) return 0;
  const ULONG length = std::min<ULONG>(Length, sizeof bridge.bytes - Offset);
  std::memcpy(Buffer, bridge.bytes + Offset, length);
  return length;
}

ULONG HalGetBusData(ULONG BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
  return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

ULONG HalSetBusDataByOffset(ULONG BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
  PciConfiguration& bridge = Registered().host_bridge;
  if (!IsBus(BusDataType, BusNumber) || !HasDevice(SlotNumber) || Offset >= sizeof bridge.bytes) return 0;
  const ULONG length = std::min<ULONG>(Length, sizeof bridge.bytes - Offset);
  for (ULONG i = 0; i < length; ++i) {
    const ULONG at = Offset + i;
    const UCHAR mask = at == kCommand ? kCommandBits & 0xff : at == kCommand + 1 ? kCommandBits >> 8 : 0xff;
    if (IsWritable(at)) bridge.bytes[at] = static_cast<UCHAR>(static_cast<const UCHAR*>(Buffer)[i] & mask);
  }
  return length;
}

ULONG HalSetBusData(ULONG BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
  return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/// Memory and ports have the same addresses on the bus as for the processor.
BOOLEAN HalTranslateBusAddress(ULONG InterfaceType, ULONG BusNumber, LONGLONG BusAddress, PULONG AddressSpace,
                               PLARGE_INTEGER TranslatedAddress) {
  const bool known = InterfaceType == kInternal || InterfaceType == kIsa || InterfaceType == kEisa || InterfaceType == kPci;
  if (!known || BusNumber != 0 || *AddressSpace > 1) return FALSE;
  TranslatedAddress->QuadPart = BusAddress;
  return TRUE;
}

ULONG HalGetInterruptVector(ULONG InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG /*BusInterruptVector*/, PKIRQL Irql,
                            ULONGLONG* Affinity) {
  constexpr ULONG kLines = 16, kFirstVector = 0x50, kVectorsOfLine = 4;
  const bool known = InterfaceType == kInternal || InterfaceType == kIsa || InterfaceType == kEisa || InterfaceType == kPci;
  *Irql = 0;
  *Affinity = 0;
  if (!known || BusNumber != 0 || BusInterruptLevel >= kLines) return 0;
  const ULONG vector = kFirstVector + BusInterruptLevel * kVectorsOfLine;
  *Irql = static_cast<KIRQL>(vector >> 4);  // of a vector the upper half is the level
  *Affinity = ke::ProcessorCount() < 64 ? (ULONGLONG{1} << ke::ProcessorCount()) - 1 : ~ULONGLONG{0};
  return vector;
}

}  // extern "C"
