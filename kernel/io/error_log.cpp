// The error log: there is no event log, so an entry is written as a line of debug output.
#include <cstdio>
#include <cstring>
#include <string>

#include "kernel/ex/ex.h"
#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"

using namespace nt::io;
namespace ex = nt::ex;
namespace ob = nt::ob;
namespace ke = nt::ke;

namespace {

constexpr ULONG kErrorTag = 'rEoI';
/// ERROR_LOG_LIMIT_SIZE of wdm.h: the most bytes that an entry may have.
constexpr SIZE_T kEntryLimit = 240;

/// What precedes a packet.
struct Entry {
  CSHORT type;
  CSHORT size;
  PVOID object;  ///< the reporting device or driver, referenced
};
static_assert(sizeof(Entry) == 16);

Entry* EntryOf(PVOID packet) { return static_cast<Entry*>(packet) - 1; }

void Free(PVOID packet) {
  ObfDereferenceObject(EntryOf(packet)->object);
  ex::FreePool(EntryOf(packet));
}

std::string Narrow(std::u16string_view text) {
  std::string narrow;
  for (const char16_t c : text) narrow += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
  return narrow;
}

template <class... A>
void Append(std::string* line, const char* format, A... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  *line += text;
}

/// Insertion strings lie one behind the other, each with its terminator; they may not reach beyond the packet.
void AppendStrings(std::string* line, const IO_ERROR_LOG_PACKET* packet, SIZE_T size) {
  SIZE_T offset = packet->StringOffset;
  for (USHORT i = 0; i < packet->NumberOfStrings; ++i) {
    std::u16string text;
    for (; offset + sizeof(WCHAR) <= size; offset += sizeof(WCHAR)) {
      WCHAR c;
      std::memcpy(&c, reinterpret_cast<const char*>(packet) + offset, sizeof c);
      if (c == 0) break;
      text += c;
    }
    offset += sizeof(WCHAR);
    *line += ", \"" + Narrow(text) + "\"";
  }
}

void AppendDump(std::string* line, const IO_ERROR_LOG_PACKET* packet, SIZE_T size) {
  const SIZE_T room = size - offsetof(IO_ERROR_LOG_PACKET, DumpData);
  const SIZE_T bytes = packet->DumpDataSize < room ? packet->DumpDataSize : room;
  if (bytes == 0) return;
  *line += ", data";
  for (SIZE_T i = 0; i < bytes / sizeof(ULONG); ++i) {
    ULONG value;
    std::memcpy(&value, reinterpret_cast<const char*>(packet->DumpData) + i * sizeof value, sizeof value);
    Append(line, " %08x", value);
  }
}

/// Only devices and drivers have something to report.
bool IsReporter(PVOID object) {
  if (object == nullptr) return false;
  const CSHORT type = *static_cast<const CSHORT*>(object);
  return type == IO_TYPE_DEVICE || type == IO_TYPE_DRIVER;
}

}  // namespace

extern "C" {

PVOID IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize) {
  if (!IsReporter(IoObject) || EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > kEntryLimit) return nullptr;
  const SIZE_T size = sizeof(Entry) + EntrySize;
  auto* const entry = static_cast<Entry*>(ex::AllocatePool(NonPagedPoolNx, size, kErrorTag));
  if (entry == nullptr) return nullptr;
  std::memset(static_cast<void*>(entry), 0, size);
  entry->type = IO_TYPE_ERROR_LOG;
  entry->size = static_cast<CSHORT>(EntrySize);
  entry->object = IoObject;
  ObfReferenceObject(IoObject);
  return entry + 1;
}

VOID IoFreeErrorLogEntry(PVOID ElEntry) { Free(ElEntry); }

VOID IoWriteErrorLogEntry(PVOID ElEntry) {
  const auto* const packet = static_cast<const IO_ERROR_LOG_PACKET*>(ElEntry);
  const auto size = static_cast<SIZE_T>(EntryOf(ElEntry)->size);
  std::string line = "Error log: " + Narrow(ob::NameOf(EntryOf(ElEntry)->object));
  Append(&line, ", code 0x%08X", static_cast<unsigned>(packet->ErrorCode));
  Append(&line, ", status 0x%08X", static_cast<unsigned>(packet->FinalStatus));
  Append(&line, ", value %u", packet->UniqueErrorValue);
  Append(&line, ", number %u", ++Registered().error_log_sequence);
  AppendStrings(&line, packet, size);
  AppendDump(&line, packet, size);
  line += '\n';
  ke::DebugOutput(line.data(), line.size());
  Free(ElEntry);
}

}  // extern "C"
