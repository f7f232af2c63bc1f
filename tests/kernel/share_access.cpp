// Share access: what openers want of a file, and what they let others have.
#include "device.h"

using namespace ktest;

namespace {

/// A file object as IoCheckShareAccess looks at it. Its device's file systems do not keep any.
struct Opening {
  FILE_OBJECT file = {};
  Opening() {
    file.Type = IO_TYPE_FILE;
    file.Size = sizeof(FILE_OBJECT);
  }
  NTSTATUS Check(SHARE_ACCESS* access, ACCESS_MASK desired, ULONG shared, BOOLEAN update = TRUE) {
    return IoCheckShareAccess(desired, shared, &file, access, update);
  }
};

bool Counts(const SHARE_ACCESS& access, ULONG opens, ULONG readers, ULONG writers, ULONG deleters) {
  return access.OpenCount == opens && access.Readers == readers && access.Writers == writers && access.Deleters == deleters;
}

bool Shares(const SHARE_ACCESS& access, ULONG read, ULONG write, ULONG remove) {
  return access.SharedRead == read && access.SharedWrite == write && access.SharedDelete == remove;
}

}  // namespace

KTEST(TheFirstOpenerSetsTheAccess) {
  SHARE_ACCESS access;
  RtlFillMemory(&access, sizeof access, 0x5a);
  Opening first;
  IoSetShareAccess(FILE_READ_DATA | FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_DELETE, &first.file, &access);
  EXPECT(first.file.ReadAccess && first.file.WriteAccess && !first.file.DeleteAccess);
  EXPECT(first.file.SharedRead && !first.file.SharedWrite && first.file.SharedDelete);
  EXPECT(Counts(access, 1, 1, 1, 0));
  EXPECT(Shares(access, 1, 0, 1));
}

KTEST(AnOpenerOfAttributesDoesNotCount) {
  SHARE_ACCESS access;
  RtlFillMemory(&access, sizeof access, 0x5a);
  Opening first, second;
  IoSetShareAccess(FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_SHARE_READ | FILE_SHARE_WRITE, &first.file, &access);
  EXPECT(!first.file.ReadAccess && !first.file.WriteAccess && !first.file.DeleteAccess);
  EXPECT(!first.file.SharedRead && !first.file.SharedWrite && !first.file.SharedDelete);
  EXPECT(Counts(access, 0, 0, 0, 0));
  EXPECT(Shares(access, 0, 0, 0));
  IoRemoveShareAccess(&first.file, &access);
  IoUpdateShareAccess(&first.file, &access);
  EXPECT(Counts(access, 0, 0, 0, 0));

  IoSetShareAccess(FILE_WRITE_DATA, 0, &first.file, &access);
  EXPECT_EQ(second.Check(&access, FILE_READ_ATTRIBUTES, 0), STATUS_SUCCESS);  // meets even who shares nothing
  EXPECT(Counts(access, 1, 0, 1, 0));
}

KTEST(AccessAndSharingMustMatchBothWays) {
  struct {
    ACCESS_MASK first;
    ULONG first_shares;
    ACCESS_MASK second;
    ULONG second_shares;
    NTSTATUS status;
  } const cases[] = {
      {FILE_READ_DATA, FILE_SHARE_READ, FILE_READ_DATA, FILE_SHARE_READ, STATUS_SUCCESS},
      {FILE_READ_DATA, FILE_SHARE_READ, FILE_WRITE_DATA, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
      {FILE_READ_DATA, FILE_SHARE_WRITE, FILE_WRITE_DATA, FILE_SHARE_READ, STATUS_SUCCESS},
      {FILE_READ_DATA, FILE_SHARE_WRITE, FILE_WRITE_DATA, FILE_SHARE_WRITE, STATUS_SHARING_VIOLATION},
      {FILE_EXECUTE, FILE_SHARE_READ, FILE_READ_DATA, FILE_SHARE_READ, STATUS_SUCCESS},
      {FILE_EXECUTE, FILE_SHARE_READ, FILE_READ_DATA, 0, STATUS_SHARING_VIOLATION},
      {FILE_READ_DATA, FILE_SHARE_READ, DELETE, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
      {FILE_READ_DATA, FILE_SHARE_DELETE, DELETE, FILE_SHARE_READ, STATUS_SUCCESS},
      {DELETE, FILE_SHARE_DELETE, DELETE, FILE_SHARE_DELETE, STATUS_SUCCESS},
      {DELETE, FILE_SHARE_DELETE, DELETE, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
      {FILE_APPEND_DATA, FILE_SHARE_READ, FILE_READ_DATA, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
      {FILE_APPEND_DATA, FILE_SHARE_READ, FILE_READ_DATA, FILE_SHARE_WRITE, STATUS_SUCCESS},
      {FILE_READ_DATA, 0, SYNCHRONIZE | READ_CONTROL, 0, STATUS_SUCCESS},
  };
  for (const auto& one : cases) {
    SHARE_ACCESS access;
    Opening first, second;
    IoSetShareAccess(one.first, one.first_shares, &first.file, &access);
    const SHARE_ACCESS before = access;
    EXPECT_EQ(second.Check(&access, one.second, one.second_shares, FALSE), one.status);
    EXPECT(RtlEqualMemory(&access, &before, sizeof access));  // not asked to update
    EXPECT_EQ(second.Check(&access, one.second, one.second_shares, TRUE), one.status);
    const bool counts =
        NT_SUCCESS(one.status) && (one.second & (FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_EXECUTE | DELETE));
    EXPECT_EQ(access.OpenCount, counts ? 2 : 1);
    if (!NT_SUCCESS(one.status)) EXPECT(RtlEqualMemory(&access, &before, sizeof access));
  }
}

KTEST(UpdateAndRemoveAreInverse) {
  SHARE_ACCESS access;
  Opening first, second;
  IoSetShareAccess(FILE_READ_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, &first.file, &access);
  EXPECT_EQ(second.Check(&access, FILE_READ_DATA | FILE_WRITE_DATA | DELETE, FILE_SHARE_READ, FALSE), STATUS_SHARING_VIOLATION);
  EXPECT_EQ(second.Check(&access, FILE_READ_DATA | FILE_WRITE_DATA, FILE_SHARE_READ | FILE_SHARE_DELETE, FALSE), STATUS_SUCCESS);
  IoUpdateShareAccess(&second.file, &access);
  EXPECT(Counts(access, 2, 2, 1, 0));
  EXPECT(Shares(access, 2, 1, 1));
  IoRemoveShareAccess(&first.file, &access);
  EXPECT(Counts(access, 1, 1, 1, 0));
  EXPECT(Shares(access, 1, 0, 1));
  IoRemoveShareAccess(&second.file, &access);
  EXPECT(Counts(access, 0, 0, 0, 0));
  EXPECT(Shares(access, 0, 0, 0));
}
