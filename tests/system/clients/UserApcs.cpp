// APCs of user mode: run in alertable waits only, in their order, and before a thread's first instruction.
#include <windows.h>

#include <cstdio>

namespace {
char order[16];
int count;

void CALLBACK Note(ULONG_PTR letter) { order[count++] = static_cast<char>(letter); }

void CALLBACK NoteAndQueue(ULONG_PTR letter) {
  Note(letter);
  if (letter < 'g') QueueUserAPC(NoteAndQueue, GetCurrentThread(), letter + 1);
}

void CALLBACK SleepsInside(ULONG_PTR alertable) {
  Note('(');
  SleepEx(1, alertable != 0);
  Note(')');
}

DWORD WINAPI SleepAlertably(void*) { return SleepEx(INFINITE, TRUE); }
DWORD WINAPI Return(void*) { return 7; }

void Show(const char* what, DWORD result) {
  order[count] = 0;
  printf("%s: %lu, \"%s\"\n", what, result, order);
  count = 0;
}

DWORD Ended(HANDLE thread) {
  WaitForSingleObject(thread, INFINITE);
  DWORD code = 0;
  GetExitCodeThread(thread, &code);
  CloseHandle(thread);
  return code;
}
}  // namespace

int main() {
  const HANDLE self = GetCurrentThread();
  QueueUserAPC(Note, self, 'a');
  QueueUserAPC(Note, self, 'b');
  Sleep(1);
  Show("not alertable", 0);
  Show("alertable", SleepEx(1000, TRUE));
  Show("nothing queued", SleepEx(1, TRUE));

  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  QueueUserAPC(Note, self, 'c');
  Show("wait", WaitForSingleObjectEx(event, INFINITE, TRUE));
  SetEvent(event);
  QueueUserAPC(Note, self, 'd');
  Show("signaled already", WaitForSingleObjectEx(event, INFINITE, TRUE));
  Show("then", SleepEx(0, TRUE));

  QueueUserAPC(NoteAndQueue, self, 'e');
  Show("queued by an APC", SleepEx(1000, TRUE));

  QueueUserAPC(SleepsInside, self, FALSE);
  QueueUserAPC(Note, self, 'j');
  Show("one after the other", SleepEx(1000, TRUE));
  QueueUserAPC(SleepsInside, self, TRUE);
  QueueUserAPC(Note, self, 'k');
  Show("one inside the other", SleepEx(1000, TRUE));

  HANDLE thread = CreateThread(nullptr, 0, SleepAlertably, nullptr, 0, nullptr);
  Sleep(20);
  QueueUserAPC(Note, thread, 'h');
  Show("another thread", Ended(thread));

  thread = CreateThread(nullptr, 0, Return, nullptr, CREATE_SUSPENDED, nullptr);
  QueueUserAPC(Note, thread, 'i');
  ResumeThread(thread);
  Show("before it starts", Ended(thread));
  return 0;
}
