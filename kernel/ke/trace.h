// Traces of a run: exports called, IRPs, scheduling.
#pragma once

#include <string>

#include "nt/types.h"

namespace nt::ke {

inline constexpr unsigned kTraceApi = 1;    ///< exports called and what they returned
inline constexpr unsigned kTraceIrp = 2;    ///< IRPs sent and completed
inline constexpr unsigned kTraceSched = 4;  ///< threads, DPCs and interrupts

using TraceSink = void (*)(const char* line, SIZE_T length);
/// Says what to trace (a sum of kTrace…), and where lines go.
void SetTrace(unsigned what, TraceSink sink);
extern unsigned traced;
inline bool Tracing(unsigned what) { return (traced & what) != 0; }
/// Writes one line with time, processor, IRQL and thread in front.
void Trace(unsigned what, const std::string& text);

}  // namespace nt::ke
