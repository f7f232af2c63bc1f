// Calls from the host into PE code, and the C++ exceptions that carry an unwind back through the host's frames.
#include <cxxabi.h>
#include <unwind.h>

#include <exception>
#include <typeinfo>

#include "kernel/hal/sanitizer.h"
#include "kernel/ke/ki.h"
#include "kernel/ke/paged_check.h"
#include "kernel/ke/unwind.h"

namespace nt::ke {

ULONG_PTR CallRecorded(CalloutRecord& record, const void* routine, const ULONG_PTR* arguments) {
  Thread* const thread = KiThread;
  record.head.previous = thread->host.records;
  record.unwound = 0;
  thread->host.records = &record.head;
  CheckPagedAccess();
  const ULONG_PTR result = KiCallPe(&record, routine, arguments);
  thread->host.records = record.head.previous;
  return result;
}

ULONG_PTR CalloutRaw(const void* routine, const ULONG_PTR* arguments, ULONG count) {
  ULONG_PTR all[8] = {};
  for (ULONG i = 0; i < count && i < 8; ++i) all[i] = arguments[i];
  CalloutRecord record{};
  record.head.type = RecordType::Callout;
  if (count == 9) record.ninth = arguments[8];
  const ULONG_PTR result = CallRecorded(record, routine, all);
  if (record.unwound != 0) [[unlikely]]
    throw ForeignUnwind{};
  return result;
}

ULONG_PTR CallInterruptRoutine(const void* routine, const ULONG_PTR (&arguments)[8]) {
  CalloutRecord record{};
  record.head.type = RecordType::Interrupt;
  return CallRecorded(record, routine, arguments);
}

const void* CallerAddress() {
  if (KiThread == nullptr) return nullptr;
  for (const Record* record = KiThread->host.records; record != nullptr; record = record->previous) {
    if (record->type == RecordType::Export) {
      return reinterpret_cast<const void*>(reinterpret_cast<const ExportRecord*>(record)->rip);
    }
    if (record->type == RecordType::Service) return nullptr;
  }
  return nullptr;
}

void RaiseStatus(NTSTATUS status) {
  RaisedException raised{};
  raised.record.ExceptionCode = status;
  raised.record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  throw raised;
}

void RaiseStatus(NTSTATUS status, ULONG_PTR information0, ULONG_PTR information1) {
  RaisedException raised{};
  raised.record.ExceptionCode = status;
  raised.record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  raised.record.NumberParameters = 2;
  raised.record.ExceptionInformation[0] = information0;
  raised.record.ExceptionInformation[1] = information1;
  throw raised;
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" void KiExportCatch();

/// The thunk's personality: every C++ exception ends at the innermost export, whose caller is PE code.
extern "C" _Unwind_Reason_Code KiThunkPersonality(int version, _Unwind_Action actions, _Unwind_Exception_Class,
                                                  _Unwind_Exception* exception, _Unwind_Context* context) {
  if (version != 1) return _URC_FATAL_PHASE1_ERROR;
  if ((actions & _UA_SEARCH_PHASE) != 0) return _URC_HANDLER_FOUND;
  if ((actions & _UA_HANDLER_FRAME) == 0) return _URC_CONTINUE_UNWIND;
  _Unwind_SetGR(context, __builtin_eh_return_data_regno(0), reinterpret_cast<_Unwind_Word>(exception));
  _Unwind_SetIP(context, reinterpret_cast<_Unwind_Ptr>(&KiExportCatch));
  return _URC_INSTALL_CONTEXT;
}

namespace {

/// What the exception asks for, taken out of it so that it can be destroyed before PE frames are touched.
struct Caught {
  bool unwinding;
  EXCEPTION_RECORD record;
};

Caught Take(_Unwind_Exception* exception) {
  Caught caught{};
  abi::__cxa_begin_catch(exception);
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type != nullptr && *type == typeid(ForeignUnwind)) {
    caught.unwinding = true;
  } else if (type != nullptr && *type == typeid(RaisedException)) {
    // The thrown object follows the exception header.
    caught.record = reinterpret_cast<RaisedException*>(exception + 1)->record;
  } else {
    std::terminate();  // a fault of the kernel's own: never an NT exception
  }
  abi::__cxa_end_catch();
  return caught;
}

}  // namespace

/// From KiExportCatch: goes on unwinding in the export's caller, or dispatches what was raised there. The frames that the exception passed
/// are gone, whatever stack they were on; until AddressSanitizer knows that, it must not judge this one.
extern "C" [[noreturn, gnu::no_sanitize_address]] void KiCaughtAtExport(_Unwind_Exception* exception, ExportRecord* record) {
  constexpr ULONG_PTR kDeepest = 0x10000;
  nt::hal::ForgetFrames(reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0)) - kDeepest, reinterpret_cast<ULONG_PTR>(record));
  const Caught caught = Take(exception);
  Thread* const thread = KiThread;
  CONTEXT context{};
  context.ContextFlags = CONTEXT_ALL;
  context.MxCsr = 0x1f80;
  context.EFlags = 0x202;
  LoadExportContext(&context, record);
  thread->host.records = record->head.previous;
  if (caught.unwinding) ContinueUnwind(&context, record->head.previous);
  EXCEPTION_RECORD raised = caught.record;
  raised.ExceptionAddress = reinterpret_cast<PVOID>(context.Rip);
  DispatchException(&raised, &context, record->head.previous);
  KiRestoreContext(&context);
}
