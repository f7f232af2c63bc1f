// The scanf family of the kernel: the forms that know their buffers' sizes.
#include "kernel/rtl/crt.h"
#include "kernel/rtl/scan.h"

using nt::crt::ScanText;

int Crt_sscanf_s(const char* text, const char* format, const ULONG_PTR* arguments) {
  return text == nullptr || format == nullptr ? -1 : ScanText(text, ~SIZE_T{0}, format, arguments, true);
}
int Crt_swscanf_s(const WCHAR* text, const WCHAR* format, const ULONG_PTR* arguments) {
  return text == nullptr || format == nullptr ? -1 : ScanText(text, ~SIZE_T{0}, format, arguments, true);
}
int Crt_snscanf_s(const char* text, SIZE_T length, const char* format, const ULONG_PTR* arguments) {
  return text == nullptr || format == nullptr ? -1 : ScanText(text, length, format, arguments, true);
}
int Crt_snwscanf_s(const WCHAR* text, SIZE_T length, const WCHAR* format, const ULONG_PTR* arguments) {
  return text == nullptr || format == nullptr ? -1 : ScanText(text, length, format, arguments, true);
}
