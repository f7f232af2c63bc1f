// Callback objects; and identifiers.
#include "ktest.h"

using namespace ktest;

namespace {
struct Calls {
  LONG count;
  PVOID first, second;
  PVOID registration;
};

VOID NTAPI Note(PVOID context, PVOID first, PVOID second) {
  auto* const calls = (Calls*)context;
  calls->count++;
  calls->first = first;
  calls->second = second;
}

NTSTATUS Open(const wchar_t* path, bool create, bool multiple, PCALLBACK_OBJECT* callback, ULONG flags = 0) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, path != nullptr ? &name : nullptr, OBJ_CASE_INSENSITIVE | flags, nullptr, nullptr);
  return ExCreateCallback(callback, &attributes, create, multiple);
}
}  // namespace

KTEST(ANotificationCallsAllWhoRegistered) {
  PCALLBACK_OBJECT callback;
  REQUIRE(NT_SUCCESS(Open(L"\\Callback\\RingletTest", true, true, &callback)));
  Calls first = {}, second = {};
  PVOID const a = ExRegisterCallback(callback, Note, &first);
  PVOID const b = ExRegisterCallback(callback, Note, &second);
  REQUIRE(a != nullptr && b != nullptr);
  ExNotifyCallback(callback, &first, &second);
  EXPECT_EQ(first.count, 1);
  EXPECT(first.first == &first && first.second == &second);
  EXPECT_EQ(second.count, 1);
  ExUnregisterCallback(a);
  ExNotifyCallback(callback, nullptr, nullptr);
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(second.count, 2);
  ExUnregisterCallback(b);
  ObDereferenceObject(callback);
}

KTEST(APermanentNameIsSharedAndOpenedOnlyIfItExists) {
  PCALLBACK_OBJECT first, second;
  EXPECT_EQ(Open(L"\\Callback\\RingletShared", false, true, &first), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(Open(L"\\Callback\\RingletShared", true, true, &first, OBJ_PERMANENT)));
  REQUIRE(NT_SUCCESS(Open(L"\\callback\\RINGLETSHARED", false, false, &second)));
  EXPECT(first == second);
  ObMakeTemporaryObject(first);
  ObDereferenceObject(second);
  ObDereferenceObject(first);
  EXPECT_EQ(Open(L"\\Callback\\RingletShared", false, true, &first), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(ATemporaryNameGoesWithTheHandleThatMadeIt) {
  PCALLBACK_OBJECT first, second;
  REQUIRE(NT_SUCCESS(Open(L"\\Callback\\RingletBrief", true, true, &first)));
  EXPECT_EQ(Open(L"\\Callback\\RingletBrief", false, true, &second), STATUS_OBJECT_NAME_NOT_FOUND);
  ObDereferenceObject(first);
}

KTEST(OneRegistrationWhereMoreAreNotAllowed) {
  PCALLBACK_OBJECT callback;
  REQUIRE(NT_SUCCESS(Open(nullptr, true, false, &callback)));
  Calls calls = {};
  PVOID const first = ExRegisterCallback(callback, Note, &calls);
  EXPECT(first != nullptr);
  EXPECT(ExRegisterCallback(callback, Note, &calls) == nullptr);
  ExUnregisterCallback(first);
  PVOID const again = ExRegisterCallback(callback, Note, &calls);
  EXPECT(again != nullptr);
  ExUnregisterCallback(again);
  ObDereferenceObject(callback);
}

KTEST(WhoRegistersKeepsTheObject) {
  PCALLBACK_OBJECT callback;
  REQUIRE(NT_SUCCESS(Open(L"\\Callback\\RingletKept", true, true, &callback)));
  Calls calls = {};
  PVOID const registration = ExRegisterCallback(callback, Note, &calls);
  ObDereferenceObject(callback);
  ExNotifyCallback(callback, nullptr, nullptr);
  EXPECT_EQ(calls.count, 1);
  ExUnregisterCallback(registration);
  EXPECT_EQ(Open(L"\\Callback\\RingletKept", false, true, &callback), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(NotifyMayComeAtDispatchLevel) {
  PCALLBACK_OBJECT callback;
  REQUIRE(NT_SUCCESS(Open(nullptr, true, true, &callback)));
  Calls calls = {};
  PVOID const registration = ExRegisterCallback(callback, Note, &calls);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  ExNotifyCallback(callback, nullptr, nullptr);
  KeLowerIrql(irql);
  EXPECT_EQ(calls.count, 1);
  ExUnregisterCallback(registration);
  ObDereferenceObject(callback);
}

KTEST(TheSystemsOwnCallbacksExist) {
  const wchar_t* const paths[] = {L"\\Callback\\PowerState", L"\\Callback\\SetSystemTime", L"\\Callback\\ProcessorAdd"};
  for (const wchar_t* path : paths) {
    PCALLBACK_OBJECT callback;
    EXPECT_EQ(Open(path, false, true, &callback), STATUS_SUCCESS);
    ObDereferenceObject(callback);
  }
}

KTEST(IdentifiersDiffer) {
  UUID first, second;
  EXPECT(NT_SUCCESS(ExUuidCreate(&first)));
  EXPECT(NT_SUCCESS(ExUuidCreate(&second)));
  EXPECT(RtlCompareMemory(&first, &second, sizeof first) != sizeof first);
  EXPECT_EQ(first.Data3 >> 12, 1);
  EXPECT_EQ(first.Data4[0] & 0xc0, 0x80);
}
