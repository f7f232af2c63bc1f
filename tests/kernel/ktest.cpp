// The part of the test framework that every test driver shares: its DriverEntry.
#include "ktest.h"

#pragma section(".ktest$a", read)
#pragma section(".ktest$z", read)
// The linker sorts the parts of a section by what follows the '$': the tests lie between these two.
__declspec(allocate(".ktest$a")) extern const ktest::Test* const ktest_first = nullptr;
__declspec(allocate(".ktest$z")) extern const ktest::Test* const ktest_last = nullptr;

namespace ktest {

PDRIVER_OBJECT driver;
PUNICODE_STRING registry_path;

namespace {
const char* running;
volatile LONG failures;  // of the running test
LONG failed_tests;

const char* BaseName(const char* path) {
  const char* name = path;
  for (; *path; path++) {
    if (*path == '/' || *path == '\\') name = path + 1;
  }
  return name;
}

void Run(const Test& test) {
  running = test.name;
  failures = 0;
  test.body();
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
    FailEqual(__FILE__, __LINE__, "IRQL after the test", KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
  }
  if (failures) {
    failed_tests++;
  } else {
    DbgPrint("ok %s\n", test.name);
  }
}

void Unload(PDRIVER_OBJECT) {}
}  // namespace

void Fail(const char* file, int line, const char* what) {
  InterlockedIncrement(&failures);
  DbgPrint("FAILED %s %s:%d: %s\n", running, BaseName(file), line, what);
}

void FailEqual(const char* file, int line, const char* what, LONG64 actual, LONG64 expected) {
  InterlockedIncrement(&failures);
  DbgPrint("FAILED %s %s:%d: %s is %lld (0x%llX), not %lld (0x%llX)\n", running, BaseName(file), line, what, actual, actual, expected,
           expected);
}

void Thread::Main(void* self) {
  Thread* const thread = static_cast<Thread*>(self);
  thread->routine_(thread->context_);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

void Thread::Start(void (*routine)(void*), void* context) {
  routine_ = routine;
  context_ = context;
  HANDLE handle;
  const NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Main, this);
  if (!NT_SUCCESS(status)) {
    FailEqual(__FILE__, __LINE__, "PsCreateSystemThread", status, STATUS_SUCCESS);
    return;
  }
  PVOID object = nullptr;
  ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &object, nullptr);
  object_ = static_cast<PKTHREAD>(object);
  ZwClose(handle);
}

bool Thread::EndsWithin(LONG64 milliseconds) { return !object_ || WaitFor(object_, milliseconds) == STATUS_SUCCESS; }

void Thread::Join() {
  if (!object_) return;
  KeWaitForSingleObject(object_, Executive, KernelMode, FALSE, nullptr);
  ObDereferenceObject(object_);
  object_ = nullptr;
}

}  // namespace ktest

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  ktest::driver = DriverObject;
  ktest::registry_path = RegistryPath;
  DriverObject->DriverUnload = ktest::Unload;
  int count = 0;
  for (const ktest::Test* const volatile* entry = &ktest_first; entry < &ktest_last; entry++) {
    if (const ktest::Test* const test = *entry) {
      ktest::Run(*test);
      count++;
    }
  }
  DbgPrint("%d tests, %d failed\n", count, ktest::failed_tests);
  return ktest::failed_tests || !count ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
