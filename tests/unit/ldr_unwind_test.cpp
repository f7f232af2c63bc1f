// The unwinder against frames made by hand.
#include <gtest/gtest.h>

#include <array>

#include "kernel/hal/hal.h"
#include "kernel/ldr/unwind.h"
#include "nt/status.h"
#include "tests/unit/ldr_pe_writer.h"

namespace nt::ldr::test {
namespace {

UNWIND_CODE Op(int offset, UNWIND_OP_CODES op, int info) {
  UNWIND_CODE code;
  code.CodeOffset = static_cast<BYTE>(offset);
  code.UnwindOp = static_cast<BYTE>(op & 15);
  code.OpInfo = static_cast<BYTE>(info & 15);
  return code;
}
UNWIND_CODE Slot(int value) {
  UNWIND_CODE code;
  code.FrameOffset = static_cast<WORD>(value);
  return code;
}

/// One function of 0x100 bytes at RVA 0x1000 with the given unwind information and a stack to unwind on.
class LdrUnwind : public testing::Test {
 protected:
  static constexpr ULONG kFunction = 0x1000;
  static constexpr ULONG kInfo = 0x2040;

  void SetUp() override {
    hal::InitializeMemory();
    Initialize({});
    for (SIZE_T i = 0; i < stack_.size(); ++i) stack_[i] = 0x1000 + i;
    context_.Rsp = reinterpret_cast<ULONG_PTR>(&stack_[0]);
    limits_ = {context_.Rsp, context_.Rsp + sizeof stack_};
  }
  void TearDown() override {
    Shutdown();
    hal::ShutdownMemory();
  }

  /// Loads the image. `tail` follows the codes.
  void Make(const UNWIND_INFO& head, const std::vector<UNWIND_CODE>& codes, const std::vector<ULONG>& tail = {},
            const Bytes& code_at_80 = {}) {
    PeWriter pe;
    Bytes text(0x200, std::byte{0x90});
    std::copy(code_at_80.begin(), code_at_80.end(), text.begin() + 0x80);
    pe.Add(".text", text, kCode);
    Bytes rdata;
    Append(rdata, RUNTIME_FUNCTION{kFunction, kFunction + 0x100, kInfo});
    Append(rdata, RUNTIME_FUNCTION{kFunction + 0x100, kFunction + 0x180, kInfo + 0x100});
    rdata.resize(kInfo - 0x2000);
    AppendInfo(rdata, head, codes, tail);
    rdata.resize(kInfo - 0x2000 + 0x100);
    // The second function: pushes rbx, and has no more.
    AppendInfo(rdata, {1, 0, 1, 1, 0, 0}, {Op(1, UWOP_PUSH_NONVOL, 3)}, {});
    pe.SetDirectory(IMAGE_DIRECTORY_ENTRY_EXCEPTION, 0x2000, 2 * sizeof(RUNTIME_FUNCTION));
    pe.Add(".rdata", rdata, kReadOnly);
    const Verdict verdict = Load(u"unwind.sys", pe.Write(), {}, &image_);
    ASSERT_TRUE(verdict.ok()) << verdict.sentence;
    ASSERT_TRUE(image_->notes.empty());
  }
  static void AppendInfo(Bytes& bytes, UNWIND_INFO head, const std::vector<UNWIND_CODE>& codes, const std::vector<ULONG>& tail) {
    head.CountOfCodes = static_cast<BYTE>(codes.size());
    Append(bytes, head);
    for (const UNWIND_CODE& code : codes) Append(bytes, code);
    if (codes.size() % 2 != 0) Append(bytes, USHORT{0});
    for (const ULONG value : tail) Append(bytes, value);
  }

  NTSTATUS Unwind(ULONG offset, ULONG handler_type = UNW_FLAG_NHANDLER) {
    ULONG_PTR base = 0;
    const ULONG_PTR pc = image_->base + kFunction + offset;
    const RUNTIME_FUNCTION* const function = LookupFunction(pc, &base);
    EXPECT_NE(function, nullptr);
    return VirtualUnwind(handler_type, base, pc, function, &context_, limits_, &result_, &saved_);
  }
  ULONG_PTR Popped() const { return (context_.Rsp - limits_.low) / 8; }

  Image* image_ = nullptr;
  alignas(16) std::array<ULONGLONG, 128> stack_{};
  CONTEXT context_{};
  KNONVOLATILE_CONTEXT_POINTERS saved_{};
  StackLimits limits_{};
  UnwindResult result_;
};

TEST_F(LdrUnwind, UndoesPushesAndAllocations) {
  // push rbp; push rsi; sub rsp, 0x20
  Make({1, 0, 8, 0, 0, 0}, {Op(8, UWOP_ALLOC_SMALL, 3), Op(3, UWOP_PUSH_NONVOL, 6), Op(1, UWOP_PUSH_NONVOL, 5)});
  ASSERT_EQ(Unwind(0x20), STATUS_SUCCESS);
  EXPECT_EQ(context_.Rsi, 0x1004u);
  EXPECT_EQ(context_.Rbp, 0x1005u);
  EXPECT_EQ(context_.Rip, 0x1006u);
  EXPECT_EQ(Popped(), 7u);
  EXPECT_EQ(result_.establisher_frame, limits_.low);
  EXPECT_EQ(saved_.IntegerContext[6], &stack_[4]);
}

TEST_F(LdrUnwind, UndoesOnlyWhatAPrologueDid) {
  Make({1, 0, 8, 0, 0, 0}, {Op(8, UWOP_ALLOC_SMALL, 3), Op(3, UWOP_PUSH_NONVOL, 6), Op(1, UWOP_PUSH_NONVOL, 5)});
  ASSERT_EQ(Unwind(1), STATUS_SUCCESS);
  EXPECT_EQ(context_.Rbp, 0x1000u);
  EXPECT_EQ(context_.Rip, 0x1001u);
}

TEST_F(LdrUnwind, UndoesLargeAllocations) {
  Make({1, 0, 8, 0, 0, 0}, {Op(8, UWOP_ALLOC_LARGE, 0), Slot(16), Op(4, UWOP_ALLOC_LARGE, 1), Slot(0x100), Slot(0)});
  ASSERT_EQ(Unwind(0x20), STATUS_SUCCESS);
  EXPECT_EQ(Popped(), 16u + 32 + 1);
}

TEST_F(LdrUnwind, FollowsTheFrameRegister) {
  // push rbp; sub rsp, 0x20; lea rbp, [rsp + 0x20]
  Make({1, 0, 10, 0, 5, 2}, {Op(10, UWOP_SET_FPREG, 0), Op(5, UWOP_ALLOC_SMALL, 3), Op(1, UWOP_PUSH_NONVOL, 5)});
  context_.Rbp = reinterpret_cast<ULONG_PTR>(&stack_[14]);
  ASSERT_EQ(Unwind(0x20), STATUS_SUCCESS);
  EXPECT_EQ(result_.establisher_frame, reinterpret_cast<ULONG_PTR>(&stack_[10]));
  EXPECT_EQ(context_.Rbp, 0x1000u + 14);
  EXPECT_EQ(context_.Rip, 0x1000u + 15);
}

TEST_F(LdrUnwind, RestoresSavedRegisters) {
  Make({1, 0, 8, 0, 0, 0},
       {Op(8, UWOP_SAVE_XMM128, 6), Slot(1), Op(7, UWOP_SAVE_XMM128_FAR, 7), Slot(0x20), Slot(0), Op(6, UWOP_SAVE_NONVOL, 7), Slot(8),
        Op(5, UWOP_SAVE_NONVOL_FAR, 12), Slot(0x48), Slot(0), Op(4, UWOP_ALLOC_SMALL, 15)});
  ASSERT_EQ(Unwind(0x20), STATUS_SUCCESS);
  EXPECT_EQ(context_.Xmm6.Low, 0x1002u);
  EXPECT_EQ(context_.Xmm7.Low, 0x1004u);
  EXPECT_EQ(context_.Rdi, 0x1008u);
  EXPECT_EQ(context_.R12, 0x1009u);
  EXPECT_EQ(Popped(), 17u);
}

TEST_F(LdrUnwind, CrossesMachineFrames) {
  Make({1, 0, 0, 0, 0, 0}, {Op(0, UWOP_ALLOC_SMALL, 0), Op(0, UWOP_PUSH_MACHFRAME, 1)});
  stack_[5] = limits_.low + 0x100;
  ASSERT_EQ(Unwind(0x20), STATUS_SUCCESS);
  EXPECT_TRUE(result_.machine_frame);
  EXPECT_EQ(context_.Rip, 0x1002u);
  EXPECT_EQ(context_.Rsp, limits_.low + 0x100);
}

TEST_F(LdrUnwind, FollowsChains) {
  // The second function's prologue was executed before this part's.
  Make({1, UNW_FLAG_CHAININFO, 4, 0, 0, 0}, {Op(4, UWOP_ALLOC_SMALL, 0)}, {kFunction + 0x100, kFunction + 0x180, kInfo + 0x100});
  ASSERT_EQ(Unwind(0x20), STATUS_SUCCESS);
  EXPECT_EQ(context_.Rbx, 0x1001u);
  EXPECT_EQ(context_.Rip, 0x1002u);
}

TEST_F(LdrUnwind, EndsChainsInACircle) {
  Make({1, UNW_FLAG_CHAININFO, 0, 0, 0, 0}, {}, {kFunction, kFunction + 0x100, kInfo});
  EXPECT_EQ(Unwind(0x20), STATUS_BAD_FUNCTION_TABLE);
}

TEST_F(LdrUnwind, FindsTheHandler) {
  Make({1, UNW_FLAG_EHANDLER, 4, 0, 0, 0}, {Op(4, UWOP_ALLOC_SMALL, 0)}, {kFunction + 0x40, 0x77});
  ASSERT_EQ(Unwind(0x20, UNW_FLAG_EHANDLER), STATUS_SUCCESS);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(result_.handler), image_->base + kFunction + 0x40);
  EXPECT_EQ(*static_cast<ULONG*>(result_.handler_data), 0x77u);
  context_.Rsp = limits_.low;
  ASSERT_EQ(Unwind(0x20, UNW_FLAG_UHANDLER), STATUS_SUCCESS);
  EXPECT_EQ(result_.handler, nullptr);
  context_.Rsp = limits_.low;
  ASSERT_EQ(Unwind(2, UNW_FLAG_EHANDLER), STATUS_SUCCESS);
  EXPECT_EQ(result_.handler, nullptr) << "in the prologue";
}

struct Epilogue {
  const char* what;
  std::vector<int> code;
  bool is_epilogue;
};

class LdrEpilogue : public LdrUnwind, public testing::WithParamInterface<Epilogue> {};

TEST_P(LdrEpilogue, IsToldByItsInstructions) {
  Bytes code;
  for (const int value : GetParam().code) code.push_back(static_cast<std::byte>(value));
  // push rbp; sub rsp, 0x40: in an epilogue less than that is left to undo.
  Make({1, UNW_FLAG_EHANDLER, 5, 0, 0, 0}, {Op(5, UWOP_ALLOC_SMALL, 7), Op(1, UWOP_PUSH_NONVOL, 5)}, {kFunction + 0x40}, code);
  ASSERT_EQ(Unwind(0x80, UNW_FLAG_EHANDLER), STATUS_SUCCESS);
  if (GetParam().is_epilogue) {
    EXPECT_LT(Popped(), 10u) << GetParam().what;
    EXPECT_EQ(result_.handler, nullptr);
  } else {
    EXPECT_EQ(Popped(), 10u) << GetParam().what;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, LdrEpilogue,
    testing::Values(Epilogue{"add rsp, 8; pop rbp; ret", {0x48, 0x83, 0xC4, 0x08, 0x5D, 0xC3}, true},
                    Epilogue{"add rsp, 0x10; ret", {0x48, 0x81, 0xC4, 0x10, 0, 0, 0, 0xC3}, true},
                    Epilogue{"pop r12; ret", {0x41, 0x5C, 0xC3}, true}, Epilogue{"ret", {0xC3}, true},
                    Epilogue{"rep ret", {0xF3, 0xC3}, true}, Epilogue{"ret 8", {0xC2, 0x08, 0x00}, true},
                    Epilogue{"jmp [rip]", {0xFF, 0x25, 0, 0, 0, 0}, true}, Epilogue{"rex.w jmp rax", {0x48, 0xFF, 0xE0}, true},
                    Epilogue{"jmp to another function", {0xE9, 0x7B, 0, 0, 0}, true},
                    Epilogue{"jmp to the function's start", {0xE9, 0x7B, 0xFF, 0xFF, 0xFF}, true},
                    Epilogue{"jmp within", {0xEB, 0x10}, false}, Epilogue{"add rsp, 8; nop", {0x48, 0x83, 0xC4, 0x08, 0x90}, false},
                    Epilogue{"pop rbp; nop", {0x5D, 0x90}, false},
                    Epilogue{"lea rsp with no frame register", {0x48, 0x8D, 0x65, 0x10, 0xC3}, false}, Epilogue{"nop", {0x90}, false}));

TEST_F(LdrUnwind, EmulatesAnEpilogue) {
  Make({1, 0, 5, 0, 0, 0}, {Op(5, UWOP_ALLOC_SMALL, 7), Op(1, UWOP_PUSH_NONVOL, 5)}, {},
       Code({0x48, 0x83, 0xC4, 0x10, 0x5D, 0x41, 0x5C, 0xC3}));
  ASSERT_EQ(Unwind(0x80), STATUS_SUCCESS);
  EXPECT_EQ(context_.Rbp, 0x1002u);
  EXPECT_EQ(context_.R12, 0x1003u);
  EXPECT_EQ(context_.Rip, 0x1004u);
  EXPECT_EQ(Popped(), 5u);
}

TEST_F(LdrUnwind, EmulatesAnEpilogueByFrameRegister) {
  Make({1, 0, 10, 0, 5, 0}, {Op(10, UWOP_SET_FPREG, 0), Op(1, UWOP_PUSH_NONVOL, 5)}, {}, Code({0x48, 0x8D, 0x65, 0x08, 0x5D, 0xC3}));
  context_.Rbp = reinterpret_cast<ULONG_PTR>(&stack_[9]);
  ASSERT_EQ(Unwind(0x80), STATUS_SUCCESS);
  EXPECT_EQ(context_.Rbp, 0x1000u + 10);
  EXPECT_EQ(context_.Rip, 0x1000u + 11);
}

TEST_F(LdrUnwind, TakesVersion2EpiloguesFromTheTable) {
  // An epilogue of 2 bytes that begins 0x80 before the end; the same bytes elsewhere are none.
  Make({2, 0, 5, 0, 0, 0}, {Op(2, UWOP_EPILOG, 0), Op(0x80, UWOP_EPILOG, 0), Op(5, UWOP_ALLOC_SMALL, 7), Op(1, UWOP_PUSH_NONVOL, 5)}, {},
       Code({0x5D, 0xC3, 0x5D, 0xC3}));
  ASSERT_EQ(Unwind(0x80), STATUS_SUCCESS);
  EXPECT_EQ(Popped(), 2u);
  context_.Rsp = limits_.low;
  ASSERT_EQ(Unwind(0x82), STATUS_SUCCESS);
  EXPECT_EQ(Popped(), 10u);
}

TEST_F(LdrUnwind, RefusesDamagedInformation) {
  Make({3, 0, 5, 0, 0, 0}, {});
  EXPECT_EQ(Unwind(0x20), STATUS_BAD_FUNCTION_TABLE) << "unknown version";
}

TEST_F(LdrUnwind, RefusesTruncatedCodes) {
  Make({1, 0, 5, 0, 0, 0}, {Op(5, UWOP_ALLOC_LARGE, 1)});
  EXPECT_EQ(Unwind(0x20), STATUS_BAD_FUNCTION_TABLE);
}

TEST_F(LdrUnwind, RefusesUnknownCodes) {
  Make({1, 0, 5, 0, 0, 0}, {Op(5, static_cast<UNWIND_OP_CODES>(13), 0)});
  EXPECT_EQ(Unwind(0x20), STATUS_BAD_FUNCTION_TABLE);
}

TEST_F(LdrUnwind, RefusesToLeaveTheStack) {
  Make({1, 0, 5, 0, 0, 0}, {Op(5, UWOP_ALLOC_LARGE, 1), Slot(0), Slot(0x7000)});
  EXPECT_EQ(Unwind(0x20), STATUS_BAD_STACK);
  context_.Rsp = limits_.high;
  EXPECT_EQ(Unwind(0), STATUS_BAD_STACK);
  context_.Rsp = limits_.low + 4;
  EXPECT_EQ(Unwind(0), STATUS_BAD_STACK) << "not aligned";
  context_.Rsp = 0;
  EXPECT_EQ(Unwind(0), STATUS_BAD_STACK);
}

TEST_F(LdrUnwind, RefusesToWalkInCircles) {
  Make({1, 0, 10, 0, 5, 0}, {Op(10, UWOP_SET_FPREG, 0)});
  context_.Rsp = limits_.low + 0x100;
  context_.Rbp = limits_.low;
  EXPECT_EQ(Unwind(0x20), STATUS_BAD_STACK);
}

TEST_F(LdrUnwind, StepsOutOfLeafFunctions) {
  Make({1, 0, 0, 0, 0, 0}, {});
  context_.Rip = image_->base + kFunction + 0x1f0;
  ASSERT_EQ(UnwindStep(&context_, limits_), STATUS_SUCCESS);
  EXPECT_EQ(context_.Rip, 0x1000u);
  EXPECT_EQ(Popped(), 1u);
}

TEST_F(LdrUnwind, LooksFunctionsUp) {
  Make({1, 0, 0, 0, 0, 0}, {});
  ULONG64 base = 1;
  EXPECT_EQ(RtlLookupFunctionEntry(image_->base + kFunction + 0xff, &base, nullptr), image_->functions.data());
  EXPECT_EQ(base, image_->base);
  EXPECT_EQ(RtlLookupFunctionEntry(image_->base + kFunction + 0x100, &base, nullptr), image_->functions.data() + 1);
  EXPECT_EQ(RtlLookupFunctionEntry(image_->base + kFunction - 1, &base, nullptr), nullptr);
  EXPECT_EQ(RtlLookupFunctionEntry(0x1000, &base, nullptr), nullptr);
  EXPECT_EQ(base, 0u);
}

}  // namespace
}  // namespace nt::ldr::test
