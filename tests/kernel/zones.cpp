// Zones, and other small services of the executive.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTKERNELAPI LONG NTAPI ExSystemExceptionFilter();
NTKERNELAPI VOID NTAPI ExRaiseException(PEXCEPTION_RECORD);
NTKERNELAPI NTSTATUS NTAPI ExRaiseHardError(NTSTATUS, ULONG, ULONG, PULONG_PTR, ULONG, PULONG);
NTKERNELAPI VOID NTAPI ExGetCurrentProcessorCpuUsage(PULONG);
NTKERNELAPI BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PEX_PUSH_LOCK);
NTKERNELAPI VOID FASTCALL ExfTryToWakePushLock(PEX_PUSH_LOCK);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(PEX_PUSH_LOCK);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(PEX_PUSH_LOCK);
NTKERNELAPI PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER*);
}

KTEST(ZonesAreCutFromSegments) {
  alignas(16) static UCHAR first[16 + 4 * 32 + 8], second[16 + 2 * 32];
  ZONE_HEADER zone;
  EXPECT_EQ(ExInitializeZone(&zone, 33, first, sizeof first), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ExInitializeZone(&zone, 32, first + 4, sizeof first - 4), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ExInitializeZone(&zone, 160, first, sizeof first), STATUS_INVALID_PARAMETER);
  REQUIRE(ExInitializeZone(&zone, 32, first, sizeof first) == STATUS_SUCCESS);
  EXPECT_EQ(zone.TotalSegmentSize, 4 * 32);
  for (int i = 0; i < 4; ++i) EXPECT(ExAllocateFromZone(&zone) == first + 16 + 32 * i);
  EXPECT(ExAllocateFromZone(&zone) == nullptr);
  ExFreeToZone(&zone, first + 16);
  EXPECT(ExAllocateFromZone(&zone) == first + 16);
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  EXPECT_EQ(ExInterlockedExtendZone(&zone, second, 24, &lock), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(ExInterlockedExtendZone(&zone, second, sizeof second, &lock), STATUS_SUCCESS);
  EXPECT_EQ(zone.TotalSegmentSize, 6 * 32);
  EXPECT(ExAllocateFromZone(&zone) == second + 16);
  alignas(16) static UCHAR third[16 + 3 * 32];
  EXPECT_EQ(ExExtendZone(&zone, third + 4, sizeof third - 4), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(ExExtendZone(&zone, third, sizeof third), STATUS_SUCCESS);
  EXPECT_EQ(zone.TotalSegmentSize, 9 * 32);
}

KTEST(Suites) {
  EXPECT(ExVerifySuite(SingleUserTS));
  EXPECT(ExVerifySuite(TerminalServer));
  EXPECT_EQ(SharedUserData->SuiteMask, 0x110);
  EXPECT(!ExVerifySuite(DataCenter));
  EXPECT(!ExVerifySuite(MaxSuiteType));
}

KTEST(AnExceptionIsRaisedAsItIs) {
  EXCEPTION_RECORD record = {};
  record.ExceptionCode = STATUS_IN_PAGE_ERROR;
  record.NumberParameters = 1;
  record.ExceptionInformation[0] = 42;
  NTSTATUS caught = STATUS_SUCCESS;
  __try {
    ExRaiseException(&record);
  } __except (ExSystemExceptionFilter()) {
    caught = GetExceptionCode();
  }
  EXPECT_EQ(caught, STATUS_IN_PAGE_ERROR);
}

KTEST(AHardErrorReturnsToItsCaller) {
  ULONG response = 99;
  EXPECT_EQ(ExRaiseHardError(STATUS_DISK_FULL, 0, 0, nullptr, 1, &response), STATUS_SUCCESS);
  EXPECT_EQ(response, 0);
}

KTEST(HowBusyTheProcessorIs) {
  ULONG usage = 1000;
  ExGetCurrentProcessorCpuUsage(&usage);
  EXPECT(usage <= 100);
}

KTEST(PushLocksByTheirOldNames) {
  EX_PUSH_LOCK lock = 0;
  KeEnterCriticalRegion();
  EXPECT(ExfTryAcquirePushLockShared(&lock));
  EXPECT(ExfTryAcquirePushLockShared(&lock));
  ExfTryToWakePushLock(&lock);
  ExfReleasePushLockShared(&lock);
  ExfReleasePushLockShared(&lock);
  ExfAcquirePushLockExclusive(&lock);
  EXPECT(!ExfTryAcquirePushLockShared(&lock));
  ExfReleasePushLockExclusive(&lock);
  KeLeaveCriticalRegion();
}

KTEST(TheFirstEntryOfAStack) {
  SLIST_HEADER head;
  InitializeSListHead(&head);
  EXPECT(FirstEntrySList(&head) == nullptr);
  alignas(16) SLIST_ENTRY one, two;
  ExInterlockedPushEntrySList(&head, &one, nullptr);
  ExInterlockedPushEntrySList(&head, &two, nullptr);
  EXPECT(FirstEntrySList(&head) == &two);
}
