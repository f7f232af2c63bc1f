// Language-level names of wdm.h and ntdef.h: structured exception keywords, linkage, enumerations, fields.
#pragma once

#include <stddef.h>

#define try __try
#define except __except
#define finally __finally
#define leave __leave

#undef EXTERN_C
#undef EXTERN_C_START
#undef EXTERN_C_END
#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

// mingw's forms assign the parameter to itself, which a const object and a reference to one forbid.
#undef UNREFERENCED_PARAMETER
#undef UNREFERENCED_LOCAL_VARIABLE
#undef DBG_UNREFERENCED_PARAMETER
#undef DBG_UNREFERENCED_LOCAL_VARIABLE
#define UNREFERENCED_PARAMETER(P) ((void)(P))
#define UNREFERENCED_LOCAL_VARIABLE(V) ((void)(V))
#define DBG_UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(V) ((void)(V))

#undef FIELD_OFFSET
#define FIELD_OFFSET(type, field) ((LONG)__builtin_offsetof(type, field))
#undef UFIELD_OFFSET
#define UFIELD_OFFSET(type, field) ((ULONG)__builtin_offsetof(type, field))
#ifndef RTL_FIELD_SIZE
#define RTL_FIELD_SIZE(type, field) (sizeof(((type*)0)->field))
#endif
#ifndef RTL_SIZEOF_THROUGH_FIELD
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (FIELD_OFFSET(type, field) + RTL_FIELD_SIZE(type, field))
#endif
#ifndef RTL_NUMBER_OF
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#endif
#ifndef _countof
#define _countof(array) RTL_NUMBER_OF(array)
#endif

#undef C_ASSERT
#ifdef __cplusplus
#define C_ASSERT(expression) static_assert((expression), #expression)
#else
#define C_ASSERT(expression) _Static_assert((expression), #expression)
#endif

// A string that is constant at compile time. mingw's C++ forms need a const_cast in a place where the WDK's do not.
#undef DECLARE_CONST_UNICODE_STRING
#define DECLARE_CONST_UNICODE_STRING(variable, string)      \
  const WCHAR variable##_buffer[] = string;                 \
  const UNICODE_STRING variable = {                         \
      sizeof(string) - sizeof(WCHAR), sizeof(string), (PWCH)variable##_buffer}
#undef DECLARE_GLOBAL_CONST_UNICODE_STRING
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(variable, string)                      \
  extern const DECLSPEC_SELECTANY UNICODE_STRING variable = {                      \
      sizeof(string) - sizeof(WCHAR), sizeof(string), (PWCH)string}
#undef DECLARE_UNICODE_STRING_SIZE
#define DECLARE_UNICODE_STRING_SIZE(variable, size) \
  WCHAR variable##_buffer[size];                    \
  UNICODE_STRING variable = {0, (size) * sizeof(WCHAR), variable##_buffer}
#undef DECLARE_CONST_ANSI_STRING
#define DECLARE_CONST_ANSI_STRING(variable, string) \
  const CHAR variable##_buffer[] = string;          \
  const ANSI_STRING variable = {sizeof(string) - 1, sizeof(string), (PCHAR)variable##_buffer}

#undef RTL_CONSTANT_STRING
#ifdef __cplusplus
extern "C++" {
// The literal's characters without their const, as the WDK's macro yields them.
template <class Character, size_t Count>
constexpr Character* RingletLiteralBuffer(const Character (&literal)[Count]) {
  return const_cast<Character*>(literal);
}
}
#define RTL_CONSTANT_STRING(s) {sizeof(s) - sizeof((s)[0]), sizeof(s), RingletLiteralBuffer(s)}
#else
#define RTL_CONSTANT_STRING(s) {sizeof(s) - sizeof((s)[0]), sizeof(s), s}
#endif

#undef RTL_CONSTANT_OBJECT_ATTRIBUTES
#undef RTL_INIT_OBJECT_ATTRIBUTES
#define RTL_CONSTANT_OBJECT_ATTRIBUTES(name, attributes) \
  {sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(name), attributes, NULL, NULL}
#define RTL_INIT_OBJECT_ATTRIBUTES(name, attributes) RTL_CONSTANT_OBJECT_ATTRIBUTES(name, attributes)

#undef DEFINE_ENUM_FLAG_OPERATORS
#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(E)                                                                                  \
  extern "C++" {                                                                                                       \
  constexpr E operator|(E a, E b) { return E(static_cast<__underlying_type(E)>(a) | static_cast<__underlying_type(E)>(b)); } \
  constexpr E operator&(E a, E b) { return E(static_cast<__underlying_type(E)>(a) & static_cast<__underlying_type(E)>(b)); } \
  constexpr E operator^(E a, E b) { return E(static_cast<__underlying_type(E)>(a) ^ static_cast<__underlying_type(E)>(b)); } \
  constexpr E operator~(E a) { return E(~static_cast<__underlying_type(E)>(a)); }                                      \
  constexpr E& operator|=(E& a, E b) { return a = a | b; }                                                             \
  constexpr E& operator&=(E& a, E b) { return a = a & b; }                                                             \
  constexpr E& operator^=(E& a, E b) { return a = a ^ b; }                                                             \
  }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(E)
#endif

#ifndef ALIGN_DOWN_BY
#define ALIGN_DOWN_BY(value, alignment) ((ULONG_PTR)(value) & ~((ULONG_PTR)(alignment) - 1))
#define ALIGN_UP_BY(value, alignment) (ALIGN_DOWN_BY((ULONG_PTR)(value) + (alignment) - 1, alignment))
#define ALIGN_DOWN(value, type) ALIGN_DOWN_BY(value, sizeof(type))
#define ALIGN_UP(value, type) ALIGN_UP_BY(value, sizeof(type))
#define ALIGN_DOWN_POINTER_BY(pointer, alignment) ((PVOID)ALIGN_DOWN_BY(pointer, alignment))
#define ALIGN_UP_POINTER_BY(pointer, alignment) ((PVOID)ALIGN_UP_BY(pointer, alignment))
#define ALIGN_DOWN_POINTER(pointer, type) ((PVOID)ALIGN_DOWN(pointer, type))
#define ALIGN_UP_POINTER(pointer, type) ((PVOID)ALIGN_UP(pointer, type))
#endif

#ifndef XSTATE_MASK_AVX
#define XSTATE_AVX 2
#define XSTATE_MASK_AVX (1ULL << XSTATE_AVX)
#endif
