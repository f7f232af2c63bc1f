// \Device\Beep: one request, IOCTL_BEEP_SET, sounds a tone for a time and is done at once; a new tone takes the place of the last.
#include "drivers/beep/beep.h"

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/hal/speaker.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/scheduler.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
VOID KeInitializeTimer(PKTIMER Timer);
BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc);
BOOLEAN KeCancelTimer(PKTIMER Timer);
}

namespace nt::beep {
namespace {

constexpr DEVICE_TYPE kFileDeviceBeep = 1;
constexpr ULONG kSet = 0x10000;  // IOCTL_BEEP_SET: buffered, any access
constexpr ULONG kEndless = ~0u;

/// BEEP_SET_PARAMETERS (ntddbeep.h).
struct Parameters {
  ULONG frequency;  ///< Hz; 0: silence
  ULONG duration;   ///< ms
};
NT_SIZE(Parameters, 8);

struct Beep {
  KTIMER end;
  KDPC end_dpc;
  LONG opened;   ///< file objects
  bool endless;  ///< what sounds has no end of its own
};
Beep* beep = nullptr;

NTSTATUS Sound(const Parameters& parameters) {
  if (parameters.frequency != 0 && parameters.duration == 0) return STATUS_INVALID_PARAMETER;
  KeCancelTimer(&beep->end);
  if (!hal::SetSpeaker(parameters.frequency, ke::InterruptTime())) return STATUS_INVALID_PARAMETER;
  beep->endless = parameters.frequency != 0 && parameters.duration == kEndless;
  if (parameters.frequency == 0 || parameters.duration == kEndless) return STATUS_SUCCESS;
  KeSetTimer(&beep->end, {.QuadPart = -10'000ll * parameters.duration}, &beep->end_dpc);
  return STATUS_SUCCESS;
}

NTSTATUS Control(PIRP irp, const IO_STACK_LOCATION* location) {
  const auto& control = location->Parameters.DeviceIoControl;
  if (control.IoControlCode != kSet) return STATUS_NOT_IMPLEMENTED;
  if (control.InputBufferLength < sizeof(Parameters)) return STATUS_INVALID_PARAMETER;
  Parameters parameters;
  std::memcpy(&parameters, irp->AssociatedIrp.SystemBuffer, sizeof parameters);
  return Sound(parameters);
}

NTSTATUS Serve(PIRP irp, const IO_STACK_LOCATION* location) {
  switch (location->MajorFunction) {
    case IRP_MJ_CREATE:
      ++beep->opened;
      return STATUS_SUCCESS;
    case IRP_MJ_CLOSE:
      if (--beep->opened == 0 && beep->endless) Sound({0, 0});
      return STATUS_SUCCESS;
    case IRP_MJ_DEVICE_CONTROL:
      return Control(irp, location);
    default:
      return STATUS_SUCCESS;
  }
}

}  // namespace

void Initialize() {
  hal::ForgetTones();
  beep = new Beep{};
  KeInitializeTimer(&beep->end);
  KeInitializeDpc(&beep->end_dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(api::StubOf("BeepEnd")), nullptr);
  PDRIVER_OBJECT const driver = io::CreateBuiltinDriver(u"Beep");
  for (const UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_DEVICE_CONTROL})
    driver->MajorFunction[major] = reinterpret_cast<PDRIVER_DISPATCH>(api::StubOf("BeepDispatch"));
  io::CreateBuiltinDevice(driver, u"\\Device\\Beep", kFileDeviceBeep, DO_BUFFERED_IO);
}

void Shutdown() {
  delete beep;
  beep = nullptr;
}

}  // namespace nt::beep

using namespace nt::beep;

extern "C" {

NTSTATUS BeepDispatch(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  const NTSTATUS status = Serve(Irp, IoGetCurrentIrpStackLocation(Irp));
  Irp->IoStatus.Status = status;
  Irp->IoStatus.Information = 0;
  IofCompleteRequest(Irp, 0);
  return status;
}

/// The DPC of the timer that ends a tone.
VOID BeepEnd(PKDPC /*Dpc*/, PVOID /*DeferredContext*/, PVOID /*SystemArgument1*/, PVOID /*SystemArgument2*/) {
  nt::hal::SetSpeaker(0, nt::ke::InterruptTime());
}

BOOLEAN HalMakeBeep(ULONG Frequency) { return nt::hal::SetSpeaker(Frequency, nt::ke::InterruptTime()) ? TRUE : FALSE; }

}  // extern "C"
