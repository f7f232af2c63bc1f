// A player: a thread that takes notes off a queue and sounds them.
#pragma once

#include <ntddk.h>

#include "../common.h"

struct Player;

// The thread runs in a process, given by a handle; null: in the System process.
NTSTATUS StartPlayer(HANDLE process, Player** started);
// Ends the thread, in the middle of a note if need be, and forgets what is queued.
void StopPlayer(Player* player);
// Queues notes; all of them or none.
NTSTATUS AddNotes(Player* player, const Note* notes, ULONG count);
// Waits until nothing is queued and nothing plays.
NTSTATUS WaitUntilSilent(Player* player);
