// Only its import library is kept.
extern "C" __declspec(dllexport) int GoneWork() { return 1; }
