// Asks a driver's fast I/O table before an IRP is made. Private.
#pragma once

#include "kernel/ke/ke.h"
#include "nt/fast_io.h"

namespace nt::io {

/// The routine of the table that a device's driver has, or null: without a table, or where a shorter one ends before it.
template <class Routine>
Routine* FastRoutine(PDEVICE_OBJECT device, Routine* FAST_IO_DISPATCH::* member) {
  const FAST_IO_DISPATCH* const table = device->DriverObject->FastIoDispatch;
  if (table == nullptr) return nullptr;
  const auto end = reinterpret_cast<const char*>(&(table->*member) + 1) - reinterpret_cast<const char*>(table);
  return static_cast<ULONG>(end) <= table->SizeOfFastIoDispatch ? table->*member : nullptr;
}

/// Calls a routine of the table; false if it leaves the work to an IRP.
template <class Routine, class... A>
bool CallFast(Routine* routine, A... arguments) {
  return routine != nullptr && static_cast<BOOLEAN>(ke::Callout<ULONG_PTR>(routine, arguments...)) != FALSE;
}

}  // namespace nt::io
