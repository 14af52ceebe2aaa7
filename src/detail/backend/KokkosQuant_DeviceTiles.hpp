// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk on a device where some arrays are contiguous along the lines and some across them: a team has a tile, and what vector
// accesses cannot move along its lines goes through scratch memory, moved there along the axis on which it is contiguous.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <utility>

#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

// A tile of T in scratch memory: lines of W * packs elements. A bank's width lies behind each, so that neither neighbours along a
// line nor across lines share a bank.
template <class T, int W>
struct ScratchTile {
  static constexpr int positions = W * device_tuning.tile_packs, lines = device_tuning.tile_lines;
  static constexpr int stride = positions + std::max<int>(1, 4 / sizeof(T));
  static constexpr int bytes = (lines * stride * static_cast<int>(sizeof(T)) + 15) / 16 * 16;
  using Of = Chunk<T, W>;
  T* data;

  KOKKOS_FORCEINLINE_FUNCTION T& at(int o, int i) const { return data[o * stride + i]; }
  KOKKOS_FORCEINLINE_FUNCTION Of load(int o, int i) const {
    if constexpr (sizeof(Of) < 4) {
      Of chunk{};
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < W; ++v) chunk.put(v, at(o, i + v));
      return chunk;
    } else {
      Words<static_cast<int>(sizeof(Of) / 4)> words;
      const auto* const from = reinterpret_cast<const std::uint32_t*>(&at(o, i));
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < static_cast<int>(sizeof(Of) / 4); ++w) words.word[w] = from[w];
      return bits_as<Of>(words);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(int o, int i, const Of& chunk) const {
    KOKKOSQUANT_UNROLL
    for (int v = 0; v < W; ++v) at(o, i + v) = chunk.value(v);
  }
};

// Packs lie in one cell each.
template <class Exec, class Element, class Out, class In, bool Tiled, int W>
struct DeviceTiles;
template <class Exec, class Element, class... O, class... I, bool Tiled, int W>
struct DeviceTiles<Exec, Element, Outputs<O...>, Inputs<I...>, Tiled, W>
    : DeviceWalk<Element, Outputs<O...>, Inputs<I...>, Tiled> {
  using Sweep = DeviceSweep<Element, Outputs<O...>, Inputs<I...>, Tiled, W>;
  using PackOf = typename Sweep::PackOf;
  using Part = typename PackOf::Part;
  using Constants = typename Sweep::Constants;
  using Member = typename Kokkos::TeamPolicy<Exec>::member_type;
  using OutIndex = std::index_sequence_for<O...>;
  using InIndex = std::index_sequence_for<I...>;
  static constexpr int packs = device_tuning.tile_packs, lines = device_tuning.tile_lines, positions = W * packs;
  static constexpr int scratch_bytes = (ScratchTile<O, W>::bytes + ... + 0) + (ScratchTile<I, W>::bytes + ... + 0);
  static constexpr int in_flight = 4;  // elements of a thread
  static constexpr int threads = device_walk_on_host ? 1 : device_tuning.tile_team, U = packs * lines / threads;

  std::uint32_t vectors;         // operands that vector accesses can move along lines, a bit each,
  std::uint32_t vectors_across;  // and across them. All but the former go through scratch memory.
  std::int64_t tiles, tiles_inner;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    char* const scratch = static_cast<char*>(team.team_scratch(0).get_shmem(bytes));
    for (std::int64_t tile = team.league_rank(); tile < tiles; tile += team.league_size()) {
      const std::int64_t o = tile / tiles_inner;
      run(team, scratch, o * lines, (tile - o * tiles_inner) * positions, OutIndex{}, InIndex{});
      team.team_barrier();
    }
  }

 private:
  struct Corner {
    std::int64_t o, i;
    int n_o, n_i;  // of the tile's elements, those that there are
  };
  struct Place {
    int o, i;
    Part part;
    bool used;
  };
  KOKKOS_FORCEINLINE_FUNCTION bool is_vector(std::size_t operand) const { return ((vectors >> operand) & 1u) != 0; }
  // Packs across lines that are all there.
  KOKKOS_FORCEINLINE_FUNCTION bool is_vector_across(std::size_t operand, const Corner& corner) const {
    return ((vectors_across >> operand) & 1u) != 0 && corner.n_o == lines && corner.n_i == positions;
  }
  struct Across {
    int o, i;
  };
  static KOKKOS_FORCEINLINE_FUNCTION Across across(int rank, int u) {
    const int p = rank + u * threads;
    return {p % (lines / W) * W, p / (lines / W)};
  }

  template <std::size_t... A, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void run(const Member& team, char* memory, std::int64_t o0, std::int64_t i0,
                                       std::index_sequence<A...>, std::index_sequence<B...>) const {
    const std::int64_t left_o = this->walk.n_outer - o0, left_i = this->walk.n_inner - i0;
    const Corner corner{o0, i0, left_o < lines ? static_cast<int>(left_o) : lines,
                        left_i < positions ? static_cast<int>(left_i) : positions};
    char* scratch = memory;
    const auto next = [&](auto& tile) {
      tile.data = reinterpret_cast<decltype(tile.data)>(scratch);
      scratch += tile.bytes;
    };
    Tuple<ScratchTile<I, W>...> in;
    Tuple<ScratchTile<O, W>...> out;
    (next(get<B>(in)), ...);
    (next(get<A>(out)), ...);

    // All that comes from memory is in flight together.
    const int rank = team.team_rank();
    PackOf pack[U];
    Place place[U];
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      const int p = rank + u * threads, o = p / packs, i = p % packs * W;
      place[u] = {o, i, {0, corner.n_i - i < W ? corner.n_i - i : W, vectors}, o < corner.n_o && i < corner.n_i};
      if (place[u].used) (read(get<B>(pack[u].in), get<B>(this->walk.in), corner, place[u], sizeof...(O) + B), ...);
    }
    (fill(rank, get<B>(this->walk.in), get<B>(in), corner, sizeof...(O) + B), ...);
    team.team_barrier();
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      if (!place[u].used) continue;
      (take(get<B>(pack[u].in), get<B>(in), place[u], sizeof...(O) + B), ...);
      const std::int64_t o = o0 + place[u].o, i = i0 + place[u].i;
      const auto cell = this->cell_data(static_cast<std::uint32_t>(o), i);
      const Constants k = this->element.quick_constants(cell);
      if (!pack[u].compute(this->element, OneForAll<Constants>{k}, k.quick)) pack[u].out = any(o, i, place[u].part, cell);
      (give(get<A>(pack[u].out), get<A>(this->walk.out), get<A>(out), corner, place[u], A), ...);
    }
    team.team_barrier();
    (empty(rank, get<A>(this->walk.out), get<A>(out), corner, A), ...);
  }

  // first(value, element, o, i) for some of a thread's elements, in the order in which they lie in memory, then `then` for these.
  template <class T, class First, class Then>
  static KOKKOS_FORCEINLINE_FUNCTION void each(int rank, const Corner& corner, const Lines<T>& operand, const First& first,
                                               const Then& then) {
    const bool along_o = operand.inner != 1 && operand.outer == 1;
    if (along_o)
      each_of<lines, positions>(
          rank, corner.n_o, corner.n_i, operand.at(corner.o, corner.i), operand.outer, operand.inner,
          [&](auto& value, T* at, int o, int i) { first(value, at, o, i); },
          [&](auto& value, T* at, int o, int i) { then(value, at, o, i); });
    else
      each_of<positions, lines>(
          rank, corner.n_i, corner.n_o, operand.at(corner.o, corner.i), operand.inner, operand.outer,
          [&](auto& value, T* at, int i, int o) { first(value, at, o, i); },
          [&](auto& value, T* at, int i, int o) { then(value, at, o, i); });
  }
  template <int Near, int Far, class T, class First, class Then>
  static KOKKOS_FORCEINLINE_FUNCTION void each_of(int rank, int n_near, int n_far, T* data, std::int64_t near_stride,
                                                  std::int64_t far_stride, const First& first, const Then& then) {
    constexpr int step = threads > Near ? threads / Near : 1, at_once = Far / step < in_flight ? Far / step : in_flight;
    for (int near = rank % Near; near < n_near; near += threads) {
      int far = threads > Near ? rank / Near : 0;
      T* at = data + (near * near_stride + far * far_stride);
      const std::int64_t further = step * far_stride;
      for (; far < n_far; far += at_once * step, at += at_once * further) {
        std::remove_const_t<T> value[at_once];
        KOKKOSQUANT_UNROLL
        for (int j = 0; j < at_once; ++j)
          if (far + j * step < n_far) first(value[j], at + j * further, near, far + j * step);
        KOKKOSQUANT_UNROLL
        for (int j = 0; j < at_once; ++j)
          if (far + j * step < n_far) then(value[j], at + j * further, near, far + j * step);
      }
    }
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void fill(int rank, const Lines<const T>& from, const ScratchTile<T, W>& tile,
                                        const Corner& corner, std::size_t operand) const {
    if (is_vector(operand)) return;
    const T* const data = from.at(corner.o, corner.i);
    if (is_vector_across(operand, corner)) {
      Chunk<T, W> chunk[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        const Across at = across(rank, u);
        chunk[u] = *reinterpret_cast<const Chunk<T, W>*>(data + (at.o + at.i * from.inner));
      }
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        const Across at = across(rank, u);
        KOKKOSQUANT_UNROLL
        for (int v = 0; v < W; ++v) tile.at(at.o + v, at.i) = chunk[u].value(v);
      }
    } else {
      each(
          rank, corner, from, [&](T& value, const T* at, int, int) { value = *at; },
          [&](const T& value, const T*, int o, int i) { tile.at(o, i) = value; });
    }
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void empty(int rank, const Lines<T>& to, const ScratchTile<T, W>& tile, const Corner& corner,
                                         std::size_t operand) const {
    if (is_vector(operand)) return;
    T* const data = to.at(corner.o, corner.i);
    if (is_vector_across(operand, corner)) {
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        const Across at = across(rank, u);
        Chunk<T, W> chunk{};
        KOKKOSQUANT_UNROLL
        for (int v = 0; v < W; ++v) chunk.put(v, tile.at(at.o + v, at.i));
        PackOf::store_chunk(*reinterpret_cast<Chunk<T, W>*>(data + (at.o + at.i * to.inner)), chunk);
      }
    } else {
      each(
          rank, corner, to, [&](T& value, T*, int o, int i) { value = tile.at(o, i); },
          [&](const T& value, T* at, int, int) { *at = value; });
    }
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void read(Chunk<T, W>& to, const Lines<const T>& from, const Corner& corner, const Place& at,
                                        std::size_t operand) const {
    if (is_vector(operand)) PackOf::load_part(to, from, corner.o + at.o, corner.i + at.i, at.part, at.part.last == W);
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void take(Chunk<T, W>& to, const ScratchTile<T, W>& tile, const Place& at,
                                        std::size_t operand) const {
    if (!is_vector(operand)) to = tile.load(at.o, at.i);
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void give(const Chunk<T, W>& from, const Lines<T>& to, const ScratchTile<T, W>& tile,
                                        const Corner& corner, const Place& at, std::size_t operand) const {
    if (is_vector(operand))
      PackOf::store_part(from, to, corner.o + at.o, corner.i + at.i, at.part, at.part.last == W);
    else
      tile.store(at.o, at.i, from);
  }
  // Any constants and inputs: read again, as a loop over lanes of a pack in registers would put all of them into local memory.
  template <class CellData>
  KOKKOS_INLINE_FUNCTION auto any(std::int64_t o, std::int64_t i, const Part& part, const CellData& cell) const {
    const auto k = this->element.constants(cell);
    PackOf pack{};
    pack.load_part(this->walk, o, i, {part.first, part.last, 0});
    pack.compute_any(this->element, part, [&](int) { return k; });
    return pack.out;
  }
};

}  // namespace KokkosQuant::Impl
