// The entry point of drivers with stack protection: seeds the security cookie, as the WDK's own does, then enters
// the driver. Also what the compiler calls when it finds a cookie changed.

typedef unsigned long long Cookie;

#define DEFAULT_COOKIE 0x00002B992DDFA232ULL  // what every unseeded x64 image starts with (PE load configuration)
#define BUGCHECK_DRIVER_OVERRAN_STACK_BUFFER 0xF7

Cookie __security_cookie = DEFAULT_COOKIE;

long DriverEntry(void* driver, void* registry_path);
__declspec(dllimport) void KeBugCheckEx(unsigned long code, Cookie actual, Cookie expected, Cookie complement, Cookie reserved);

/// The loader seeds the cookie through the load configuration; where it has not, the time stamp counter does.
__attribute__((no_stack_protector)) long GsDriverEntry(void* driver, void* registry_path) {
  if (__security_cookie == DEFAULT_COOKIE || __security_cookie == 0) {
    Cookie seed = __builtin_ia32_rdtsc() ^ (Cookie)&__security_cookie;
    // The two high bytes are zero, so that a cookie copied as a string ends early.
    seed = (seed ^ seed >> 32 << 16) & 0x0000FFFFFFFFFFFFULL;
    __security_cookie = seed == DEFAULT_COOKIE || seed == 0 ? DEFAULT_COOKIE + 1 : seed;
  }
  return DriverEntry(driver, registry_path);
}

/// Called at a protected function's end with the cookie found on its stack: a changed one means an overrun buffer.
__attribute__((no_stack_protector)) void __security_check_cookie(Cookie found) {
  if (found != __security_cookie) KeBugCheckEx(BUGCHECK_DRIVER_OVERRAN_STACK_BUFFER, found, __security_cookie, ~__security_cookie, 0);
}
