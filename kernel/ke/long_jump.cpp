// longjmp: an unwind to the frame that called setjmp, where all registers become what they were then.
#include "kernel/ke/long_jump.h"

#include <algorithm>

#include "kernel/ke/unwind.h"
#include "nt/status.h"

namespace nt::ke {

void LoadJumpBuffer(CONTEXT* context, const JumpBuffer* buffer) {
  context->Rbx = buffer->Rbx;
  context->Rsp = buffer->Rsp;
  context->Rbp = buffer->Rbp;
  context->Rsi = buffer->Rsi;
  context->Rdi = buffer->Rdi;
  context->R12 = buffer->R12;
  context->R13 = buffer->R13;
  context->R14 = buffer->R14;
  context->R15 = buffer->R15;
  context->Rip = buffer->Rip;
  context->MxCsr = buffer->MxCsr;
  std::copy_n(buffer->Xmm6, 10, &context->Xmm6);
  asm volatile("fnclex\n fldcw %0" ::"m"(buffer->FpCsr));
}

namespace {

/// Goes to setjmp's caller and leaves everything between as it is.
[[noreturn]] void Jump(CONTEXT* context, Record* top, const JumpBuffer* buffer) {
  while (top != nullptr && reinterpret_cast<ULONG64>(top) < buffer->Rsp) top = top->previous;
  KiThread->host.records = top;
  LoadJumpBuffer(context, buffer);
  ResumeAt(context);
}

}  // namespace
}  // namespace nt::ke

using namespace nt::ke;

extern "C" VOID Crt_longjmp(PVOID JumpBuffer, int Value) {
  const auto* const buffer = static_cast<const nt::ke::JumpBuffer*>(JumpBuffer);
  CONTEXT context;
  Record* const top = CallerContext(&context);
  const auto result = static_cast<ULONG64>(LONG64{Value != 0 ? Value : 1});
  // The compiler says which frame setjmp's caller has, but not all name the one that unwinding finds: its stack pointer tells that.
  const ULONG64 target = buffer->Frame != 0 ? FrameOf(buffer->Rsp, &context, top) : 0;
  if (target == 0) {
    context.Rax = result;
    Jump(&context, top, buffer);
  }
  EXCEPTION_RECORD record{};
  record.ExceptionCode = STATUS_LONGJUMP;
  record.ExceptionAddress = reinterpret_cast<PVOID>(context.Rip);
  record.NumberParameters = 1;
  record.ExceptionInformation[0] = reinterpret_cast<ULONG_PTR>(buffer);
  UnwindTo(target, buffer->Rip, &record, result, &context, top);
}
