// A small test framework for drivers: tests of the kernel's contract, written in the driver's own language.
//
//   KTEST(EventIsSetOnce) {
//     KEVENT event;
//     KeInitializeEvent(&event, SynchronizationEvent, FALSE);
//     EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 0);
//   }
//
// Linked with ktest.cpp a file of tests is a driver: its DriverEntry runs them in the order of the file and prints "ok NAME" or
// "FAILED NAME file:line: what". It fails with STATUS_UNSUCCESSFUL if a test did, so that whoever loads the driver knows.
#pragma once
#include <ntifs.h>

namespace ktest {

/// One test, as KTEST puts it into the image's ".ktest" section.
struct Test {
  const char* name;
  void (*body)();
};

/// The driver that is testing, and its service key.
extern PDRIVER_OBJECT driver;
extern PUNICODE_STRING registry_path;

/// Notes a failure of the running test. Any thread, any IRQL up to DISPATCH_LEVEL.
void Fail(const char* file, int line, const char* what);
void FailEqual(const char* file, int line, const char* what, LONG64 actual, LONG64 expected);

/// A relative time for waits and timers, in milliseconds.
inline LARGE_INTEGER Milliseconds(LONG64 count) {
  LARGE_INTEGER time;
  time.QuadPart = -count * 10000;
  return time;
}

/// Gives up the processor for at least `milliseconds`. PASSIVE_LEVEL.
inline void Sleep(LONG64 milliseconds) {
  LARGE_INTEGER time = Milliseconds(milliseconds);
  KeDelayExecutionThread(KernelMode, FALSE, &time);
}

/// The interrupt time in milliseconds.
inline LONG64 Now() { return static_cast<LONG64>(KeQueryInterruptTime() / 10000); }

/// A system thread that runs `routine(context)`. It is joined by Join or at the latest by the destructor.
class Thread {
 public:
  template <typename Context>
  Thread(void (*routine)(Context*), Context* context) {
    Start(reinterpret_cast<void (*)(void*)>(routine), context);
  }
  ~Thread() { Join(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  /// Waits for the thread's end. PASSIVE_LEVEL.
  void Join();
  /// Waits at most that long; true if the thread has ended.
  bool EndsWithin(LONG64 milliseconds);
  PKTHREAD object() const { return object_; }

 private:
  void Start(void (*routine)(void*), void* context);
  static void Main(void* self);

  void (*routine_)(void*) = nullptr;
  void* context_ = nullptr;
  PKTHREAD object_ = nullptr;
};

/// Waits at PASSIVE_LEVEL, not alertable; what waits and timeouts return.
inline NTSTATUS WaitFor(void* object, LONG64 milliseconds) {
  LARGE_INTEGER time = Milliseconds(milliseconds);
  return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &time);
}

}  // namespace ktest

#pragma section(".ktest$m", read)

#define KTEST(test)                                                                                       \
  static void KTest##test();                                                                              \
  static const ktest::Test ktest_of_##test = {#test, KTest##test};                                        \
  __declspec(allocate(".ktest$m")) extern const ktest::Test* const ktest_entry_##test = &ktest_of_##test; \
  static void KTest##test()

/// Notes a failure and goes on.
#define EXPECT(condition)                                          \
  do {                                                             \
    if (!(condition)) ktest::Fail(__FILE__, __LINE__, #condition); \
  } while (0)

/// Notes a failure and leaves the test.
#define REQUIRE(condition)                         \
  do {                                             \
    if (!(condition)) {                            \
      ktest::Fail(__FILE__, __LINE__, #condition); \
      return;                                      \
    }                                              \
  } while (0)

/// Compares two numbers, and shows both where they differ.
#define EXPECT_EQ(actual, expected)                                                              \
  do {                                                                                           \
    const LONG64 actual_ = (LONG64)(actual), expected_ = (LONG64)(expected);                     \
    if (actual_ != expected_) ktest::FailEqual(__FILE__, __LINE__, #actual, actual_, expected_); \
  } while (0)
