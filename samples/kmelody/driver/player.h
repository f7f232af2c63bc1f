// The player: a thread that takes notes off a queue and sounds them.
#pragma once

#include <ntddk.h>

#include "../common.h"

NTSTATUS StartPlayer();
// Ends the thread, in the middle of a note if need be, and forgets what is queued. After a failed StartPlayer it does nothing.
void StopPlayer();
// Queues notes; all of them or none.
NTSTATUS AddNotes(const Note* notes, ULONG count);
// Waits until nothing is queued and nothing plays.
NTSTATUS WaitUntilSilent();
