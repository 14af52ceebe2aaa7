// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over rows on the host: one functor, one task a rectangle of the array. Contiguous lines go in blocks of packs;
// the last block of a line is moved back so that it ends with the line, and overlaps the one before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_HostConvert.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

// P packs of W lanes: what is loaded, computed and stored at once. Interleaved: a pack of even and a pack of odd elements.
template <class L, int W, int P, bool Interleaved>
struct Block {
  static constexpr int size = W * P;
  Pack<L, W> pack[P];

  // where the element j of a block lies
  static constexpr int pack_of(int j) { return Interleaved ? j % P : j / W; }
  static constexpr int lane_of(int j) { return Interleaved ? j / P : j % W; }

  template <class C, class T>
  static KOKKOSQUANT_HOST_INLINE Block load(const T* from) {
    Block b;
    if constexpr (Interleaved)
      load_even_odd(from, b.pack[0], b.pack[1]);
    else
      for (int p = 0; p < P; ++p) b.pack[p] = load_lanes<W, C>(from + W * p);
    return b;
  }
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store(T* to) const {
    if constexpr (Interleaved)
      store_even_odd(to, pack[0], pack[1]);
    else
      for (int p = 0; p < P; ++p) store_lanes<W>(to + W * p, pack[p]);
  }
  // the first n elements, with a stride
  template <class C, class T>
  static KOKKOSQUANT_HOST_INLINE Block load_some(const T* from, std::int64_t stride, int n) {
    alignas(64) T some[size] = {};
    for (int j = 0; j < n; ++j) some[j] = from[j * stride];
    return load<C>(some);
  }
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store_some(T* to, std::int64_t stride, int n) const {
    alignas(64) T some[size];
    store(some);
    for (int j = 0; j < n; ++j) to[j * stride] = some[j];
  }
};

template <class Element, class Out, class In>
struct HostSweep;

template <class Element, class... O, class... I>
struct HostSweep<Element, Outputs<O...>, Inputs<I...>> {
  using C = typename Element::compute;
  using Walk = Operands<Outputs<O...>, Inputs<I...>>;
  static constexpr bool interleaved = (std::is_same_v<O, bfloat16_t> && ...) && (std::is_same_v<I, bfloat16_t> && ...);
  static constexpr int native_width = host_vector_bytes / static_cast<int>(sizeof(C));
  static constexpr std::int64_t max_tile = host_tuning.tile_tokens;

  Element element;
  Walk walk;
  bool contiguous;  // every operand has inner stride 1
  bool by_element;  // no packs
  std::int64_t task_outer, task_inner, inner_tasks;

  // ---- one shape of block: native ones, and of 8 elements for lines shorter than those -----------------------------------
  template <int W, int P>
  struct Blocks {
    static constexpr int size = W * P;
    template <class T>
    using block = Block<lane_t<T, C>, W, P, interleaved>;
    using InBlocks = Tuple<block<I>...>;
    using Constants = typename Element::template constants_of<Pack<C, W>, IntegerPack<C, W>>;
    struct BlockConstants {
      Constants pack[P];
    };
    using OutPointers = Tuple<O*...>;
    using InPointers = Tuple<const I*...>;

    // the same constants for all, or a tile's
    template <class K>
    struct OneForAll {
      const K& k;
      KOKKOSQUANT_HOST_INLINE const K& operator()(std::int64_t, int) const { return k; }
    };
    struct OneEach {
      const BlockConstants* tile;
      KOKKOSQUANT_HOST_INLINE const Constants& operator()(std::int64_t i, int p) const { return tile[i / size].pack[p]; }
    };

    // All operands of a line from one position on.
    struct Line {
      const HostSweep& sweep;
      OutPointers out;
      InPointers in;
    };
    template <std::size_t... A, std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE Line line(const HostSweep& s, std::int64_t o, std::int64_t i, std::index_sequence<A...>,
                                             std::index_sequence<B...>) {
      return {s, make_tuple(get<A>(s.walk.out).at(o, i)...), make_tuple(get<B>(s.walk.in).at(o, i)...)};
    }
    static KOKKOSQUANT_HOST_INLINE Line line(const HostSweep& s, std::int64_t o, std::int64_t i) {
      return line(s, o, i, std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
    }

    template <std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE InBlocks load(const Line& l, std::int64_t i, std::index_sequence<B...>) {
      return make_tuple(block<I>::template load<C>(get<B>(l.in) + i)...);
    }
    static KOKKOSQUANT_HOST_INLINE InBlocks load(const Line& l, std::int64_t i) {
      return load(l, i, std::index_sequence_for<I...>{});
    }
    template <std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE InBlocks load_some(const Line& l, std::int64_t i, int n, std::index_sequence<B...>) {
      return make_tuple(block<I>::template load_some<C>(get<B>(l.in) + i * get<B>(l.sweep.walk.in).inner,
                                                        get<B>(l.sweep.walk.in).inner, n)...);
    }
    template <class At, std::size_t... A, std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE Tuple<block<O>...> apply(const Line& l, const At& at, std::int64_t i, const InBlocks& in,
                                                            std::index_sequence<A...>, std::index_sequence<B...>) {
      Tuple<block<O>...> out;
      for (int p = 0; p < P; ++p) l.sweep.element.apply(at(i, p), get<A>(out).pack[p]..., get<B>(in).pack[p]...);
      return out;
    }
    template <class At, std::size_t... A>
    static KOKKOSQUANT_HOST_INLINE void finish(const Line& l, const At& at, std::int64_t i, const InBlocks& in,
                                               std::int64_t at_i, std::index_sequence<A...> a) {
      const auto out = apply(l, at, at_i, in, a, std::index_sequence_for<I...>{});
      (get<A>(out).store(get<A>(l.out) + i), ...);
    }
    template <class At>
    static KOKKOSQUANT_HOST_INLINE void finish(const Line& l, const At& at, std::int64_t i, const InBlocks& in) {
      finish(l, at, i, in, i, std::index_sequence_for<O...>{});
    }
    template <class At, std::size_t... A>
    static KOKKOSQUANT_HOST_INLINE void some(const Line& l, const At& at, std::int64_t i, int n, std::index_sequence<A...> a) {
      const auto b = std::index_sequence_for<I...>{};
      const auto out = apply(l, at, i, load_some(l, i, n, b), a, b);
      (get<A>(out).store_some(get<A>(l.out) + i * get<A>(l.sweep.walk.out).inner, get<A>(l.sweep.walk.out).inner, n), ...);
    }

    // n elements of a line. The two last blocks overlap: both are loaded before the first of them is stored, as an output
    // may be an input.
    template <class At>
    static KOKKOSQUANT_HOST_INLINE void span(const Line& l, std::int64_t n, const At& at, const At& at_last) {
      if (l.sweep.contiguous && n >= size) {
        std::int64_t i = 0;
        for (; i + 2 * size <= n; i += size) finish(l, at, i, load(l, i));
        const InBlocks in = load(l, i);
        if (i + size == n) return finish(l, at, i, in);
        const InBlocks last = load(l, n - size);
        finish(l, at, i, in);
        finish(l, at_last, n - size, last, 0, std::index_sequence_for<O...>{});
      } else {
        for (std::int64_t i = 0; i < n; i += size)
          some(l, at, i, static_cast<int>(std::min<std::int64_t>(size, n - i)), std::index_sequence_for<O...>{});
      }
    }

    // a row at a time, one set of constants
    static void rows(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, std::int64_t n) {
      for (std::int64_t o = o0; o < o1; ++o) {
        const auto k = s.element.constants(s.element.row_data(o));
        using At = OneForAll<std::remove_cvref_t<decltype(k)>>;
        if (s.element.is_simple(k))
          span(line(s, o, i), n, At{k}, At{k});
        else
          s.elements(o, o + 1, i, n);
      }
    }

    // tokens inside: a tile of them, their constants in packs; the columns are walked outside
    static BlockConstants block_constants(const HostSweep& s, std::int64_t i, int n, bool& simple) {
      BlockConstants k{};
      for (int j = 0; j < n; ++j) {
        const auto one = s.element.constants(s.element.row_data(i + j));
        simple = simple && s.element.is_simple(one);
        k.pack[block<C>::pack_of(j)].set_lane(block<C>::lane_of(j), one);
      }
      return k;
    }
    static void tokens(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i0, int n) {
      BlockConstants tile[max_tile / size + 1];
      bool simple = true;
      for (int i = 0; i < n; i += size) tile[i / size] = block_constants(s, i0 + i, std::min(size, n - i), simple);
      const BlockConstants last = block_constants(s, i0 + std::max(0, n - size), std::min(size, n), simple);
      if (!simple) return s.elements(o0, o1, i0, n);
      for (std::int64_t o = o0; o < o1; ++o) span(line(s, o, i0), n, OneEach{tile}, OneEach{&last});
    }
  };

  // ---- any strides, any constants ------------------------------------------------------------------------------------
  template <class K, std::size_t... A, std::size_t... B>
  KOKKOSQUANT_HOST_INLINE void one(const K& k, std::int64_t o, std::int64_t i, std::index_sequence<A...>,
                                   std::index_sequence<B...>) const {
    Tuple<lane_t<O, C>...> out;
    element.apply_any(k, get<A>(out)..., widen<C>(*get<B>(walk.in).at(o, i))...);
    ((*get<A>(walk.out).at(o, i) = narrow<O>(get<A>(out))), ...);
  }
  void elements(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t n) const {
    for (std::int64_t o = o0; o < o1; ++o)
      for (std::int64_t i = i0; i < i0 + n; ++i)
        one(element.constants(element.row_data(walk.row(o, i))), o, i, std::index_sequence_for<O...>{},
            std::index_sequence_for<I...>{});
  }

  template <int W, int P>
  void rectangle(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t n) const {
    if (walk.rows_inside)
      Blocks<W, P>::tokens(*this, o0, o1, i0, static_cast<int>(n));
    else
      Blocks<W, P>::rows(*this, o0, o1, i0, n);
  }

  void operator()(const std::int64_t task) const {
    const std::int64_t o0 = task / inner_tasks * task_outer, o1 = std::min(o0 + task_outer, walk.n_outer);
    const std::int64_t i0 = task % inner_tasks * task_inner, n = std::min(task_inner, walk.n_inner - i0);
    constexpr int narrow_width = std::min(native_width, interleaved ? 4 : 8), narrow_packs = 8 / narrow_width;
    if (by_element)
      elements(o0, o1, i0, n);
    else if (n >= 2 * native_width)
      rectangle<native_width, 2>(o0, o1, i0, n);
    else
      rectangle<narrow_width, narrow_packs>(o0, o1, i0, n);
  }
};

}  // namespace KokkosQuant::Impl
