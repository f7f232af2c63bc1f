// NtLoadDriver and NtUnloadDriver: from a service key to a driver. The file comes from the machine directory, which is the C: drive.

#include "kernel/cm/cm.h"
#include "kernel/hal/host_file.h"
#include "kernel/io/drive.h"
#include "kernel/io/state.h"
#include "kernel/ke/ki.h"
#include "kernel/ke/machine.h"
#include "kernel/mm/mm.h"
#include "kernel/rtl/utf8.h"
#include "kernel/se/se.h"
#include "nt/status.h"

namespace nt::io {
namespace {

bool StartsWith(std::u16string_view text, std::u16string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const auto lower = [](char16_t c) { return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c; };
    if (lower(text[i]) != lower(prefix[i])) return false;
  }
  return true;
}

/// Takes a service key's path from the caller.
NTSTATUS TakePath(PUNICODE_STRING from, std::u16string* path) {
  UNICODE_STRING string{};
  if (ke::PreviousMode() == UserMode) {
    NTSTATUS status = mm::ReadUser(from, &string);
    if (!NT_SUCCESS(status)) return status;
    path->resize(string.Length / sizeof(WCHAR));
    return mm::CopyFromUser(path->data(), string.Buffer, path->size() * sizeof(WCHAR));
  }
  path->assign(from->Buffer, from->Length / sizeof(WCHAR));
  return STATUS_SUCCESS;
}

std::u16string_view LastComponent(std::u16string_view path) {
  const auto slash = path.rfind(u'\\');
  return slash == std::u16string_view::npos ? path : path.substr(slash + 1);
}

/// A driver is loaded and unloaded by a system thread, in the System process, whoever asked.
struct Work {
  bool load;
  std::u16string name;
  ServiceImage image;
  NTSTATUS status;
  KEVENT done;
};

void DoWork(void* raw) {
  auto* const work = static_cast<Work*>(raw);
  std::string why;
  work->status = work->load ? LoadDriver(work->name, work->image.path, work->image.file, &why) : UnloadDriver(work->name);
  if (!why.empty()) {
    const std::string line = "ringlet: a driver was not loaded: " + why + "\n";
    ke::DebugOutput(line.data(), line.size());
  }
  KeSetEvent(&work->done, 0, FALSE);
}

NTSTATUS RunAsSystem(Work& work) {
  KeInitializeEvent(&work.done, NotificationEvent, FALSE);
  ke::CreateHostThread(&DoWork, &work, 9);
  KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, nullptr);
  return work.status;
}

bool MayLoad() { return SeSinglePrivilegeCheck({SE_LOAD_DRIVER_PRIVILEGE, 0}, ke::PreviousMode()) != FALSE; }

std::u16string ImagePathOf(std::u16string_view key, std::u16string_view name) {
  const auto stored = cm::ReadString(key, u"ImagePath");
  if (!stored.has_value() || stored->empty()) return u"\\SystemRoot\\System32\\drivers\\" + std::u16string(name) + u".sys";
  if (stored->front() == u'\\') return *stored;
  if (stored->size() > 1 && (*stored)[1] == u':') return u"\\\?\?\\" + *stored;
  return u"\\SystemRoot\\" + *stored;
}

}  // namespace

NTSTATUS ReadServiceImage(std::u16string_view key, std::u16string_view name, ServiceImage* image, std::string* why) {
  std::string host;
  image->path = ImagePathOf(key, name);
  if (!HostPathOf(image->path, &host)) {
    *why = "its image " + rtl::Utf8(image->path) + " lies on no drive of the machine";
    return STATUS_OBJECT_PATH_NOT_FOUND;
  }
  image->file = hal::ReadHostFile(host);
  if (!image->file.empty()) return STATUS_SUCCESS;
  *why = "there is no file " + rtl::Utf8(image->path);
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

bool HostPathOf(std::u16string_view nt_path, std::string* host) {
  std::u16string_view rest;
  std::string path = MachineDirectory();
  if (StartsWith(nt_path, u"\\SystemRoot\\")) {
    path += "/Windows";
    rest = nt_path.substr(11);
  } else if (StartsWith(nt_path, u"\\\?\?\\C:\\") || StartsWith(nt_path, u"\\DosDevices\\C:\\")) {
    rest = nt_path.substr(nt_path.find(u':') + 1);
  } else {
    return false;
  }
  return drive::Resolve(path, rest, host);
}

}  // namespace nt::io

using namespace nt::io;

extern "C" {

NTSTATUS NtLoadDriver(PUNICODE_STRING DriverServiceName) {
  std::u16string key;
  if (!MayLoad()) return STATUS_PRIVILEGE_NOT_HELD;
  NTSTATUS status = TakePath(DriverServiceName, &key);
  if (!NT_SUCCESS(status)) return status;
  if (!nt::cm::KeyExists(key)) return STATUS_OBJECT_NAME_NOT_FOUND;
  Work work{true, std::u16string(LastComponent(key)), {}, STATUS_SUCCESS, {}};
  std::string why;
  status = ReadServiceImage(key, work.name, &work.image, &why);
  return NT_SUCCESS(status) ? RunAsSystem(work) : status;
}

NTSTATUS NtUnloadDriver(PUNICODE_STRING DriverServiceName) {
  std::u16string key;
  if (!MayLoad()) return STATUS_PRIVILEGE_NOT_HELD;
  const NTSTATUS status = TakePath(DriverServiceName, &key);
  if (!NT_SUCCESS(status)) return status;
  Work work{false, std::u16string(LastComponent(key)), {}, STATUS_SUCCESS, {}};
  return RunAsSystem(work);
}

}  // extern "C"
