// winioctl.h in a driver: it uses the Windows names of the basic types, and SID, which ntifs.h has.
#pragma once

#include <ntifs.h>
#include <windef.h>
#include_next <winioctl.h>
