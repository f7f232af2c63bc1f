// Compiler intrinsics that MSVC has and clang lacks.
#pragma once

#undef InterlockedBitTestAndSet
#undef InterlockedBitTestAndReset
#define InterlockedBitTestAndSet _interlockedbittestandset
#define InterlockedBitTestAndReset _interlockedbittestandreset

EXTERN_C_START
FORCEINLINE void RingletLidt(void* source) { __asm__ volatile("lidt (%0)" : : "r"(source) : "memory"); }
FORCEINLINE void RingletSidt(void* destination) { __asm__ volatile("sidt (%0)" : : "r"(destination) : "memory"); }
FORCEINLINE void RingletSgdt(void* destination) { __asm__ volatile("sgdt (%0)" : : "r"(destination) : "memory"); }
FORCEINLINE void RingletHalt(void) { __asm__ volatile("hlt" : : : "memory"); }
FORCEINLINE void RingletInvlpg(void* address) { __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory"); }
EXTERN_C_END

#define __lidt RingletLidt
#define __sidt RingletSidt
#define _sgdt RingletSgdt
#define __halt RingletHalt
#define __nop() __asm__ volatile("nop")
#define ReadTimeStampCounter() __rdtsc()
#define RtlFailFast(Code) __fastfail(Code)
#define __invlpg RingletInvlpg
