// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The element functions of float8 codes: q = RN_fp8(RN(x / s)), x = RN(q * s).
#pragma once

#include "../KokkosQuant_Float8.hpp"
#include "KokkosQuant_CellElement.hpp"
#include "backend/KokkosQuant_HostBits.hpp"

namespace KokkosQuant::Impl {

template <class V>
struct Float8Constants {
  V scale;
  bool quick;
  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...);
  }
};

template <float8_type F8>
struct Float8 {
  template <class T, Contract, class Scale, class ZeroPoint>
  struct QuantizeElement : CellElement<T, Scale, ZeroPoint> {
    using C = compute_t<T>;
    using I = integer_of<C>;
    template <class V, class>
    using constants_of = Float8Constants<V>;

    C limit;  // float8_limit

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION Float8Constants<C> constants(const Cell& cell) const {
      return {widen<C>(cell.scale), true};
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const Float8Constants<C>&) { return true; }
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class J, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, J& q, const V& x) const {
      q = code(k, x);
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const Float8Constants<C>& k, I& q, C x) const { apply(k, q, x); }

    // |x|, not NaN, is cut in place of |t|, to RN(limit * s), whose quotient rounds to the limit's code. Where a step of the
    // quotient underflows, |t| is far below half the smallest subnormal number, and so is what comes out.
    struct QuickConstants {
      C scale, inverse, x_limit;
      bool quick;
      C reach;  // |x| up to it, two at a time: no step overflows, and no code but to the largest number; or -1
    };
    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION QuickConstants quick_constants(const Cell& cell) const {
      constexpr C largest = float8_format<F8, C>::largest_number;
      const C scale = widen<C>(cell.scale);
      const bool quick = is_quick_scale(scale);
      return {scale, divide(C(1), scale), multiply(limit, scale), quick,
              !quick             ? C(-1)
              : limit == largest ? C(0x1p80)
                                 : multiply(largest, scale)};
    }
    static KOKKOS_FORCEINLINE_FUNCTION C reach(const QuickConstants& k) { return k.reach; }
    KOKKOS_FORCEINLINE_FUNCTION std::uint16_t quick_pair(const QuickConstants& k_low, const QuickConstants& k_high, float low,
                                                         float high) const {
      return encode_pair<F8>(quick_quotient(low, k_low.scale, k_low.inverse),
                             quick_quotient(high, k_high.scale, k_high.inverse), static_cast<float>(limit));
    }
    static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const QuickConstants&, C x) { return x == x; }
    static KOKKOS_FORCEINLINE_FUNCTION bool is_quick_up_to(C largest) { return largest == largest; }
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const QuickConstants& k, I& q, C x) const { q = quick_code(k, x); }

    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION auto code(const K& k, const V& x) const {
      return encode_float8<F8, C>(divide(x, k.scale), limit);
    }
    static KOKKOS_FORCEINLINE_FUNCTION I quick_code(const QuickConstants& k, C x) {
      const I bits = to_bits(x);
      const C magnitude = least(magnitude_of_bits<C>(bits), k.x_limit);
      return encode_one_magnitude<F8, C>(quick_quotient(magnitude, k.scale, k.inverse)) | sign_of_bits<C>(bits);
    }
  };

  template <class T, Contract Rules, class Scale, class ZeroPoint>
  struct FakeQuantizeElement : QuantizeElement<T, Rules, Scale, ZeroPoint> {
    using Base = QuantizeElement<T, Rules, Scale, ZeroPoint>;
    using typename Base::C;

    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& y, const V& x) const {
      y = multiply(decode_float8<F8, C>(this->code(k, x)), k.scale);
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const Float8Constants<C>& k, C& y, C x) const { apply(k, y, x); }
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const typename Base::QuickConstants& k, C& y, C x) const {
      y = multiply(decode_float8<F8, C>(this->quick_code(k, x)), k.scale);
    }
  };

  template <class T, Contract, class Scale, class ZeroPoint>
  struct DequantizeElement : CellElement<T, Scale, ZeroPoint> {
    using C = compute_t<T>;
    using I = integer_of<C>;
    template <class V, class>
    using constants_of = Float8Constants<V>;

    // (The number of a code is 0 or 2^-16 at least.)
    static constexpr Outcome outcome = outcome_of_steps<T>;
    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION Float8Constants<C> constants(const Cell& cell) const {
      const C scale = widen<C>(cell.scale);
      return {scale, both(suits_packs<T>(scale), suits_packs<T>(multiply(scale, C(0x1p-16))))};
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const Float8Constants<C>& k) { return k.quick; }
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V, class J>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& x, const J& q) const {
      x = multiply(decode_float8<F8, C>(q), k.scale);
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const Float8Constants<C>& k, C& x, I q) const { apply(k, x, q); }

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION Float8Constants<C> quick_constants(const Cell& cell) const {
      return constants(cell);
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const Float8Constants<C>&, I) { return true; }
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const Float8Constants<C>& k, C& x, I q) const { apply(k, x, q); }
  };
};

// The element functions for args: those that make codes, and the one that reads them.
template <float8_type F8, template <class, Contract, class, class> class Element, class Granularity, class T, class Args>
auto to_float8_element(const Float8Descriptor& descriptor, const Args& args, RowOrder order) {
  auto element = cell_element<Element, Granularity, contracts::reference, T>(QuantizeDescriptor{}, args, order);
  element.limit = float8_limit<F8, compute_t<T>>(descriptor.overflow == Overflow::saturate);
  return element;
}
template <float8_type F8, class Granularity, class T, class Args>
auto from_float8_element(const Args& args, RowOrder order) {
  return cell_element<Float8<F8>::template DequantizeElement, Granularity, contracts::reference, T>(QuantizeDescriptor{}, args,
                                                                                                    order);
}

// In units in the last place of F8: half of one, and half of one of C's before it.
template <float8_type F8, class T>
inline constexpr double float8_ulp = 0.5 + (sizeof(compute_t<T>) == 8 ? 0x1p-53 : 0x1p-24) * (1 << F8::mantissa_bits);

}  // namespace KokkosQuant::Impl
