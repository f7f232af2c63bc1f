// How many devices of each classic kind there are. Drivers of such devices count theirs here, and number them by it.
#include "kernel/io/registrations.h"

extern "C" PVOID IoGetConfigurationInformation() { return nt::io::Registered().configuration; }
