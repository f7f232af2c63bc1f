// Socket addresses in a driver: ws2def.h and its kin, of which a driver can include no winsock header.
#include <ntddk.h>

#include <mstcpip.h>

C_ASSERT(sizeof(SOCKADDR_STORAGE) == 128);
C_ASSERT(sizeof(SOCKADDR_IN) == 16);
C_ASSERT(sizeof(SOCKADDR_IN6) == 28);
C_ASSERT(sizeof(SOCKADDR_INET) == 28);

DRIVER_INITIALIZE DriverEntry;

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  SOCKADDR_IN Local = {0};
  UNREFERENCED_PARAMETER(DriverObject);
  UNREFERENCED_PARAMETER(RegistryPath);
  Local.sin_family = AF_INET;
  DbgPrint("family %u, protocol %d\n", Local.sin_family, IPPROTO_TCP);
  return STATUS_SUCCESS;
}
