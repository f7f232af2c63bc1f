// The object types that ntoskrnl exports. No DECLSPEC_IMPORT: the import library resolves each name to its import table entry, which
// holds the address of the variable, so `*IoFileObjectType` is the type.
#pragma once

#undef CmKeyObjectType
#undef ExEventObjectType
#undef ExSemaphoreObjectType
#undef IoFileObjectType
#undef PsThreadType
#undef SeTokenObjectType
#undef PsProcessType
#undef TmEnlistmentObjectType
#undef TmResourceManagerObjectType
#undef TmTransactionManagerObjectType
#undef TmTransactionObjectType

EXTERN_C_START
extern POBJECT_TYPE* CmKeyObjectType;
extern POBJECT_TYPE* ExEventObjectType;
extern POBJECT_TYPE* ExSemaphoreObjectType;
extern POBJECT_TYPE* IoFileObjectType;
extern POBJECT_TYPE* PsThreadType;
extern POBJECT_TYPE* PsJobType;
extern POBJECT_TYPE* SeTokenObjectType;
extern POBJECT_TYPE* PsProcessType;
extern POBJECT_TYPE* TmEnlistmentObjectType;
extern POBJECT_TYPE* TmResourceManagerObjectType;
extern POBJECT_TYPE* TmTransactionManagerObjectType;
extern POBJECT_TYPE* TmTransactionObjectType;
extern POBJECT_TYPE* IoDriverObjectType;
extern POBJECT_TYPE* IoDeviceObjectType;
extern POBJECT_TYPE* ExMutantObjectType;
extern POBJECT_TYPE* MmSectionObjectType;
EXTERN_C_END
