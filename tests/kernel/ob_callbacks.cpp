// Object callbacks: who may register, altitudes, what they see of handles, and the access they take away.
#include "ktest.h"

using namespace ktest;

extern "C" {
extern POBJECT_TYPE* ExDesktopObjectType;
extern POBJECT_TYPE* ExWindowStationObjectType;
}

namespace {

constexpr ACCESS_MASK kTerminate = 0x1, kQuery = 0x1000, kDupHandle = 0x40;

struct Seen {
  LONG pre, post;
  OB_OPERATION operation;
  ULONG kernel;
  PVOID object, source, target, context;
  POBJECT_TYPE type;
  ACCESS_MASK original, desired, granted;
  NTSTATUS status;
  KIRQL irql;
  BOOLEAN apcs_disabled;
  LONG order;
};
Seen low, high;
LONG clock_;
ACCESS_MASK taken, added;

OB_PREOP_CALLBACK_STATUS Pre(PVOID context, POB_PRE_OPERATION_INFORMATION info) {
  Seen& seen = *static_cast<Seen*>(context);
  ++seen.pre;
  seen.order = ++clock_;
  seen.operation = info->Operation;
  seen.kernel = info->KernelHandle;
  seen.object = info->Object;
  seen.type = info->ObjectType;
  seen.irql = KeGetCurrentIrql();
  seen.apcs_disabled = KeAreApcsDisabled();
  auto& parameters = info->Parameters->DuplicateHandleInformation;
  seen.original = parameters.OriginalDesiredAccess;
  if (info->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
    seen.source = parameters.SourceProcess;
    seen.target = parameters.TargetProcess;
  }
  parameters.DesiredAccess = (parameters.DesiredAccess & ~taken) | added;
  info->CallContext = &seen;
  return OB_PREOP_SUCCESS;
}

void Post(PVOID context, POB_POST_OPERATION_INFORMATION info) {
  Seen& seen = *static_cast<Seen*>(context);
  ++seen.post;
  seen.order = ++clock_;
  seen.context = info->CallContext;
  seen.status = info->ReturnStatus;
  seen.granted = info->Parameters->CreateHandleInformation.GrantedAccess;
}

struct Request {
  OB_OPERATION_REGISTRATION operations[2];
  OB_CALLBACK_REGISTRATION registration;
  PVOID handle;

  Request(PCWSTR altitude, Seen* seen) {
    operations[0] = {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, Pre, Post};
    operations[1] = {PsThreadType, OB_OPERATION_HANDLE_CREATE, Pre, nullptr};
    registration = {OB_FLT_REGISTRATION_VERSION, 2, {}, seen, operations};
    RtlInitUnicodeString(&registration.Altitude, altitude);
    handle = nullptr;
  }
  NTSTATUS Register() { return ObRegisterCallbacks(&registration, &handle); }
};

void Reset() {
  low = high = {};
  clock_ = 0;
  taken = added = 0;
}

ACCESS_MASK GrantedAccess(HANDLE handle) {
  OBJECT_HANDLE_INFORMATION information = {};
  PVOID object;
  if (!NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, &information))) return 0;
  ObDereferenceObject(object);
  return information.GrantedAccess;
}

NTSTATUS OpenSelf(ULONG attributes, ACCESS_MASK access, HANDLE* handle) {
  return ObOpenObjectByPointer(PsGetCurrentProcess(), attributes, nullptr, access, *PsProcessType, KernelMode, handle);
}

ULONG& ImageFlags() { return *reinterpret_cast<ULONG*>(static_cast<char*>(ktest::driver->DriverSection) + 0x68); }

}  // namespace

KTEST(BadRegistrationsAreRefused) {
  EXPECT_EQ(ObGetFilterVersion(), 0x100);
  Request version(L"1000", &low);
  version.registration.Version = 0x200;
  EXPECT_EQ(version.Register(), STATUS_INVALID_PARAMETER);
  Request none(L"1000", &low);
  none.registration.OperationRegistrationCount = 0;
  EXPECT_EQ(none.Register(), STATUS_INVALID_PARAMETER);
  Request type(L"1000", &low);
  type.operations[0].ObjectType = ExEventObjectType;
  EXPECT_EQ(type.Register(), STATUS_INVALID_PARAMETER);
  Request operation(L"1000", &low);
  operation.operations[1].Operations = 0;
  EXPECT_EQ(operation.Register(), STATUS_INVALID_PARAMETER);
  Request routines(L"1000", &low);
  routines.operations[1].PreOperation = nullptr;
  EXPECT_EQ(routines.Register(), STATUS_INVALID_PARAMETER);
  Request altitude(L"abc", &low);
  EXPECT_EQ(altitude.Register(), STATUS_INVALID_PARAMETER);
  Request flag(L"1000", &low);
  ImageFlags() &= ~0x20ul;
  EXPECT_EQ(flag.Register(), STATUS_ACCESS_DENIED);
  ImageFlags() |= 0x20;
}

KTEST(DesktopsAreKnown) {
  Request request(L"1000", &low);
  request.operations[1] = {ExDesktopObjectType, OB_OPERATION_HANDLE_CREATE, Pre, Post};
  EXPECT_EQ(request.Register(), STATUS_SUCCESS);
  ObUnRegisterCallbacks(request.handle);
  request.operations[1].ObjectType = ExWindowStationObjectType;
  EXPECT_EQ(request.Register(), STATUS_INVALID_PARAMETER);
}

KTEST(AltitudesDoNotCollide) {
  Request first(L"1000.5", &low), same(L"01000.50", &low), other(L"1000.51", &high);
  EXPECT_EQ(first.Register(), STATUS_SUCCESS);
  EXPECT_EQ(same.Register(), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  EXPECT_EQ(other.Register(), STATUS_SUCCESS);
  ObUnRegisterCallbacks(first.handle);
  EXPECT_EQ(same.Register(), STATUS_SUCCESS);
  ObUnRegisterCallbacks(same.handle);
  ObUnRegisterCallbacks(other.handle);
}

KTEST(AccessIsTakenAway) {
  Reset();
  Request request(L"1000", &low);
  REQUIRE(NT_SUCCESS(request.Register()));
  taken = kTerminate;
  added = kDupHandle;
  HANDLE handle;
  EXPECT_EQ(OpenSelf(0, kTerminate | kQuery, &handle), STATUS_SUCCESS);
  EXPECT_EQ(GrantedAccess(handle), kQuery);
  EXPECT_EQ(low.pre, 1);
  EXPECT_EQ(low.post, 1);
  EXPECT_EQ(low.operation, OB_OPERATION_HANDLE_CREATE);
  EXPECT_EQ(low.kernel, 0);
  EXPECT(low.object == PsGetCurrentProcess());
  EXPECT(low.type == *PsProcessType);
  EXPECT_EQ(low.original, kTerminate | kQuery);
  EXPECT_EQ(low.granted, kQuery);
  EXPECT(low.context == &low);
  EXPECT_EQ(low.status, STATUS_SUCCESS);
  EXPECT_EQ(low.irql, PASSIVE_LEVEL);
  EXPECT_EQ(low.apcs_disabled, TRUE);
  ZwClose(handle);
  // The kernel's own handles are seen, and left alone.
  EXPECT_EQ(OpenSelf(OBJ_KERNEL_HANDLE, kTerminate | kQuery, &handle), STATUS_SUCCESS);
  EXPECT_EQ(low.kernel, 1);
  EXPECT_EQ(GrantedAccess(handle), kTerminate | kQuery);
  ZwClose(handle);
  ObUnRegisterCallbacks(request.handle);
  EXPECT_EQ(OpenSelf(0, kTerminate, &handle), STATUS_SUCCESS);
  EXPECT_EQ(low.pre, 2);
  ZwClose(handle);
}

KTEST(DuplicationsNameBothProcesses) {
  HANDLE handle, copy;
  REQUIRE(NT_SUCCESS(OpenSelf(0, kTerminate | kQuery, &handle)));
  Reset();
  Request request(L"1000", &low);
  REQUIRE(NT_SUCCESS(request.Register()));
  taken = kTerminate;
  EXPECT_EQ(ZwDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS), STATUS_SUCCESS);
  EXPECT_EQ(low.operation, OB_OPERATION_HANDLE_DUPLICATE);
  EXPECT(low.source == PsGetCurrentProcess());
  EXPECT(low.target == PsGetCurrentProcess());
  EXPECT_EQ(GrantedAccess(copy), kQuery);
  EXPECT_EQ(GrantedAccess(handle), kTerminate | kQuery);
  ObUnRegisterCallbacks(request.handle);
  ZwClose(copy);
  ZwClose(handle);
}

KTEST(TheHighestIsFirstBeforeAndLastAfter) {
  Reset();
  Request lower(L"999.9", &low), higher(L"10000", &high);
  REQUIRE(NT_SUCCESS(lower.Register()));
  REQUIRE(NT_SUCCESS(higher.Register()));
  HANDLE handle;
  EXPECT_EQ(OpenSelf(0, kQuery, &handle), STATUS_SUCCESS);
  EXPECT_EQ(clock_, 4);
  EXPECT_EQ(low.order, 3);
  EXPECT_EQ(high.order, 4);
  ZwClose(handle);
  // Threads: there is no post-operation.
  Reset();
  EXPECT_EQ(ObOpenObjectByPointer(KeGetCurrentThread(), 0, nullptr, 0x40, *PsThreadType, KernelMode, &handle), STATUS_SUCCESS);
  EXPECT_EQ(high.order, 1);
  EXPECT_EQ(low.order, 2);
  EXPECT_EQ(low.post, 0);
  EXPECT(low.type == *PsThreadType);
  ZwClose(handle);
  ObUnRegisterCallbacks(higher.handle);
  ObUnRegisterCallbacks(lower.handle);
}
