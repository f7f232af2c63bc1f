// Interlocked operations of every width, their forms with an ordering, fences, and reads and writes that order (wdm.h). On x64 every
// interlocked operation is a full barrier, a read acquires and a write releases: forms differ only in what the compiler may move.
#pragma once

// Of 16 bytes, which must be aligned so: TRUE if they were ComparandResult's, which takes what they were.
FORCEINLINE BOOLEAN RingletCompareExchange128(LONG64 volatile* Destination, LONG64 ExchangeHigh, LONG64 ExchangeLow,
                                              LONG64* ComparandResult) {
  BOOLEAN equal;
  __asm__ volatile("lock; cmpxchg16b %1"
                   : "=@ccz"(equal), "+m"(*(LONG64 volatile(*)[2])Destination), "+a"(ComparandResult[0]), "+d"(ComparandResult[1])
                   : "b"(ExchangeLow), "c"(ExchangeHigh)
                   : "memory");
  return equal;
}

#define InterlockedAnd8 _InterlockedAnd8
#define InterlockedOr8 _InterlockedOr8
#define InterlockedXor8 _InterlockedXor8
#define InterlockedAnd16 _InterlockedAnd16
#define InterlockedOr16 _InterlockedOr16
#define InterlockedXor16 _InterlockedXor16
#define InterlockedExchange8 _InterlockedExchange8
#define InterlockedExchange16 _InterlockedExchange16
#define InterlockedExchangeAdd8 _InterlockedExchangeAdd8
#define InterlockedExchangeAdd16 _InterlockedExchangeAdd16
#define InterlockedIncrement16 _InterlockedIncrement16
#define InterlockedDecrement16 _InterlockedDecrement16
#define InterlockedCompareExchange8 _InterlockedCompareExchange8
#define InterlockedCompareExchange16 _InterlockedCompareExchange16
#define InterlockedCompareExchange128 RingletCompareExchange128

#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedAddNoFence InterlockedAdd
#define InterlockedAdd64Acquire InterlockedAdd64
#define InterlockedAdd64Release InterlockedAdd64
#define InterlockedAdd64NoFence InterlockedAdd64
#define InterlockedAddAcquire64 InterlockedAdd64
#define InterlockedAddRelease64 InterlockedAdd64
#define InterlockedAddNoFence64 InterlockedAdd64
#define InterlockedAndAcquire InterlockedAnd
#define InterlockedAndRelease InterlockedAnd
#define InterlockedAndNoFence InterlockedAnd
#define InterlockedAnd64Acquire InterlockedAnd64
#define InterlockedAnd64Release InterlockedAnd64
#define InterlockedAnd64NoFence InterlockedAnd64
#define InterlockedOrAcquire InterlockedOr
#define InterlockedOrRelease InterlockedOr
#define InterlockedOrNoFence InterlockedOr
#define InterlockedOr64Acquire InterlockedOr64
#define InterlockedOr64Release InterlockedOr64
#define InterlockedOr64NoFence InterlockedOr64
#define InterlockedXorAcquire InterlockedXor
#define InterlockedXorRelease InterlockedXor
#define InterlockedXorNoFence InterlockedXor
#define InterlockedXor64Acquire InterlockedXor64
#define InterlockedXor64Release InterlockedXor64
#define InterlockedXor64NoFence InterlockedXor64
#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedIncrementAcquire16 InterlockedIncrement16
#define InterlockedIncrementRelease16 InterlockedIncrement16
#define InterlockedIncrementNoFence16 InterlockedIncrement16
#define InterlockedIncrementAcquire64 InterlockedIncrement64
#define InterlockedIncrementRelease64 InterlockedIncrement64
#define InterlockedIncrementNoFence64 InterlockedIncrement64
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedDecrementAcquire16 InterlockedDecrement16
#define InterlockedDecrementRelease16 InterlockedDecrement16
#define InterlockedDecrementNoFence16 InterlockedDecrement16
#define InterlockedDecrementAcquire64 InterlockedDecrement64
#define InterlockedDecrementRelease64 InterlockedDecrement64
#define InterlockedDecrementNoFence64 InterlockedDecrement64
#define InterlockedExchangeAcquire InterlockedExchange
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedExchangeAcquire64 InterlockedExchange64
#define InterlockedExchangeNoFence64 InterlockedExchange64
#define InterlockedExchangeAddAcquire InterlockedExchangeAdd
#define InterlockedExchangeAddRelease InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence InterlockedExchangeAdd
#define InterlockedExchangeAddAcquire64 InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64 InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64 InterlockedExchangeAdd64
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire16 InterlockedCompareExchange16
#define InterlockedCompareExchangeRelease16 InterlockedCompareExchange16
#define InterlockedCompareExchangeNoFence16 InterlockedCompareExchange16
#define InterlockedCompareExchangeAcquire64 InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64 InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

#define InterlockedIncrementUlong(Addend) ((ULONG)InterlockedIncrement((volatile LONG*)(Addend)))
#define InterlockedDecrementUlong(Addend) ((ULONG)InterlockedDecrement((volatile LONG*)(Addend)))

// Fences.
#undef KeMemoryBarrier
#undef KeMemoryBarrierWithoutFence
#undef MemoryBarrier
#define FastFence() __asm__ volatile("lock; orl $0, (%%rsp)" : : : "memory", "cc")
#define LoadFence() __asm__ volatile("lfence" : : : "memory")
#define MemoryFence() __asm__ volatile("mfence" : : : "memory")
#define StoreFence() __asm__ volatile("sfence" : : : "memory")
#define MemoryBarrier() FastFence()
#define KeMemoryBarrier() FastFence()
#define KeMemoryBarrierWithoutFence() __asm__ volatile("" : : : "memory")

// Prefetches.
#define PF_TEMPORAL_LEVEL_1 3
#define PF_TEMPORAL_LEVEL_2 2
#define PF_TEMPORAL_LEVEL_3 1
#define PF_NON_TEMPORAL_LEVEL_ALL 0
#define PreFetchCacheLine(Level, Address) __builtin_prefetch((const void*)(Address), 0, Level)
#define PrefetchForWrite(Address) __builtin_prefetch((const void*)(Address), 1, 3)
#define ReadForWriteAccess(Address) (PrefetchForWrite(Address), *(Address))

// Reads and writes of each type: acquiring or releasing, without a fence, and raw.
#define RINGLET_ORDERED_ACCESS(Suffix, Before, Type)                                                                       \
  FORCEINLINE Type Read##Before##Acquire##Suffix(const volatile Type* Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); } \
  FORCEINLINE Type Read##Before##NoFence##Suffix(const volatile Type* Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); } \
  FORCEINLINE Type Read##Before##Raw##Suffix(const volatile Type* Source) { return *Source; }                              \
  FORCEINLINE VOID Write##Before##Release##Suffix(volatile Type* Destination, Type Value) {                                \
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);                                                                \
  }                                                                                                                        \
  FORCEINLINE VOID Write##Before##NoFence##Suffix(volatile Type* Destination, Type Value) {                                \
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);                                                                \
  }                                                                                                                        \
  FORCEINLINE VOID Write##Before##Raw##Suffix(volatile Type* Destination, Type Value) { *Destination = Value; }

EXTERN_C_START
RINGLET_ORDERED_ACCESS(8, , CHAR)
RINGLET_ORDERED_ACCESS(16, , SHORT)
RINGLET_ORDERED_ACCESS(, , LONG)
RINGLET_ORDERED_ACCESS(64, , LONG64)
RINGLET_ORDERED_ACCESS(, Boolean, BOOLEAN)
RINGLET_ORDERED_ACCESS(, UChar, UCHAR)
RINGLET_ORDERED_ACCESS(, UShort, USHORT)
RINGLET_ORDERED_ACCESS(, ULong, ULONG)
RINGLET_ORDERED_ACCESS(, ULong64, ULONG64)
RINGLET_ORDERED_ACCESS(, LongPtr, LONG_PTR)
RINGLET_ORDERED_ACCESS(, ULongPtr, ULONG_PTR)
RINGLET_ORDERED_ACCESS(, SizeT, SIZE_T)
RINGLET_ORDERED_ACCESS(, Pointer, PVOID)
EXTERN_C_END

#undef RINGLET_ORDERED_ACCESS

#ifdef __cplusplus
// A PVOID may stand for a const pointer and a pointer to anything.
#define ReadPointerAcquire(Source) (ReadPointerAcquire)((PVOID const volatile*)(Source))
#define ReadPointerNoFence(Source) (ReadPointerNoFence)((PVOID const volatile*)(Source))
#define ReadPointerRaw(Source) (ReadPointerRaw)((PVOID const volatile*)(Source))
#define WritePointerRelease(Destination, Value) (WritePointerRelease)((PVOID volatile*)(Destination), (PVOID)(Value))
#define WritePointerNoFence(Destination, Value) (WritePointerNoFence)((PVOID volatile*)(Destination), (PVOID)(Value))
#define WritePointerRaw(Destination, Value) (WritePointerRaw)((PVOID volatile*)(Destination), (PVOID)(Value))
#endif
