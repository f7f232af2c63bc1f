// Kernel transaction manager objects and the resource managers' calls (wdm.h).
#pragma once

typedef struct _KENLISTMENT KENLISTMENT, *PKENLISTMENT, *PRKENLISTMENT;
typedef struct _KRESOURCEMANAGER KRESOURCEMANAGER, *PKRESOURCEMANAGER, *PRKRESOURCEMANAGER;
typedef struct _KTM KTM, *PKTM, *PRKTM;
typedef struct _KTRANSACTION KTRANSACTION, *PKTRANSACTION, *PRKTRANSACTION;

typedef NTSTATUS(NTAPI TM_RM_NOTIFICATION)(PKENLISTMENT EnlistmentObject, PVOID RMContext, PVOID TransactionContext,
                                           ULONG TransactionNotification, PLARGE_INTEGER TmVirtualClock,
                                           ULONG ArgumentLength, PVOID Argument);
typedef TM_RM_NOTIFICATION* PTM_RM_NOTIFICATION;

EXTERN_C_START

NTKERNELAPI NTSTATUS NTAPI TmEnableCallbacks(PKRESOURCEMANAGER ResourceManager, PTM_RM_NOTIFICATION CallbackRoutine,
                                             PVOID RMKey);
NTKERNELAPI NTSTATUS NTAPI TmPrePrepareComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmPrepareComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmCommitComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmRollbackComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);

EXTERN_C_END
