// NtSetSystemInformation: what of the machine can be set, and by whom.
#include "kernel/ps/caller.h"
#include "kernel/ps/system_information.h"

extern "C" BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);

using namespace nt::ps;
namespace ke = nt::ke;

namespace {

constexpr ULONG kDebug = 20, kSystemTime = 12, kQuota = 5, kProfile = 13, kLoadDriver = 10, kTcb = 7;

/// A class that NT lets be set, and who may. The machine has nothing behind these.
struct Refusal {
  ULONG number;
  ULONG privilege;
  bool kernel_only;
};
constexpr Refusal kRefusals[] = {
    {9, kDebug, false},        // flags
    {21, kQuota, false},       // file cache
    {26, kLoadDriver, true},   // a driver of the graphics subsystem
    {27, kLoadDriver, true},   // its end
    {28, kSystemTime, false},  // pace of the clock
    {34, kTcb, false},         // crash dumps
    {37, kQuota, false},       // registry quota
    {38, kLoadDriver, true},   // load and call
    {39, kTcb, false},         // priority separation
    {46, kSystemTime, false},  // slips of time
    {47, kTcb, false},         // session created
    {48, kTcb, false},         // session gone
    {51, kDebug, false},       // verified drivers
    {71, kLoadDriver, false},  // hot patches
    {75, kLoadDriver, true},   // firmware tables
    {80, kProfile, false},     // lists of memory
    {81, kQuota, false},       // file cache
};

}  // namespace

extern "C" {

NTSTATUS NtSetSystemInformation(ULONG SystemInformationClass, PVOID /*SystemInformation*/, ULONG /*SystemInformationLength*/) {
  for (const Refusal& refusal : kRefusals) {
    if (refusal.number != SystemInformationClass) continue;
    const bool may = SeSinglePrivilegeCheck({refusal.privilege, 0}, ke::PreviousMode()) != 0;
    return !may || (refusal.kernel_only && FromUser()) ? STATUS_PRIVILEGE_NOT_HELD : STATUS_NOT_SUPPORTED;
  }
  return STATUS_INVALID_INFO_CLASS;
}

}  // extern "C"
