// sc.exe: the service control manager at the command line, with the words and answers of Windows' own.
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

struct Name {
  const char* word;
  DWORD value;
};
constexpr Name kTypes[] = {{"kernel", 1}, {"filesys", 2}, {"own", 0x10}, {"share", 0x20}, {"interact", 0x100}, {"rec", 8}, {"adapt", 4}};
constexpr Name kStarts[] = {{"boot", 0}, {"system", 1}, {"auto", 2}, {"demand", 3}, {"disabled", 4}};
constexpr Name kErrors[] = {{"ignore", 0}, {"normal", 1}, {"severe", 2}, {"critical", 3}};

const char* TypeName(DWORD type) {
  switch (type & ~0x100U) {
    case 1:
      return "KERNEL_DRIVER";
    case 2:
      return "FILE_SYSTEM_DRIVER";
    case 0x10:
      return "WIN32_OWN_PROCESS";
    case 0x20:
      return "WIN32_SHARE_PROCESS";
    default:
      return "";
  }
}

const char* StateName(DWORD state) {
  static constexpr const char* kNames[] = {"",        "STOPPED",          "START_PENDING", "STOP_PENDING",
                                           "RUNNING", "CONTINUE_PENDING", "PAUSE_PENDING", "PAUSED"};
  return state < std::size(kNames) ? kNames[state] : "";
}

/// "[SC] OpenService FAILED 1060:" and the system's text.
int Failed(const char* call, DWORD error) {
  char text[512] = "";
  FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, error, 0, text, sizeof text, nullptr);
  std::printf("[SC] %s FAILED %lu:\n\n%s\n", call, error, text);
  return static_cast<int>(error);
}

int Succeeded(const char* call) {
  std::printf("[SC] %s SUCCESS\n", call);
  return 0;
}

/// A handle of the service manager that closes itself.
class Service {
 public:
  explicit Service(SC_HANDLE handle) : handle_(handle) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() {
    if (handle_ != nullptr) CloseServiceHandle(handle_);
  }
  operator SC_HANDLE() const { return handle_; }  // NOLINT: it is one

 private:
  SC_HANDLE handle_;
};

void PrintState(const SERVICE_STATUS_PROCESS& status) {
  std::printf("        TYPE               : %lx  %s\n", status.dwServiceType, TypeName(status.dwServiceType));
  std::printf("        STATE              : %lu  %s\n", status.dwCurrentState, StateName(status.dwCurrentState));
  std::printf("                                (%s, %s, %s)\n", (status.dwControlsAccepted & 1) != 0 ? "STOPPABLE" : "NOT_STOPPABLE",
              (status.dwControlsAccepted & 2) != 0 ? "PAUSABLE" : "NOT_PAUSABLE",
              (status.dwControlsAccepted & 4) != 0 ? "ACCEPTS_SHUTDOWN" : "IGNORES_SHUTDOWN");
  std::printf("        WIN32_EXIT_CODE    : %lu  (0x%lx)\n", status.dwWin32ExitCode, status.dwWin32ExitCode);
  std::printf("        SERVICE_EXIT_CODE  : %lu  (0x%lx)\n", status.dwServiceSpecificExitCode, status.dwServiceSpecificExitCode);
  std::printf("        CHECKPOINT         : 0x%lx\n", status.dwCheckPoint);
  std::printf("        WAIT_HINT          : 0x%lx\n", status.dwWaitHint);
}

void PrintProcess(const SERVICE_STATUS_PROCESS& status) {
  std::printf("        PID                : %lu\n", status.dwProcessId);
  std::printf("        FLAGS              : \n");
}

void PrintService(const char* name, const SERVICE_STATUS_PROCESS& status, bool extended) {
  std::printf("\nSERVICE_NAME: %s\n", name);
  PrintState(status);
  if (extended) PrintProcess(status);
}

int PrintStatusOf(SC_HANDLE service, const char* name, bool extended) {
  SERVICE_STATUS_PROCESS status{};
  DWORD needed = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status, &needed)) {
    return Failed("QueryServiceStatusEx", GetLastError());
  }
  PrintService(name, status, extended);
  return 0;
}

/// The value behind "key=", which may be a word of its own; null if the key is not there.
const char* Option(const Words& words, std::size_t from, const char* key) {
  const std::size_t length = std::strlen(key);
  for (std::size_t i = from; i < words.size(); ++i) {
    if (_strnicmp(words[i].c_str(), key, length) != 0) continue;
    if (words[i].size() > length) return words[i].c_str() + length;
    return i + 1 < words.size() ? words[i + 1].c_str() : "";
  }
  return nullptr;
}

template <std::size_t N>
bool Lookup(const Name (&names)[N], const char* word, DWORD* value) {
  if (word == nullptr) return true;
  for (const Name& name : names) {
    if (_stricmp(word, name.word) == 0) return *value = name.value, true;
  }
  return false;
}

int Usage() {
  std::printf(
      "DESCRIPTION:\n"
      "        SC is a command line program used for communicating with the\n"
      "        Service Control Manager and services.\n"
      "USAGE:\n"
      "        sc [command] [service name] <option1> <option2>...\n\n"
      "        Commands:\n"
      "          query-----------Queries the status for a service, or\n"
      "                          enumerates the status for types of services.\n"
      "          queryex---------Queries the extended status for a service, or\n"
      "                          enumerates the status for types of services.\n"
      "          start-----------Starts a service.\n"
      "          pause-----------Sends a PAUSE control request to a service.\n"
      "          interrogate-----Sends an INTERROGATE control request to a service.\n"
      "          continue--------Sends a CONTINUE control request to a service.\n"
      "          stop------------Sends a STOP request to a service.\n"
      "          control---------Sends a control to a service.\n"
      "          config----------Changes the configuration of a service (persistent).\n"
      "          qc--------------Queries the configuration information for a service.\n"
      "          description-----Changes the description of a service.\n"
      "          qdescription----Queries the description of a service.\n"
      "          delete----------Deletes a service (from the registry).\n"
      "          create----------Creates a service. (adds it to the registry).\n");
  return static_cast<int>(ERROR_INVALID_PARAMETER);
}

/// The manager's handle and the service's; an error is printed already.
struct Opened {
  Opened(const std::string& name, DWORD access)
      : manager(OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CONNECT)), service(OpenServiceA(manager, name.c_str(), access)) {
    if (service == nullptr) error = Failed("OpenService", GetLastError());
  }
  Service manager;
  Service service;
  int error = 0;
};

int Create(const Words& words) {
  DWORD type = SERVICE_WIN32_OWN_PROCESS, start = SERVICE_DEMAND_START, control = SERVICE_ERROR_NORMAL;
  const char* const path = Option(words, 2, "binpath=");
  const bool known = Lookup(kTypes, Option(words, 2, "type="), &type) && Lookup(kStarts, Option(words, 2, "start="), &start) &&
                     Lookup(kErrors, Option(words, 2, "error="), &control);
  if (path == nullptr || !known) return Usage();
  const Service manager(OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CREATE_SERVICE));
  const Service service(CreateServiceA(manager, words[1].c_str(), Option(words, 2, "displayname="), SERVICE_ALL_ACCESS, type, start,
                                       control, path, Option(words, 2, "group="), nullptr, nullptr, nullptr, nullptr));
  return service == nullptr ? Failed("CreateService", GetLastError()) : Succeeded("CreateService");
}

int Config(const Words& words) {
  DWORD type = SERVICE_NO_CHANGE, start = SERVICE_NO_CHANGE, control = SERVICE_NO_CHANGE;
  const bool known = Lookup(kTypes, Option(words, 2, "type="), &type) && Lookup(kStarts, Option(words, 2, "start="), &start) &&
                     Lookup(kErrors, Option(words, 2, "error="), &control);
  if (!known) return Usage();
  const auto wide = [](const char* text) {
    std::wstring result;
    for (; text != nullptr && *text != 0; ++text) result += static_cast<wchar_t>(static_cast<unsigned char>(*text));
    return result;
  };
  const char* const path = Option(words, 2, "binpath=");
  const char* const display = Option(words, 2, "displayname=");
  const std::wstring wide_path = wide(path), wide_display = wide(display);
  const Opened opened(words[1], SERVICE_CHANGE_CONFIG);
  if (opened.error != 0) return opened.error;
  const BOOL changed = ChangeServiceConfigW(opened.service, type, start, control, path != nullptr ? wide_path.c_str() : nullptr, nullptr,
                                            nullptr, nullptr, nullptr, nullptr, display != nullptr ? wide_display.c_str() : nullptr);
  return changed ? Succeeded("ChangeServiceConfig") : Failed("ChangeServiceConfig", GetLastError());
}

int Start(const Words& words) {
  const Opened opened(words[1], SERVICE_START | SERVICE_QUERY_STATUS);
  if (opened.error != 0) return opened.error;
  std::vector<const char*> arguments;
  for (std::size_t i = 2; i < words.size(); ++i) arguments.push_back(words[i].c_str());
  if (!StartServiceA(opened.service, static_cast<DWORD>(arguments.size()), arguments.data())) {
    return Failed("StartService", GetLastError());
  }
  return PrintStatusOf(opened.service, words[1].c_str(), true);
}

int Control(const std::string& name, DWORD control, DWORD access) {
  const Opened opened(name, access | SERVICE_QUERY_STATUS);
  if (opened.error != 0) return opened.error;
  SERVICE_STATUS_PROCESS status{};
  if (!ControlService(opened.service, control, reinterpret_cast<SERVICE_STATUS*>(&status))) {
    return Failed("ControlService", GetLastError());
  }
  PrintService(name.c_str(), status, false);
  return 0;
}

/// A control by its number, or by the name that some have.
int NamedControl(const Words& words) {
  constexpr Name kControls[] = {{"paramchange", SERVICE_CONTROL_PARAMCHANGE},
                                {"netbindadd", SERVICE_CONTROL_NETBINDADD},
                                {"netbindremove", SERVICE_CONTROL_NETBINDREMOVE},
                                {"netbindenable", SERVICE_CONTROL_NETBINDENABLE},
                                {"netbinddisable", SERVICE_CONTROL_NETBINDDISABLE}};
  if (words.size() < 3) return Usage();
  DWORD control = static_cast<DWORD>(std::strtoul(words[2].c_str(), nullptr, 10));
  if (control == 0 && !Lookup(kControls, words[2].c_str(), &control)) return Usage();
  return Control(words[1], control, control >= 128 ? SERVICE_USER_DEFINED_CONTROL : SERVICE_PAUSE_CONTINUE);
}

int Delete(const Words& words) {
  const Opened opened(words[1], DELETE);
  if (opened.error != 0) return opened.error;
  return DeleteService(opened.service) ? Succeeded("DeleteService") : Failed("DeleteService", GetLastError());
}

int Describe(const Words& words) {
  std::string text = words.size() > 2 ? words[2] : "";
  const Opened opened(words[1], SERVICE_CHANGE_CONFIG);
  if (opened.error != 0) return opened.error;
  SERVICE_DESCRIPTIONA description{text.data()};
  const BOOL changed = ChangeServiceConfig2A(opened.service, SERVICE_CONFIG_DESCRIPTION, &description);
  return changed ? Succeeded("ChangeServiceConfig2") : Failed("ChangeServiceConfig2", GetLastError());
}

int QueryDescription(const Words& words) {
  const Opened opened(words[1], SERVICE_QUERY_CONFIG);
  if (opened.error != 0) return opened.error;
  alignas(8) BYTE buffer[8192];
  DWORD needed = 0;
  if (!QueryServiceConfig2A(opened.service, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer, &needed)) {
    return Failed("QueryServiceConfig2", GetLastError());
  }
  const char* const text = reinterpret_cast<const SERVICE_DESCRIPTIONA*>(buffer)->lpDescription;
  Succeeded("QueryServiceConfig2");
  std::printf("\nSERVICE_NAME: %s\nDESCRIPTION:  %s\n", words[1].c_str(), text != nullptr ? text : "");
  return 0;
}

void PrintConfig(const QUERY_SERVICE_CONFIGW& config) {
  static constexpr const char* kStartNames[] = {"BOOT_START", "SYSTEM_START", "AUTO_START", "DEMAND_START", "DISABLED"};
  static constexpr const char* kErrorNames[] = {"IGNORE", "NORMAL", "SEVERE", "CRITICAL"};
  std::printf("        TYPE               : %lx  %s\n", config.dwServiceType, TypeName(config.dwServiceType));
  std::printf("        START_TYPE         : %lu   %s\n", config.dwStartType, config.dwStartType < 5 ? kStartNames[config.dwStartType] : "");
  std::printf("        ERROR_CONTROL      : %lu   %s\n", config.dwErrorControl,
              config.dwErrorControl < 4 ? kErrorNames[config.dwErrorControl] : "");
  std::printf("        BINARY_PATH_NAME   : %ls\n", config.lpBinaryPathName);
  std::printf("        LOAD_ORDER_GROUP   : %ls\n", config.lpLoadOrderGroup);
  std::printf("        TAG                : %lu\n", config.dwTagId);
  std::printf("        DISPLAY_NAME       : %ls\n", config.lpDisplayName);
  std::printf("        DEPENDENCIES       : %ls\n", config.lpDependencies);
  std::printf("        SERVICE_START_NAME : %ls\n", config.lpServiceStartName);
}

int QueryConfig(const Words& words) {
  const Opened opened(words[1], SERVICE_QUERY_CONFIG);
  if (opened.error != 0) return opened.error;
  alignas(8) char buffer[8192];
  auto& config = *reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer);
  DWORD needed = 0;
  if (!QueryServiceConfigW(opened.service, &config, sizeof buffer, &needed)) return Failed("QueryServiceConfig", GetLastError());
  Succeeded("QueryServiceConfig");
  std::printf("\nSERVICE_NAME: %s\n", words[1].c_str());
  PrintConfig(config);
  return 0;
}

/// All services of the types and states asked for; drivers too, if that is said.
int List(const Words& words, bool extended) {
  DWORD types = SERVICE_WIN32, states = SERVICE_ACTIVE;
  constexpr Name kKinds[] = {{"driver", SERVICE_DRIVER}, {"service", SERVICE_WIN32}, {"all", SERVICE_DRIVER | SERVICE_WIN32}};
  constexpr Name kStates[] = {{"active", SERVICE_ACTIVE}, {"inactive", SERVICE_INACTIVE}, {"all", SERVICE_STATE_ALL}};
  const char* const kind = Option(words, 1, "type=");
  if (!Lookup(kKinds, kind, &types) && !Lookup(kTypes, kind, &types)) return Usage();
  if (!Lookup(kStates, Option(words, 1, "state="), &states)) return Usage();
  const Service manager(OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE));
  std::vector<char> buffer(64 * 1024);
  DWORD resume = 0;
  for (;;) {
    DWORD needed = 0, count = 0;
    const BOOL done = EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, types, states, reinterpret_cast<BYTE*>(buffer.data()),
                                            static_cast<DWORD>(buffer.size()), &needed, &count, &resume, nullptr);
    if (!done && GetLastError() != ERROR_MORE_DATA) return Failed("EnumServicesStatusEx", GetLastError());
    const auto* const services = reinterpret_cast<const ENUM_SERVICE_STATUS_PROCESSA*>(buffer.data());
    for (DWORD i = 0; i < count; ++i) {
      std::printf("\nSERVICE_NAME: %s\nDISPLAY_NAME: %s\n", services[i].lpServiceName, services[i].lpDisplayName);
      PrintState(services[i].ServiceStatusProcess);
      if (extended) PrintProcess(services[i].ServiceStatusProcess);
    }
    if (done) return 0;
  }
}

int Query(const Words& words, bool extended) {
  if (words.size() < 2 || std::strchr(words[1].c_str(), '=') != nullptr) return List(words, extended);
  const Service manager(OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CONNECT));
  const Service service(OpenServiceA(manager, words[1].c_str(), SERVICE_QUERY_STATUS));
  if (service == nullptr) return Failed("EnumQueryServicesStatus:OpenService", GetLastError());
  return PrintStatusOf(service, words[1].c_str(), extended);
}

}  // namespace

int main(int argc, char** argv) {
  const Words words(argv + 1, argv + argc);
  const auto is = [&](const char* command) { return !words.empty() && _stricmp(words[0].c_str(), command) == 0; };
  if (is("query")) return Query(words, false);
  if (is("queryex")) return Query(words, true);
  if (words.size() < 2) return Usage();
  if (is("create")) return Create(words);
  if (is("config")) return Config(words);
  if (is("start")) return Start(words);
  if (is("stop")) return Control(words[1], SERVICE_CONTROL_STOP, SERVICE_STOP);
  if (is("pause")) return Control(words[1], SERVICE_CONTROL_PAUSE, SERVICE_PAUSE_CONTINUE);
  if (is("continue")) return Control(words[1], SERVICE_CONTROL_CONTINUE, SERVICE_PAUSE_CONTINUE);
  if (is("interrogate")) return Control(words[1], SERVICE_CONTROL_INTERROGATE, SERVICE_INTERROGATE);
  if (is("control")) return NamedControl(words);
  if (is("delete")) return Delete(words);
  if (is("qc")) return QueryConfig(words);
  if (is("description")) return Describe(words);
  if (is("qdescription")) return QueryDescription(words);
  return Usage();
}
