// The headers of the WDK raise and lower IRQL by MOV CR8, which faults here. The first fault of each such instruction replaces it.
//
// A jump is five bytes and the move is four: the jump's last byte is the first of the next instruction, which is therefore moved into
// the slot too. Other code may still jump to that instruction, or a preempted thread may stand before it. So slots lie where the last
// byte of the jump, the top of its displacement, is EC to EF: IN and OUT, which fault in user mode. The fault handler then goes on in
// the slot. Nothing needs to be known of the code around.
#include "kernel/ke/cr8_patch.h"

#include <cstring>

#include "kernel/hal/memory.h"
#include "kernel/ke/ki.h"
#include "kernel/ke/scheduler.h"
#include "kernel/mm/layout.h"

namespace nt::ke {
namespace {

/// Slots for the images of a window of 64 MiB lie 256 MiB below it: displacements from -0x14000000 to -0x10000001.
constexpr ULONG kWindowShift = 26;
constexpr ULONG_PTR kWindow = ULONG_PTR{1} << kWindowShift;
constexpr SIZE_T kAreaSize = 0x10000;
constexpr ULONG_PTR kFirstArea = mm::kImages - 0x10000000 - kAreaSize;
constexpr SIZE_T kMoveSize = 4, kJumpSize = 5;

struct Slot {
  ULONG_PTR site;
  ULONG_PTR next_copy;  ///< where the next instruction went
  UCHAR code[136];
  const void* lowered;       ///< KiLoweredByMove
  ULONG_PTR return_address;  ///< of a moved call
};
constexpr SIZE_T kSlots = kAreaSize / sizeof(Slot);

ULONG_PTR AreaOf(ULONG_PTR site) { return kFirstArea + ((site - mm::kImages) & ~(kWindow - 1)); }
bool InWindows(ULONG_PTR site) { return site - mm::kImages < kCr8Windows * kWindow; }
ULONG& UsedSlots(ULONG_PTR site) { return Ki().cr8_slots[(site - mm::kImages) >> kWindowShift]; }

/// The slot that holds `address`, or null.
const Slot* SlotAt(ULONG_PTR address) {
  const ULONG_PTR offset = address - kFirstArea;
  if (offset >= kCr8Windows * kWindow || offset % kWindow >= kAreaSize) return nullptr;
  const SIZE_T index = offset % kWindow / sizeof(Slot);
  if (index >= Ki().cr8_slots[offset / kWindow]) return nullptr;
  return reinterpret_cast<const Slot*>(kFirstArea + offset / kWindow * kWindow) + index;
}

/// Writes a slot's code.
class Assembler {
 public:
  explicit Assembler(Slot* slot) : slot_(slot), at_(slot->code) {}

  ULONG_PTR here() const { return reinterpret_cast<ULONG_PTR>(at_); }
  void Bytes(std::initializer_list<int> bytes) {
    for (const int byte : bytes) *at_++ = static_cast<UCHAR>(byte);
  }
  void Copy(ULONG_PTR from, SIZE_T size) {
    std::memcpy(at_, reinterpret_cast<const void*>(from), size);
    at_ += size;
  }
  /// A displacement to `target` that ends here.
  void Relative(ULONG_PTR target) {
    const auto displacement = static_cast<LONG>(target - here() - sizeof(LONG));
    std::memcpy(at_, &displacement, sizeof displacement);
    at_ += sizeof displacement;
  }
  void Jump(ULONG_PTR target) {
    Bytes({0xE9});
    Relative(target);
  }
  /// Flags stay as they are: compilers keep some alive across a move.
  void WriteCr8(int source) {
    Bytes({0x51});                                           // push rcx
    Bytes({0x48 | source >> 3, 0x8B, 0xC8 | (source & 7)});  // mov rcx, source
    Bytes({0x65, 0x88, 0x0C, 0x25, 0x50, 0, 0, 0});          // mov gs:[irql], cl
    Bytes({0x65, 0x8B, 0x0C, 0x25, 0x54, 0, 0, 0});          // mov ecx, gs:[software_interrupts]
    Bytes({0xE3, 9, 0x59, 0xFF, 0x15});                      // jrcxz 1f; pop rcx; call [lowered]
    Relative(reinterpret_cast<ULONG_PTR>(&slot_->lowered));
    Bytes({0xEB, 1, 0x59});  // jmp 2f; 1: pop rcx; 2:
  }
  void ReadCr8(int target) {
    Bytes({0x65, 0x40 | target >> 3 << 2, 0x0F, 0xB6, 0x04 | (target & 7) << 3, 0x25, 0x50, 0, 0, 0});  // movzx target, byte gs:[irql]
  }
  void PushReturnAddress(ULONG_PTR address) {
    slot_->return_address = address;
    Bytes({0xFF, 0x35});
    Relative(reinterpret_cast<ULONG_PTR>(&slot_->return_address));
  }
  /// Makes the memory operand of the copy at `copy`, relative to the instruction pointer, one of `original`'s target again.
  void FixDisplacement(ULONG_PTR copy, SIZE_T offset, ULONG_PTR original) {
    LONG displacement;
    std::memcpy(&displacement, reinterpret_cast<const void*>(copy + offset), sizeof displacement);
    displacement += static_cast<LONG>(original - copy);
    std::memcpy(reinterpret_cast<void*>(copy + offset), &displacement, sizeof displacement);
  }

 private:
  Slot* slot_;
  UCHAR* at_;
};

constexpr int kStackPointer = 4;

bool IsCr8Move(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand* operands) {
  return instruction.mnemonic == ZYDIS_MNEMONIC_MOV && instruction.length == kMoveSize &&
         (operands[0].reg.value == ZYDIS_REGISTER_CR8 || operands[1].reg.value == ZYDIS_REGISTER_CR8);
}

bool AssembleCr8Move(Assembler& to, const ZydisDecodedOperand* operands) {
  const bool write = operands[0].reg.value == ZYDIS_REGISTER_CR8;
  const int general = operands[write ? 1 : 0].reg.value - ZYDIS_REGISTER_RAX;
  if (general == kStackPointer) return false;
  if (write) {
    to.WriteCr8(general);
  } else {
    to.ReadCr8(general);
  }
  return true;
}

bool AssembleBranch(Assembler& to, const ZydisDecodedInstruction& branch, const ZydisDecodedOperand* operands, ULONG_PTR from) {
  ULONG_PTR target = 0;
  ZydisCalcAbsoluteAddress(&branch, &operands[0], from, &target);
  switch (branch.meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
      if (branch.opcode < 0x70 || branch.opcode > 0x8F || branch.meta.branch_type == ZYDIS_BRANCH_TYPE_NONE) return false;
      to.Bytes({0x0F, 0x80 | (branch.opcode & 0xF)});
      to.Relative(target);
      return true;
    case ZYDIS_CATEGORY_UNCOND_BR:
      to.Jump(target);
      return true;
    case ZYDIS_CATEGORY_CALL:
      to.PushReturnAddress(from + branch.length);
      to.Jump(target);
      return true;
    default:
      return false;
  }
}

/// The instruction at `from`, at another place with the same meaning; false if this cannot be said of it.
bool AssembleElsewhere(Assembler& to, const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand* operands, ULONG_PTR from) {
  if (instruction.meta.category == ZYDIS_CATEGORY_INTERRUPT || instruction.meta.category == ZYDIS_CATEGORY_SYSTEM) return false;
  if (instruction.raw.imm[0].is_relative) return AssembleBranch(to, instruction, operands, from);
  const bool call = instruction.meta.category == ZYDIS_CATEGORY_CALL;
  if (call) {  // becomes a jump that leaves the driver's return address
    if (operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[0].mem.base == ZYDIS_REGISTER_RSP) return false;
    if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && operands[0].reg.value == ZYDIS_REGISTER_RSP) return false;
    to.PushReturnAddress(from + instruction.length);
  }
  const ULONG_PTR copy = to.here();
  to.Copy(from, instruction.length);
  if (call) {
    auto* const modrm = reinterpret_cast<UCHAR*>(copy + instruction.raw.modrm.offset);
    *modrm = static_cast<UCHAR>((*modrm & 0xC7) | 4 << 3);
  }
  const bool relative = (instruction.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0;
  if (relative) to.FixDisplacement(copy, instruction.raw.disp.offset, from);
  return true;
}

bool AssembleNext(Assembler& to, ULONG_PTR from) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction next;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  UCHAR bytes[ZYDIS_MAX_INSTRUCTION_LENGTH];
  SIZE_T length = 0;
  while (length < sizeof bytes && KiGuardedCopy(bytes + length, reinterpret_cast<const void*>(from + length), 1)) ++length;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length, &next, operands))) return false;
  const bool done = IsCr8Move(next, operands) ? AssembleCr8Move(to, operands) : AssembleElsewhere(to, next, operands, from);
  if (done) to.Jump(from + next.length);
  return done;
}

/// Writes through a second mapping of the code's pages: their protection stays.
bool WriteJump(ULONG_PTR site, ULONG_PTR target) {
  const ULONG_PTR window = AreaOf(site) + kAreaSize;
  const ULONG_PTR page = site & ~ULONG_PTR{PAGE_SIZE - 1};
  if (!hal::MapAlias(window, mm::PhysicalOf(page), SIZE_T{2} * PAGE_SIZE, hal::Protection::ReadWrite)) return false;
  auto* const at = reinterpret_cast<UCHAR*>(window + (site - page));
  const auto displacement = static_cast<LONG>(target - site - kJumpSize);
  at[0] = 0xE9;
  std::memcpy(at + 1, &displacement, sizeof displacement);
  hal::Unmap(window, SIZE_T{2} * PAGE_SIZE);
  return true;
}

}  // namespace

bool PatchCr8Move(ULONG_PTR site, const ZydisDecodedInstruction& move, const ZydisDecodedOperand* operands) {
  if (!InWindows(site) || !IsCr8Move(move, operands)) return false;
  const ULONG_PTR area = AreaOf(site);
  ULONG& used = UsedSlots(site);
  if (used == kSlots) return false;
  if (used == 0 && !hal::MapLinear(area, kAreaSize, hal::Protection::ReadWriteExecute)) return false;
  Slot* const slot = reinterpret_cast<Slot*>(area) + used;
  *slot = Slot{};
  slot->site = site;
  slot->lowered = reinterpret_cast<const void*>(&KiLoweredByMove);
  Assembler to(slot);
  if (!AssembleCr8Move(to, operands)) return false;
  slot->next_copy = to.here();
  if (!AssembleNext(to, site + kMoveSize)) return false;
  if (!WriteJump(site, reinterpret_cast<ULONG_PTR>(slot->code))) return false;
  ++used;
  return true;
}

ULONG_PTR MovedByCr8Patch(ULONG_PTR address) {
  const ULONG_PTR site = address - kMoveSize;
  if (!InWindows(site)) return 0;
  LONG displacement;
  if (!KiGuardedCopy(&displacement, reinterpret_cast<const void*>(site + 1), sizeof displacement)) return 0;
  const Slot* const slot = SlotAt(site + kJumpSize + static_cast<ULONG_PTR>(LONG_PTR{displacement}));
  return slot != nullptr && slot->site == site ? slot->next_copy : 0;
}

ULONG_PTR OriginalOf(ULONG_PTR address) {
  const Slot* const slot = SlotAt(address);
  if (slot == nullptr) return address;
  return address < slot->next_copy ? slot->site : slot->site + kMoveSize;
}

}  // namespace nt::ke

/// From a slot, with everything saved: the IRQL was lowered and something waits.
extern "C" void KiDeliverLowered() { nt::ke::DeliverSoftwareInterrupts(); }
