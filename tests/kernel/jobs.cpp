// Jobs as drivers meet them: their type, and a process's.
#include "ktest.h"

extern "C" {
NTKERNELAPI PVOID NTAPI PsGetProcessJob(PEPROCESS Process);
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
NTSYSAPI NTSTATUS NTAPI ZwCreateJobObject(PHANDLE Job, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSYSAPI NTSTATUS NTAPI ZwOpenJobObject(PHANDLE Job, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSYSAPI NTSTATUS NTAPI ZwIsProcessInJob(HANDLE Process, HANDLE Job);
NTSYSAPI NTSTATUS NTAPI ZwAssignProcessToJobObject(HANDLE Job, HANDLE Process);
NTSYSAPI NTSTATUS NTAPI ZwTerminateJobObject(HANDLE Job, NTSTATUS Status);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationJobObject(HANDLE Job, ULONG Class, PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationJobObject(HANDLE Job, ULONG Class, PVOID Information, ULONG Length, PULONG Needed);
}

KTEST(JobsAreObjects) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KtestJob");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE job = nullptr, opened = nullptr;
  EXPECT_EQ(ZwOpenJobObject(&opened, 4, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(ZwCreateJobObject(&job, 0x1F003F, &attributes)));
  EXPECT_EQ(ZwCreateJobObject(&opened, 0x1F003F, &attributes), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(ZwOpenJobObject(&opened, 4, &attributes), STATUS_SUCCESS);
  PVOID object = nullptr;
  EXPECT_EQ(ObReferenceObjectByHandle(opened, 4, *PsJobType, KernelMode, &object, nullptr), STATUS_SUCCESS);
  EXPECT(ObGetObjectType(object) == *PsJobType);
  ObDereferenceObject(object);
  EXPECT_EQ(ObReferenceObjectByHandle(opened, 4, *PsProcessType, KernelMode, &object, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT(PsGetProcessJob(PsInitialSystemProcess) == nullptr);
  EXPECT_EQ(ZwIsProcessInJob(NtCurrentProcess(), job), STATUS_PROCESS_NOT_IN_JOB);
  EXPECT_EQ(ZwIsProcessInJob(NtCurrentProcess(), nullptr), STATUS_PROCESS_NOT_IN_JOB);
  ULONG64 account[6] = {}, limits[8] = {};
  ULONG needed = 0;
  EXPECT_EQ(ZwQueryInformationJobObject(job, 1, account, sizeof account, &needed), STATUS_SUCCESS);
  EXPECT_EQ(needed, sizeof account);
  EXPECT_EQ(ZwQueryInformationJobObject(job, 2, limits, sizeof limits, &needed), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryInformationJobObject(job, 2, limits, sizeof limits - 8, &needed), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwQueryInformationJobObject(job, 77, limits, sizeof limits, &needed), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(ZwQueryInformationJobObject(nullptr, 1, account, sizeof account, &needed), STATUS_ACCESS_DENIED);
  EXPECT_EQ(ZwSetInformationJobObject(job, 2, limits, sizeof limits), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetInformationJobObject(job, 2, limits, sizeof limits - 8), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwSetInformationJobObject(job, 77, limits, sizeof limits), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(ZwAssignProcessToJobObject(job, opened), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwTerminateJobObject(job, STATUS_CANCELLED), STATUS_SUCCESS);  // it has no process
  ZwClose(opened);
  ZwClose(job);
  EXPECT_EQ(ZwTerminateJobObject(job, STATUS_CANCELLED), STATUS_INVALID_HANDLE);
}
