// Registry files of version 5.00, as regedit writes and reads them.
#pragma once

#include <string>

#include "kernel/cm/key.h"

namespace ringlet::tools {

/// A key with all below it; starts with a byte order mark.
std::u16string RegFileOf(const nt::cm::Key& key, const std::string& full_name);
/// Does what a file says, whether it is UTF-16 or, as of version 4, narrow. False at the first line that is wrong.
bool ImportRegFile(const std::string& bytes, std::string* why);

}  // namespace ringlet::tools
