// Drivers that look on, and take access away, when handles are made. Private to ob.
#pragma once

#include "nt/ob_callbacks.h"
#include "nt/ps.h"

namespace nt::ob {

struct Registration;

/// One operation on a handle, from the pre-callbacks to the post-callbacks.
struct HandleOperation {
  OB_OPERATION operation;
  PVOID object;
  bool kernel;         ///< a kernel handle: nothing is taken away
  PEPROCESS source;    ///< of a duplication
  PEPROCESS target;    ///< of a duplication
  ACCESS_MASK access;  ///< what is wanted; afterwards what the drivers leave
  struct Call {
    Registration* registration;
    PVOID context;
  };
  Call calls[64];  ///< who has heard of it, the highest first
  ULONG count;
};

/// Whether anybody wants to hear of operations on objects of this type.
bool HasCallbacks(POBJECT_TYPE type);
/// Every call is to be followed by one of CallPostOperation.
void CallPreOperation(HandleOperation* operation);
/// At the machine's end.
void FreeCallbacks();
void CallPostOperation(const HandleOperation& operation, NTSTATUS status);

}  // namespace nt::ob
