#include "kernel/rtl/variables.h"

#include "kernel/api/api.h"
#include "kernel/ke/ke.h"

namespace nt::rtl {
namespace {

constexpr ULONG kFreeBuild = 0xF0000000;
constexpr ULONG kBuild = 22000;

}  // namespace

void InitializeExports() {
  *api::Data<ULONG>("NtBuildNumber") = kFreeBuild | kBuild;
  *api::Data<BOOLEAN>("KdDebuggerNotPresent") = TRUE;
  *api::Data<BOOLEAN>("NlsMbCodePageTag") = FALSE;
  *api::Data<BOOLEAN>("NlsMbOemCodePageTag") = FALSE;
  *api::Data<USHORT*>("NlsOemLeadByteInfo") = api::Data<USHORT>("NlspOemLeadBytes");
}

}  // namespace nt::rtl
