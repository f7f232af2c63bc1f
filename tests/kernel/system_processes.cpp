// The processes of the system, seen by a driver.
#include "ktest.h"

extern "C" {
NTKERNELAPI PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
NTKERNELAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process);
NTKERNELAPI UCHAR NTAPI PsGetProcessProtection(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process);
}

namespace {

// Finds the process of a name and session; the caller dereferences it.
PEPROCESS Find(const char* name, ULONG session) {
  for (ULONG_PTR id = 4; id < 4096; id += 4) {
    PEPROCESS process;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(reinterpret_cast<HANDLE>(id), &process))) continue;
    if (strcmp(PsGetProcessImageFileName(process), name) == 0 && PsGetProcessSessionId(process) == session) return process;
    ObDereferenceObject(process);
  }
  return nullptr;
}

ULONG CriticalOf(PEPROCESS process) {
  HANDLE handle;
  ULONG critical = 99;
  if (!NT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, nullptr, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle)))
    return 98;
  ZwQueryInformationProcess(handle, static_cast<PROCESSINFOCLASS>(29), &critical, sizeof critical, nullptr);
  ZwClose(handle);
  return critical;
}

struct Expected {
  const char* name;
  ULONG session;
  UCHAR protection;
  ULONG critical;
};

KEVENT ran;
PEPROCESS where;

void RunElsewhere(void*) {
  where = PsGetCurrentProcess();
  EXPECT(PsIsSystemThread(PsGetCurrentThread()));
  KeSetEvent(&ran, 0, FALSE);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

}  // namespace

KTEST(TheyExist) {
  const Expected all[] = {{"System", 0, 0x72, 0},    {"Registry", 0, 0x72, 0},     {"smss.exe", 0, 0x61, 1},
                          {"csrss.exe", 0, 0x61, 1}, {"wininit.exe", 0, 0x61, 1},  {"csrss.exe", 1, 0x61, 1},
                          {"winlogon.exe", 1, 0, 0}, {"services.exe", 0, 0x61, 1}, {"lsass.exe", 0, 0, 0}};
  for (const Expected& expected : all) {
    PEPROCESS process = Find(expected.name, expected.session);
    EXPECT(process != nullptr);
    if (process == nullptr) continue;
    EXPECT_EQ(PsGetProcessProtection(process), expected.protection);
    EXPECT_EQ(PsIsProtectedProcess(process) != 0, expected.protection == 0x72);
    EXPECT_EQ(PsIsProtectedProcessLight(process) != 0, expected.protection == 0x61);
    EXPECT_EQ(CriticalOf(process), expected.critical);
    EXPECT_EQ(PsIsSystemProcess(process) != 0, process == PsInitialSystemProcess);
    ObDereferenceObject(process);
  }
}

KTEST(Parents) {
  PEPROCESS wininit = Find("wininit.exe", 0), services = Find("services.exe", 0), smss = Find("smss.exe", 0), csrss = Find("csrss.exe", 1);
  EXPECT_EQ(PsGetProcessInheritedFromUniqueProcessId(services), PsGetProcessId(wininit));
  EXPECT_EQ(PsGetProcessInheritedFromUniqueProcessId(smss), PsGetProcessId(PsInitialSystemProcess));
  EXPECT_EQ(PsGetProcessInheritedFromUniqueProcessId(PsInitialSystemProcess), 0);
  // The copy of smss that made the session has ended: its id leads nowhere.
  PEPROCESS parent;
  EXPECT_EQ(PsLookupProcessByProcessId(PsGetProcessInheritedFromUniqueProcessId(csrss), &parent), STATUS_INVALID_CID);
  EXPECT_EQ(PsLookupProcessByProcessId(nullptr, &parent), STATUS_INVALID_CID);
  PEPROCESS found[] = {wininit, services, smss, csrss};
  for (PEPROCESS process : found) ObDereferenceObject(process);
}

KTEST(ThreadInCsrss) {
  PEPROCESS csrss = Find("csrss.exe", 1);
  HANDLE process, thread;
  KeInitializeEvent(&ran, NotificationEvent, FALSE);
  EXPECT_EQ(ObOpenObjectByPointer(csrss, OBJ_KERNEL_HANDLE, nullptr, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &process),
            STATUS_SUCCESS);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  EXPECT_EQ(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, process, nullptr, RunElsewhere, nullptr), STATUS_SUCCESS);
  KeWaitForSingleObject(&ran, Executive, KernelMode, FALSE, nullptr);
  ZwWaitForSingleObject(thread, FALSE, nullptr);
  EXPECT(where == csrss);
  ZwClose(thread);
  ZwClose(process);
  ObDereferenceObject(csrss);
}
