// setjmp's buffer.
#pragma once

#include "nt/context.h"

namespace nt::ke {

/// The runtime's _JUMP_BUFFER (setjmp.h).
struct JumpBuffer {
  ULONG64 Frame;  ///< 0: longjmp unwinds nothing
  ULONG64 Rbx, Rsp, Rbp, Rsi, Rdi, R12, R13, R14, R15, Rip;
  ULONG MxCsr;
  USHORT FpCsr;
  USHORT Spare;
  M128A Xmm6[10];
};
static_assert(sizeof(JumpBuffer) == 0x100 && offsetof(JumpBuffer, MxCsr) == 0x58 && offsetof(JumpBuffer, Xmm6) == 0x60);

/// Makes a context that of setjmp's caller, but for what setjmp returns.
void LoadJumpBuffer(CONTEXT* context, const JumpBuffer* buffer);

}  // namespace nt::ke
