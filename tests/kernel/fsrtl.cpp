// The file system run-time library: filters' contexts, maps of blocks, tunnel caches.
#include "ktest.h"

using namespace ktest;

namespace {

ULONG freed;
VOID NTAPI CountFree(PVOID) { ++freed; }

char owner, instance, other;

}  // namespace

KTEST(StreamsHaveContextsByOwnerAndInstance) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  FSRTL_ADVANCED_FCB_HEADER header = {};
  FSRTL_PER_STREAM_CONTEXT first, second;
  FsRtlInitPerStreamContext(&first, &owner, nullptr, CountFree);
  FsRtlInitPerStreamContext(&second, &owner, &instance, CountFree);
  EXPECT_EQ(FsRtlInsertPerStreamContext(&header, &first), STATUS_INVALID_DEVICE_REQUEST);  // the file system has none
  FsRtlSetupAdvancedHeader(&header, &mutex);
  EXPECT_EQ(FsRtlInsertPerStreamContext(&header, &first), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlInsertPerStreamContext(&header, &second), STATUS_SUCCESS);
  EXPECT(FsRtlLookupPerStreamContextInternal(&header, &owner, &instance) == &second);
  EXPECT(FsRtlLookupPerStreamContextInternal(&header, &owner, nullptr) == &second);  // the newest
  EXPECT(!FsRtlLookupPerStreamContextInternal(&header, &other, nullptr));
  EXPECT(!FsRtlLookupPerStreamContextInternal(&header, &owner, &other));
  EXPECT(FsRtlRemovePerStreamContext(&header, &owner, &instance) == &second);
  EXPECT(FsRtlLookupPerStreamContextInternal(&header, &owner, nullptr) == &first);
  EXPECT_EQ(FsRtlInsertPerStreamContext(&header, &second), STATUS_SUCCESS);
  freed = 0;
  FsRtlTeardownPerStreamContexts(&header);
  EXPECT_EQ(freed, 2);
}

KTEST(FilesAndFileObjectsHaveContexts) {
  PVOID pointer = nullptr;
  FSRTL_PER_FILE_CONTEXT context;
  FsRtlInitPerFileContext(&context, &owner, &instance, CountFree);
  EXPECT_EQ(FsRtlInsertPerFileContext(nullptr, &context), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(FsRtlInsertPerFileContext(&pointer, &context), STATUS_SUCCESS);
  EXPECT(FsRtlLookupPerFileContext(&pointer, &owner, nullptr) == &context);
  EXPECT(FsRtlRemovePerFileContext(&pointer, &owner, &instance) == &context);
  EXPECT(!FsRtlLookupPerFileContext(&pointer, nullptr, nullptr));
  EXPECT_EQ(FsRtlInsertPerFileContext(&pointer, &context), STATUS_SUCCESS);
  freed = 0;
  FsRtlTeardownPerFileContexts(&pointer);
  EXPECT_EQ(freed, 1);
  EXPECT(!pointer);

  HANDLE handle = nullptr;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows");
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  IO_STATUS_BLOCK io;
  EXPECT_EQ(ZwOpenFile(&handle, SYNCHRONIZE, &object, &io, 7, FILE_SYNCHRONOUS_IO_NONALERT), STATUS_SUCCESS);
  PVOID file = nullptr;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &file, nullptr)));
  FSRTL_PER_FILEOBJECT_CONTEXT of_object;
  FsRtlInitPerFileObjectContext(&of_object, &owner, nullptr);
  EXPECT(!FsRtlLookupPerFileObjectContext(static_cast<PFILE_OBJECT>(file), &owner, nullptr));
  EXPECT_EQ(FsRtlInsertPerFileObjectContext(static_cast<PFILE_OBJECT>(file), &of_object), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlInsertPerFileObjectContext(nullptr, &of_object), STATUS_INVALID_PARAMETER);
  EXPECT(FsRtlLookupPerFileObjectContext(static_cast<PFILE_OBJECT>(file), &owner, nullptr) == &of_object);
  EXPECT(FsRtlRemovePerFileObjectContext(static_cast<PFILE_OBJECT>(file), &owner, nullptr) == &of_object);
  EXPECT(!FsRtlRemovePerFileObjectContext(static_cast<PFILE_OBJECT>(file), &owner, nullptr));
  EXPECT(!IoGetTransactionParameterBlock(static_cast<PFILE_OBJECT>(file)));
  ObDereferenceObject(file);
  ZwClose(handle);
}

KTEST(MapsOfBlocksJoinRunsAndKeepHoles) {
  LARGE_MCB mcb;
  FsRtlInitializeLargeMcb(&mcb, PagedPool);
  LONG64 vbn = 0, lbn = 0, count = 0, start = 0, length = 0;
  ULONG index = 99;
  EXPECT_EQ(FsRtlNumberOfRunsInLargeMcb(&mcb), 0);
  EXPECT(!FsRtlLookupLastLargeMcbEntry(&mcb, &vbn, &lbn));
  EXPECT(FsRtlAddLargeMcbEntry(&mcb, 10, 1000, 5));
  EXPECT(FsRtlAddLargeMcbEntry(&mcb, 15, 1005, 5));  // goes on where the other ends
  EXPECT_EQ(FsRtlNumberOfRunsInLargeMcb(&mcb), 2);   // a hole, and what is mapped
  EXPECT(!FsRtlAddLargeMcbEntry(&mcb, 12, 5000, 2));
  EXPECT(FsRtlAddLargeMcbEntry(&mcb, 12, 1002, 2));  // the same again is no contradiction
  EXPECT(FsRtlLookupLargeMcbEntry(&mcb, 12, &lbn, &count, &start, &length, &index));
  EXPECT(lbn == 1002 && count == 8 && start == 1000 && length == 10 && index == 1);
  EXPECT(FsRtlLookupLargeMcbEntry(&mcb, 3, &lbn, &count, nullptr, nullptr, nullptr));
  EXPECT(lbn == -1 && count == 7);
  EXPECT(!FsRtlLookupLargeMcbEntry(&mcb, 20, &lbn, nullptr, nullptr, nullptr, nullptr));
  EXPECT(FsRtlGetNextLargeMcbEntry(&mcb, 1, &vbn, &lbn, &count));
  EXPECT(vbn == 10 && lbn == 1000 && count == 10);
  EXPECT(!FsRtlGetNextLargeMcbEntry(&mcb, 2, &vbn, &lbn, &count));
  FsRtlRemoveLargeMcbEntry(&mcb, 12, 3);
  EXPECT_EQ(FsRtlNumberOfRunsInLargeMcb(&mcb), 4);
  EXPECT(FsRtlLookupLastLargeMcbEntryAndIndex(&mcb, &vbn, &lbn, &index));
  EXPECT(vbn == 19 && lbn == 1009 && index == 3);
  EXPECT(FsRtlSplitLargeMcb(&mcb, 16, 100));
  EXPECT(FsRtlLookupLargeMcbEntry(&mcb, 116, &lbn, nullptr, nullptr, nullptr, nullptr));
  EXPECT_EQ(lbn, 1006);
  FsRtlTruncateLargeMcb(&mcb, 11);
  EXPECT(FsRtlLookupLastLargeMcbEntry(&mcb, &vbn, &lbn));
  EXPECT(vbn == 10 && lbn == 1000);
  FsRtlResetLargeMcb(&mcb, FALSE);
  EXPECT_EQ(FsRtlNumberOfRunsInLargeMcb(&mcb), 0);
  for (LONG64 i = 0; i < 100; i++) EXPECT(FsRtlAddLargeMcbEntry(&mcb, i * 2, i * 10, 1));
  EXPECT_EQ(FsRtlNumberOfRunsInLargeMcb(&mcb), 199);
  FsRtlUninitializeLargeMcb(&mcb);
}

KTEST(ATunnelGivesBackWhatANameHad) {
  TUNNEL tunnel;
  FsRtlInitializeTunnelCache(&tunnel);
  UNICODE_STRING brief = RTL_CONSTANT_STRING(L"LONGNA~1.TXT"), full = RTL_CONSTANT_STRING(L"Long name.txt"),
                 asked = RTL_CONSTANT_STRING(L"long NAME.txt");
  ULONG data = 0x12345678, found = 0, length = sizeof found;
  FsRtlAddToTunnelCache(&tunnel, 7, &brief, &full, FALSE, sizeof data, &data);
  WCHAR buffer[32];
  UNICODE_STRING short_name = {0, sizeof buffer, buffer}, long_name = {};
  EXPECT(!FsRtlFindInTunnelCache(&tunnel, 8, &asked, &short_name, &long_name, &length, &found));
  EXPECT(!FsRtlFindInTunnelCache(&tunnel, 7, &brief, &short_name, &long_name, &length, &found));
  EXPECT(FsRtlFindInTunnelCache(&tunnel, 7, &asked, &short_name, &long_name, &length, &found));
  EXPECT_EQ(found, data);
  EXPECT_EQ(length, sizeof data);
  EXPECT(RtlEqualUnicodeString(&short_name, &brief, FALSE) && short_name.Buffer == buffer);
  EXPECT(RtlEqualUnicodeString(&long_name, &full, FALSE));
  ExFreePool(long_name.Buffer);
  FsRtlDeleteKeyFromTunnelCache(&tunnel, 7);
  EXPECT(!FsRtlFindInTunnelCache(&tunnel, 7, &asked, &short_name, &long_name, &length, &found));
  FsRtlAddToTunnelCache(&tunnel, 7, &brief, &full, TRUE, 0, nullptr);
  FsRtlDeleteTunnelCache(&tunnel);
}

namespace {

ANSI_STRING Narrow(const char* text) {
  ANSI_STRING string;
  RtlInitAnsiString(&string, text);
  return string;
}

bool Fat(const char* name, bool wild = false, bool path = false, bool leading = false) {
  return FsRtlIsFatDbcsLegal(Narrow(name), wild, path, leading) != FALSE;
}

bool Matches(const char* expression, const char* name) {
  ANSI_STRING pattern = Narrow(expression), string = Narrow(name);
  return FsRtlIsDbcsInExpression(&pattern, &string) != FALSE;
}

}  // namespace

KTEST(FatNamesAreEightAndThree) {
  EXPECT(Fat("ABCDEFGH.TXT") && Fat("A") && Fat("A B.C"));
  EXPECT(!Fat("") && !Fat("ABCDEFGHI") && !Fat("A.TEXT") && !Fat("A.B.C") && !Fat(".TXT"));
  EXPECT(!Fat("A+B") && !Fat("A|B") && !Fat("A .TXT") && !Fat("A ") && !Fat("A*"));
  EXPECT(Fat("A*.?", true) && Fat("..", true) && !Fat(".."));
  EXPECT(!Fat("\\A") && Fat("\\A", false, false, true) && Fat("\\", false, false, true));
  EXPECT(!Fat("A\\B") && Fat("A\\B.C", false, true) && !Fat("A\\\\B", false, true) && !Fat("A\\B.LONG", false, true));
  EXPECT(Matches("*.TXT", "A.TXT") && !Matches("*.TXT", "a.txt") && Matches("A?C", "ABC") && !Matches("A?C", "AC"));
}

KTEST(BaseMapsAreTheirOwnersToSynchronize) {
  BASE_MCB mcb;
  FsRtlInitializeBaseMcb(&mcb, PagedPool);
  LONG64 vbn = 0, lbn = 0, count = 0;
  ULONG index = 99;
  EXPECT_EQ(FsRtlNumberOfRunsInBaseMcb(&mcb), 0);
  EXPECT(!FsRtlLookupLastBaseMcbEntry(&mcb, &vbn, &lbn));
  EXPECT(FsRtlAddBaseMcbEntry(&mcb, 0, 100, 4));
  EXPECT(FsRtlAddBaseMcbEntry(&mcb, 8, 200, 4));
  EXPECT(!FsRtlAddBaseMcbEntry(&mcb, 2, 300, 4));
  EXPECT_EQ(FsRtlNumberOfRunsInBaseMcb(&mcb), 3);
  EXPECT(FsRtlLookupBaseMcbEntry(&mcb, 9, &lbn, &count, nullptr, nullptr, &index));
  EXPECT(lbn == 201 && count == 3 && index == 2);
  EXPECT(FsRtlGetNextBaseMcbEntry(&mcb, 1, &vbn, &lbn, &count));
  EXPECT(vbn == 4 && lbn == -1 && count == 4);
  EXPECT(FsRtlLookupLastBaseMcbEntryAndIndex(&mcb, &vbn, &lbn, &index));
  EXPECT(vbn == 11 && lbn == 203 && index == 2);
  EXPECT(FsRtlSplitBaseMcb(&mcb, 10, 5));
  EXPECT(FsRtlLookupLastBaseMcbEntry(&mcb, &vbn, &lbn));
  EXPECT(vbn == 16 && lbn == 203);
  EXPECT(FsRtlRemoveBaseMcbEntry(&mcb, 0, 4));
  EXPECT(FsRtlLookupBaseMcbEntry(&mcb, 0, &lbn, nullptr, nullptr, nullptr, nullptr));
  EXPECT_EQ(lbn, -1);
  FsRtlTruncateBaseMcb(&mcb, 9);
  EXPECT(FsRtlLookupLastBaseMcbEntry(&mcb, &vbn, &lbn));
  EXPECT(vbn == 8 && lbn == 200);
  FsRtlResetBaseMcb(&mcb);
  EXPECT_EQ(FsRtlNumberOfRunsInBaseMcb(&mcb), 0);
  FsRtlUninitializeBaseMcb(&mcb);
}

KTEST(StatusesThatFiltersExpect) {
  EXPECT(FsRtlIsNtstatusExpected(STATUS_DISK_FULL));
  EXPECT(!FsRtlIsNtstatusExpected(STATUS_ACCESS_VIOLATION));
  EXPECT(!FsRtlIsNtstatusExpected(STATUS_ILLEGAL_INSTRUCTION));
  EXPECT(!FsRtlIsNtstatusExpected(STATUS_DATATYPE_MISALIGNMENT));
  EXPECT(!FsRtlIsNtstatusExpected(STATUS_INSTRUCTION_MISALIGNMENT));
  EXPECT_EQ(FsRtlNormalizeNtstatus(STATUS_DISK_FULL, STATUS_UNEXPECTED_IO_ERROR), STATUS_DISK_FULL);
  EXPECT_EQ(FsRtlNormalizeNtstatus(STATUS_ACCESS_VIOLATION, STATUS_UNEXPECTED_IO_ERROR), STATUS_UNEXPECTED_IO_ERROR);
  EXPECT(FsRtlIsTotalDeviceFailure(STATUS_DEVICE_OFF_LINE) && !FsRtlIsTotalDeviceFailure(STATUS_CRC_ERROR));
  EXPECT(!FsRtlIsTotalDeviceFailure(STATUS_SUCCESS));
}

KTEST(FactsThatFileSystemsAskFor) {
  EXPECT(!FsRtlIsMobileOS());
  EXPECT(FsRtlAreVolumeStartupApplicationsComplete());
  EXPECT(!FsRtlIsNonEmptyDirectoryReparsePointAllowed(IO_REPARSE_TAG_MOUNT_POINT));
  UNICODE_STRING first = RTL_CONSTANT_STRING(L"Name"), second = RTL_CONSTANT_STRING(L"nAME");
  EXPECT(!FsRtlAreNamesEqual(&first, &second, FALSE, nullptr));
  EXPECT(FsRtlAreNamesEqual(&first, &second, TRUE, nullptr));
  PVOID block = FsRtlAllocatePoolWithQuotaTag(PagedPool, 64, 'sFtK');
  ExFreePoolWithTag(block, 'sFtK');
  block = FsRtlAllocatePool(NonPagedPoolNx, 64);
  ExFreePool(block);
  block = FsRtlAllocatePoolWithQuota(PagedPool, 64);
  ExFreePool(block);
}

namespace {
void NTAPI Overflowed(PVOID context, PKEVENT event) {
  *static_cast<bool*>(context) = true;
  KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}
}  // namespace

KTEST(APagingFilesRoutineRunsWhereThereIsStack) {
  KEVENT event;
  bool called = false;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  FsRtlPostPagingFileStackOverflow(&called, &event, Overflowed);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  EXPECT(called);
}
