// Drivers that start with the machine.
#include <algorithm>
#include <tuple>

#include "kernel/cm/cm.h"
#include "kernel/io/drive.h"
#include "kernel/io/io.h"
#include "kernel/machine/state.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"

extern "C" ULONG RtlNtStatusToDosError(NTSTATUS Status);

namespace ringlet {
namespace {

constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services";
constexpr ULONG kKernelDriver = 1, kFileSystemDriver = 2;
constexpr ULONG kAutoStart = 2;

struct Service {
  std::u16string name;
  ULONG type;
  ULONG start;
};

/// What starts by itself, in the order of the phases.
std::vector<Service> Due() {
  std::vector<Service> due;
  for (const std::u16string& name : nt::cm::SubKeys(kServices)) {
    const std::u16string key = std::u16string(kServices) + u"\\" + name;
    const ULONG type = nt::cm::ReadDword(key, u"Type").value_or(0);
    const ULONG start = nt::cm::ReadDword(key, u"Start").value_or(kAutoStart + 1);
    if ((type == kKernelDriver || type == kFileSystemDriver) && start <= kAutoStart) due.push_back({name, type, start});
  }
  std::sort(due.begin(), due.end(),
            [](const Service& a, const Service& b) { return std::tie(a.start, a.name) < std::tie(b.start, b.name); });
  return due;
}

/// What the service manager will know of it: SERVICE_STATUS_PROCESS, in the manager's key that is not saved.
void KeepStatus(const Service& service, NTSTATUS status) {
  const std::u16string_view path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\ServiceCurrent";
  constexpr ULONG kStopped = 1, kRunning = 4;
  const bool runs = NT_SUCCESS(status);
  const ULONG kept[9] = {service.type, runs ? kRunning : kStopped, runs, runs ? 0 : RtlNtStatusToDosError(status)};
  nt::cm::CreateKey(path, true);
  nt::cm::SetBinary(path, service.name, REG_BINARY, kept, sizeof kept);
}

NTSTATUS Load(const Service& service, std::string* why) {
  const std::u16string key = std::u16string(kServices) + u"\\" + service.name;
  nt::io::ServiceImage image;
  NTSTATUS status = nt::io::ReadServiceImage(key, service.name, &image, why);
  if (NT_SUCCESS(status)) status = nt::io::LoadDriver(service.name, image.path, image.file, why);
  KeepStatus(service, status);
  return status;
}

}  // namespace

std::vector<std::pair<std::string, LoadResult>> Machine::StartServices() {
  std::vector<std::pair<std::string, LoadResult>> failed;
  std::vector<Service> due;
  state_->Run([&] { due = Due(); });
  for (const Service& service : due) {
    LoadResult result;
    result.outcome = state_->Run([&] { result.status = Load(service, &result.why); });
    if (!result.ok()) failed.emplace_back(nt::rtl::Utf8(service.name), result);
    if (result.outcome != Outcome::Finished) break;
  }
  return failed;
}

std::vector<std::string> Machine::Services() {
  std::vector<std::string> names;
  state_->Run([&] {
    for (const std::u16string& name : nt::cm::SubKeys(kServices)) names.push_back(nt::rtl::Utf8(name));
  });
  return names;
}

}  // namespace ringlet
