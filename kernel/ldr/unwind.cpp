#include "kernel/ldr/unwind.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "kernel/ldr/state.h"
#include "nt/status.h"

namespace nt::ldr {
namespace {

/// Longer chains of unwind information do not occur; a cycle does, in damaged images.
constexpr ULONG kMostChained = 32;
constexpr BYTE kRsp = 4;
/// Addresses of a dynamic function table are 31 bits wide: the highest marks an indirect entry.
constexpr SIZE_T kMostDynamicCode = 0x80000000;

DWORD64& Register(CONTEXT& context, ULONG number) { return (&context.Rax)[number]; }
M128A& XmmRegister(CONTEXT& context, ULONG number) { return (&context.Xmm0)[number]; }

/// Bytes of an image that can be read now: neither outside it nor in a section that was discarded.
const std::byte* ImageBytes(const Image& image, ULONGLONG rva, SIZE_T size) {
  if (rva > image.size || size > image.size - rva) return nullptr;
  for (const Section& section : image.sections) {
    const bool outside = rva >= ULONGLONG{section.rva} + section.size || rva + size <= section.rva;
    const bool readable = !section.discarded && (section.characteristics & IMAGE_SCN_MEM_READ) != 0;
    if (!outside && !readable && section.size != 0) return nullptr;
  }
  return reinterpret_cast<const std::byte*>(image.base + rva);
}

/// Unwind information that was checked to lie in the image as a whole.
struct Info {
  UNWIND_INFO head;
  const UNWIND_CODE* codes;
  ULONG tail;  ///< RVA of what follows the codes: a chained function, or the handler

  bool chained() const { return (head.Flags & UNW_FLAG_CHAININFO) != 0; }
};

std::optional<Info> ReadInfo(const Image& image, ULONG rva) {
  const std::byte* const at = rva % 4 == 0 ? ImageBytes(image, rva, sizeof(UNWIND_INFO)) : nullptr;
  if (at == nullptr) return std::nullopt;
  Info info;
  std::memcpy(&info.head, at, sizeof info.head);
  if (info.head.Version != 1 && info.head.Version != 2) return std::nullopt;
  const ULONG slots = (info.head.CountOfCodes + 1U) & ~1U;
  info.tail = rva + ULONG{sizeof(UNWIND_INFO)} + slots * ULONG{sizeof(UNWIND_CODE)};
  const bool has_tail = info.head.Flags != 0;
  // A handler's RVA, or the three of a chained function.
  const ULONG tail_size = !has_tail ? 0 : info.chained() ? ULONG{sizeof(RUNTIME_FUNCTION)} : ULONG{sizeof(ULONG)};
  if (ImageBytes(image, rva, info.tail - rva + tail_size) == nullptr) return std::nullopt;
  info.codes = reinterpret_cast<const UNWIND_CODE*>(at + sizeof(UNWIND_INFO));
  return info;
}

std::optional<RUNTIME_FUNCTION> ReadFunction(const Image& image, ULONG rva) {
  const std::byte* const at = ImageBytes(image, rva, sizeof(RUNTIME_FUNCTION));
  if (at == nullptr) return std::nullopt;
  RUNTIME_FUNCTION function;
  std::memcpy(&function, at, sizeof function);
  return function;
}

/// Follows an entry that refers to another one.
std::optional<RUNTIME_FUNCTION> Direct(const Image& image, RUNTIME_FUNCTION function) {
  for (ULONG i = 0; i < kMostChained; ++i) {
    if ((function.UnwindData & RUNTIME_FUNCTION_INDIRECT) == 0) return function;
    const auto next = ReadFunction(image, function.UnwindData - RUNTIME_FUNCTION_INDIRECT);
    if (!next) break;
    function = *next;
  }
  return std::nullopt;
}

/// The first part of a function that is laid out in several: the end of the chain.
std::optional<RUNTIME_FUNCTION> Primary(const Image& image, RUNTIME_FUNCTION function) {
  for (ULONG i = 0; i < kMostChained; ++i) {
    const auto direct = Direct(image, function);
    const auto info = direct ? ReadInfo(image, direct->UnwindData) : std::nullopt;
    if (!info) break;
    if (!info->chained()) return direct;
    const auto next = ReadFunction(image, info->tail);
    if (!next) break;
    function = *next;
  }
  return std::nullopt;
}

/// Slots a code takes, with its operands; 0 for an unknown one.
ULONG SlotsOf(const UNWIND_CODE& code, ULONG version) {
  switch (code.UnwindOp) {
    case UWOP_PUSH_NONVOL:
    case UWOP_ALLOC_SMALL:
    case UWOP_SET_FPREG:
    case UWOP_PUSH_MACHFRAME:
      return 1;
    case UWOP_ALLOC_LARGE:
      return code.OpInfo == 0 ? 2 : code.OpInfo == 1 ? 3 : 0;
    case UWOP_SAVE_NONVOL:
    case UWOP_SAVE_XMM128:
      return 2;
    case UWOP_SAVE_NONVOL_FAR:
    case UWOP_SAVE_XMM128_FAR:
      return 3;
    case UWOP_EPILOG:
      return version == 2 ? 1 : 2;
    case UWOP_SPARE_CODE:
      return 3;
    default:
      return 0;
  }
}

/// One frame being undone.
class Frame {
 public:
  Frame(const Image& image, const RUNTIME_FUNCTION& function, ULONG_PTR pc, CONTEXT* context, const StackLimits& limits,
        PKNONVOLATILE_CONTEXT_POINTERS saved)
      : image_(image), function_(function), pc_(static_cast<ULONG>(pc - image.base)), context_(*context), limits_(limits), saved_(saved) {}

  NTSTATUS Unwind(ULONG handler_type, UnwindResult* result);

 private:
  bool Load(ULONG_PTR address, ULONGLONG* value, SIZE_T size = sizeof(ULONGLONG)) const;
  NTSTATUS Pop(ULONG number);
  NTSTATUS Restore(ULONG number, ULONG_PTR address);
  NTSTATUS RestoreXmm(ULONG number, ULONG_PTR address);
  NTSTATUS PopMachineFrame(bool error_code);
  NTSTATUS Return();

  bool FrameRegisterSet(const Info& info, ULONG offset) const;
  bool InEpilogTable(const Info& info) const;
  bool InEpilogue(const Info& info) const;
  bool IsExit(const std::byte* at, ULONG left, const Info& info) const;
  bool LeavesFunction(ULONGLONG target, const Info& info) const;
  NTSTATUS UndoEpilogue();
  NTSTATUS UndoCodes(const Info& info, ULONG offset);
  NTSTATUS UndoCode(const Info& info, const UNWIND_CODE* code);

  const Image& image_;
  RUNTIME_FUNCTION function_;
  ULONG pc_;  ///< RVA
  CONTEXT& context_;
  const StackLimits& limits_;
  PKNONVOLATILE_CONTEXT_POINTERS saved_;
  ULONG_PTR frame_base_ = 0;
  bool machine_frame_ = false;
};

bool Frame::Load(ULONG_PTR address, ULONGLONG* value, SIZE_T size) const {
  if (address % sizeof(ULONGLONG) != 0 || address < limits_.low || address >= limits_.high || limits_.high - address < size) {
    return false;
  }
  std::memcpy(value, reinterpret_cast<const void*>(address), size);
  return true;
}

NTSTATUS Frame::Restore(ULONG number, ULONG_PTR address) {
  if (!Load(address, &Register(context_, number))) return STATUS_BAD_STACK;
  if (saved_ != nullptr) saved_->IntegerContext[number] = reinterpret_cast<PULONG64>(address);
  return STATUS_SUCCESS;
}

NTSTATUS Frame::RestoreXmm(ULONG number, ULONG_PTR address) {
  ULONGLONG value[2];
  if (!Load(address, value, sizeof value)) return STATUS_BAD_STACK;
  XmmRegister(context_, number) = {value[0], static_cast<LONGLONG>(value[1])};
  if (saved_ != nullptr) saved_->FloatingContext[number] = reinterpret_cast<PM128A>(address);
  return STATUS_SUCCESS;
}

NTSTATUS Frame::Pop(ULONG number) {
  const ULONG_PTR address = context_.Rsp;
  context_.Rsp += sizeof(ULONGLONG);
  return Restore(number, address);
}

NTSTATUS Frame::PopMachineFrame(bool error_code) {
  // An error code, then Rip, Cs, EFlags, Rsp, Ss.
  ULONGLONG values[5];
  if (!Load(context_.Rsp + (error_code ? sizeof(ULONGLONG) : 0), values, sizeof values)) return STATUS_BAD_STACK;
  context_.Rip = values[0];
  context_.Rsp = values[3];
  machine_frame_ = true;
  return STATUS_SUCCESS;
}

NTSTATUS Frame::Return() {
  if (!Load(context_.Rsp, &context_.Rip)) return STATUS_BAD_STACK;
  context_.Rsp += sizeof(ULONGLONG);
  return STATUS_SUCCESS;
}

/// The frame register holds the frame: past the prologue, or past its instruction in the prologue.
bool Frame::FrameRegisterSet(const Info& info, ULONG offset) const {
  if (info.head.FrameRegister == 0) return false;
  if (offset >= info.head.SizeOfProlog || info.chained()) return true;
  for (ULONG i = 0; i < info.head.CountOfCodes;) {
    if (info.codes[i].UnwindOp == UWOP_SET_FPREG) return offset >= info.codes[i].CodeOffset;
    const ULONG slots = SlotsOf(info.codes[i], info.head.Version);
    if (slots == 0) break;
    i += slots;
  }
  return false;
}

/// Version 2 lists the epilogues: first their size and whether one ends the function, then distances from its end.
bool Frame::InEpilogTable(const Info& info) const {
  if (info.head.CountOfCodes == 0 || info.codes[0].UnwindOp != UWOP_EPILOG) return false;
  const ULONG size = info.codes[0].CodeOffset;
  const ULONG from_end = function_.EndAddress - pc_;
  const auto holds = [&](ULONG distance) { return from_end <= distance && distance - from_end < size; };
  if ((info.codes[0].OpInfo & 1) != 0 && holds(size)) return true;
  for (ULONG i = 1; i < info.head.CountOfCodes && info.codes[i].UnwindOp == UWOP_EPILOG; ++i) {
    const ULONG distance = info.codes[i].CodeOffset | ULONG{info.codes[i].OpInfo} << 8;
    if (distance != 0 && holds(distance)) return true;
  }
  return false;
}

/// A jump to `target` leaves the function, so it is a tail call.
bool Frame::LeavesFunction(ULONGLONG target, const Info& info) const {
  // Relative jumps stay in their image; out of it leads what stands for an instruction here (ke/cr8_patch.cpp).
  if (target >= image_.size) return false;
  if (target == function_.BeginAddress) return !info.chained();
  if (target > function_.BeginAddress && target < function_.EndAddress) return false;
  // Another part of the same function is not another function.
  ULONG_PTR base = 0;
  const RUNTIME_FUNCTION* const other = LookupFunction(image_.base + target, &base);
  if (other == nullptr || base != image_.base) return true;
  const auto its = Primary(image_, *other);
  const auto ours = Primary(image_, function_);
  return !its || !ours || its->BeginAddress != ours->BeginAddress;
}

LONG ReadLong(const std::byte* at) {
  LONG value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

UCHAR ByteAt(const std::byte* at, ULONG index) { return static_cast<UCHAR>(at[index]); }

/// The instruction that frees the frame at the head of an epilogue: its length, or 0 if there is none. Adds to *rsp.
ULONG FreeInstruction(const std::byte* at, ULONG left, ULONG frame_register, CONTEXT* context) {
  if (left >= 4 && ByteAt(at, 0) == 0x48 && ByteAt(at, 1) == 0x83 && ByteAt(at, 2) == 0xC4) {
    if (context != nullptr) context->Rsp += static_cast<ULONG_PTR>(LONG_PTR{static_cast<signed char>(at[3])});
    return 4;
  }
  if (left >= 7 && ByteAt(at, 0) == 0x48 && ByteAt(at, 1) == 0x81 && ByteAt(at, 2) == 0xC4) {
    if (context != nullptr) context->Rsp += static_cast<ULONG_PTR>(LONG_PTR{ReadLong(at + 3)});
    return 7;
  }
  // lea rsp, [frame register + displacement]
  if (frame_register == 0 || left < 3 || (ByteAt(at, 0) & 0xFE) != 0x48 || ByteAt(at, 1) != 0x8D) return 0;
  const UCHAR modrm = ByteAt(at, 2);
  const ULONG base = (modrm & 7U) | (ByteAt(at, 0) & 1U) << 3;
  if ((modrm >> 3 & 7) != kRsp || base != frame_register) return 0;
  const ULONG sib = (modrm & 7) == kRsp ? 1 : 0;
  const ULONG mode = modrm >> 6;
  // With mode 0, base 5 would be RIP-relative; mode 3 has no memory operand.
  if (mode == 3 || (mode == 0 && (modrm & 7) == 5)) return 0;
  const ULONG length = 3 + sib + (mode == 0 ? 0 : mode == 1 ? 1 : 4);
  if (left < length) return 0;
  const LONG displacement = mode == 0 ? 0 : mode == 1 ? LONG{static_cast<signed char>(at[3 + sib])} : ReadLong(at + 3 + sib);
  if (context != nullptr) context->Rsp = Register(*context, base) + static_cast<ULONG_PTR>(LONG_PTR{displacement});
  return length;
}

/// A pop of a 64-bit register: its length and the register, or 0.
ULONG PopInstruction(const std::byte* at, ULONG left, ULONG* number) {
  if (left >= 1 && (ByteAt(at, 0) & 0xF8) == 0x58) {
    *number = ByteAt(at, 0) & 7U;
    return 1;
  }
  if (left >= 2 && (ByteAt(at, 0) & 0xF0) == 0x40 && (ByteAt(at, 1) & 0xF8) == 0x58) {
    *number = (ByteAt(at, 1) & 7U) | (ByteAt(at, 0) & 1U) << 3;
    return 2;
  }
  return 0;
}

/// A return, or a jump that is a tail call.
bool Frame::IsExit(const std::byte* at, ULONG left, const Info& info) const {
  const auto byte = [&](ULONG index) { return index < left ? ByteAt(at, index) : UCHAR{0}; };
  const ULONGLONG here = static_cast<ULONGLONG>(reinterpret_cast<ULONG_PTR>(at) - image_.base);
  if (byte(0) == 0xC3 || (byte(0) == 0xF3 && byte(1) == 0xC3)) return true;                  // ret, rep ret
  if (byte(0) == 0xC2 && left >= 3) return true;                                             // ret imm16
  if (byte(0) == 0xFF && byte(1) == 0x25) return true;                                       // jmp [rip + x]
  if ((byte(0) & 0xF8) == 0x48 && byte(1) == 0xFF && (byte(2) & 0x38) == 0x20) return true;  // rex.w jmp
  if (byte(0) == 0xEB && left >= 2) {
    return LeavesFunction(here + 2 + static_cast<ULONGLONG>(LONGLONG{static_cast<signed char>(at[1])}), info);
  }
  if (byte(0) == 0xE9 && left >= 5) {
    return LeavesFunction(here + 5 + static_cast<ULONGLONG>(LONGLONG{ReadLong(at + 1)}), info);
  }
  return false;
}

/// What is left to execute is an epilogue. Version 1 has no table of them: they have a form by which they are told.
bool Frame::InEpilogue(const Info& info) const {
  if (info.head.Version == 2 && !InEpilogTable(info)) return false;
  ULONG left = function_.EndAddress - pc_;
  const std::byte* at = ImageBytes(image_, pc_, left);
  if (at == nullptr) return false;
  const auto skip = [&](ULONG length) {
    at += length;
    left -= length;
    return length != 0;
  };
  skip(FreeInstruction(at, left, info.head.FrameRegister, nullptr));
  ULONG number;
  while (skip(PopInstruction(at, left, &number))) {
  }
  return IsExit(at, left, info);
}

NTSTATUS Frame::UndoEpilogue() {
  ULONG left = function_.EndAddress - pc_;
  const std::byte* at = ImageBytes(image_, pc_, left);
  const auto info = ReadInfo(image_, function_.UnwindData);
  if (!info) return STATUS_BAD_FUNCTION_TABLE;
  const ULONG freed = FreeInstruction(at, left, info->head.FrameRegister, &context_);
  at += freed;
  left -= freed;
  ULONG number;
  while (const ULONG length = PopInstruction(at, left, &number)) {
    const NTSTATUS status = Pop(number);
    if (status != STATUS_SUCCESS) return status;
    at += length;
    left -= length;
  }
  const bool frees_arguments = left >= 3 && ByteAt(at, 0) == 0xC2;
  const NTSTATUS status = Return();
  if (frees_arguments) context_.Rsp += ByteAt(at, 1) | ULONG{ByteAt(at, 2)} << 8;
  return status;
}

NTSTATUS Frame::UndoCode(const Info& info, const UNWIND_CODE* code) {
  const ULONG number = code->OpInfo;
  const auto near_operand = [&] { return ULONG{code[1].FrameOffset}; };
  const auto far_operand = [&] { return code[1].FrameOffset | ULONG{code[2].FrameOffset} << 16; };
  switch (code->UnwindOp) {
    case UWOP_PUSH_NONVOL:
      return Pop(number);
    case UWOP_ALLOC_LARGE:
      context_.Rsp += number == 0 ? ULONG_PTR{near_operand()} * 8 : far_operand();
      return STATUS_SUCCESS;
    case UWOP_ALLOC_SMALL:
      context_.Rsp += number * 8 + 8;
      return STATUS_SUCCESS;
    case UWOP_SET_FPREG:
      if (info.head.FrameRegister == 0) return STATUS_BAD_FUNCTION_TABLE;
      context_.Rsp = Register(context_, info.head.FrameRegister) - info.head.FrameOffset * 16U;
      return STATUS_SUCCESS;
    case UWOP_SAVE_NONVOL:
      return Restore(number, frame_base_ + ULONG_PTR{near_operand()} * 8);
    case UWOP_SAVE_NONVOL_FAR:
      return Restore(number, frame_base_ + far_operand());
    case UWOP_SAVE_XMM128:
      return RestoreXmm(number, frame_base_ + ULONG_PTR{near_operand()} * 16);
    case UWOP_SAVE_XMM128_FAR:
      return RestoreXmm(number, frame_base_ + far_operand());
    case UWOP_PUSH_MACHFRAME:
      return PopMachineFrame(number != 0);
    default:
      return STATUS_SUCCESS;  // epilogue codes, and what version 1 left unused
  }
}

/// Undoes what was executed of a prologue: the codes are in reverse order of it.
NTSTATUS Frame::UndoCodes(const Info& info, ULONG offset) {
  for (ULONG i = 0; i < info.head.CountOfCodes;) {
    const UNWIND_CODE* const code = info.codes + i;
    const ULONG slots = SlotsOf(*code, info.head.Version);
    if (slots == 0 || slots > info.head.CountOfCodes - i) return STATUS_BAD_FUNCTION_TABLE;
    i += slots;
    if (code->UnwindOp == UWOP_EPILOG || offset < code->CodeOffset) continue;
    const NTSTATUS status = UndoCode(info, code);
    if (status != STATUS_SUCCESS) return status;
  }
  return STATUS_SUCCESS;
}

NTSTATUS Frame::Unwind(ULONG handler_type, UnwindResult* result) {
  const auto direct = Direct(image_, function_);
  auto info = direct ? ReadInfo(image_, direct->UnwindData) : std::nullopt;
  if (!info || pc_ < function_.BeginAddress || pc_ >= function_.EndAddress) return STATUS_BAD_FUNCTION_TABLE;
  function_.UnwindData = direct->UnwindData;
  ULONG offset = pc_ - function_.BeginAddress;
  const bool in_prologue = offset < info->head.SizeOfProlog;
  frame_base_ =
      FrameRegisterSet(*info, offset) ? Register(context_, info->head.FrameRegister) - info->head.FrameOffset * 16U : context_.Rsp;
  result->establisher_frame = frame_base_;
  if (!in_prologue && InEpilogue(*info)) return UndoEpilogue();

  const Info own = *info;
  for (ULONG depth = 0;; ++depth) {
    NTSTATUS status = UndoCodes(*info, offset);
    if (status != STATUS_SUCCESS) return status;
    if (!info->chained()) break;
    const auto chained = ReadFunction(image_, info->tail);
    const auto target = chained ? Direct(image_, *chained) : std::nullopt;
    info = target ? ReadInfo(image_, target->UnwindData) : std::nullopt;
    if (!info || depth == kMostChained) return STATUS_BAD_FUNCTION_TABLE;
    offset = ~0U;  // all of an outer part's prologue was executed
  }
  result->machine_frame = machine_frame_;
  if (!machine_frame_) {
    const NTSTATUS status = Return();
    if (status != STATUS_SUCCESS) return status;
  }
  // The handler is the primary part's; in the prologue there is nothing to handle yet.
  const bool prologue_done = !in_prologue || own.chained();
  if (prologue_done && (info->head.Flags & handler_type) != 0) {
    ULONG handler;
    std::memcpy(&handler, reinterpret_cast<const void*>(image_.base + info->tail), sizeof handler);
    if (handler >= image_.size) return STATUS_BAD_FUNCTION_TABLE;
    result->handler = reinterpret_cast<PEXCEPTION_ROUTINE>(image_.base + handler);
    result->handler_data = reinterpret_cast<PVOID>(image_.base + info->tail + sizeof(ULONG));
  }
  return STATUS_SUCCESS;
}

}  // namespace

const RUNTIME_FUNCTION* LookupFunction(ULONG_PTR pc, ULONG_PTR* image_base) {
  const Image* const image = ImageOf(pc);
  if (image == nullptr)
    return state->environment.dynamic_function != nullptr ? state->environment.dynamic_function(pc, image_base) : nullptr;
  *image_base = image->base;
  const auto rva = static_cast<ULONG>(pc - image->base);
  const auto after = std::upper_bound(image->functions.begin(), image->functions.end(), rva,
                                      [](ULONG value, const auto& entry) { return value < entry.BeginAddress; });
  if (after == image->functions.begin()) return nullptr;
  const RUNTIME_FUNCTION& function = *std::prev(after);
  return rva < function.EndAddress ? &function : nullptr;
}

namespace {

NTSTATUS UnwindIn(const Image& image, ULONG handler_type, ULONG_PTR control_pc, const RUNTIME_FUNCTION& function, CONTEXT* context,
                  const StackLimits& limits, UnwindResult* result, PKNONVOLATILE_CONTEXT_POINTERS saved) {
  if (control_pc - image.base >= image.size) return STATUS_BAD_FUNCTION_TABLE;
  const ULONG_PTR old_rsp = context->Rsp;
  const NTSTATUS status = Frame(image, function, control_pc, context, limits, saved).Unwind(handler_type, result);
  if (status != STATUS_SUCCESS) return status;
  // Only an interrupted frame may lie elsewhere; everything else would let a walk go in circles.
  if (!result->machine_frame && context->Rsp <= old_rsp) return STATUS_BAD_STACK;
  return STATUS_SUCCESS;
}

/// What stands for the image of a program's own code: what it has told about that is taken on trust.
Image DynamicCode(ULONG_PTR base) {
  Image dynamic;
  dynamic.base = base;
  dynamic.size = dynamic.mapped_size = kMostDynamicCode;
  return dynamic;
}

}  // namespace

NTSTATUS VirtualUnwind(ULONG handler_type, ULONG_PTR image_base, ULONG_PTR control_pc, const RUNTIME_FUNCTION* function, CONTEXT* context,
                       const StackLimits& limits, UnwindResult* result, PKNONVOLATILE_CONTEXT_POINTERS saved) {
  *result = {};
  const Image* const image = ImageOf(image_base);
  if (function == nullptr || (image != nullptr && image->base != image_base)) return STATUS_BAD_FUNCTION_TABLE;
  if (image != nullptr) return UnwindIn(*image, handler_type, control_pc, *function, context, limits, result, saved);
  if (state->environment.dynamic_function == nullptr) return STATUS_BAD_FUNCTION_TABLE;
  return UnwindIn(DynamicCode(image_base), handler_type, control_pc, *function, context, limits, result, saved);
}

NTSTATUS UnwindStep(CONTEXT* context, const StackLimits& limits) {
  ULONG_PTR base = 0;
  const RUNTIME_FUNCTION* const function = LookupFunction(context->Rip, &base);
  if (function != nullptr) {
    UnwindResult result;
    return VirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, limits, &result);
  }
  const ULONG_PTR rsp = context->Rsp;
  if (rsp % 8 != 0 || rsp < limits.low || rsp >= limits.high || limits.high - rsp < sizeof(ULONGLONG)) {
    return STATUS_BAD_STACK;
  }
  std::memcpy(&context->Rip, reinterpret_cast<const void*>(rsp), sizeof context->Rip);
  context->Rsp += sizeof(ULONGLONG);
  return STATUS_SUCCESS;
}

}  // namespace nt::ldr

PRUNTIME_FUNCTION RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE) {
  ULONG_PTR base = 0;
  const RUNTIME_FUNCTION* const function = nt::ldr::LookupFunction(ControlPc, &base);
  if (ImageBase != nullptr) *ImageBase = base;
  return const_cast<PRUNTIME_FUNCTION>(function);
}

PEXCEPTION_ROUTINE RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry,
                                    PCONTEXT ContextRecord, PVOID* HandlerData, PULONG64 EstablisherFrame,
                                    PKNONVOLATILE_CONTEXT_POINTERS ContextPointers) {
  using namespace nt::ldr;
  StackLimits limits{0x10000, ~ULONG_PTR{0}};
  if (state->environment.stack_limits != nullptr) limits = state->environment.stack_limits();
  UnwindResult result;
  const NTSTATUS status = VirtualUnwind(HandlerType, ImageBase, ControlPc, FunctionEntry, ContextRecord, limits, &result, ContextPointers);
  *EstablisherFrame = result.establisher_frame;
  *HandlerData = result.handler_data;
  if (status != STATUS_SUCCESS) ContextRecord->Rip = 0;
  return status == STATUS_SUCCESS ? result.handler : nullptr;
}
