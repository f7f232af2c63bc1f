// C++20 with classes, templates and RAII, in the way of drivers that watch processes, objects and the registry.
#include <ntifs.h>

#include <acpiioct.h>
#include <bcrypt.h>
#include <initguid.h>
#include <ntdddisk.h>
#include <ntddkbd.h>
#include <ntddmou.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <wdmsec.h>

// {7B0A5B0C-3A0E-4E0B-9B3B-1C5C2C9A2F10}
DEFINE_GUID(GUID_DEVINTERFACE_MONITOR, 0x7b0a5b0c, 0x3a0e, 0x4e0b, 0x9b, 0x3b, 0x1c, 0x5c, 0x2c, 0x9a, 0x2f, 0x10);

EXTERN_C_START
DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD MonitorUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH MonitorCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH MonitorDeviceControl;
EXTERN_C_END

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, MonitorUnload)
#endif

void* __cdecl operator new(size_t size, POOL_FLAGS flags, ULONG tag) { return ExAllocatePool2(flags, size, tag); }
void __cdecl operator delete(void* block, size_t) noexcept {
  if (block != nullptr) ExFreePool(block);
}

namespace kstd {

template <class Lock>
class [[nodiscard]] LockGuard {
 public:
  _IRQL_requires_max_(APC_LEVEL) explicit LockGuard(Lock& lock) : lock_(lock) { lock_.Acquire(); }
  ~LockGuard() { lock_.Release(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

class FastMutex {
 public:
  void Init() { ExInitializeFastMutex(&mutex_); }
  _IRQL_raises_(APC_LEVEL) _IRQL_saves_global_(OldIrql, mutex_) void Acquire() { ExAcquireFastMutex(&mutex_); }
  _IRQL_requires_(APC_LEVEL) void Release() { ExReleaseFastMutex(&mutex_); }

 private:
  FAST_MUTEX mutex_;
};

class PushLock {
 public:
  void Init() { ExInitializePushLock(&lock_); }
  void Acquire() {
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&lock_);
  }
  void Release() {
    ExReleasePushLockExclusive(&lock_);
    KeLeaveCriticalRegion();
  }

 private:
  EX_PUSH_LOCK lock_;
};

template <class T>
concept Listed = requires(T item) { item.Entry.Flink; };

template <Listed T, class Lock, ULONG Limit>
class List {
 public:
  void Init() {
    InitializeListHead(&head_);
    lock_.Init();
  }
  void Push(_In_ T* item) {
    LockGuard guard(lock_);
    if (count_ == Limit) delete CONTAINING_RECORD(RemoveHeadList(&head_), T, Entry), --count_;
    InsertTailList(&head_, &item->Entry);
    ++count_;
  }
  _Ret_maybenull_ T* Pop() {
    LockGuard guard(lock_);
    if (IsListEmpty(&head_)) return nullptr;
    --count_;
    return CONTAINING_RECORD(RemoveHeadList(&head_), T, Entry);
  }

 private:
  LIST_ENTRY head_;
  Lock lock_;
  ULONG count_ = 0;
};

}  // namespace kstd

enum class ItemType : short { None, ProcessCreate, ProcessExit, ThreadCreate, ImageLoad, RegistrySet };

struct Item {
  LIST_ENTRY Entry;
  ItemType Type;
  LARGE_INTEGER Time;
  ULONG ProcessId;
};

constexpr ULONG kTag = 'noMM';
static kstd::List<Item, kstd::FastMutex, 1024> g_items;
static kstd::PushLock g_lock;
static LARGE_INTEGER g_cookie;
static PVOID g_registration;

static void Add(ItemType type, HANDLE process) {
  auto item = new (POOL_FLAG_PAGED, kTag) Item;
  if (!item) return;
  item->Type = type;
  item->ProcessId = HandleToULong(process);
  KeQuerySystemTimePrecise(&item->Time);
  g_items.Push(item);
}

_Use_decl_annotations_ static void OnProcess(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info) {
  if (info != nullptr && info->CommandLine != nullptr && info->FileOpenNameAvailable) {
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "%p %u %wZ\n", process, HandleToUlong(id), info->CommandLine);
    if (info->CreationStatus == STATUS_SUCCESS && info->ParentProcessId == info->CreatingThreadId.UniqueProcess)
      info->CreationStatus = STATUS_ACCESS_DENIED;
  }
  Add(info ? ItemType::ProcessCreate : ItemType::ProcessExit, id);
}

static void OnThread(_In_ HANDLE process, _In_ HANDLE, _In_ BOOLEAN create) {
  if (create) Add(ItemType::ThreadCreate, process);
}

static void OnImage(_In_opt_ PUNICODE_STRING name, _In_ HANDLE process, _In_ PIMAGE_INFO info) {
  if (info->ExtendedInfoPresent) {
    auto extended = CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo);
    UNREFERENCED_PARAMETER(extended->FileObject);
  }
  UNREFERENCED_PARAMETER(name);
  if (!info->SystemModeImage) Add(ItemType::ImageLoad, process);
}

static NTSTATUS OnRegistry(_In_ PVOID, _In_opt_ PVOID type, _In_opt_ PVOID argument) {
  switch (static_cast<REG_NOTIFY_CLASS>(reinterpret_cast<ULONG_PTR>(type))) {
    case RegNtPostSetValueKey: {
      auto post = static_cast<PREG_POST_OPERATION_INFORMATION>(argument);
      PCUNICODE_STRING name = nullptr;
      if (!NT_SUCCESS(post->Status)) break;
      if (NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&g_cookie, post->Object, nullptr, &name, 0))) {
        auto pre = static_cast<PREG_SET_VALUE_KEY_INFORMATION>(post->PreInformation);
        UNREFERENCED_PARAMETER(pre->ValueName);
        CmCallbackReleaseKeyObjectIDEx(name);
        Add(ItemType::RegistrySet, PsGetCurrentProcessId());
      }
      break;
    }
    default:
      break;
  }
  return STATUS_SUCCESS;
}

static OB_PREOP_CALLBACK_STATUS OnPreOpen(_In_ PVOID, _Inout_ POB_PRE_OPERATION_INFORMATION info) {
  if (info->KernelHandle) return OB_PREOP_SUCCESS;
  if (info->ObjectType == *PsProcessType) info->Parameters->CreateHandleInformation.DesiredAccess &= ~1u;
  return OB_PREOP_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS MonitorCreateClose(PDEVICE_OBJECT, PIRP irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS MonitorDeviceControl(PDEVICE_OBJECT, PIRP irp) {
  auto const stack = IoGetCurrentIrpStackLocation(irp);
  auto const& ioctl = stack->Parameters.DeviceIoControl;
  auto status = STATUS_INVALID_DEVICE_REQUEST;
  ULONG_PTR information = 0;
  ULONG needed = 0;
  switch (ioctl.IoControlCode) {
    case CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS): {
      status = RtlULongMult(sizeof(Item), 16, &needed);
      if (!NT_SUCCESS(status)) break;
      kstd::LockGuard guard(g_lock);
      if (auto item = g_items.Pop(); item != nullptr && ioctl.OutputBufferLength >= sizeof(ULONG)) {
        *static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer) = item->ProcessId;
        information = sizeof(ULONG);
        delete item;
      }
      break;
    }
    case IOCTL_KEYBOARD_QUERY_ATTRIBUTES:
    case IOCTL_MOUSE_QUERY_ATTRIBUTES:
    case IOCTL_DISK_GET_DRIVE_GEOMETRY:
    case IOCTL_ACPI_EVAL_METHOD:
      status = STATUS_NOT_SUPPORTED;
      break;
  }
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

_Use_decl_annotations_ void MonitorUnload(PDRIVER_OBJECT driver) {
  PAGED_CODE();
  if (g_registration) ObUnRegisterCallbacks(g_registration);
  CmUnRegisterCallback(g_cookie);
  PsRemoveLoadImageNotifyRoutine(OnImage);
  PsRemoveCreateThreadNotifyRoutine(OnThread);
  PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
  DECLARE_CONST_UNICODE_STRING(link, L"\\??\\Monitor");
  IoDeleteSymbolicLink(const_cast<PUNICODE_STRING>(&link));
  IoDeleteDevice(driver->DeviceObject);
}

_Use_decl_annotations_ extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
  g_items.Init();
  g_lock.Init();
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Monitor"), link = RTL_CONSTANT_STRING(L"\\??\\Monitor");
  UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"7657.124"), sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  OB_OPERATION_REGISTRATION operations[] = {
      {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, OnPreOpen, nullptr}};
  OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, ARRAYSIZE(operations), altitude, nullptr, operations};
  PDEVICE_OBJECT device = nullptr;
  bool linked = false, process = false, thread = false;
  auto status = STATUS_SUCCESS;
  do {
    status = WdmlibIoCreateDeviceSecure(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, TRUE, &sddl,
                                        &GUID_DEVINTERFACE_MONITOR, &device);
    if (!NT_SUCCESS(status)) break;
    device->Flags |= DO_DIRECT_IO;
    if (status = IoCreateSymbolicLink(&link, &name); !NT_SUCCESS(status)) break;
    linked = true;
    if (status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE); !NT_SUCCESS(status)) break;
    process = true;
    if (status = PsSetCreateThreadNotifyRoutine(OnThread); !NT_SUCCESS(status)) break;
    thread = true;
    if (status = PsSetLoadImageNotifyRoutine(OnImage); !NT_SUCCESS(status)) break;
    if (status = CmRegisterCallbackEx(OnRegistry, &altitude, driver, nullptr, &g_cookie, nullptr); !NT_SUCCESS(status)) break;
    status = ObRegisterCallbacks(&registration, &g_registration);
  } while (false);
  if (!NT_SUCCESS(status)) {
    KdPrint(("failed for %wZ: 0x%08X\n", path, status));
    if (thread) PsRemoveCreateThreadNotifyRoutine(OnThread);
    if (process) PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
    if (linked) IoDeleteSymbolicLink(&link);
    if (device) IoDeleteDevice(device);
    return status;
  }
  driver->DriverUnload = MonitorUnload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = MonitorCreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MonitorDeviceControl;
  return status;
}
