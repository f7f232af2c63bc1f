// Releases a resource that it did not acquire.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  static ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  ExReleaseResourceLite(&resource);
}
