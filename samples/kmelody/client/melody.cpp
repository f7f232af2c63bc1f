// Melody: has the KMelody driver play a melody.
//
//   Melody [--wait] [NOTE...]     NOTE: a name as A4 or C#5, or R for a rest, and milliseconds behind a colon: A4:250
#include <windows.h>
#include <winioctl.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../common.h"

// The first line of the Ode to Joy (Beethoven, 1824).
static const char* const kTune[] = {"E4:250", "E4:250", "F4:250", "G4:250", "G4:250", "F4:250", "E4:250", "D4:250",
                                    "C4:250", "C4:250", "D4:250", "E4:250", "E4:375", "D4:125", "D4:500"};

// The frequency of a note's name in equal temperament, A4 being 440 Hz; 0 for a rest, -1 for no note.
static long FrequencyOf(const char* name) {
  static const int kSemitones[] = {9, 11, 0, 2, 4, 5, 7};  // of A to G, from C
  if (*name == 'R') return 0;
  if (*name < 'A' || *name > 'G') return -1;
  int semitone = kSemitones[*name++ - 'A'];
  if (*name == '#') semitone++, name++;
  if (*name < '0' || *name > '8') return -1;
  return std::lround(440.0 * std::pow(2.0, (semitone - 9 + 12 * (*name - '4')) / 12.0));
}

static bool Parse(const char* text, Note* note) {
  const char* const colon = std::strchr(text, ':');
  const long frequency = FrequencyOf(text);
  if (!colon || frequency < 0) return false;
  *note = {static_cast<ULONG>(frequency), std::strtoul(colon + 1, nullptr, 10), 20, 1};
  return note->Duration != 0;
}

int main(int argc, char** argv) {
  const bool wait = argc > 1 && std::strcmp(argv[1], "--wait") == 0;
  std::vector<const char*> words(argv + 1 + wait, argv + argc);
  if (words.empty()) words.assign(std::begin(kTune), std::end(kTune));
  std::vector<Note> notes;
  for (const char* word : words) {
    Note note;
    if (!Parse(word, &note)) {
      std::printf("'%s' is no note: give a name, a colon and milliseconds, as A4:250\n", word);
      return 1;
    }
    notes.push_back(note);
  }
  const HANDLE device = CreateFileW(L"\\\\.\\KMelody", GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    std::printf("cannot open KMelody (error=%lu)\n", GetLastError());
    return 1;
  }
  DWORD bytes;
  const auto size = static_cast<DWORD>(notes.size() * sizeof(Note));
  if (!DeviceIoControl(device, IOCTL_MELODY_PLAY, notes.data(), size, nullptr, 0, &bytes, nullptr)) {
    std::printf("cannot play (error=%lu)\n", GetLastError());
    return 1;
  }
  std::printf("%zu notes are playing\n", notes.size());
  if (wait && DeviceIoControl(device, IOCTL_MELODY_WAIT, nullptr, 0, nullptr, 0, &bytes, nullptr)) std::printf("played\n");
  CloseHandle(device);
}
