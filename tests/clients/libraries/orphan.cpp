// A library that uses one that is not there.
#include <windows.h>

extern "C" __declspec(dllimport) int GoneWork();
extern "C" __declspec(dllexport) int OrphanWork() { return GoneWork(); }
