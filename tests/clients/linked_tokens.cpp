// The two halves of an administrator's logon, and who is let in by a section's descriptor.
#include <windows.h>

#include "expect.h"

namespace {

template <class T>
T Read(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  T value{};
  DWORD length = 0;
  EXPECT(GetTokenInformation(token, what, &value, sizeof value, &length));
  return value;
}

BOOL IsAdministrator(HANDLE token) {
  BYTE sid[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof sid;
  BOOL member = FALSE;
  CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, sid, &size);
  return CheckTokenMembership(token, sid, &member) && member;
}

void Linked() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token);
  EXPECT_EQ(Read<TOKEN_ELEVATION_TYPE>(token, TokenElevationType), TokenElevationTypeFull);
  EXPECT_EQ(Read<TOKEN_ELEVATION>(token, TokenElevation).TokenIsElevated, 1);
  TOKEN_LINKED_TOKEN linked{};
  DWORD length = 0;
  EXPECT(!GetTokenInformation(token, TokenLinkedToken, &linked, 4, &length));
  EXPECT_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
  EXPECT_EQ(length, sizeof linked);
  EXPECT(GetTokenInformation(token, TokenLinkedToken, &linked, sizeof linked, &length));
  const HANDLE plain = linked.LinkedToken;
  EXPECT_EQ(Read<TOKEN_ELEVATION_TYPE>(plain, TokenElevationType), TokenElevationTypeLimited);
  EXPECT_EQ(Read<TOKEN_ELEVATION>(plain, TokenElevation).TokenIsElevated, 0);
  EXPECT_EQ(Read<TOKEN_TYPE>(plain, TokenType), TokenImpersonation);
  EXPECT_EQ(Read<SECURITY_IMPERSONATION_LEVEL>(plain, TokenImpersonationLevel), SecurityIdentification);
  EXPECT(!IsAdministrator(plain) && IsAdministrator(nullptr));
  // It only tells who somebody is: neither a process nor a thread's deeds come of it.
  HANDLE primary = nullptr;
  EXPECT(!DuplicateTokenEx(plain, TOKEN_ALL_ACCESS, nullptr, SecurityImpersonation, TokenPrimary, &primary));
  EXPECT_EQ(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
  TOKEN_LINKED_TOKEN back{};
  EXPECT(GetTokenInformation(plain, TokenLinkedToken, &back, sizeof back, &length));
  EXPECT_EQ(Read<TOKEN_ELEVATION_TYPE>(back.LinkedToken, TokenElevationType), TokenElevationTypeFull);
  CloseHandle(back.LinkedToken);
  CloseHandle(plain);
  CloseHandle(token);
}

void Sections() {
  SECURITY_DESCRIPTOR descriptor;
  ACL nobody;
  InitializeAcl(&nobody, sizeof nobody, ACL_REVISION);
  InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  SetSecurityDescriptorDacl(&descriptor, TRUE, &nobody, FALSE);
  SECURITY_ATTRIBUTES closed = {sizeof closed, &descriptor, FALSE};
  const HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, &closed, PAGE_READWRITE, 0, 4096, L"ClientClosedSection");
  EXPECT(section != nullptr);
  EXPECT(OpenFileMappingW(FILE_MAP_READ, FALSE, L"ClientClosedSection") == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 4096, L"ClientClosedSection") == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  const HANDLE control = OpenFileMappingW(READ_CONTROL, FALSE, L"ClientClosedSection");
  EXPECT(control != nullptr);
  BYTE buffer[256];
  DWORD needed = 0;
  EXPECT(GetKernelObjectSecurity(control, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed));
  BOOL present = FALSE, defaulted;
  PACL list = nullptr;
  EXPECT(GetSecurityDescriptorDacl(buffer, &present, &list, &defaulted) && present && list && list->AceCount == 0);
  CloseHandle(control);
  CloseHandle(section);
  const HANDLE open = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 4096, L"ClientOpenSection");
  const HANDLE again = OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, L"ClientOpenSection");
  EXPECT(open != nullptr && again != nullptr);
  CloseHandle(again);
  CloseHandle(open);
}

}  // namespace

int main() {
  Linked();
  Sections();
  return Verdict();
}
