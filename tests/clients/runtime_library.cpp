// The run-time library as ntdll has it: what it allocates for a program is of the process heap.
#include <windows.h>

#include "show.h"

namespace {

struct Wide {
  USHORT length, maximum;
  PWSTR buffer;
};
struct Narrow {
  USHORT length, maximum;
  PSTR buffer;
};

template <class Routine>
Routine Get(const char* name) {
  const FARPROC address = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
  if (address == nullptr) std::printf("ntdll has no %s\n", name);
  return reinterpret_cast<Routine>(reinterpret_cast<void*>(address));
}

bool IsOfTheHeap(const void* block) { return HeapValidate(GetProcessHeap(), 0, block) != 0; }

void Strings() {
  const auto create = Get<BOOLEAN(WINAPI*)(Wide*, PCWSTR)>("RtlCreateUnicodeString");
  const auto free_unicode = Get<void(WINAPI*)(Wide*)>("RtlFreeUnicodeString");
  const auto to_ansi = Get<LONG(WINAPI*)(Narrow*, const Wide*, BOOLEAN)>("RtlUnicodeStringToAnsiString");
  const auto from_ansi = Get<LONG(WINAPI*)(Wide*, const Narrow*, BOOLEAN)>("RtlAnsiStringToUnicodeString");
  const auto free_ansi = Get<void(WINAPI*)(Narrow*)>("RtlFreeAnsiString");
  Wide text, back;
  Narrow narrow;
  Show("create", {create(&text, L"Hello"), text.length, text.maximum, IsOfTheHeap(text.buffer)});
  Show("to ANSI", {to_ansi(&narrow, &text, TRUE), narrow.length, IsOfTheHeap(narrow.buffer)});
  Show("and back", {from_ansi(&back, &narrow, TRUE), back.length, lstrcmpW(back.buffer, L"Hello") == 0});
  free_unicode(&text);
  free_unicode(&back);
  free_ansi(&narrow);
  Show("freed", {text.buffer, narrow.buffer});
}

void Sids() {
  const auto allocate = Get<LONG(WINAPI*)(SID_IDENTIFIER_AUTHORITY*, BYTE, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, PSID*)>(
      "RtlAllocateAndInitializeSid");
  const auto convert = Get<LONG(WINAPI*)(Wide*, PSID, BOOLEAN)>("RtlConvertSidToUnicodeString");
  const auto free_sid = Get<PVOID(WINAPI*)(PSID)>("RtlFreeSid");
  const auto free_unicode = Get<void(WINAPI*)(Wide*)>("RtlFreeUnicodeString");
  SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
  PSID sid = nullptr;
  Wide text;
  Show("SID", {allocate(&authority, 2, 32, 544, 0, 0, 0, 0, 0, 0, &sid), IsOfTheHeap(sid)});
  Show("its text", {convert(&text, sid, TRUE), lstrcmpW(text.buffer, L"S-1-5-32-544") == 0});
  free_unicode(&text);
  Show("SID freed", {free_sid(sid)});
}

void Addresses() {
  const auto ipv4 = Get<LONG(WINAPI*)(PCSTR, BOOLEAN, PCSTR*, BYTE*)>("RtlIpv4StringToAddressA");
  const auto ipv6 = Get<PSTR(WINAPI*)(const BYTE*, PSTR)>("RtlIpv6AddressToStringA");
  PCSTR end = nullptr;
  BYTE address[4];
  Show("IPv4", {ipv4("10.1.2.3!", TRUE, &end, address), *end == '!', address[0], address[3]});
  const BYTE loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  char text[46];
  ipv6(loopback, text);
  std::printf("IPv6: %s\n", text);
}

void Tables() {
  const auto create = Get<BOOLEAN(WINAPI*)(void**, ULONG, ULONG)>("RtlCreateHashTable");
  const auto remove = Get<void(WINAPI*)(void*)>("RtlDeleteHashTable");
  const auto crc = Get<ULONG(WINAPI*)(ULONG, const void*, ULONG)>("RtlComputeCrc32");
  void* table = nullptr;
  Show("hash table", {create(&table, 0, 0), IsOfTheHeap(table)});
  remove(table);
  std::printf("CRC-32: %08lx\n", crc(0, "123456789", 9));
}

void Compression() {
  const auto size_of = Get<LONG(WINAPI*)(USHORT, ULONG*, ULONG*)>("RtlGetCompressionWorkSpaceSize");
  const auto compress = Get<LONG(WINAPI*)(USHORT, BYTE*, ULONG, BYTE*, ULONG, ULONG, ULONG*, void*)>("RtlCompressBuffer");
  const auto decompress = Get<LONG(WINAPI*)(USHORT, BYTE*, ULONG, BYTE*, ULONG, ULONG*)>("RtlDecompressBuffer");
  static BYTE plain[8192], packed[9000], back[8192];
  for (ULONG i = 0; i < sizeof plain; ++i) plain[i] = static_cast<BYTE>(i / 100);
  ULONG work = 0, fragment = 0, size = 0, unpacked = 0;
  size_of(2, &work, &fragment);
  void* const space = HeapAlloc(GetProcessHeap(), 0, work);
  Show("compress", {compress(2, plain, sizeof plain, packed, sizeof packed, 4096, &size, space), size < 1000});
  Show("decompress", {decompress(2, back, sizeof back, packed, size, &unpacked), unpacked, memcmp(plain, back, sizeof plain) == 0});
  HeapFree(GetProcessHeap(), 0, space);
}

DWORD WINAPI Add(PVOID value) {
  ++*static_cast<int*>(value);
  return 0;
}

void ProcessAndToken() {
  const auto adjust = Get<LONG(WINAPI*)(ULONG, BOOLEAN, BOOLEAN, BOOLEAN*)>("RtlAdjustPrivilege");
  const auto start = Get<LONG(WINAPI*)(HANDLE, void*, BOOLEAN, ULONG, SIZE_T, SIZE_T, void*, void*, HANDLE*, void*)>("RtlCreateUserThread");
  const auto set_error = Get<void(WINAPI*)(DWORD)>("RtlSetLastWin32Error");
  const auto version = Get<void(WINAPI*)(ULONG*, ULONG*, ULONG*)>("RtlGetNtVersionNumbers");
  BOOLEAN was = 9;
  Show("SeShutdownPrivilege", {static_cast<ULONG>(adjust(19, TRUE, FALSE, &was)), was});
  Show("once more", {static_cast<ULONG>(adjust(19, FALSE, FALSE, &was)), was});
  Show("without impersonation", {static_cast<ULONG>(adjust(19, TRUE, TRUE, &was)) == 0xC000007C});
  Show("unknown", {static_cast<ULONG>(adjust(1000, TRUE, FALSE, &was)) == 0xC0000061});
  int value = 1;
  HANDLE thread = nullptr;
  Show("thread", {start(GetCurrentProcess(), nullptr, FALSE, 0, 0, 0, reinterpret_cast<void*>(Add), &value, &thread, nullptr)});
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
  Show("it ran", {value});
  set_error(4711);
  Show("last error", {GetLastError()});
  ULONG major, minor, build;
  version(&major, &minor, &build);
  Show("version", {major, minor, build & 0xFFFF});
}

void Text() {
  const auto print = Get<int(__cdecl*)(char*, size_t, const char*, ...)>("_snprintf");
  const auto compare = Get<int(__cdecl*)(const wchar_t*, const wchar_t*)>("_wcsicmp");
  char text[32];
  Show("_snprintf", {print(text, sizeof text, "%d-%s-%x", 7, "abc", 255)});
  std::printf("%s\n", text);
  Show("_wcsicmp", {compare(L"Abc", L"aBC")});
}

}  // namespace

int main() {
  Strings();
  Sids();
  Addresses();
  Tables();
  Compression();
  ProcessAndToken();
  Text();
}
