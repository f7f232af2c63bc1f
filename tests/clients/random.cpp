// Random numbers and what is made of them: they fill what they are to fill, and differ.
#define _CRT_RAND_S
#include <windows.h>

#include <bcrypt.h>
#include <objbase.h>
#include <stdlib.h>

#include <random>

#include "show.h"

extern "C" BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);

int main() {
  UCHAR bytes[40] = {}, more[40] = {};
  Show("bytes", {SystemFunction036(bytes, 33), memcmp(bytes, more, 33) != 0, bytes[33], SystemFunction036(bytes, 0)});
  Show("preferred",
       {static_cast<DWORD>(BCryptGenRandom(nullptr, more, 16, BCRYPT_USE_SYSTEM_PREFERRED_RNG)), memcmp(bytes, more, 16) != 0});
  Show("refused",
       {static_cast<DWORD>(BCryptGenRandom(nullptr, more, 16, 0)), static_cast<DWORD>(BCryptGenRandom(nullptr, nullptr, 16, 2))});
  GUID one, other;
  Show("identifiers", {static_cast<DWORD>(CoCreateGuid(&one)), static_cast<DWORD>(CoCreateGuid(&other)), !IsEqualGUID(one, other),
                       static_cast<DWORD>(one.Data3 >> 12), static_cast<DWORD>(one.Data4[0] >> 6)});
  unsigned first = 0, second = 0;
  Show("numbers", {static_cast<DWORD>(rand_s(&first)), static_cast<DWORD>(rand_s(&second)), first != second});
  std::random_device device;
  const unsigned third = device(), fourth = device();
  Show("device", {third != fourth});
}
