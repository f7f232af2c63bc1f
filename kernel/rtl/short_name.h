// Names of eight characters and three (ntifs.h).
#pragma once

#include "nt/types.h"

/// What RtlGenerate8dot3Name keeps from one try to the next; zeros before the first.
struct GENERATE_NAME_CONTEXT {
  USHORT Checksum;
  BOOLEAN CheckSumInserted;
  UCHAR NameLength;
  WCHAR NameBuffer[8];
  ULONG ExtensionLength;  ///< with the dot
  WCHAR ExtensionBuffer[4];
  ULONG LastIndexValue;
};
using PGENERATE_NAME_CONTEXT = GENERATE_NAME_CONTEXT*;
NT_SIZE(GENERATE_NAME_CONTEXT, 0x24);
NT_OFFSET(GENERATE_NAME_CONTEXT, NameBuffer, 0x4);
NT_OFFSET(GENERATE_NAME_CONTEXT, ExtensionLength, 0x14);
NT_OFFSET(GENERATE_NAME_CONTEXT, LastIndexValue, 0x20);

extern "C" {
/// Makes a short name of a long one, another one at each call with the same context. The name's buffer has room for 12 characters.
/// STATUS_FILE_SYSTEM_LIMITATION: there are no more. PASSIVE_LEVEL.
NTSTATUS RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters, PGENERATE_NAME_CONTEXT Context,
                              PUNICODE_STRING Name8dot3);
/// Whether a name is a short one. `OemName`, if given, becomes its upper case in the OEM code page, and must have room for 12 bytes;
/// `NameContainsSpaces`, if given, is told for a short name. PASSIVE_LEVEL.
BOOLEAN RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces);
}
