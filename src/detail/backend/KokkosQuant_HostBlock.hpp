// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a host loads, computes and stores at once: a block of packs, and the constants of its elements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_InsideBits.hpp"
#include "KokkosQuant_HostCodes.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

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
  template <class T>
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
    } else if constexpr (std::is_same_v<T, bfloat16_t> && P % 2 == 0) {
      for_each_pack<P / 2>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { store_two<R>(to + 2 * W * p, pack[2 * p], pack[2 * p + 1]); });
    } else {
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { store_lanes<W>(to + W * p, pack[p]); });
    }
  }
  static constexpr int pack_of(int j) { return Interleaved ? j / (2 * W) * 2 + j % 2 : j / W; }
  static constexpr int lane_of(int j) { return Interleaved ? j % (2 * W) / 2 : j % W; }
  KOKKOSQUANT_HOST_INLINE L& lane(int j) { return pack[pack_of(j)].lane[lane_of(j)]; }
  KOKKOSQUANT_HOST_INLINE const L& lane(int j) const { return pack[pack_of(j)].lane[lane_of(j)]; }
  // past the caches, to an address that is a multiple of so many bytes
  template <class T>
  static constexpr int streaming_bytes = std::min(size* static_cast<int>(sizeof(T)), host_vector_bytes);
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store_streaming(T* to) const {
    constexpr int bytes = streaming_bytes<T>, step = bytes / static_cast<int>(sizeof(T));
    alignas(64) T some[size];
    store(some);
    for (int j = 0; j < size; j += step) Impl::store_streaming<bytes>(to + j, some + j);
  }
  // the elements from first on, before end
  template <class T>
  KOKKOSQUANT_HOST_INLINE void store_part(T* to, int first, int end) const {
    alignas(64) T some[size];
    store(some);
    __builtin_memcpy(to + first, some + first, static_cast<std::size_t>(end - first) * sizeof(T));
  }
  // the first n elements, with a stride
  template <class T>
  static constexpr int stored(int n) {
    return static_cast<int>((n + elements_per<T> - 1) / elements_per<T>);
  }
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

// Has it a form for blocks that are inside the range?
template <class Element>
inline constexpr bool looks_inside =
#if defined(__AVX2__)
    requires {
  requires Element::looks_inside;
};
#else
    false;
#endif

// The constants of up to R cells, computed in one loop without branches: compilers make vectors of it. Looks: with the bits of what is
// inside them.
template <class Element, int R, bool Looks = false>
struct ConstantsTable {
  using C = typename Element::compute;
  template <class T>
  struct alignas(cache_line) Values {
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
  // with them.
  template <class CellData>
  bool fill(Element element, int first, int n, const CellData cell_data) {
    int complicated = 0;
    for (int j = 0; j < n; ++j) {
      const auto one = constants_for_packs(element, cell_data(element, j));
      complicated |= element.is_simple(one) ? 0 : 1;
      Table::for_each([at = first + j](auto& values, const auto& value) { values.lane[at] = value; }, table, one);
    }
    return complicated == 0;
  }

  // And with that what is inside them, of cells of so many elements.
  template <class CellData>
  void look(Element element, int first, int n, std::int64_t elements, const CellData cell_data) {
    if constexpr (looks) {
      looked = elements >= host_tuning.least_cell_inside;
      for (int j = 0; j < n && looked; ++j) {
        const InsideBits<std::int32_t> bits = element.inside_of_cell(cell_data(element, j));
        inside.positive.lane[first + j] = bits.positive;
        inside.negative.lane[first + j] = bits.negative;
      }
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

  // A line of cells of 2^log_length elements, 4 at least and less than a block, the first from element 0 on: a pack of cells is
  // loaded, and its values are brought to their lanes.
  template <int R>
  struct SeveralEach {
    static constexpr bool exists = can_permute<C, W>;
    const ConstantsTable<Element, R, true>& cells;
    int log_length;
    KOKKOSQUANT_HOST_INLINE BlockConstants operator()(std::int64_t i) const {
      constexpr int run = Interleaved ? 2 * W : W;  // elements of a pack, or of two
      if (1 << log_length >= run && i % run == 0) return of_whole_packs(i);
      const std::int64_t first = i >> log_length;
      const auto phase = static_cast<I>(i - (first << log_length));
      BlockConstants k;
      k.inside = cells.inside_of(first, (i + W * P - 1) >> log_length);
      for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
        const auto cell = Pack<I, W>::of((elements(p) + phase) >> log_length);
        Constants::for_each([first, &cell](auto& pack, const auto& values)
                                KOKKOSQUANT_HOST_LAMBDA { pack = permuted(pack.load(values.lane + first), cell); },
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
