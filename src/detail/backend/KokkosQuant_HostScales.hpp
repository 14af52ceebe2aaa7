// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales of several cells at once on the host. One after the other each is a chain of divisions, which waits for itself: 45 cycles
// a cell on a Xeon, as much as 100 elements of bfloat16 take otherwise.
#pragma once

#include <cstdint>

#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_HostBits.hpp"
#include "KokkosQuant_HostConvert.hpp"
#include "KokkosQuant_HostRangesOf16.hpp"

namespace KokkosQuant::Impl {

// What ScaleRules makes of the ranges of up to 16 cells: in packs where the rules round nothing on the way and no cell needs
// their special cases, else cell by cell.
template <class Finder>
struct HostScales {
  using C = typename Finder::compute;
  using S = typename Finder::S;
  static constexpr ScaleContract rules = Finder::rules;
  static constexpr int most = RangesOf16<C>::most, width = host_vector_bytes / static_cast<int>(sizeof(C));
  using V = Pack<C, width>;
  using I = IntegerPack<C, width>;
  static constexpr bool in_packs = rules.arithmetic == ScaleArithmetic::compute &&
                                   (Finder::is_symmetric ? rules.symmetric_rule != SymmetricRule::each_side
                                                         : rules.asymmetric_rule == AsymmetricRule::lower_end);

  alignas(64) FoundScale<S> found[most];

  KOKKOSQUANT_HOST_INLINE void find(const Finder& finder, RangesOf16<C>& of, int cells) {
    if constexpr (in_packs)
      if (find_in_packs(finder.options, of, cells)) return;
    for (int c = 0; c < cells; ++c) found[c] = finder.find({of.lo[c], of.hi[c]});
  }

 private:
  struct Some {
    V scale;
    I zero_point, is_simple;
  };
  KOKKOSQUANT_HOST_INLINE bool find_in_packs(const ScaleOptions<C>& o, RangesOf16<C>& of, int cells) {
    constexpr std::int32_t far = 1 << 22;  // (zero points are computed in 32 bits)
    if (o.power_of_two || o.range.q_min < -far || o.range.q_max > far) return false;
    alignas(64) S scale[most];
    alignas(64) integer_of<C> zero_point[most];
    for (int c = cells; c % width != 0; ++c) of.lo[c] = of.hi[c] = 0;
    for (int c = 0; c < most && c < cells; c += width) {  // (c < most: gcc warns of what is behind)
      const FiniteRange<V> x{V::load(of.lo + c), V::load(of.hi + c)};
      const Some some = Finder::is_symmetric ? symmetric(x, o) : lower_end(x, o);
      if (has_any(some.is_simple ^ integer_of<C>(-1), integer_of<C>(-1))) return false;
      store_pack(scale + c, some.scale);
      some.zero_point.store(zero_point + c);
    }
    for (int c = 0; c < cells; ++c) found[c] = {scale[c], static_cast<std::int32_t>(zero_point[c])};
    return true;
  }
  static KOKKOSQUANT_HOST_INLINE V stored(const V& scale, const ScaleOptions<C>& o) {
    return as_stored<S>(greatest(scale, V::all(o.eps)));
  }
  static KOKKOSQUANT_HOST_INLINE Some symmetric(const FiniteRange<V>& x, const ScaleOptions<C>& o) {
    const C q = rules.symmetric_rule == SymmetricRule::q_max ? static_cast<C>(o.range.q_max) : Finder::Find::steps(o) * C(0.5);
    return {stored(divide(greatest(x.hi, -x.lo), q), o), I::all(symmetric_zero_point<rules>(o.range)), I::all(-1)};
  }
  // (where hi - lo does not overflow, and lo / scale is rounded as it is)
  static KOKKOSQUANT_HOST_INLINE Some lower_end(const FiniteRange<V>& x, const ScaleOptions<C>& o) {
    V scale = divide(x.hi - x.lo, Finder::Find::steps(o));
    const I is_finite = within(scale, C(0), largest_finite<C>);
    if constexpr (rules.splits_overflow) scale = least(scale, V::all(static_cast<C>(scale_limits<S>::largest)));
    scale = stored(scale, o);
    const V t = divide(x.lo, scale);
    const I zero_point =
        clamp(I::all(o.range.q_min) - round_small(t), integer_of<C>(o.range.q_min), integer_of<C>(o.range.q_max));
    return {scale, zero_point, is_finite & within(t, C(-0x1p22), C(0x1p22))};
  }
};

}  // namespace KokkosQuant::Impl
