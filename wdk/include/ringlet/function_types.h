// Function types under their own names, with which drivers declare their routines, where mingw-w64 has only the pointers to them.
#pragma once

// The type of what a pointer type points to.
#define RINGLET_FUNCTION_TYPE(Type, Pointer) typedef __typeof__(*(Pointer)0) Type

RINGLET_FUNCTION_TYPE(RTL_QUERY_REGISTRY_ROUTINE, PRTL_QUERY_REGISTRY_ROUTINE);
RINGLET_FUNCTION_TYPE(IO_CSQ_INSERT_IRP, PIO_CSQ_INSERT_IRP);
RINGLET_FUNCTION_TYPE(IO_CSQ_REMOVE_IRP, PIO_CSQ_REMOVE_IRP);
RINGLET_FUNCTION_TYPE(IO_CSQ_PEEK_NEXT_IRP, PIO_CSQ_PEEK_NEXT_IRP);
RINGLET_FUNCTION_TYPE(IO_CSQ_ACQUIRE_LOCK, PIO_CSQ_ACQUIRE_LOCK);
RINGLET_FUNCTION_TYPE(IO_CSQ_RELEASE_LOCK, PIO_CSQ_RELEASE_LOCK);
RINGLET_FUNCTION_TYPE(IO_CSQ_COMPLETE_CANCELED_IRP, PIO_CSQ_COMPLETE_CANCELED_IRP);

// A dispatch routine that says at which IRQL it is called.
typedef DRIVER_DISPATCH DRIVER_DISPATCH_RAISED;
typedef DRIVER_DISPATCH DRIVER_DISPATCH_PAGED;

typedef PVOID(NTAPI ALLOCATE_FUNCTION)(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);
typedef PVOID(NTAPI ALLOCATE_FUNCTION_EX)(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag,
                                          _Inout_ PLOOKASIDE_LIST_EX Lookaside);
typedef VOID(NTAPI FREE_FUNCTION)(_In_ PVOID Buffer);
typedef VOID(NTAPI FREE_FUNCTION_EX)(_In_ PVOID Buffer, _Inout_ PLOOKASIDE_LIST_EX Lookaside);

typedef VOID(NTAPI ETWENABLECALLBACK)(_In_ LPCGUID SourceId, _In_ ULONG ControlCode, _In_ UCHAR Level, _In_ ULONGLONG MatchAnyKeyword,
                                      _In_ ULONGLONG MatchAllKeyword, _In_opt_ PEVENT_FILTER_DESCRIPTOR FilterData,
                                      _Inout_opt_ PVOID CallbackContext);
