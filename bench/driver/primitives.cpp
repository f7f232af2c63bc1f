// Calls, IRQL, locks, and a fault that is caught.
#include "figure.h"

static void Nothing() {}

// The baseline: a call through a pointer that the compiler cannot see through, and the loop around it.
ULONG64 MeasureCall(PDRIVER_OBJECT, ULONG Iterations) {
  void (*volatile routine)() = Nothing;
  return Time(Iterations, [&] { routine(); });
}

// An export that only reads a field: what crossing into the kernel costs.
ULONG64 MeasureExport(PDRIVER_OBJECT, ULONG Iterations) {
  return Time(Iterations, [] { PsGetCurrentProcessId(); });
}

extern "C" void RaiseAndLowerIrql(ULONG Times);

ULONG64 MeasureIrql(PDRIVER_OBJECT, ULONG Iterations) {
  return Time(1, [=] { RaiseAndLowerIrql(Iterations); });
}

// Inlined, as a driver of the older headers has them: moves to and from CR8.
ULONG64 MeasureIrqlInline(PDRIVER_OBJECT, ULONG Iterations) {
  return Time(Iterations, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeLowerIrql(old);
  });
}

ULONG64 MeasureSpinLock(PDRIVER_OBJECT, ULONG Iterations) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  return Time(Iterations, [&] {
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
    KeReleaseSpinLock(&lock, old);
  });
}

ULONG64 MeasureResourceShared(PDRIVER_OBJECT, ULONG Iterations) {
  static ERESOURCE resource;
  if (!NT_SUCCESS(ExInitializeResourceLite(&resource))) {
    return 0;
  }
  KeEnterCriticalRegion();
  const ULONG64 ticks = Time(Iterations, [] {
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExReleaseResourceLite(&resource);
  });
  KeLeaveCriticalRegion();
  ExDeleteResourceLite(&resource);
  return ticks;
}

ULONG64 MeasureAccessViolation(PDRIVER_OBJECT, ULONG Iterations) {
  ULONG caught = 0;
  const ULONG64 start = Now();
  for (ULONG i = 0; i < Iterations; ++i) {
    __try {
      *reinterpret_cast<volatile ULONG*>(0x10) = i;
    } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
      ++caught;
    }
  }
  return caught == Iterations ? Now() - start : 0;
}

// A value of a few bytes, read through a handle that is open.
ULONG64 MeasureRegistryValue(PDRIVER_OBJECT, ULONG Iterations) {
  UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion");
  UNICODE_STRING value = RTL_CONSTANT_STRING(L"CurrentMajorVersionNumber");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE key;
  if (!NT_SUCCESS(ZwOpenKey(&key, KEY_QUERY_VALUE, &attributes))) return 0;
  const ULONG64 ticks = Time(Iterations, [&] {
    UCHAR buffer[64];
    ULONG length;
    ZwQueryValueKey(key, &value, KeyValuePartialInformation, buffer, sizeof buffer, &length);
  });
  ZwClose(key);
  return ticks;
}
