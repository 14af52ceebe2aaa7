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

// The smallest and the largest of finite elements and 0; V is a value of the compute type or a pack of them. Whatever the order of
// the elements, the same (zeros may differ in sign, of which nothing depends).
template <class V>
struct FiniteRange {
  V lo, hi;

  // NaN are left out in any case. Infinities, which are rare, cost a test each: where is_finite() is false they have to be left out
  // as well, with Finite, from the start.
  KOKKOSQUANT_FOR_PACKS_TOO
  template <bool Finite>
  KOKKOS_FORCEINLINE_FUNCTION void include(const V& x) {
    if constexpr (Finite) {
      const V finite = finite_or_zero(x);
      lo = least(finite, lo);
      hi = greatest(finite, hi);
    } else {
      lo = least(x, lo);
      hi = greatest(x, hi);
    }
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  KOKKOS_FORCEINLINE_FUNCTION void include(const FiniteRange& other) {
    lo = least(other.lo, lo);
    hi = greatest(other.hi, hi);
  }
  KOKKOS_FORCEINLINE_FUNCTION V magnitude() const { return greatest(hi, -lo); }
  KOKKOS_FORCEINLINE_FUNCTION bool is_finite() const { return lo >= -largest_finite<V> && hi <= largest_finite<V>; }
};

// What a scale may be in the type it is stored in.
template <class S>
struct scale_limits {
  static constexpr double smallest_normal = std::numeric_limits<S>::min(), largest = std::numeric_limits<S>::max();
  static constexpr double largest_power = sizeof(S) == 8 ? 0x1p1023 : 0x1p127;
};
template <>
struct scale_limits<half_t> {
  static constexpr double smallest_normal = 0x1p-14, largest = 65504, largest_power = 0x1p15;
};
template <>
struct scale_limits<bfloat16_t> {
  static constexpr double smallest_normal = 0x1p-126, largest = 0x1.fep127, largest_power = 0x1p127;
};

template <std::floating_point C>
struct ScaleOptions {
  QuantizeDescriptor range;
  C eps;
  bool power_of_two;
};
template <ScaleContract Rules, element_type T, class S>
ScaleOptions<compute_t<T>> scale_options(const DynamicQuantizeDescriptor& d) {
  double eps = d.eps;
  if (eps == 0) {
    using L = scale_limits<S>;
    if (Rules.smallest == SmallestScale::normal_of_scale) eps = L::smallest_normal;
    if (Rules.smallest == SmallestScale::normal_of_element) eps = scale_limits<storage_t<T>>::smallest_normal;
    if (Rules.smallest == SmallestScale::epsilon) eps = 0x1p-23;
    if (Rules.smallest == SmallestScale::of_1e_5)
      eps = static_cast<double>(static_cast<S>(static_cast<compute_t<T>>(static_cast<S>(1e-5)) / 127));
  }
  return {d.range(), static_cast<compute_t<T>>(eps), d.power_of_two};
}

// The next power of two from a positive number on.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C power_of_two_from(C value, C largest_power) {
  using I = integer_of<C>;
  constexpr I fraction = (I(1) << (std::numeric_limits<C>::digits - 1)) - 1;
  const I bits = bits_as<I>(value);
  if (bits <= fraction) {  // subnormal: so many of the smallest number
    I power = 1;
    while (power < bits) power += power;
    return bits_as<C>(power);
  }
  const C power = bits_as<C>((bits + fraction) & ~fraction);
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
// The zero point of symmetric scales.
template <ScaleContract Rules>
KOKKOS_FORCEINLINE_FUNCTION std::int32_t symmetric_zero_point(const QuantizeDescriptor& d) {
  if constexpr (Rules.symmetric_rule == SymmetricRule::q_max) return 0;
  return static_cast<std::int32_t>((static_cast<std::int64_t>(d.q_min) + d.q_max + 1) / 2);
}

// The rules of ScaleContract, in the compute type C of T.
template <ScaleContract Rules, element_type T, class S>
struct ScaleRules {
  using C = compute_t<T>;
  using Options = ScaleOptions<C>;
  using Found = FoundScale<S>;

  static KOKKOS_FORCEINLINE_FUNCTION C rounded(C value) {
    if constexpr (Rules.arithmetic == ScaleArithmetic::compute) return value;
    return widen<C>(narrow<storage_t<T>>(value));
  }
  static KOKKOS_FORCEINLINE_FUNCTION C rounded_later(C value) {
    if constexpr (Rules.arithmetic == ScaleArithmetic::element) return rounded(value);
    return value;
  }
  static KOKKOS_FORCEINLINE_FUNCTION C steps(const Options& o) {
    return static_cast<C>(static_cast<std::int64_t>(o.range.q_max) - o.range.q_min);
  }

  static KOKKOS_FORCEINLINE_FUNCTION Found symmetric(const FiniteRange<C>& x, const Options& o) {
    const C amax = x.magnitude();
    C scale;
    if constexpr (Rules.symmetric_rule == SymmetricRule::q_max)
      scale = divide(amax, static_cast<C>(o.range.q_max));
    else if constexpr (Rules.symmetric_rule == SymmetricRule::half_range)
      scale = divide(amax, multiply(steps(o), C(0.5)));
    else
      scale =
          greatest(rounded(divide(x.lo, static_cast<C>(o.range.q_min))), rounded(divide(x.hi, static_cast<C>(o.range.q_max))));
    return {stored_scale<S>(rounded(scale), o), symmetric_zero_point<Rules>(o.range)};
  }
  static KOKKOS_FORCEINLINE_FUNCTION Found asymmetric(const FiniteRange<C>& x, const Options& o) {
    if constexpr (Rules.asymmetric_rule == AsymmetricRule::pytorch_dynamic || Rules.asymmetric_rule == AsymmetricRule::fbgemm)
      return in_double(x, o);
    C scale = rounded(divide(rounded(add(x.hi, -x.lo)), steps(o)));
    if constexpr (Rules.splits_overflow) {
      if (!(scale <= largest_finite<C>)) scale = add(divide(x.hi, steps(o)), -divide(x.lo, steps(o)));
      scale = least(scale, static_cast<C>(scale_limits<S>::largest));  // (of a range of two codes alone it may be beyond)
    }
    const S stored = stored_scale<S>(scale, o);
    const C s = widen<C>(stored), lo = rounded_later(divide(x.lo, s));
    if constexpr (Rules.asymmetric_rule == AsymmetricRule::lower_end)
      return {stored, zero_point_from(o.range.q_min, lo, o.range)};
    const C q_min = static_cast<C>(o.range.q_min), q_max = static_cast<C>(o.range.q_max), hi = rounded_later(divide(x.hi, s));
    const C error = rounded(add(rounded(add(q_min, lo)), rounded(add(q_max, hi))));
    const C z = error > C(0) ? rounded(add(q_min, -lo)) : rounded(add(q_max, -hi));
    return {stored, zero_point_from(0, -clamp(z, q_min, q_max), o.range)};
  }

 private:
  // (ATen/native/quantized/cpu/QuantUtils.h and FBGEMM's QuantUtils.cc, which is not quite the same)
  static KOKKOS_FORCEINLINE_FUNCTION Found in_double(const FiniteRange<C>& x, const Options& o) {
    constexpr bool rounds_first = Rules.asymmetric_rule == AsymmetricRule::fbgemm;
    constexpr float smallest = 6.1e-5f;
    double lo = to_double(x.lo), hi = to_double(x.hi);
    const double q_min = o.range.q_min, q_max = o.range.q_max;
    double scale = divide(add(hi, -lo), q_max - q_min);
    if (rounds_first) scale = to_double(to_float(scale));
    const float single = to_float(scale);
    if (single == 0 || divide(1.0f, single) > largest_finite<float>) scale = rounds_first ? to_double(0.1f) : 0.1;
    if (scale < to_double(smallest)) {
      const float before = to_float(scale);
      scale = to_double(smallest);
      if (lo == 0) {
        hi = to_double(to_float(multiply(scale, q_max - q_min)));
      } else if (hi == 0) {
        lo = -to_double(to_float(multiply(scale, q_max - q_min)));
      } else {
        const float raised = divide(smallest, before);
        lo = to_double(multiply(to_float(lo), raised));
        hi = to_double(multiply(to_float(hi), raised));
      }
    }
    const double a = divide(lo, scale), b = divide(hi, scale);
    const double size_a = a < 0 ? -a : a, size_b = b < 0 ? -b : b, end_a = q_min < 0 ? -q_min : q_min,
                 end_b = q_max < 0 ? -q_max : q_max;
    const bool from_lo = rounds_first ? add(end_a, size_a) < add(end_b, size_b) : add(end_a, -size_a) < add(end_b, -size_b);
    const double z = from_lo ? add(q_min, -a) : add(q_max, -b);
    return {narrow<S>(static_cast<C>(scale)), zero_point_from(0, -clamp(z, q_min, q_max), o.range)};
  }
};

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
  void move(std::int64_t o, std::int64_t i) { data += o * outer + i * inner; }
};
struct NoCellOutputs {
  using value_type = std::int32_t;
  KOKKOS_FORCEINLINE_FUNCTION void set(std::int64_t, std::int64_t, std::int32_t) const {}
  void transpose() {}
  void move(std::int64_t, std::int64_t) {}
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

// From the range of a cell to what is stored of it. Symmetric where there are no zero points, or where the rules say so.
template <ScaleContract Rules, element_type T, class Scale, class ZeroPoint>
struct ScaleFinder {
  using compute = compute_t<T>;
  using S = typename Scale::value_type;
  using Find = ScaleRules<Rules, T, S>;
  static constexpr ScaleContract rules = Rules;
  Scale scale;
  ZeroPoint zero_point;
  ScaleOptions<compute> options;
  static constexpr bool is_symmetric = Rules.symmetric || std::is_same_v<ZeroPoint, NoCellOutputs>;
  static constexpr bool by_magnitude = is_symmetric && Rules.symmetric_rule != SymmetricRule::each_side;  // of the range

  KOKKOS_FORCEINLINE_FUNCTION FoundScale<S> find(const FiniteRange<compute>& x) const {
    if constexpr (is_symmetric)
      return Find::symmetric(x, options);
    else
      return Find::asymmetric(x, options);
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(std::int64_t o, std::int64_t i, const FoundScale<S>& found) const {
    scale.set(o, i, found.scale);
    zero_point.set(o, i, found.zero_point);
  }
  void transpose() {
    scale.transpose();
    zero_point.transpose();
  }
  // The same from a later cell on.
  void move(std::int64_t o, std::int64_t i) {
    scale.move(o, i);
    zero_point.move(o, i);
  }
};

}  // namespace KokkosQuant::Impl
