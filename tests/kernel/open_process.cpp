// Opening processes and threads: by which ids, who is let in, and which rights imply others.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwOpenThread(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID Id);
NTKERNELAPI NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID Id, PEPROCESS* Process, PETHREAD* Thread);
NTKERNELAPI PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
}

namespace {

PEPROCESS Find(const char* name) {
  for (ULONG_PTR id = 4; id < 4096; id += 4) {
    PEPROCESS process;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(reinterpret_cast<HANDLE>(id), &process))) continue;
    if (strcmp(PsGetProcessImageFileName(process), name) == 0) return process;
    ObDereferenceObject(process);
  }
  return nullptr;
}

NTSTATUS OpenProcess(ACCESS_MASK access, HANDLE process, HANDLE thread, HANDLE* handle, ULONG attributes = OBJ_KERNEL_HANDLE) {
  OBJECT_ATTRIBUTES object;
  CLIENT_ID id = {process, thread};
  InitializeObjectAttributes(&object, nullptr, attributes, nullptr, nullptr);
  return ZwOpenProcess(handle, access, &object, &id);
}

NTSTATUS OpenThread(ACCESS_MASK access, HANDLE process, HANDLE thread, HANDLE* handle) {
  OBJECT_ATTRIBUTES object;
  CLIENT_ID id = {process, thread};
  InitializeObjectAttributes(&object, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  return ZwOpenThread(handle, access, &object, &id);
}

ACCESS_MASK GrantedAccess(HANDLE handle) {
  OBJECT_HANDLE_INFORMATION information = {};
  PVOID object;
  if (!NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, &information))) return 0;
  ObDereferenceObject(object);
  return information.GrantedAccess;
}

// Opens by pointer as user mode does; what of it was granted.
NTSTATUS OpenAsUser(PVOID object, POBJECT_TYPE type, ACCESS_MASK access, ACCESS_MASK* granted) {
  HANDLE handle;
  const NTSTATUS status = ObOpenObjectByPointer(object, 0, nullptr, access, type, UserMode, &handle);
  *granted = 0;
  if (!NT_SUCCESS(status)) return status;
  *granted = GrantedAccess(handle);
  ZwClose(handle);
  return status;
}

}  // namespace

KTEST(IdsAreChecked) {
  HANDLE handle;
  const HANDLE own = PsGetCurrentProcessId(), thread = PsGetCurrentThreadId();
  EXPECT_EQ(OpenProcess(0x1fffff, own, nullptr, &handle), STATUS_SUCCESS);
  EXPECT_EQ(GrantedAccess(handle), 0x1fffff);
  ZwClose(handle);
  EXPECT_EQ(OpenProcess(0x1fffff, own, thread, &handle), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(OpenProcess(0x1fffff, own, own, &handle), STATUS_INVALID_CID);  // no thread has that id
  EXPECT_EQ(OpenProcess(0x1fffff, nullptr, nullptr, &handle), STATUS_INVALID_CID);
  EXPECT_EQ(OpenProcess(0x1fffff, thread, nullptr, &handle), STATUS_INVALID_CID);
  OBJECT_ATTRIBUTES object;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Process");
  InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  CLIENT_ID id = {own, nullptr};
  EXPECT_EQ(ZwOpenProcess(&handle, 0x1fffff, &object, &id), STATUS_INVALID_PARAMETER_MIX);
  InitializeObjectAttributes(&object, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  EXPECT_EQ(ZwOpenProcess(&handle, 0x1fffff, &object, nullptr), STATUS_INVALID_PARAMETER_MIX);
  EXPECT_EQ(OpenThread(THREAD_ALL_ACCESS, nullptr, thread, &handle), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(OpenThread(THREAD_ALL_ACCESS, own, thread, &handle), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(OpenThread(THREAD_ALL_ACCESS, thread, thread, &handle), STATUS_INVALID_CID);
}

KTEST(PairsOfIdsAreLookedUp) {
  CLIENT_ID id = {PsGetCurrentProcessId(), PsGetCurrentThreadId()};
  PEPROCESS process = nullptr;
  PETHREAD thread = nullptr;
  REQUIRE(NT_SUCCESS(PsLookupProcessThreadByCid(&id, &process, &thread)));
  EXPECT(process == PsGetCurrentProcess() && thread == PsGetCurrentThread());
  ObDereferenceObject(process);
  ObDereferenceObject(thread);
  EXPECT_EQ(PsLookupProcessThreadByCid(&id, nullptr, &thread), STATUS_SUCCESS);
  ObDereferenceObject(thread);
  id.UniqueProcess = id.UniqueThread;
  EXPECT_EQ(PsLookupProcessThreadByCid(&id, &process, &thread), STATUS_INVALID_CID);
}

KTEST(RightsImplyLesserOnes) {
  HANDLE handle;
  const HANDLE own = PsGetCurrentProcessId(), thread = PsGetCurrentThreadId();
  EXPECT_EQ(OpenProcess(0x400, own, nullptr, &handle), STATUS_SUCCESS);
  EXPECT_EQ(GrantedAccess(handle), 0x1400);
  ZwClose(handle);
  EXPECT_EQ(OpenProcess(0x200, own, nullptr, &handle), STATUS_SUCCESS);
  EXPECT_EQ(GrantedAccess(handle), 0x2200);
  ZwClose(handle);
  EXPECT_EQ(OpenThread(0x62, own, thread, &handle), STATUS_SUCCESS);
  EXPECT_EQ(GrantedAccess(handle), 0x1c62);
  ZwClose(handle);
}

KTEST(ProtectedProcessesKeepOthersOut) {
  // The thread of this test is System's own, which is protected as nothing else is: it may everything.
  PEPROCESS csrss = Find("csrss.exe"), winlogon = Find("winlogon.exe");
  REQUIRE(csrss != nullptr && winlogon != nullptr);
  ACCESS_MASK granted;
  EXPECT_EQ(OpenAsUser(csrss, *PsProcessType, 0x1fffff, &granted), STATUS_SUCCESS);
  // For an unprotected process, here winlogon, csrss is closed but for little.
  KAPC_STATE state;
  KeStackAttachProcess(reinterpret_cast<PKPROCESS>(winlogon), &state);
  EXPECT_EQ(OpenAsUser(csrss, *PsProcessType, 0x1fffff, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(OpenAsUser(csrss, *PsProcessType, 0x10, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(OpenAsUser(csrss, *PsProcessType, 0x1, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(OpenAsUser(csrss, *PsProcessType, 0x101000, &granted), STATUS_SUCCESS);
  EXPECT_EQ(OpenAsUser(csrss, *PsProcessType, MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 0x103800);
  // Its threads likewise.
  EXPECT_EQ(OpenAsUser(PsGetCurrentThread(), *PsThreadType, THREAD_ALL_ACCESS, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(OpenAsUser(PsGetCurrentThread(), *PsThreadType, 0x100800, &granted), STATUS_SUCCESS);
  KeUnstackDetachProcess(&state);
  ObDereferenceObject(csrss);
  ObDereferenceObject(winlogon);
}
