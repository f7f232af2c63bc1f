// ntstrsafe.h in C++, beside the constant-string macros.
#include <ntddk.h>
#include <ntstrsafe.h>

static const UNICODE_STRING g_Name = RTL_CONSTANT_STRING(L"name");
DECLARE_GLOBAL_CONST_UNICODE_STRING(g_Selected, L"selected");

extern "C" NTSTATUS CppStrings(PUNICODE_STRING String) {
  DECLARE_CONST_UNICODE_STRING(local, L"local");
  UNICODE_STRING initialized;
  auto status = RtlUnicodeStringInit(&initialized, L"text");
  if (NT_SUCCESS(status)) status = RtlUnicodeStringCat(String, &g_Name);
  if (NT_SUCCESS(status)) status = RtlUnicodeStringCat(String, &g_Selected);
  if (NT_SUCCESS(status)) status = RtlUnicodeStringCatEx(String, &local, nullptr, STRSAFE_NO_TRUNCATION);
  return status;
}
