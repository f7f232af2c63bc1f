// Named and unnamed events, mutants and semaphores, and the services that wait for handles.
#include "kernel/api/api.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/ob/services.h"
#include "kernel/ob/state.h"
#include "kernel/ob/timer_object.h"
#include "nt/status.h"

extern "C" {
LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
VOID KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner);
LONG KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait);
}

namespace nt::ob {
namespace {

POBJECT_TYPE event_type;
POBJECT_TYPE semaphore_type;
POBJECT_TYPE mutant_type;

constexpr ACCESS_MASK kModifyState = 2;

using mm::FromUser;

template <class T>
NTSTATUS Store(T* to, const T& value) {
  return to != nullptr ? mm::Store(to, value) : STATUS_SUCCESS;
}

void Publish(const char* name, POBJECT_TYPE type) {
  if (const api::Export* const entry = api::Find("ntoskrnl.exe", name); entry != nullptr && api::AddressOf(*entry) != nullptr) {
    *static_cast<POBJECT_TYPE*>(api::AddressOf(*entry)) = type;
  }
}

/// A mutant that goes while somebody owns it is his no more.
void Disown(PKMUTANT mutant) {
  if (mutant->OwnerThread != nullptr) KeReleaseMutant(mutant, 0, TRUE, FALSE);
}

}  // namespace

void InitializeDispatcherTypes() {
  event_type = CreateType(
      {.name = u"Event", .mapping = {0x20001, 0x20002, 0x120000, 0x1f0003}, .valid_access = 0x1f0003, .secured = true, .dispatcher = true});
  semaphore_type = CreateType({.name = u"Semaphore",
                               .mapping = {0x20001, 0x20002, 0x120000, 0x1f0003},
                               .valid_access = 0x1f0003,
                               .secured = true,
                               .dispatcher = true});
  mutant_type = CreateType({.name = u"Mutant",
                            .mapping = {0x20001, 0x20000, 0x120000, 0x1f0001},
                            .valid_access = 0x1f0001,
                            .secured = true,
                            .dispatcher = true,
                            .destroy = [](PVOID object) { Disown(static_cast<PKMUTANT>(object)); }});
  InitializeTimerType();
}

void PublishDispatcherTypes() {
  Publish("ExEventObjectType", event_type);
  Publish("ExSemaphoreObjectType", semaphore_type);
  Publish("ExMutantObjectType", mutant_type);
  // Nothing makes desktops, but drivers register callbacks for them.
  Publish("ExDesktopObjectType",
          CreateType(
              {.name = u"Desktop", .mapping = {0x20041, 0x200be, 0x20100, 0xf01ff}, .valid_access = 0xf01ff, .supports_callbacks = true}));
  Publish("ExWindowStationObjectType",
          CreateType({.name = u"WindowStation", .mapping = {0x20303, 0x2001c, 0x20060, 0xf037f}, .valid_access = 0xf037f}));
  // Nothing makes transactions, but drivers compare types with theirs.
  Publish("TmTransactionObjectType",
          CreateType({.name = u"TmTx", .mapping = {0x120001, 0x12003e, 0x120018, 0x1f003f}, .valid_access = 0x1f003f}));
}

}  // namespace nt::ob

using namespace nt::ob;
namespace ke = nt::ke;
namespace mm = nt::mm;

namespace {

/// Runs `work` on the referenced object behind a handle.
template <class T, class Work>
NTSTATUS WithObject(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, Work work) {
  PVOID object = nullptr;
  NTSTATUS status = ObReferenceObjectByHandle(handle, access, type, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = work(static_cast<T*>(object));
  ObfDereferenceObject(object);
  return status;
}

/// Likewise; the state before is stored in the end, and where that is bad memory nothing is done.
template <class T, class Work>
NTSTATUS WithPrevious(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, PLONG previous, Work work) {
  const NTSTATUS probed = mm::ProbeResult(previous, sizeof *previous);
  return NT_SUCCESS(probed) ? WithObject<T>(handle, access, type, work) : probed;
}

struct EVENT_BASIC_INFORMATION {
  ULONG EventType;
  LONG EventState;
};

struct MUTANT_BASIC_INFORMATION {
  LONG CurrentCount;
  BOOLEAN OwnedByCaller;
  BOOLEAN AbandonedState;
};

struct MUTANT_OWNER_INFORMATION {
  CLIENT_ID ClientId;
};

struct SEMAPHORE_BASIC_INFORMATION {
  ULONG CurrentCount;
  LONG MaximumCount;
};

struct BasicQuery {
  HANDLE handle;
  POBJECT_TYPE type;
  ULONG information_class;
  PVOID buffer;
  ULONG length;
  PULONG return_length;
  ULONG known_class = 0;  ///< the one that is described
};

template <class T, class Describe>
NTSTATUS QueryBasic(const BasicQuery& query, Describe describe) {
  constexpr ACCESS_MASK kQueryState = 1;
  using Information = decltype(describe(static_cast<T*>(nullptr)));
  const NTSTATUS probed = mm::ProbeAnswer(query.buffer, sizeof(Information), query.return_length);
  if (!NT_SUCCESS(probed)) return probed;
  if (query.information_class != query.known_class) return STATUS_INVALID_INFO_CLASS;
  if (query.length != sizeof(Information)) return STATUS_INFO_LENGTH_MISMATCH;
  return WithObject<T>(query.handle, kQueryState, query.type, [&](T* object) {
    const NTSTATUS status = Store(static_cast<Information*>(query.buffer), describe(object));
    return NT_SUCCESS(status) ? Store<ULONG>(query.return_length, sizeof(Information)) : status;
  });
}

PKEVENT CreateNamedEvent(PUNICODE_STRING name, PHANDLE handle, EVENT_TYPE type) {
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, name, OBJ_OPENIF | OBJ_KERNEL_HANDLE, nullptr, nullptr};
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, event_type, &attributes, KernelMode, nullptr, sizeof(KEVENT), 0, 0, &object))) return nullptr;
  KeInitializeEvent(static_cast<PKEVENT>(object), type, TRUE);
  PVOID inserted = nullptr;
  if (!NT_SUCCESS(ObInsertObject(object, nullptr, 0x1f0003, 0, &inserted, handle))) return nullptr;
  ObfDereferenceObject(inserted);  // the handle keeps it
  return static_cast<PKEVENT>(inserted);
}

}  // namespace

extern "C" {

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
  return CreateNamedEvent(EventName, EventHandle, NotificationEvent);
}
PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
  return CreateNamedEvent(EventName, EventHandle, SynchronizationEvent);
}

NTSTATUS NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                       BOOLEAN InitialState) {
  if (EventType != NotificationEvent && EventType != SynchronizationEvent) return STATUS_INVALID_PARAMETER;
  PVOID const object = AllocateObject(event_type, sizeof(KEVENT));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeEvent(static_cast<PKEVENT>(object), EventType, InitialState);
  return InsertNew(object, ObjectAttributes, DesiredAccess, EventHandle);
}

NTSTATUS NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(EventHandle, DesiredAccess, ObjectAttributes, event_type);
}

NTSTATUS NtSetEvent(HANDLE EventHandle, PLONG PreviousState) {
  return WithPrevious<KEVENT>(EventHandle, kModifyState, event_type, PreviousState,
                              [&](PKEVENT event) { return Store(PreviousState, KeSetEvent(event, EVENT_INCREMENT, FALSE)); });
}

NTSTATUS NtResetEvent(HANDLE EventHandle, PLONG PreviousState) {
  return WithPrevious<KEVENT>(EventHandle, kModifyState, event_type, PreviousState,
                              [&](PKEVENT event) { return Store(PreviousState, KeResetEvent(event)); });
}

NTSTATUS NtClearEvent(HANDLE EventHandle) { return NtResetEvent(EventHandle, nullptr); }

NTSTATUS NtPulseEvent(HANDLE EventHandle, PLONG PreviousState) {
  return WithPrevious<KEVENT>(EventHandle, kModifyState, event_type, PreviousState,
                              [&](PKEVENT event) { return Store(PreviousState, KePulseEvent(event, EVENT_INCREMENT, FALSE)); });
}

NTSTATUS NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner) {
  PVOID const object = AllocateObject(mutant_type, sizeof(KMUTANT));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeMutant(static_cast<PKMUTANT>(object), InitialOwner);
  return InsertNew(object, ObjectAttributes, DesiredAccess, MutantHandle);
}

NTSTATUS NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount) {
  return WithPrevious<KMUTANT>(MutantHandle, 0, mutant_type, PreviousCount, [&](PKMUTANT mutant) {
    if (mutant->OwnerThread != ke::CurrentThread()) return STATUS_MUTANT_NOT_OWNED;
    return Store(PreviousCount, KeReleaseMutant(mutant, 1, FALSE, FALSE));
  });
}

NTSTATUS NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount,
                           LONG MaximumCount) {
  if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount) return STATUS_INVALID_PARAMETER;
  PVOID const object = AllocateObject(semaphore_type, sizeof(KSEMAPHORE));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeSemaphore(static_cast<PKSEMAPHORE>(object), InitialCount, MaximumCount);
  return InsertNew(object, ObjectAttributes, DesiredAccess, SemaphoreHandle);
}

NTSTATUS NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount) {
  if (ReleaseCount <= 0) return STATUS_INVALID_PARAMETER;
  return WithPrevious<KSEMAPHORE>(SemaphoreHandle, kModifyState, semaphore_type, PreviousCount, [&](PKSEMAPHORE semaphore) {
    if (LONGLONG{semaphore->Header.SignalState} + ReleaseCount > semaphore->Limit) return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    return Store(PreviousCount, KeReleaseSemaphore(semaphore, 1, ReleaseCount, FALSE));
  });
}

NTSTATUS NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(MutantHandle, DesiredAccess, ObjectAttributes, mutant_type);
}

NTSTATUS NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(SemaphoreHandle, DesiredAccess, ObjectAttributes, semaphore_type);
}

NTSTATUS NtQueryEvent(HANDLE EventHandle, ULONG EventInformationClass, PVOID EventInformation, ULONG Length, PULONG ReturnLength) {
  return QueryBasic<KEVENT>({EventHandle, event_type, EventInformationClass, EventInformation, Length, ReturnLength}, [](PKEVENT event) {
    return EVENT_BASIC_INFORMATION{static_cast<ULONG>(event->Header.Type & 1), event->Header.SignalState};
  });
}

NTSTATUS NtQueryMutant(HANDLE MutantHandle, ULONG MutantInformationClass, PVOID MutantInformation, ULONG Length, PULONG ReturnLength) {
  constexpr ULONG kOwner = 1;
  if (MutantInformationClass == kOwner) {
    return QueryBasic<KMUTANT>({MutantHandle, mutant_type, kOwner, MutantInformation, Length, ReturnLength, kOwner}, [](PKMUTANT mutant) {
      auto* const owner = reinterpret_cast<PETHREAD>(mutant->OwnerThread);
      return owner != nullptr ? MUTANT_OWNER_INFORMATION{owner->Cid} : MUTANT_OWNER_INFORMATION{};
    });
  }
  return QueryBasic<KMUTANT>({MutantHandle, mutant_type, MutantInformationClass, MutantInformation, Length, ReturnLength},
                             [](PKMUTANT mutant) {
                               const bool own = mutant->OwnerThread == ke::CurrentThread();
                               return MUTANT_BASIC_INFORMATION{mutant->Header.SignalState, own ? TRUE : FALSE, mutant->Abandoned};
                             });
}

NTSTATUS NtQuerySemaphore(HANDLE SemaphoreHandle, ULONG SemaphoreInformationClass, PVOID SemaphoreInformation, ULONG Length,
                          PULONG ReturnLength) {
  return QueryBasic<KSEMAPHORE>({SemaphoreHandle, semaphore_type, SemaphoreInformationClass, SemaphoreInformation, Length, ReturnLength},
                                [](PKSEMAPHORE semaphore) {
                                  return SEMAPHORE_BASIC_INFORMATION{static_cast<ULONG>(semaphore->Header.SignalState), semaphore->Limit};
                                });
}

NTSTATUS NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
  LARGE_INTEGER timeout;
  if (Timeout != nullptr) {
    const NTSTATUS status = FromUser() ? mm::ReadUser(Timeout, &timeout) : (timeout = *Timeout, STATUS_SUCCESS);
    if (!NT_SUCCESS(status)) return status;
  }
  return WithObject<VOID>(Handle, SYNCHRONIZE, nullptr, [&](PVOID object) {
    PVOID const dispatcher = DispatcherOf(object);
    if (dispatcher == nullptr) return STATUS_OBJECT_TYPE_MISMATCH;
    return KeWaitForSingleObject(dispatcher, UserRequest, ke::PreviousMode(), Alertable, Timeout != nullptr ? &timeout : nullptr);
  });
}

NTSTATUS NtWaitForMultipleObjects(ULONG Count, PHANDLE Handles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
  if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) return STATUS_INVALID_PARAMETER_1;
  if (WaitType != WaitAll && WaitType != WaitAny) return STATUS_INVALID_PARAMETER_3;
  HANDLE handles[MAXIMUM_WAIT_OBJECTS];
  LARGE_INTEGER timeout{};
  NTSTATUS status = STATUS_SUCCESS;
  if (FromUser()) {
    status = mm::CopyFromUser(handles, Handles, Count * sizeof(HANDLE));
    if (NT_SUCCESS(status) && Timeout != nullptr) status = mm::ReadUser(Timeout, &timeout);
  } else {
    __builtin_memcpy(handles, Handles, Count * sizeof(HANDLE));
    if (Timeout != nullptr) timeout = *Timeout;
  }
  PVOID objects[MAXIMUM_WAIT_OBJECTS];
  PVOID dispatchers[MAXIMUM_WAIT_OBJECTS];
  ULONG referenced = 0;
  for (; NT_SUCCESS(status) && referenced < Count; ++referenced) {
    status = ObReferenceObjectByHandle(handles[referenced], SYNCHRONIZE, nullptr, ke::PreviousMode(), &objects[referenced], nullptr);
    if (!NT_SUCCESS(status)) break;
    dispatchers[referenced] = DispatcherOf(objects[referenced]);
    if (dispatchers[referenced] == nullptr) status = STATUS_OBJECT_TYPE_MISMATCH;
    for (ULONG i = 0; WaitType == WaitAll && i < referenced; ++i) {
      if (objects[i] == objects[referenced]) status = STATUS_INVALID_PARAMETER_MIX;
    }
  }
  if (NT_SUCCESS(status)) {
    KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
    status = KeWaitForMultipleObjects(Count, dispatchers, WaitType, UserRequest, ke::PreviousMode(), Alertable,
                                      Timeout != nullptr ? &timeout : nullptr, blocks);
  }
  for (ULONG i = 0; i < referenced; ++i) ObfDereferenceObject(objects[i]);
  return status;
}

}  // extern "C"

namespace nt::ob {

void CreateState();

void Initialize() {
  CreateState();
  CreateType({.name = u"Type"});  // of types, itself among them
  CreateNamespace();
  InitializeDispatcherTypes();
}

}  // namespace nt::ob
