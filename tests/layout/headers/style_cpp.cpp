// A C++20 driver with small classes: locks by RAII, own operator new, templates, callbacks, enumerations with flags.
#include <Aux_Klib.h>
#include <ntifs.h>
#include <ntstrsafe.h>

constexpr ULONG Tag = 'ppcS';

void* operator new(size_t size, POOL_FLAGS flags) { return ExAllocatePool2(flags, size, Tag); }
void operator delete(void* block, size_t) { ExFreePoolWithTag(block, Tag); }
void operator delete(void* block) { ExFreePoolWithTag(block, Tag); }

class FastMutex {
 public:
  void Init() { ExInitializeFastMutex(&mutex_); }
  void Lock() { ExAcquireFastMutex(&mutex_); }
  void Unlock() { ExReleaseFastMutex(&mutex_); }

 private:
  FAST_MUTEX mutex_;
};

class SharedSpinLock {
 public:
  void Lock() { irql_ = ExAcquireSpinLockExclusive(&lock_); }
  void Unlock() { ExReleaseSpinLockExclusive(&lock_, irql_); }

 private:
  EX_SPIN_LOCK lock_ = 0;
  KIRQL irql_ = PASSIVE_LEVEL;
};

template <typename TLock>
struct Locker {
  explicit Locker(TLock& lock) : lock_(lock) { lock.Lock(); }
  ~Locker() { lock_.Unlock(); }
  TLock& lock_;
};

enum class Events : ULONG { None = 0, Process = 1, Thread = 2, Image = 4, Registry = 8 };
DEFINE_ENUM_FLAG_OPERATORS(Events)

struct Item {
  LIST_ENTRY Entry;
  LARGE_INTEGER Time;
  ULONG ProcessId;
};

struct Globals {
  LIST_ENTRY Items;
  FastMutex Mutex;
  SharedSpinLock Spin;
  Events Enabled = Events::Process | Events::Thread;
  LARGE_INTEGER Cookie;
  PVOID Registration;
};
static Globals g_State;

static void Push(ULONG processId) {
  auto item = new (POOL_FLAG_NON_PAGED) Item;
  if (!item) return;
  KeQuerySystemTimePrecise(&item->Time);
  item->ProcessId = processId;
  Locker locker(g_State.Mutex);
  InsertTailList(&g_State.Items, &item->Entry);
}

void OnProcessNotify(PEPROCESS, HANDLE processId, PPS_CREATE_NOTIFY_INFO info) {
  if (info && info->ImageFileName) KdPrint(("created %wZ\n", info->ImageFileName));
  Push(HandleToULong(processId));
}

void OnThreadNotify(HANDLE, HANDLE, BOOLEAN) {
  Locker locker(g_State.Spin);
  g_State.Enabled |= Events::Thread;
}

NTSTATUS OnRegistryNotify(PVOID, PVOID argument1, PVOID argument2) {
  if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 == RegNtPostSetValueKey) {
    auto args = static_cast<REG_POST_OPERATION_INFORMATION*>(argument2);
    PCUNICODE_STRING name;
    if (NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&g_State.Cookie, args->Object, nullptr, &name, 0))) CmCallbackReleaseKeyObjectIDEx(name);
  }
  return STATUS_SUCCESS;
}

OB_PREOP_CALLBACK_STATUS OnPreOpenProcess(PVOID, POB_PRE_OPERATION_INFORMATION info) {
  if (!info->KernelHandle) info->Parameters->CreateHandleInformation.DesiredAccess &= ~1u;
  return OB_PREOP_SUCCESS;
}

static void Clear() {
  while (!IsListEmpty(&g_State.Items)) {
    delete CONTAINING_RECORD(RemoveHeadList(&g_State.Items), Item, Entry);
  }
}

static void Thread(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

void StyleUnload(PDRIVER_OBJECT DriverObject) {
  PsSetCreateProcessNotifyRoutineEx(OnProcessNotify, TRUE);
  PsRemoveCreateThreadNotifyRoutine(OnThreadNotify);
  CmUnRegisterCallback(g_State.Cookie);
  ObUnRegisterCallbacks(g_State.Registration);
  Clear();
  IoDeleteDevice(DriverObject->DeviceObject);
}

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING) {
  InitializeListHead(&g_State.Items);
  g_State.Mutex.Init();
  UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"12345.6171");
  OBJECT_ATTRIBUTES attributes = RTL_CONSTANT_OBJECT_ATTRIBUTES(&altitude, OBJ_KERNEL_HANDLE);
  OB_OPERATION_REGISTRATION operations[] = {
      {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, OnPreOpenProcess, nullptr}};
  OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1, altitude, nullptr, operations};
  auto status = ObRegisterCallbacks(&registration, &g_State.Registration);
  if (!NT_SUCCESS(status)) return status;
  status = CmRegisterCallbackEx(OnRegistryNotify, &altitude, DriverObject, nullptr, &g_State.Cookie, nullptr);
  if (NT_SUCCESS(status)) status = PsSetCreateProcessNotifyRoutineEx(OnProcessNotify, FALSE);
  if (NT_SUCCESS(status)) status = PsSetCreateThreadNotifyRoutine(OnThreadNotify);
  HANDLE thread;
  if (NT_SUCCESS(status)) status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, nullptr, nullptr, Thread, nullptr);
  if (NT_SUCCESS(status)) ZwClose(thread);
  DriverObject->DriverUnload = StyleUnload;
  return status;
}
