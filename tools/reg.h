// reg.exe's words.
#pragma once

#include <string>
#include <vector>

namespace ringlet::tools {

struct RegAnswer {
  int code = 0;
  std::string output;
  std::string errors;
  std::string question;  ///< to be asked first; a yes is the same words with /f
};

/// Does what the words say to the registry of this process, and saves it. Paths of files are absolute. `registry_stays`: it is a machine's
/// that is up, where hives can be loaded.
RegAnswer RunReg(const std::vector<std::string>& words, bool registry_stays);

}  // namespace ringlet::tools
