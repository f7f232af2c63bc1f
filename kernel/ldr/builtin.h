// The built-in modules (ntoskrnl.exe, hal.dll, ntdll.dll ...) as images in memory, made from the API specification.
#pragma once

#include <string>
#include <string_view>

#include "kernel/api/api.h"
#include "kernel/ldr/image.h"

namespace nt::ldr {

/// Where modules in user space begin: a region that all processes see.
inline constexpr ULONG_PTR kSharedUserImages = 0x3FF0'0000'0000;

/// Makes and maps the image of every module in the specification of which something is implemented: ntoskrnl.exe first, then hal.dll, as
/// PsLoadedModuleList has them. Afterwards nt::api::AddressOf and StubOf answer. `hooked` says which stubs MmGetSystemRoutineAddress hands
/// out. STATUS_NO_MEMORY if the machine has none.
Verdict LoadBuiltins(bool hooked);

/// What the file of a built-in module would hold; nothing if there is none of that name. For those who look at it, not to be run.
std::vector<std::byte> BuiltinFile(std::string_view name);

/// The stub for an export that calls through the hooked thunk; for leaf exports and data the same as nt::api::AddressOf.
void* HookedAddressOf(const api::Export& entry);

/// Control-flow guard's routines for images in kernel or user space: a plain return, and a plain jump to RAX.
const void* GuardCheckStub(bool user);
const void* GuardDispatchStub(bool user);

/// Binds imports to built-in modules, and to images that are loaded.
class BuiltinResolver : public ImportResolver {
 public:
  /// `hooked`: bind to the hooked stubs. `process_data`: for a program, its process's copy of the modules' variables.
  explicit BuiltinResolver(bool hooked, ULONG_PTR process_data = 0) : hooked_(hooked), process_data_(process_data) {}
  Result Resolve(std::string_view module, const Import& import) override;

 private:
  Result FromModule(std::string_view module, const Import& import) const;
  Result FromImage(Image* image, const Import& import) const;

  bool hooked_;
  ULONG_PTR process_data_;
};

/// The specification's entry that an import of `module` binds to, API sets and hal.dll's move into the kernel considered; an
/// absent one if only that is there, null if there is none. Needs no machine.
const api::Export* FindExport(std::string_view module, std::string_view name);

/// How an address is named in messages: "ntoskrnl.exe!IoCreateDevice+0x0", "sample.sys+0x1040"; empty outside all images.
std::string SymbolOf(ULONG_PTR address);

}  // namespace nt::ldr

extern "C" {
/// The address of an export of ntoskrnl.exe or hal.dll by its exact name, or null. IRQL PASSIVE_LEVEL.
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);
}
