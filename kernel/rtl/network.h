// Network addresses as text, in both widths of characters. Addresses and ports are in network byte order.
#pragma once

#include "nt/types.h"

union IN_ADDR {
  UCHAR Bytes[4];
  ULONG S_addr;
};
union IN6_ADDR {
  UCHAR Byte[16];
  USHORT Word[8];
};
union DL_EUI48 {
  UCHAR Byte[6];
};

// The exports; the API specification has the meaning of their parameters. Any IRQL for all.
extern "C" {

/// Writes "a.b.c.d", 16 characters at most; returns where its end is.
PSTR RtlIpv4AddressToStringA(const IN_ADDR* Addr, PSTR S);
PWSTR RtlIpv4AddressToStringW(const IN_ADDR* Addr, PWSTR S);
/// Writes "a.b.c.d:port", without a port if it is 0. STATUS_INVALID_PARAMETER: the length is too small, and becomes what is needed.
NTSTATUS RtlIpv4AddressToStringExA(const IN_ADDR* Address, USHORT Port, PSTR AddressString, PULONG AddressStringLength);
NTSTATUS RtlIpv4AddressToStringExW(const IN_ADDR* Address, USHORT Port, PWSTR AddressString, PULONG AddressStringLength);
/// Reads an address: four decimal parts if `Strict`, otherwise one to four, octal and hexadecimal too. *Terminator is where reading ended,
/// on STATUS_INVALID_PARAMETER too.
NTSTATUS RtlIpv4StringToAddressA(PCSTR S, BOOLEAN Strict, PCSTR* Terminator, IN_ADDR* Addr);
NTSTATUS RtlIpv4StringToAddressW(PCWSTR S, BOOLEAN Strict, PCWSTR* Terminator, IN_ADDR* Addr);
/// Reads "a.b.c.d" or "a.b.c.d:port", the whole string; the port is 0 if there is none.
NTSTATUS RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict, IN_ADDR* Address, PUSHORT Port);
NTSTATUS RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict, IN_ADDR* Address, PUSHORT Port);

/// Writes an IPv6 address in its short form, 46 characters at most; returns where its end is.
PSTR RtlIpv6AddressToStringA(const IN6_ADDR* Addr, PSTR S);
PWSTR RtlIpv6AddressToStringW(const IN6_ADDR* Addr, PWSTR S);
/// Writes "[address%scope]:port", without what is 0. STATUS_INVALID_PARAMETER as RtlIpv4AddressToStringEx.
NTSTATUS RtlIpv6AddressToStringExA(const IN6_ADDR* Address, ULONG ScopeId, USHORT Port, PSTR AddressString, PULONG AddressStringLength);
NTSTATUS RtlIpv6AddressToStringExW(const IN6_ADDR* Address, ULONG ScopeId, USHORT Port, PWSTR AddressString, PULONG AddressStringLength);
/// Reads an IPv6 address. *Terminator is where reading ended.
NTSTATUS RtlIpv6StringToAddressA(PCSTR S, PCSTR* Terminator, IN6_ADDR* Addr);
NTSTATUS RtlIpv6StringToAddressW(PCWSTR S, PCWSTR* Terminator, IN6_ADDR* Addr);
/// Reads "address", "address%scope", "[address%scope]:port", the whole string; what is not there is 0.
NTSTATUS RtlIpv6StringToAddressExA(PCSTR AddressString, IN6_ADDR* Address, PULONG ScopeId, PUSHORT Port);
NTSTATUS RtlIpv6StringToAddressExW(PCWSTR AddressString, IN6_ADDR* Address, PULONG ScopeId, PUSHORT Port);

/// Writes "01-23-45-67-89-AB"; returns where its end is.
PSTR RtlEthernetAddressToStringA(const DL_EUI48* Addr, PSTR S);
PWSTR RtlEthernetAddressToStringW(const DL_EUI48* Addr, PWSTR S);
/// Reads six hexadecimal bytes with '-' between them. *Terminator is where reading ended.
NTSTATUS RtlEthernetStringToAddressA(PCSTR S, PCSTR* Terminator, DL_EUI48* Addr);
NTSTATUS RtlEthernetStringToAddressW(PCWSTR S, PCWSTR* Terminator, DL_EUI48* Addr);

}  // extern "C"
