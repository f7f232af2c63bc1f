// What the system is and how busy it is; hard errors; the filter of the kernel's own exceptions.
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/machine.h"
#include "kernel/mm/layout.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);

namespace {

constexpr ULONG kSuites = 17;
constexpr ULONG_PTR kSuiteMask = nt::mm::kSharedUserDataShadow + 0x2d0;  ///< KUSER_SHARED_DATA.SuiteMask
constexpr LONGLONG kTick = 156250;
constexpr LONG kExecuteHandler = 1;

enum HardErrorOption : ULONG { kOptionShutdownSystem = 6 };
enum HardErrorResponse : ULONG { kReturnToCaller = 0 };

struct Usage {
  LONGLONG idle, busy;
};

/// Of the current processor, in 100 ns units.
Usage CurrentUsage() {
  const auto times = nt::ke::ProcessorTimes();
  const LONGLONG idle = times[KeGetCurrentProcessorNumberEx(nullptr)].idle;
  return {idle, nt::ke::InterruptTime() - idle};
}

}  // namespace

extern "C" {

/// Whether a product suite is installed: terminal services, for a single user. Any IRQL.
BOOLEAN ExVerifySuite(ULONG SuiteType) {
  return SuiteType < kSuites && (*reinterpret_cast<const ULONG*>(kSuiteMask) >> SuiteType & 1) != 0;
}

/// Any exception is handled by whom it is the filter of. Any IRQL.
LONG ExSystemExceptionFilter() { return kExecuteHandler; }

/// The clock ticks the current processor was idle and busy, and its number. Any IRQL.
VOID ExGetCurrentProcessorCounts(PULONG IdleCount, PULONG KernelAndUser, PULONG Index) {
  const Usage usage = CurrentUsage();
  *IdleCount = static_cast<ULONG>(usage.idle / kTick);
  *KernelAndUser = static_cast<ULONG>(usage.busy / kTick);
  *Index = KeGetCurrentProcessorNumberEx(nullptr);
}

/// How busy the current processor was since the start, in percent. Any IRQL.
VOID ExGetCurrentProcessorCpuUsage(PULONG CpuUsage) {
  const Usage usage = CurrentUsage();
  const LONGLONG all = usage.idle + usage.busy;
  *CpuUsage = all == 0 ? 0 : static_cast<ULONG>(100 - usage.idle * 100 / all);
}

/// Tells whoever listens for hard errors of one. Nobody does: the response is that it returns to the caller; an error that asks for a
/// shutdown stops the machine, as without a listener on NT. IRQL PASSIVE_LEVEL.
NTSTATUS ExRaiseHardError(NTSTATUS ErrorStatus, ULONG NumberOfParameters, ULONG, PULONG_PTR Parameters, ULONG ValidResponseOptions,
                          PULONG Response) {
  if (ValidResponseOptions == kOptionShutdownSystem) {
    nt::ke::BugCheck(FATAL_UNHANDLED_HARD_ERROR, static_cast<ULONG>(ErrorStatus), reinterpret_cast<ULONG_PTR>(Parameters),
                     NumberOfParameters, 0, "A hard error asked for a shutdown, and nobody listens for hard errors.");
  }
  *Response = kReturnToCaller;
  return STATUS_SUCCESS;
}

}  // extern "C"
