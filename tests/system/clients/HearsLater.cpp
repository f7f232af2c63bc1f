// A provider that waits to hear of a session that begins, and of its end. Its exit code counts what it heard as it should.
#include <windows.h>

#include <evntprov.h>

namespace {
const GUID kProvider = {0x6a1b2c3d, 0x0011, 0x2233, {0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xee}};
volatile LONG enabled, disabled;
DWORD main_thread;

VOID NTAPI OnEnable(LPCGUID, ULONG control, UCHAR level, ULONGLONG any, ULONGLONG, PEVENT_FILTER_DESCRIPTOR, PVOID context) {
  const bool elsewhere = GetCurrentThreadId() != main_thread;
  if (context != &main_thread || !elsewhere) return;
  if (control == 1 && level == 4 && any == 0x10) InterlockedIncrement(&enabled);
  if (control == 0) InterlockedIncrement(&disabled);
}
}  // namespace

int main() {
  main_thread = GetCurrentThreadId();
  REGHANDLE handle = 0, gone = 0;
  EventRegister(&kProvider, OnEnable, &main_thread, &handle);
  EventRegister(&kProvider, OnEnable, &main_thread, &gone);
  EventUnregister(gone);
  for (int i = 0; i < 5000 && !disabled; ++i) Sleep(1);
  return static_cast<int>(enabled * 10 + disabled);
}
