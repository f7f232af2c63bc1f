// Interlocked operations, inlined by the compiler and exported: every width, and the lists that take a spin lock.
#include "ktest.h"

using namespace ktest;

KTEST(ThirtyTwoBits) {
  volatile LONG value = 5;
  EXPECT_EQ(InterlockedIncrement(&value), 6);
  EXPECT_EQ(InterlockedDecrement(&value), 5);
  EXPECT_EQ(InterlockedExchangeAdd(&value, 10), 5);
  EXPECT_EQ(InterlockedExchange(&value, 1), 15);
  EXPECT_EQ(InterlockedCompareExchange(&value, 9, 2), 1);
  EXPECT_EQ(InterlockedCompareExchange(&value, 9, 1), 1);
  EXPECT_EQ(value, 9);
  EXPECT_EQ(InterlockedOr(&value, 6), 9);
  EXPECT_EQ(InterlockedAnd(&value, 7), 15);
  EXPECT_EQ(InterlockedXor(&value, 1), 7);
  EXPECT_EQ(value, 6);
}

KTEST(SixtyFourBits) {
  volatile LONG64 value = 0xffffffffll;
  EXPECT_EQ(InterlockedIncrement64(&value), 0x100000000ll);
  EXPECT_EQ(InterlockedDecrement64(&value), 0xffffffffll);
  EXPECT_EQ(InterlockedExchangeAdd64(&value, 1), 0xffffffffll);
  EXPECT_EQ(InterlockedExchange64(&value, 3), 0x100000000ll);
  EXPECT_EQ(InterlockedCompareExchange64(&value, 4, 3), 3);
  EXPECT_EQ(value, 4);
}

KTEST(Pointers) {
  int a, b;
  PVOID volatile pointer = &a;
  EXPECT(InterlockedExchangePointer(&pointer, &b) == &a);
  EXPECT(InterlockedCompareExchangePointer(&pointer, &a, &a) == &b);
  EXPECT(InterlockedCompareExchangePointer(&pointer, &a, &b) == &b);
  EXPECT(pointer == &a);
}

KTEST(BitTests) {
  volatile LONG bits = 0;
  EXPECT(!InterlockedBitTestAndSet(&bits, 3));
  EXPECT(InterlockedBitTestAndSet(&bits, 3));
  EXPECT(InterlockedBitTestAndReset(&bits, 3));
  EXPECT_EQ(bits, 0);
}

KTEST(ListsUnderASpinLock) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  LIST_ENTRY head, first, second;
  InitializeListHead(&head);
  EXPECT(ExInterlockedInsertTailList(&head, &first, &lock) == nullptr);
  EXPECT(ExInterlockedInsertHeadList(&head, &second, &lock) == &first);
  EXPECT(ExInterlockedRemoveHeadList(&head, &lock) == &second);
  EXPECT(ExInterlockedRemoveHeadList(&head, &lock) == &first);
  EXPECT(ExInterlockedRemoveHeadList(&head, &lock) == nullptr);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

KTEST(StacksUnderASpinLock) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  SINGLE_LIST_ENTRY head = {}, first, second;
  EXPECT(ExInterlockedPushEntryList(&head, &first, &lock) == nullptr);
  EXPECT(ExInterlockedPushEntryList(&head, &second, &lock) == &first);
  EXPECT(ExInterlockedPopEntryList(&head, &lock) == &second);
  EXPECT(ExInterlockedPopEntryList(&head, &lock) == &first);
  EXPECT(ExInterlockedPopEntryList(&head, &lock) == nullptr);
}

KTEST(SumsUnderASpinLock) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  ULONG small = 0xffffffff;
  EXPECT_EQ(ExInterlockedAddUlong(&small, 2, &lock), 0xffffffff);
  EXPECT_EQ(small, 1);
  LARGE_INTEGER large, two;
  large.QuadPart = 40;
  two.QuadPart = 2;
  EXPECT_EQ(ExInterlockedAddLargeInteger(&large, two, &lock).QuadPart, 40);
  EXPECT_EQ(large.QuadPart, 42);
}

KTEST(IncrementsFromTwoProcessorsAreNotLost) {
  LONG counter = 0;
  const auto body = +[](LONG* shared) {
    for (int i = 0; i < 10000; i++) InterlockedIncrement(shared);
  };
  {
    Thread first(body, &counter), second(body, &counter);
  }
  EXPECT_EQ(counter, 20000);
}
