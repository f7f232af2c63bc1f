// Events of providers for people and for programs.
#pragma once

#include <string>

#include "ringlet/machine.h"

namespace ringlet::tools {

/// One line of JSON, without its end.
std::string EventJson(const Event& event);
/// One line of text: time, processor, process and thread, provider, level, name and fields.
std::string EventLine(const Event& event, bool colours);
/// Reads PROVIDER[:LEVEL[:ANY[:ALL]]], "*" for all providers; throws std::invalid_argument with a sentence.
EventFilter ParseEventFilter(const std::string& text);

}  // namespace ringlet::tools
