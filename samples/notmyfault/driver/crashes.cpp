// The crashes: each is a mistake that drivers have really made, as short as it can be.
#include "faults.h"

// Without this the compiler would see the mistakes and do something else.
#define NO_OPTIMIZATION __attribute__((noinline, optnone))

// Memory that may be paged out must not be touched where no page can be brought in.
NO_OPTIMIZATION void HighIrqlFault(volatile UCHAR* UserAddress) {
  volatile UCHAR* memory = UserAddress;
  if (!memory) {
    memory = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_PAGED, PAGE_SIZE, kTag));
    if (!memory) return;
    ExFreePool(const_cast<UCHAR*>(memory));
  }
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  // The pool may keep a free page for a while: sooner or later one is not there.
  while (true) {
    UCHAR volatile touched = *memory;
    touched = touched + 1;
    memory += PAGE_SIZE;
  }
}

// The write goes on behind the block, through the header of the one after it.
NO_OPTIMIZATION void BufferOverflow() {
  UCHAR* const block = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, kTag));
  if (!block) return;
  for (ULONG i = 0; i < 64 + 32; i++) block[i] = 0x41;
  ExFreePoolWithTag(block, kTag);
}

// Code is write-protected, the kernel's as well.
NO_OPTIMIZATION void CodeOverwrite() {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"NtReadFile");
  volatile UCHAR* const routine = static_cast<UCHAR*>(MmGetSystemRoutineAddress(&name));
  if (routine) *routine = 0xC3;
}

// The loop knows nothing of the array's end: the return address behind it becomes garbage.
static NO_OPTIMIZATION void Fill(volatile UCHAR* Buffer, ULONG Length) {
  for (ULONG i = 0; i < Length; i++) Buffer[i] = 0x41;
}

NO_OPTIMIZATION void StackTrash() {
  UCHAR buffer[32];
  Fill(buffer, 128);
}

NO_OPTIMIZATION void StackOverflow() {
  volatile UCHAR frame[512];
  frame[0] = 1;
  StackOverflow();
  frame[1] = frame[0];
}

NO_OPTIMIZATION void Breakpoint() { __debugbreak(); }

NO_OPTIMIZATION void DoubleFree() {
  void* const block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, kTag);
  if (!block) return;
  ExFreePoolWithTag(block, kTag);
  ExFreePoolWithTag(block, kTag);
}
