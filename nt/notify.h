// What process, thread and image notifications carry.
#pragma once

#include "nt/io.h"
#include "nt/ps.h"
#include "nt/types.h"

struct PS_CREATE_NOTIFY_INFO {
  SIZE_T Size;
  ULONG Flags;  ///< PS_CREATE_NOTIFY_...
  HANDLE ParentProcessId;
  CLIENT_ID CreatingThreadId;
  PFILE_OBJECT FileObject;
  const UNICODE_STRING* ImageFileName;
  const UNICODE_STRING* CommandLine;
  NTSTATUS CreationStatus;
};
/// Bits of Flags; the WDK names them as bit fields.
inline constexpr ULONG PS_CREATE_NOTIFY_FILE_OPEN_NAME_AVAILABLE = 1;
using PPS_CREATE_NOTIFY_INFO = PS_CREATE_NOTIFY_INFO*;
NT_SIZE(PS_CREATE_NOTIFY_INFO, 0x48);
NT_OFFSET(PS_CREATE_NOTIFY_INFO, CreatingThreadId, 0x18);
NT_OFFSET(PS_CREATE_NOTIFY_INFO, FileObject, 0x28);
NT_OFFSET(PS_CREATE_NOTIFY_INFO, CreationStatus, 0x40);

struct IMAGE_INFO {
  ULONG Properties;  ///< the addressing mode in the low byte, and IMAGE_INFO_...
  PVOID ImageBase;
  ULONG ImageSelector;
  SIZE_T ImageSize;
  ULONG ImageSectionNumber;
};
using PIMAGE_INFO = IMAGE_INFO*;
NT_SIZE(IMAGE_INFO, 0x28);
NT_OFFSET(IMAGE_INFO, ImageBase, 0x8);
NT_OFFSET(IMAGE_INFO, ImageSize, 0x18);

inline constexpr ULONG IMAGE_ADDRESSING_MODE_32BIT = 3;
/// Bits of Properties; the WDK names them as bit fields.
inline constexpr ULONG IMAGE_INFO_SYSTEM_MODE_IMAGE = 0x100, IMAGE_INFO_EXTENDED_INFO_PRESENT = 0x400;

struct IMAGE_INFO_EX {
  SIZE_T Size;
  IMAGE_INFO ImageInfo;
  PFILE_OBJECT FileObject;
};
using PIMAGE_INFO_EX = IMAGE_INFO_EX*;
NT_SIZE(IMAGE_INFO_EX, 0x38);
NT_OFFSET(IMAGE_INFO_EX, FileObject, 0x30);

inline constexpr ULONG_PTR PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE = 1;

enum PSCREATEPROCESSNOTIFYTYPE : ULONG { PsCreateProcessNotifySubsystems = 0 };
enum PSCREATETHREADNOTIFYTYPE : ULONG { PsCreateThreadNotifyNonSystem = 0, PsCreateThreadNotifySubsystems = 1 };

using PCREATE_PROCESS_NOTIFY_ROUTINE = void (*)(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create);
using PCREATE_PROCESS_NOTIFY_ROUTINE_EX = void (*)(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo);
using PCREATE_THREAD_NOTIFY_ROUTINE = void (*)(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create);
using PLOAD_IMAGE_NOTIFY_ROUTINE = void (*)(UNICODE_STRING* FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo);
