// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A scale (and zero point) from the range of a cell's elements.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_DynamicDescriptor.hpp"
#include "KokkosQuant_Operands.hpp"
#include "KokkosQuant_Scalar.hpp"

namespace KokkosQuant::Impl {

// The smallest and the largest of finite elements and 0; V is a value of the compute type or a pack of them. NaN and infinities
// are left out. Whatever the order of the elements, the same (zeros may differ in sign, of which nothing depends).
template <class V>
struct FiniteRange {
  V lo, hi;

  KOKKOSQUANT_FOR_PACKS_TOO
  KOKKOS_FORCEINLINE_FUNCTION void include(const V& x) {
    const V finite = finite_or_zero(x);
    lo = least(lo, finite);
    hi = greatest(hi, finite);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  KOKKOS_FORCEINLINE_FUNCTION void include(const FiniteRange& other) {
    lo = least(lo, other.lo);
    hi = greatest(hi, other.hi);
  }
};

// What a scale may be in the type it is stored in.
template <class S>
struct scale_limits {
  static constexpr double smallest_normal = std::numeric_limits<S>::min();
  static constexpr double largest_power = sizeof(S) == 8 ? 0x1p1023 : 0x1p127;
};
template <>
struct scale_limits<half_t> {
  static constexpr double smallest_normal = 0x1p-14, largest_power = 0x1p15;
};
template <>
struct scale_limits<bfloat16_t> {
  static constexpr double smallest_normal = 0x1p-126, largest_power = 0x1p127;
};

template <std::floating_point C>
struct ScaleOptions {
  QuantizeDescriptor range;
  C eps;
  bool power_of_two;
};
template <class S, std::floating_point C>
ScaleOptions<C> scale_options(const DynamicQuantizeDescriptor& d) {
  return {d.range(), static_cast<C>(d.eps == 0 ? scale_limits<S>::smallest_normal : d.eps), d.power_of_two};
}

// The next power of two from a positive number on.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C power_of_two_from(C value, C largest_power) {
  using I = integer_of<C>;
  constexpr I fraction = (I(1) << (std::numeric_limits<C>::digits - 1)) - 1;
  const I bits = bits_as<I>(value) + fraction;
  const C power = bits_as<C>(bits & ~fraction);
  return power < largest_power ? power : largest_power;
}

template <class S>
struct FoundScale {
  S scale;
  std::int32_t zero_point;
};
template <class S, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION S stored_scale(C scale, const ScaleOptions<C>& o) {
  scale = greatest(scale, o.eps);
  if (o.power_of_two) scale = power_of_two_from(scale, static_cast<C>(scale_limits<S>::largest_power));
  return narrow<S>(scale);
}
// clamp(q - r(t)) into the range, over the integers; t is not NaN. Integers up to 2^22 are found without double.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION std::int32_t zero_point_from(std::int32_t q, C t, const QuantizeDescriptor& range) {
  std::int64_t rounded;
  if (t >= C(-0x1p22) && t <= C(0x1p22)) {
    rounded = round_small(t);
  } else {
    const double in_reach = least(greatest(to_double(t), -0x1p33), 0x1p33);  // beyond it any range is left
    rounded = round_small(in_reach);
  }
  const std::int64_t zero_point = q - rounded;
  return static_cast<std::int32_t>(zero_point < range.q_min   ? range.q_min
                                   : zero_point > range.q_max ? range.q_max
                                                              : zero_point);
}
template <class S, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION FoundScale<S> symmetric_scale(const FiniteRange<C>& x, const ScaleOptions<C>& o) {
  return {stored_scale<S>(divide(greatest(x.hi, -x.lo), static_cast<C>(o.range.q_max)), o), 0};
}
template <class S, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION FoundScale<S> asymmetric_scale(const FiniteRange<C>& x, const ScaleOptions<C>& o) {
  const C steps = static_cast<C>(static_cast<std::int64_t>(o.range.q_max) - o.range.q_min);
  C scale = divide(add(x.hi, -x.lo), steps);
  if (!(scale <= std::numeric_limits<C>::max())) scale = add(divide(x.hi, steps), -divide(x.lo, steps));
  const S stored = stored_scale<S>(scale, o);
  return {stored, zero_point_from(o.range.q_min, divide(x.lo, widen<C>(stored)), o.range)};
}

// One place a cell, written; strides as those of CellValues.
template <class T>
struct CellOutputs {
  using value_type = T;
  T* data;
  std::int64_t outer, inner;
  KOKKOS_FORCEINLINE_FUNCTION void set(std::int64_t o, std::int64_t i, const T& value) const {
    data[o * outer + i * inner] = value;
  }
  void transpose() { std::swap(outer, inner); }
};
struct NoCellOutputs {
  using value_type = std::int32_t;
  KOKKOS_FORCEINLINE_FUNCTION void set(std::int64_t, std::int64_t, std::int32_t) const {}
  void transpose() {}
};
template <class Granularity, class A>
auto cell_outputs(const A& a, RowOrder order) {
  if constexpr (view<A>) {
    const auto values = cell_values<Granularity>(a, order);
    using T = typename std::remove_const_t<decltype(values)>::value_type;
    return CellOutputs<T>{reinterpret_cast<T*>(a.data()), values.outer, values.inner};
  } else {
    return NoCellOutputs{};
  }
}

// From the range of a cell to what is stored of it. Symmetric where there are no zero points.
template <std::floating_point C, class Scale, class ZeroPoint>
struct ScaleFinder {
  using compute = C;
  static constexpr bool symmetric = std::is_same_v<ZeroPoint, NoCellOutputs>;
  using S = typename Scale::value_type;
  Scale scale;
  ZeroPoint zero_point;
  ScaleOptions<C> options;

  KOKKOS_FORCEINLINE_FUNCTION FoundScale<S> find(const FiniteRange<C>& x) const {
    if constexpr (symmetric)
      return symmetric_scale<S>(x, options);
    else
      return asymmetric_scale<S>(x, options);
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(std::int64_t o, std::int64_t i, const FoundScale<S>& found) const {
    scale.set(o, i, found.scale);
    zero_point.set(o, i, found.zero_point);
  }
  void transpose() {
    scale.transpose();
    zero_point.transpose();
  }
};

}  // namespace KokkosQuant::Impl
