// The hardware abstraction layer: the only part that knows Linux.
#pragma once

#include "kernel/hal/clock.h"
#include "kernel/hal/console.h"
#include "kernel/hal/fiber.h"
#include "kernel/hal/memory.h"
#include "kernel/hal/speaker.h"
#include "kernel/hal/trap.h"
