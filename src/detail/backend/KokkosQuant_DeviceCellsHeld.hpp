// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device, of cells that lie across lines and are short enough that the threads of a team hold a tile of
// them between the range and the codes.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_DeviceGroup.hpp"
#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceWalk.hpp"

namespace KokkosQuant::Impl {

// A thread has W positions of U lines, all of them in flight at once. Its neighbours have the next positions, a power of two of them,
// then the next line. Narrow packs: a thread has the constants of W cells, and its registers are full of x.
template <class Exec, class Finder, class Element, class Out, class T, int W, int U, bool Whole>
struct DeviceCellsHeld {
  using C = typename Element::compute;
  using PackOf = DevicePack<Element, Out, Inputs<T>, W>;
  using Walk = typename PackOf::Walk;
  using Loaded = LaneRanges<T, Finder::by_magnitude, W>;
  using Range = FiniteRange<C>;
  using CellData = typename Element::CellData;
  using Quick = decltype(std::declval<const Element&>().quick_constants(std::declval<const CellData&>()));
  using Member = team_member<Exec>;
  using Scratch = Kokkos::View<std::uint64_t*, typename Exec::scratch_memory_space, Kokkos::MemoryUnmanaged>;
  // What is known of a cell once its scale is.
  struct Cell {
    Quick quick;
    CellData data;
    bool is_quick;
  };
  static constexpr bool by_largest = Loaded::shows_nan && requires { Element::is_quick_up_to(C(0)); };
  static constexpr std::uint32_t few = 4;  // packs at once where elements are not finite
  // Words of scratch: whether any x of a tile is not finite, the ranges of threads, cells.
  template <class V>
  static constexpr int words = (static_cast<int>(sizeof(V)) + 7) / 8;
  static constexpr int range_words = words<Loaded> > words<Range> ? words<Loaded> : words<Range>;
  static int scratch_bytes(int threads, int columns) {
    return static_cast<int>(
        Scratch::shmem_size(static_cast<std::size_t>(1 + range_words * threads + words<Cell> * columns * W)));
  }

  Element element;
  Walk walk;  // 32 bits count its lines, and the bytes between two of them; W divides its positions
  Finder finder;
  std::uint32_t units;  // tiles of cells
  Divider tiles;        // of a line
  std::uint32_t cell_outer;
  int columns_log;  // threads side by side

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    for (auto index = static_cast<std::uint32_t>(team.league_rank()); index < units;
         index += static_cast<std::uint32_t>(team.league_size())) {
      run(team, tile(team, index));
      team.team_barrier();
    }
  }

 private:
  // What a thread has of a tile: W positions, and of its cells' lines one of every `rows`.
  struct Tile {
    std::uint32_t co;
    std::int64_t i;  // its first position, of all threads
    Walk walk;       // from its first element on; the next line is its next one
    int column, columns, row, rows;
    std::uint32_t count;  // of its lines. (Positions behind the end: none.)
    std::uint32_t rounds;
    std::uint32_t* odd;  // is any x of the tile not finite?
    void* of_threads;
    Cell* cells;  // of its positions
  };
  KOKKOS_FORCEINLINE_FUNCTION Tile tile(const Member& team, std::uint32_t index) const {
    Tile t{};
    t.co = tiles.quotient(index);
    t.columns = 1 << columns_log;
    t.column = team.team_rank() & (t.columns - 1);
    t.row = team.team_rank() >> columns_log;
    t.rows = team.team_size() >> columns_log;
    t.i = static_cast<std::int64_t>(index - t.co * tiles.divisor) * t.columns * W;
    const std::int64_t i = t.i + t.column * W;
    const bool inside = i < walk.n_inner;
    const std::int64_t o = static_cast<std::int64_t>(t.co) * cell_outer, behind = walk.n_outer - o;
    const auto lines = static_cast<std::int32_t>(behind < cell_outer ? behind : cell_outer);
    t.count = inside && t.row < lines ? static_cast<std::uint32_t>((lines - t.row + t.rows - 1) / t.rows) : 0;
    t.rounds = static_cast<std::uint32_t>((lines + t.rows * U - 1) / (t.rows * U));
    t.walk = walk;
    t.walk.move(o + (t.row < lines ? t.row : 0), inside ? i : 0);
    change_all(t.walk, [&](auto& operand) { operand.outer *= t.rows; });
    std::uint64_t* const scratch = Scratch(team.team_scratch(0), 1).data();
    t.odd = reinterpret_cast<std::uint32_t*>(scratch);
    t.of_threads = scratch + 1;
    t.cells = reinterpret_cast<Cell*>(scratch + 1 + range_words * team.team_size());
    return t;
  }

  // A cell of more lines than the threads hold goes by rounds, so that the first lines are left.
  KOKKOS_FORCEINLINE_FUNCTION void run(const Member& team, const Tile& t) const {
    PackOf pack[U];
    Loaded mine;
    if (team.team_rank() == 0) *t.odd = 0;
    for (std::uint32_t first = Whole ? U : t.rounds * U; first > 0;) {
      first -= U;
      load(pack, t, first);
      if (Whole || first + U == t.rounds * U) team.team_barrier();
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) mine.include_chunk(pack[u].in.head);
    }
    bool finite = true;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) finite = finite && mine.range(lane).is_finite();
    if (!finite) Kokkos::atomic_fetch_or(t.odd, 1u);
    find(team, t, mine);
    if (*t.odd != 0) find_any(team, t);

    const Cell* const cell = t.cells + t.column * W;
    Quick quick[W];
    bool all_quick = true;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) {
      quick[lane] = cell[lane].quick;
      all_quick = all_quick && cell[lane].is_quick;
    }
    const OneEach<Quick> k{quick};
    if (*t.odd != 0 || (by_largest && !all_quick)) return finish_all(t, k, all_quick);
    for (std::uint32_t first = 0; first < (Whole ? 1 : t.count); first += U) {
      if (first > 0) load(pack, t, first);
      std::uint32_t left = 0;
      Walk at = t.walk;
      at.move(first, 0);
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        if (!compute(pack[u], k, all_quick))
          left |= 1u << u;
        else if (first + static_cast<std::uint32_t>(u) < t.count)
          pack[u].store(at, 0u, 0);
        to_next_line(at);
      }
      if constexpr (!by_largest) finish_any(t, first, left);
    }
  }
  // A thread's packs from one of its lines on, all in flight at once.
  KOKKOS_FORCEINLINE_FUNCTION void load(PackOf (&pack)[U], const Tile& t, std::uint32_t first) const {
    Walk at = t.walk;
    at.move(first, 0);
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      if (first + static_cast<std::uint32_t>(u) < t.count)
        pack[u].load(at, 0u, 0);
      else
        pack[u].in = {};  // (zeros change no range)
      to_next_line(at);
    }
  }
  static KOKKOS_FORCEINLINE_FUNCTION void to_next_line(Walk& at) {
    change_all(at, [](auto& operand) {
      operand.data += operand.outer;
      keep_as_is(operand.data);
    });
  }
  // The scales of the tile from what each thread has: a thread a cell. Two barriers of the team.
  KOKKOS_FORCEINLINE_FUNCTION void find(const Member& team, const Tile& t, Loaded mine) const {
    int joined = 1;  // rows that a warp joins by itself
#ifdef KOKKOSQUANT_SHUFFLES
    KOKKOSQUANT_UNROLL
    for (int distance = 16; distance > 0; distance /= 2)
      if (distance >= t.columns) mine.include(shuffle(mine, distance, 32, 0));
    if (t.columns < 32) joined = 32 >> columns_log;
#endif
    auto* const of_threads = static_cast<Loaded*>(t.of_threads);
    const int group = t.row / joined;
    if (t.row == group * joined) of_threads[group * t.columns + t.column] = mine;
    team.team_barrier();
    for (int position = team.team_rank(); position < t.columns * W; position += team.team_size()) {
      Loaded all{};
      for (int row = 0; row * joined < t.rows; ++row) all.include(of_threads[row * t.columns + position / W]);
      Range range = all.range(0);
      KOKKOSQUANT_UNROLL
      for (int lane = 1; lane < W; ++lane)
        if (position % W == lane) range = all.range(lane);
      find<true>(t, position, range);
    }
    team.team_barrier();
  }
  // AllFinite: the range is that of all elements.
  template <bool AllFinite>
  KOKKOS_FORCEINLINE_FUNCTION void find(const Tile& t, int position, const Range& range) const {
    const auto found = finder.find(range);
    if (t.i + position < walk.n_inner) finder.store(t.co, t.i + position, found);
    Cell& cell = t.cells[position];
    cell.data = {found.scale, found.zero_point};
    if constexpr (AllFinite)
      cell.quick = quick_constants_of(element, found, range);
    else
      cell.quick = element.quick_constants(cell.data);
    cell.is_quick = cell.quick.quick;
    if constexpr (by_largest) cell.is_quick = cell.is_quick && Element::is_quick_up_to(range.magnitude());
  }
  // The same of a tile with elements that are not finite, which take no part in the range: loaded once more.
  KOKKOS_INLINE_FUNCTION void find_any(const Member& team, const Tile& t) const {
    Range range[W];
    for (Range& none : range) none = {0, 0};
    KOKKOSQUANT_NO_UNROLL
    for (std::uint32_t first = 0; first < t.count; first += few) {
      PackOf pack[few];
      load_few(pack, t, first);
      for (const PackOf& one : pack)
        for (int lane = 0; lane < W; ++lane) range[lane].template include<true>(one.in.head.template get<C>(lane));
    }
    auto* const of_threads = static_cast<Range*>(t.of_threads);
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) {
      of_threads[team.team_rank()] = range[lane];
      team.team_barrier();
      for (int column = team.team_rank(); column < t.columns; column += team.team_size()) {
        Range all{0, 0};
        for (int row = 0; row < t.rows; ++row) all.include(of_threads[row * t.columns + column]);
        find<false>(t, column * W + lane, all);
      }
      team.team_barrier();
    }
  }

  // (The largest |x| has told whether all are quick, where it can.)
  KOKKOS_FORCEINLINE_FUNCTION bool compute(PackOf& pack, const OneEach<Quick>& k, bool quick) const {
    if constexpr (!by_largest) return pack.compute(element, k, quick);
    pack.compute_quick(element, k, typename PackOf::OutIndex{}, typename PackOf::InIndex{});
    return true;
  }
  // All lines where some are not quick, a few at once.
  KOKKOS_FORCEINLINE_FUNCTION void finish_all(const Tile& t, const OneEach<Quick>& k, bool quick) const {
    KOKKOSQUANT_NO_UNROLL
    for (std::uint32_t first = 0; first < t.count; first += few) {
      PackOf pack[few];
      load_few(pack, t, first);
      std::uint32_t left = 0;
      KOKKOSQUANT_UNROLL
      for (std::uint32_t u = 0; u < few; ++u) {
        if (first + u >= t.count) break;
        if (pack[u].compute(element, k, quick))
          pack[u].store(t.walk, first + u, 0);
        else
          left |= 1u << u;
      }
      finish_any(t, first, left);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void load_few(PackOf (&pack)[few], const Tile& t, std::uint32_t first) const {
    KOKKOSQUANT_UNROLL
    for (std::uint32_t u = 0; u < few; ++u) pack[u].load(t.walk, first + u < t.count ? first + u : first, 0);
  }
  // Lines, a bit each, with any constants.
  KOKKOS_FORCEINLINE_FUNCTION void finish_any(const Tile& t, std::uint32_t line, std::uint32_t left) const {
    KOKKOSQUANT_NO_UNROLL
    for (; left != 0 && line < t.count; left >>= 1, ++line) {
      if ((left & 1u) == 0) continue;
      PackOf pack{};
      pack.load(t.walk, line, 0);
      const Cell* const cell = t.cells + t.column * W;
      pack.compute_any(element, {0, W, 0}, [&](int lane) { return element.constants(cell[lane].data); });
      pack.store(t.walk, line, 0);
    }
  }
};

}  // namespace KokkosQuant::Impl
