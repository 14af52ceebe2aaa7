// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The element function of LearnableFakeQuantizeBackward: the gradient of an element, and what it adds to those of its cell's
// scale and zero point.
#pragma once

#include <cstdint>

#include "KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_CellElement.hpp"
#include "KokkosQuant_FixedOrderSum.hpp"
#include "backend/KokkosQuant_DeviceChunk.hpp"

namespace KokkosQuant::Impl {

// Of one element.
template <std::floating_point C>
struct LearnableConstants {
  C scale, minus_scale;
  C t_min, t_max;  // x is inside where t is within these
  std::int32_t zero_point;
};

// Of packs, in one of which every lane may have its own.
template <class V>
struct LearnablePackConstants {
  V scale, minus_scale;
  V inverse;            // 1/scale where it is made use of, or NaN
  V in_min, in_max;     // x is inside where x (float) or t (double) is within these
  V lo, hi;             // q_min - zp, q_max - zp
  std::int32_t simple;  // 1, or 0: packs cannot be computed

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.minus_scale...), f(k.inverse...), f(k.in_min...), f(k.in_max...), f(k.lo...), f(k.hi...);
  }
};

// The same without a branch an element: QuickRoundingConstants, in an access.
template <std::floating_point C>
struct alignas(16) QuickLearnableConstants {
  C scale, inverse;  // 0: no element can be computed so
  C lo, hi;
};

template <bool WithZeroPoint>
struct Learnable {
  template <class T, Contract Rules, class Scale, class ZeroPoint>
  struct Element : CellElement<T, Scale, ZeroPoint> {
    static_assert(Rules == contracts::reference);
    using C = compute_t<T>;
    static constexpr int sums = WithZeroPoint ? 2 : 1;

    template <class V, class>
    using constants_of = LearnablePackConstants<V>;
    using cell_constants = LearnableConstants<C>;

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION cell_constants constants(const Cell& cell) const {
      const C scale = widen<C>(cell.scale);
      const BackwardConstants<C> mask = backward_constants(scale, cell.zero_point, this->range);
      return {scale, multiply(scale, C(-1)), mask.t_min, mask.t_max, cell.zero_point};
    }
    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION LearnablePackConstants<C> pack_constants(const Cell& cell) const {
      const QuantizeDescriptor& d = this->range;
      const C scale = widen<C>(cell.scale), zp = static_cast<C>(cell.zero_point);
      const InsideConstants<C> mask = inside_constants(scale, cell.zero_point, d);
      return {scale,
              multiply(scale, C(-1)),
              has_quick_inside ? inverse_or_nan(scale) : C(0),
              mask.in_min,
              mask.in_max,
              static_cast<C>(d.q_min) - zp,
              static_cast<C>(d.q_max) - zp,
              mask.simple};
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const LearnablePackConstants<C>& k) { return k.simple != 0; }

    // steps is q - zp, so lo or hi where x is outside; moved is RN(RN(x' - x) / scale), has_code whether t is not NaN
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class M, class V>
    static KOKKOS_FORCEINLINE_FUNCTION void finish(const K& k, V& dx, V (&term)[sums], const V& dy, const M& is_inside,
                                                   const M& has_code, const V& steps, const V& moved) {
      dx = keep_if(is_inside, dy);
      term[0] = keep_if(has_code, multiply(dy, choose(is_inside, moved, steps)));
      if constexpr (WithZeroPoint) term[1] = keep_if(but_not(has_code, is_inside), multiply(dy, k.minus_scale));
    }
    // x' - x
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    static KOKKOS_FORCEINLINE_FUNCTION V distance(const K& k, const V& steps, const V& x) {
      return subtract(as_stored<T>(multiply(steps, k.scale)), x);
    }
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& dx, V (&term)[sums], const V& dy, const V& x) const {
      const V t = quotient(x, k.scale);
      const V steps = rounded_small(clamp(t, k.lo, k.hi));  // of NaN: lo, and nothing comes of it
      finish(k, dx, term, dy, inside_of<C>(k, x, t), is_number(t), steps, divide(distance(k, steps, x), k.scale));
    }
    // The same of N packs, step by step: what waits for a division waits for N of them at once.
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V, int N>
    KOKKOS_FORCEINLINE_FUNCTION void apply_together(const K& k, V (&dx)[N], V (&term)[N][sums], const V (&dy)[N],
                                                    const V (&x)[N]) const {
      V t[N], steps[N], away[N], moved[N];
      for (int i = 0; i < N; ++i) t[i] = quotient(x[i], k.scale);
      for (int i = 0; i < N; ++i) steps[i] = rounded_small(clamp(t[i], k.lo, k.hi));
      for (int i = 0; i < N; ++i) away[i] = distance(k, steps[i], x[i]);
      for (int i = 0; i < N; ++i) moved[i] = divide(away[i], k.scale);
      for (int i = 0; i < N; ++i)
        finish(k, dx[i], term[i], dy[i], inside_of<C>(k, x[i], t[i]), is_number(t[i]), steps[i], moved[i]);
    }
    // Where all x are inside: dx is dy, only the scale's term is not 0, and nothing is clamped.
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply_inside(const K& k, V& term, const V& dy, const V& x) const {
      const V steps = rounded_small(quotient(x, k.scale));
      term = multiply(dy, divide(distance(k, steps, x), k.scale));
    }
    // The same with quick scales, of x that are 0 or 2^-60 at least: as apply_quick. (An x' that is a half may overflow.)
    static constexpr bool has_quick_inside = host_packs_avoid_division<C> && sizeof(C) == 4 && !std::is_same_v<T, half_t>;
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply_inside_quickly(const K& k, V& term, const V& dy, const V& x) const {
      constexpr int corrections = sufficient_corrections<C>;
      const V steps = rounded_small(corrected_quotient<corrections>(x, k.scale, k.inverse));
      term = multiply(dy, corrected_quotient<corrections>(distance(k, steps, x), k.scale, k.inverse));
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const LearnableConstants<C>& k, C& dx, C (&term)[sums], C dy, C x) const {
      const C t = quotient(x, k.scale);
      const CodeRange r = code_range(this->range, k.zero_point);
      const double in_range = clamp(nan_to_zero(to_double(t)), static_cast<double>(r.lo), static_cast<double>(r.hi));
      const C steps = rounded_to<C>(from_small_integer(round_small(in_range)));
      finish(k, dx, term, dy, within(t, k.t_min, k.t_max), is_number(t), steps, divide(distance(k, steps, x), k.scale));
    }

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION QuickLearnableConstants<C> quick_constants(const Cell& cell) const {
      const auto k = quick_rounding_constants(widen<C>(cell.scale), cell.zero_point, this->range);
      return {k.scale, k.inverse, k.lo, k.hi};
    }
    // The largest |x| for which it holds: no step of a quotient overflows, and no x'; negative where none does. (An x' that is inside
    // is half a scale away at most; only a half overflows that near.)
    static KOKKOS_FORCEINLINE_FUNCTION C quick_limit(const QuickLearnableConstants<C>& k) {
      return k.inverse == C(0) ? C(-1) : std::is_same_v<T, half_t> ? 65504 - k.scale : C(0x1p80);
    }
    // Of W neighbours, each with quick constants of its own or all with the same, and with x that are 0 or from 2^-60 to the largest.
    // (x' - x is x, or no less than 2^-65: so its quotient does not underflow either.)
    template <class ConstantsOf, int W>
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const ConstantsOf& quick_of, C (&dx)[W], C (&term)[W][sums], const C (&dy)[W],
                                                 const C (&x)[W]) const {
      C steps[W], stored[W];
      bool is_inside[W];
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w) {
        const QuickLearnableConstants<C>& k = quick_of(w);
        steps[w] = quick_steps(k, x[w], is_inside[w]);
        stored[w] = multiply(steps[w], k.scale);
      }
      round_as_stored<T>(stored);
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w) {
        const QuickLearnableConstants<C>& k = quick_of(w);
        const C moved = quick_quotient(subtract(stored[w], x[w]), k.scale, k.inverse);
        dx[w] = keep_if(is_inside[w], dy[w]);
        term[w][0] = multiply(dy[w], choose(is_inside[w], moved, steps[w]));
        if constexpr (WithZeroPoint) term[w][1] = multiply(keep_if(!is_inside[w], dy[w]), -k.scale);
      }
    }
    // Of |x| up to it all are inside: RN(n * scale), whose quotient rounds to n. Negative where not even 0 is.
    static KOKKOS_FORCEINLINE_FUNCTION C inside_limit(const QuickLearnableConstants<C>& k) {
      return multiply(least(k.hi - round_shift<C>, round_shift<C> - k.lo), k.scale);
    }
    // The same where all x are inside: dx is dy, and only the scale takes anything.
    template <class ConstantsOf, int W>
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick_inside(const ConstantsOf& quick_of, C (&term)[W], const C (&dy)[W],
                                                        const C (&x)[W]) const {
      C stored[W];
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w) {
        const QuickLearnableConstants<C>& k = quick_of(w);
        const C rounded = quick_quotient(x[w], k.scale, k.inverse) + round_shift<C>;
        stored[w] = multiply(rounded - round_shift<C>, k.scale);
      }
      round_as_stored<T>(stored);
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w) {
        const QuickLearnableConstants<C>& k = quick_of(w);
        term[w] = multiply(dy[w], quick_quotient(subtract(stored[w], x[w]), k.scale, k.inverse));
      }
    }
  };
};

}  // namespace KokkosQuant::Impl
