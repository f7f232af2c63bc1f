// Identifiers as text.
#include "subsystem/setupapi/device_set.h"

extern "C" {

/// {01234567-89AB-CDEF-0123-456789ABCDEF} with its terminator: 39 characters, or 0 if there is no room for them. (StringFromGUID2)
LONG StringFromGUID2(const GUID* rguid, PWSTR lpsz, LONG cchMax) {
  WCHAR text[39];
  if (cchMax < static_cast<LONG>(std::size(text))) return 0;
  nt::setup::FormatGuid(*rguid, text);
  for (const WCHAR c : text) *lpsz++ = c;
  return static_cast<LONG>(std::size(text));
}

}  // extern "C"
