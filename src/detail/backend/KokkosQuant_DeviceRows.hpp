// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packing and unpacking rows on a device. Runs on the host as well, for tests.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "../KokkosQuant_RowCodec.hpp"
#include "KokkosQuant_DeviceTuning.hpp"
#include "KokkosQuant_HostRows.hpp"

namespace KokkosQuant::Impl {

// A row by the vector lanes of a thread of a team (Narrow), whose sums need no barrier, or by a whole team.
template <class Exec, class T, class Codec, class Index, bool Narrow>
struct DevicePackRows {
  using C = compute_t<T>;
  using Team = typename Kokkos::TeamPolicy<Exec>::member_type;

  Codec codec;
  RowIndices<Index> rows;
  Matrix<const T> x;
  std::int64_t columns;
  RowRecords<std::byte> records;
  RowHeader header;

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const std::int64_t at_once = Narrow ? team.team_size() : 1, at = Narrow ? team.team_rank() : 0;
    for (std::int64_t j = team.league_rank() * at_once + at; j <= rows.count; j += team.league_size() * at_once) {
      if (j < rows.count)
        pack(team, j);
      else
        once(team, [&] { *reinterpret_cast<RowHeader*>(records.buffer) = header; });
    }
  }

 private:
  static KOKKOS_FUNCTION auto lanes(const Team& team, std::int64_t n) {
    if constexpr (Narrow)
      return Kokkos::ThreadVectorRange(team, n);
    else
      return Kokkos::TeamThreadRange(team, n);
  }
  template <class F>
  static KOKKOS_FUNCTION void once(const Team& team, const F& f) {
    if constexpr (Narrow)
      Kokkos::single(Kokkos::PerThread(team), f);
    else if (team.team_rank() == 0)
      f();
  }

  KOKKOS_FUNCTION void pack(const Team& team, std::int64_t j) const {
    const std::int64_t row = rows.at(j);
    const bool exists = rows.is_row(row);
    const std::int64_t n = exists ? columns : 0;
    const T* from = x.data + (exists ? row * x.row : 0);
    const std::int64_t stride = x.column;
    const auto element = [from, stride](std::int64_t d) { return widen<C>(from[d * stride]); };
    FiniteRange<C> range{C(0), C(0)};
    if constexpr (Codec::needs_range) {
      Kokkos::MinMaxScalar<C> found{C(0), C(0)};
      Kokkos::parallel_reduce(
          lanes(team, n),
          [&](const std::int64_t d, Kokkos::MinMaxScalar<C>& partial) {
            const C value = finite_or_zero(element(d));
            partial.min_val = least(partial.min_val, value);
            partial.max_val = greatest(partial.max_val, value);
          },
          Kokkos::MinMax<C>(found));
      range.include(FiniteRange<C>{least(found.min_val, C(0)), greatest(found.max_val, C(0))});
    }
    RowScale<C> scale{C(0), 0};
    if (exists) scale = codec.scale(row, range);
    const auto k = codec.constants(scale);
    auto* words = reinterpret_cast<std::uint32_t*>(records.codes(j));
    const std::uint32_t position = records.position(j);
    std::uint32_t sum = 0;
    Kokkos::parallel_reduce(
        lanes(team, records.code_words()),
        [&](const std::int64_t w, std::uint32_t& partial) {
          const std::uint32_t word = code_word(codec, k, element, n, w);
          words[w] = word;
          partial += checked_code_word(word, position, w);
        },
        sum);
    RowPrefix prefix{to_double(scale.scale), scale.zero_point, 0};
    if constexpr (Codec::counts_misfits) {
      std::int32_t misfits = 0;
      Kokkos::parallel_reduce(
          lanes(team, n), [&](const std::int64_t d, std::int32_t& partial) { partial += codec.fits(k, element(d)) ? 0 : 1; },
          misfits);
      prefix.zero_point = misfits;
    }
    prefix.checksum = (prefix_checksum(prefix, position) + sum) ^ (exists ? 0u : 1u);
    once(team, [&] { *reinterpret_cast<RowPrefix*>(records.record(j)) = prefix; });
  }
};

// Position of the lowest bit of a word that is not 0.
KOKKOS_FORCEINLINE_FUNCTION int lowest_bit(std::uint32_t word) {
#ifdef __CUDA_ARCH__
  return __ffs(static_cast<int>(word)) - 1;
#else
  return std::countr_zero(word);
#endif
}

// As HostUnpackRows: a team has the rows of a hash value and a part of the columns. Its threads read all indices, a chunk at a time,
// each others, and mark those of the team's rows by a bit, and which words have such bits by another; then the marked records are
// taken in their order. Where rows are shorter than the team, groups of its threads have rows of their own, again by the hash.
template <class Exec, class T, class Decoder, class Index, bool Adds>
struct DeviceUnpackRows {
  using C = compute_t<T>;
  using Code = typename Decoder::Code;
  using Team = typename Kokkos::TeamPolicy<Exec>::member_type;
  static constexpr int at_once = 4;    // elements of a thread that are loaded before one is stored
  static constexpr int looked_at = 8;  // indices, in the same way

  RowIndices<Index> rows;
  Matrix<T> x;
  std::int64_t columns;
  RowRecords<const std::byte> records;
  std::int32_t owners;
  std::int64_t part;
  int words;       // of marks, a chunk: a multiple of 32
  int group_size;  // threads, a power of two

  static KOKKOS_FUNCTION int scratch_bytes(int words) { return (words + words / 32) * static_cast<int>(sizeof(std::uint32_t)); }

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    auto* const marks = static_cast<std::uint32_t*>(team.team_scratch(0).get_shmem(scratch_bytes(words)));
    auto* const marked_words = marks + words;
    const int rank = team.team_rank(), team_size = team.team_size();
    const std::int32_t owner = team.league_rank() % owners;
    const std::int64_t begin = team.league_rank() / owners * part, end = begin + part < columns ? begin + part : columns;
    const int size = group_size < team_size ? group_size : team_size, groups = team_size / size;
    const int group = rank / size, lane = rank % size;
    for (std::int64_t first = 0; first < rows.count; first += std::int64_t(32) * words) {
      for (int w = rank; w < words + words / 32; w += team_size) marks[w] = 0;
      team.team_barrier();
      const std::int64_t rest = rows.count - first;
      const int count = rest < 32 * words ? static_cast<int>(rest) : 32 * words;
      for (int i = rank; i < count; i += looked_at * team_size) mark(marks, first, i, count, team_size, owner);
      team.team_barrier();
      for (int s = 0; s < words / 32; ++s)
        for (std::uint32_t some = marked_words[s]; some != 0; some &= some - 1) {
          const int w = 32 * s + lowest_bit(some);
          for (std::uint32_t m = marks[w]; m != 0; m &= m - 1) {
            const std::int64_t j = first + 32 * w + lowest_bit(m), row = rows.at(j);
            if (hash(row) / owners % groups == group) unpack(j, row, begin + lane, end, size);
          }
        }
      team.team_barrier();
    }
  }

 private:
  // (Its low bits depend on all bits of the row: every 2^k-th row has to spread as well.)
  static KOKKOS_FUNCTION std::int32_t hash(std::int64_t row) {
    const std::uint32_t product = static_cast<std::uint32_t>(row) * 0x9e3779b1u;
    return static_cast<std::int32_t>((product ^ product >> 16) >> 8);
  }
  // Some of a chunk's indices: which are rows of this owner? (Few are, so that the atomics are, too.)
  KOKKOS_FUNCTION void mark(std::uint32_t* marks, std::int64_t first, int begin, int count, int step,
                            std::int32_t owner) const {
    std::int64_t row[looked_at] = {};
    for (int k = 0; k < looked_at; ++k) row[k] = begin + k * step < count ? rows.at(first + begin + k * step) : -1;
    for (int k = 0; k < looked_at; ++k) {
      if (!rows.is_row(row[k]) || (hash(row[k]) & (owners - 1)) != owner) continue;
      const int i = begin + k * step;
      Kokkos::atomic_fetch_or(&marks[i / 32], 1u << (i % 32));
      Kokkos::atomic_fetch_or(&marks[words + i / 1024], 1u << (i / 32 % 32));
    }
  }
  // A thread has the same columns in every row of its group: no two threads meet.
  KOKKOS_FUNCTION void unpack(std::int64_t j, std::int64_t row, std::int64_t begin, std::int64_t end, int step) const {
    const auto k = Decoder::constants(*reinterpret_cast<const RowPrefix*>(records.record(j)));
    const std::byte* codes = records.codes(j);
    T* to = x.data + row * x.row;
    for (std::int64_t d = begin; d < end; d += at_once * step) {
      C value[at_once] = {};
      for (int i = 0; i < at_once; ++i) {
        const std::int64_t e = d + i * step;
        if (e >= end) continue;
        value[i] = Decoder::value(k, code_bits<Code>(codes, e));
        if constexpr (Adds) value[i] = add(value[i], widen<C>(to[e * x.column]));
      }
      for (int i = 0; i < at_once; ++i)
        if (d + i * step < end) to[(d + i * step) * x.column] = narrow<T>(value[i]);
    }
  }
};

struct DeviceRowTuning {
  std::int64_t unpack_teams = 1 << 9;   // share the rows and, where they are long, their columns; each reads all indices
  std::int64_t part_columns = 1 << 10;  // (unpack) columns that a team has
  int words = 256;                      // (unpack) of marks for 32 indices each
  int unpack_threads = 256;
  int pack_threads = 128;                 // of the lanes of several rows
  int pack_team = 256;                    // of a long row
  std::int64_t narrow_columns = 1 << 10;  // (pack) up to here lanes of a thread, not a team, have a row
  std::int64_t teams = 1 << 20;
};
inline constexpr DeviceRowTuning device_row_tuning{};

template <class Exec, class Functor>
void launch_row_teams(const Exec& exec, const std::string& label, std::int64_t teams, int threads, int lanes, int scratch,
                      const Functor& functor) {
  using Policy = Kokkos::TeamPolicy<Exec>;
  const auto league = static_cast<int>(std::min(teams, device_row_tuning.teams));
  auto policy = host_space<Exec> ? Policy(exec, league, Kokkos::AUTO) : Policy(exec, league, threads, lanes);
  policy.set_scratch_size(0, Kokkos::PerTeam(scratch));
  Kokkos::parallel_for(label, policy, functor);
}
inline std::int64_t bit_ceil(std::int64_t n) { return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(n))); }

template <class Exec, class T, class Codec, class Index>
void launch_device_rows(const Exec& exec, const std::string& label, const HostPackRows<T, Codec, Index>& f) {
  constexpr DeviceRowTuning tuning = device_row_tuning;
  if (f.columns <= tuning.narrow_columns) {
    const DevicePackRows<Exec, T, Codec, Index, true> functor{f.codec, f.rows, f.x, f.columns, f.records, f.header};
    const auto lanes = static_cast<int>(std::clamp<std::int64_t>(bit_ceil(f.records.code_words()), 2, 32));
    launch_row_teams(exec, label, f.rows.count / (tuning.pack_threads / lanes) + 1, tuning.pack_threads / lanes, lanes, 0,
                     functor);
  } else {
    const DevicePackRows<Exec, T, Codec, Index, false> functor{f.codec, f.rows, f.x, f.columns, f.records, f.header};
    launch_row_teams(exec, label, f.rows.count + 1, tuning.pack_team, 1, 0, functor);
  }
}
template <class Exec, class T, class Decoder, class Index, bool Adds>
void launch_device_rows(const Exec& exec, const std::string& label, const HostUnpackRows<T, Decoder, Index, Adds>& f) {
  if (f.rows.count == 0 || f.columns == 0) return;
  constexpr DeviceRowTuning tuning = device_row_tuning;
  const std::int64_t parts = (f.columns + tuning.part_columns - 1) / tuning.part_columns;
  const std::int64_t owners = bit_ceil(std::min(f.rows.count, std::max<std::int64_t>(1, tuning.unpack_teams / parts)));
  // (A launch has as many teams as there are tasks: parts are longer where there would be too many.)
  const std::int64_t most = tuning.teams / owners;
  const std::int64_t part = parts <= most ? tuning.part_columns : (f.columns + most - 1) / most;
  const std::int64_t group = std::min<std::int64_t>(bit_ceil(std::min(f.columns, part)), tuning.unpack_threads);
  const int words = device_walk_on_host ? 32 : tuning.words;  // (so that tests have several chunks)
  using Functor = DeviceUnpackRows<Exec, T, Decoder, Index, Adds>;
  const Functor functor{
      f.rows, f.x, f.columns, f.records, static_cast<std::int32_t>(owners), part, words, static_cast<int>(group)};
  launch_row_teams(exec, label, owners * ((f.columns + part - 1) / part), tuning.unpack_threads, 1,
                   Functor::scratch_bytes(words), functor);
}

}  // namespace KokkosQuant::Impl
