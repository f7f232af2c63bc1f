// acpiioct.h, which uses device control codes and NT's types and may be a source's first header.
#pragma once

#include <wdm.h>
#include_next <acpiioct.h>
