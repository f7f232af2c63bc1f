// The image loader: PE parsing, mapping and binding, the built-in modules' images, and unwinding by their tables.
#pragma once

#include "kernel/ldr/builtin.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/pe.h"
#include "kernel/ldr/rtl.h"
#include "kernel/ldr/unwind.h"
