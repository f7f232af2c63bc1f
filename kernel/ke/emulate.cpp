// Privileged instructions of kernel code: decoded and carried out on the machine's own processors.
#include <Zydis/Zydis.h>
#include <signal.h>

#include <iterator>

#include "kernel/ex/ex.h"
#include "kernel/ke/cr8_patch.h"
#include "kernel/ke/paged_check.h"
#include "kernel/ke/panic.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

/// The signal frame's register for a 64-bit general register, in Zydis's numbering.
greg_t& Register(ucontext_t* context, ZydisRegister name) {
  constexpr int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                           REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  const auto wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
  return context->uc_mcontext.gregs[order[wide - ZYDIS_REGISTER_RAX]];
}

ULONG64 ReadMsr(ULONG msr) {
  switch (msr) {
    case 0xC0000082:
      return 0x4030'0000'1000;  // LSTAR: where system calls enter
    case 0xC0000101:
      return reinterpret_cast<ULONG64>(KiPcr);
    case 0x10:
      return __builtin_ia32_rdtsc();
    case 0xC0000080:
      return 0xD01;  // EFER: long mode, NX, SYSCALL
    case 0x1B:
      return 0xFEE00900;  // APIC base
    default:
      return 0;
  }
}

void MoveControl(ucontext_t* context, const ZydisDecodedOperand& to, const ZydisDecodedOperand& from) {
  if (to.reg.value == ZYDIS_REGISTER_CR8) {
    const auto level = static_cast<KIRQL>(Register(context, from.reg.value));
    KiPcr->irql = level;
    return;
  }
  switch (from.reg.value) {
    case ZYDIS_REGISTER_CR8:
      Register(context, to.reg.value) = KiPcr->irql;
      break;
    case ZYDIS_REGISTER_CR0:
      Register(context, to.reg.value) = 0x80050033;
      break;
    case ZYDIS_REGISTER_CR3:
      Register(context, to.reg.value) = 0x1ad000;
      break;
    case ZYDIS_REGISTER_CR4:
      Register(context, to.reg.value) = 0x370678;
      break;
    default:
      if (to.type == ZYDIS_OPERAND_TYPE_REGISTER && ZydisRegisterGetClass(to.reg.value) == ZYDIS_REGCLASS_GPR64)
        Register(context, to.reg.value) = 0;
      break;
  }
}

/// Lowering delivers what is due at the next instruction's boundary.
void DeliverIfLowered(ucontext_t* context) {
  if ((KiPcr->software_interrupts >> 1 >> KiPcr->irql) == 0) return;
  auto& registers = context->uc_mcontext.gregs;
  auto* const sp = reinterpret_cast<ULONG_PTR*>(registers[REG_RSP]) - 1;
  *sp = static_cast<ULONG_PTR>(registers[REG_RIP]);
  registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(sp));
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&KiLoweredByMove));
}

}  // namespace

bool EmulateInstruction(hal::Trap& trap) {
  if (trap.signal != SIGSEGV || trap.trap != 13) return false;
  ucontext_t* const context = trap.context;
  const auto rip = static_cast<ULONG_PTR>(context->uc_mcontext.gregs[REG_RIP]);
  if (const ULONG_PTR moved = MovedByCr8Patch(rip); moved != 0) {
    context->uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(moved);
    return true;
  }
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  UCHAR bytes[15];
  SIZE_T length = 0;
  while (length < sizeof bytes && KiGuardedCopy(bytes + length, reinterpret_cast<const void*>(rip + length), 1)) ++length;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length, &instruction, operands))) {
    return false;
  }
  auto& registers = context->uc_mcontext.gregs;
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
      if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER || operands[1].type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
      // It runs again, replaced, unless each change of IRQL has to be seen.
      if (!ex::SpecialPool() && PatchCr8Move(rip, instruction, operands)) return true;
      MoveControl(context, operands[0], operands[1]);
      CheckPagedAccess();
      registers[REG_RIP] += instruction.length;
      DeliverIfLowered(context);
      return true;
    case ZYDIS_MNEMONIC_CLI:
    case ZYDIS_MNEMONIC_STI:
    case ZYDIS_MNEMONIC_INVLPG:
    case ZYDIS_MNEMONIC_WBINVD:
    case ZYDIS_MNEMONIC_WRMSR:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_OUT:
    case ZYDIS_MNEMONIC_CLTS:
      break;
    case ZYDIS_MNEMONIC_RDMSR: {
      const ULONG64 value = ReadMsr(static_cast<ULONG>(registers[REG_RCX]));
      registers[REG_RAX] = static_cast<greg_t>(value & 0xffffffff);
      registers[REG_RDX] = static_cast<greg_t>(value >> 32);
      break;
    }
    case ZYDIS_MNEMONIC_IN: {  // nothing answers on the bus
      const ULONG64 mask = operands[0].size == 8 ? 0xff : operands[0].size == 16 ? 0xffff : 0xffffffff;
      auto& rax = registers[REG_RAX];
      rax = static_cast<greg_t>(operands[0].size == 32 ? mask : (static_cast<ULONG64>(rax) & ~mask) | mask);
      break;
    }
    default:
      return false;
  }
  registers[REG_RIP] += instruction.length;
  return true;
}

}  // namespace nt::ke
