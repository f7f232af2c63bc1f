// The faults that can be asked for; none of them returns as it should.
#pragma once
#include <ntddk.h>

inline constexpr ULONG kTag = 'tFmN';

void HighIrqlFault(volatile UCHAR* UserAddress);  // null: kernel-mode memory
void BufferOverflow();
void CodeOverwrite();
void StackTrash();
void StackOverflow();
void Breakpoint();
void DoubleFree();

NTSTATUS HangWithIrp(PIRP Irp);
void HangWithDpc();
void HangWithDeadlock();

NTSTATUS Leak(POOL_FLAGS Flags, SIZE_T Bytes);
