// A line of `ringlet shell` as words.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ringlet::tools {

/// Words are parted by spaces; what is in " or ' belongs together, and backslashes are themselves. Nothing if a quotation mark is missing.
std::optional<std::vector<std::string>> SplitWords(const std::string& line);

}  // namespace ringlet::tools
