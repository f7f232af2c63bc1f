// Starting, running and stopping the machine's processors, for whoever boots it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernel/ke/ke.h"
#include "nt/ke.h"
#include "nt/ps.h"
#include "nt/types.h"

namespace nt::ke {

struct Options {
  ULONG processors = 2;
  bool virtual_time = false;
  ULONGLONG seed = 0;
};

/// Makes the processors, their idle threads, and the clock. Memory and pool must be there.
void Initialize(const Options& options);
/// Undoes Initialize. Threads that still exist are dropped where they are.
void Shutdown();

/// Why Run returned.
enum class Outcome {
  Finished,  ///< the work is done
  BugCheck,  ///< the machine stopped; see LastBugCheck()
  Deadlock,  ///< nothing can ever run again
  Timeout,   ///< the host's time limit is over
};

/// Runs `work` in a system thread at PASSIVE_LEVEL and the machine with it, until `work` returns. `timeout_ms` counts host time; 0 means no
/// limit.
Outcome RunInSystemThread(const std::function<void()>& work, ULONGLONG timeout_ms = 0);

/// One frame of a bugcheck's stack.
struct StackFrame {
  ULONG_PTR address;
  std::string symbol;  ///< "zero.sys!ZeroRead+0x1c" or, without a PDB, "zero.sys+0x101c"
  std::string source;  ///< "zero.cpp:120" or empty
};

struct BugCheckInfo {
  ULONG code = 0;
  ULONG_PTR parameters[4] = {};
  std::string name;     ///< "IRQL_NOT_LESS_OR_EQUAL"
  std::string rule;     ///< the rule that was broken, in one sentence
  std::string details;  ///< what is known of the address in question
  std::string driver;   ///< who is to blame, or empty
  KIRQL irql = 0;
  ULONG processor = 0;
  std::vector<StackFrame> stack;
  std::string meanings[4];  ///< of the parameters; empty if unknown
  /// What another processor did meanwhile.
  struct Other {
    ULONG processor;
    std::vector<StackFrame> stack;
  };
  std::vector<Other> others;  ///< without idle processors
  /// What a driver's callback had to tell.
  struct SecondaryData {
    std::string component;
    GUID id;
    std::vector<UCHAR> bytes;
  };
  std::vector<SecondaryData> secondary_data;
  /// Memory that a driver's callback wants in a small dump.
  struct TriageData {
    std::string component;
    ULONG_PTR address;
    std::vector<UCHAR> bytes;
  };
  std::vector<TriageData> triage_data;
};
/// The bugcheck that stopped the machine.
const BugCheckInfo& LastBugCheck();

/// A thread that waits when nothing can ever run again.
struct BlockedThread {
  ULONGLONG id = 0;
  std::string wait;  ///< "for a mutex that thread 12 holds"
  std::vector<StackFrame> stack;
  PETHREAD thread = nullptr;
};
/// After Outcome::Deadlock, and until the machine runs again: the threads of drivers and programs, in the order they were made.
std::vector<BlockedThread> DescribeDeadlock();

/// Turns a code address into a function and a source line; set by who can read PDBs.
using Symbolizer = bool (*)(ULONG_PTR address, std::string* symbol, std::string* source);
void SetSymbolizer(Symbolizer symbolizer);
/// "image!function+0x12 (file.cpp:34)", as good as it can be told.
std::string DescribeCode(ULONG_PTR address);

/// The same for a return address, in parts.
StackFrame DescribeReturn(ULONG_PTR address);

/// Where debug output goes; by default the host's standard output.
using DebugSink = void (*)(const DebugMessage& message);
void SetDebugSink(DebugSink sink);

/// Who makes threads for RunInSystemThread that are objects, and ends them; without, they are bare.
struct HostThreads {
  struct Thread* (*make)(KPRIORITY priority, void (*start)(void*), void* context);
  void (*exit)();
};
void SetHostThreads(const HostThreads& threads);

/// Whether a host call runs in the machine now.
bool IsRunning();

/// Where a processor's time went, in 100 ns units since boot.
struct ProcessorTime {
  LONGLONG idle, user, dpc, interrupt;
  ULONG interrupts;  ///< count
};
std::vector<ProcessorTime> ProcessorTimes();

/// The System process, to which threads of the kernel belong from now on.
void SetSystemProcess(EPROCESS* process);

/// Calls `tick` from the clock interrupt when a second of the machine's time or more is over since the last call; null for nothing.
void SetSecondTick(void (*tick)(ULONG seconds));

/// Adds a thread of the kernel's own that runs host code.
struct Thread;
Thread* CreateHostThread(void (*start)(void*), void* context, KPRIORITY priority);

}  // namespace nt::ke
