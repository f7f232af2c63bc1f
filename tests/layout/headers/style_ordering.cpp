// Interlocked operations of every width, forms with an ordering, fences, reads and writes that order, and callbacks by their types.
#include <ntddk.h>

static ALLOCATE_FUNCTION_EX OrderAllocate;
static FREE_FUNCTION_EX OrderFree;
static ETWENABLECALLBACK OrderEnable;
static EXPAND_STACK_CALLOUT OrderOnStack;

_Use_decl_annotations_ static PVOID NTAPI OrderAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX) {
  return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}
_Use_decl_annotations_ static VOID NTAPI OrderFree(PVOID Buffer, PLOOKASIDE_LIST_EX) { ExFreePool(Buffer); }
_Use_decl_annotations_ static VOID NTAPI OrderEnable(LPCGUID, ULONG, UCHAR, ULONGLONG, ULONGLONG, PEVENT_FILTER_DESCRIPTOR, PVOID) {}
_Use_decl_annotations_ static VOID NTAPI OrderOnStack(PVOID) {}

struct Node {
  int value;
};

static LONG number;
static LONG64 large;
static SHORT narrow;
static CHAR byte;
static BOOLEAN flag;
static PVOID pointer;
static Node* volatile node;
DECLSPEC_ALIGN(16) static LONG64 pair[2];

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {
  InterlockedIncrementAcquire(&number);
  InterlockedDecrementNoFence(&number);
  InterlockedCompareExchangeAcquire(&number, 1, 2);
  InterlockedAddNoFence(&number, 2);
  InterlockedAddNoFence64(&large, 3);
  InterlockedIncrementRelease64(&large);
  InterlockedOr8(&byte, 1);
  InterlockedExchange8(&byte, 1);
  InterlockedAnd16(&narrow, 1);
  InterlockedIncrement16(&narrow);
  InterlockedCompareExchange16(&narrow, 1, 2);
  InterlockedExchangePointerNoFence(&pointer, nullptr);
  InterlockedCompareExchangePointerAcquire(&pointer, nullptr, nullptr);
  LONG64 expected[2] = {0, 0};
  if (!InterlockedCompareExchange128(pair, 1, 2, expected)) return STATUS_UNSUCCESSFUL;

  WriteRelease(&number, 1);
  WriteNoFence64(&large, 2);
  WriteBooleanRelease(&flag, TRUE);
  WritePointerRelease((PVOID*)&node, nullptr);
  LONG64 sum = ReadAcquire(&number) + ReadNoFence64(&large) + ReadULongNoFence((PULONG)&number) + ReadBooleanAcquire(&flag);
  auto* const read = static_cast<Node*>(ReadPointerAcquire((PVOID*)&node));
  if (read != nullptr) sum += read->value;
  KeMemoryBarrier();
  MemoryBarrier();
  LoadFence();
  StoreFence();
  KeMemoryBarrierWithoutFence();
  PreFetchCacheLine(PF_TEMPORAL_LEVEL_1, &number);

  EXT_DELETE_PARAMETERS deletion;
  ExInitializeDeleteTimerParameters(&deletion);
  LOOKASIDE_LIST_EX list;
  NTSTATUS status = ExInitializeLookasideListEx(&list, OrderAllocate, OrderFree, NonPagedPoolNx, 0, 16, 'edoN', 0);
  if (!NT_SUCCESS(status)) return status;
  ExDeleteLookasideListEx(&list);
  REGHANDLE provider = 0;
  const GUID id = {1, 2, 3, {4}};
  if (NT_SUCCESS(EtwRegister(&id, OrderEnable, nullptr, &provider))) EtwUnregister(provider);
  KFLOATING_SAVE save;
  if (NT_SUCCESS(KeSaveFloatingPointState(&save))) KeRestoreFloatingPointState(&save);
  return sum == 5 ? KeExpandKernelStackAndCallout(OrderOnStack, nullptr, 1000) : STATUS_UNSUCCESSFUL;
}
