// Ringlet's embedding API: an NT machine in this process.
//
//   ringlet::Machine machine({.processors = 2, .virtual_time = true, .seed = 7});
//   auto driver = machine.LoadDriver("zero.sys");
//   auto run = machine.Run("ZeroTest.exe", {"--threads", "4"});
//   auto report = machine.Shutdown();
//
// One process holds one machine at a time; when it is shut down another can be booted. All calls come from one host thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringlet {

/// A piece of debug output, and where it comes from.
struct DebugText {
  std::string text;              ///< as it was printed; a line feed usually ends it
  std::string component;         ///< "IHVDRIVER"; empty if it did not come through DbgPrint
  std::uint32_t level = 0;       ///< bits: 1 error, 2 warning, 4 trace, 8 information
  std::int64_t time = 0;         ///< 100 ns since boot
  std::int64_t system_time = 0;  ///< 100 ns since 1601
  unsigned processor = 0;
  unsigned irql = 0;
  std::uint64_t process = 0;
  std::uint64_t thread = 0;
};

/// A field of a self-describing event.
struct EventField {
  enum class Kind { Number, Boolean, Text, Array, Struct };
  std::string name;
  std::string type;  ///< "uint32", "unicodestring", ...; with [] for an array
  Kind kind = Kind::Text;
  std::string text;                 ///< of a number, a Boolean ("true") or a text
  std::vector<EventField> members;  ///< of an array or structure
};

/// An event that a provider wrote (EtwWrite and its relatives).
struct Event {
  std::string provider_id;  ///< its GUID
  std::string provider;     ///< its name, if it has told one
  std::string name;         ///< of a TraceLogging event
  unsigned id = 0, version = 0, channel = 0, level = 0, opcode = 0, task = 0;
  std::uint64_t keyword = 0;
  std::uint32_t tags = 0;
  std::string activity, related;  ///< GUIDs, or empty
  std::int64_t time = 0;          ///< 100 ns since boot
  std::int64_t system_time = 0;   ///< 100 ns since 1601
  unsigned processor = 0;
  std::uint64_t process = 0, thread = 0;
  std::vector<EventField> fields;  ///< of a TraceLogging event, the text of EtwWriteString, or what the parts of another event look like
  std::string defect;              ///< what is wrong with a TraceLogging event's metadata or data
};

/// Which events are wanted of a provider.
struct EventFilter {
  std::string provider;         ///< GUID, or the name it tells; empty: all providers
  std::uint8_t level = 0;       ///< the highest wanted; 0: all
  std::uint64_t match_any = 0;  ///< keywords of which an event must have one; 0: any
  std::uint64_t match_all = 0;  ///< keywords it must have all of
};

/// The levels of one component's debug messages that the machine's registry says to show.
struct DebugFilter {
  std::string component;              ///< "IHVDRIVER"; "WIN2000" counts for all
  std::optional<std::uint32_t> mask;  ///< nothing if the registry has no value
};

/// A thread, at the moment of the snapshot.
struct ThreadInfo {
  std::uint64_t id = 0;
  std::string state;        ///< "running", "ready", "waiting", ...
  std::string wait_reason;  ///< "user request", "delay", ...; empty if it does not wait
  int priority = 0;         ///< with all boosts
  int base_priority = 0;
  unsigned processor = 0;                       ///< where it runs, or ran last
  std::int64_t kernel_time = 0, user_time = 0;  ///< 100 ns units
  std::uint32_t context_switches = 0;
};

/// A process, at the moment of the snapshot.
struct ProcessInfo {
  std::uint64_t id = 0, parent = 0;
  std::string name;
  std::size_t handles = 0;
  std::vector<ThreadInfo> threads;
};

/// An image of a process.
struct ModuleInfo {
  std::uint64_t base = 0;
  std::uint64_t size = 0;  ///< bytes
  std::string path;
};

/// Where a processor's time went, in 100 ns units since boot. The rest belongs to threads in kernel mode.
struct ProcessorInfo {
  std::int64_t idle_time = 0;
  std::int64_t user_time = 0;
  std::int64_t dpc_time = 0, interrupt_time = 0;  ///< together what Task Manager calls system interrupts
  std::uint32_t interrupts = 0;                   ///< count, the clock's among them
};

/// What was allocated from pool under one tag since boot.
struct PoolTagInfo {
  std::string tag;
  bool paged = false;
  std::uint64_t allocations = 0, frees = 0;
  std::uint64_t bytes = 0;           ///< in use
  std::vector<std::string> drivers;  ///< that hold some of it now, by their image's name; the kernel is "ntoskrnl.exe"
};

/// A name in the object namespace.
struct ObjectInfo {
  std::string name;
  std::string type;
  std::string target;    ///< of a symbolic link
  std::string security;  ///< its security descriptor, in the definition language (SDDL); empty if it has none
};

/// A handle of a process.
struct HandleInfo {
  std::uint64_t handle = 0;
  std::string type;
  std::string name;  ///< of a process or thread its image and ids; empty if the object has none
  std::uint32_t access = 0;
  bool inherited = false;  ///< child processes get it
  bool protected_from_close = false;
};

/// Host descriptors of a client's standard streams.
struct Console {
  int input = 0, output = 1, error = 2;
};

/// How a machine is made.
struct Options {
  unsigned processors = 2;                        ///< 1 to 64
  bool virtual_time = false;                      ///< idle time costs nothing, and the seed decides every choice of the scheduler
  std::uint64_t seed = 0;                         ///< for virtual time
  std::uint64_t memory = std::uint64_t{8} << 30;  ///< bytes of physical memory
  std::string directory;                          ///< registry and C: drive; empty: a fresh temporary directory, removed at the end
  bool plain_user = false;                        ///< clients run as a user who is no administrator
  std::string sound_file;                         ///< gets what the speaker sounds as a WAV file, at shutdown
  bool special_pool = false;                 ///< each pool allocation on pages of its own, so that misuse faults at the very instruction
  std::uint64_t fail_allocation = 0;         ///< the driver's allocation of this number, counted from 1, fails; 0: none
  std::uint64_t fail_allocation_one_in = 0;  ///< each fails with this chance; 0: none
  std::uint64_t fail_allocation_seed = 0;    ///< decides which
  unsigned trace = 0;                        ///< a sum of kTrace…
  std::function<void(const std::string&)> trace_sink;     ///< gets each line of the trace; standard error if empty
  std::function<void(const std::string&)> debug_sink;     ///< gets what DbgPrint prints; standard output if empty
  std::function<void(const DebugText&)> debug_text_sink;  ///< the same with its origin; debug_sink is then not called
  std::function<void(const Event&)> event_sink;           ///< gets the events of the providers that event_filters name
  std::vector<EventFilter> event_filters;                 ///< empty: all events of all providers
  std::uint64_t timeout_ms = 0;                           ///< host time one call may take; 0: no limit
};

inline constexpr unsigned kTraceApi = 1, kTraceIrp = 2, kTraceSched = 4;

/// How a call into the machine ended.
enum class Outcome { Finished, BugCheck, Deadlock, Timeout };

/// One frame of a stack.
struct StackFrame {
  std::uint64_t address;
  std::string symbol;  ///< "zero.sys!ZeroRead+0x1c"
  std::string source;  ///< "zero.cpp:120", empty if unknown
};

/// What stopped the machine.
struct BugCheck {
  std::uint32_t code = 0;
  std::uint64_t parameters[4] = {};
  std::string name;     ///< "DRIVER_IRQL_NOT_LESS_OR_EQUAL"
  std::string rule;     ///< the rule that was broken, in one sentence
  std::string details;  ///< what is known of the addresses among the parameters
  std::string driver;   ///< whose code it was
  unsigned irql = 0;
  unsigned processor = 0;
  using Frame = StackFrame;
  std::vector<Frame> stack;
  std::string meanings[4];  ///< of the parameters; empty if unknown
  struct Other {
    unsigned processor;
    std::vector<Frame> stack;
  };
  std::vector<Other> others;  ///< what the other processors did, without idle ones
  struct SecondaryData {
    std::string component;  ///< who told it
    std::string id;         ///< GUID
    std::vector<std::uint8_t> bytes;
  };
  std::vector<SecondaryData> secondary_data;  ///< of drivers' bugcheck callbacks
  struct TriageData {
    std::string component;  ///< who told it
    std::uint64_t address;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<TriageData> triage_data;  ///< memory that drivers' callbacks want in a small dump
};

/// A thread that waits when nothing can ever run again.
struct BlockedThread {
  std::uint64_t id = 0;
  std::string wait;  ///< "for a mutex that thread 12 holds or a semaphore"
  std::vector<StackFrame> stack;
};

/// Something a driver left behind.
struct Leftover {
  std::string driver;
  std::string kind;  ///< "pool", "device object", "symbolic link", "timer", "thread", "handle", "object"
  std::string what;  ///< "tag 'Zero', 2 blocks, 128 bytes, allocated at zero.sys!DriverEntry+0x40 (zero.cpp:31)"
};

/// A rule that a driver broke without stopping the machine.
struct Warning {
  std::string driver;
  std::string what;         ///< one sentence
  std::uint32_t count = 1;  ///< how often
};

/// The end of a driver's loading.
struct LoadResult {
  Outcome outcome = Outcome::Finished;
  std::int32_t status = 0;          ///< NTSTATUS
  std::string why;                  ///< one sentence if it failed
  std::vector<std::string> absent;  ///< imports that Ringlet does not have
  bool ok() const { return outcome == Outcome::Finished && status >= 0; }
};

/// The end of a client.
struct RunResult {
  Outcome outcome = Outcome::Finished;
  std::int32_t status = 0;  ///< NTSTATUS of the start
  std::uint32_t exit_code = 0;
  std::string why;
};

class Machine {
 public:
  /// Boots. Throws std::runtime_error with a clear sentence if the host lacks something.
  explicit Machine(const Options& options = {});
  /// Shuts down, if that has not been done.
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Registers a driver file as the service NAME (default: the file's base name) and starts it.
  LoadResult LoadDriver(const std::string& path, std::string name = {});
  /// Stops a driver: calls its Unload. STATUS_INVALID_DEVICE_REQUEST if it has none.
  LoadResult UnloadDriver(const std::string& name);
  /// Names of the drivers that LoadDriver started and that are still loaded, in that order.
  std::vector<std::string> Drivers() const;

  /// Runs a client program to its end; calls `look` meanwhile, each time so many milliseconds of the machine's time have gone by (0:
  /// never).
  RunResult Run(const std::string& path, const std::vector<std::string>& arguments = {}, unsigned look_every_ms = 0,
                const std::function<void()>& look = {});

  /// Starts a client and does not wait for it: *process becomes its id. It runs while the machine does: in other calls, and in Wait.
  RunResult Start(const std::string& path, const std::vector<std::string>& arguments, const Console& console, std::uint64_t* process);
  /// The exit code of a client that Start made, once it has ended and only then; its console is forgotten with it.
  std::optional<std::uint32_t> Ended(std::uint64_t process);
  /// Ends a client that Start made, as a closed console does.
  void Terminate(std::uint64_t process);
  /// Lets the machine run until the host descriptor can be read (-1: none), a client of Start has ended, or
  /// so many milliseconds of its time have gone by.
  Outcome Wait(int descriptor, unsigned milliseconds);

  /// Starts the drivers whose services start at boot, by the system or automatically, in this order. The results of those that did not.
  std::vector<std::pair<std::string, LoadResult>> StartServices();

  /// The names of all services.
  std::vector<std::string> Services();

  /// Where the machine directory is.
  const std::string& DirectoryOnHost() const;

  /// Does work of the host in a system thread of the machine, where its own state may be read and changed.
  Outcome Do(const std::function<void()>& work);

  /// Pool by tag: ordered by tag, then non-paged before paged.
  std::vector<PoolTagInfo> PoolTags() const;
  /// The names in a directory of the object namespace, or the object of that name alone if it is none; nothing if there is no such object.
  std::optional<std::vector<ObjectInfo>> Directory(const std::string& path);
  /// The handles of a process, ascending; nothing if there is no such process.
  std::optional<std::vector<HandleInfo>> Handles(std::uint64_t process);

  /// All processes and their threads, in the order they were made.
  std::vector<ProcessInfo> Processes() const;
  /// The images of a process, in the order they were loaded; those of the kernel and its drivers for the System process (4).
  std::vector<ModuleInfo> Modules(std::uint64_t process) const;
  /// Time since boot in 100 ns units.
  std::int64_t Time() const;

  /// The debug print filter: WIN2000, then all components.
  std::vector<DebugFilter> DebugFilters();
  /// Sets or removes a component's mask in the registry; false if there is no such component.
  bool SetDebugFilter(const std::string& component, std::optional<std::uint32_t> mask);

  /// Changes which events the machine's event_sink gets, from now on; none: no events. Providers learn of it.
  Outcome ListenTo(const std::vector<EventFilter>& filters);

  /// Requests an interrupt of a processor, as a device would, and runs the machine until it has been delivered. False if no service routine
  /// is connected to the vector there, or all are reported inactive. From `look` too.
  bool FireInterrupt(unsigned vector, unsigned processor);
  /// Where the processors' time went.
  std::vector<ProcessorInfo> Processors() const;

  /// Runs host code in a system thread at PASSIVE_LEVEL, for tests that call the kernel's exports.
  Outcome Call(const std::function<void()>& work);

  /// The bugcheck that stopped the machine, or null.
  const BugCheck* bugcheck() const;

  /// Who waited for what at the last call that ended with Outcome::Deadlock, in the order the threads were made.
  const std::vector<BlockedThread>& deadlock() const;

  /// The mistakes that drivers made so far, or until Shutdown(), in the order they were first made.
  std::vector<Warning> warnings() const;

  /// Unloads what is still loaded, in reverse order, and says what each driver left behind.
  std::vector<Leftover> Shutdown();

  struct State;

 private:
  void DestroyExecutive();

  std::unique_ptr<State> state_;
};

}  // namespace ringlet
