// 3dNow! is no more; clang's own header only warns of that, and mingw-w64's intrin.h includes it always.
#pragma once
