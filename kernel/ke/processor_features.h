// What the processor can do.
#pragma once

#include "nt/types.h"

namespace nt::ke {

inline constexpr ULONG kProcessorFeatureMax = 64;  ///< PROCESSOR_FEATURE_MAX

/// Sets the entry of each feature that the processor has; the table has kProcessorFeatureMax bytes.
void TellProcessorFeatures(UCHAR* table);
/// Whether it has a feature (PF_...). Any IRQL.
bool HasProcessorFeature(ULONG feature);

}  // namespace nt::ke
