// What the I/O manager keeps. Private.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/io/file_extension.h"
#include "kernel/io/io.h"
#include "kernel/ldr/image.h"
#include "kernel/ob/ob.h"

namespace nt::io {

struct State {
  POBJECT_TYPE driver_type = nullptr;
  POBJECT_TYPE device_type = nullptr;
  POBJECT_TYPE file_type = nullptr;
  bool bind_hooked = false;
  ULONG next_device = 0;  ///< for generated names
  KSPIN_LOCK cancel_lock = 0;
  KSPIN_LOCK vpb_lock = 0;
  std::vector<PIRP> free_irps[9];  ///< by stack count, up to 8
  const struct CreateExtras* create_extras = nullptr;
  std::vector<Leftover> leftovers;
  ULONG unnamed_drivers = 0;                    ///< of IoCreateDriver, so far
  std::u16string new_name;                      ///< where a driver sent an opener
  std::unordered_map<PIRP, ULONG> traced_irps;  ///< their numbers in the trace
  ULONG last_traced_irp = 0;
};
State& Io();

/// What a driver adds to a create request by IoCreateFile and its kin.
struct CreateExtras {
  CREATE_FILE_TYPE type;
  PVOID parameters;            ///< of a named pipe or a mailslot
  PVOID create_parameters;     ///< an ECP_LIST
  PDEVICE_OBJECT device_hint;  ///< requests go to this device of the stack and those below it
  const TXN_PARAMETER_BLOCK* transaction;
};
/// Those of the IoCreateFile that runs, for the first create request it leads to; null without one.
const CreateExtras* TakeCreateExtras();

/// What a parse of a device's name needs beyond the name.
struct OpenPacket {
  ULONG disposition;
  ULONG options;
  USHORT file_attributes;
  USHORT share_access;
  LARGE_INTEGER allocation_size;
  PVOID ea_buffer;
  ULONG ea_length;
  PFILE_OBJECT related;    ///< from RootDirectory
  IO_STATUS_BLOCK status;  ///< of IRP_MJ_CREATE
  PFILE_OBJECT file;       ///< made
  const CreateExtras* extras = TakeCreateExtras();
};

NTSTATUS ParseDevice(ob::ParseRequest& request, PVOID* object);
NTSTATUS ParseFile(ob::ParseRequest& request, PVOID* object);
void CloseFile(PEPROCESS process, PVOID object, ACCESS_MASK access, LONGLONG process_handles, LONGLONG system_handles);
void DestroyFile(PVOID object);
NTSTATUS QueryFileName(PVOID object, std::u16string* name);
void DestroyDevice(PVOID object);
void DestroyDriver(PVOID object);
/// Reports what a driver left behind and takes its image away, when nothing refers to the driver any more.
void UnmapDriver(PDRIVER_OBJECT driver);
/// Goes on with an unload that waited for a device, now that a reference to it has gone.
void ContinueUnload(PDRIVER_OBJECT driver);

/// Sends an IRP with this major function for a file and waits for its end; for cleanup and close.
NTSTATUS SendFileRequest(PFILE_OBJECT file, UCHAR major, UCHAR minor = 0);
/// Gives a driver's device up to deletion when nothing refers to it any more.
void ReleaseDevice(PDEVICE_OBJECT device);
void InitializeDriverObject(PDRIVER_OBJECT driver, std::u16string_view name);
NTSTATUS NewDriverObject(std::u16string_view name, PDRIVER_OBJECT* driver);
/// The same with a full name.
NTSTATUS NewDriverObjectAt(const std::u16string& path, PDRIVER_OBJECT* driver);
inline constexpr ULONG kIrpTag = ' prI';
/// An IRP for a request of the I/O manager's own; IoFreeIrp keeps it for the next one.
PIRP NewIrp(CCHAR stacks);
/// Final work of a completed IRP: results to the requestor, in its thread, and memory freed. At most DISPATCH_LEVEL.
void FinishRequest(PIRP irp, CCHAR boost);
/// Unlocks and frees an IRP's MDLs.
void FreeMdls(PIRP irp);
void InitializeBuiltinDevices();
/// Tells a file's completion port, if it has one, that a request ended. `at_once`: its sender has seen the result already.
void PostToPort(PFILE_OBJECT file, PVOID apc_context, const IO_STATUS_BLOCK& result, bool at_once);

}  // namespace nt::io
