// Network addresses as text.
#include "ktest.h"

#include <mstcpip.h>

using namespace ktest;

namespace {

bool Same(const char* a, const char* b) { return strcmp(a, b) == 0; }

IN_ADDR Ipv4(UCHAR a, UCHAR b, UCHAR c, UCHAR d) {
  const UCHAR bytes[] = {a, b, c, d};
  IN_ADDR address;
  RtlCopyMemory(&address, bytes, sizeof address);
  return address;
}

IN6_ADDR Ipv6(const USHORT (&words)[8]) {
  IN6_ADDR address;
  for (int i = 0; i < 8; ++i) address.u.Word[i] = RtlUshortByteSwap(words[i]);
  return address;
}

}  // namespace

KTEST(Ipv4AsText) {
  char text[24];
  IN_ADDR address = Ipv4(192, 168, 0, 1);
  char* end = RtlIpv4AddressToStringA(&address, text);
  EXPECT(Same(text, "192.168.0.1"));
  EXPECT_EQ(end - text, 11);
  ULONG length = sizeof text;
  EXPECT_EQ(RtlIpv4AddressToStringExA(&address, RtlUshortByteSwap(8080), text, &length), STATUS_SUCCESS);
  EXPECT(Same(text, "192.168.0.1:8080"));
  EXPECT_EQ(length, 17);
  length = 16;
  EXPECT_EQ(RtlIpv4AddressToStringExA(&address, RtlUshortByteSwap(8080), text, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(length, 17);
  length = 12;
  EXPECT_EQ(RtlIpv4AddressToStringExA(&address, 0, text, &length), STATUS_SUCCESS);
  EXPECT(Same(text, "192.168.0.1"));
  wchar_t wide[24];
  wchar_t* wide_end = RtlIpv4AddressToStringW(&address, wide);
  EXPECT(wcscmp(wide, L"192.168.0.1") == 0);
  EXPECT_EQ(wide_end - wide, 11);
}

KTEST(Ipv4FromText) {
  const struct {
    const char* text;
    NTSTATUS loose, strict;
    ULONG end;  // of a loose reading
    IN_ADDR address;
  } cases[] = {
      {"1.2.3.4", 0, 0, 7, Ipv4(1, 2, 3, 4)},
      {"255.255.255.255:80", 0, 0, 15, Ipv4(255, 255, 255, 255)},
      {"3.4.5.6 x", 0, 0, 7, Ipv4(3, 4, 5, 6)},
      {"1", 0, STATUS_INVALID_PARAMETER, 1, Ipv4(0, 0, 0, 1)},
      {"203569230", 0, STATUS_INVALID_PARAMETER, 9, Ipv4(12, 34, 56, 78)},
      {"1.223756", 0, STATUS_INVALID_PARAMETER, 8, Ipv4(1, 3, 106, 12)},
      {"3.4.756", 0, STATUS_INVALID_PARAMETER, 7, Ipv4(3, 4, 2, 244)},
      {"1.1.1.0xaA", 0, STATUS_INVALID_PARAMETER, 10, Ipv4(1, 1, 1, 170)},
      {"1.1.1.010", 0, STATUS_INVALID_PARAMETER, 9, Ipv4(1, 1, 1, 8)},
      {"255.255.255.256", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 15, {}},
      {"255.255.255.4294967296", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 21, {}},
      {"3.4.756.1", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 9, {}},
      {"1.2.3.4.5", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 7, {}},
      {"1.1.1.08", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 7, {}},
      {"1.1.1.0x", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 8, {}},
      {"1.", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 2, {}},
      {"1..2", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 3, {}},
      {"", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 0, {}},
      {" 1.2.3.4", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 0, {}},
      {"a", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, 0, {}},
  };
  for (const auto& one : cases) {
    IN_ADDR address = Ipv4(9, 9, 9, 9);
    const char* end = nullptr;
    EXPECT_EQ(RtlIpv4StringToAddressA(one.text, FALSE, &end, &address), one.loose);
    EXPECT_EQ(end - one.text, one.end);
    const IN_ADDR expected = one.loose == STATUS_SUCCESS ? one.address : Ipv4(9, 9, 9, 9);
    EXPECT(RtlEqualMemory(&address, &expected, sizeof address));
    EXPECT_EQ(RtlIpv4StringToAddressA(one.text, TRUE, &end, &address), one.strict);
  }
  IN_ADDR address;
  USHORT port = 1;
  EXPECT_EQ(RtlIpv4StringToAddressExA("10.0.0.1:80", TRUE, &address, &port), STATUS_SUCCESS);
  EXPECT_EQ(RtlUshortByteSwap(port), 80);
  EXPECT_EQ(RtlIpv4StringToAddressExW(L"10.0.0.1", TRUE, &address, &port), STATUS_SUCCESS);
  EXPECT_EQ(port, 0);
  EXPECT_EQ(RtlIpv4StringToAddressExA("10.0.0.1:65536", TRUE, &address, &port), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlIpv4StringToAddressExA("10.0.0.1 ", TRUE, &address, &port), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlIpv4StringToAddressExA(nullptr, TRUE, &address, &port), STATUS_INVALID_PARAMETER);
}

KTEST(Ipv6AsTextAndBack) {
  const struct {
    USHORT words[8];
    const char* text;
  } cases[] = {
      {{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
      {{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
      {{0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}, "2001:db8::1"},
      {{0x2001, 0xdb8, 0, 1, 0, 0, 0, 1}, "2001:db8:0:1::1"},
      {{1, 2, 3, 4, 5, 6, 7, 8}, "1:2:3:4:5:6:7:8"},
      {{1, 0, 0, 2, 0, 0, 0, 0}, "1:0:0:2::"},
      {{1, 0, 2, 3, 4, 5, 6, 7}, "1:0:2:3:4:5:6:7"},
      {{0xfe80, 0, 0, 0, 0, 0, 0, 0xabcd}, "fe80::abcd"},
      {{0, 0, 0, 0, 0, 0xffff, 0x102, 0x304}, "::ffff:1.2.3.4"},
      {{0, 0, 0, 0, 0, 0, 0x102, 0x304}, "::1.2.3.4"},
      {{0xfe80, 0, 0, 0, 0, 0x5efe, 0xc0a8, 1}, "fe80::5efe:192.168.0.1"},
  };
  for (const auto& one : cases) {
    char text[46];
    const IN6_ADDR address = Ipv6(one.words);
    char* const end = RtlIpv6AddressToStringA(&address, text);
    EXPECT(Same(text, one.text));
    EXPECT_EQ(end - text, strlen(one.text));
    IN6_ADDR back;
    const char* terminator;
    EXPECT_EQ(RtlIpv6StringToAddressA(text, &terminator, &back), STATUS_SUCCESS);
    EXPECT_EQ(*terminator, 0);
    EXPECT(RtlEqualMemory(&back, &address, sizeof back));
  }
  static const char* const wrongs[] = {"", ":", ":1", "1", "1:2", "1::2::3", "12345::", "1:2:3:4:5:6:7", "::g", "1:2:3:4:5:6:7::8"};
  for (const char* wrong : wrongs) {
    IN6_ADDR address;
    const char* terminator;
    const NTSTATUS status = RtlIpv6StringToAddressA(wrong, &terminator, &address);
    EXPECT(status == STATUS_INVALID_PARAMETER || *terminator != 0);
  }
}

KTEST(Ipv6WithScopeAndPort) {
  const USHORT words[8] = {0xfe80, 0, 0, 0, 0, 0, 0, 1};
  const IN6_ADDR address = Ipv6(words);
  wchar_t text[64];
  ULONG length = RTL_NUMBER_OF(text);
  EXPECT_EQ(RtlIpv6AddressToStringExW(&address, 12, RtlUshortByteSwap(443), text, &length), STATUS_SUCCESS);
  EXPECT(wcscmp(text, L"[fe80::1%12]:443") == 0);
  EXPECT_EQ(length, 17);
  IN6_ADDR back;
  ULONG scope;
  USHORT port;
  EXPECT_EQ(RtlIpv6StringToAddressExW(text, &back, &scope, &port), STATUS_SUCCESS);
  EXPECT_EQ(scope, 12);
  EXPECT_EQ(port, RtlUshortByteSwap(443));
  EXPECT_EQ(RtlIpv6StringToAddressExA("fe80::1%3", &back, &scope, &port), STATUS_SUCCESS);
  EXPECT_EQ(scope, 3);
  EXPECT_EQ(port, 0);
  EXPECT_EQ(RtlIpv6StringToAddressExA("[fe80::1", &back, &scope, &port), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlIpv6StringToAddressExA("fe80::1]:80", &back, &scope, &port), STATUS_INVALID_PARAMETER);
  length = 3;
  EXPECT_EQ(RtlIpv6AddressToStringExW(&address, 0, 0, text, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(length, 8);
}

KTEST(EthernetAddresses) {
  const DL_EUI48 address = {{0x00, 0x1A, 0x2B, 0x3C, 0x4D, 0xFE}};
  char text[18];
  char* const end = RtlEthernetAddressToStringA(&address, text);
  EXPECT(Same(text, "00-1A-2B-3C-4D-FE"));
  EXPECT_EQ(end - text, 17);
  DL_EUI48 back;
  const char* terminator;
  EXPECT_EQ(RtlEthernetStringToAddressA("00-1a-2b-3c-4d-fe", &terminator, &back), STATUS_SUCCESS);
  EXPECT(RtlEqualMemory(&back, &address, sizeof back));
  const char wrong[] = "00-1a-2b-3g-4d-fe";
  EXPECT_EQ(RtlEthernetStringToAddressA(wrong, &terminator, &back), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(terminator - wrong, 10);
}
