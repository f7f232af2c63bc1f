// Hard errors: what Windows would show the user in a box. Nobody sits before this machine, so they are lines of debug output, and nobody
// asks to try again.
#include <cstdio>

#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/ob/ob.h"

namespace ke = nt::ke;
namespace ob = nt::ob;

namespace {

std::string Narrow(std::u16string_view text) {
  std::string narrow;
  for (const char16_t c : text) narrow += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
  return narrow;
}

void Show(NTSTATUS status, const std::string& about) {
  char head[48];
  std::snprintf(head, sizeof head, "Hard error: status 0x%08X", static_cast<unsigned>(status));
  const std::string line = head + (about.empty() ? about : ", " + about) + "\n";
  ke::DebugOutput(line.data(), line.size());
}

bool IsDisabled(const ke::Thread* thread) { return thread != nullptr && thread->host.hard_errors_disabled; }

}  // namespace

extern "C" {

/// Shows why a request failed, unless its thread wants no hard errors, and completes it.
VOID IoRaiseHardError(PIRP Irp, PVPB /*Vpb*/, PDEVICE_OBJECT RealDeviceObject) {
  const auto* const thread = reinterpret_cast<const ke::Thread*>(Irp->Tail.Overlay.Thread);
  if (!IsDisabled(thread)) Show(Irp->IoStatus.Status, Narrow(ob::NameOf(RealDeviceObject)));
  constexpr CCHAR kDiskIncrement = 1;
  IofCompleteRequest(Irp, kDiskIncrement);
}

/// Shows an error that needs no answer. FALSE if the thread, or the current one, wants no hard errors.
BOOLEAN IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread) {
  const auto* const thread = Thread != nullptr ? reinterpret_cast<const ke::Thread*>(Thread) : ke::KiThread;
  if (IsDisabled(thread)) return FALSE;
  Show(ErrorStatus, String != nullptr ? Narrow({String->Buffer, String->Length / sizeof(WCHAR)}) : std::string());
  return TRUE;
}

/// Says whether the current thread wants hard errors to be shown; returns what it wanted before.
BOOLEAN IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors) {
  bool& disabled = ke::KiThread->host.hard_errors_disabled;
  const BOOLEAN enabled = disabled ? FALSE : TRUE;
  disabled = EnableHardErrors == FALSE;
  return enabled;
}

BOOLEAN PsGetThreadHardErrorsAreDisabled(PETHREAD Thread) { return IsDisabled(reinterpret_cast<const ke::Thread*>(Thread)) ? TRUE : FALSE; }

VOID PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN HardErrorsAreDisabled) {
  reinterpret_cast<ke::Thread*>(Thread)->host.hard_errors_disabled = HardErrorsAreDisabled != FALSE;
}

}  // extern "C"
