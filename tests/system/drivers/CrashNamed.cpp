// Reads through a null pointer, in a member of a template, three calls deep.
#include <ntddk.h>

struct Device {
  int value;
};

static __declspec(noinline) int ReadValue(Device* device) {
  return device->value + 3;  // line 9
}

namespace demo {
template <class T>
struct Holder {
  T* held;
  __declspec(noinline) int Get() { return ReadValue(held) + 1; }  // line 16
};
}  // namespace demo

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {
  demo::Holder<Device> holder{nullptr};
  return holder.Get() != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;  // line 22
}
