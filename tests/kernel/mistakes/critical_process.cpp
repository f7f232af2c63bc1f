// Ends a process that the system cannot do without.
#include <ntifs.h>

#include "mistake.h"

extern "C" NTKERNELAPI PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);

void Mistake(PDRIVER_OBJECT) {
  for (ULONG_PTR id = 4; id < 4096; id += 4) {
    PEPROCESS process;
    HANDLE handle;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(reinterpret_cast<HANDLE>(id), &process))) continue;
    const bool found = strcmp(PsGetProcessImageFileName(process), "wininit.exe") == 0;
    if (found &&
        NT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, nullptr, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle))) {
      ZwTerminateProcess(handle, STATUS_SUCCESS);
      ZwWaitForSingleObject(handle, FALSE, nullptr);
      ZwClose(handle);
    }
    ObDereferenceObject(process);
  }
}
