// What a driver registers to be called at a bugcheck (wdm.h).
#pragma once

#include "nt/types.h"

enum KBUGCHECK_BUFFER_DUMP_STATE : UCHAR { BufferEmpty, BufferInserted, BufferStarted, BufferFinished, BufferIncomplete };

struct KBUGCHECK_CALLBACK_RECORD {
  LIST_ENTRY Entry;
  PVOID CallbackRoutine;  ///< VOID (PVOID Buffer, ULONG Length)
  PVOID Buffer;
  ULONG Length;
  PUCHAR Component;
  ULONG_PTR Checksum;
  UCHAR State;
};
using PKBUGCHECK_CALLBACK_RECORD = KBUGCHECK_CALLBACK_RECORD*;
NT_SIZE(KBUGCHECK_CALLBACK_RECORD, 0x40);
NT_OFFSET(KBUGCHECK_CALLBACK_RECORD, CallbackRoutine, 0x10);
NT_OFFSET(KBUGCHECK_CALLBACK_RECORD, Buffer, 0x18);
NT_OFFSET(KBUGCHECK_CALLBACK_RECORD, Length, 0x20);
NT_OFFSET(KBUGCHECK_CALLBACK_RECORD, Component, 0x28);
NT_OFFSET(KBUGCHECK_CALLBACK_RECORD, Checksum, 0x30);
NT_OFFSET(KBUGCHECK_CALLBACK_RECORD, State, 0x38);

enum KBUGCHECK_CALLBACK_REASON : ULONG {
  KbCallbackInvalid,
  KbCallbackReserved1,
  KbCallbackSecondaryDumpData,
  KbCallbackDumpIo,
  KbCallbackAddPages,
  KbCallbackSecondaryMultiPartDumpData,
  KbCallbackRemovePages,
  KbCallbackTriageDumpData
};

struct KBUGCHECK_REASON_CALLBACK_RECORD {
  LIST_ENTRY Entry;
  PVOID CallbackRoutine;  ///< VOID (KBUGCHECK_CALLBACK_REASON, record, PVOID ReasonSpecificData, ULONG ReasonSpecificDataLength)
  PUCHAR Component;
  ULONG_PTR Checksum;
  KBUGCHECK_CALLBACK_REASON Reason;
  UCHAR State;
};
using PKBUGCHECK_REASON_CALLBACK_RECORD = KBUGCHECK_REASON_CALLBACK_RECORD*;
NT_SIZE(KBUGCHECK_REASON_CALLBACK_RECORD, 0x30);
NT_OFFSET(KBUGCHECK_REASON_CALLBACK_RECORD, CallbackRoutine, 0x10);
NT_OFFSET(KBUGCHECK_REASON_CALLBACK_RECORD, Component, 0x18);
NT_OFFSET(KBUGCHECK_REASON_CALLBACK_RECORD, Checksum, 0x20);
NT_OFFSET(KBUGCHECK_REASON_CALLBACK_RECORD, Reason, 0x28);
NT_OFFSET(KBUGCHECK_REASON_CALLBACK_RECORD, State, 0x2c);

inline constexpr ULONG KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS = 1;
inline constexpr ULONG KB_ADD_PAGES_FLAG_PHYSICAL_ADDRESS = 2;
inline constexpr ULONG KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST = 0x80000000;

struct KBUGCHECK_ADD_PAGES {
  PVOID Context;
  ULONG Flags;
  ULONG BugCheckCode;
  ULONG_PTR Address;
  ULONG_PTR Count;
};
NT_SIZE(KBUGCHECK_ADD_PAGES, 0x20);
NT_OFFSET(KBUGCHECK_ADD_PAGES, Address, 0x10);

/// The same, for pages that are not to be in the dump; the flags are those of KBUGCHECK_ADD_PAGES.
using KBUGCHECK_REMOVE_PAGES = KBUGCHECK_ADD_PAGES;

struct KBUGCHECK_SECONDARY_DUMP_DATA {
  PVOID InBuffer;
  ULONG InBufferLength;
  ULONG MaximumAllowed;
  GUID Guid;
  PVOID OutBuffer;
  ULONG OutBufferLength;
};
NT_SIZE(KBUGCHECK_SECONDARY_DUMP_DATA, 0x30);
NT_OFFSET(KBUGCHECK_SECONDARY_DUMP_DATA, Guid, 0x10);
NT_OFFSET(KBUGCHECK_SECONDARY_DUMP_DATA, OutBuffer, 0x20);

inline constexpr ULONG KB_SECONDARY_DATA_FLAG_ADDITIONAL_DATA = 1;
inline constexpr ULONG DUMP_TYPE_SUMMARY = 2;

/// Begins as KBUGCHECK_SECONDARY_DUMP_DATA.
struct KBUGCHECK_SECONDARY_DUMP_DATA_EX {
  PVOID InBuffer;
  ULONG InBufferLength;
  ULONG MaximumAllowed;
  GUID Guid;
  PVOID OutBuffer;
  ULONG OutBufferLength;
  PVOID Context;
  ULONG Flags;
  ULONG DumpType;
  ULONG BugCheckCode;
  ULONG_PTR BugCheckParameter1;
  ULONG_PTR BugCheckParameter2;
  ULONG_PTR BugCheckParameter3;
  ULONG_PTR BugCheckParameter4;
};
NT_SIZE(KBUGCHECK_SECONDARY_DUMP_DATA_EX, 0x68);
NT_OFFSET(KBUGCHECK_SECONDARY_DUMP_DATA_EX, Context, 0x30);
NT_OFFSET(KBUGCHECK_SECONDARY_DUMP_DATA_EX, DumpType, 0x3c);
NT_OFFSET(KBUGCHECK_SECONDARY_DUMP_DATA_EX, BugCheckParameter1, 0x48);

struct KADDRESS_RANGE {
  PVOID Address;
  SIZE_T Size;
};
NT_SIZE(KADDRESS_RANGE, 0x10);

/// The blocks of memory that a driver wants in a small dump; as many of them follow as its memory holds.
struct KTRIAGE_DUMP_DATA_ARRAY {
  LIST_ENTRY List;
  ULONG NumBlocksUsed;
  ULONG NumBlocksTotal;
  ULONG DataSize;  ///< of the blocks, bytes
  ULONG MaxDataSize;
  ULONG ComponentNameBufferLength;
  PUCHAR ComponentName;

  KADDRESS_RANGE* Blocks() { return reinterpret_cast<KADDRESS_RANGE*>(this + 1); }
};
using PKTRIAGE_DUMP_DATA_ARRAY = KTRIAGE_DUMP_DATA_ARRAY*;
NT_SIZE(KTRIAGE_DUMP_DATA_ARRAY, 0x30);
NT_OFFSET(KTRIAGE_DUMP_DATA_ARRAY, ComponentName, 0x28);

inline constexpr ULONG KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE = 1;

struct KBUGCHECK_TRIAGE_DUMP_DATA {
  PKTRIAGE_DUMP_DATA_ARRAY DataArray;
  ULONG Flags;
  ULONG MaxVirtMemSize;
  ULONG BugCheckCode;
  ULONG_PTR BugCheckParameter1;
  ULONG_PTR BugCheckParameter2;
  ULONG_PTR BugCheckParameter3;
  ULONG_PTR BugCheckParameter4;
};
NT_SIZE(KBUGCHECK_TRIAGE_DUMP_DATA, 0x38);
NT_OFFSET(KBUGCHECK_TRIAGE_DUMP_DATA, BugCheckCode, 0x10);
NT_OFFSET(KBUGCHECK_TRIAGE_DUMP_DATA, BugCheckParameter1, 0x18);

enum KBUGCHECK_DUMP_IO_TYPE : ULONG { KbDumpIoInvalid, KbDumpIoHeader, KbDumpIoBody, KbDumpIoSecondaryData, KbDumpIoComplete };

struct KBUGCHECK_DUMP_IO {
  ULONG64 Offset;
  PVOID Buffer;
  ULONG BufferLength;
  KBUGCHECK_DUMP_IO_TYPE Type;
};
NT_SIZE(KBUGCHECK_DUMP_IO, 0x18);
NT_OFFSET(KBUGCHECK_DUMP_IO, Buffer, 8);
NT_OFFSET(KBUGCHECK_DUMP_IO, Type, 0x14);
