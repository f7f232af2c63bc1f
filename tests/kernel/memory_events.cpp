// The events in \KernelObjects that tell of the machine's memory.
#include "ktest.h"

namespace {

constexpr ULONG kTag = 'Evts';

PKEVENT Open(const wchar_t* name, HANDLE* handle) {
  UNICODE_STRING path;
  RtlInitUnicodeString(&path, name);
  return IoCreateNotificationEvent(&path, handle);
}

bool IsSet(const wchar_t* name) {
  HANDLE handle;
  PKEVENT event = Open(name, &handle);
  if (event == nullptr) return false;
  const bool set = KeReadStateEvent(event) != 0;
  ZwClose(handle);
  return set;
}

/// Takes memory in steps until an event is set; gives it back.
bool BecomesSet(const wchar_t* name, POOL_TYPE pool, SIZE_T step) {
  struct Block {
    Block* next;
  }* blocks = nullptr;
  bool set = false;
  for (int i = 0; i < 4000 && !(set = IsSet(name)); ++i) {
    auto block = static_cast<Block*>(ExAllocatePoolWithTag(pool, step, kTag));
    if (block == nullptr) break;
    block->next = blocks;
    blocks = block;
  }
  if (!set) set = IsSet(name);
  while (blocks != nullptr) {
    Block* next = blocks->next;
    ExFreePoolWithTag(blocks, kTag);
    blocks = next;
  }
  return set;
}

}  // namespace

KTEST(TheNineEventsAreThere) {
  constexpr const wchar_t* kAll[] = {L"\\KernelObjects\\LowMemoryCondition",       L"\\KernelObjects\\HighMemoryCondition",
                                     L"\\KernelObjects\\LowPagedPoolCondition",    L"\\KernelObjects\\HighPagedPoolCondition",
                                     L"\\KernelObjects\\LowNonPagedPoolCondition", L"\\KernelObjects\\HighNonPagedPoolCondition",
                                     L"\\KernelObjects\\LowCommitCondition",       L"\\KernelObjects\\HighCommitCondition",
                                     L"\\KernelObjects\\MaximumCommitCondition"};
  for (const wchar_t* name : kAll) {
    UNICODE_STRING path;
    RtlInitUnicodeString(&path, name);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE handle;
    EXPECT_EQ(ZwOpenEvent(&handle, SYNCHRONIZE, &attributes), STATUS_SUCCESS);
    ZwClose(handle);
  }
  EXPECT(IsSet(L"\\KernelObjects\\HighMemoryCondition"));
  EXPECT(IsSet(L"\\KernelObjects\\HighPagedPoolCondition"));
  EXPECT(IsSet(L"\\KernelObjects\\HighNonPagedPoolCondition"));
  EXPECT(IsSet(L"\\KernelObjects\\LowCommitCondition"));
  EXPECT(!IsSet(L"\\KernelObjects\\LowMemoryCondition"));
  EXPECT(!IsSet(L"\\KernelObjects\\MaximumCommitCondition"));
}

KTEST(EachFollowsWhatIsTaken) {
  constexpr SIZE_T kStep = 16 << 20;
  EXPECT(BecomesSet(L"\\KernelObjects\\LowNonPagedPoolCondition", NonPagedPoolNx, kStep / 16));
  EXPECT(IsSet(L"\\KernelObjects\\HighNonPagedPoolCondition"));
  EXPECT(!IsSet(L"\\KernelObjects\\LowNonPagedPoolCondition"));
  EXPECT(BecomesSet(L"\\KernelObjects\\LowPagedPoolCondition", PagedPool, kStep / 16));
  EXPECT(BecomesSet(L"\\KernelObjects\\LowMemoryCondition", PagedPool, kStep / 16));
  EXPECT(!IsSet(L"\\KernelObjects\\LowMemoryCondition"));
  EXPECT(IsSet(L"\\KernelObjects\\HighMemoryCondition"));
}

KTEST(AWaiterIsWoken) {
  HANDLE handle;
  PKEVENT event = Open(L"\\KernelObjects\\LowMemoryCondition", &handle);
  REQUIRE(event != nullptr);
  static LONG woken;
  woken = 0;
  ktest::Thread waiter(
      +[](KEVENT* event) {
        KeWaitForSingleObject(event, Executive, KernelMode, FALSE, nullptr);
        InterlockedIncrement(&woken);
      },
      event);
  ktest::Sleep(5);
  EXPECT_EQ(woken, 0);
  EXPECT(BecomesSet(L"\\KernelObjects\\LowMemoryCondition", PagedPool, 1 << 20));
  waiter.Join();
  EXPECT_EQ(woken, 1);
  ZwClose(handle);
}
