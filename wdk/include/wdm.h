// mingw-w64's wdm.h repaired, and what modern drivers use that it lacks.
#pragma once

#include <ringlet/before_wdm.h>
#include_next <wdm.h>
#include <ringlet/after_wdm.h>
