// Prints every notification of processes, threads and images, and refuses what is named Refused.exe.
#include <ntifs.h>

extern "C" NTKERNELAPI PCSTR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
extern "C" NTKERNELAPI NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT* FileObject);

namespace {

// The volume and name of a file.
void ShowFile(PFILE_OBJECT file) {
  if (file == nullptr) return (void)DbgPrint("  no file\n");
  alignas(8) static UCHAR buffer[1024];
  auto* const name = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
  ULONG length;
  const NTSTATUS status = ObQueryNameString(file, name, sizeof buffer, &length);
  DbgPrint("  file %wZ (%X), on the volume %wZ\n", &name->Name, status, &file->FileName);
}

bool IsWatched(HANDLE process) { return process != PsGetProcessId(PsInitialSystemProcess); }

ULONG Id(HANDLE id) { return HandleToULong(id); }

const char* Where() {
  return KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreApcsDisabled() && !KeAreAllApcsDisabled() ? "" : ", in a wrong context";
}

const char* By(HANDLE process) { return PsGetCurrentProcessId() == process ? "itself" : "its creator"; }

void OnProcess(HANDLE parent, HANDLE process, BOOLEAN create) {
  DbgPrint("plain: process %u of %u %s\n", Id(process), Id(parent), create ? "created" : "ended");
}

void OnProcessEx(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO create) {
  if (create == nullptr) {
    DbgPrint("process %s ended with 0x%X, told by %s%s\n", PsGetProcessImageFileName(process), PsGetProcessExitStatus(process), By(id),
             Where());
    return;
  }
  DbgPrint("process %s: image %wZ, command line %wZ, parent %u, creator is %s%s\n", PsGetProcessImageFileName(process),
           create->ImageFileName, create->CommandLine, Id(create->ParentProcessId),
           create->CreatingThreadId.UniqueThread == PsGetCurrentThreadId() ? "this thread" : "another thread", Where());
  ShowFile(create->FileObject);
  UNICODE_STRING refused = RTL_CONSTANT_STRING(L"\\??\\C:\\ringlet\\Refused.exe");
  if (RtlEqualUnicodeString(create->ImageFileName, &refused, TRUE)) create->CreationStatus = STATUS_VIRUS_INFECTED;
}

void OnThread(HANDLE process, HANDLE, BOOLEAN create) {
  if (!IsWatched(process)) return;
  DbgPrint("thread %s, told by %s%s\n", create ? "created" : "ended", By(process), Where());
}

void OnNewThread(HANDLE process, HANDLE thread, BOOLEAN create) {
  DbgPrint("user thread %s, told by %s, %s\n", create ? "starts" : "ended", By(process),
           PsGetCurrentThreadId() == thread ? "in itself" : "in another thread");
  PFILE_OBJECT file = nullptr;
  if (!create || !NT_SUCCESS(PsReferenceProcessFilePointer(PsGetCurrentProcess(), &file))) return;
  ShowFile(file);
  ObDereferenceObject(file);
}

void OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  DbgPrint("image %wZ%s%s%s\n", name, info->SystemModeImage ? ", a driver" : "",
           process == (info->SystemModeImage ? nullptr : PsGetCurrentProcessId()) ? "" : ", of a wrong process", Where());
  if (info->ExtendedInfoPresent) ShowFile(CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo)->FileObject);
  if (*static_cast<const USHORT*>(info->ImageBase) != 0x5a4d) DbgPrint("no image at its base\n");
}

void Unload(PDRIVER_OBJECT) {
  PsRemoveLoadImageNotifyRoutine(OnImage);
  PsRemoveCreateThreadNotifyRoutine(OnThread);
  PsRemoveCreateThreadNotifyRoutine(OnNewThread);
  PsSetCreateProcessNotifyRoutineEx(OnProcessEx, TRUE);
  PsSetCreateProcessNotifyRoutine(OnProcess, TRUE);
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = Unload;
  NTSTATUS status = PsSetCreateProcessNotifyRoutine(OnProcess, FALSE);
  if (NT_SUCCESS(status)) status = PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE);
  if (NT_SUCCESS(status)) status = PsSetCreateThreadNotifyRoutine(OnThread);
  if (NT_SUCCESS(status)) status = PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, OnNewThread);
  if (NT_SUCCESS(status)) status = PsSetLoadImageNotifyRoutine(OnImage);
  return status;
}
