// A call of an import that Ringlet does not have: named, and the end of the driver's machine or of the client's process.
#include <string>

#include "kernel/hal/hal.h"
#include "kernel/ke/ki.h"
#include "kernel/ldr/image.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

using namespace nt::ke;

extern "C" VOID KiAbsentImportSlow(ULONG Index) {
  // The sentence outlives this call: the report is told on another stack.
  static std::string sentence;
  const nt::ldr::AbsentImport* const import = nt::ldr::AbsentImportAt(Index);
  sentence = import == nullptr ? std::string("An unknown import was called.")
                               : import->importer + " called " + import->module + "!" + import->name + ", which Ringlet does not have.";
  if (KiThread->host.in_user) {
    const std::string line = "ringlet: " + sentence + "\n";
    nt::hal::WriteConsole(2, line.data(), line.size());
    RaiseStatus(STATUS_ENTRYPOINT_NOT_FOUND);
  }
  BugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, static_cast<ULONG>(STATUS_DRIVER_ENTRYPOINT_NOT_FOUND), Index, 0, 0, sentence.c_str());
}
