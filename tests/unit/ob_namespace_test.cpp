// Names: directories, symbolic links, case, collisions, permanence.
#include <gtest/gtest.h>

#include <string>

#include "kernel/ob/ob.h"
#include "nt/status.h"
#include "ringlet/machine.h"

extern "C" {
NTSTATUS NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                       BOOLEAN InitialState);
NTSTATUS NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner);
NTSTATUS NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength);
NTSTATUS NtMakeTemporaryObject(HANDLE Handle);
}

namespace nt::ob::test {
namespace {

/// Attributes with a name, for the length of a call.
struct Named {
  explicit Named(std::u16string path, ULONG flags = 0, HANDLE root = nullptr) : text(std::move(path)) {
    name = {static_cast<USHORT>(text.size() * 2), static_cast<USHORT>(text.size() * 2), text.data()};
    attributes = {sizeof attributes, root, &name, flags, nullptr, nullptr};
  }
  Named(const Named&) = delete;
  Named& operator=(const Named&) = delete;
  std::u16string text;
  UNICODE_STRING name{};
  OBJECT_ATTRIBUTES attributes{};
};

NTSTATUS Create(const std::u16string& path, ULONG flags, HANDLE* handle, HANDLE root = nullptr) {
  Named named(path, flags, root);
  return NtCreateEvent(handle, 0x1f0003, &named.attributes, NotificationEvent, FALSE);
}
NTSTATUS Open(const std::u16string& path, ULONG flags, HANDLE* handle, HANDLE root = nullptr) {
  Named named(path, flags, root);
  return NtOpenEvent(handle, SYNCHRONIZE, &named.attributes);
}
/// The status of opening, with nothing left open.
NTSTATUS Probe(const std::u16string& path, ULONG flags = 0) {
  HANDLE handle = nullptr;
  const NTSTATUS status = Open(path, flags, &handle);
  if (NT_SUCCESS(status)) NtClose(handle);
  return status;
}

class ObNamespace : public testing::Test {
 protected:
  template <class Work>
  void InMachine(Work work) {
    ASSERT_EQ(machine_.Call(work), ringlet::Outcome::Finished);
  }

 private:
  ringlet::Machine machine_;
};

TEST_F(ObNamespace, HasTheDirectoriesOfNt) {
  InMachine([] {
    for (const char16_t* path :
         {u"\\", u"\\Device", u"\\Driver", u"\\FileSystem", u"\\GLOBAL\?\?", u"\\\?\?", u"\\DosDevices", u"\\BaseNamedObjects",
          u"\\KernelObjects", u"\\ObjectTypes", u"\\Sessions\\1\\BaseNamedObjects", u"\\Callback", u"\\Security"}) {
      Named named(path);
      HANDLE handle = nullptr;
      EXPECT_EQ(NtOpenDirectoryObject(&handle, 1, &named.attributes), STATUS_SUCCESS) << testing::PrintToString(std::u16string(path));
      NtClose(handle);
    }
  });
}

TEST_F(ObNamespace, TemporaryNamesGoWithTheLastHandle) {
  InMachine([] {
    HANDLE first = nullptr;
    HANDLE second = nullptr;
    ASSERT_EQ(Create(u"\\BaseNamedObjects\\Temporary", 0, &first), STATUS_SUCCESS);
    ASSERT_EQ(Open(u"\\BaseNamedObjects\\Temporary", 0, &second), STATUS_SUCCESS);
    NtClose(first);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\Temporary"), STATUS_SUCCESS);
    NtClose(second);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\Temporary"), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(ObNamespace, PermanentNamesStayUntilMadeTemporary) {
  InMachine([] {
    HANDLE handle = nullptr;
    ASSERT_EQ(Create(u"\\BaseNamedObjects\\Permanent", OBJ_PERMANENT, &handle), STATUS_SUCCESS);
    NtClose(handle);
    ASSERT_EQ(Open(u"\\BaseNamedObjects\\Permanent", 0, &handle), STATUS_SUCCESS);
    EXPECT_EQ(NtMakeTemporaryObject(handle), STATUS_SUCCESS);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\Permanent"), STATUS_SUCCESS);
    NtClose(handle);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\Permanent"), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(ObNamespace, CaseMattersUnlessTheCallerSaysSo) {
  InMachine([] {
    HANDLE handle = nullptr;
    ASSERT_EQ(Create(u"\\BaseNamedObjects\\MixedCase", 0, &handle), STATUS_SUCCESS);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\mixedcase"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(Probe(u"\\basenamedobjects\\MIXEDCASE", OBJ_CASE_INSENSITIVE), STATUS_SUCCESS);
    NtClose(handle);
  });
}

TEST_F(ObNamespace, CollisionsAndOpenIf) {
  InMachine([] {
    HANDLE first = nullptr;
    HANDLE second = nullptr;
    ASSERT_EQ(Create(u"\\BaseNamedObjects\\Twice", 0, &first), STATUS_SUCCESS);
    EXPECT_EQ(Create(u"\\BaseNamedObjects\\Twice", 0, &second), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(Create(u"\\BaseNamedObjects\\Twice", OBJ_OPENIF, &second), STATUS_OBJECT_NAME_EXISTS);
    NtClose(second);
    Named named(u"\\BaseNamedObjects\\Twice", OBJ_OPENIF);
    EXPECT_EQ(NtCreateMutant(&second, 0x1f0001, &named.attributes, FALSE), STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(first);
  });
}

TEST_F(ObNamespace, BadPathsHaveTheirOwnStatus) {
  InMachine([] {
    EXPECT_EQ(Probe(u"NoBackslash"), STATUS_OBJECT_PATH_SYNTAX_BAD);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\None"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(Probe(u"\\None\\None"), STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects"), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\\\None"), STATUS_OBJECT_NAME_INVALID);
  });
}

TEST_F(ObNamespace, RootDirectoryTakesRelativeNames) {
  InMachine([] {
    Named directory(u"\\BaseNamedObjects");
    HANDLE root = nullptr;
    ASSERT_EQ(NtOpenDirectoryObject(&root, 3, &directory.attributes), STATUS_SUCCESS);
    HANDLE handle = nullptr;
    ASSERT_EQ(Create(u"Relative", 0, &handle, root), STATUS_SUCCESS);
    EXPECT_EQ(Probe(u"\\BaseNamedObjects\\Relative"), STATUS_SUCCESS);
    HANDLE bad = nullptr;
    EXPECT_EQ(Create(u"\\Absolute", 0, &bad, root), STATUS_OBJECT_PATH_SYNTAX_BAD);
    NtClose(handle);
    NtClose(root);
  });
}

TEST_F(ObNamespace, LinksAreFollowedOpenedAndDeleted) {
  InMachine([] {
    HANDLE event = nullptr;
    ASSERT_EQ(Create(u"\\BaseNamedObjects\\Target", 0, &event), STATUS_SUCCESS);
    ASSERT_EQ(CreateSymbolicLink(u"\\\?\?\\Shortcut", u"\\BaseNamedObjects", true), STATUS_SUCCESS);
    EXPECT_EQ(CreateSymbolicLink(u"\\DosDevices\\Shortcut", u"\\Device", true), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(Probe(u"\\DosDevices\\Shortcut\\Target"), STATUS_SUCCESS);
    Named link(u"\\GLOBAL\?\?\\Shortcut");
    HANDLE handle = nullptr;
    ASSERT_EQ(NtOpenSymbolicLinkObject(&handle, 1, &link.attributes), STATUS_SUCCESS);
    WCHAR buffer[32];
    UNICODE_STRING target{0, sizeof buffer, buffer};
    EXPECT_EQ(NtQuerySymbolicLinkObject(handle, &target, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(buffer, target.Length / 2), u"\\BaseNamedObjects");
    target.MaximumLength = 4;
    EXPECT_EQ(NtQuerySymbolicLinkObject(handle, &target, nullptr), STATUS_BUFFER_TOO_SMALL);
    NtClose(handle);
    EXPECT_EQ(DeleteSymbolicLink(u"\\\?\?\\shortcut"), STATUS_SUCCESS);
    EXPECT_EQ(DeleteSymbolicLink(u"\\\?\?\\Shortcut"), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(event);
  });
}

TEST_F(ObNamespace, LinkLoopsEnd) {
  InMachine([] {
    ASSERT_EQ(CreateSymbolicLink(u"\\\?\?\\LoopA", u"\\\?\?\\LoopB", true), STATUS_SUCCESS);
    ASSERT_EQ(CreateSymbolicLink(u"\\\?\?\\LoopB", u"\\\?\?\\LoopA", true), STATUS_SUCCESS);
    EXPECT_EQ(Probe(u"\\\?\?\\LoopA\\x"), STATUS_OBJECT_NAME_INVALID);
    // One that grows at each turn is stopped before its length cannot be counted any more.
    ASSERT_EQ(CreateSymbolicLink(u"\\\?\?\\Grow", u"\\\?\?\\Grow\\" + std::u16string(4000, u'g'), true), STATUS_SUCCESS);
    EXPECT_EQ(Probe(u"\\\?\?\\Grow\\x"), STATUS_NAME_TOO_LONG);
    for (const char16_t* path : {u"\\\?\?\\LoopA", u"\\\?\?\\LoopB", u"\\\?\?\\Grow"}) EXPECT_EQ(DeleteSymbolicLink(path), STATUS_SUCCESS);
  });
}

TEST_F(ObNamespace, NamesAreTold) {
  InMachine([] {
    HANDLE handle = nullptr;
    ASSERT_EQ(Create(u"\\\?\?\\Global\\Told", 0, &handle), STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[128];
    auto* const name = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
    ULONG length = 0;
    EXPECT_EQ(ObQueryNameString(object, name, sizeof buffer, &length), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(name->Name.Buffer, name->Name.Length / 2), u"\\GLOBAL\?\?\\Told");
    EXPECT_EQ(length, sizeof(UNICODE_STRING) + name->Name.Length + 2);
    EXPECT_EQ(ObQueryNameString(object, name, length - 1, &length), STATUS_INFO_LENGTH_MISMATCH);
    ObfDereferenceObject(object);
    NtClose(handle);
  });
}

}  // namespace
}  // namespace nt::ob::test
