// What the KMelody driver and its client agree on.
#pragma once

#define KMELODY_DEVICE_NAME L"\\Device\\KMelody"
#define KMELODY_LINK_NAME L"\\??\\KMelody"

#define KMELODY_DEVICE 0x8003

// In: an array of Note, which is queued behind what plays.
#define IOCTL_MELODY_PLAY CTL_CODE(KMELODY_DEVICE, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)
// Returns when all has been played.
#define IOCTL_MELODY_WAIT CTL_CODE(KMELODY_DEVICE, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)

struct Note {
  ULONG Frequency;  // Hz; 0: a rest
  ULONG Duration;   // ms
  ULONG Delay;      // ms of silence behind it
  ULONG Repeat;     // how often; 0 counts as 1
};

#define MELODY_MAXIMUM_NOTES 1024
