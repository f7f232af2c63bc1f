// Registry callbacks: who is told what, in which order, what they may change, contexts, and identities of keys.
#include "ktest.h"

using namespace ktest;

namespace {

constexpr wchar_t kPath[] = L"\\Registry\\Machine\\Software\\RingletCallbackTest";
constexpr ULONG kMaxNotes = 64;

/// One call of a routine.
struct Note {
  int who;
  REG_NOTIFY_CLASS what;
  NTSTATUS status;
};
Note notes[kMaxNotes];
ULONG note_count;
bool listening;

struct Filter {
  int id;
  LARGE_INTEGER cookie;
  REG_NOTIFY_CLASS target;  ///< which notification gets `answer`
  NTSTATUS answer;
  NTSTATUS return_status;  ///< for post-notifications
  PVOID object, object_context, cleaned, pre_information;
  bool call_context_kept;
  WCHAR name[128];
  ULONG name_length;
  PVOID root;
  ULONG data;
};
Filter low{1}, high{2};

void Keep(Filter& filter, PUNICODE_STRING name) {
  filter.name_length = name->Length / sizeof(WCHAR);
  for (ULONG i = 0; i < filter.name_length && i < 127; i++) filter.name[i] = name->Buffer[i];
  filter.name[filter.name_length < 127 ? filter.name_length : 127] = 0;
}

bool Same(const WCHAR* a, const WCHAR* b) {
  UNICODE_STRING left, right;
  RtlInitUnicodeString(&left, a);
  RtlInitUnicodeString(&right, b);
  return RtlEqualUnicodeString(&left, &right, TRUE);
}

bool IsPost(REG_NOTIFY_CLASS what) {
  return (what >= RegNtPostDeleteKey && what <= RegNtPostKeyHandleClose) || what == RegNtPostCreateKeyEx || what == RegNtPostOpenKeyEx ||
         what == RegNtPostFlushKey;
}

NTSTATUS NTAPI Routine(PVOID context, PVOID argument1, PVOID argument2) {
  Filter& filter = *static_cast<Filter*>(context);
  const auto what = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;
  if (!listening) return STATUS_SUCCESS;
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  NTSTATUS status = 0;
  if (IsPost(what)) {
    auto* const post = static_cast<PREG_POST_OPERATION_INFORMATION>(argument2);
    status = post->Status;
    EXPECT_EQ(post->ReturnStatus, post->Status);
    filter.object = post->Object;
    filter.object_context = post->ObjectContext;
    filter.call_context_kept = post->CallContext == &filter;
    filter.pre_information = post->PreInformation;
    if (what == filter.target) post->ReturnStatus = filter.return_status;
  } else if (what == RegNtPreSetValueKey) {
    auto* const set = static_cast<PREG_SET_VALUE_KEY_INFORMATION>(argument2);
    Keep(filter, set->ValueName);
    filter.data = set->DataSize == 4 ? *(ULONG*)set->Data : 0;
    filter.object = set->Object;
    EXPECT(set->CallContext == nullptr);
    set->CallContext = &filter;
  } else if (what == RegNtPreCreateKeyEx || what == RegNtPreOpenKeyEx) {
    auto* const create = static_cast<PREG_CREATE_KEY_INFORMATION_V1>(argument2);
    Keep(filter, create->CompleteName);
    filter.root = create->RootObject;
    EXPECT_EQ(create->Version, 1);
    EXPECT(create->ObjectType == *CmKeyObjectType);
    create->CallContext = &filter;
  } else if (what == RegNtCallbackObjectContextCleanup) {
    filter.cleaned = static_cast<PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION>(argument2)->ObjectContext;
  } else if (what == RegNtPreKeyHandleClose) {
    static_cast<PREG_KEY_HANDLE_CLOSE_INFORMATION>(argument2)->CallContext = &filter;
  }
  if (note_count < kMaxNotes) notes[note_count++] = {filter.id, what, status};
  return what == filter.target ? filter.answer : STATUS_SUCCESS;
}

NTSTATUS Register(Filter& filter, const wchar_t* altitude) {
  filter.target = MaxRegNtNotifyClass;
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, altitude);
  return CmRegisterCallbackEx(&Routine, &string, driver, &filter, &filter.cookie, nullptr);
}

NTSTATUS Create(const wchar_t* path, HANDLE root, HANDLE* key, ULONG options = REG_OPTION_VOLATILE) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, nullptr, options, nullptr);
}

NTSTATUS Open(const wchar_t* path, HANDLE* key) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  return ZwOpenKey(key, KEY_READ, &attributes);
}

NTSTATUS SetNumber(HANDLE key, ULONG number) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Number");
  return ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number);
}

NTSTATUS GetNumber(HANDLE key, ULONG* number) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Number");
  UCHAR buffer[64];
  ULONG length;
  const NTSTATUS status = ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof buffer, &length);
  if (NT_SUCCESS(status)) *number = *(ULONG*)((PKEY_VALUE_PARTIAL_INFORMATION)buffer)->Data;
  return status;
}

void Listen() {
  note_count = 0;
  listening = true;
}

void ExpectNotes(const Note* wanted, ULONG count) {
  listening = false;
  EXPECT_EQ(note_count, count);
  for (ULONG i = 0; i < count && i < note_count; i++) {
    EXPECT_EQ(notes[i].who, wanted[i].who);
    EXPECT_EQ(notes[i].what, wanted[i].what);
    EXPECT_EQ(notes[i].status, wanted[i].status);
  }
}

/// The key that the tests use, and the two filters.
HANDLE Begin() {
  HANDLE key = nullptr;
  EXPECT_EQ(Create(kPath, nullptr, &key), STATUS_SUCCESS);
  EXPECT_EQ(Register(low, L"320000"), STATUS_SUCCESS);
  EXPECT_EQ(Register(high, L"360000.5"), STATUS_SUCCESS);
  return key;
}

void End(HANDLE key) {
  listening = false;
  EXPECT_EQ(CmUnRegisterCallback(high.cookie), STATUS_SUCCESS);
  EXPECT_EQ(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}

}  // namespace

KTEST(RegistrationHasItsRules) {
  ULONG major = 9, minor = 9;
  CmGetCallbackVersion(&major, &minor);
  EXPECT_EQ(major, 1);
  EXPECT_EQ(minor, 0);
  REQUIRE(NT_SUCCESS(Register(low, L"320000")));
  Filter other{4};
  EXPECT_EQ(Register(other, L"320000"), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  EXPECT_EQ(Register(other, L"0320000.00"), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  EXPECT_EQ(Register(other, L"320000.1"), STATUS_SUCCESS);
  EXPECT(other.cookie.QuadPart != low.cookie.QuadPart);
  EXPECT_EQ(CmUnRegisterCallback(other.cookie), STATUS_SUCCESS);
  EXPECT_EQ(CmUnRegisterCallback(other.cookie), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
  // Those without an altitude do not collide.
  EXPECT_EQ(CmRegisterCallback(&Routine, &low, &low.cookie), STATUS_SUCCESS);
  EXPECT_EQ(CmRegisterCallback(&Routine, &high, &high.cookie), STATUS_SUCCESS);
  EXPECT_EQ(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
  EXPECT_EQ(CmUnRegisterCallback(high.cookie), STATUS_SUCCESS);
}

KTEST(HighestIsFirstBeforeAndLastAfter) {
  HANDLE const key = Begin();
  Listen();
  EXPECT_EQ(SetNumber(key, 77), STATUS_SUCCESS);
  const Note wanted[] = {{2, RegNtPreSetValueKey}, {1, RegNtPreSetValueKey}, {1, RegNtPostSetValueKey}, {2, RegNtPostSetValueKey}};
  ExpectNotes(wanted, 4);
  EXPECT(Same(low.name, L"Number"));
  EXPECT_EQ(low.data, 77);
  EXPECT(low.call_context_kept);
  EXPECT(high.call_context_kept);
  PVOID object = nullptr;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &object, nullptr)));
  EXPECT(low.object == object);
  ObDereferenceObject(object);
  End(key);
}

KTEST(ADriverCanBlock) {
  HANDLE const key = Begin();
  EXPECT_EQ(SetNumber(key, 1), STATUS_SUCCESS);
  high.target = RegNtPreSetValueKey;
  high.answer = STATUS_ACCESS_DENIED;
  Listen();
  EXPECT_EQ(SetNumber(key, 2), STATUS_ACCESS_DENIED);
  const Note by_high[] = {{2, RegNtPreSetValueKey}};
  ExpectNotes(by_high, 1);
  // Who stands above the one that blocks hears how it ended.
  high.target = MaxRegNtNotifyClass;
  low.target = RegNtPreSetValueKey;
  low.answer = STATUS_INSUFFICIENT_RESOURCES;
  Listen();
  EXPECT_EQ(SetNumber(key, 2), STATUS_INSUFFICIENT_RESOURCES);
  const Note by_low[] = {{2, RegNtPreSetValueKey}, {1, RegNtPreSetValueKey}, {2, RegNtPostSetValueKey, STATUS_INSUFFICIENT_RESOURCES}};
  ExpectNotes(by_low, 3);
  ULONG number = 0;
  EXPECT_EQ(GetNumber(key, &number), STATUS_SUCCESS);
  EXPECT_EQ(number, 1);
  End(key);
}

KTEST(ADriverCanDoItItself) {
  HANDLE const key = Begin();
  EXPECT_EQ(SetNumber(key, 1), STATUS_SUCCESS);
  low.target = RegNtPreSetValueKey;
  low.answer = STATUS_CALLBACK_BYPASS;
  Listen();
  EXPECT_EQ(SetNumber(key, 2), STATUS_SUCCESS);
  const Note wanted[] = {{2, RegNtPreSetValueKey}, {1, RegNtPreSetValueKey}, {2, RegNtPostSetValueKey}};
  ExpectNotes(wanted, 3);
  ULONG number = 0;
  EXPECT_EQ(GetNumber(key, &number), STATUS_SUCCESS);
  EXPECT_EQ(number, 1);
  End(key);
}

KTEST(TheResultCanBeChanged) {
  HANDLE const key = Begin();
  low.target = RegNtPostSetValueKey;
  low.return_status = STATUS_UNSUCCESSFUL;
  low.answer = STATUS_CALLBACK_BYPASS;
  Listen();
  EXPECT_EQ(SetNumber(key, 3), STATUS_UNSUCCESSFUL);
  const Note wanted[] = {
      {2, RegNtPreSetValueKey}, {1, RegNtPreSetValueKey}, {1, RegNtPostSetValueKey}, {2, RegNtPostSetValueKey, STATUS_UNSUCCESSFUL}};
  ExpectNotes(wanted, 4);
  ULONG number = 0;
  EXPECT_EQ(GetNumber(key, &number), STATUS_SUCCESS);  // it was done all the same
  EXPECT_EQ(number, 3);
  // Without STATUS_CALLBACK_BYPASS the changed ReturnStatus means nothing.
  low.answer = STATUS_SUCCESS;
  EXPECT_EQ(SetNumber(key, 4), STATUS_SUCCESS);
  End(key);
}

KTEST(KeysAreSeenAsTheyAreMadeAndClosed) {
  HANDLE const key = Begin();
  Listen();
  HANDLE child;
  EXPECT_EQ(Create(L"Child", key, &child), STATUS_SUCCESS);
  EXPECT(Same(low.name, L"Child"));
  EXPECT(low.object != nullptr);
  EXPECT_EQ(ZwDeleteKey(child), STATUS_SUCCESS);
  ZwClose(child);
  const Note wanted[] = {{2, RegNtPreCreateKeyEx},    {1, RegNtPreCreateKeyEx},     {1, RegNtPostCreateKeyEx},
                         {2, RegNtPostCreateKeyEx},   {2, RegNtPreDeleteKey},       {1, RegNtPreDeleteKey},
                         {1, RegNtPostDeleteKey},     {2, RegNtPostDeleteKey},      {2, RegNtPreKeyHandleClose},
                         {1, RegNtPreKeyHandleClose}, {1, RegNtPostKeyHandleClose}, {2, RegNtPostKeyHandleClose}};
  ExpectNotes(wanted, 12);
  Listen();
  EXPECT_EQ(Open(L"\\Registry\\Machine\\Software\\RingletNotThere", &child), STATUS_OBJECT_NAME_NOT_FOUND);
  const Note missing[] = {{2, RegNtPreOpenKeyEx},
                          {1, RegNtPreOpenKeyEx},
                          {1, RegNtPostOpenKeyEx, STATUS_OBJECT_NAME_NOT_FOUND},
                          {2, RegNtPostOpenKeyEx, STATUS_OBJECT_NAME_NOT_FOUND}};
  ExpectNotes(missing, 4);
  EXPECT(Same(low.name, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingletNotThere"));
  EXPECT(low.object == nullptr);
  End(key);
}

KTEST(TheRunTimeLibraryIsSeenToo) {
  HANDLE const key = Begin();
  high.target = RegNtPreSetValueKey;
  high.answer = STATUS_ACCESS_DENIED;
  Listen();
  ULONG number = 5;
  EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, kPath, L"Number", REG_DWORD, &number, sizeof number), STATUS_ACCESS_DENIED);
  const Note wanted[] = {{2, RegNtPreCreateKeyEx},    {1, RegNtPreCreateKeyEx},     {1, RegNtPostCreateKeyEx},
                         {2, RegNtPostCreateKeyEx},   {2, RegNtPreSetValueKey},     {2, RegNtPreKeyHandleClose},
                         {1, RegNtPreKeyHandleClose}, {1, RegNtPostKeyHandleClose}, {2, RegNtPostKeyHandleClose}};
  ExpectNotes(wanted, 9);
  End(key);
}

KTEST(LinksAreSeenToBeFollowed) {
  HANDLE const key = Begin();
  HANDLE opened;
  Listen();
  EXPECT_EQ(Open(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services", &opened), STATUS_SUCCESS);
  const Note wanted[] = {{2, RegNtPreOpenKeyEx},
                         {1, RegNtPreOpenKeyEx},
                         {1, RegNtPostOpenKeyEx, STATUS_REPARSE},
                         {2, RegNtPostOpenKeyEx, STATUS_REPARSE},
                         {2, RegNtPreOpenKeyEx},
                         {1, RegNtPreOpenKeyEx},
                         {1, RegNtPostOpenKeyEx},
                         {2, RegNtPostOpenKeyEx}};
  ExpectNotes(wanted, 8);
  EXPECT(Same(low.name, L"\\REGISTRY\\Machine\\System\\ControlSet001\\Services"));
  ZwClose(opened);
  End(key);
}

KTEST(AnOpenThatADriverRefusesLeavesNothing) {
  HANDLE const key = Begin();
  HANDLE opened = nullptr;
  low.target = RegNtPostOpenKeyEx;
  low.return_status = STATUS_ACCESS_DENIED;
  low.answer = STATUS_CALLBACK_BYPASS;
  Listen();
  EXPECT_EQ(Open(kPath, &opened), STATUS_ACCESS_DENIED);
  listening = false;
  low.target = MaxRegNtNotifyClass;
  EXPECT_EQ(Open(kPath, &opened), STATUS_SUCCESS);
  ZwClose(opened);
  End(key);
}

KTEST(ContextsOfKeys) {
  HANDLE const key = Begin();
  HANDLE opened = nullptr;
  PVOID object = nullptr, old = &old;
  REQUIRE(NT_SUCCESS(Open(kPath, &opened)));
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(opened, 0, *CmKeyObjectType, KernelMode, &object, nullptr)));
  int a, b;
  LARGE_INTEGER nobody;
  nobody.QuadPart = -1;
  EXPECT_EQ(CmSetCallbackObjectContext(object, &nobody, &a, &old), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(CmSetCallbackObjectContext(object, &low.cookie, &a, &old), STATUS_SUCCESS);
  EXPECT(old == nullptr);
  EXPECT_EQ(CmSetCallbackObjectContext(object, &low.cookie, &b, &old), STATUS_SUCCESS);
  EXPECT(old == &a);
  EXPECT_EQ(CmSetCallbackObjectContext(object, &high.cookie, &a, nullptr), STATUS_SUCCESS);
  ObDereferenceObject(object);
  Listen();
  ULONG number;
  GetNumber(opened, &number);
  EXPECT(low.object_context == &b);
  EXPECT(high.object_context == &a);
  low.cleaned = high.cleaned = nullptr;
  ZwClose(opened);
  EXPECT(low.cleaned == &b);
  EXPECT(high.cleaned == &a);
  listening = false;
  // Who unregisters gets its contexts back, too.
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &object, nullptr)));
  EXPECT_EQ(CmSetCallbackObjectContext(object, &low.cookie, &a, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(CmSetCallbackObjectContext(object, &high.cookie, &b, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(CmSetCallbackObjectContext(object, &high.cookie, nullptr, &old), STATUS_SUCCESS);
  EXPECT(old == &b);
  ObDereferenceObject(object);
  low.cleaned = high.cleaned = nullptr;
  listening = true;
  EXPECT_EQ(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
  EXPECT(low.cleaned == &a);
  EXPECT(high.cleaned == nullptr);
  listening = false;
  REQUIRE(NT_SUCCESS(Register(low, L"320000")));
  End(key);
}

KTEST(IdentitiesOfKeys) {
  HANDLE const key = Begin();
  HANDLE again = nullptr;
  PVOID one = nullptr, two = nullptr;
  REQUIRE(NT_SUCCESS(Open(kPath, &again)));
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &one, nullptr)));
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(again, 0, *CmKeyObjectType, KernelMode, &two, nullptr)));
  ULONG_PTR id = 0, same = 0;
  PCUNICODE_STRING name = nullptr, cached = nullptr;
  EXPECT_EQ(CmCallbackGetKeyObjectIDEx(&low.cookie, one, &id, &name, 0), STATUS_SUCCESS);
  EXPECT_EQ(CmCallbackGetKeyObjectID(&low.cookie, two, &same, &cached), STATUS_SUCCESS);
  EXPECT(one != two);
  EXPECT(id != 0);
  EXPECT_EQ(id, same);
  EXPECT(Same(name->Buffer, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingletCallbackTest"));
  EXPECT(RtlEqualUnicodeString(name, cached, FALSE));
  CmCallbackReleaseKeyObjectIDEx(name);
  EXPECT_EQ(CmCallbackGetKeyObjectIDEx(&low.cookie, driver, &id, nullptr, 0), STATUS_INVALID_PARAMETER);
  EXPECT(CmGetBoundTransaction(&low.cookie, one) == nullptr);
  ObDereferenceObject(one);
  ObDereferenceObject(two);
  ZwClose(again);
  End(key);
}
