// usbbusif.h, which uses the descriptors and requests of usb.h.
#pragma once

#include <usb.h>
#include <usbioctl.h>
#include_next <usbbusif.h>
