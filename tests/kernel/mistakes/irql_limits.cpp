// Calls exports above the IRQL that they are for. Nothing is paged out and nothing waits, so the machine goes on.
#include "mistake.h"

namespace {

void AtIrql(KIRQL irql, void (*routine)()) {
  KIRQL old;
  KeRaiseIrql(irql, &old);
  routine();
  KeLowerIrql(old);
}

DECLSPEC_NOINLINE void OpenKey() {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\No Such Key");
  OBJECT_ATTRIBUTES attributes;
  HANDLE key = nullptr;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  ZwOpenKey(&key, KEY_READ, &attributes);
}

/// Pageable code, which comes in at APC_LEVEL.
DECLSPEC_NOINLINE void CompareNames() {
  const UNICODE_STRING name = RTL_CONSTANT_STRING(L"Name");
  RtlEqualUnicodeString(&name, &name, TRUE);
}

DECLSPEC_NOINLINE void ReadEvent() {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
}

}  // namespace

void Mistake(PDRIVER_OBJECT) {
  OpenKey();
  for (int i = 0; i < 3; ++i) AtIrql(APC_LEVEL, &OpenKey);
  AtIrql(APC_LEVEL, &CompareNames);
  AtIrql(DISPATCH_LEVEL, &CompareNames);
  AtIrql(DISPATCH_LEVEL, &ReadEvent);
}
