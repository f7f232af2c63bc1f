// The events of \KernelObjects: conditions of the whole system that anybody may wait for.
#include <string>

#include "kernel/ob/ob.h"
#include "nt/ke.h"

extern "C" {
NTSTATUS NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                       BOOLEAN InitialState);
NTSTATUS NtClose(HANDLE Handle);
}

namespace nt::ob {
namespace {

struct Condition {
  std::u16string_view name;
  bool holds;
};

/// The machine never runs short: there is plenty of memory and of pool.
constexpr Condition kConditions[] = {
    {u"LowMemoryCondition", false},    {u"HighMemoryCondition", true},       {u"LowPagedPoolCondition", false},
    {u"HighPagedPoolCondition", true}, {u"LowNonPagedPoolCondition", false}, {u"HighNonPagedPoolCondition", true},
    {u"LowCommitCondition", false},    {u"HighCommitCondition", false},      {u"MaximumCommitCondition", false},
    {u"MemoryErrors", false},          {u"PhysicalMemoryChange", false}};

}  // namespace

void CreateKernelObjects() {
  for (const Condition& condition : kConditions) {
    const std::u16string path = u"\\KernelObjects\\" + std::u16string(condition.name);
    const auto bytes = static_cast<USHORT>(path.size() * sizeof(WCHAR));
    UNICODE_STRING name{bytes, bytes, const_cast<PWSTR>(path.data())};
    OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, nullptr, nullptr};
    HANDLE handle = nullptr;
    constexpr ACCESS_MASK kEventAllAccess = 0x1f0003;
    if (NtCreateEvent(&handle, kEventAllAccess, &attributes, NotificationEvent, condition.holds ? TRUE : FALSE) >= 0) NtClose(handle);
  }
}

}  // namespace nt::ob
