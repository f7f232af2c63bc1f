// Registers routines and leaves them behind.
#include <ntddk.h>

static void OnProcess(HANDLE, HANDLE, BOOLEAN) { DbgPrint("process\n"); }
static void OnThread(HANDLE, HANDLE, BOOLEAN) { DbgPrint("thread\n"); }
static void OnImage(PUNICODE_STRING, HANDLE, PIMAGE_INFO) { DbgPrint("image\n"); }
static NTSTATUS OnRegistry(PVOID, PVOID, PVOID) { return STATUS_SUCCESS; }

static LARGE_INTEGER cookie;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = [](PDRIVER_OBJECT) {};
  PsSetCreateProcessNotifyRoutine(OnProcess, FALSE);
  PsSetCreateThreadNotifyRoutine(OnThread);
  CmRegisterCallback(OnRegistry, nullptr, &cookie);
  return PsSetLoadImageNotifyRoutine(OnImage);
}
