// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an op that also sums computes at once on the host: blocks of 16 terms, a lane each.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_HostBits.hpp"
#include "KokkosQuant_HostSum.hpp"

namespace KokkosQuant::Impl {

template <class Element, class T>
struct HostSumBlocks {
  using C = typename Element::compute;
  static constexpr int K = Element::sums;
  static constexpr int width = std::min(host_vector_bytes / static_cast<int>(sizeof(C)), sum_lanes);
  static constexpr int packs = sum_lanes / width;
  using Data = Block<C, width, packs, false>;
  using V = Pack<C, width>;
  using CellConstants = typename Element::cell_constants;
  struct Terms {
    V pack[K][packs];
  };

  template <class ConstantsOf>
  static KOKKOSQUANT_HOST_INLINE Data compute(const Element& element, const ConstantsOf& k, const Data& a, const Data& b,
                                              Terms& terms) {
    Data out;
    for (int p = 0; p < packs; ++p) {
      V term[K];
      element.apply(k(p), out.pack[p], term, a.pack[p], b.pack[p]);
      for (int i = 0; i < K; ++i) terms.pack[i][p] = term[i];
    }
    return out;
  }
  // N blocks with the same constants
  template <int N, class ConstantsOf>
  static KOKKOSQUANT_HOST_INLINE void compute(const Element& element, const ConstantsOf& k, Data (&out)[N], Terms (&terms)[N],
                                              const Data (&a)[N], const Data (&b)[N]) {
    for (int p = 0; p < packs; ++p) {
      V dx[N], term[N][K], dy[N], x[N];
      for (int i = 0; i < N; ++i) dy[i] = a[i].pack[p], x[i] = b[i].pack[p];
      element.apply_together(k(p), dx, term, dy, x);
      for (int i = 0; i < N; ++i) {
        out[i].pack[p] = dx[i];
        for (int q = 0; q < K; ++q) terms[i].pack[q][p] = term[i][q];
      }
    }
  }
  // Have all a quick scale, and is every x 0 or 2^-60 at least?
  template <int N, class ConstantsOf>
  static KOKKOSQUANT_HOST_INLINE bool all_quick(const ConstantsOf& k, const Data (&x)[N]) {
    using U = vector_t<std::uint32_t, width>;
    U least = ~U{};
    auto quick = Pack<std::int32_t, width>::all(-1);
    for_each_pack<N * packs>([&](auto j) KOKKOSQUANT_HOST_LAMBDA {
      constexpr int i = j / packs, p = j % packs;
      const U order = ((U)x[i].pack[p].get() << 1) - 1;  // quick_order
      least = order < least ? order : least;
      if constexpr (i == 0) quick = quick & is_number(k(p).inverse);
    });
    const auto large = Pack<std::int32_t, width>::of((vector_t<std::int32_t, width>)(least >= least_quick_order));
    return !has_any((quick & large) ^ -1, -1);
  }
  // The first sum's terms, where the others' are 0 and out is in 0; false where x is outside. Where it hardly ever is, blocks take 0.8
  // (float) or 0.7 (bfloat16) of the time; where 5 % are, 1.07 or as long.
  static constexpr bool looks_inside = sizeof(C) == 4;
  template <int N, class ConstantsOf>
  static KOKKOSQUANT_HOST_INLINE bool compute_inside(const Element& element, const ConstantsOf& k, V (&term)[N][packs],
                                                     const Data (&a)[N], const Data (&b)[N]) {
    auto inside = Pack<std::int32_t, width>::all(-1);
    for_each_pack<N * packs>([&](auto j) KOKKOSQUANT_HOST_LAMBDA {
      constexpr int i = j / packs, p = j % packs;
      inside = inside & within(b[i].pack[p], k(p).in_min, k(p).in_max);
    });
    if (has_any(inside ^ -1, -1)) return false;
    if constexpr (Element::has_quick_inside && fuses<C, width>)
      if (all_quick(k, b)) [[likely]] {
        for_each_pack<N * packs>([&](auto j) KOKKOSQUANT_HOST_LAMBDA {
          constexpr int i = j / packs, p = j % packs;
          element.apply_inside_quickly(k(p), term[i][p], a[i].pack[p], b[i].pack[p]);
        });
        return true;
      }
    for_each_pack<N * packs>([&](auto j) KOKKOSQUANT_HOST_LAMBDA {
      constexpr int i = j / packs, p = j % packs;
      element.apply_inside(k(p), term[i][p], a[i].pack[p], b[i].pack[p]);
    });
    return true;
  }
  template <bool Streams>
  static KOKKOSQUANT_HOST_INLINE void copy_block(T* to, const T* from) {
    constexpr int bytes = Data::template streaming_bytes<T>, step = bytes / static_cast<int>(sizeof(T));
    for (int j = 0; j < sum_lanes; j += step) {
      const vector_t<std::int8_t, bytes> some = *reinterpret_cast<const loose_vector_t<std::int8_t, bytes>*>(from + j);
      if constexpr (Streams)
        store_streaming<bytes>(to + j, &some);
      else
        *reinterpret_cast<loose_vector_t<std::int8_t, bytes>*>(to + j) = some;
    }
  }
  // so many elements apart
  template <int N, bool Streams, class ConstantsOf>
  static KOKKOSQUANT_HOST_INLINE void compute_blocks(const Element& element, const ConstantsOf& k, T* to, const T* from_0,
                                                     const T* from_1, std::int64_t to_next, std::int64_t next_0,
                                                     std::int64_t next_1, HostSegment<C> (&sum)[K]) {
    Data a[N], b[N];
    for_each_pack<N>([&](auto i) KOKKOSQUANT_HOST_LAMBDA { a[i] = Data::template load<C>(from_0 + i * next_0); });
    for_each_pack<N>([&](auto i) KOKKOSQUANT_HOST_LAMBDA { b[i] = Data::template load<C>(from_1 + i * next_1); });
    if constexpr (looks_inside) {
      V term[N][packs];
      if (compute_inside(element, k, term, a, b)) [[likely]] {
        for_each_pack<N>([&](auto i) KOKKOSQUANT_HOST_LAMBDA {
          copy_block<Streams>(to + i * to_next, from_0 + i * next_0);
          sum[0].add(term[i]);
        });
        return;
      }
    }
    Data out[N];
    Terms terms[N];
    compute(element, k, out, terms, a, b);
    for_each_pack<N>([&](auto i) KOKKOSQUANT_HOST_LAMBDA {
      if constexpr (Streams)
        out[i].store_streaming(to + i * to_next);
      else
        out[i].store(to + i * to_next);
      for_each_pack<K>([&](auto q) KOKKOSQUANT_HOST_LAMBDA { sum[q].add(terms[i].pack[q]); });
    });
  }
  static Data compute_any(const Element& element, const CellConstants& k, const Data& a, const Data& b, Terms& terms) {
    Data out;
    for (int j = 0; j < sum_lanes; ++j) {
      C term[K];
      element.apply_any(k, out.lane(j), term, a.lane(j), b.lane(j));
      for (int i = 0; i < K; ++i) terms.pack[i][j / width].data()[j % width] = term[i];
    }
    return out;
  }
};

}  // namespace KokkosQuant::Impl
