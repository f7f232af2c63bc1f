// Drivers that start with the machine.
#include <algorithm>
#include <tuple>

#include "kernel/cm/cm.h"
#include "kernel/hal/host_file.h"
#include "kernel/io/drive.h"
#include "kernel/io/io.h"
#include "kernel/machine/state.h"
#include "nt/status.h"

namespace ringlet {
namespace {

constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services";
constexpr ULONG kKernelDriver = 1, kFileSystemDriver = 2;
constexpr ULONG kAutoStart = 2;

struct Service {
  std::u16string name;
  ULONG start;
};

/// What starts by itself, in the order of the phases.
std::vector<Service> Due() {
  std::vector<Service> due;
  for (const std::u16string& name : nt::cm::SubKeys(kServices)) {
    const std::u16string key = std::u16string(kServices) + u"\\" + name;
    const ULONG type = nt::cm::ReadDword(key, u"Type").value_or(0);
    const ULONG start = nt::cm::ReadDword(key, u"Start").value_or(kAutoStart + 1);
    if ((type == kKernelDriver || type == kFileSystemDriver) && start <= kAutoStart) due.push_back({name, start});
  }
  std::sort(due.begin(), due.end(),
            [](const Service& a, const Service& b) { return std::tie(a.start, a.name) < std::tie(b.start, b.name); });
  return due;
}

NTSTATUS Load(const Service& service, std::string* why) {
  const std::u16string key = std::u16string(kServices) + u"\\" + service.name;
  const std::u16string image = nt::io::ImagePathOf(key, service.name);
  std::string host;
  if (!nt::io::HostPathOf(image, &host)) {
    *why = "its image " + Narrow(image) + " lies on no drive of the machine";
    return STATUS_OBJECT_PATH_NOT_FOUND;
  }
  const std::vector<std::byte> file = nt::hal::ReadHostFile(host);
  if (file.empty()) {
    *why = "there is no file " + Narrow(image);
    return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  return nt::io::LoadDriver(service.name, image, file, why);
}

}  // namespace

std::vector<std::pair<std::string, LoadResult>> Machine::StartServices() {
  std::vector<std::pair<std::string, LoadResult>> failed;
  std::vector<Service> due;
  state_->Run([&] { due = Due(); });
  for (const Service& service : due) {
    LoadResult result;
    result.outcome = state_->Run([&] { result.status = Load(service, &result.why); });
    if (!result.ok()) failed.emplace_back(Narrow(service.name), result);
    if (result.outcome != Outcome::Finished) break;
  }
  return failed;
}

}  // namespace ringlet
