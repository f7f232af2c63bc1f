// The state of an access attempt, as drivers that open objects by themselves keep it.
#include "ktest.h"

extern "C" {
NTKERNELAPI NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE State, PVOID Data, ACCESS_MASK Access, PGENERIC_MAPPING Mapping);
NTKERNELAPI VOID NTAPI SeDeleteAccessState(PACCESS_STATE State);
NTSYSAPI NTSTATUS NTAPI ZwAllocateLocallyUniqueId(PLUID Luid);
NTKERNELAPI NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT* FileObject);
NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE State, ACCESS_MASK Access,
                                                   POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PVOID ParseContext, PVOID* Object);
}

namespace {

GENERIC_MAPPING mapping = {0x20001, 0x20002, 0x20004, 0x1F0007};
ACCESS_STATE state;
ULONG64 data[0xE0 / 8];

ACCESS_MASK GrantedTo(HANDLE handle) {
  OBJECT_HANDLE_INFORMATION information = {};
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, &information))) return 0;
  ObDereferenceObject(object);
  return information.GrantedAccess;
}

}  // namespace

KTEST(AStateSaysWhatIsWantedByWhom) {
  EXPECT_EQ(SeCreateAccessState(&state, data, GENERIC_READ | SYNCHRONIZE, &mapping), STATUS_SUCCESS);
  EXPECT_EQ(state.OriginalDesiredAccess, 0x120001);
  EXPECT_EQ(state.RemainingDesiredAccess, 0x120001);
  EXPECT_EQ(state.PreviouslyGrantedAccess, 0);
  EXPECT(state.AuxData == data);
  EXPECT(reinterpret_cast<PPRIVILEGE_SET>(data[0]) == &state.Privileges.PrivilegeSet);
  EXPECT_EQ(state.Flags & 1, 1);
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  EXPECT(state.SubjectSecurityContext.PrimaryToken == subject.PrimaryToken);
  SeReleaseSubjectContext(&subject);
  GENERIC_MAPPING other = {1, 2, 4, 7};
  SeSetAccessStateGenericMapping(&state, &other);
  EXPECT(RtlEqualMemory(&data[1], &other, sizeof other));
  SeDeleteAccessState(&state);
  EXPECT_EQ(SeCreateAccessState(&state, data, GENERIC_READ, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(state.OriginalDesiredAccess, GENERIC_READ);
  SeDeleteAccessState(&state);
}

KTEST(PrivilegesAreAppended) {
  EXPECT_EQ(SeCreateAccessState(&state, data, 1, &mapping), STATUS_SUCCESS);
  PRIVILEGE_SET one = {1, 0, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}};
  for (ULONG i = 1; i <= 5; i++) {
    one.Privilege[0].Luid.LowPart = i;
    EXPECT_EQ(SeAppendPrivileges(&state, &one), STATUS_SUCCESS);
    EXPECT_EQ(state.PrivilegesAllocated, i > 3);
  }
  const auto* const used = reinterpret_cast<PPRIVILEGE_SET>(data[0]);
  EXPECT_EQ(used->PrivilegeCount, 5);
  for (ULONG i = 0; i < 5; i++) EXPECT_EQ(used->Privilege[i].Luid.LowPart, i + 1);
  SeDeleteAccessState(&state);
}

KTEST(AStateStandsForTheAccess) {
  EXPECT_EQ(SeCreateAccessState(&state, data, 0x1000, nullptr), STATUS_SUCCESS);
  state.PreviouslyGrantedAccess = 0x40;
  HANDLE handle = nullptr;
  EXPECT_EQ(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, &state, 0x1, *PsProcessType, KernelMode, &handle),
            STATUS_SUCCESS);
  EXPECT_EQ(GrantedTo(handle), 0x1040);
  ZwClose(handle);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\KernelObjects\\LowMemoryCondition");
  PVOID object = nullptr;
  EXPECT_EQ(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, &state, 0, *ExEventObjectType, KernelMode, nullptr, &object),
            STATUS_SUCCESS);
  ObDereferenceObject(object);
  SeDeleteAccessState(&state);
}

KTEST(IdentifiersAreUnique) {
  LUID first = {}, second = {};
  EXPECT_EQ(ZwAllocateLocallyUniqueId(&first), STATUS_SUCCESS);
  EXPECT_EQ(ZwAllocateLocallyUniqueId(&second), STATUS_SUCCESS);
  EXPECT(first.LowPart >= 1000 && (second.LowPart != first.LowPart || second.HighPart != first.HighPart));
}

KTEST(TheSystemProcessHasNoFile) {
  PFILE_OBJECT file = nullptr;
  EXPECT_EQ(PsReferenceProcessFilePointer(PsInitialSystemProcess, &file), STATUS_UNSUCCESSFUL);
  PUNICODE_STRING name = nullptr;
  EXPECT_EQ(SeLocateProcessImageName(PsInitialSystemProcess, &name), STATUS_SUCCESS);
  REQUIRE(name != nullptr);
  EXPECT_EQ(name->Length, 0);
  ExFreePool(name);
}
