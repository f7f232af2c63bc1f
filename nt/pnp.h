// Plug and play (wdm.h).
#pragma once

#include "nt/io.h"

inline constexpr UCHAR IRP_MN_START_DEVICE = 0x00, IRP_MN_QUERY_REMOVE_DEVICE = 0x01, IRP_MN_REMOVE_DEVICE = 0x02,
                       IRP_MN_CANCEL_REMOVE_DEVICE = 0x03, IRP_MN_STOP_DEVICE = 0x04, IRP_MN_QUERY_STOP_DEVICE = 0x05,
                       IRP_MN_CANCEL_STOP_DEVICE = 0x06, IRP_MN_QUERY_DEVICE_RELATIONS = 0x07, IRP_MN_QUERY_CAPABILITIES = 0x09,
                       IRP_MN_FILTER_RESOURCE_REQUIREMENTS = 0x0d, IRP_MN_QUERY_ID = 0x13, IRP_MN_QUERY_PNP_DEVICE_STATE = 0x14,
                       IRP_MN_DEVICE_USAGE_NOTIFICATION = 0x16, IRP_MN_SURPRISE_REMOVAL = 0x17;

enum DEVICE_RELATION_TYPE { BusRelations, EjectionRelations, PowerRelations, RemovalRelations, TargetDeviceRelation };
enum BUS_QUERY_ID_TYPE { BusQueryDeviceID, BusQueryHardwareIDs, BusQueryCompatibleIDs, BusQueryInstanceID };
inline constexpr ULONG PNP_DEVICE_DISABLED = 0x1, PNP_DEVICE_FAILED = 0x4, PNP_DEVICE_REMOVED = 0x8;

/// Objects are referenced; whoever asked frees the memory and their references.
struct DEVICE_RELATIONS {
  ULONG Count;
  PDEVICE_OBJECT Objects[1];
};
NT_SIZE(DEVICE_RELATIONS, 0x10);

struct DEVICE_CAPABILITIES {
  USHORT Size;
  USHORT Version;
  ULONG Flags;  ///< bits, from DeviceD1 on
  ULONG Address;
  ULONG UINumber;
  ULONG DeviceState[7];
  ULONG SystemWake;
  ULONG DeviceWake;
  ULONG D1Latency;
  ULONG D2Latency;
  ULONG D3Latency;
};
NT_SIZE(DEVICE_CAPABILITIES, 0x40);

struct DEVICE_INTERFACE_CHANGE_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  GUID InterfaceClassGuid;
  UNICODE_STRING* SymbolicLinkName;
};
NT_SIZE(DEVICE_INTERFACE_CHANGE_NOTIFICATION, 0x30);

struct TARGET_DEVICE_REMOVAL_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  PFILE_OBJECT FileObject;
};
NT_SIZE(TARGET_DEVICE_REMOVAL_NOTIFICATION, 0x20);

inline constexpr GUID GUID_DEVICE_INTERFACE_ARRIVAL = {0xcb3a4004, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
inline constexpr GUID GUID_DEVICE_INTERFACE_REMOVAL = {0xcb3a4005, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
inline constexpr GUID GUID_TARGET_DEVICE_QUERY_REMOVE = {0xcb3a4006, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
inline constexpr GUID GUID_TARGET_DEVICE_REMOVE_CANCELLED = {0xcb3a4007, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
inline constexpr GUID GUID_TARGET_DEVICE_REMOVE_COMPLETE = {0xcb3a4008, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
