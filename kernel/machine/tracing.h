// Debug output and events as the embedding API has them. Private.
#pragma once

#include <vector>

#include "kernel/etw/etw.h"
#include "kernel/ke/ke.h"
#include "ringlet/machine.h"

namespace ringlet {

DebugText Describe(const nt::ke::DebugMessage& message);
Event Describe(const nt::etw::Event& event);

/// The kernel's form of what an embedder wants to hear; no filter: everything.
std::vector<nt::etw::Filter> FiltersOf(const std::vector<EventFilter>& filters);

/// Makes the thread of a client in which its providers hear of sessions that begin or end later; false if it cannot be made. In a system
/// thread at PASSIVE_LEVEL.
bool StartNotificationThread(PEPROCESS process);

/// The debug print filter in the registry.
std::vector<DebugFilter> ReadDebugFilters();
/// Changes it, and what is shown from now on. False if there is no such component.
bool WriteDebugFilter(const std::string& component, std::optional<std::uint32_t> mask);

}  // namespace ringlet
