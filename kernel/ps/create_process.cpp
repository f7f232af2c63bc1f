// A process creates another: NtCreateUserProcess.
#include <algorithm>
#include <cstddef>

#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/image.h"
#include "kernel/ps/state.h"
#include "kernel/se/se.h"
#include "nt/process_information.h"
#include "nt/status.h"

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;

namespace {

constexpr ULONG kBreakAway = 1;        // PROCESS_CREATE_FLAGS_BREAKAWAY
constexpr ULONG kInheritHandles = 4;   // PROCESS_CREATE_FLAGS_INHERIT_HANDLES
constexpr ULONG kCreateSuspended = 1;  // THREAD_CREATE_FLAGS_CREATE_SUSPENDED
constexpr SIZE_T kMostAttributes = 32, kMostHandles = 4096;
constexpr SIZE_T kMostEnvironment = 1 << 20;  ///< bytes

bool (*find_program)(std::u16string_view, std::string*) = nullptr;

/// What the creator asks for, taken into the kernel.
struct Request {
  RTL_USER_PROCESS_PARAMETERS user;
  ProcessParameters parameters;
  CLIENT_ID* client_id = nullptr;  ///< where the creator wants the new thread's id, or null
  HANDLE parent = nullptr;
  HANDLE token = nullptr;
};

NTSTATUS TakeText(const WCHAR* buffer, SIZE_T bytes, std::u16string* text) {
  text->resize(bytes / sizeof(WCHAR));
  if (ke::PreviousMode() == UserMode) return mm::CopyFromUser(text->data(), buffer, text->size() * sizeof(WCHAR));
  std::copy_n(buffer, text->size(), text->begin());
  return STATUS_SUCCESS;
}

NTSTATUS TakeText(const UNICODE_STRING& string, std::u16string* text) { return TakeText(string.Buffer, string.Length, text); }

/// An environment block: strings, each with its terminator, to an empty one.
NTSTATUS TakeEnvironment(const RTL_USER_PROCESS_PARAMETERS& user, std::vector<std::u16string>* environment) {
  if (user.Environment == nullptr) return STATUS_SUCCESS;
  if (user.EnvironmentSize > kMostEnvironment) return STATUS_INVALID_PARAMETER;
  std::u16string block;
  const NTSTATUS status = TakeText(static_cast<const WCHAR*>(user.Environment), user.EnvironmentSize, &block);
  if (!NT_SUCCESS(status)) return status;
  for (SIZE_T at = 0; at < block.size() && block[at] != 0;) {
    const SIZE_T end = std::min(block.find(u'\0', at), block.size());
    environment->push_back(block.substr(at, end - at));
    at = end + 1;
  }
  return STATUS_SUCCESS;
}

NTSTATUS TakeParameters(const RTL_USER_PROCESS_PARAMETERS* from, Request* request) {
  NTSTATUS status = mm::ReadUser(from, &request->user);
  if (NT_SUCCESS(status)) status = TakeText(request->user.CommandLine, &request->parameters.command_line);
  if (NT_SUCCESS(status)) status = TakeText(request->user.CurrentDirectory.DosPath, &request->parameters.current_directory);
  if (NT_SUCCESS(status)) status = TakeText(request->user.DesktopInfo, &request->parameters.desktop);
  if (NT_SUCCESS(status)) status = TakeText(request->user.WindowTitle, &request->parameters.title);
  if (NT_SUCCESS(status)) status = TakeEnvironment(request->user, &request->parameters.environment);
  request->parameters.handed_on = &request->user;
  return status;
}

NTSTATUS TakeHandles(const PS_ATTRIBUTE& attribute, std::vector<HANDLE>* handles) {
  if (attribute.Size % sizeof(HANDLE) != 0 || attribute.Size / sizeof(HANDLE) > kMostHandles) return STATUS_INVALID_PARAMETER;
  handles->resize(attribute.Size / sizeof(HANDLE));
  return mm::CopyFromUser(handles->data(), attribute.Value, attribute.Size);
}

NTSTATUS TakeAttributes(const PS_ATTRIBUTE_LIST* list, Request* request) {
  SIZE_T total = 0;
  NTSTATUS status = mm::ReadUser(&list->TotalLength, &total);
  if (!NT_SUCCESS(status)) return status;
  const SIZE_T count = (total - offsetof(PS_ATTRIBUTE_LIST, Attributes)) / sizeof(PS_ATTRIBUTE);
  if (total < offsetof(PS_ATTRIBUTE_LIST, Attributes) || count > kMostAttributes) return STATUS_INVALID_PARAMETER;
  for (SIZE_T i = 0; i < count && NT_SUCCESS(status); ++i) {
    PS_ATTRIBUTE attribute;
    status = mm::ReadUser(list->Attributes + i, &attribute);
    if (!NT_SUCCESS(status)) return status;
    if (attribute.Attribute == PS_ATTRIBUTE_IMAGE_NAME) {
      status =
          TakeText(static_cast<const WCHAR*>(attribute.Value), std::min<SIZE_T>(attribute.Size, 0xFFFE), &request->parameters.image_path);
    } else if (attribute.Attribute == PS_ATTRIBUTE_CLIENT_ID) {
      request->client_id = static_cast<CLIENT_ID*>(attribute.Value);
    } else if (attribute.Attribute == PS_ATTRIBUTE_PARENT_PROCESS) {
      request->parent = attribute.Value;
    } else if (attribute.Attribute == PS_ATTRIBUTE_TOKEN) {
      request->token = attribute.Value;
    } else if (attribute.Attribute == PS_ATTRIBUTE_HANDLE_LIST) {
      status = TakeHandles(attribute, &request->parameters.only_handles);
    } else {
      return STATUS_INVALID_PARAMETER;
    }
  }
  return status;
}

/// What the request names by handles, referenced; Release gives it back.
NTSTATUS Reference(Request* request) {
  constexpr ACCESS_MASK kCreateProcess = 0x80;  // PROCESS_CREATE_PROCESS
  PVOID parent = nullptr;
  NTSTATUS status = STATUS_SUCCESS;
  if (request->parent != nullptr)
    status = ObReferenceObjectByHandle(request->parent, kCreateProcess, Ps().process_type, ke::PreviousMode(), &parent, nullptr);
  request->parameters.parent = static_cast<PEPROCESS>(parent);
  if (NT_SUCCESS(status) && request->token != nullptr) status = nt::se::TokenForProcess(request->token, &request->parameters.token);
  return status;
}

void Release(const Request& request) {
  if (request.parameters.parent != nullptr) ObfDereferenceObject(request.parameters.parent);
}

/// Sets what the creator says of who may open the process or the thread.
NTSTATUS Secure(PVOID object, const OBJECT_ATTRIBUTES* from) {
  OBJECT_ATTRIBUTES attributes{};
  NTSTATUS status = from != nullptr ? mm::ReadUser(from, &attributes) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status) || attributes.SecurityDescriptor == nullptr) return status;
  PSECURITY_DESCRIPTOR asked = nullptr;
  status = SeCaptureSecurityDescriptor(attributes.SecurityDescriptor, ke::PreviousMode(), PagedPool, TRUE, &asked);
  if (!NT_SUCCESS(status)) return status;
  status = ObSetSecurityObjectByPointer(object, nt::se::PartsPresent(asked), asked);
  SeReleaseSecurityDescriptor(asked, ke::PreviousMode(), TRUE);
  return status;
}

/// Handles for the creator; both or none.
NTSTATUS OpenBoth(PEPROCESS process, ACCESS_MASK process_access, PETHREAD thread, ACCESS_MASK thread_access, const ULONG attributes[2],
                  HANDLE handles[2]) {
  NTSTATUS status = ObOpenObjectByPointer(process, attributes[0], nullptr, process_access, Ps().process_type, KernelMode, &handles[0]);
  if (!NT_SUCCESS(status)) return status;
  status = ObOpenObjectByPointer(thread, attributes[1], nullptr, thread_access, Ps().thread_type, KernelMode, &handles[1]);
  if (!NT_SUCCESS(status)) NtClose(handles[0]);
  return status;
}

NTSTATUS AttributesOf(const OBJECT_ATTRIBUTES* from, ULONG* attributes) {
  OBJECT_ATTRIBUTES copy{};
  const NTSTATUS status = from != nullptr ? mm::ReadUser(from, &copy) : STATUS_SUCCESS;
  *attributes = copy.Attributes & OBJ_INHERIT;
  return status;
}

}  // namespace

namespace nt::ps {

void SetProgramFinder(bool (*finder)(std::u16string_view, std::string*)) { find_program = finder; }

}  // namespace nt::ps

extern "C" {

NTSTATUS NtCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle, ACCESS_MASK ProcessDesiredAccess, ACCESS_MASK ThreadDesiredAccess,
                             POBJECT_ATTRIBUTES ProcessObjectAttributes, POBJECT_ATTRIBUTES ThreadObjectAttributes, ULONG ProcessFlags,
                             ULONG ThreadFlags, PRTL_USER_PROCESS_PARAMETERS Parameters, PVOID /*CreateInfo*/,
                             PPS_ATTRIBUTE_LIST AttributeList) {
  Request request;
  ULONG attributes[2] = {};
  if (AttributeList == nullptr || Parameters == nullptr) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = TakeAttributes(AttributeList, &request);
  if (NT_SUCCESS(status)) status = TakeParameters(Parameters, &request);
  if (NT_SUCCESS(status)) status = AttributesOf(ProcessObjectAttributes, &attributes[0]);
  if (NT_SUCCESS(status)) status = AttributesOf(ThreadObjectAttributes, &attributes[1]);
  if (!NT_SUCCESS(status)) return status;
  ProcessParameters& parameters = request.parameters;
  parameters.inherit_handles = (ProcessFlags & kInheritHandles) != 0;
  parameters.break_away = (ProcessFlags & kBreakAway) != 0;
  parameters.suspended = (ThreadFlags & kCreateSuspended) != 0;
  if (find_program == nullptr || !find_program(parameters.image_path, &parameters.host_path)) {
    const auto bytes = static_cast<USHORT>(parameters.image_path.size() * sizeof(WCHAR));
    return WhyNoProgram({bytes, bytes, parameters.image_path.data()});
  }

  PEPROCESS process = nullptr;
  std::string why;
  status = Reference(&request);
  if (NT_SUCCESS(status)) status = CreateUserProcess(parameters, &process, &why);
  Release(request);
  if (!NT_SUCCESS(status)) return status;
  PETHREAD const thread = Threads(process).front();
  const CLIENT_ID id = thread->Cid;
  HANDLE handles[2] = {};
  status = Secure(process, ProcessObjectAttributes);
  if (NT_SUCCESS(status)) status = Secure(thread, ThreadObjectAttributes);
  if (NT_SUCCESS(status)) status = OpenBoth(process, ProcessDesiredAccess, thread, ThreadDesiredAccess, attributes, handles);
  if (NT_SUCCESS(status)) status = mm::WriteUser(ProcessHandle, handles[0]);
  if (NT_SUCCESS(status)) status = mm::WriteUser(ThreadHandle, handles[1]);
  if (NT_SUCCESS(status) && request.client_id != nullptr) status = mm::WriteUser(request.client_id, id);
  if (!NT_SUCCESS(status)) TerminateOtherThreads(process, status);
  ObfDereferenceObject(process);
  ke::ExitDispatcher();
  return status;
}

}  // extern "C"
