// KMelody: one player for all, in the System process.
#include "players.h"

static Player* ThePlayer;

NTSTATUS StartPlayers() { return StartPlayer(nullptr, &ThePlayer); }

void StopPlayers() {
  if (ThePlayer != nullptr) StopPlayer(ThePlayer);
}

NTSTATUS PlayerFor(PIRP, Player** player) {
  *player = ThePlayer;
  return STATUS_SUCCESS;
}
