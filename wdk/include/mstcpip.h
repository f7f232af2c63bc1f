// mstcpip.h, which uses the addresses of ws2ipdef.h; their text forms are ip2string.h's, as in the WDK.
#pragma once

#include <ws2ipdef.h>
#define RtlIpv4StringToAddressA RingletOlderIpv4StringToAddressA
#define RtlIpv4StringToAddressW RingletOlderIpv4StringToAddressW
#if defined(__cplusplus)
extern "C" {
#endif
#include_next <mstcpip.h>
#if defined(__cplusplus)
}
#endif
#undef RtlIpv4StringToAddressA
#undef RtlIpv4StringToAddressW
#include <ip2string.h>
