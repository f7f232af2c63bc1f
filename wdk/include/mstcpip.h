// mstcpip.h, which uses the addresses of ws2ipdef.h.
#pragma once

#include <ws2ipdef.h>
#include_next <mstcpip.h>
