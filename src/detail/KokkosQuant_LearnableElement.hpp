// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The element function of LearnableFakeQuantizeBackward: the gradient of an element, and what it adds to those of its cell's
// scale and zero point.
#pragma once

#include <cstdint>

#include "KokkosQuant_Affine.hpp"
#include "KokkosQuant_CellElement.hpp"
#include "KokkosQuant_FixedOrderSum.hpp"

namespace KokkosQuant::Impl {

template <class V>
struct LearnableConstants {
  V scale, minus_scale;
  V t_min, t_max;  // x is inside where t is within these
  V lo, hi;        // q_min - zp, q_max - zp
  std::int32_t zero_point;
  bool moderate;  // else packs cannot be computed

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.minus_scale...), f(k.t_min...), f(k.t_max...), f(k.lo...), f(k.hi...);
  }
};

template <bool WithZeroPoint>
struct Learnable {
  template <class T, Contract Rules, class Scale, class ZeroPoint>
  struct Element : CellElement<T, Scale, ZeroPoint> {
    static_assert(Rules == contracts::reference);
    using C = compute_t<T>;
    static constexpr int sums = WithZeroPoint ? 2 : 1;

    template <class V, class>
    using constants_of = LearnableConstants<V>;

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION LearnableConstants<C> constants(const Cell& cell) const {
      const QuantizeDescriptor& d = this->range;
      const C scale = widen<C>(cell.scale);
      const BackwardConstants<C> mask = backward_constants(scale, cell.zero_point, d);
      const CodeRange r = code_range(d, cell.zero_point);
      return {scale,
              multiply(scale, C(-1)),
              mask.t_min,
              mask.t_max,
              static_cast<C>(r.lo),
              static_cast<C>(r.hi),
              cell.zero_point,
              sizeof(C) == 8 || (is_moderate(d.q_min) && is_moderate(d.q_max) && is_moderate(cell.zero_point))};
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const LearnableConstants<C>& k) { return k.moderate; }

    // steps is q - zp, so lo or hi where x is outside
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void finish(const K& k, V& dx, V (&term)[sums], const V& dy, const V& x, const V& t,
                                            const V& steps) const {
      const auto is_inside = within(t, k.t_min, k.t_max), has_code = is_number(t);
      const V moved = divide(subtract(as_stored<T>(multiply(steps, k.scale)), x), k.scale);
      dx = keep_if(is_inside, dy);
      term[0] = keep_if(has_code, multiply(dy, choose(is_inside, moved, steps)));
      if constexpr (WithZeroPoint) term[1] = keep_if(has_code, choose(is_inside, V{}, multiply(dy, k.minus_scale)));
    }
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& dx, V (&term)[sums], const V& dy, const V& x) const {
      const V t = quotient(x, k.scale);
      finish(k, dx, term, dy, x, t, V(from_small_integer(round_small(clamp(nan_to_zero(t), k.lo, k.hi)))));
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const LearnableConstants<C>& k, C& dx, C (&term)[sums], C dy, C x) const {
      const C t = quotient(x, k.scale);
      const CodeRange r = code_range(this->range, k.zero_point);
      const double in_range = clamp(nan_to_zero(to_double(t)), static_cast<double>(r.lo), static_cast<double>(r.hi));
      finish(k, dx, term, dy, x, t, rounded_to<C>(from_small_integer(round_small(in_range))));
    }
  };
};

}  // namespace KokkosQuant::Impl
