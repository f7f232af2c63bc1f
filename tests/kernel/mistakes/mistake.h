// What every mistake shares: a driver that makes it in DriverEntry, and can be unloaded. Included by its one source file.
#pragma once
#include <ntddk.h>

inline constexpr ULONG kTag = 'sktM';

/// Makes the mistake; the driver defines it.
void Mistake(PDRIVER_OBJECT driver);

inline void Unload(PDRIVER_OBJECT) {}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  DriverObject->DriverUnload = Unload;
  Mistake(DriverObject);
  return STATUS_SUCCESS;
}
