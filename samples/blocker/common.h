// What the Blocker driver and its client agree on.
#pragma once

#define BLOCKER_DEVICE_NAME L"\\Device\\Blocker"
#define BLOCKER_LINK_NAME L"\\??\\Blocker"

// Reads the configuration again: the REG_MULTI_SZ value Paths of the service's key, Parameters.
#define IOCTL_BLOCKER_RELOAD CTL_CODE(0x8005, 0x800, METHOD_NEITHER, FILE_WRITE_ACCESS)

#define BLOCKER_PARAMETERS_KEY L"SYSTEM\\CurrentControlSet\\Services\\Blocker\\Parameters"
#define BLOCKER_PATHS_VALUE L"Paths"
