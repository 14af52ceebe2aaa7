// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lines on the host: contiguous ones go in blocks of packs; the last block of a line is moved back so that it ends with the line,
// and overlaps the one before. Large outputs go past the caches, in whole cache lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_HostApply.hpp"
#include "KokkosQuant_HostBlock.hpp"
#include "KokkosQuant_HostConstants.hpp"
#include "KokkosQuant_HostGradients.hpp"
#include "KokkosQuant_HostHalves.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

// Ahead: inputs are brought to the caches that are walked later, by `ahead` elements.
template <class Element, class Out, class In, bool Ahead>
struct HostLines;

template <class Element, class... O, class... I, bool Ahead>
struct HostLines<Element, Outputs<O...>, Inputs<I...>, Ahead> {
  using C = typename Element::compute;
  using Walk = Operands<Outputs<O...>, Inputs<I...>>;
  using OutSequence = std::index_sequence_for<O...>;
  using InSequence = std::index_sequence_for<I...>;
  // Codes that are computed in packs of W are narrowed to bytes.
  template <int W>
  static constexpr bool narrows = sizeof...(O) == 1 && sizeof...(I) == 1 && (narrows_codes<O, W> && ...) &&
                                  (element_type<I> && ...);
  template <int W, int P>
  static constexpr bool interleaves = (std::is_same_v<I, bfloat16_t> && ...) && P % 2 == 0 &&
                                      ((std::is_same_v<O, bfloat16_t> && ...) || (narrows<W> && P == narrowed_packs));

  Element element;
  Walk walk;
  bool contiguous;  // every operand has inner stride 1
  bool streaming;   // the output goes past the caches
  std::int64_t ahead = 0;

  // All operands of a line from one position on.
  struct Line {
    Tuple<O*...> out;
    Tuple<const I*...> in;
  };
  template <std::size_t... A, std::size_t... B>
  KOKKOSQUANT_HOST_INLINE Line line(std::int64_t o, std::int64_t i, std::index_sequence<A...>,
                                    std::index_sequence<B...>) const {
    return {make_tuple(get<A>(walk.out).at(o, i)...), make_tuple(get<B>(walk.in).at(o, i)...)};
  }
  KOKKOSQUANT_HOST_INLINE Line line(std::int64_t o, std::int64_t i) const { return line(o, i, OutSequence{}, InSequence{}); }

  // One shape of block: native ones, and of 8 elements for lines shorter than those. `at` gives the constants of a block.
  template <int W, int P, bool Interleaved>
  struct Spans {
    static constexpr int size = W * P;
    template <class T>
    using block = Block<lane_t<T, C>, W, P, Interleaved>;
    using InBlocks = Tuple<block<I>...>;
    static constexpr bool of_bytes = narrows<W> && P == narrowed_packs;
    using OutBlocks = Tuple<std::conditional_t<of_bytes, Block<std::int8_t, size, 1, false>,
                                               Block<lane_t<O, C>, W, P, Interleaved, Element::outcome>>...>;
    using Applied = typename block_element<Element, of_bytes>::type;
    using Constants = BlockConstants<Applied, W, P, Interleaved>;

    template <std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE InBlocks load(const Line& l, std::int64_t i, std::index_sequence<B...>) {
      return make_tuple(block<I>::template load<C>(get<B>(l.in) + i / elements_per<I>)...);
    }
    static KOKKOSQUANT_HOST_INLINE InBlocks load(const Line& l, std::int64_t i) { return load(l, i, InSequence{}); }
    static KOKKOSQUANT_HOST_INLINE void look_ahead([[maybe_unused]] const HostLines& s, [[maybe_unused]] const Line& l,
                                                   [[maybe_unused]] std::int64_t i) {
      if constexpr (Ahead) prefetch<size, 2>(l.in.head + i, s.ahead * static_cast<std::int64_t>(sizeof(*l.in.head)));
    }
    template <std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE void look_ahead_in_large(const HostLines& s, const Line& l, std::int64_t i,
                                                            std::index_sequence<B...>) {
      if constexpr (Ahead)
        look_ahead(s, l, i);
      else
        (prefetch<size>(get<B>(l.in) + i / elements_per<I>, host_tuning.large_input_ahead), ...);
    }
    template <std::size_t... A, std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE OutBlocks apply(const Applied& element, const Constants& k, const InBlocks& in,
                                                   std::index_sequence<A...>, std::index_sequence<B...>) {
      OutBlocks out;
      if constexpr (looks_inside<Applied> && W == 16)
        if (all_inside(k.inside, get<0>(in).pack)) [[likely]] {
          for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
            element.apply_inside(k.pack[p], get<A>(out).pack[p]..., get<B>(in).pack[p]...);
          });
          return out;
        }
      if constexpr (!of_bytes && sizeof...(B) == 1)
        if constexpr (applies_by_reciprocal<Applied, decltype(k.pack[0]), std::remove_cvref_t<decltype(in.head.pack[0])>,
                                            std::remove_reference_t<decltype(get<A>(out).pack[0])>...>)
          if (apply_quickly<Applied>(k.pack, in.head.pack, get<A>(out).pack...)) [[likely]]
            return out;
      if constexpr (of_bytes)
        ((get<A>(out) = bytes_of_codes<O, Interleaved>(element, k.pack, get<0>(in).pack)), ...);
      else
        for (int p = 0; p < P; ++p) element.apply(k.pack[p], get<A>(out).pack[p]..., get<B>(in).pack[p]...);
      return out;
    }
    static KOKKOSQUANT_HOST_INLINE OutBlocks apply(const Applied& element, const Constants& k, const InBlocks& in) {
      return apply(element, k, in, OutSequence{}, InSequence{});
    }
    template <bool Streaming, class B, class E>
    static KOKKOSQUANT_HOST_INLINE void store_one(const B& block_of_it, E* to) {
      if constexpr (Streaming)
        block_of_it.store_streaming(to);
      else
        block_of_it.store(to);
    }
    // Streaming: the first output, past the caches
    template <bool Streaming = false, std::size_t... A>
    static KOKKOSQUANT_HOST_INLINE void store(const Line& l, std::int64_t i, const OutBlocks& out, std::index_sequence<A...>) {
      (store_one<(Streaming && A == 0)>(get<A>(out), get<A>(l.out) + i / elements_per<O>), ...);
    }
    template <bool Streaming = false>
    static KOKKOSQUANT_HOST_INLINE void finish(const Applied& element, const Line& l, std::int64_t i, const Constants& k,
                                               const InBlocks& in) {
#if defined(KOKKOSQUANT_HOST_AVX512)
      if constexpr (divides_by_reciprocal<decltype(k.pack[0]), W, P>) {
        Block<float, W, P, Interleaved, Outcome::not_subnormal> dx;
        if (divide_gradients(k.pack, l.in.head + i, get<0>(in).pack, get<1>(in).pack, dx.pack)) [[likely]]
          return store_one<Streaming>(dx, l.out.head + i);
      }
#endif
      store<Streaming>(l, i, apply(element, k, in), OutSequence{});
    }

    // n elements of lines that share their constants. The two last blocks overlap: both are loaded before the first of
    // them is stored, as an output may be an input. (Codes that share a byte must not overlap.)
    template <std::size_t... L, class At>
    static KOKKOSQUANT_HOST_INLINE void span(const HostLines& s, const Line (&l)[sizeof...(L)], std::int64_t n, At at,
                                             std::index_sequence<L...>) {
      const Applied element{s.element};
      if constexpr (Walk::has_packed) return span_bytes(s, l, 0, n, at, std::index_sequence<L...>{});
      const std::int64_t whole = n / size * size, end = whole == n ? n : whole - size;
      std::int64_t i = 0;
      for (; i < end; i += size) {
        (look_ahead(s, l[L], i), ...);
        const Constants k = at(i);
        (finish(element, l[L], i, k, load(l[L], i)), ...);
      }
      if (i < n) (span_end(s, l[L], i, n, at), ...);
    }
    // (The ends of lines are compiled once, rather than into each loop.)
    template <class At>
    static KOKKOSQUANT_HOST_TASK void span_end(const HostLines& s, const Line& l, std::int64_t i, std::int64_t n, At at) {
      const Constants k = at(i), k_last = at(n - size);
      const InBlocks in = load(l, i), last = load(l, n - size);
      const Applied element{s.element};
      finish(element, l, i, k, in);
      finish(element, l, n - size, k_last, last);
    }

    template <std::size_t... L, class At>
    static KOKKOSQUANT_HOST_INLINE void span_bytes(const HostLines& s, const Line (&l)[sizeof...(L)], std::int64_t i,
                                                   std::int64_t n, At& at, std::index_sequence<L...>) {
      const Applied element{s.element};
      for (; i + size <= n; i += size) {
        (look_ahead(s, l[L], i), ...);
        const Constants k = at(i);
        (finish(element, l[L], i, k, load(l[L], i)), ...);
      }
      if (i < n) (span_some(s, l[L], i, n, at, OutSequence{}, InSequence{}), ...);
    }

    // The same past the caches: whole cache lines, from the first that starts in the line on; its ends as usual.
    using T = std::remove_pointer_t<decltype(Line{}.out.head)>;
    static int skew(const Line& l) {  // elements to the next cache line
      const auto address = reinterpret_cast<std::uintptr_t>(l.out.head);
      return static_cast<int>((-address % cache_line) / sizeof(T) * elements_per<T>);
    }
    // Lines that are long, or nothing but whole cache lines.
    template <std::size_t... L>
    static bool streams(const HostLines& s, const Line (&l)[sizeof...(L)], std::int64_t n, std::index_sequence<L...>) {
      if (!s.streaming) return false;
      const int head = skew(l[0]);
      const bool whole = head == 0 && n / elements_per<T> * static_cast<std::int64_t>(sizeof(T)) % cache_line == 0;
      return (whole || n >= host_tuning.streaming_line) && ((skew(l[L]) == head) && ...) &&
             reinterpret_cast<std::uintptr_t>(l[0].out.head) % sizeof(T) == 0 && (!Walk::has_packed || head == 0);
    }
    template <std::size_t... L, class At>
    static KOKKOSQUANT_HOST_INLINE void span_streaming(const HostLines& s, const Line (&l)[sizeof...(L)], std::int64_t n, At at,
                                                       std::index_sequence<L...>) {
      const Applied element{s.element};
      const int head = skew(l[0]);
      if constexpr (!Walk::has_packed)
        for (int i = 0; i < head; i += size) (span_part(s, l[L], i, at, 0, std::min(size, head - i)), ...);
      std::int64_t i = head;
      for (; i + size <= n; i += size) {
        (look_ahead_in_large(s, l[L], i, InSequence{}), ...);
        const Constants k = at(i);
        (finish<true>(element, l[L], i, k, load(l[L], i)), ...);
      }
      if (i == n) return;
      if constexpr (Walk::has_packed)
        span_bytes(s, l, i, n, at, std::index_sequence<L...>{});
      else
        (span_part(s, l[L], n - size, at, static_cast<int>(size - (n - i)), size), ...);
    }
    template <class At>
    static KOKKOSQUANT_HOST_TASK void span_part(const HostLines& s, const Line& l, std::int64_t i, At at, int first, int end) {
      apply(Applied{s.element}, at(i), load(l, i)).head.store_part(l.out.head + i, first, end);
    }

    // Lines that are strided or shorter than a block.
    template <std::size_t... A, std::size_t... B, class At>
    static void span_some(const HostLines& s, const Line& l, std::int64_t i, std::int64_t n, At at, std::index_sequence<A...>,
                          std::index_sequence<B...>) {
      const auto in_line = [](auto* data, const auto& lines, std::int64_t at_i) {
        return data + at_i / lines.per * lines.inner;
      };
      for (; i < n; i += size) {
        const int m = static_cast<int>(std::min<std::int64_t>(size, n - i));
        const auto in = make_tuple(
            block<I>::template load_some<C>(in_line(get<B>(l.in), get<B>(s.walk.in), i), get<B>(s.walk.in).inner, m)...);
        const auto out = apply(Applied{s.element}, at(i), in);
        (get<A>(out).store_some(in_line(get<A>(l.out), get<A>(s.walk.out), i), get<A>(s.walk.out).inner, m), ...);
      }
    }

    // A line in pieces, halves of which are converted by functions for a newer processor.
    static constexpr bool can_stage =
        stages_halves && ((std::is_same_v<O, half_t> || ...) || (std::is_same_v<I, half_t> || ...));
    template <std::size_t... A, std::size_t... B, class At>
    static void span_staged(const HostLines& s, const Line& l, std::int64_t n, const At& at_line, std::index_sequence<A...>,
                            std::index_sequence<B...>) {
      using Floats = HostLines<Element, Outputs<staged_t<O>...>, Inputs<staged_t<I>...>, false>;
      using FloatSpans = typename Floats::template Spans<W, P, Interleaved>;
      Tuple<Staged<O>...> out;
      Tuple<Staged<I>...> in;
      Floats floats{s.element, {}, true, false};
      const auto dense = [](auto& lines) { lines.inner = 1; };
      (dense(get<A>(floats.walk.out)), ...);
      (dense(get<B>(floats.walk.in)), ...);
      At at = at_line;
      std::int64_t m;
      for (std::int64_t i = 0; i < n; i += m) {
        m = n - i < Staged<half_t>::room ? n - i : Staged<half_t>::size;  // (what is left is a block at least)
        const typename Floats::Line piece[] = {{make_tuple(get<A>(out).place(get<A>(l.out) + i / elements_per<O>)...),
                                                make_tuple(get<B>(in).read(get<B>(l.in) + i / elements_per<I>, m)...)}};
        FloatSpans::span(
            floats, piece, m, [&at, i](std::int64_t j) { return at(i + j); }, std::index_sequence<0>{});
        (get<A>(out).write(get<A>(l.out) + i / elements_per<O>, m), ...);
      }
    }

    template <std::size_t... L, class At>
    static void stage([[maybe_unused]] const HostLines& s, [[maybe_unused]] const Line (&l)[sizeof...(L)],
                      [[maybe_unused]] std::int64_t n, [[maybe_unused]] const At& at, std::index_sequence<L...>) {
      if constexpr (can_stage) (span_staged(s, l[L], n, at, OutSequence{}, InSequence{}), ...);
    }
    template <std::size_t... L, class At>
    static void lines(const HostLines& s, std::int64_t o, std::int64_t i, std::int64_t n, const At& at,
                      std::index_sequence<L...> all) {
      const Line l[] = {s.line(o + static_cast<std::int64_t>(L), i)...};
      if (!s.contiguous || n < size)
        (span_some(s, l[L], 0, n, at, OutSequence{}, InSequence{}), ...);
      else if (can_stage && processor_converts_halves)
        stage(s, l, n, at, all);
      else if (streams(s, l, n, all))
        span_streaming(s, l, n, at, all);
      else
        span(s, l, n, at, all);
    }
  };
};

}  // namespace KokkosQuant::Impl
