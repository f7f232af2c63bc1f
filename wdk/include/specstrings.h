// Driver source expects the driver annotations wherever the general ones are.
#pragma once

#include_next <specstrings.h>
#include <ringlet/sal.h>
#include <driverspecs.h>
