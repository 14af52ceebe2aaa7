// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device, of cells (or parts of them) that lie along lines. Between the range and the codes a thread
// holds what it has loaded, of long cells the first of it.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_DeviceGroup.hpp"
#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceWalk.hpp"

namespace KokkosQuant::Impl {

// How packs are moved. Whole: all of them are, by vector accesses. Skewed: those at the ends of a line may be parts, which are moved
// element by element; packs stand where vector accesses are aligned. Elements: each by itself.
enum class Access { whole, skewed, elements };

// Group: the threads that share a unit, DeviceLanes or DeviceTeam; each takes U packs at once.
template <class Exec, class Finder, class Element, class Out, class T, int W, int U, Access How, class Group>
struct DeviceCellsAlong {
  using C = typename Element::compute;
  using PackOf = DevicePack<Element, Out, Inputs<T>, W>;
  using Walk = typename PackOf::Walk;
  using Loaded = LoadedRange<T, Finder::by_magnitude>;
  using Range = FiniteRange<C>;
  using Found = decltype(std::declval<const Finder&>().find(Range{}));

  Element element;
  Walk walk;            // of this launch: 32 bits count its cells, its lines and the bytes between two of them
  Finder finder;        // (from its first cell on)
  std::uint32_t units;  // cells, or parts
  Divider cells_inner;  // of a line of cells
  std::uint32_t cell_outer, part_outer;
  std::int64_t cell_inner, part_inner;
  Divider parts, parts_inner;           // of a cell
  Divider packs;                        // of a line of a unit, at most
  std::uint32_t start_skew, line_skew;  // (skewed) as in DeviceSweep
  std::uint32_t lanes;                  // threads of a group
  Range* to;                            // (parts) where their ranges go
  std::int64_t to_stride;               // of a cell

  KOKKOS_FUNCTION void operator()(const team_member<Exec>& team) const {
    const Group group(team, static_cast<int>(lanes));
    const auto step = static_cast<std::uint32_t>(team.league_size()) * group.groups();
    int buffer = 0;
    for (std::uint32_t index = static_cast<std::uint32_t>(team.league_rank()) * group.groups() + group.rank(); index < units;
         index += step, buffer ^= 2)
      run(group, index, buffer);
  }

 private:
  struct Unit {
    std::uint32_t co, ci;  // its cell
    std::uint32_t o;       // its first line
    std::uint32_t skew;    // its first column behind an aligned pack, were it in line 0
    Walk walk;             // from its first column on
    std::int32_t length;   // of its lines
    std::uint32_t n;       // packs, as if all lines were as long as the longest; none behind the array's end
    Range* to;
  };
  KOKKOS_FORCEINLINE_FUNCTION Unit unit(std::uint32_t index) const {
    std::uint32_t cell = index, po = 0, pi = 0;
    Range* of_part = nullptr;
    if (to != nullptr) {
      cell = parts.quotient(index);
      const std::uint32_t part = index - cell * parts.divisor;
      po = parts_inner.quotient(part);
      pi = part - po * parts_inner.divisor;
      of_part = to + (cell * to_stride + part);
    }
    const std::uint32_t co = cells_inner.quotient(cell), ci = cell - co * cells_inner.divisor;
    const std::uint32_t o = co * cell_outer + po * part_outer;
    const std::int64_t i = ci * cell_inner + pi * part_inner;
    const std::int64_t rows = static_cast<std::int64_t>(cell_outer) - po * part_outer;
    const std::int64_t lines = least_of(least_of(part_outer, rows), walk.n_outer - o);
    const std::int64_t length = least_of(least_of(part_inner, cell_inner - pi * part_inner), walk.n_inner - i);
    Unit u{co, ci, o, start_skew + static_cast<std::uint32_t>(i), walk, static_cast<std::int32_t>(length), 0, of_part};
    if (lines > 0 && length > 0) {
      u.n = static_cast<std::uint32_t>(lines) * packs.divisor;
      u.walk.move(0, i);
    }
    return u;
  }
  static KOKKOS_FORCEINLINE_FUNCTION std::int64_t least_of(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

  // A pack of a unit: its line, its first element, and whether it has any.
  struct Place {
    std::uint32_t o;
    std::int32_t i;
    bool present;
  };
  KOKKOS_FORCEINLINE_FUNCTION Place place(const Unit& u, std::uint32_t p) const {
    const std::uint32_t line = p < packs.divisor ? 0 : packs.quotient(p), o = u.o + line;
    auto i = static_cast<std::int32_t>((p - line * packs.divisor) * W);
    if constexpr (How == Access::skewed) i -= static_cast<std::int32_t>((u.skew + o * line_skew) % W);
    return {o, i, p < u.n && i < u.length};
  }
  static KOKKOS_FORCEINLINE_FUNCTION typename PackOf::Part part(const Unit& u, const Place& at) {
    return {at.i < 0 ? -at.i : 0, u.length - at.i < W ? u.length - at.i : W, 0};
  }
  static KOKKOS_FORCEINLINE_FUNCTION bool is_whole(const Unit& u, const Place& at) {
    return How == Access::whole || (How == Access::skewed && at.i >= 0 && at.i + W <= u.length);
  }
  static KOKKOS_FORCEINLINE_FUNCTION void load(PackOf& pack, const Unit& u, const Place& at) {
    if (is_whole(u, at))  // (known where it is called)
      pack.load(u.walk, at.o, at.i);
    else
      pack.load_part(u.walk, at.o, at.i, part(u, at));
  }
  static KOKKOS_FORCEINLINE_FUNCTION void store(const PackOf& pack, const Unit& u, const Place& at) {
    if (is_whole(u, at))
      pack.store(u.walk, at.o, at.i);
    else
      pack.store_part(u.walk, at.o, at.i, part(u, at));
  }
  // A thread's packs: U at once are in flight, `lanes` apart, as far as any of the group's is there. In place of one that is not the
  // unit's first is loaded once more, which changes no range. Returned are those that are left out, a bit each: parts (skewed).
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t load(PackOf (&pack)[U], const Group& group, const Unit& u,
                                                 std::uint32_t first) const {
    std::uint32_t left_out = 0;
    KOKKOSQUANT_UNROLL
    for (int j = 0; j < U; ++j) {
      const std::uint32_t p = first + static_cast<std::uint32_t>(j) * lanes;
      if (p >= u.n) break;
      Place at = place(u, p + static_cast<std::uint32_t>(group.lane));
      if constexpr (How == Access::skewed) {
        if (at.present && is_whole(u, at)) {
          load(pack[j], u, at);
        } else {
          pack[j] = PackOf{};
          left_out |= at.present ? 1u << j : 0;
        }
      } else {
        if (!at.present) at = place(u, 0);
        load(pack[j], u, at);
      }
    }
    return left_out;
  }
  // f(place) for some of them
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void each_of(std::uint32_t bits, const Group& group, const Unit& u, std::uint32_t first,
                                           const F& f) const {
    KOKKOSQUANT_NO_UNROLL
    for (std::uint32_t p = first + static_cast<std::uint32_t>(group.lane); bits != 0; bits >>= 1, p += lanes)
      if ((bits & 1u) != 0) f(place(u, p));
  }
  KOKKOS_FORCEINLINE_FUNCTION void run(const Group& group, std::uint32_t index, int buffer) const {
    const Unit u = unit(index);
    const std::uint32_t round = lanes * U;
    PackOf pack[U];
    Loaded mine;
    for (std::uint32_t first = u.n > round ? (u.n - 1) / round * round : 0;; first -= round) {  // so that the first are left
      const std::uint32_t left_out = load(pack, group, u, first);
      KOKKOSQUANT_UNROLL
      for (int j = 0; j < U; ++j)
        if (first + static_cast<std::uint32_t>(j) * lanes < u.n) mine.include_chunk(pack[j].in.head);
      each_of(left_out, group, u, first, [&](const Place& at) {
        PackOf part;
        load(part, u, at);
        mine.include_chunk(part.in.head);
      });
      if (first == 0) break;
    }
    const Range range = group.all(mine, buffer).range();
    if (!range.is_finite()) return run_any(group, u, buffer + 1);
    if (u.to != nullptr) {
      if (group.is_first()) *u.to = range;
      return;
    }
    const Found found = finder.find(range);
    if (group.is_first()) finder.store(u.co, u.ci, found);
    const auto k = quick_constants_of(element, found, range);
    for (std::uint32_t first = 0; first < u.n; first += round) {
      if (first > 0) load(pack, group, u, first);
      std::uint32_t left = 0;
      KOKKOSQUANT_UNROLL
      for (int j = 0; j < U; ++j) {
        const std::uint32_t p = first + static_cast<std::uint32_t>(j) * lanes;
        if (p >= u.n) break;
        const Place at = place(u, p + static_cast<std::uint32_t>(group.lane));
        if (!at.present) continue;
        if ((How != Access::skewed || is_whole(u, at)) && compute(pack[j], k, range.magnitude()))
          store(pack[j], u, at);
        else
          left |= 1u << j;
      }
      each_of(left, group, u, first, [&](const Place& at) { finish_any(u, at, found); });
    }
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute(PackOf& pack, const K& k, C largest) const {
    using All = OneForAll<K>;
    if constexpr (Loaded::shows_nan && PackOf::template in_pairs<All>)
      return pack.compute_near(element, All{k}, largest);
    else if constexpr (Loaded::shows_nan && PackOf::by_magnitude)
      return pack.compute_up_to(element, All{k}, k.quick, largest);
    else
      return pack.compute(element, All{k}, k.quick);
  }

  // Units with elements that are not finite, which take no part in the range: loaded once more.
  KOKKOS_INLINE_FUNCTION void run_any(const Group& group, const Unit& u, int buffer) const {
    Range mine{0, 0};
    KOKKOSQUANT_NO_UNROLL
    for (auto p = static_cast<std::uint32_t>(group.lane); p < u.n; p += lanes) {
      const Place at = place(u, p);
      if (!at.present) continue;
      PackOf pack{};
      load(pack, u, at);
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) mine.template include<true>(pack.in.head.template get<C>(lane));
    }
    const Range range = group.all(mine, buffer);
    if (u.to != nullptr) {
      if (group.is_first()) *u.to = range;
      return;
    }
    const Found found = finder.find(range);
    if (group.is_first()) finder.store(u.co, u.ci, found);
    KOKKOSQUANT_NO_UNROLL
    for (auto p = static_cast<std::uint32_t>(group.lane); p < u.n; p += lanes)
      if (const Place at = place(u, p); at.present) finish_any(u, at, found);
  }
  KOKKOS_INLINE_FUNCTION void finish_any(const Unit& u, const Place& at, const Found& found) const {
    PackOf pack{};
    load(pack, u, at);
    const typename Element::CellData data{found.scale, found.zero_point};
    const auto k = element.quick_constants(data);
    if (!pack.compute(element, OneForAll<std::remove_const_t<decltype(k)>>{k}, k.quick)) {
      const auto any = element.constants(data);
      pack.compute_any(element, part(u, at), [&](int) { return any; });
    }
    store(pack, u, at);
  }
};

}  // namespace KokkosQuant::Impl
