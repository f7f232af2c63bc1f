// Passes a resource on to an owner pointer that could be a thread's.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  static ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(&resource, TRUE);
  ExSetResourceOwnerPointer(&resource, &resource);
}
