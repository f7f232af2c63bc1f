// RINGLET_FOR_EACH(M, a, b, …) is M(1, a) M(2, b) …, for up to 24 arguments; RINGLET_COUNT tells how many there are.
#pragma once

#define RINGLET_EXPAND(...) __VA_ARGS__
#define RINGLET_COUNT(...) RINGLET_COUNT_2(0 __VA_OPT__(, ) __VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define RINGLET_COUNT_2(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22, _23, _24, n, ...) n
#define RINGLET_JOIN(a, b) RINGLET_JOIN_2(a, b)
#define RINGLET_JOIN_2(a, b) a##b
#define RINGLET_FOR_EACH(M, ...) RINGLET_JOIN(RINGLET_EACH_, RINGLET_COUNT(__VA_ARGS__))(M __VA_OPT__(, ) __VA_ARGS__)
#define RINGLET_EACH_0(M)
#define RINGLET_EACH_1(M, a) M(1, a)
#define RINGLET_EACH_2(M, a, ...) M(2, a) RINGLET_EACH_1(M, __VA_ARGS__)
#define RINGLET_EACH_3(M, a, ...) M(3, a) RINGLET_EACH_2(M, __VA_ARGS__)
#define RINGLET_EACH_4(M, a, ...) M(4, a) RINGLET_EACH_3(M, __VA_ARGS__)
#define RINGLET_EACH_5(M, a, ...) M(5, a) RINGLET_EACH_4(M, __VA_ARGS__)
#define RINGLET_EACH_6(M, a, ...) M(6, a) RINGLET_EACH_5(M, __VA_ARGS__)
#define RINGLET_EACH_7(M, a, ...) M(7, a) RINGLET_EACH_6(M, __VA_ARGS__)
#define RINGLET_EACH_8(M, a, ...) M(8, a) RINGLET_EACH_7(M, __VA_ARGS__)
#define RINGLET_EACH_9(M, a, ...) M(9, a) RINGLET_EACH_8(M, __VA_ARGS__)
#define RINGLET_EACH_10(M, a, ...) M(10, a) RINGLET_EACH_9(M, __VA_ARGS__)
#define RINGLET_EACH_11(M, a, ...) M(11, a) RINGLET_EACH_10(M, __VA_ARGS__)
#define RINGLET_EACH_12(M, a, ...) M(12, a) RINGLET_EACH_11(M, __VA_ARGS__)
#define RINGLET_EACH_13(M, a, ...) M(13, a) RINGLET_EACH_12(M, __VA_ARGS__)
#define RINGLET_EACH_14(M, a, ...) M(14, a) RINGLET_EACH_13(M, __VA_ARGS__)
#define RINGLET_EACH_15(M, a, ...) M(15, a) RINGLET_EACH_14(M, __VA_ARGS__)
#define RINGLET_EACH_16(M, a, ...) M(16, a) RINGLET_EACH_15(M, __VA_ARGS__)
#define RINGLET_EACH_17(M, a, ...) M(17, a) RINGLET_EACH_16(M, __VA_ARGS__)
#define RINGLET_EACH_18(M, a, ...) M(18, a) RINGLET_EACH_17(M, __VA_ARGS__)
#define RINGLET_EACH_19(M, a, ...) M(19, a) RINGLET_EACH_18(M, __VA_ARGS__)
#define RINGLET_EACH_20(M, a, ...) M(20, a) RINGLET_EACH_19(M, __VA_ARGS__)
#define RINGLET_EACH_21(M, a, ...) M(21, a) RINGLET_EACH_20(M, __VA_ARGS__)
#define RINGLET_EACH_22(M, a, ...) M(22, a) RINGLET_EACH_21(M, __VA_ARGS__)
#define RINGLET_EACH_23(M, a, ...) M(23, a) RINGLET_EACH_22(M, __VA_ARGS__)
#define RINGLET_EACH_24(M, a, ...) M(24, a) RINGLET_EACH_23(M, __VA_ARGS__)
