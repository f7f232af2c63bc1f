// What the driver and its client agree on.
#pragma once

#define IOCTL_HELLO CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
