// The security descriptor definition language: "D:P(A;;GA;;;SY)(A;;GR;;;WD)". Private to the kernel.
#pragma once

#include <string>
#include <string_view>

#include "nt/se.h"

namespace nt::se {

/// Turns text into a self-relative descriptor from paged pool. All parts may be missing. Not known: object, callback, alarm and resource
/// entries; accounts of domains, as this machine is in none.
/// STATUS_INVALID_PARAMETER: not the language. STATUS_INVALID_SID: an account that is not known. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS DescriptorFromText(std::u16string_view text, PSECURITY_DESCRIPTOR* descriptor);

/// The text of a valid descriptor in kernel memory; DescriptorFromText reads it again.
std::string TextOfDescriptor(PSECURITY_DESCRIPTOR descriptor);

}  // namespace nt::se
