// KeRegisterBugCheckCallback and its relatives, and their calls when the machine stops. No dump file is written: its header, the pages
// that drivers add, their triage data and their secondary data go to the drivers' own dump I/O, and both kinds of data to the report.
#include "kernel/ke/bugcheck_callbacks.h"

#include <cstring>

#include "kernel/ke/ki.h"
#include "kernel/ke/triage_dump.h"
#include "kernel/mm/mm.h"
#include "nt/bugcheck.h"

namespace nt::ke {
namespace {

LIST_ENTRY callbacks;
LIST_ENTRY reason_callbacks;

constexpr SIZE_T kHeaderSize = 0x2000;
constexpr ULONG kMostSecondaryData = 4096;
UCHAR dump_header[kHeaderSize];
UCHAR secondary_buffer[kMostSecondaryData];
ULONG64 dump_offset;

void Insert(LIST_ENTRY& head, LIST_ENTRY* entry) {
  *entry = {&head, head.Blink};
  head.Blink->Flink = entry;
  head.Blink = entry;
}

void Remove(LIST_ENTRY* entry) {
  entry->Blink->Flink = entry->Flink;
  entry->Flink->Blink = entry->Blink;
}

ULONG_PTR Checksum(const KBUGCHECK_CALLBACK_RECORD& record) {
  return reinterpret_cast<ULONG_PTR>(record.CallbackRoutine) + reinterpret_cast<ULONG_PTR>(record.Buffer) + record.Length +
         reinterpret_cast<ULONG_PTR>(record.Component);
}

ULONG_PTR Checksum(const KBUGCHECK_REASON_CALLBACK_RECORD& record) {
  return reinterpret_cast<ULONG_PTR>(record.CallbackRoutine) + record.Reason + reinterpret_cast<ULONG_PTR>(record.Component);
}

/// Calls `call` for each record of a list that is whole and was not called yet.
template <class Record, class Call>
void ForEach(LIST_ENTRY& head, Call call) {
  for (LIST_ENTRY* link = head.Flink; link != nullptr && link != &head; link = link->Flink) {
    auto* const record = CONTAINING_RECORD(link, Record, Entry);
    if (record->Checksum == Checksum(*record)) call(record);
  }
}

template <class Call>
void ForReason(KBUGCHECK_CALLBACK_REASON reason, Call call) {
  ForEach<KBUGCHECK_REASON_CALLBACK_RECORD>(reason_callbacks, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    if (record->Reason == reason) call(record);
  });
}

void CallWithoutReason(PKBUGCHECK_CALLBACK_RECORD record) {
  if (record->State != BufferInserted) return;
  record->State = BufferStarted;
  Callout<void>(record->CallbackRoutine, record->Buffer, record->Length);
  record->State = BufferFinished;
}

template <class Data>
void CallForReason(PKBUGCHECK_REASON_CALLBACK_RECORD record, Data* data) {
  Callout<void>(record->CallbackRoutine, record->Reason, record, data, sizeof *data);
}

void WriteDump(KBUGCHECK_DUMP_IO_TYPE type, void* buffer, ULONG length) {
  KBUGCHECK_DUMP_IO io{dump_offset, buffer, length, type};
  ForReason(KbCallbackDumpIo, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    KBUGCHECK_DUMP_IO copy = io;
    CallForReason(record, &copy);
  });
  dump_offset += length;
}

/// The beginning of DUMP_HEADER64.
void WriteHeader(const BugCheckInfo& info) {
  const auto put = [](SIZE_T offset, auto value) { std::memcpy(dump_header + offset, &value, sizeof value); };
  std::memset(dump_header, 0, sizeof dump_header);
  std::memcpy(dump_header, "PAGEDU64", 8);
  put(0x08, ULONG{0xf});
  put(0x0c, ULONG{22000});
  put(0x30, ULONG{0x8664});
  put(0x34, ProcessorCount());
  put(0x38, info.code);
  for (SIZE_T i = 0; i < 4; ++i) put(0x40 + 8 * i, info.parameters[i]);
  WriteDump(KbDumpIoHeader, dump_header, kHeaderSize);
}

/// Pages by their addresses: those of physical ranges are not followed.
struct PageRange {
  ULONG_PTR address, pages;

  bool Contains(ULONG_PTR page) const { return page - address < pages * PAGE_SIZE; }
};

/// What callbacks told; no memory may be needed while the machine stops.
struct PageRanges {
  static constexpr ULONG kMost = 64;
  PageRange ranges[kMost];
  ULONG count;

  void Add(const KBUGCHECK_ADD_PAGES& range) {
    const bool is_virtual = (range.Flags & KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS) != 0;
    if (is_virtual && count < kMost) ranges[count++] = {range.Address & ~ULONG_PTR{PAGE_SIZE - 1}, range.Count};
  }
  bool Contain(ULONG_PTR page) const {
    for (ULONG i = 0; i < count; ++i) {
      if (ranges[i].Contains(page)) return true;
    }
    return false;
  }
};
PageRanges added, removed;

/// Asks a callback that tells of pages until it has no more ranges.
void AskForPages(PKBUGCHECK_REASON_CALLBACK_RECORD record, ULONG code, PageRanges* ranges) {
  KBUGCHECK_ADD_PAGES range{};
  range.BugCheckCode = code;
  do {
    range.Flags = 0;
    range.Address = range.Count = 0;
    CallForReason(record, &range);
    ranges->Add(range);
  } while ((range.Flags & KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST) != 0);
}

void WriteBody() {
  for (ULONG i = 0; i < added.count; ++i) {
    for (ULONG_PTR n = 0; n < added.ranges[i].pages; ++n) {
      const ULONG_PTR page = added.ranges[i].address + n * PAGE_SIZE;
      auto* const address = reinterpret_cast<PVOID>(page);
      if (!removed.Contain(page) && MmIsAddressValid(address)) WriteDump(KbDumpIoBody, address, PAGE_SIZE);
    }
  }
}

/// Keeps secondary data for the report and gives it to the drivers that write the dump.
void KeepSecondaryData(const char* component, const GUID& id, const void* buffer, ULONG length, BugCheckInfo* info) {
  const bool whole = buffer != nullptr && length != 0 && length <= kMostSecondaryData;
  if (!whole || !MmIsAddressValid(const_cast<PVOID>(buffer))) return;
  WriteDump(KbDumpIoSecondaryData, const_cast<PVOID>(buffer), length);
  const auto* const bytes = static_cast<const UCHAR*>(buffer);
  info->secondary_data.push_back({component, id, {bytes, bytes + length}});
}

const char* ComponentOf(PKBUGCHECK_REASON_CALLBACK_RECORD record) {
  return record->Component != nullptr ? reinterpret_cast<const char*>(record->Component) : "";
}

void AddSecondaryData(PKBUGCHECK_REASON_CALLBACK_RECORD record, BugCheckInfo* info) {
  KBUGCHECK_SECONDARY_DUMP_DATA data{};
  data.InBuffer = secondary_buffer;
  data.InBufferLength = data.MaximumAllowed = kMostSecondaryData;
  CallForReason(record, &data);
  KeepSecondaryData(ComponentOf(record), data.Guid, data.OutBuffer, data.OutBufferLength, info);
}

/// Secondary data in as many parts as the callback likes.
void AddMultiPartData(PKBUGCHECK_REASON_CALLBACK_RECORD record, BugCheckInfo* info) {
  KBUGCHECK_SECONDARY_DUMP_DATA_EX data{};
  data.DumpType = DUMP_TYPE_SUMMARY;
  data.BugCheckCode = info->code;
  data.BugCheckParameter1 = info->parameters[0];
  data.BugCheckParameter2 = info->parameters[1];
  data.BugCheckParameter3 = info->parameters[2];
  data.BugCheckParameter4 = info->parameters[3];
  do {
    data.InBuffer = secondary_buffer;
    data.InBufferLength = data.MaximumAllowed = kMostSecondaryData;
    data.OutBuffer = nullptr;
    data.OutBufferLength = data.Flags = 0;
    CallForReason(record, &data);
    KeepSecondaryData(ComponentOf(record), data.Guid, data.OutBuffer, data.OutBufferLength, info);
  } while ((data.Flags & KB_SECONDARY_DATA_FLAG_ADDITIONAL_DATA) != 0);
}

bool IsReadable(ULONG_PTR address, SIZE_T size) {
  for (ULONG_PTR page = address & ~ULONG_PTR{PAGE_SIZE - 1}; page < address + size; page += PAGE_SIZE) {
    if (!MmIsAddressValid(reinterpret_cast<PVOID>(page))) return false;
  }
  return true;
}

/// Asks for the memory that a driver wants in a small dump; what can be read of it goes to the report and to those who write the dump.
void AddTriageData(PKBUGCHECK_REASON_CALLBACK_RECORD record, BugCheckInfo* info) {
  const ULONG_PTR* const p = info->parameters;
  KBUGCHECK_TRIAGE_DUMP_DATA data{nullptr, KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE, kMostTriageData, info->code, p[0], p[1], p[2], p[3]};
  CallForReason(record, &data);
  PKTRIAGE_DUMP_DATA_ARRAY const array = data.DataArray;
  if (array == nullptr || !IsReadable(reinterpret_cast<ULONG_PTR>(array), sizeof *array)) return;
  ULONG left = kMostTriageData;
  for (ULONG i = 0; i < array->NumBlocksUsed && i < array->NumBlocksTotal; ++i) {
    const KADDRESS_RANGE block = array->Blocks()[i];
    if (block.Size > left || !IsReadable(reinterpret_cast<ULONG_PTR>(block.Address), block.Size)) continue;
    left -= static_cast<ULONG>(block.Size);
    WriteDump(KbDumpIoBody, block.Address, static_cast<ULONG>(block.Size));
    const auto* const bytes = static_cast<const UCHAR*>(block.Address);
    info->triage_data.push_back({ComponentOf(record), reinterpret_cast<ULONG_PTR>(block.Address), {bytes, bytes + block.Size}});
  }
}

template <class Record>
bool IsInserted(const LIST_ENTRY& head, const Record* record) {
  return head.Flink != nullptr && record->State == BufferInserted;
}

void PrepareLists() {
  for (LIST_ENTRY* const head : {&callbacks, &reason_callbacks}) {
    if (head->Flink == nullptr) *head = {head, head};
  }
}

}  // namespace

void CallBugCheckCallbacks(BugCheckInfo* info) {
  KiPcr->irql = HIGH_LEVEL;
  dump_offset = 0;
  added.count = removed.count = 0;
  WriteHeader(*info);
  ForReason(KbCallbackAddPages, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) { AskForPages(record, info->code, &added); });
  ForReason(KbCallbackRemovePages, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) { AskForPages(record, info->code, &removed); });
  WriteBody();
  ForReason(KbCallbackTriageDumpData, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) { AddTriageData(record, info); });
  ForReason(KbCallbackSecondaryDumpData, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) { AddSecondaryData(record, info); });
  ForReason(KbCallbackSecondaryMultiPartDumpData, [&](PKBUGCHECK_REASON_CALLBACK_RECORD record) { AddMultiPartData(record, info); });
  WriteDump(KbDumpIoComplete, nullptr, 0);
  // Last, so that what they break does not break the dump.
  ForEach<KBUGCHECK_CALLBACK_RECORD>(callbacks, CallWithoutReason);
}

void ForgetBugCheckCallbacks() { callbacks = reason_callbacks = {}; }

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

BOOLEAN KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord, PVOID CallbackRoutine, PVOID Buffer, ULONG Length,
                                   PUCHAR Component) {
  if (CallbackRecord->State != BufferEmpty) return FALSE;
  PrepareLists();
  CallbackRecord->CallbackRoutine = CallbackRoutine;
  CallbackRecord->Buffer = Buffer;
  CallbackRecord->Length = Length;
  CallbackRecord->Component = Component;
  CallbackRecord->Checksum = Checksum(*CallbackRecord);
  CallbackRecord->State = BufferInserted;
  Insert(callbacks, &CallbackRecord->Entry);
  return TRUE;
}

BOOLEAN KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord) {
  if (!IsInserted(callbacks, CallbackRecord)) return FALSE;
  Remove(&CallbackRecord->Entry);
  CallbackRecord->State = BufferEmpty;
  return TRUE;
}

BOOLEAN KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord, PVOID CallbackRoutine,
                                         KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component) {
  const bool known = Reason >= KbCallbackSecondaryDumpData && Reason <= KbCallbackTriageDumpData;
  if (!known || CallbackRecord->State != BufferEmpty) return FALSE;
  PrepareLists();
  CallbackRecord->CallbackRoutine = CallbackRoutine;
  CallbackRecord->Reason = Reason;
  CallbackRecord->Component = Component;
  CallbackRecord->Checksum = Checksum(*CallbackRecord);
  CallbackRecord->State = BufferInserted;
  Insert(reason_callbacks, &CallbackRecord->Entry);
  return TRUE;
}

BOOLEAN KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord) {
  if (!IsInserted(reason_callbacks, CallbackRecord)) return FALSE;
  Remove(&CallbackRecord->Entry);
  CallbackRecord->State = BufferEmpty;
  return TRUE;
}

}  // extern "C"
