// Which classes of information there are, and what the services ask of those who use them. Private.
#pragma once

#include "nt/file_information.h"

namespace nt::io {

/// The shortest buffer for a class, and the right that a program's handle must have.
struct InformationRule {
  ULONG information_class;
  ULONG length;
  ACCESS_MASK access;
};

/// Null for a class that cannot be asked for, or set, or is not known: STATUS_INVALID_INFO_CLASS.
const InformationRule* QueryRule(ULONG information_class);
const InformationRule* SetRule(ULONG information_class);
const InformationRule* QueryVolumeRule(ULONG information_class);
const InformationRule* SetVolumeRule(ULONG information_class);

}  // namespace nt::io

extern "C" {
NTSTATUS IoCheckQuerySetFileInformation(ULONG FileInformationClass, ULONG Length, BOOLEAN SetOperation);
NTSTATUS IoCheckQuerySetVolumeInformation(ULONG FsInformationClass, ULONG Length, BOOLEAN SetOperation);
}
