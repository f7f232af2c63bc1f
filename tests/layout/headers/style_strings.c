// Every family of ntstrsafe.h, in C.
#include <ntddk.h>
#include <ntstrsafe.h>

NTSTATUS CppStrings(PUNICODE_STRING String);

static NTSTATUS Format(PUNICODE_STRING String, NTSTRSAFE_PCWSTR Text, ...) {
  va_list Arguments;
  va_start(Arguments, Text);
  NTSTATUS Status = RtlUnicodeStringVPrintf(String, Text, Arguments);
  va_end(Arguments);
  return Status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WCHAR Wide[64], *End;
  CHAR Narrow[64];
  size_t Length, Left;
  DECLARE_UNICODE_STRING_SIZE(Counted, 64);
  DECLARE_CONST_UNICODE_STRING(Constant, L"constant");
  UNREFERENCED_PARAMETER(DriverObject);
  NTSTATUS Status = RtlStringCchCopyW(Wide, ARRAYSIZE(Wide), L"copy");
  if (NT_SUCCESS(Status)) Status = RtlStringCbCatW(Wide, sizeof(Wide), L" and append");
  if (NT_SUCCESS(Status)) Status = RtlStringCchCatNExW(Wide, 64, L"xyz", 2, &End, &Left, STRSAFE_FILL_BEHIND_NULL);
  if (NT_SUCCESS(Status)) Status = RtlStringCbPrintfA(Narrow, sizeof(Narrow), "%d %s", 1, "one");
  if (NT_SUCCESS(Status)) Status = RtlStringCchLengthA(Narrow, 64, &Length);
  if (NT_SUCCESS(Status)) Status = RtlStringCbPrintfExW(Wide, sizeof(Wide), NULL, &Left, 0, L"%ws", L"two");
  if (NT_SUCCESS(Status)) Status = RtlUnicodeStringCopy(&Counted, &Constant);
  if (NT_SUCCESS(Status)) Status = RtlUnicodeStringCatString(&Counted, L" string");
  if (NT_SUCCESS(Status)) Status = RtlUnicodeStringCbCatN(&Counted, RegistryPath, 8);
  if (NT_SUCCESS(Status)) Status = RtlUnicodeStringPrintf(&Counted, L"%wZ", RegistryPath);
  if (NT_SUCCESS(Status)) Status = Format(&Counted, L"%u", 7);
  if (NT_SUCCESS(Status)) Status = RtlStringCchCopyUnicodeString(Wide, 64, &Counted);
  return NT_SUCCESS(Status) ? CppStrings(&Counted) : Status;
}
