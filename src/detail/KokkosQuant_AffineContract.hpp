// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The affine quantizer by contract: what element functions are written with. The library's own rules take the forms of
// KokkosQuant_AffineReference.hpp, any other rules one plain form.
#pragma once

#include "KokkosQuant_AffineReference.hpp"

namespace KokkosQuant::Impl {

// u, what is rounded, is t or t + zp; codes are r(u) + added, of which one of zp and added is 0.
template <class V, class I>
struct ContractConstants {
  V scale, inverse, shift;  // shift is added to t
  V lo, hi;                 // u is clamped to these
  V in_min, in_max;         // u (or x) of these is inside
  V if_nan;                 // u where t is NaN
  I added, zero_point;      // added to r(u)
  bool moderate;            // packs can be computed
  bool quick;

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.inverse...), f(k.shift...), f(k.lo...), f(k.hi...);
    f(k.in_min...), f(k.in_max...), f(k.if_nan...), f(k.added...), f(k.zero_point...);
  }
};

template <Contract Rules>
struct Affine {
  template <class V, class I>
  using forward_constants = ContractConstants<V, I>;
  template <class V, class I>
  using code_constants = ContractConstants<V, I>;
  template <class V, class I>
  using mask_constants = ContractConstants<V, I>;
  template <class V, class I>
  using inside_constants = ContractConstants<V, I>;
  template <class V, class I, bool Divides16>
  using gradient_constants = ContractConstants<V, I>;

  static constexpr bool shifts = Rules.zero_point == ZeroPointRule::inside_rounding;

  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION ContractConstants<C, integer_of<C>> constants(C scale, std::int32_t zero_point,
                                                                                   const QuantizeDescriptor& d) {
    const CodeRange r = shifts ? CodeRange{d.q_min, d.q_max} : code_range(d, zero_point);
    constexpr int margin = Rules.mask == MaskRule::strict ? 1 : 0;
    ContractConstants<C, integer_of<C>> k{};
    k.scale = scale;
    k.inverse = divide(C(1), scale);
    k.shift = shifts ? static_cast<C>(zero_point) : C(0);
    k.lo = static_cast<C>(r.lo);
    k.hi = static_cast<C>(r.hi);
    if constexpr (Rules.mask == MaskRule::on_input) {
      const CodeRange steps = code_range(d, zero_point);
      k.in_min = multiply(static_cast<C>(steps.lo), scale);
      k.in_max = multiply(static_cast<C>(steps.hi), scale);
    } else {
      k.in_min = first_rounding_to_any<C>(r.lo + margin, 0);
      k.in_max = -first_rounding_to_any<C>(-(r.hi - margin), 0);
    }
    k.added = shifts ? 0 : zero_point;
    k.zero_point = zero_point;
    k.if_nan = static_cast<C>(nan_code(zero_point, d) - k.added);
    k.moderate = sizeof(C) == 8 || (is_moderate(zero_point) && is_moderate(d.q_min) && is_moderate(d.q_max));
    k.quick = k.moderate;
    return k;
  }
  // before it is clamped
  static KOKKOS_FORCEINLINE_FUNCTION std::int64_t nan_code(std::int32_t zero_point, const QuantizeDescriptor& d) {
    return Rules.nan == NanRule::lowest ? d.q_min : Rules.nan == NanRule::zero ? 0 : zero_point;
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto forward(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto mask(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  // the same for packs
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto inside_of_cell(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  template <bool Divides16, std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto gradient_of_cell(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION std::int32_t zero_point(const K& k) {
    return static_cast<std::int32_t>(k.zero_point);
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const K& k) {
    return k.moderate;
  }

  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V to_be_rounded(const K& k, const V& x) {
    V t;
    if constexpr (Rules.quotient == QuotientRule::reciprocal)
      t = multiply(x, k.inverse);
    else
      t = divide(x, k.scale);
    if constexpr (shifts) t = add(t, k.shift);
    return t;
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto inside(const K& k, const V& x) {
    return inside<void>(k, x, to_be_rounded(k, x));
  }
  // of x and u = to_be_rounded(k, x)
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class C, class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto inside(const K& k, const V& x, [[maybe_unused]] const V& u) {
    if constexpr (Rules.mask == MaskRule::pass_through)
      return everywhere(x);
    else if constexpr (Rules.mask == MaskRule::on_input)
      return within(x, k.in_min, k.in_max);
    else if constexpr (Rules.mask == MaskRule::not_outside)
      return within_or_nan(u, k.in_min, k.in_max);
    else
      return within(u, k.in_min, k.in_max);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class C, class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto passes(const K& k, const V& x) {
    return inside<C>(k, x, to_be_rounded(k, x));
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class M, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V masked(const M& kept, const V& gradient) {
    if constexpr (Rules.gradient == GradientRule::product)
      return multiply(gradient, keep_if(kept, ones_like(gradient)));
    else
      return keep_if(kept, gradient);
  }
  // the code of u, and what comes back of it (moderate constants)
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto code_of(const K& k, const V& u) {
    return round_small(clamp(nan_to(u, k.if_nan), k.lo, k.hi)) + k.added;
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V fake_of(const K& k, const V& u) {
    return dequantize_moderate(k, code_of(k, u));
  }
  // what packs of codes in bytes take of a cell
  static KOKKOS_FORCEINLINE_FUNCTION auto codes_of_cell(float scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto code(const K& k, const V& x, const QuantizeDescriptor&) {
    return code(k, x);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto code(const K& k, const V& x) {
    return code_of(k, to_be_rounded(k, x));
  }
  // The code of any constants. Where zp is inside the rounding, a range beyond 2^21 is rounded in double too.
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION integer_of<C> any_code(const ContractConstants<C, integer_of<C>>& k,
                                                            const QuantizeDescriptor& d, C x) {
    if (k.moderate) return code(k, x);
    const auto added = static_cast<std::int32_t>(k.added), zero_point = static_cast<std::int32_t>(k.zero_point);
    const CodeRange r = shifts ? CodeRange{d.q_min, d.q_max} : code_range(d, zero_point);
    const C u = to_be_rounded(k, x);
    const auto lo = static_cast<double>(r.lo), hi = static_cast<double>(r.hi);
    const double t = u == u ? to_double(u) : static_cast<double>(nan_code(zero_point, d) - added);
    return static_cast<integer_of<C>>(round_small(clamp(t, lo, hi)) + added);
  }

  // on devices the same forms
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_forward(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_mask(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return constants(scale, zero_point, d);
  }
  template <class K, class C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_inside(const K& k, C x) {
    return inside(k, x);
  }
  template <class K, class C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_code(const K& k, C x) {
    return code(k, x);
  }
  template <class C>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool can_divide(C) {
    return true;
  }
  static constexpr float largest_dividend = 0;  // (any)
  template <class C>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool can_quantize(C) {
    return true;
  }
  template <class K, class C>
  static KOKKOS_FORCEINLINE_FUNCTION C quick_divide(const K& k, C x) {
    return divide(x, k.scale);
  }
};

}  // namespace KokkosQuant::Impl
