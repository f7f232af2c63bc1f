// mingw-w64's driver annotations, and those it does not have.
#pragma once

#include_next <driverspecs.h>
#include <ringlet/driverspecs.h>
