// Reads the files of programs and images that it is told of, by the file objects it is given.
#include <ntifs.h>

/// Opens the object and reads the first two bytes of its file.
static void ReadFile(const char* what, PFILE_OBJECT file) {
  HANDLE handle;
  NTSTATUS status =
      ObOpenObjectByPointer(file, OBJ_KERNEL_HANDLE, nullptr, FILE_READ_DATA | SYNCHRONIZE, *IoFileObjectType, KernelMode, &handle);
  char text[3] = "";
  IO_STATUS_BLOCK io = {};
  if (NT_SUCCESS(status)) {
    LARGE_INTEGER at = {};
    status = ZwReadFile(handle, nullptr, nullptr, nullptr, &io, text, 2, &at, nullptr);
    ZwClose(handle);
  }
  struct {
    OBJECT_NAME_INFORMATION information;
    WCHAR text[128];
  } name;
  ULONG needed;
  const NTSTATUS named = ObQueryNameString(file, &name.information, sizeof name, &needed);
  if (NT_SUCCESS(named)) DbgPrint("%s %wZ: %x, %s\n", what, &name.information.Name, status, text);
}

static void OnProcess(PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO info) {
  if (info != nullptr) ReadFile("program", info->FileObject);
}

static void OnImage(PUNICODE_STRING, HANDLE process, PIMAGE_INFO info) {
  if (!info->ExtendedInfoPresent || process == nullptr) return;
  ReadFile("image", CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo)->FileObject);
}

static void Unload(PDRIVER_OBJECT) {
  PsRemoveLoadImageNotifyRoutine(OnImage);
  PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = Unload;
  const NTSTATUS status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
  return NT_SUCCESS(status) ? PsSetLoadImageNotifyRoutine(OnImage) : status;
}
