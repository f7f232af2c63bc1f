// Interrupt objects, and the simulated source of interrupts. The vector decides the level, as on x64: IRQL = vector / 16.
#pragma once

#include <vector>

#include "nt/ke.h"

/// Drivers see it as opaque. It lies in pool, and is the connection of one service routine with one vector.
struct KINTERRUPT {
  CSHORT Type;  ///< InterruptObject
  CSHORT Size;
  BOOLEAN ShareVector;
  BOOLEAN Active;  ///< IoReportInterruptInactive clears it
  KIRQL Irql;
  KIRQL SynchronizeIrql;  ///< at which the service routine runs; at least Irql
  KINTERRUPT_MODE Mode;
  ULONG Vector;
  KAFFINITY Processors;
  PKSERVICE_ROUTINE ServiceRoutine;
  PVOID ServiceContext;
  PKSPIN_LOCK ActualLock;
  KSPIN_LOCK SpinLock;  ///< the lock, if the driver gave none
  BOOLEAN Passive;      ///< the service routine runs at PASSIVE_LEVEL, in a thread
  KEVENT PassiveLock;   ///< signaled: free; then it is the lock
};

namespace nt::ke {

inline constexpr ULONG kVectors = 256;
/// Interrupts of devices have the levels between DISPATCH_LEVEL and the clock's.
inline constexpr KIRQL kFirstDeviceIrql = 3, kLastDeviceIrql = 12;

/// Connects a filled object; false if its values do not go together, or its vector is taken and not to be shared by both.
bool ConnectInterrupt(PKINTERRUPT interrupt);
/// Where interrupts come whose routines run in a thread: made by the first that is connected.
void StartPassiveService();
/// Has the routines of a vector called at PASSIVE_LEVEL. Any IRQL.
void RequestPassiveService(ULONG vector, ULONG processor);
/// Acquires the lock of a passive interrupt; PASSIVE_LEVEL.
void AcquirePassiveLock(PKINTERRUPT interrupt);
void ReleasePassiveLock(PKINTERRUPT interrupt);
/// Whether an interrupt's routine is called for a vector on a processor.
bool TakesInterrupt(const KINTERRUPT* interrupt, ULONG vector, ULONG processor);

/// Disconnects; a service routine that runs on another processor comes to its end first. IRQL < DISPATCH_LEVEL.
void DisconnectInterrupt(PKINTERRUPT interrupt);

/// A device's interrupt request, to one processor. Once it is pending there another of the same vector is the same. False if no routine
/// that is connected and active would be called.
bool FireInterrupt(ULONG vector, ULONG processor);
/// Lets the processors run until a request that was fired is delivered.
void AwaitInterrupt(ULONG vector, ULONG processor);

/// The connected interrupts whose service routine lies there, in the order they were connected.
std::vector<PKINTERRUPT> InterruptsIn(ULONG_PTR base, SIZE_T size);

}  // namespace nt::ke
