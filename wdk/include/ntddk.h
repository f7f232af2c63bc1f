// mingw-w64's ntddk.h, and what it lacks.
#pragma once

#include_next <ntddk.h>
#include <ringlet/ntddk.h>
#include <ringlet/hash_table.h>
