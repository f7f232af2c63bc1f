// ws2ipdef.h, which uses the addresses of ws2def.h.
#pragma once

#include <ws2def.h>
#include_next <ws2ipdef.h>
