// Waiting for a key to change, and making its changes last.
#include "nt/io.h"
#include "subsystem/advapi32/registry.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// Where a result that tells nothing may be written when the call is long over: the end of the thread's scratch text.
PIO_STATUS_BLOCK Nowhere() {
  constexpr SIZE_T kEndOfStaticUnicodeBuffer = 0x1458;
  return reinterpret_cast<PIO_STATUS_BLOCK>(reinterpret_cast<char*>(CurrentTeb()) + kEndOfStaticUnicodeBuffer);
}

}  // namespace

extern "C" {

/// Tells when a key, or one below it, changes: returns then, or sets the event.
LONG RegNotifyChangeKeyValue(HKEY Key, BOOL WatchSubtree, DWORD NotifyFilter, HANDLE Event, BOOL Asynchronous) {
  if (Asynchronous && !Event) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, KEY_NOTIFY);
  if (key.error()) return key.error();
  IO_STATUS_BLOCK result{};
  const NTSTATUS status = sys::NtNotifyChangeKey(key.handle(), Event, nullptr, nullptr, Asynchronous ? Nowhere() : &result, NotifyFilter,
                                                 WatchSubtree != FALSE, nullptr, 0, Asynchronous != FALSE);
  // The real handle of a predefined key lives on with the wait.
  if (Asynchronous && NT_SUCCESS(status)) return ERROR_SUCCESS;
  return key.Close(ErrorOf(status));
}

/// Makes a key's changes last.
LONG RegFlushKey(HKEY Key) {
  UsedKey key(Key, KEY_QUERY_VALUE);
  return key.error() ? key.error() : key.Close(ErrorOf(sys::NtFlushKey(key.handle())));
}

}  // extern "C"
