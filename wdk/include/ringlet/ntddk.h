// Names that mingw-w64's ntddk.h lacks.
#pragma once

typedef enum _BDCB_CALLBACK_TYPE { BdCbStatusUpdate = 0, BdCbInitializeImage = 1 } BDCB_CALLBACK_TYPE, *PBDCB_CALLBACK_TYPE;

typedef enum _BDCB_STATUS_UPDATE_TYPE {
  BdCbStatusPrepareForDependencyLoad = 0,
  BdCbStatusPrepareForDriverLoad = 1,
  BdCbStatusPrepareForUnload = 2
} BDCB_STATUS_UPDATE_TYPE, *PBDCB_STATUS_UPDATE_TYPE;

typedef struct _BDCB_STATUS_UPDATE_CONTEXT {
  BDCB_STATUS_UPDATE_TYPE StatusType;
} BDCB_STATUS_UPDATE_CONTEXT, *PBDCB_STATUS_UPDATE_CONTEXT;

typedef enum _BDCB_CLASSIFICATION {
  BdCbClassificationUnknownImage = 0,
  BdCbClassificationKnownGoodImage,
  BdCbClassificationKnownBadImage,
  BdCbClassificationKnownBadImageBootCritical,
  BdCbClassificationEnd
} BDCB_CLASSIFICATION, *PBDCB_CLASSIFICATION;

#define BDCB_IMAGEFLAGS_FAILED_CODE_INTEGRITY 0x00000001

typedef struct _BDCB_IMAGE_INFORMATION {
  BDCB_CLASSIFICATION Classification;
  ULONG ImageFlags;
  UNICODE_STRING ImageName;
  UNICODE_STRING RegistryPath;
  UNICODE_STRING CertificatePublisher;
  UNICODE_STRING CertificateIssuer;
  PVOID ImageHash;
  PVOID CertificateThumbprint;
  ULONG ImageHashAlgorithm;
  ULONG ThumbprintHashAlgorithm;
  ULONG ImageHashLength;
  ULONG CertificateThumbprintLength;
} BDCB_IMAGE_INFORMATION, *PBDCB_IMAGE_INFORMATION;

typedef VOID(NTAPI BOOT_DRIVER_CALLBACK_FUNCTION)(PVOID CallbackContext, BDCB_CALLBACK_TYPE Classification,
                                                  PBDCB_IMAGE_INFORMATION ImageInformation);
typedef BOOT_DRIVER_CALLBACK_FUNCTION* PBOOT_DRIVER_CALLBACK_FUNCTION;

EXTERN_C_START

NTKERNELAPI PVOID NTAPI IoRegisterBootDriverCallback(PBOOT_DRIVER_CALLBACK_FUNCTION CallbackFunction,
                                                     PVOID CallbackContext);
NTKERNELAPI VOID NTAPI IoUnregisterBootDriverCallback(PVOID CallbackHandle);
NTKERNELAPI NTSTATUS NTAPI IoVolumeDeviceToGuid(PVOID VolumeDeviceObject, GUID* Guid);
NTKERNELAPI NTSTATUS NTAPI IoVolumeDeviceToGuidPath(PVOID VolumeDeviceObject, PUNICODE_STRING GuidPath);
NTKERNELAPI NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread);
NTKERNELAPI PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread);

EXTERN_C_END

// MmCopyMemory: a source given by either kind of address.
typedef struct _MM_COPY_ADDRESS {
  union {
    PVOID VirtualAddress;
    PHYSICAL_ADDRESS PhysicalAddress;
  };
} MM_COPY_ADDRESS, *PMMCOPY_ADDRESS;

#define MM_COPY_MEMORY_PHYSICAL 0x1
#define MM_COPY_MEMORY_VIRTUAL 0x2

EXTERN_C_START
NTKERNELAPI NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes,
                                        ULONG Flags, PSIZE_T NumberOfBytesTransferred);
EXTERN_C_END

// Notifications: the forms since Windows 10.
typedef enum _PSCREATEPROCESSNOTIFYTYPE { PsCreateProcessNotifySubsystems = 0 } PSCREATEPROCESSNOTIFYTYPE;
typedef enum _PSCREATETHREADNOTIFYTYPE {
  PsCreateThreadNotifyNonSystem = 0,
  PsCreateThreadNotifySubsystems = 1
} PSCREATETHREADNOTIFYTYPE;

#define PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE 0x1

EXTERN_C_START
NTKERNELAPI NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation,
                                                              BOOLEAN Remove);
NTKERNELAPI NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation);
NTKERNELAPI NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags);
EXTERN_C_END

RINGLET_FUNCTION_TYPE(EXPAND_STACK_CALLOUT, PEXPAND_STACK_CALLOUT);
RINGLET_FUNCTION_TYPE(DRIVER_REINITIALIZE, PDRIVER_REINITIALIZE);
RINGLET_FUNCTION_TYPE(RTL_RUN_ONCE_INIT_FN, PRTL_RUN_ONCE_INIT_FN);
RINGLET_FUNCTION_TYPE(RTL_AVL_COMPARE_ROUTINE, PRTL_AVL_COMPARE_ROUTINE);
RINGLET_FUNCTION_TYPE(RTL_AVL_ALLOCATE_ROUTINE, PRTL_AVL_ALLOCATE_ROUTINE);
RINGLET_FUNCTION_TYPE(RTL_AVL_FREE_ROUTINE, PRTL_AVL_FREE_ROUTINE);
RINGLET_FUNCTION_TYPE(RTL_AVL_MATCH_FUNCTION, PRTL_AVL_MATCH_FUNCTION);
#ifdef RTL_USE_AVL_TABLES
#define RTL_GENERIC_COMPARE_ROUTINE RTL_AVL_COMPARE_ROUTINE
#define RTL_GENERIC_ALLOCATE_ROUTINE RTL_AVL_ALLOCATE_ROUTINE
#define RTL_GENERIC_FREE_ROUTINE RTL_AVL_FREE_ROUTINE
#else
RINGLET_FUNCTION_TYPE(RTL_GENERIC_COMPARE_ROUTINE, PRTL_GENERIC_COMPARE_ROUTINE);
RINGLET_FUNCTION_TYPE(RTL_GENERIC_ALLOCATE_ROUTINE, PRTL_GENERIC_ALLOCATE_ROUTINE);
RINGLET_FUNCTION_TYPE(RTL_GENERIC_FREE_ROUTINE, PRTL_GENERIC_FREE_ROUTINE);
#endif

EXTERN_C_START
extern PULONG InitSafeBootMode;  // an address, as the object types (object_types.h)
NTKERNELAPI LOGICAL NTAPI KeIsExecutingDpc(VOID);
NTHALAPI BOOLEAN NTAPI HalMakeBeep(_In_ ULONG Frequency);
NTHALAPI ULONG NTAPI HalGetInterruptVector(_In_ INTERFACE_TYPE InterfaceType, _In_ ULONG BusNumber, _In_ ULONG BusInterruptLevel,
                                           _In_ ULONG BusInterruptVector, _Out_ PKIRQL Irql, _Out_ PKAFFINITY Affinity);
NTKERNELAPI LOGICAL NTAPI MmIsDriverSuspectForVerifier(struct _DRIVER_OBJECT* DriverObject);
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpaceEx(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize,
                                                    PLARGE_INTEGER SectionOffset, ULONG_PTR Flags);
EXTERN_C_END
