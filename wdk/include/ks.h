// ks.h, whose GUIDs take a calling convention's name that only windef.h defines.
#pragma once

#include <windef.h>
#include_next <ks.h>
