// The processes that every NT machine has.
#pragma once

#include "nt/types.h"

namespace nt::ps {

/// EPROCESS.Protection: the kind of protection in bits 0 to 2, the signer in bits 4 to 7.
inline constexpr UCHAR kProtectedSystem = 0x72, kProtectedLightTcb = 0x61;
/// EPROCESS.Flags: its end stops the machine.
inline constexpr ULONG kBreakOnTermination = 0x2000;

/// Makes Registry, smss, csrss of both sessions, wininit, winlogon, services and lsass. After Initialize().
void MakeSystemProcesses();

}  // namespace nt::ps
