// The four memory functions that the compiler calls by itself. The WDK links them into every driver too.

typedef unsigned long long Size;

void* memcpy(void* destination, const void* source, Size count) {
  void* result = destination;
  __asm__ volatile("rep movsb" : "+D"(destination), "+S"(source), "+c"(count) : : "memory");
  return result;
}

void* memmove(void* destination, const void* source, Size count) {
  if ((Size)destination - (Size)source >= count) return memcpy(destination, source, count);
  // The destination begins inside the source: copy from the end. Not by `std; rep movsb`, which a fault would leave
  // with the direction flag set.
  while (count--) ((volatile char*)destination)[count] = ((const char*)source)[count];
  return destination;
}

void* memset(void* destination, int value, Size count) {
  void* result = destination;
  __asm__ volatile("rep stosb" : "+D"(destination), "+c"(count) : "a"(value) : "memory");
  return result;
}

int memcmp(const void* left, const void* right, Size count) {
  const unsigned char *a = left, *b = right;
  for (Size i = 0; i < count; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}
