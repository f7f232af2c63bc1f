// A device that measures the kernel it runs on: each request names a figure.
#include "figure.h"

const Figure Figures[] = {
    {"call", MeasureCall},
    {"export", MeasureExport},
    {"irql", MeasureIrql},
    {"irql_inline", MeasureIrqlInline},
    {"registry_value", MeasureRegistryValue},
    {"spin_lock", MeasureSpinLock},
    {"resource_shared", MeasureResourceShared},
    {"access_violation", MeasureAccessViolation},
    {"pool_64", MeasurePool64},
    {"pool_512", MeasurePool512},
    {"pool_4096", MeasurePool4096},
    {"pool_4096_zeroed", MeasurePoolZeroed},
    {"lookaside", MeasureLookaside},
    {"lookaside_old", MeasureLookasideOld},
    {"etw_disabled", MeasureEtwDisabled},
    {"etw_enabled", MeasureEtwEnabled},
    {"event_switch", MeasureEventSwitch},
    {"dpc", MeasureDpc},
    {"timer", MeasureTimer},
    {"work_item", MeasureWorkItem},
    {"paced_threads", MeasurePacedThreads},
    {nullptr, nullptr},
};

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\" BENCH_DEVICE_NAME);
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\??\\" BENCH_DEVICE_NAME);

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static NTSTATUS Measure(PDRIVER_OBJECT Driver, const BenchRequest& Request, BenchResult* Result) {
  for (const Figure* figure = Figures; figure->Name; ++figure) {
    if (strncmp(figure->Name, Request.Figure, sizeof(Request.Figure)) != 0) {
      continue;
    }
    Result->Ticks = figure->Run(Driver, Request.Iterations);
    return Result->Ticks ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
  }
  return STATUS_NOT_FOUND;
}

static NTSTATUS BenchCreateClose(PDEVICE_OBJECT, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

static NTSTATUS BenchDeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  const auto& request = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl;
  switch (request.IoControlCode) {
    case IOCTL_BENCH_NOTHING:
      return Complete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_BENCH_MEASURE: {
      if (request.InputBufferLength < sizeof(BenchRequest) || request.OutputBufferLength < sizeof(BenchResult)) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
      }
      const BenchRequest what = *static_cast<BenchRequest*>(Irp->AssociatedIrp.SystemBuffer);
      const NTSTATUS status = Measure(Device->DriverObject, what, static_cast<BenchResult*>(Irp->AssociatedIrp.SystemBuffer));
      return Complete(Irp, status, NT_SUCCESS(status) ? sizeof(BenchResult) : 0);
    }
    case IOCTL_BENCH_NOTIFY: {
      if (request.InputBufferLength != sizeof(BOOLEAN)) {
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
      }
      const bool registered = *static_cast<BOOLEAN*>(Irp->AssociatedIrp.SystemBuffer) != FALSE;
      return Complete(Irp, SetProcessRoutines(registered) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
    }
    default:
      return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}

static void BenchUnload(PDRIVER_OBJECT Driver) {
  IoDeleteSymbolicLink(&LinkName);
  IoDeleteDevice(Driver->DeviceObject);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING) {
  Driver->DriverUnload = BenchUnload;
  Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = BenchCreateClose;
  Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BenchDeviceControl;

  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  status = IoCreateSymbolicLink(&LinkName, &DeviceName);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
  }
  return status;
}
