// hidusage.h, after the type of a usage: mingw-w64's hidpi.h uses it but defines it nowhere that a driver includes.
#pragma once

typedef USHORT USAGE, *PUSAGE;

#include_next <hidusage.h>
