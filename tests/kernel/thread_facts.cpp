// Facts of threads and processes that drivers ask for under the names of ntifs.h's neighbours.
#include "ktest.h"

extern "C" {
NTKERNELAPI HANDLE PsGetCurrentThreadProcessId();
NTKERNELAPI PEPROCESS PsGetCurrentThreadProcess();
NTKERNELAPI PVOID PsGetCurrentThreadStackBase();
NTKERNELAPI PVOID PsGetCurrentThreadStackLimit();
NTKERNELAPI PVOID PsGetCurrentThreadTeb();
NTKERNELAPI PVOID PsGetThreadTeb(PETHREAD Thread);
NTKERNELAPI ULONG PsGetThreadSessionId(PETHREAD Thread);
NTKERNELAPI ULONG PsGetThreadFreezeCount(PETHREAD Thread);
NTKERNELAPI UCHAR PsGetProcessPriorityClass(PEPROCESS Process);
NTKERNELAPI PVOID PsGetProcessDebugPort(PEPROCESS Process);
NTKERNELAPI PVOID PsGetProcessJob(PEPROCESS Process);
NTKERNELAPI NTSTATUS PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS* Process, PETHREAD* Thread);
NTKERNELAPI NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
NTKERNELAPI VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
NTKERNELAPI NTSTATUS PsSuspendProcess(PEPROCESS Process);
NTKERNELAPI NTSTATUS PsResumeProcess(PEPROCESS Process);
}

KTEST(OfASystemThread) {
  const PETHREAD thread = PsGetCurrentThread();
  EXPECT_EQ(PsGetCurrentThreadProcessId(), PsGetCurrentProcessId());
  EXPECT_EQ(PsGetCurrentThreadProcess(), PsInitialSystemProcess);
  EXPECT_EQ(PsGetCurrentThreadTeb(), nullptr);
  EXPECT_EQ(PsGetThreadTeb(thread), nullptr);
  EXPECT_EQ(PsGetThreadSessionId(thread), 0u);
  EXPECT_EQ(PsGetThreadFreezeCount(thread), 0u);
  ULONG_PTR low, high;
  IoGetStackLimits(&low, &high);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(PsGetCurrentThreadStackBase()), high);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(PsGetCurrentThreadStackLimit()), low);
  EXPECT_EQ(PsGetProcessPriorityClass(PsInitialSystemProcess), 2);
  EXPECT_EQ(PsGetProcessDebugPort(PsInitialSystemProcess), nullptr);
  EXPECT_EQ(PsGetProcessJob(PsInitialSystemProcess), nullptr);
}

KTEST(ByBothIdentifiers) {
  CLIENT_ID id = {PsGetCurrentProcessId(), PsGetCurrentThreadId()};
  PEPROCESS process = nullptr;
  PETHREAD thread = nullptr;
  EXPECT_EQ(PsLookupProcessThreadByCid(&id, &process, &thread), STATUS_SUCCESS);
  EXPECT_EQ(process, PsGetCurrentProcess());
  EXPECT_EQ(thread, PsGetCurrentThread());
  ObDereferenceObject(process);
  ObDereferenceObject(thread);
  id.UniqueProcess = reinterpret_cast<HANDLE>(0x7ffffff0);
  EXPECT_EQ(PsLookupProcessThreadByCid(&id, &process, &thread), STATUS_INVALID_CID);
}

KTEST(PoolQuota) {
  EXPECT_EQ(PsChargeProcessPoolQuota(PsGetCurrentProcess(), PagedPool, 4096), STATUS_SUCCESS);
  PsReturnPoolQuota(PsGetCurrentProcess(), PagedPool, 4096);
}

KTEST(AProcessIsSuspendedAndResumedAsAWhole) {
  PEPROCESS process = nullptr;
  for (ULONG_PTR id = 8; id < 4096 && process == nullptr; id += 4) {
    if (!NT_SUCCESS(PsLookupProcessByProcessId((HANDLE)id, &process))) process = nullptr;
  }
  REQUIRE(process != nullptr);
  EXPECT(process != PsInitialSystemProcess);
  EXPECT_EQ(PsSuspendProcess(process), STATUS_SUCCESS);
  EXPECT_EQ(PsResumeProcess(process), STATUS_SUCCESS);
  EXPECT_EQ(PsResumeProcess(process), STATUS_SUCCESS);  // there is nothing left to take back
  ObDereferenceObject(process);
}
