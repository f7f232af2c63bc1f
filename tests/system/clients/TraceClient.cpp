// An event provider in a program.
#include <windows.h>

#include <evntprov.h>

#include <cstdio>

namespace {

const GUID kProvider = {0x6a1b2c3d, 0x0011, 0x2233, {0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xcc}};
const GUID kGroup = {0x6a1b2c3d, 0x0011, 0x2233, {0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xdd}};

VOID NTAPI OnEnable(LPCGUID, ULONG control, UCHAR level, ULONGLONG any, ULONGLONG, PEVENT_FILTER_DESCRIPTOR, PVOID context) {
  std::printf("control %lu, level %u, any %llx, context %p\n", control, level, any, context);
}

constexpr EVENT_INFO_CLASS kSetTraits = static_cast<EVENT_INFO_CLASS>(2);  // EventProviderSetTraits

#pragma pack(push, 1)
struct {
  USHORT size = sizeof *this;
  char name[12] = "Client.Test";
  USHORT part = 19;
  UCHAR type = 1;
  GUID group = kGroup;
} traits;
#pragma pack(pop)

}  // namespace

int main() {
  REGHANDLE handle = 0;
  std::printf("no identifier: %lu\n", EventRegister(nullptr, nullptr, nullptr, &handle));
  std::printf("register: %lu\n", EventRegister(&kProvider, OnEnable, reinterpret_cast<PVOID>(0x77), &handle));
  std::printf("traits: %lu\n", EventSetInformation(handle, kSetTraits, &traits, sizeof traits));
  const EVENT_DESCRIPTOR event = {7, 1, 0, 4, 2, 3, 0x8000000000000001};
  ULONG number = 42;
  ULONGLONG large = 1ull << 40;
  const UCHAR bytes[] = {1, 2, 3};
  EVENT_DATA_DESCRIPTOR data[5];
  EventDataDescCreate(&data[0], &number, sizeof number);
  EventDataDescCreate(&data[1], L"a text", sizeof L"a text");
  EventDataDescCreate(&data[2], &large, sizeof large);
  EventDataDescCreate(&data[3], "narrow", sizeof "narrow");
  EventDataDescCreate(&data[4], bytes, sizeof bytes);
  std::printf("enabled: %u %u\n", EventEnabled(handle, &event), EventProviderEnabled(handle, 4, 1));
  std::printf("write: %lu\n", EventWrite(handle, &event, 5, data));
  GUID activity{};
  std::printf("activity: %lu\n", EventActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_SET_ID, &activity));
  std::printf("transfer: %lu\n", EventWriteTransfer(handle, &event, nullptr, &kGroup, 1, data));
  std::printf("ex: %lu\n", EventWriteEx(handle, &event, 0, 0, nullptr, nullptr, 0, nullptr));
  std::printf("string: %lu\n", EventWriteString(handle, 2, 0, L"just text"));
  std::printf("no handle: %lu\n", EventWrite(0, &event, 0, nullptr));
  std::printf("bad control: %lu\n", EventActivityIdControl(9, &activity));
  std::printf("unregister: %lu\n", EventUnregister(handle));
  std::printf("again: %lu\n", EventUnregister(handle));
  EventRegister(&kProvider, nullptr, nullptr, &handle);  // left to the process's end
}
