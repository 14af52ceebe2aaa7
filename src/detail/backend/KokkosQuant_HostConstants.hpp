// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The constants of a block's elements: those of many cells are computed at once, and each block gets its own from them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_InsideBits.hpp"
#include "KokkosQuant_HostCodes.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

// The lanes that `which` names, where there is an instruction for it.
template <class T, int W>
inline constexpr bool can_permute =
#if defined(__AVX512F__)
    W * sizeof(T) == 64;
#elif defined(__AVX2__)
    W * sizeof(T) == 32 && sizeof(T) == 4;
#else
    false;
#endif
template <class T, int W>
KOKKOSQUANT_HOST_INLINE Pack<T, W> permuted(const Pack<T, W>& from, [[maybe_unused]] const IntegerPack<T, W>& which) {
#if defined(__AVX512F__)
  const auto lanes = (__m512i)from.get(), places = (__m512i)which.get();
  if constexpr (sizeof(T) == 4)
    return Pack<T, W>::of((vector_t<T, W>)_mm512_maskz_permutexvar_epi32(0xffff, places, lanes));
  else
    return Pack<T, W>::of((vector_t<T, W>)_mm512_maskz_permutexvar_epi64(0xff, places, lanes));
#elif defined(__AVX2__)
  return Pack<T, W>::of((vector_t<T, W>)_mm256_permutevar8x32_epi32((__m256i)from.get(), (__m256i)which.get()));
#else
  return from;
#endif
}

// What an element function has for packs alone, or for any.
template <class Element, class Cell>
concept has_pack_constants = requires(const Element& element, const Cell& cell) {
  element.pack_constants(cell);
};
template <class Element, class Cell>
KOKKOSQUANT_HOST_INLINE auto constants_for_packs(const Element& element, const Cell& cell) {
  if constexpr (has_pack_constants<Element, Cell>)
    return element.pack_constants(cell);
  else
    return element.constants(cell);
}

// The element function that blocks of codes in bytes have.
template <class Element, bool InBytes>
struct block_element {
  using type = Element;
};
template <class Element>
requires requires { typename Element::InBytes; }
struct block_element<Element, true> {
  using type = typename Element::InBytes;
};

// Has it a form for blocks that are inside the range? (With vectors of 32 bytes it does not pay: 0.8 to 1.3 times as long.)
#if defined(KOKKOSQUANT_HOST_AVX512)
template <class Element>
inline constexpr bool looks_inside = requires {
  requires Element::looks_inside;
};
#else
template <class Element>
inline constexpr bool looks_inside = false;
#endif

// The constants of up to R cells, computed in one loop without branches: compilers make vectors of it. Looks: with the bits of what is
// inside them.
template <class Element, int R, bool Looks = false>
struct ConstantsTable {
  using C = typename Element::compute;
  template <class T>
  struct alignas(cache_line) Values {
    using value_type = T;
    T lane[R +
           host_vector_bytes / static_cast<int>(sizeof(T))];  // (a pack from the last one on is loaded, and its rest not used)
  };
  using Table = typename Element::template constants_of<Values<C>, Values<integer_of<C>>>;
  Table table;
  static constexpr bool looks = Looks && looks_inside<Element>;
  struct Nothing {};
  std::conditional_t<looks, InsideBits<Values<std::int32_t>>, Nothing> inside;
  bool looked = false;

  // of some cells together
  InsideBits<std::int32_t> inside_of(std::int64_t first, std::int64_t last) const {
    InsideBits<std::int32_t> bits = nothing_inside;
    if constexpr (looks) {
      if (!looked) return bits;
      bits = {inside.positive.lane[first], inside.negative.lane[first]};
      for (std::int64_t c = first + 1; c <= last; ++c)
        bits = inside_both(bits, {inside.positive.lane[c], inside.negative.lane[c]});
    }
    return bits;
  }

  // From entry first on those of n cells, what is read of them by cell_data(element, j). false: packs cannot be computed
  // with them. What is inside of them is computed too, in a loop of its own, where they have so many elements that it pays.
  template <class CellData>
  KOKKOSQUANT_HOST_WIDE bool fill(Element element, int first, int n, [[maybe_unused]] std::int64_t elements,
                                  const CellData cell_data) {
    int complicated = 0;
    for (int j = 0; j < n; ++j) {
      const auto one = constants_for_packs(element, cell_data(element, j));
      complicated |= element.is_simple(one) ? 0 : 1;
      Table::for_each([at = first + j](auto& values, const auto& value) { values.lane[at] = value; }, table, one);
    }
    if constexpr (looks) {
      looked = elements >= host_tuning.least_cell_inside;
      for (int j = 0, asked = looked ? n : 0; j < asked; ++j) {
        const InsideBits<std::int32_t> bits = element.inside_bits_of(cell_data(element, j));
        inside.positive.lane[first + j] = bits.positive;
        inside.negative.lane[first + j] = bits.negative;
      }
    }
    return complicated == 0;
  }
  // n entries once more
  void copy(int from, int to, int n) {
    const auto copy_of = [=](auto& values) {
      for (int j = 0; j < n; ++j) values.lane[to + j] = values.lane[from + j];
    };
    Table::for_each(copy_of, table);
    if constexpr (looks) {
      copy_of(inside.positive);
      copy_of(inside.negative);
    }
  }
  // the first n again and again, up to so many
  void repeat(int n, int up_to) {
    for (int have = n, more; have < up_to; have += more) {
      more = std::min(have, up_to - have);
      copy(0, have, more);
    }
  }
};

// One set of constants a lane, for the blocks of a line.
template <class Element, int W, int P, bool Interleaved>
struct BlockConstants {
  using C = typename Element::compute;
  using I = integer_of<C>;
  using Constants = typename Element::template constants_of<Pack<C, W>, Pack<I, W>>;
  Constants pack[P];
  InsideBits<std::int32_t> inside = nothing_inside;  // of all its cells together, where it is asked for

  // the element of a block that a lane of its pack p holds
  static KOKKOSQUANT_HOST_INLINE vector_t<I, W> elements(int p) {
    vector_t<I, W> e{};
    for (int lane = 0; lane < W; ++lane)
      e[lane] = static_cast<I>(Interleaved ? p / 2 * 2 * W + lane * 2 + p % 2 : p * W + lane);
    return e;
  }

  // A line of which each position has its own.
  template <int R>
  struct OneEach {
    static_assert(!Interleaved);
    const ConstantsTable<Element, R>& positions;
    KOKKOSQUANT_HOST_INLINE BlockConstants operator()(std::int64_t i) const {
      BlockConstants k;
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
        Constants::for_each([i, p](auto& pack, const auto& values)
                                KOKKOSQUANT_HOST_LAMBDA { pack = pack.load(values.lane + i + p * W); },
                            k.pack[p], positions.table);
      });
      return k;
    }
  };

  // A line of cells of 2^log_length elements, 4 at least and less than a block, the first from element 0 on: for every two packs
  // the values of their cells, W / 2 + 1 at most, are loaded, and brought to their lanes.
  template <int R>
  struct SeveralEach {
    static constexpr bool exists = can_permute<C, W>;
    static constexpr int run = Interleaved ? 2 * W : W;  // elements of a pack, or of two
    const ConstantsTable<Element, R, true>& cells;
    int log_length;
    KOKKOSQUANT_HOST_INLINE BlockConstants operator()(std::int64_t i) const {
      if (1 << log_length >= run && i % run == 0) return of_whole_packs(i);
      if (!Interleaved && 2 << log_length == W && i % (W / 2) == 0) return of_half_packs(i);
      BlockConstants k;
      k.inside = cells.inside_of(i >> log_length, (i + W * P - 1) >> log_length);
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
        constexpr int start = p / 2 * 2 * W;
        if constexpr (Interleaved && p % 2 == 1)
          if (i % 2 == 0) {  // neighbours of the even ones, in the same cells
            k.pack[p] = k.pack[p - 1];
            return;
          }
        const std::int64_t first = (i + start) >> log_length;
        const auto phase = static_cast<I>(i + start - (first << log_length));
        const auto cell = Pack<I, W>::of((elements(p) - start + phase) >> log_length);
        Constants::for_each([first, &cell](auto& pack, const auto& values)
                                KOKKOSQUANT_HOST_LAMBDA { pack = permuted(pack.load(values.lane + first), cell); },
                            k.pack[p], cells.table);
      });
      return k;
    }
    // two cells a pack
    KOKKOSQUANT_HOST_INLINE BlockConstants of_half_packs(std::int64_t i) const {
      BlockConstants k;
      k.inside = cells.inside_of(i >> log_length, (i + W * P - 1) >> log_length);
      const auto second = elements(0) >= W / 2;
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
        const std::int64_t cell = (i + p * W) >> log_length;
        Constants::for_each(
            [cell, second](auto& pack, const auto& values) KOKKOSQUANT_HOST_LAMBDA {
              pack = pack.of(second ? pack.all(values.lane[cell + 1]).get() : pack.all(values.lane[cell]).get());
            },
            k.pack[p], cells.table);
      });
      return k;
    }
    KOKKOSQUANT_HOST_INLINE BlockConstants of_whole_packs(std::int64_t i) const {
      BlockConstants k;
      k.inside = cells.inside_of(i >> log_length, (i + W * P - 1) >> log_length);
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
        const std::int64_t cell = (i + (Interleaved ? p / 2 * 2 * W : p * W)) >> log_length;
        Constants::for_each([cell](auto& pack, const auto& values)
                                KOKKOSQUANT_HOST_LAMBDA { pack = pack.all(values.lane[cell]); },
                            k.pack[p], cells.table);
      });
      return k;
    }
  };

  // A line of cells, one behind the other: blocks run over their ends. Asked for blocks in their order.
  template <int R>
  struct OneAfterTheOther {
    const ConstantsTable<Element, R, true>& cells;
    int cell;
    std::int64_t end, length;  // of this cell, of every further one
    KOKKOSQUANT_HOST_INLINE BlockConstants operator()(std::int64_t i) {
      for (; end <= i; end += length) ++cell;
      BlockConstants k;
      const int first = cell;
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
        Constants::for_each([first](auto& pack, const auto& values)
                                KOKKOSQUANT_HOST_LAMBDA { pack = pack.all(values.lane[first]); },
                            k.pack[p], cells.table);
      });
      k.inside = cells.inside_of(cell, cell);
      int next = cell;
      for (std::int64_t e = end - i; e < W * P; e += length) {
        ++next;
        k.inside = inside_both(k.inside, cells.inside_of(next, next));
        for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
          const auto where = elements(p) >= static_cast<I>(e);
          Constants::for_each(
              [where, next](auto& pack, const auto& values)
                  KOKKOSQUANT_HOST_LAMBDA { pack = pack.of(where ? pack.all(values.lane[next]).get() : pack.get()); },
              k.pack[p], cells.table);
        });
      }
      return k;
    }
  };
};

}  // namespace KokkosQuant::Impl
