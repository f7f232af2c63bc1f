// Which player a request is for: there is one for all, or one for each session.
#pragma once

#include "player.h"

NTSTATUS StartPlayers();
// After a failed StartPlayers it does nothing.
void StopPlayers();
// The player for who sent the request.
NTSTATUS PlayerFor(PIRP irp, Player** player);
