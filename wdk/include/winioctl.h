// winioctl.h in a driver: it uses the Windows names of the basic types, and SID, which ntifs.h has. A program has them from windows.h.
#pragma once

#ifndef _WINDOWS_
#include <ntifs.h>
#include <windef.h>
#endif
#include_next <winioctl.h>
