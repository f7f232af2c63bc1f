// mingw-w64's ntifs.h, and what it lacks.
#pragma once

#include_next <ntifs.h>
#include <ringlet/ntifs.h>
