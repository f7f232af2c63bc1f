// What a process-notify callback adds to the life of a process: sixty routines that do nothing come and go.
#include "figure.h"

namespace {

template <ULONG N>
void OnProcess(HANDLE, HANDLE, BOOLEAN) {
  static volatile ULONG calls;
  calls = calls + 1;
}

template <ULONG N>
bool SetFirst(BOOLEAN Remove) {
  if (!NT_SUCCESS(PsSetCreateProcessNotifyRoutine(OnProcess<N>, Remove))) return false;
  if constexpr (N > 1) return SetFirst<N - 1>(Remove);
  return true;
}

}  // namespace

bool SetProcessRoutines(bool Registered) { return SetFirst<BENCH_PROCESS_ROUTINES>(Registered ? FALSE : TRUE); }
