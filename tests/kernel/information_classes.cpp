// What ZwQueryInformationProcess, ZwQueryInformationThread and ZwQueryObject tell, and which lengths and handles they take.
#include "ktest.h"

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Information, ULONG Length, PULONG Needed);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Information, ULONG Length, PULONG Needed);
NTSYSAPI NTSTATUS NTAPI ZwQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG Needed);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwSetSystemInformation(ULONG Class, PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);
}

namespace {

const HANDLE kProcess = reinterpret_cast<HANDLE>(-1), kThread = reinterpret_cast<HANDLE>(-2), kBad = reinterpret_cast<HANDLE>(0x1234);
ULONG length;

NTSTATUS Process(ULONG number, PVOID buffer, ULONG size, HANDLE handle = kProcess) {
  length = 0x77777777;
  return ZwQueryInformationProcess(handle, static_cast<PROCESSINFOCLASS>(number), buffer, size, &length);
}

NTSTATUS Thread(ULONG number, PVOID buffer, ULONG size, HANDLE handle = kThread) {
  length = 0x77777777;
  return ZwQueryInformationThread(handle, static_cast<THREADINFOCLASS>(number), buffer, size, &length);
}

NTSTATUS SetThread(ULONG number, PVOID buffer, ULONG size) {
  return ZwSetInformationThread(kThread, static_cast<THREADINFOCLASS>(number), buffer, size);
}

NTSTATUS Object(HANDLE handle, ULONG number, PVOID buffer, ULONG size) {
  length = 0x77777777;
  return ZwQueryObject(handle, static_cast<OBJECT_INFORMATION_CLASS>(number), buffer, size, &length);
}

alignas(16) UCHAR buffer[16384];

template <class T>
T At(ULONG offset) {
  T value;
  RtlCopyMemory(&value, buffer + offset, sizeof value);
  return value;
}

}  // namespace

KTEST(ProcessLengthsAreExact) {
  struct Rule {
    ULONG number, size;
  };
  const Rule rules[] = {{0, 0x30}, {1, 0x30}, {2, 0x30}, {3, 0x58}, {4, 0x20}, {7, 8},  {12, 4},    {18, 2}, {20, 4}, {22, 4}, {23, 0x28},
                        {24, 4},   {26, 8},   {28, 4},   {29, 4},   {31, 4},   {33, 4}, {38, 0x10}, {39, 4}, {61, 1}, {75, 4}};
  for (const Rule& rule : rules) {
    EXPECT_EQ(Process(rule.number, buffer, rule.size), STATUS_SUCCESS);
    EXPECT_EQ(length, rule.size);
    EXPECT_EQ(Process(rule.number, buffer, rule.size - 1), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(length, rule.size);
    EXPECT_EQ(Process(rule.number, buffer, rule.size + 0x20), STATUS_INFO_LENGTH_MISMATCH);
    // The length is judged before the handle.
    EXPECT_EQ(Process(rule.number, buffer, rule.size, kBad), STATUS_INVALID_HANDLE);
    EXPECT_EQ(Process(rule.number, buffer, 0, kBad), STATUS_INFO_LENGTH_MISMATCH);
  }
  EXPECT_EQ(Process(0, buffer, 0x30, kThread), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(Process(999, buffer, 8, kBad), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(Process(30, buffer, 8), STATUS_PORT_NOT_SET);
}

KTEST(ProcessesCountWhatTheyMove) {
  IO_COUNTERS before, after;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\counted.txt");
  OBJECT_ATTRIBUTES attributes = RTL_CONSTANT_OBJECT_ATTRIBUTES(&name, OBJ_KERNEL_HANDLE);
  IO_STATUS_BLOCK block;
  HANDLE file;
  EXPECT_EQ(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &attributes, &block, nullptr, 0, 0, FILE_SUPERSEDE,
                         FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, nullptr, 0),
            STATUS_SUCCESS);
  char text[100] = {};
  LARGE_INTEGER start = {};
  EXPECT_EQ(Process(2, &before, sizeof before), STATUS_SUCCESS);
  EXPECT_EQ(ZwWriteFile(file, nullptr, nullptr, nullptr, &block, text, 100, &start, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwReadFile(file, nullptr, nullptr, nullptr, &block, text, 60, &start, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(Process(2, &after, sizeof after), STATUS_SUCCESS);
  EXPECT_EQ(after.WriteOperationCount - before.WriteOperationCount, 1u);
  EXPECT_EQ(after.WriteTransferCount - before.WriteTransferCount, 100u);
  EXPECT_EQ(after.ReadOperationCount - before.ReadOperationCount, 1u);
  EXPECT_EQ(after.ReadTransferCount - before.ReadTransferCount, 60u);
  ZwClose(file);
}

KTEST(NoMitigationIsInForce) {
  ULONG policy[2] = {1, 99};
  EXPECT_EQ(Process(52, policy, sizeof policy), STATUS_SUCCESS);
  EXPECT_EQ(policy[0], 1u);
  EXPECT_EQ(policy[1], 0u);
  policy[0] = 99;
  EXPECT_EQ(Process(52, policy, sizeof policy), STATUS_INVALID_PARAMETER);
}

KTEST(WhatIsToldOfAProcess) {
  EXPECT_EQ(Process(0, buffer, 0x30), STATUS_SUCCESS);
  EXPECT_EQ(At<NTSTATUS>(0), STATUS_PENDING);
  EXPECT(At<HANDLE>(0x20) == PsGetCurrentProcessId());
  RtlZeroMemory(buffer, 0x40);
  EXPECT_EQ(Process(0, buffer, 0x40), STATUS_INVALID_PARAMETER);  // its size is not said
  *reinterpret_cast<SIZE_T*>(buffer) = 0x40;
  EXPECT_EQ(Process(0, buffer, 0x40), STATUS_SUCCESS);
  EXPECT_EQ(length, 0x40);
  EXPECT(At<HANDLE>(0x28) == PsGetCurrentProcessId());
  EXPECT_EQ(At<ULONG>(0x38), 1);  // System is protected, and nothing else of it
  HANDLE event;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  EXPECT_EQ(Process(20, buffer, 8), STATUS_SUCCESS);
  EXPECT(At<ULONG>(0) != 0 && At<ULONG>(4) >= At<ULONG>(0));
  EXPECT_EQ(Process(60, buffer, sizeof buffer), STATUS_NOT_FOUND);  // no program, no command line
  EXPECT_EQ(Process(51, buffer, sizeof buffer), STATUS_SUCCESS);
  EXPECT(At<ULONG_PTR>(0) >= 1);
  EXPECT_EQ(length, 16 + At<ULONG_PTR>(0) * 0x28);
  EXPECT_EQ(Process(51, buffer, 16), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT(length > 16);
  ZwClose(event);
}

KTEST(PrioritiesAreRelativeToTheProcess) {
  LONG increment = 2;
  EXPECT_EQ(SetThread(3, &increment, 4), STATUS_SUCCESS);
  EXPECT_EQ(Thread(0, buffer, 0x30), STATUS_SUCCESS);
  EXPECT_EQ(At<LONG>(0x2c), 2);
  increment = 3;
  EXPECT_EQ(SetThread(3, &increment, 4), STATUS_INVALID_PARAMETER);
  increment = 16;
  EXPECT_EQ(SetThread(3, &increment, 4), STATUS_SUCCESS);
  EXPECT_EQ(Thread(0, buffer, 0x30), STATUS_SUCCESS);
  EXPECT_EQ(At<LONG>(0x2c), 16);
  EXPECT_EQ(At<LONG>(0x28), 15);
  increment = 0;
  EXPECT_EQ(SetThread(3, &increment, 4), STATUS_SUCCESS);
  EXPECT_EQ(SetThread(3, &increment, 8), STATUS_INFO_LENGTH_MISMATCH);
}

KTEST(ThreadLengthsAreExact) {
  struct Rule {
    ULONG number, size;
  };
  const Rule rules[] = {{0, 0x30}, {1, 0x20}, {9, 8},  {12, 4},    {14, 4}, {16, 4}, {17, 1},    {18, 4}, {20, 4},
                        {22, 4},   {24, 4},   {25, 4}, {30, 0x10}, {33, 4}, {35, 4}, {40, 0x50}, {45, 4}};
  for (const Rule& rule : rules) {
    EXPECT_EQ(Thread(rule.number, buffer, rule.size), STATUS_SUCCESS);
    EXPECT_EQ(length, rule.size);
    EXPECT_EQ(Thread(rule.number, buffer, rule.size - 1), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(Thread(rule.number, buffer, rule.size + 4, kBad), STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(Thread(rule.number, buffer, rule.size, kBad), STATUS_INVALID_HANDLE);
  }
  EXPECT_EQ(Thread(2, buffer, 4), STATUS_INVALID_INFO_CLASS);  // can be set only
}

KTEST(WhatIsToldOfAThread) {
  EXPECT_EQ(Thread(0, buffer, 0x30), STATUS_SUCCESS);
  EXPECT_EQ(At<NTSTATUS>(0), STATUS_PENDING);
  EXPECT(At<HANDLE>(0x18) == PsGetCurrentThreadId());
  EXPECT_EQ(Thread(20, buffer, 4), STATUS_SUCCESS);
  EXPECT_EQ(At<ULONG>(0), 0);
  EXPECT_EQ(Thread(40, buffer, 0x50), STATUS_SUCCESS);
  EXPECT(At<HANDLE>(0x30) == PsGetCurrentThreadId());
  EXPECT_EQ(At<ULONG>(0x44), 2);  // running
}

KTEST(ThreadsHaveNames) {
  EXPECT_EQ(Thread(38, buffer, sizeof buffer), STATUS_SUCCESS);
  EXPECT_EQ(length, sizeof(UNICODE_STRING));
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Worker");
  EXPECT_EQ(SetThread(38, &name, sizeof name), STATUS_SUCCESS);
  EXPECT_EQ(Thread(38, buffer, sizeof(UNICODE_STRING)), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(length, sizeof(UNICODE_STRING) + name.Length);
  EXPECT_EQ(Thread(38, buffer, length), STATUS_SUCCESS);
  EXPECT(RtlEqualUnicodeString(reinterpret_cast<PUNICODE_STRING>(buffer), &name, FALSE));
  name.Length = 0;
  EXPECT_EQ(SetThread(38, &name, sizeof name), STATUS_SUCCESS);
}

KTEST(HidingCannotBeUndone) {
  EXPECT_EQ(Thread(17, buffer, 1), STATUS_SUCCESS);
  EXPECT_EQ(At<UCHAR>(0), 0);
  EXPECT_EQ(SetThread(17, buffer, 1), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(SetThread(17, nullptr, 0), STATUS_SUCCESS);
  EXPECT_EQ(Thread(17, buffer, 1), STATUS_SUCCESS);
  EXPECT_EQ(At<UCHAR>(0), 1);
}

KTEST(WhatIsToldOfAnObject) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KtInformation");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE event;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_MODIFY_STATE, &attributes, NotificationEvent, FALSE)));
  EXPECT_EQ(Object(event, 0, buffer, 0x38), STATUS_SUCCESS);
  EXPECT_EQ(length, 0x38);
  EXPECT_EQ(At<ULONG>(4), EVENT_MODIFY_STATE);
  EXPECT_EQ(At<ULONG>(8), 1);
  EXPECT_EQ(At<ULONG>(0x24), sizeof(UNICODE_STRING) + name.Length + 2);
  EXPECT_EQ(Object(event, 0, buffer, 0x39), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(Object(event, 1, buffer, 4), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(length, sizeof(UNICODE_STRING) + name.Length + 2);
  EXPECT_EQ(Object(event, 1, buffer, sizeof(UNICODE_STRING)), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Object(event, 1, buffer, length), STATUS_SUCCESS);
  EXPECT(RtlEqualUnicodeString(reinterpret_cast<PUNICODE_STRING>(buffer), &name, FALSE));
  EXPECT_EQ(Object(event, 2, buffer, 0x68), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(Object(event, 2, buffer, sizeof buffer), STATUS_SUCCESS);
  UNICODE_STRING type = RTL_CONSTANT_STRING(L"Event");
  EXPECT(RtlEqualUnicodeString(reinterpret_cast<PUNICODE_STRING>(buffer), &type, FALSE));
  EXPECT(At<ULONG>(0x10) >= 1 && At<ULONG>(0x14) >= 1);  // objects, handles
  EXPECT(At<ULONG>(0x28) >= At<ULONG>(0x10));            // the most there were
  EXPECT_EQ(At<ULONG>(0x54), EVENT_ALL_ACCESS);
  EXPECT_EQ(Object(event, 9, buffer, 4), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(Object(kBad, 0, buffer, 0x38), STATUS_INVALID_HANDLE);
  ZwClose(event);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  EXPECT_EQ(Object(event, 1, buffer, sizeof(UNICODE_STRING)), STATUS_SUCCESS);
  EXPECT_EQ(At<USHORT>(0), 0);
  EXPECT_EQ(Object(event, 1, buffer, 0), STATUS_INFO_LENGTH_MISMATCH);
  ZwClose(event);
}

KTEST(AllTypesAreListed) {
  EXPECT_EQ(Object(nullptr, 3, buffer, 8), STATUS_INFO_LENGTH_MISMATCH);
  REQUIRE(NT_SUCCESS(Object(nullptr, 3, buffer, sizeof buffer)));
  const ULONG count = At<ULONG>(0);
  UCHAR* at = buffer + 8;
  bool process = false;
  for (ULONG i = 0; i < count; ++i) {
    const UNICODE_STRING name = *reinterpret_cast<PUNICODE_STRING>(at);
    UNICODE_STRING wanted = RTL_CONSTANT_STRING(L"Process");
    EXPECT(name.Buffer == reinterpret_cast<PWSTR>(at + 0x68));
    EXPECT_EQ(at[0x5a], i + 2);
    process |= RtlEqualUnicodeString(&name, &wanted, FALSE) != 0;
    at += 0x68 + ((name.MaximumLength + 7) & ~7);
  }
  EXPECT(process);
  EXPECT_EQ(length, at - buffer);
}

KTEST(HandleFlagsAreTwoBytes) {
  HANDLE event;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  UCHAR flags[2] = {1, 1};
  EXPECT_EQ(ZwSetInformationObject(event, static_cast<OBJECT_INFORMATION_CLASS>(4), flags, 1), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwSetInformationObject(event, static_cast<OBJECT_INFORMATION_CLASS>(4), flags, 2), STATUS_SUCCESS);
  EXPECT_EQ(Object(event, 4, buffer, 2), STATUS_SUCCESS);
  EXPECT_EQ(At<USHORT>(0), 0x101);
  EXPECT_EQ(Object(event, 4, buffer, 3), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwClose(event), STATUS_HANDLE_NOT_CLOSABLE);
  flags[1] = 0;
  EXPECT_EQ(ZwSetInformationObject(event, static_cast<OBJECT_INFORMATION_CLASS>(4), flags, 2), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetInformationObject(event, static_cast<OBJECT_INFORMATION_CLASS>(2), flags, 2), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(ZwClose(event), STATUS_SUCCESS);
}

KTEST(ClassesWithAQuestion) {
  struct {
    ULONG session, size;
    PVOID buffer;
  } session = {1, sizeof buffer, buffer};
  EXPECT_EQ(ZwQuerySystemInformation(53, &session, sizeof session, &length), STATUS_SUCCESS);
  EXPECT_EQ(At<ULONG>(0x64), 1);  // of session 1 the first is
  session.size = 8;
  EXPECT_EQ(ZwQuerySystemInformation(53, &session, sizeof session, &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT(length > 0x100);
  EXPECT_EQ(ZwQuerySystemInformation(53, &session, 8, &length), STATUS_INFO_LENGTH_MISMATCH);
  struct {
    HANDLE id;
    UNICODE_STRING name;
  } image = {reinterpret_cast<HANDLE>(0x7ffc), {0, 512, reinterpret_cast<PWSTR>(buffer)}};
  EXPECT_EQ(ZwQuerySystemInformation(88, &image, sizeof image, &length), STATUS_INVALID_CID);
  image.id = PsGetCurrentProcessId();
  EXPECT_EQ(ZwQuerySystemInformation(88, &image, sizeof image, &length), STATUS_SUCCESS);
  EXPECT_EQ(ZwQuerySystemInformation(17, buffer, sizeof buffer, &length), STATUS_UNSUCCESSFUL);
  ULONG table[4] = {'ACPI', 0, 0, 0};
  EXPECT_EQ(ZwQuerySystemInformation(76, table, 4, &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwQuerySystemInformation(76, table, sizeof table, &length), STATUS_NOT_IMPLEMENTED);
  ULONG integrity[2] = {4, 0};
  EXPECT_EQ(ZwQuerySystemInformation(103, integrity, 8, &length), STATUS_INFO_LENGTH_MISMATCH);
}

KTEST(NothingOfTheSystemIsSet) {
  ULONG value = 0;
  EXPECT_EQ(ZwSetSystemInformation(9, &value, sizeof value), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(ZwSetSystemInformation(0, &value, sizeof value), STATUS_INVALID_INFO_CLASS);
}

KTEST(ExtendedProcessesTellOfStacks) {
  ULONG size = 0;
  EXPECT_EQ(ZwQuerySystemInformation(57, nullptr, 0, &size), STATUS_INFO_LENGTH_MISMATCH);
  auto* all = static_cast<UCHAR*>(ExAllocatePoolWithTag(PagedPool, size + 4096, 'ofnI'));
  REQUIRE(all != nullptr);
  EXPECT_EQ(ZwQuerySystemInformation(57, all, size + 4096, &size), STATUS_SUCCESS);
  bool found = false;
  for (UCHAR* at = all;; at += *reinterpret_cast<ULONG*>(at)) {
    const ULONG threads = *reinterpret_cast<ULONG*>(at + 4);
    for (ULONG i = 0; i < threads; ++i) {
      UCHAR* const thread = at + 0x100 + i * 0x88;
      if (*reinterpret_cast<HANDLE*>(thread + 0x30) != PsGetCurrentThreadId()) continue;
      found = true;
      EXPECT(reinterpret_cast<UCHAR*>(&found) < *reinterpret_cast<UCHAR**>(thread + 0x50));
      EXPECT(reinterpret_cast<UCHAR*>(&found) > *reinterpret_cast<UCHAR**>(thread + 0x58));
    }
    if (*reinterpret_cast<ULONG*>(at) == 0) break;
  }
  EXPECT(found);
  ExFreePoolWithTag(all, 'ofnI');
}
