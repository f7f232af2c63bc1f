// Stops the machine with bugcheck callbacks of each kind registered; each tells what it is given.
#include "mistake.h"

static UCHAR component[] = "Mistakes";
static ULONG remembered = 42;
static const GUID kData = {0x5be1b5a3, 0x1f2c, 0x4c4e, {0x9a, 0x01, 2, 3, 4, 5, 6, 7}};

static KBUGCHECK_CALLBACK_RECORD plain, removed;
static KBUGCHECK_REASON_CALLBACK_RECORD add, drop, secondary, parts, io, unknown_reason;

static void NTAPI OnBugCheck(PVOID buffer, ULONG length) {
  DbgPrint("plain: irql %u, value %u, length %u\n", KeGetCurrentIrql(), *static_cast<ULONG*>(buffer), length);
}

static void NTAPI OnRemoved(PVOID, ULONG) { DbgPrint("removed: called\n"); }

static void NTAPI OnAddPages(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record, PVOID data, ULONG length) {
  auto* const pages = static_cast<PKBUGCHECK_ADD_PAGES>(data);
  DbgPrint("add: reason %u, record %u, length %u, code %x, context %p\n", reason, record == &add, length, pages->BugCheckCode,
           pages->Context);
  pages->Flags = KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS;
  if (!pages->Context) {
    pages->Context = reinterpret_cast<PVOID>(1);
    pages->Flags |= KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST;
  }
  pages->Address = reinterpret_cast<ULONG_PTR>(&remembered) & ~ULONG_PTR{PAGE_SIZE - 1};
  pages->Count = 2;
}

/// The second of the pages that OnAddPages adds.
static void NTAPI OnRemovePages(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD, PVOID data, ULONG length) {
  auto* const pages = static_cast<PKBUGCHECK_ADD_PAGES>(data);
  DbgPrint("remove: reason %u, length %u, code %x\n", reason, length, pages->BugCheckCode);
  pages->Flags = KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS;
  pages->Address = (reinterpret_cast<ULONG_PTR>(&remembered) & ~ULONG_PTR{PAGE_SIZE - 1}) + PAGE_SIZE;
  pages->Count = 1;
}

/// KBUGCHECK_SECONDARY_DUMP_DATA_EX, which mingw's headers lack.
struct MultiPartData {
  KBUGCHECK_SECONDARY_DUMP_DATA data;
  PVOID context;
  ULONG flags, dump_type, code;
  ULONG_PTR parameters[4];
};

static void NTAPI OnParts(KBUGCHECK_CALLBACK_REASON, PKBUGCHECK_REASON_CALLBACK_RECORD, PVOID data, ULONG length) {
  auto* const part = static_cast<MultiPartData*>(data);
  DbgPrint("part: length %u, code %x, first %u, room %u\n", length, part->code, !part->context, part->data.InBufferLength > 1);
  part->data.Guid = kData;
  part->data.OutBuffer = part->data.InBuffer;
  part->data.OutBufferLength = part->context ? 2 : 1;
  if (!part->context) part->flags = 1;  // there is more
  part->context = part;
}

static void NTAPI OnSecondary(KBUGCHECK_CALLBACK_REASON, PKBUGCHECK_REASON_CALLBACK_RECORD, PVOID data, ULONG) {
  auto* const dump = static_cast<PKBUGCHECK_SECONDARY_DUMP_DATA>(data);
  DbgPrint("secondary: allowed %u, room %u\n", dump->MaximumAllowed >= dump->InBufferLength, dump->InBufferLength >= sizeof remembered);
  dump->Guid = kData;
  dump->OutBuffer = &remembered;
  dump->OutBufferLength = sizeof remembered;
}

static void NTAPI OnDumpIo(KBUGCHECK_CALLBACK_REASON, PKBUGCHECK_REASON_CALLBACK_RECORD, PVOID data, ULONG) {
  auto* const part = static_cast<PKBUGCHECK_DUMP_IO>(data);
  DbgPrint("io: type %u, offset %llx, length %x\n", part->Type, part->Offset, part->BufferLength);
}

void Mistake(PDRIVER_OBJECT) {
  KeInitializeCallbackRecord(&plain);
  KeInitializeCallbackRecord(&removed);
  KeInitializeCallbackRecord(&add);
  KeInitializeCallbackRecord(&drop);
  KeInitializeCallbackRecord(&parts);
  KeInitializeCallbackRecord(&secondary);
  KeInitializeCallbackRecord(&io);
  KeInitializeCallbackRecord(&unknown_reason);
  const BOOLEAN results[] = {KeRegisterBugCheckCallback(&plain, OnBugCheck, &remembered, sizeof remembered, component),
                             KeRegisterBugCheckCallback(&plain, OnBugCheck, &remembered, sizeof remembered, component),
                             KeRegisterBugCheckCallback(&removed, OnRemoved, nullptr, 0, component),
                             KeDeregisterBugCheckCallback(&removed),
                             KeDeregisterBugCheckCallback(&removed),
                             KeRegisterBugCheckReasonCallback(&add, OnAddPages, KbCallbackAddPages, component),
                             KeRegisterBugCheckReasonCallback(&drop, OnRemovePages, KbCallbackRemovePages, component),
                             KeRegisterBugCheckReasonCallback(&parts, OnParts, KbCallbackSecondaryMultiPartDumpData, component),
                             KeRegisterBugCheckReasonCallback(&secondary, OnSecondary, KbCallbackSecondaryDumpData, component),
                             KeRegisterBugCheckReasonCallback(&io, OnDumpIo, KbCallbackDumpIo, component),
                             KeRegisterBugCheckReasonCallback(&io, OnDumpIo, KbCallbackDumpIo, component),
                             KeDeregisterBugCheckReasonCallback(&io),
                             KeDeregisterBugCheckReasonCallback(&io),
                             KeRegisterBugCheckReasonCallback(&io, OnDumpIo, KbCallbackDumpIo, component),
                             KeRegisterBugCheckReasonCallback(&unknown_reason, OnDumpIo, KbCallbackInvalid, component)};
  DbgPrint("registered:");
  for (const BOOLEAN result : results) DbgPrint(" %u", result);
  DbgPrint("\n");
  KeBugCheck(MANUALLY_INITIATED_CRASH);
}
