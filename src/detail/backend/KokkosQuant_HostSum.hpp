// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The 16 lanes of a segment (KokkosQuant_FixedOrderSum.hpp) as packs of doubles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../KokkosQuant_FixedOrderSum.hpp"
#include "KokkosQuant_HostBlock.hpp"

namespace KokkosQuant::Impl {

// Doubles W * Part to W * Part + W - 1 of packs of C.
template <int W, int Part, int N, int P>
KOKKOSQUANT_HOST_INLINE Pack<double, W> widened(const Pack<double, N> (&packs)[P]) {
  return Pack<double, W>::load(packs[Part * W / N].data() + Part * W % N);
}
template <int W, int Part, int N, int P>
KOKKOSQUANT_HOST_INLINE Pack<double, W> widened(const Pack<float, N> (&packs)[P]) {
  const Pack<float, N>& from = packs[Part * W / N];
#if defined(__AVX512F__)
  if constexpr (W == 8 && N == 16) {  // gcc 12 converts by halves
    const auto half = (__m256)_mm512_maskz_extractf64x4_pd(0xff, (__m512d)from.get(), Part * W % N / W);
    return Pack<double, W>::of((vector_t<double, W>)_mm512_maskz_cvtps_pd(0xff, half));
  }
#endif
  return Pack<double, W>::of(__builtin_convertvector(
      *reinterpret_cast<const loose_vector_t<float, W>*>(from.data() + Part * W % N), vector_t<double, W>));
}

template <compute_type C>
struct HostSegment {
  static constexpr int width = std::min(host_vector_bytes / static_cast<int>(sizeof(double)), sum_lanes);
  static constexpr int packs = sum_lanes / width;
  sum_of<C, Pack<double, width>> pack[packs] = {};

  // The next 16 terms, in packs of C; those from n on count as none.
  template <int W>
  KOKKOSQUANT_HOST_INLINE void add(const Pack<C, W> (&terms)[sum_lanes / W]) {
    for_each_pack<packs>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { accumulate(pack[p], widened<width, p>(terms)); });
  }
  template <int W>
  KOKKOSQUANT_HOST_INLINE void add_some(const Pack<C, W> (&terms)[sum_lanes / W], int n) {
    Pack<C, W> some[sum_lanes / W];
    for (int j = 0; j < sum_lanes; ++j) some[j / W].data()[j % W] = j < n ? terms[j / W].data()[j % W] : C(0);
    add(some);
  }
  // RN(t * t) of 16 terms t, which are widened first; and 16 doubles.
  template <int W>
  KOKKOSQUANT_HOST_INLINE void add_squares(const Pack<C, W> (&terms)[sum_lanes / W]) {
    for_each_pack<packs>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
      const auto term = widened<width, p>(terms);
      accumulate(pack[p], multiply(term, term));
    });
  }
  KOKKOSQUANT_HOST_INLINE void add_doubles(const double (&terms)[sum_lanes]) {
    for_each_pack<packs>([&](auto p)
                             KOKKOSQUANT_HOST_LAMBDA { accumulate(pack[p], Pack<double, width>::load(terms + p * width)); });
  }
  // The same of 16 sums of other lanes, one by one.
  KOKKOSQUANT_HOST_INLINE void add(const HostSegment& other) {
    for_each_pack<packs>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { accumulate(pack[p], other.pack[p]); });
  }
  KOKKOSQUANT_HOST_INLINE sum_of<C> lane(int j) const {
    if constexpr (sizeof(C) == 8)
      return {pack[j / width].sum.lane[j % width], pack[j / width].error.lane[j % width]};
    else
      return {pack[j / width].sum.lane[j % width]};
  }
  KOKKOSQUANT_HOST_INLINE sum_of<C> sum() const {
    HostSegment half = *this;
    for (int p = packs / 2; p > 0; p /= 2)
      for (int q = 0; q < p; ++q) accumulate(half.pack[q], half.pack[q + p]);
    sum_of<C> lanes[width];
    for (int j = 0; j < width; ++j) lanes[j] = half.lane(j);
    return sum_by_halves<width>(lanes);
  }
};

}  // namespace KokkosQuant::Impl
