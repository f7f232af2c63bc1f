// Mathematics. Leaves: called directly in the Microsoft convention.
#include <cmath>

#include "nt/types.h"

extern "C" {

/// The arc cosine of a number.
MSABI double Msvcrt_acos(double X) { return std::acos(X); }
/// The arc sine of a number.
MSABI double Msvcrt_asin(double X) { return std::asin(X); }
/// The arc tangent of a number.
MSABI double Msvcrt_atan(double X) { return std::atan(X); }
/// The cosine of a number.
MSABI double Msvcrt_cos(double X) { return std::cos(X); }
/// The hyperbolic cosine of a number.
MSABI double Msvcrt_cosh(double X) { return std::cosh(X); }
/// The power of e of a number.
MSABI double Msvcrt_exp(double X) { return std::exp(X); }
/// The magnitude of a number.
MSABI double Msvcrt_fabs(double X) { return std::fabs(X); }
/// The largest integer not above of a number.
MSABI double Msvcrt_floor(double X) { return std::floor(X); }
/// The smallest integer not below of a number.
MSABI double Msvcrt_ceil(double X) { return std::ceil(X); }
/// The natural logarithm of a number.
MSABI double Msvcrt_log(double X) { return std::log(X); }
/// The decimal logarithm of a number.
MSABI double Msvcrt_log10(double X) { return std::log10(X); }
/// The sine of a number.
MSABI double Msvcrt_sin(double X) { return std::sin(X); }
/// The hyperbolic sine of a number.
MSABI double Msvcrt_sinh(double X) { return std::sinh(X); }
/// The square root of a number.
MSABI double Msvcrt_sqrt(double X) { return std::sqrt(X); }
/// The tangent of a number.
MSABI double Msvcrt_tan(double X) { return std::tan(X); }
/// The hyperbolic tangent of a number.
MSABI double Msvcrt_tanh(double X) { return std::tanh(X); }
/// The angle of a point.
MSABI double Msvcrt_atan2(double X, double Y) { return std::atan2(X, Y); }
/// The remainder of a division.
MSABI double Msvcrt_fmod(double X, double Y) { return std::fmod(X, Y); }
/// The power.
MSABI double Msvcrt_pow(double X, double Y) { return std::pow(X, Y); }
/// The arc cosine of a number.
MSABI float Msvcrt_acosf(float X) { return std::acos(X); }
/// The arc sine of a number.
MSABI float Msvcrt_asinf(float X) { return std::asin(X); }
/// The arc tangent of a number.
MSABI float Msvcrt_atanf(float X) { return std::atan(X); }
/// The cosine of a number.
MSABI float Msvcrt_cosf(float X) { return std::cos(X); }
/// The hyperbolic cosine of a number.
MSABI float Msvcrt_coshf(float X) { return std::cosh(X); }
/// The power of e of a number.
MSABI float Msvcrt_expf(float X) { return std::exp(X); }
/// The largest integer not above of a number.
MSABI float Msvcrt_floorf(float X) { return std::floor(X); }
/// The smallest integer not below of a number.
MSABI float Msvcrt_ceilf(float X) { return std::ceil(X); }
/// The natural logarithm of a number.
MSABI float Msvcrt_logf(float X) { return std::log(X); }
/// The decimal logarithm of a number.
MSABI float Msvcrt_log10f(float X) { return std::log10(X); }
/// The sine of a number.
MSABI float Msvcrt_sinf(float X) { return std::sin(X); }
/// The hyperbolic sine of a number.
MSABI float Msvcrt_sinhf(float X) { return std::sinh(X); }
/// The square root of a number.
MSABI float Msvcrt_sqrtf(float X) { return std::sqrt(X); }
/// The tangent of a number.
MSABI float Msvcrt_tanf(float X) { return std::tan(X); }
/// The hyperbolic tangent of a number.
MSABI float Msvcrt_tanhf(float X) { return std::tanh(X); }
/// The angle of a point.
MSABI float Msvcrt_atan2f(float X, float Y) { return std::atan2(X, Y); }
/// The remainder of a division.
MSABI float Msvcrt_fmodf(float X, float Y) { return std::fmod(X, Y); }
/// The power.
MSABI float Msvcrt_powf(float X, float Y) { return std::pow(X, Y); }
/// The whole and the fractional part of a number.
MSABI double Msvcrt_modf(double X, double* Whole) { return std::modf(X, Whole); }
/// The mantissa and the exponent of a number.
MSABI double Msvcrt_frexp(double X, int* Exponent) { return std::frexp(X, Exponent); }
/// A number times a power of two.
MSABI double Msvcrt_ldexp(double X, int Exponent) { return std::ldexp(X, Exponent); }
/// A number with another's sign.
MSABI double Msvcrt__copysign(double X, double Y) { return std::copysign(X, Y); }
/// Whether a number is finite.
MSABI int Msvcrt__finite(double X) { return std::isfinite(X); }
/// Whether a number is none.
MSABI int Msvcrt__isnan(double X) { return std::isnan(X); }

}  // extern "C"
