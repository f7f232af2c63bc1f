// usbdlib.h, which uses the descriptors and requests of usb.h.
#pragma once

#include <usb.h>
#include_next <usbdlib.h>
