// Attaching to a process (ntifs.h): drivers pass a PEPROCESS as well as a PRKPROCESS, which are the same address.
#pragma once

typedef PKPROCESS PRKPROCESS;

#ifdef __cplusplus
extern "C++" {
FORCEINLINE VOID KeAttachProcess(PEPROCESS Process) { KeAttachProcess(reinterpret_cast<PKPROCESS>(Process)); }
FORCEINLINE VOID KeStackAttachProcess(PEPROCESS Process, PKAPC_STATE ApcState) {
  KeStackAttachProcess(reinterpret_cast<PKPROCESS>(Process), ApcState);
}
}
#endif
