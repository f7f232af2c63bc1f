#include "kernel/rtl/debug_filter.h"

#include <array>

#include "nt/status.h"

namespace nt::rtl {
namespace {

/// By identifier, as dpfilter.h numbers them.
constexpr std::string_view kNames[] = {"SYSTEM",
                                       "SMSS",
                                       "SETUP",
                                       "NTFS",
                                       "FSTUB",
                                       "CRASHDUMP",
                                       "CDAUDIO",
                                       "CDROM",
                                       "CLASSPNP",
                                       "DISK",
                                       "REDBOOK",
                                       "STORPROP",
                                       "SCSIPORT",
                                       "SCSIMINIPORT",
                                       "CONFIG",
                                       "I8042PRT",
                                       "SERMOUSE",
                                       "LSERMOUS",
                                       "KBDHID",
                                       "MOUHID",
                                       "KBDCLASS",
                                       "MOUCLASS",
                                       "TWOTRACK",
                                       "WMILIB",
                                       "ACPI",
                                       "AMLI",
                                       "HALIA64",
                                       "VIDEO",
                                       "SVCHOST",
                                       "VIDEOPRT",
                                       "TCPIP",
                                       "DMSYNTH",
                                       "NTOSPNP",
                                       "FASTFAT",
                                       "SAMSS",
                                       "PNPMGR",
                                       "NETAPI",
                                       "SCSERVER",
                                       "SCCLIENT",
                                       "SERIAL",
                                       "SERENUM",
                                       "UHCD",
                                       "RPCPROXY",
                                       "AUTOCHK",
                                       "DCOMSS",
                                       "UNIMODEM",
                                       "SIS",
                                       "FLTMGR",
                                       "WMICORE",
                                       "BURNENG",
                                       "IMAPI",
                                       "SXS",
                                       "FUSION",
                                       "IDLETASK",
                                       "SOFTPCI",
                                       "TAPE",
                                       "MCHGR",
                                       "IDEP",
                                       "PCIIDE",
                                       "FLOPPY",
                                       "FDC",
                                       "TERMSRV",
                                       "W32TIME",
                                       "PREFETCHER",
                                       "RSFILTER",
                                       "FCPORT",
                                       "PCI",
                                       "DMIO",
                                       "DMCONFIG",
                                       "DMADMIN",
                                       "WSOCKTRANSPORT",
                                       "VSS",
                                       "PNPMEM",
                                       "PROCESSOR",
                                       "DMSERVER",
                                       "SR",
                                       "INFINIBAND",
                                       "IHVDRIVER",
                                       "IHVVIDEO",
                                       "IHVAUDIO",
                                       "IHVNETWORK",
                                       "IHVSTREAMING",
                                       "IHVBUS",
                                       "HPS",
                                       "RTLTHREADPOOL",
                                       "LDR",
                                       "TCPIP6",
                                       "ISAPNP",
                                       "SHPC",
                                       "STORPORT",
                                       "STORMINIPORT",
                                       "PRINTSPOOLER",
                                       "VSSDYNDISK",
                                       "VERIFIER",
                                       "VDS",
                                       "VDSBAS",
                                       "VDSDYN",
                                       "VDSDYNDR",
                                       "VDSLDR",
                                       "VDSUTIL",
                                       "DFRGIFC",
                                       "DEFAULT",
                                       "MM",
                                       "DFSC",
                                       "WOW64",
                                       "ALPC",
                                       "WDI",
                                       "PERFLIB",
                                       "KTM",
                                       "IOSTRESS",
                                       "HEAP",
                                       "WHEA",
                                       "USERGDI",
                                       "MMCSS",
                                       "TPM",
                                       "THREADORDER",
                                       "ENVIRON",
                                       "EMS",
                                       "WDT",
                                       "FVEVOL",
                                       "NDIS",
                                       "NVCTRACE",
                                       "LUAFV",
                                       "APPCOMPAT",
                                       "USBSTOR",
                                       "SBP2PORT",
                                       "COVERAGE",
                                       "CACHEMGR",
                                       "MOUNTMGR",
                                       "CFR",
                                       "TXF",
                                       "KSECDD",
                                       "FLTREGRESS",
                                       "MPIO",
                                       "MSDSM",
                                       "UDFS",
                                       "PSHED",
                                       "STORVSP",
                                       "LSASS",
                                       "SSPICLI",
                                       "CNG",
                                       "EXFAT",
                                       "FILETRACE",
                                       "XSAVE",
                                       "SE",
                                       "DRIVEEXTENDER",
                                       "POWER",
                                       "CRASHDUMPXHCI",
                                       "GPIO",
                                       "REFS",
                                       "WER",
                                       "CAPIMG",
                                       "VPCI",
                                       "STORAGECLASSMEMORY",
                                       "FSLIB"};
constexpr SIZE_T kCount = std::size(kNames);
static_assert(kNames[kComponentIhvDriver] == "IHVDRIVER" && kNames[kComponentDefault] == "DEFAULT" && kCount == 155);

constexpr ULONG kErrors = 1;

struct State {
  std::array<ULONG, kCount> masks{};
  ULONG win2000 = kErrors;
};
State state;

ULONG* MaskOf(ULONG component) {
  if (component < kCount) return &state.masks[component];
  return component == kComponentWin2000 ? &state.win2000 : nullptr;
}

}  // namespace

std::span<const std::string_view> DebugComponents() { return kNames; }

std::string_view DebugComponentName(ULONG component) {
  if (component < kCount) return kNames[component];
  return component == kComponentWin2000 ? "WIN2000" : "";
}

void ResetDebugFilter() { state = {}; }

void SetDebugMask(ULONG component, ULONG mask) {
  if (ULONG* const at = MaskOf(component)) *at = mask;
}

ULONG DebugMask(ULONG component) {
  const ULONG* const at = MaskOf(component);
  return at != nullptr ? *at : 0;
}

}  // namespace nt::rtl

using namespace nt::rtl;

NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level) {
  const ULONG* const mask = MaskOf(ComponentId);
  if (mask == nullptr) return STATUS_INVALID_PARAMETER_1;
  return ((*mask | state.win2000) & DebugLevelBits(Level)) != 0 ? TRUE : FALSE;
}

NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
  ULONG* const mask = MaskOf(ComponentId);
  if (mask == nullptr) return STATUS_INVALID_PARAMETER_1;
  const ULONG bits = DebugLevelBits(Level);
  *mask = State ? *mask | bits : *mask & ~bits;
  return STATUS_SUCCESS;
}
