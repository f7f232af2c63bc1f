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

typedef VOID(NTAPI EXPAND_STACK_CALLOUT)(_In_opt_ PVOID Parameter);

EXTERN_C_START
NTKERNELAPI LOGICAL NTAPI KeIsExecutingDpc(VOID);
NTHALAPI BOOLEAN NTAPI HalMakeBeep(_In_ ULONG Frequency);
NTHALAPI ULONG NTAPI HalGetInterruptVector(_In_ INTERFACE_TYPE InterfaceType, _In_ ULONG BusNumber, _In_ ULONG BusInterruptLevel,
                                           _In_ ULONG BusInterruptVector, _Out_ PKIRQL Irql, _Out_ PKAFFINITY Affinity);
EXTERN_C_END
