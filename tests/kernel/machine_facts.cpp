// What the kernel tells of the machine and the edition, and names that older drivers import beside the usual ones.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTSYSAPI ULONG NTAPI RtlGetActiveConsoleId(VOID);
NTSYSAPI ULONG NTAPI RtlGetNtGlobalFlags(VOID);
NTSYSAPI ULONG NTAPI RtlGetSuiteMask(VOID);
NTSYSAPI BOOLEAN NTAPI RtlIsMultiSessionSku(VOID);
NTSYSAPI NTSTATUS NTAPI RtlQueryElevationFlags(PULONG flags);
NTSYSAPI NTSTATUS NTAPI RtlNotifyFeatureUsage(PVOID report);
NTSYSAPI VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID source, SIZE_T length);
NTSYSAPI NTSTATUS NTAPI RtlInitUTF8StringEx(PUTF8_STRING destination, PCSZ source);
NTSYSAPI NTSTATUS NTAPI WdmlibRtlInitUnicodeStringEx(PUNICODE_STRING destination, PCWSTR source);
NTSYSAPI VOID NTAPI ExGetCurrentProcessorCounts(PULONG idle, PULONG busy, PULONG index);
NTSYSAPI PVOID NTAPI ExEnterPriorityRegionAndAcquireResourceExclusive(PERESOURCE resource);
NTSYSAPI PVOID NTAPI ExEnterPriorityRegionAndAcquireResourceShared(PERESOURCE resource);
NTSYSAPI VOID NTAPI ExReleaseResourceAndLeavePriorityRegion(PERESOURCE resource);
NTSYSAPI VOID FASTCALL KefAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock);
NTSYSAPI VOID FASTCALL KefReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock);
NTSYSAPI VOID FASTCALL KfLowerIrql(KIRQL irql);
NTSYSAPI LIST_ENTRY PsLoadedModuleList;
}

KTEST(TheEditionIsForOneUserAtATime) {
  RTL_OSVERSIONINFOEXW version = {};
  version.dwOSVersionInfoSize = sizeof version;
  EXPECT_EQ(RtlGetVersion((PRTL_OSVERSIONINFOW)&version), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetSuiteMask() & 0xffff, version.wSuiteMask);
  EXPECT_EQ(RtlIsMultiSessionSku(), FALSE);
  EXPECT_EQ(RtlIsNtDdiVersionAvailable(0x06010000), TRUE);
  EXPECT_EQ(RtlIsNtDdiVersionAvailable(0x0b000000), FALSE);
  // Service pack 0 of version 10.0 is there; no other level, and no other version.
  EXPECT_EQ(RtlIsServicePackVersionInstalled(0x0a000000), TRUE);
  EXPECT_EQ(RtlIsServicePackVersionInstalled(0x0a000100), FALSE);
  EXPECT_EQ(RtlIsServicePackVersionInstalled(0x06010100), FALSE);
  EXPECT_EQ(RtlGetActiveConsoleId(), 1u);
  EXPECT_EQ(RtlGetNtGlobalFlags(), 0u);
  ULONG flags = 0;
  EXPECT_EQ(RtlQueryElevationFlags(&flags), STATUS_SUCCESS);
  EXPECT((flags & 1) != 0);
  EXPECT_EQ(RtlNotifyFeatureUsage(nullptr), STATUS_INVALID_PARAMETER);
}

KTEST(CountedStringsAreMadeOfTerminatedOnes) {
  UTF8_STRING narrow;
  EXPECT_EQ(RtlInitUTF8StringEx(&narrow, "abc"), STATUS_SUCCESS);
  EXPECT_EQ(narrow.Length, 3);
  EXPECT_EQ(narrow.MaximumLength, 4);
  EXPECT_EQ(RtlInitUTF8StringEx(&narrow, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(narrow.MaximumLength, 0);
  UNICODE_STRING wide;
  EXPECT_EQ(WdmlibRtlInitUnicodeStringEx(&wide, L"abc"), STATUS_SUCCESS);
  EXPECT_EQ(wide.Length, 6);
  constexpr SIZE_T kTooLong = 0x10000;
  auto* const text = (char*)ExAllocatePoolWithTag(PagedPool, kTooLong, 'tseT');
  REQUIRE(text != nullptr);
  RtlFillMemory(text, kTooLong - 1, 'x');
  text[kTooLong - 1] = 0;
  EXPECT_EQ(RtlInitUTF8StringEx(&narrow, text), STATUS_NAME_TOO_LONG);
  ExFreePool(text);
}

KTEST(MemoryThatIsToBeReadOnceIsNotChanged) {
  UCHAR bytes[256];
  RtlFillMemory(bytes, sizeof bytes, 0x77);
  RtlPrefetchMemoryNonTemporal(bytes, sizeof bytes);
  for (UCHAR byte : bytes) EXPECT_EQ(byte, 0x77);
  EXPECT_EQ(NlsMbCodePageTag, FALSE);
  EXPECT(*TmTransactionObjectType != nullptr);
}

KTEST(AProcessorCountsItsTicks) {
  ULONG idle = 0, busy = 0, index = ~0u;
  ExGetCurrentProcessorCounts(&idle, &busy, &index);
  EXPECT_EQ(index, KeGetCurrentProcessorNumberEx(nullptr));
  LARGE_INTEGER wait;
  wait.QuadPart = -500000;
  KeDelayExecutionThread(KernelMode, FALSE, &wait);
  ULONG idle_then = 0, busy_then = 0;
  ExGetCurrentProcessorCounts(&idle_then, &busy_then, &index);
  EXPECT(idle_then + busy_then > idle + busy || index != 0);
}

KTEST(AResourceIsAcquiredInAPriorityRegion) {
  ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  EXPECT(ExEnterPriorityRegionAndAcquireResourceExclusive(&resource) != nullptr);
  EXPECT(ExIsResourceAcquiredExclusiveLite(&resource));
  EXPECT(KeAreApcsDisabled());
  ExReleaseResourceAndLeavePriorityRegion(&resource);
  EXPECT(!KeAreApcsDisabled());
  EXPECT(ExEnterPriorityRegionAndAcquireResourceShared(&resource) != nullptr);
  EXPECT_EQ(ExIsResourceAcquiredExclusiveLite(&resource), FALSE);
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 1u);
  ExReleaseResourceAndLeavePriorityRegion(&resource);
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 0u);
  ExDeleteResourceLite(&resource);
}

KTEST(SpinLocksByTheirOldNames) {
  constexpr KIRQL kSynchLevel = 12;
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  const KIRQL old = KeRaiseIrqlToSynchLevel();
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), kSynchLevel);
  KefAcquireSpinLockAtDpcLevel(&lock);
  EXPECT_EQ(KeTestSpinLock(&lock), FALSE);
  KefReleaseSpinLockFromDpcLevel(&lock);
  EXPECT_EQ(KeTestSpinLock(&lock), TRUE);
  KfLowerIrql(old);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

KTEST(TheListOfModulesBeginsWithTheKernel) {
  // Of a KLDR_DATA_TABLE_ENTRY: its links are first, DllBase is at 0x30, BaseDllName at 0x58.
  const auto* const first = (const UCHAR*)PsLoadedModuleList.Flink;
  const auto* const name = (const UNICODE_STRING*)(first + 0x58);
  UNICODE_STRING kernel = RTL_CONSTANT_STRING(L"ntoskrnl.exe");
  EXPECT(RtlEqualUnicodeString(name, &kernel, TRUE));
  ULONG count = 0;
  for (const LIST_ENTRY* link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList; link = link->Flink) {
    EXPECT(link->Flink->Blink == link);
    count++;
  }
  EXPECT(count >= 3);
}
