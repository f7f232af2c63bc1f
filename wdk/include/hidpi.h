// hidpi.h, which needs the type of a usage.
#pragma once

#include <hidusage.h>
#include_next <hidpi.h>
