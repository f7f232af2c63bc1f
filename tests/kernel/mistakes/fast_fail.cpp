// Finds its list damaged and fails fast, as RemoveEntryList does.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { __fastfail(FAST_FAIL_CORRUPT_LIST_ENTRY); }
