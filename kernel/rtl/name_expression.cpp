// File names with wildcards, and other questions of file systems that need no file system.
#include <algorithm>
#include <vector>

#include "kernel/rtl/casing.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

// What the Win32 subsystem makes of '*', '?' and '.' to keep MS-DOS's meaning (ntifs.h).
constexpr WCHAR kDosStar = u'<';
constexpr WCHAR kDosQuestionMark = u'>';
constexpr WCHAR kDosDot = u'"';

SIZE_T Count(PCUNICODE_STRING string) { return string->Length / sizeof(WCHAR); }

WCHAR FoldBy(PCWCH table, WCHAR character) { return table != nullptr ? table[character] : nt::rtl::Upcase(character); }

/// One character of the name, or its end.
struct Symbol {
  WCHAR character;
  bool end;
  bool last_dot;  ///< the name's last period
};

/// A position in an expression advances over a symbol of the name, or without one.
struct Move {
  bool skip;     ///< the next position is possible at once
  bool stay;     ///< the symbol is taken, the position remains
  bool advance;  ///< the symbol is taken, the next position follows
};

Move MoveOf(WCHAR wanted, const Symbol& symbol) {
  const bool dot = !symbol.end && symbol.character == u'.';
  switch (wanted) {
    case u'*':
      return {true, !symbol.end, false};
    case kDosStar:
      return {true, !symbol.end && !symbol.last_dot, false};
    case kDosQuestionMark:
      return {symbol.end || dot, false, !symbol.end && !dot};
    case kDosDot:
      return {symbol.end, false, dot};
    case u'?':
      return {false, false, !symbol.end};
    default:
      return {false, false, !symbol.end && symbol.character == wanted};
  }
}

/// The set of positions in the expression that the name read so far can have reached.
class Positions {
 public:
  explicit Positions(PCUNICODE_STRING expression) : expression_(expression), now_(Count(expression) + 1), next_(now_.size()) {
    now_[0] = true;
  }

  /// Returns whether any position is left.
  bool Read(const Symbol& symbol) {
    std::fill(next_.begin(), next_.end(), false);
    for (SIZE_T i = 0; i + 1 < now_.size(); ++i) {
      if (!now_[i]) continue;
      const Move move = MoveOf(expression_->Buffer[i], symbol);
      if (move.skip) now_[i + 1] = true;
      if (move.stay) next_[i] = true;
      if (move.advance) next_[i + 1] = true;
    }
    if (symbol.end) return now_.back();
    now_.swap(next_);
    return std::find(now_.begin(), now_.end(), true) != now_.end();
  }

 private:
  PCUNICODE_STRING expression_;
  std::vector<bool> now_;
  std::vector<bool> next_;
};

}  // namespace

BOOLEAN FsRtlDoesNameContainWildCards(PUNICODE_STRING Name) {
  const auto is_wild = [](WCHAR c) { return c == u'*' || c == u'?' || c == kDosStar || c == kDosQuestionMark || c == kDosDot; };
  return std::any_of(Name->Buffer, Name->Buffer + Count(Name), is_wild);
}

BOOLEAN FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCH UpcaseTable) {
  const SIZE_T count = Count(Name);
  if (count == 0 || Count(Expression) == 0) return count == 0 && Count(Expression) == 0;
  SIZE_T last_dot = count;
  for (SIZE_T i = 0; i < count; ++i) {
    if (Name->Buffer[i] == u'.') last_dot = i;
  }
  Positions positions(Expression);
  for (SIZE_T i = 0; i < count; ++i) {
    const WCHAR character = IgnoreCase ? FoldBy(UpcaseTable, Name->Buffer[i]) : Name->Buffer[i];
    if (!positions.Read({character, false, i == last_dot})) return FALSE;
  }
  return positions.Read({0, true, false});
}

BOOLEAN FsRtlAreNamesEqual(PCUNICODE_STRING ConstantNameA, PCUNICODE_STRING ConstantNameB, BOOLEAN IgnoreCase, PCWCH UpcaseTable) {
  if (ConstantNameA->Length != ConstantNameB->Length) return FALSE;
  for (SIZE_T i = 0; i < Count(ConstantNameA); ++i) {
    const WCHAR a = ConstantNameA->Buffer[i];
    const WCHAR b = ConstantNameB->Buffer[i];
    if (a != b && (!IgnoreCase || FoldBy(UpcaseTable, a) != FoldBy(UpcaseTable, b))) return FALSE;
  }
  return TRUE;
}

// NT's prototype has the path by value; the Windows convention passes such a structure by reference.
VOID FsRtlDissectName(PCUNICODE_STRING PathReference, PUNICODE_STRING FirstName, PUNICODE_STRING RemainingName) {
  const UNICODE_STRING Path = *PathReference;
  *FirstName = {};
  *RemainingName = {};
  const SIZE_T count = Count(&Path);
  if (count == 0) return;
  const SIZE_T first = Path.Buffer[0] == u'\\' ? 1 : 0;
  SIZE_T end = first;
  while (end < count && Path.Buffer[end] != u'\\') ++end;
  const auto bytes = static_cast<USHORT>((end - first) * sizeof(WCHAR));
  *FirstName = {bytes, bytes, Path.Buffer + first};
  if (end == count) return;
  const auto rest = static_cast<USHORT>((count - end - 1) * sizeof(WCHAR));
  *RemainingName = {rest, rest, Path.Buffer + end + 1};
}

BOOLEAN FsRtlIsNtstatusExpected(NTSTATUS Ntstatus) {
  // What a file system cannot expect to handle: the program itself is wrong.
  constexpr NTSTATUS kBugs[] = {STATUS_DATATYPE_MISALIGNMENT, STATUS_ACCESS_VIOLATION, STATUS_ILLEGAL_INSTRUCTION,
                                STATUS_INSTRUCTION_MISALIGNMENT};
  return std::ranges::find(kBugs, Ntstatus) == std::end(kBugs);
}

NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException) {
  return FsRtlIsNtstatusExpected(Exception) ? Exception : GenericException;
}
