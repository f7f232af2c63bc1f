// mingw-w64's annotations, and those it does not have.
#pragma once

#include_next <sal.h>
#include <ringlet/sal.h>
