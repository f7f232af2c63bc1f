// How drivers name the objects that services make and open: whose name it is, and which attributes are refused.
#include "ktest.h"

using namespace ktest;

namespace {

OBJECT_ATTRIBUTES Unnamed() {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  return attributes;
}

// The attributes of a name, which must outlive them.
struct Named {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  explicit Named(PCWSTR text, ULONG flags = 0, HANDLE root = nullptr) {
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | flags, root, nullptr);
  }
};

}  // namespace

KTEST(NamesOfObjects) {
  HANDLE event, other;
  Named name(L"\\BaseNamedObjects\\KtestDispatcher"), openif(L"\\BaseNamedObjects\\KtestDispatcher", OBJ_OPENIF);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &name.attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &name.attributes, NotificationEvent, FALSE)));
  EXPECT_EQ(ZwCreateEvent(&other, EVENT_ALL_ACCESS, &name.attributes, NotificationEvent, FALSE), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(ZwCreateEvent(&other, EVENT_ALL_ACCESS, &openif.attributes, SynchronizationEvent, TRUE), STATUS_OBJECT_NAME_EXISTS);
  ZwClose(other);
  EXPECT_EQ(ZwCreateTimer(&other, TIMER_ALL_ACCESS, &openif.attributes, NotificationTimer), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwCreateTimer(&other, TIMER_ALL_ACCESS, &name.attributes, NotificationTimer), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(ZwOpenTimer(&other, TIMER_ALL_ACCESS, &name.attributes), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &name.attributes), STATUS_SUCCESS);
  ZwClose(other);
  ZwClose(event);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &name.attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(AttributesThatAreWrong) {
  HANDLE event, other, directory;
  const auto create = [&](OBJECT_ATTRIBUTES* attributes) {
    const NTSTATUS status = ZwCreateEvent(&other, EVENT_ALL_ACCESS, attributes, NotificationEvent, FALSE);
    if (NT_SUCCESS(status)) ZwClose(other);
    return status;
  };
  const auto named = [&](PCWSTR text, HANDLE root = nullptr) {
    Named name(text, 0, root);
    return create(&name.attributes);
  };
  EXPECT_EQ(named(L"KtestRelative"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(named(L"\\BaseNamedObjects\\None\\KtestEvent"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(named(L"\\BaseNamedObjects\\\\KtestEvent"), STATUS_OBJECT_NAME_INVALID);
  Named odd(L"\\BaseNamedObjects\\KtestOdd");
  odd.name.Length -= 1;
  EXPECT_EQ(create(&odd.attributes), STATUS_OBJECT_NAME_INVALID);
  Named size(L"\\BaseNamedObjects\\KtestSize");
  size.attributes.Length -= 4;
  EXPECT_EQ(create(&size.attributes), STATUS_INVALID_PARAMETER);
  Named flags(L"\\BaseNamedObjects\\KtestFlags", 0x100000);
  EXPECT_EQ(create(&flags.attributes), STATUS_INVALID_PARAMETER);
  OBJECT_ATTRIBUTES unnamed = Unnamed();
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &unnamed), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, nullptr), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &unnamed, NotificationEvent, FALSE)));
  EXPECT_EQ(named(L"KtestBelow", event), STATUS_INVALID_HANDLE);
  ZwClose(event);
  EXPECT_EQ(named(L"KtestBelow", event), STATUS_INVALID_HANDLE);
  Named base(L"\\BaseNamedObjects");
  REQUIRE(NT_SUCCESS(ZwOpenDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, &base.attributes)));
  EXPECT_EQ(named(L"KtestBelow", directory), STATUS_SUCCESS);
  EXPECT_EQ(named(L"\\KtestBelow", directory), STATUS_OBJECT_PATH_SYNTAX_BAD);
  ZwClose(directory);
}
