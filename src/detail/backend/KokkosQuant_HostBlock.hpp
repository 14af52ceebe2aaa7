// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a host loads, computes and stores at once: a block of packs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "KokkosQuant_HostCodes.hpp"

namespace KokkosQuant::Impl {

template <class T, class V, Outcome R>
concept stores_two = requires(T* to, const V& pack) {
  store_two<R>(to, pack, pack);
};

// P packs of W lanes. Interleaved: packs of even and of odd elements in turn.
template <class L, int W, int P, bool Interleaved, Outcome R = Outcome::any>
struct Block {
  static constexpr int size = W * P;
  Pack<L, W> pack[P];

  template <class C, class T>
  static KOKKOSQUANT_HOST_INLINE Block load(const T* from) {
    if constexpr (flags_in_mask<T, L, W>) {
      Block b;
      for (int p = 0; p < P; ++p) b.pack[p] = load_flags<W, L>(from + p * W / 8);
      return b;
    } else if constexpr (packed_type<T>) {
      alignas(64) std::int8_t codes[size];
      unpack_codes<size>(from, codes);
      return load<C>(codes);
    } else {
      Block b;
      if constexpr (Interleaved)
        for_each_pack<P / 2>(
            [&](auto p) KOKKOSQUANT_HOST_LAMBDA { load_even_odd(from + 2 * W * p, b.pack[2 * p], b.pack[2 * p + 1]); });
      else
        for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { b.pack[p] = load_lanes<W, C>(from + W * p); });
      return b;
    }
  }
  // Whole: by vectors, as it is loaded again at once, and loads of whole vectors wait for stores of their parts
  template <bool Whole = false, class T>
  KOKKOSQUANT_HOST_INLINE void store(T* to) const {
    if constexpr (flags_in_mask<T, L, W>) {
      for (int p = 0; p < P; ++p) store_flags(to + p * W / 8, pack[p]);
#if defined(KOKKOSQUANT_HOST_AVX512)
    } else if constexpr (packed_type<T> && sizeof(L) == 1 && size == 64) {
      pack_vector(pack[0].get(), to);
#endif
    } else if constexpr (packed_type<T>) {
      alignas(64) std::int8_t codes[size];
      store(codes);
      pack_codes<size>(codes, to);
    } else if constexpr (Interleaved) {
      for (int p = 0; p < P; p += 2) store_even_odd<R>(to + W * p, pack[p], pack[p + 1]);
    } else if constexpr (P % 2 == 0 && stores_two<T, Pack<L, W>, R> && (Whole || std::is_same_v<T, bfloat16_t>)) {
      for_each_pack<P / 2>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { store_two<R>(to + 2 * W * p, pack[2 * p], pack[2 * p + 1]); });
    } else {
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { store_lanes<W>(to + W * p, pack[p]); });
    }
  }
  static constexpr int pack_of(int j) { return Interleaved ? j / (2 * W) * 2 + j % 2 : j / W; }
  static constexpr int lane_of(int j) { return Interleaved ? j % (2 * W) / 2 : j % W; }
  KOKKOSQUANT_HOST_INLINE L& lane(int j) { return pack[pack_of(j)].data()[lane_of(j)]; }
  KOKKOSQUANT_HOST_INLINE const L& lane(int j) const { return pack[pack_of(j)].data()[lane_of(j)]; }
  template <class T>
  static constexpr int stored(int n) {
    return static_cast<int>((n + elements_per<T> - 1) / elements_per<T>);
  }
  // past the caches, to an address that is a multiple of so many bytes
  template <class T>
  static constexpr int streaming_bytes = std::min(stored<T>(size) * static_cast<int>(sizeof(T)), host_vector_bytes);
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store_streaming(T* to) const {
    constexpr int bytes = streaming_bytes<T>, step = bytes / static_cast<int>(sizeof(T));
    alignas(64) T some[stored<T>(size)];
    store<true>(some);
    for (int j = 0; j < stored<T>(size); j += step) Impl::store_streaming<bytes>(to + j, some + j);
  }
  // the elements from first on, before end
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store_part(T* to, int first, int end) const {
    alignas(64) T some[size];
    store(some);
    __builtin_memcpy(to + first, some + first, static_cast<std::size_t>(end - first) * sizeof(T));
  }
  // the first n elements, with a stride
  template <class C, class T>
  static KOKKOSQUANT_HOST_INLINE Block load_some(const T* from, std::int64_t stride, int n) {
    if (stride == 1 && n == size) return load<C>(from);  // beside operands with gaps
    alignas(64) T some[stored<T>(size)] = {};
    for (int j = 0; j < stored<T>(n); ++j) some[j] = from[j * stride];
    return load<C>(some);
  }
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store_some(T* to, std::int64_t stride, int n) const {
    if (stride == 1 && n == size) return store(to);
    alignas(64) T some[stored<T>(size)];
    store(some);
    if constexpr (packed_type<T>)  // nothing behind the end
      if (const int used = n % static_cast<int>(elements_per<T>); used != 0)
        some[n / elements_per<T>].byte &= static_cast<std::uint8_t>((1 << (used * T::bits)) - 1);
    for (int j = 0; j < stored<T>(n); ++j) to[j * stride] = some[j];
  }
};

}  // namespace KokkosQuant::Impl
