// Network addresses as text: IPv4, IPv6 (RFC 5952's short form, as NT writes it), Ethernet.
#include "kernel/rtl/network.h"

#include <cstring>

#include "nt/status.h"

namespace {

constexpr ULONG kNoDigit = 0xFF;

USHORT Swapped(USHORT value) { return static_cast<USHORT>(value << 8 | value >> 8); }

template <class Char>
ULONG Digit(Char c) {
  if (c >= '0' && c <= '9') return static_cast<ULONG>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<ULONG>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<ULONG>(c - 'A' + 10);
  return kNoDigit;
}

// ---- writing ----

template <class Char>
Char* Write(Char* to, ULONG value, ULONG base) {
  char digits[10];
  ULONG count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (count != 0) *to++ = static_cast<Char>(digits[--count]);
  return to;
}

template <class Char>
Char* WriteIpv4(Char* to, const UCHAR* bytes) {
  for (int i = 0; i < 4; ++i) {
    if (i != 0) *to++ = '.';
    to = Write(to, bytes[i], 10);
  }
  *to = 0;
  return to;
}

struct Run {
  int begin = 0, end = 0;
};

/// The first longest run of zero words among the first `count`, if it has two at least.
Run LongestZeros(const IN6_ADDR& address, int count) {
  Run best;
  for (int i = 0; i < count; ++i) {
    int end = i;
    while (end < count && address.Word[end] == 0) ++end;
    if (end - i > best.end - best.begin) best = {i, end};
    if (end != i) i = end;
  }
  return best.end - best.begin < 2 ? Run{} : best;
}

/// Whether the last four bytes are an IPv4 address: compatible, mapped, translated, or ISATAP.
bool EndsInIpv4(const IN6_ADDR& address) {
  const USHORT* const word = address.Word;
  if (word[0] == 0 && word[1] == 0 && word[2] == 0 && word[3] == 0) {
    if (word[4] == 0 && (word[5] == 0xFFFF || (word[5] == 0 && word[6] != 0))) return true;
    if (word[4] == 0xFFFF && word[5] == 0) return true;
  }
  return (Swapped(word[4]) & 0xFDFF) == 0 && Swapped(word[5]) == 0x5EFE;
}

template <class Char>
Char* WriteIpv6(Char* to, const IN6_ADDR& address) {
  const bool ipv4 = EndsInIpv4(address);
  const int count = ipv4 ? 6 : 8;
  const Run zeros = LongestZeros(address, count);
  for (int i = 0; i < count; ++i) {
    if (i == zeros.begin && zeros.end != 0) {
      *to++ = ':';
      *to++ = ':';
      i = zeros.end - 1;
      continue;
    }
    if (i != 0 && i != zeros.end) *to++ = ':';
    to = Write(to, Swapped(address.Word[i]), 16);
  }
  if (ipv4) {
    if (zeros.end != count) *to++ = ':';
    return WriteIpv4(to, address.Byte + 12);
  }
  *to = 0;
  return to;
}

/// Hands out what was written at `text` up to its end at `end`.
template <class Char>
NTSTATUS HandOut(const Char* text, const Char* end, Char* to, PULONG length) {
  const auto needed = static_cast<ULONG>(end - text) + 1;
  const bool fits = *length >= needed;
  *length = needed;
  if (!fits || to == nullptr) return STATUS_INVALID_PARAMETER;
  std::memcpy(to, text, needed * sizeof(Char));
  return STATUS_SUCCESS;
}

template <class Char>
NTSTATUS WriteIpv4Ex(const IN_ADDR* address, USHORT port, Char* to, PULONG length) {
  if (address == nullptr || length == nullptr) return STATUS_INVALID_PARAMETER;
  Char text[24];
  Char* end = WriteIpv4(text, address->Bytes);
  if (port != 0) {
    *end++ = ':';
    end = Write(end, Swapped(port), 10);
    *end = 0;
  }
  return HandOut(text, end, to, length);
}

template <class Char>
NTSTATUS WriteIpv6Ex(const IN6_ADDR* address, ULONG scope, USHORT port, Char* to, PULONG length) {
  if (address == nullptr || length == nullptr) return STATUS_INVALID_PARAMETER;
  Char text[72];
  Char* end = text;
  if (port != 0) *end++ = '[';
  end = WriteIpv6(end, *address);
  if (scope != 0) {
    *end++ = '%';
    end = Write(end, scope, 10);
  }
  if (port != 0) {
    *end++ = ']';
    *end++ = ':';
    end = Write(end, Swapped(port), 10);
  }
  *end = 0;
  return HandOut(text, end, to, length);
}

template <class Char>
Char* WriteEthernet(const DL_EUI48* address, Char* to) {
  for (int i = 0; i < 6; ++i) {
    if (i != 0) *to++ = '-';
    *to++ = static_cast<Char>("0123456789ABCDEF"[address->Byte[i] >> 4]);
    *to++ = static_cast<Char>("0123456789ABCDEF"[address->Byte[i] & 15]);
  }
  *to = 0;
  return to;
}

// ---- reading ----

/// Reads the number at `at`, with C's prefixes unless `strict`. `at` goes to what stopped it; false if there is no number, or it is too
/// large.
template <class Char>
bool ReadNumber(const Char*& at, bool strict, ULONG* value) {
  ULONG base = 10;
  if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
    base = 16;
    at += strict ? 1 : 2;
  } else if (at[0] == '0' && Digit(at[1]) < 10) {
    base = 8;
    ++at;
  }
  if (strict && base != 10) return false;
  const Char* const first = at;
  ULONGLONG result = 0;
  for (; Digit(*at) < base; ++at) {
    result = result * base + Digit(*at);
    if (result > 0xFFFFFFFF) return false;
  }
  *value = static_cast<ULONG>(result);
  return at != first && Digit(*at) >= 10;
}

template <class Char>
bool ReadIpv4(const Char*& at, bool strict, IN_ADDR* address) {
  ULONG parts[4];
  int count = 0;
  for (;;) {
    if (!ReadNumber(at, strict, &parts[count])) {
      if (*at == '.') ++at;
      return false;
    }
    ++count;
    if (*at != '.') break;
    if (count == 4) return false;
    ++at;
  }
  if (strict && count != 4) return false;
  // The last part fills what the others leave.
  if (count > 1 && parts[count - 1] >> (8 * (5 - count)) != 0) return false;
  ULONG value = parts[count - 1];
  for (int i = 0; i + 1 < count; ++i) {
    if (parts[i] > 0xFF) return false;
    value |= parts[i] << (24 - 8 * i);
  }
  for (int i = 0; i < 4; ++i) address->Bytes[i] = static_cast<UCHAR>(value >> (24 - 8 * i));
  return true;
}

/// Reads a port to the end of the string.
template <class Char>
bool ReadPort(const Char* at, USHORT* port) {
  ULONG value = 0;
  if (!ReadNumber(at, false, &value) || value == 0 || value > 0xFFFF || *at != 0) return false;
  *port = Swapped(static_cast<USHORT>(value));
  return true;
}

template <class Char>
NTSTATUS ReadIpv4Ex(const Char* at, BOOLEAN strict, IN_ADDR* address, PUSHORT port) {
  if (at == nullptr || address == nullptr || port == nullptr) return STATUS_INVALID_PARAMETER;
  IN_ADDR read{};
  USHORT read_port = 0;
  if (!ReadIpv4(at, strict != FALSE, &read)) return STATUS_INVALID_PARAMETER;
  if (*at != 0 && (*at != ':' || !ReadPort(at + 1, &read_port))) return STATUS_INVALID_PARAMETER;
  *address = read;
  *port = read_port;
  return STATUS_SUCCESS;
}

/// The words of an IPv6 address as they are read; `gap` is where "::" stands, or -1.
struct Words {
  USHORT word[8] = {};
  int count = 0;
  int gap = -1;

  bool Finish(IN6_ADDR* address) {
    if (gap < 0 ? count != 8 : count == 8) return false;
    const int behind = gap < 0 ? 0 : count - gap;
    *address = {};
    for (int i = 0; i < count - behind; ++i) address->Word[i] = word[i];
    for (int i = 0; i < behind; ++i) address->Word[8 - behind + i] = word[gap + i];
    return true;
  }
};

/// Reads an IPv4 address at the end of an IPv6 one: false if there is none.
template <class Char>
bool ReadEmbedded(const Char*& at, Words* words) {
  const Char* end = at;
  while (Digit(*end) < 10) ++end;
  if (*end != '.' || end == at || words->count > 6) return false;
  IN_ADDR ipv4{};
  end = at;
  if (!ReadIpv4(end, true, &ipv4)) return false;
  for (int i = 0; i < 4; i += 2) {
    words->word[words->count++] = Swapped(static_cast<USHORT>(ipv4.Bytes[i] << 8 | ipv4.Bytes[i + 1]));
  }
  at = end;
  return true;
}

template <class Char>
bool ReadWord(const Char*& at, USHORT* word) {
  ULONG value = 0, digits = 0;
  for (; digits < 4 && Digit(*at) < 16; ++digits) value = value << 4 | Digit(*at++);
  *word = Swapped(static_cast<USHORT>(value));
  return digits != 0 && Digit(*at) >= 16;
}

template <class Char>
bool ReadIpv6(const Char*& at, IN6_ADDR* address) {
  Words words;
  if (*at == ':') {
    if (at[1] != ':') return false;
    words.gap = 0;
    at += 2;
  }
  while (words.count < 8 && Digit(*at) < 16) {
    if (ReadEmbedded(at, &words)) break;
    if (!ReadWord(at, &words.word[words.count])) return false;
    ++words.count;
    if (*at != ':' || words.count == 8) break;
    if (at[1] == ':') {
      if (words.gap >= 0) break;
      words.gap = words.count;
      at += 2;
    } else {
      if (Digit(at[1]) >= 16) break;
      ++at;
    }
  }
  return words.Finish(address);
}

template <class Char>
bool ReadScope(const Char*& at, ULONG* scope) {
  const Char* const first = at;
  ULONGLONG value = 0;
  for (; Digit(*at) < 10; ++at) {
    value = value * 10 + Digit(*at);
    if (value > 0xFFFFFFFF) return false;
  }
  *scope = static_cast<ULONG>(value);
  return at != first;
}

template <class Char>
NTSTATUS ReadIpv6Ex(const Char* at, IN6_ADDR* address, PULONG scope, PUSHORT port) {
  if (at == nullptr || address == nullptr || scope == nullptr || port == nullptr) return STATUS_INVALID_PARAMETER;
  IN6_ADDR read{};
  ULONG read_scope = 0;
  USHORT read_port = 0;
  const bool bracket = *at == '[';
  if (bracket) ++at;
  if (!ReadIpv6(at, &read)) return STATUS_INVALID_PARAMETER;
  if (*at == '%' && !ReadScope(++at, &read_scope)) return STATUS_INVALID_PARAMETER;
  if (bracket) {
    if (*at++ != ']') return STATUS_INVALID_PARAMETER;
    if (*at == ':') {
      if (!ReadPort(at + 1, &read_port)) return STATUS_INVALID_PARAMETER;
    } else if (*at != 0) {
      return STATUS_INVALID_PARAMETER;
    }
  } else if (*at != 0) {
    return STATUS_INVALID_PARAMETER;
  }
  *address = read;
  *scope = read_scope;
  *port = read_port;
  return STATUS_SUCCESS;
}

template <class Char>
bool ReadEthernet(const Char*& at, DL_EUI48* address) {
  for (int i = 0; i < 6; ++i) {
    if (i != 0 && *at++ != '-') return --at, false;
    ULONG value = 0;
    for (int digit = 0; digit < 2; ++digit, ++at) {
      if (Digit(*at) >= 16) return false;
      value = value << 4 | Digit(*at);
    }
    address->Byte[i] = static_cast<UCHAR>(value);
  }
  return true;
}

/// Reads with `read`, and changes the result only if that went well.
template <class Char, class Address, class Read>
NTSTATUS ReadAll(const Char* text, const Char** terminator, Address* result, Read read) {
  if (text == nullptr || terminator == nullptr || result == nullptr) return STATUS_INVALID_PARAMETER;
  Address address{};
  const bool well = read(text, &address);
  *terminator = text;
  if (!well) return STATUS_INVALID_PARAMETER;
  *result = address;
  return STATUS_SUCCESS;
}

template <class Char>
NTSTATUS ReadIpv4To(const Char* text, BOOLEAN strict, const Char** terminator, IN_ADDR* address) {
  return ReadAll(text, terminator, address, [&](const Char*& at, IN_ADDR* result) { return ReadIpv4(at, strict != FALSE, result); });
}

}  // namespace

PSTR RtlIpv4AddressToStringA(const IN_ADDR* Addr, PSTR S) { return WriteIpv4(S, Addr->Bytes); }
PWSTR RtlIpv4AddressToStringW(const IN_ADDR* Addr, PWSTR S) { return WriteIpv4(S, Addr->Bytes); }
NTSTATUS RtlIpv4AddressToStringExA(const IN_ADDR* Address, USHORT Port, PSTR AddressString, PULONG AddressStringLength) {
  return WriteIpv4Ex(Address, Port, AddressString, AddressStringLength);
}
NTSTATUS RtlIpv4AddressToStringExW(const IN_ADDR* Address, USHORT Port, PWSTR AddressString, PULONG AddressStringLength) {
  return WriteIpv4Ex(Address, Port, AddressString, AddressStringLength);
}
NTSTATUS RtlIpv4StringToAddressA(PCSTR S, BOOLEAN Strict, PCSTR* Terminator, IN_ADDR* Addr) {
  return ReadIpv4To(S, Strict, Terminator, Addr);
}
NTSTATUS RtlIpv4StringToAddressW(PCWSTR S, BOOLEAN Strict, PCWSTR* Terminator, IN_ADDR* Addr) {
  return ReadIpv4To(S, Strict, Terminator, Addr);
}
NTSTATUS RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict, IN_ADDR* Address, PUSHORT Port) {
  return ReadIpv4Ex(AddressString, Strict, Address, Port);
}
NTSTATUS RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict, IN_ADDR* Address, PUSHORT Port) {
  return ReadIpv4Ex(AddressString, Strict, Address, Port);
}

PSTR RtlIpv6AddressToStringA(const IN6_ADDR* Addr, PSTR S) { return WriteIpv6(S, *Addr); }
PWSTR RtlIpv6AddressToStringW(const IN6_ADDR* Addr, PWSTR S) { return WriteIpv6(S, *Addr); }
NTSTATUS RtlIpv6AddressToStringExA(const IN6_ADDR* Address, ULONG ScopeId, USHORT Port, PSTR AddressString, PULONG AddressStringLength) {
  return WriteIpv6Ex(Address, ScopeId, Port, AddressString, AddressStringLength);
}
NTSTATUS RtlIpv6AddressToStringExW(const IN6_ADDR* Address, ULONG ScopeId, USHORT Port, PWSTR AddressString, PULONG AddressStringLength) {
  return WriteIpv6Ex(Address, ScopeId, Port, AddressString, AddressStringLength);
}
NTSTATUS RtlIpv6StringToAddressA(PCSTR S, PCSTR* Terminator, IN6_ADDR* Addr) { return ReadAll(S, Terminator, Addr, ReadIpv6<char>); }
NTSTATUS RtlIpv6StringToAddressW(PCWSTR S, PCWSTR* Terminator, IN6_ADDR* Addr) { return ReadAll(S, Terminator, Addr, ReadIpv6<WCHAR>); }
NTSTATUS RtlIpv6StringToAddressExA(PCSTR AddressString, IN6_ADDR* Address, PULONG ScopeId, PUSHORT Port) {
  return ReadIpv6Ex(AddressString, Address, ScopeId, Port);
}
NTSTATUS RtlIpv6StringToAddressExW(PCWSTR AddressString, IN6_ADDR* Address, PULONG ScopeId, PUSHORT Port) {
  return ReadIpv6Ex(AddressString, Address, ScopeId, Port);
}

PSTR RtlEthernetAddressToStringA(const DL_EUI48* Addr, PSTR S) { return WriteEthernet(Addr, S); }
PWSTR RtlEthernetAddressToStringW(const DL_EUI48* Addr, PWSTR S) { return WriteEthernet(Addr, S); }
NTSTATUS RtlEthernetStringToAddressA(PCSTR S, PCSTR* Terminator, DL_EUI48* Addr) {
  return ReadAll(S, Terminator, Addr, ReadEthernet<char>);
}
NTSTATUS RtlEthernetStringToAddressW(PCWSTR S, PCWSTR* Terminator, DL_EUI48* Addr) {
  return ReadAll(S, Terminator, Addr, ReadEthernet<WCHAR>);
}
