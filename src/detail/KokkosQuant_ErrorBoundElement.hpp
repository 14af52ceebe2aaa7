// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Codes in steps of a power of two, and back: why no element whose code fits is further from what comes back than the bound.
//
// x is of T with p digits, step = 2^k <= 2 eps, t = x/step, r = t rounded to an integer, x' = RN_T(RN_C(RN_C(r) * step)).
//  - Products with powers of two are exact, but where they overflow (then t fits no code) or are subnormal (then |t| < 1/2, so
//    r = 0 and x' = 0). Hence |x - r*step| = step |t - r| <= step/2 <= eps.
//  - r*step is a number of T, so that the way back rounds nothing. Where step is at most the unit in the last place of x, x is a
//    multiple of it, and r*step is x. Where it is larger, |r| < 2^p: else |x| >= (2^p - 1/2) step > 2^(p-1) step, and the unit
//    of x would be step at least. So r*step has at most p digits, from that unit or higher on, and is a T, or beyond its largest.
//  - It is beyond only where |r| > largest/step: such r do not fit.
//  - A bound below half of C's smallest number asks for a step that is none. The smallest number, of which all T are multiples,
//    gives x' = x. A bound beyond C's largest power of two takes that: a smaller step than could be.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "../KokkosQuant_Types.hpp"
#include "KokkosQuant_Affine.hpp"
#include "KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_CellElement.hpp"
#include "backend/KokkosQuant_HostBits.hpp"

namespace KokkosQuant::Impl {

// k of the step of a bound that is positive and finite, cut to the powers of two that C has.
template <std::floating_point C>
int step_exponent(double eps) {
  using limits = std::numeric_limits<C>;
  int k = 0;
  std::frexp(eps, &k);  // 2^(k-1) <= eps < 2^k
  return std::clamp(k, limits::min_exponent - limits::digits, limits::max_exponent - 1);
}

template <class T>
inline constexpr double largest_number = std::numeric_limits<T>::max();
template <>
inline constexpr double largest_number<half_t> = 65504;
template <>
inline constexpr double largest_number<bfloat16_t> = 0x1.fep127;

// |t| <= 2^31: nearest integer, ties to even
KOKKOS_FORCEINLINE_FUNCTION std::int32_t round_any(float t) {
  const std::uint32_t sign = bits_as<std::uint32_t>(t) & 0x80000000u;
  const auto shift = bits_as<float>(sign | 0x4b000000u);  // 2^23 with the sign of t
  const float rounded = t > -0x1p23f && t < 0x1p23f ? (t + shift) - shift : t;
  return static_cast<std::int32_t>(rounded);
}
KOKKOS_FORCEINLINE_FUNCTION float from_any_integer(std::int32_t i) { return static_cast<float>(i); }

struct ErrorBoundConstants {
  bool quick = true;
  template <class F, class... K>
  static void for_each(const F&, K&...) {}
};

template <element_type T>
struct ErrorBoundElement : FreeElement<T> {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using CellData = typename FreeElement<T>::CellData;
  template <class, class>
  using constants_of = ErrorBoundConstants;
  KOKKOS_FORCEINLINE_FUNCTION ErrorBoundConstants constants(const CellData&) const { return {}; }
  KOKKOS_FORCEINLINE_FUNCTION ErrorBoundConstants quick_constants(const CellData&) const { return {}; }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const ErrorBoundConstants&) { return true; }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const ErrorBoundConstants&, C) { return true; }
};

template <element_type T, class Code>
struct QuantizeToErrorBoundElement : ErrorBoundElement<T> {
  using C = compute_t<T>;
  using I = integer_of<C>;

  C first, second;  // 1/step in two factors, as one may be too large for C
  C t_min, t_max;   // those whose integers fit

  explicit QuantizeToErrorBoundElement(double eps) {
    constexpr int largest_exponent = std::numeric_limits<C>::max_exponent - 2;
    const int k = step_exponent<C>(eps), split = std::min(-k, largest_exponent);
    first = std::ldexp(C(1), split);
    second = std::ldexp(C(1), -k - split);
    const double most = std::floor(std::ldexp(largest_number<T>, -k));
    const double lowest = std::max<double>(std::numeric_limits<Code>::min(), -most);
    const double highest = std::min<double>(std::numeric_limits<Code>::max(), most);
    t_min = first_rounding_to_any<C>(static_cast<std::int64_t>(lowest), 0);
    t_max = -first_rounding_to_any<C>(static_cast<std::int64_t>(-highest), 0);
  }

  KOKKOSQUANT_FOR_PACKS_TOO
  template <class J, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const ErrorBoundConstants&, J& q, J& misfit, const V& x) const {
    const auto t = multiply(multiply(x, first), second);
    const auto fits = within(t, t_min, t_max);
    if constexpr (sizeof(C) == 4 && sizeof(Code) == 4)
      q = round_any(keep_if(fits, t));
    else
      q = round_small(keep_if(fits, t));
    misfit = to_flag(fits, x) ^ I(1);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const ErrorBoundConstants& k, I& q, I& misfit, C x) const {
    apply(k, q, misfit, x);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const ErrorBoundConstants& k, I& q, I& misfit, C x) const {
    apply(k, q, misfit, x);
  }
};

template <element_type T, class Code>
struct DequantizeFromErrorBoundElement : ErrorBoundElement<T> {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using ErrorBoundElement<T>::is_quick;

  C step;

  explicit DequantizeFromErrorBoundElement(double eps) : step(std::ldexp(C(1), step_exponent<C>(eps))) {}

  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const ErrorBoundConstants&, I) { return true; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class V, class J>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const ErrorBoundConstants&, V& x, const J& q) const {
    if constexpr (sizeof(C) == 4 && sizeof(Code) == 4)
      x = multiply(from_any_integer(q), step);
    else
      x = multiply(from_small_integer(q), step);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const ErrorBoundConstants& k, C& x, I q) const { apply(k, x, q); }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const ErrorBoundConstants& k, C& x, I q) const { apply(k, x, q); }
};

}  // namespace KokkosQuant::Impl
