// Function types under their own names, with which drivers declare their routines, where mingw-w64 has only the pointers to them.
#pragma once

typedef PVOID(NTAPI ALLOCATE_FUNCTION)(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);
typedef PVOID(NTAPI ALLOCATE_FUNCTION_EX)(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag,
                                          _Inout_ PLOOKASIDE_LIST_EX Lookaside);
typedef VOID(NTAPI FREE_FUNCTION)(_In_ PVOID Buffer);
typedef VOID(NTAPI FREE_FUNCTION_EX)(_In_ PVOID Buffer, _Inout_ PLOOKASIDE_LIST_EX Lookaside);

typedef VOID(NTAPI ETWENABLECALLBACK)(_In_ LPCGUID SourceId, _In_ ULONG ControlCode, _In_ UCHAR Level, _In_ ULONGLONG MatchAnyKeyword,
                                      _In_ ULONGLONG MatchAllKeyword, _In_opt_ PEVENT_FILTER_DESCRIPTOR FilterData,
                                      _Inout_opt_ PVOID CallbackContext);
