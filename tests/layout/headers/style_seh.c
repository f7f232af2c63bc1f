// Structured exceptions in C, by the keywords and by the older macros.
#include <ntddk.h>

static NTSTATUS Capture(PVOID User, SIZE_T Length, PVOID Kernel) {
  NTSTATUS Status = STATUS_SUCCESS;
  __try {
    ProbeForRead(User, Length, 1);
    RtlCopyMemory(Kernel, User, Length);
  } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    Status = GetExceptionCode();
  }
  return Status;
}

static NTSTATUS Protected(PERESOURCE Resource, volatile ULONG* Value) {
  NTSTATUS Status = STATUS_UNSUCCESSFUL;
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(Resource, TRUE);
  try {
    if (*Value == 0) leave;
    Status = STATUS_SUCCESS;
  } finally {
    if (AbnormalTermination()) KdPrint(("left by an exception\n"));
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
  }
  return Status;
}

static LONG Filter(PEXCEPTION_POINTERS Pointers) {
  return Pointers->ExceptionRecord->ExceptionCode == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

NTSTATUS CppCapture(PVOID User, PULONG Value);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  ULONG Value = 0;
  ERESOURCE Resource;
  UNREFERENCED_PARAMETER(RegistryPath);
  ExInitializeResourceLite(&Resource);
  __try {
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
  } __except (Filter(GetExceptionInformation())) {
    KdPrint(("caught\n"));
  }
  NTSTATUS Status = Capture(DriverObject, sizeof(Value), &Value);
  if (NT_SUCCESS(Status)) Status = Protected(&Resource, &Value);
  if (NT_SUCCESS(Status)) Status = CppCapture(DriverObject, &Value);
  ExDeleteResourceLite(&Resource);
  return Status;
}
