#include "kernel/ke/divisor.h"

#include <Zydis/Zydis.h>

#include "kernel/ke/ki.h"

namespace nt::ke {
namespace {

ULONG64 ValueOf(const ucontext_t& context, ZydisRegister name, const ZydisDecodedInstruction& instruction, ULONG_PTR rip) {
  constexpr int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                           REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  if (name == ZYDIS_REGISTER_NONE) return 0;
  if (name == ZYDIS_REGISTER_RIP) return rip + instruction.length;
  const auto wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
  const auto value = static_cast<ULONG64>(context.uc_mcontext.gregs[order[wide - ZYDIS_REGISTER_RAX]]);
  const bool second_byte = name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH;
  return second_byte ? value >> 8 : value;
}

}  // namespace

bool DivisorIsZero(const ucontext_t& context, ULONG_PTR rip) {
  UCHAR bytes[15];
  SIZE_T length = 0;
  while (length < sizeof bytes && KiGuardedCopy(bytes + length, reinterpret_cast<const void*>(rip + length), 1)) ++length;
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length, &instruction, operands))) return true;
  const ZydisDecodedOperand& divisor = operands[0];
  ULONG64 value = 0;
  if (divisor.type == ZYDIS_OPERAND_TYPE_REGISTER) {
    value = ValueOf(context, divisor.reg.value, instruction, rip);
  } else if (divisor.type == ZYDIS_OPERAND_TYPE_MEMORY) {
    const auto& memory = divisor.mem;
    const ULONG64 address = ValueOf(context, memory.base, instruction, rip) + static_cast<ULONG64>(memory.disp.value) +
                            ValueOf(context, memory.index, instruction, rip) * memory.scale;
    if (!KiGuardedCopy(&value, reinterpret_cast<const void*>(address), divisor.size / 8U)) return true;
  }
  return divisor.size < 64 ? (value & ((ULONG64{1} << divisor.size) - 1)) == 0 : value == 0;
}

}  // namespace nt::ke
