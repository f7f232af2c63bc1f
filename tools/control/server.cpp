#include "tools/control/server.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <list>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/control/channel.h"
#include "tools/ps.h"
#include "tools/reg.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

constexpr unsigned kLongestSleep = 1000;  // milliseconds

/// A command that has come.
struct Caller {
  explicit Caller(int descriptor) : channel(descriptor) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    for (const int each : streams) close(each);
  }

  Channel channel;
  std::uint64_t process = 0;  ///< the client that runs for it
  bool listens = false;       ///< to the debug output
  std::vector<int> streams;
};

nlohmann::json JsonOf(const DebugText& text) {
  return {{"text", text.text}, {"component", text.component},     {"level", text.level},
          {"time", text.time}, {"system_time", text.system_time}, {"processor", text.processor},
          {"irql", text.irql}, {"process", text.process},         {"thread", text.thread}};
}

int Listen(const std::string& path) {
  if (Channel::Connect(path)) throw std::runtime_error("a machine is up there already; `ringlet shutdown` ends it");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path of the socket is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  unlink(path.c_str());
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener, 16) != 0) {
    throw std::runtime_error("cannot listen at " + path + ": " + std::strerror(errno));
  }
  return listener;
}

bool IsOwnUser(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
}

class Server {
 public:
  Server(const Options& options, const std::string& path) : path_(path), listener_(Listen(path)), machine_(WithSinks(options)) {
    signal(SIGPIPE, SIG_IGN);
    ready_ = epoll_create1(EPOLL_CLOEXEC);
    Watch(listener_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    // Whoever waits for the machine's end must not find it afterwards.
    unlink(path_.c_str());
    close(listener_);
    callers_.clear();
    close(ready_);
  }

  std::string StartServices() {
    std::string text;
    for (const auto& [name, result] : machine_.StartServices()) {
      text += fmt::format("{}: not started: {} (status 0x{:08X})\n", name, result.why, static_cast<std::uint32_t>(result.status));
    }
    return text;
  }

  void Run() {
    while (!down_) {
      if (machine_.bugcheck() == nullptr) machine_.Wait(ready_, kLongestSleep);
      if (machine_.bugcheck() != nullptr) TellBugCheck();
      FinishClients();
      HandleEvents(machine_.bugcheck() == nullptr ? 0 : -1);
    }
  }

 private:
  Options WithSinks(Options options) {
    options.debug_text_sink = [this](const DebugText& text) {
      for (Caller& caller : callers_) {
        if (caller.listens) caller.channel.Send(JsonOf(text));
      }
    };
    return options;
  }

  void Watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.fd = descriptor;
    epoll_ctl(ready_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void HandleEvents(int timeout) {
    epoll_event events[16];
    const int count = epoll_wait(ready_, events, std::size(events), timeout);
    for (int i = 0; i < count && !down_; ++i) {
      if (events[i].data.fd == listener_) {
        Accept();
        continue;
      }
      for (auto caller = callers_.begin(); caller != callers_.end(); ++caller) {
        if (caller->channel.descriptor() != events[i].data.fd) continue;
        Serve(caller);
        break;
      }
    }
  }

  void Accept() {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (!IsOwnUser(connection)) {
      close(connection);
      return;
    }
    callers_.emplace_back(connection);
    Watch(connection);
  }

  /// A caller says what it wants once; what comes later is its end.
  void Serve(std::list<Caller>::iterator caller) {
    const auto request = caller->channel.Receive();
    if (!request) {
      if (caller->process != 0) Abandon(caller->process);
      callers_.erase(caller);
      return;
    }
    for (const int each : caller->channel.TakeDescriptors()) caller->streams.push_back(each);
    try {
      Do(*caller, *request);
    } catch (const nlohmann::json::exception& error) {
      caller->channel.Send({{"error", fmt::format("not understood: {}", error.what())}});
    }
  }

  void Do(Caller& caller, const nlohmann::json& request) {
    const std::string command = request.at("command");
    if (command == "shutdown") return ShutDown(caller);
    if (machine_.bugcheck() != nullptr) {
      caller.channel.Send({{"bugcheck", ReadableBugCheck(*machine_.bugcheck())}});
    } else if (command == "exec") {
      Execute(caller, request);
    } else if (command == "debug") {
      caller.listens = true;
    } else {
      caller.channel.Send(Answer(command, request));
    }
  }

  nlohmann::json Answer(const std::string& command, const nlohmann::json& request) {
    if (command == "processes") {
      const Snapshot snapshot = TakeSnapshot(machine_, request.value("modules", false));
      return {{"text", request.value("json", false) ? SnapshotJson(snapshot).dump() + "\n" : SnapshotTable(snapshot)}};
    }
    if (command == "pool") return Pool();
    if (command == "services") return {{"services", machine_.Services()}};
    if (command == "directory") return Directory(request.at("path"));
    if (command == "handles") return Handles(request.at("process"));
    if (command == "reg") return Registry(request.at("words"));
    if (command == "install") return Install(request.at("path"));
    return {{"error", "this machine does not know the command " + command}};
  }

  /// Takes a driver or a program of the host into the machine's own drive.
  nlohmann::json Install(const std::string& path) const {
    const std::string name = std::filesystem::path(path).filename().string();
    const bool driver = std::filesystem::path(path).extension() != ".exe";
    const auto copy = std::filesystem::path(machine_.DirectoryOnHost()) / (driver ? "Windows/System32/drivers" : "Windows/System32") / name;
    std::error_code error;
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing, error);
    if (error) return {{"error", fmt::format("{} cannot be copied to the machine: {}", path, error.message())}};
    // Its symbols, where a debugger looks for them.
    const auto symbols = std::filesystem::path(path).replace_extension(".pdb");
    std::filesystem::copy_file(symbols, std::filesystem::path(copy).replace_extension(".pdb"),
                               std::filesystem::copy_options::overwrite_existing, error);
    return {{"path", (driver ? "C:\\Windows\\System32\\drivers\\" : "C:\\Windows\\System32\\") + name}};
  }

  nlohmann::json Pool() const {
    nlohmann::json tags = nlohmann::json::array();
    for (const PoolTagInfo& tag : machine_.PoolTags()) {
      tags.push_back({{"tag", tag.tag},
                      {"paged", tag.paged},
                      {"allocations", tag.allocations},
                      {"frees", tag.frees},
                      {"bytes", tag.bytes},
                      {"drivers", tag.drivers}});
    }
    return {{"tags", std::move(tags)}};
  }

  nlohmann::json Directory(const std::string& path) {
    const auto objects = machine_.Directory(path);
    if (!objects) return {{"error", "there is no object " + path}};
    nlohmann::json list = nlohmann::json::array();
    for (const ObjectInfo& object : *objects)
      list.push_back({{"name", object.name}, {"type", object.type}, {"target", object.target}, {"security", object.security}});
    return {{"objects", std::move(list)}};
  }

  nlohmann::json Handles(std::uint64_t process) {
    const auto handles = machine_.Handles(process);
    if (!handles) return {{"error", fmt::format("there is no process {}", process)}};
    nlohmann::json list = nlohmann::json::array();
    for (const HandleInfo& each : *handles) {
      list.push_back({{"handle", each.handle},
                      {"type", each.type},
                      {"name", each.name},
                      {"access", each.access},
                      {"inherited", each.inherited},
                      {"protected", each.protected_from_close}});
    }
    return {{"handles", std::move(list)}};
  }

  nlohmann::json Registry(const std::vector<std::string>& words) {
    RegAnswer answer;
    machine_.Do([&] { answer = RunReg(words, true); });
    return {{"code", answer.code}, {"output", answer.output}, {"errors", answer.errors}, {"question", answer.question}};
  }

  void Execute(Caller& caller, const nlohmann::json& request) {
    if (caller.streams.size() != 3 || caller.process != 0) {
      caller.channel.Send({{"error", "a client needs three streams, and a connection of its own"}});
      return;
    }
    const Console console{caller.streams[0], caller.streams[1], caller.streams[2]};
    const RunResult result = machine_.Start(request.at("path"), request.at("arguments"), console, &caller.process);
    if (result.outcome == Outcome::Finished && result.status < 0) {
      caller.channel.Send({{"status", result.status}, {"why", result.why}});
    }
  }

  void FinishClients() {
    for (auto caller = callers_.begin(); caller != callers_.end(); ++caller) {
      if (caller->process == 0) continue;
      const auto code = machine_.Ended(caller->process);
      if (!code) continue;
      caller->process = 0;
      caller->channel.Send({{"exit_code", *code}});
    }
    std::erase_if(abandoned_, [&](std::uint64_t process) { return machine_.Ended(process).has_value(); });
  }

  /// Whoever started the client has gone, and its console with it.
  void Abandon(std::uint64_t process) {
    machine_.Terminate(process);
    abandoned_.push_back(process);
  }

  void TellBugCheck() {
    if (bugcheck_told_) return;
    bugcheck_told_ = true;
    for (Caller& caller : callers_) caller.channel.Send({{"bugcheck", ReadableBugCheck(*machine_.bugcheck())}});
  }

  /// Their handles would keep drivers loaded.
  void EndClients() {
    for (Caller& caller : callers_) {
      if (caller.process != 0) Abandon(caller.process);
      caller.process = 0;
    }
    for (unsigned waited = 0; !abandoned_.empty() && waited < kLongestSleep && machine_.bugcheck() == nullptr; ++waited) {
      machine_.Wait(-1, 1);
      FinishClients();
    }
  }

  void ShutDown(Caller& caller) {
    EndClients();
    nlohmann::json leftovers = nlohmann::json::array();
    const bool stopped = machine_.bugcheck() != nullptr;
    for (const Leftover& each : machine_.Shutdown()) {
      leftovers.push_back({{"driver", each.driver}, {"kind", each.kind}, {"what", each.what}});
    }
    nlohmann::json answer{{"leftovers", std::move(leftovers)}};
    if (!stopped && machine_.bugcheck() != nullptr) answer["bugcheck"] = ReadableBugCheck(*machine_.bugcheck());
    caller.channel.Send(answer);
    down_ = true;
  }

  const std::string path_;
  int listener_;
  int ready_ = -1;
  std::list<Caller> callers_;
  std::vector<std::uint64_t> abandoned_;
  bool bugcheck_told_ = false;
  bool down_ = false;
  Machine machine_;
};

}  // namespace

void Serve(const Options& options, const std::string& socket_path, const std::function<void(const std::string&)>& ready) {
  Server server(options, socket_path);
  ready(server.StartServices());
  server.Run();
}

}  // namespace ringlet::tools
