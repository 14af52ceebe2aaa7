// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packing and unpacking rows on a device: a team a row. Runs on the host as well, for tests.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "../KokkosQuant_RowCodec.hpp"
#include "KokkosQuant_HostRows.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class T, class Codec, class Index>
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
    for (std::int64_t j = team.league_rank(); j <= rows.count; j += team.league_size()) {
      if (j < rows.count) {
        pack(team, j);
      } else if (team.team_rank() == 0) {
        *reinterpret_cast<RowHeader*>(records.buffer) = header;
      }
    }
  }

 private:
  KOKKOS_FUNCTION void pack(const Team& team, std::int64_t j) const {
    const std::int64_t row = rows.at(j);
    const bool exists = rows.is_row(row);
    const std::int64_t n = exists ? columns : 0;
    const T* from = x.data + (exists ? row * x.row : 0);
    const std::int64_t stride = x.column;
    const auto element = [from, stride](std::int64_t d) { return widen<C>(from[d * stride]); };
    FiniteRange<C> range{C(0), C(0)};
    if constexpr (Codec::needs_range) {
      C lowest = C(0), highest = C(0);
      Kokkos::parallel_reduce(
          Kokkos::TeamThreadRange(team, n), [&](const std::int64_t d, C& hi) { hi = greatest(hi, finite_or_zero(element(d))); },
          Kokkos::Max<C>(highest));
      Kokkos::parallel_reduce(
          Kokkos::TeamThreadRange(team, n), [&](const std::int64_t d, C& lo) { lo = least(lo, finite_or_zero(element(d))); },
          Kokkos::Min<C>(lowest));
      range.include(FiniteRange<C>{least(lowest, C(0)), greatest(highest, C(0))});
    }
    RowScale<C> scale{C(0), 0};
    if (exists) scale = codec.scale(row, range);
    const auto k = codec.constants(scale);
    auto* words = reinterpret_cast<std::uint32_t*>(records.codes(j));
    const std::uint32_t position = records.position(j);
    std::uint32_t sum = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, records.code_words()),
        [&](const std::int64_t w, std::uint32_t& partial) {
          words[w] = code_word(codec, k, element, n, w);
          partial += checked_code_word(words[w], position, w);
        },
        sum);
    RowPrefix prefix{to_double(scale.scale), scale.zero_point, 0};
    if constexpr (Codec::counts_misfits) {
      std::int32_t misfits = 0;
      Kokkos::parallel_reduce(
          Kokkos::TeamThreadRange(team, n),
          [&](const std::int64_t d, std::int32_t& partial) { partial += codec.fits(k, element(d)) ? 0 : 1; }, misfits);
      prefix.zero_point = misfits;
    }
    if (team.team_rank() != 0) return;
    prefix.checksum = (prefix_checksum(prefix, position) + sum) ^ (exists ? 0u : 1u);
    *reinterpret_cast<RowPrefix*>(records.record(j)) = prefix;
  }
};

// As HostUnpackRows: a team has the rows of a hash value and a part of the columns.
template <class Exec, class T, class Decoder, class Index, bool Adds>
struct DeviceUnpackRows {
  using C = compute_t<T>;
  using Code = typename Decoder::Code;
  using Team = typename Kokkos::TeamPolicy<Exec>::member_type;

  RowIndices<Index> rows;
  Matrix<T> x;
  std::int64_t columns;
  RowRecords<const std::byte> records;
  std::int64_t owners, part;

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const std::int64_t owner = team.league_rank() % owners, begin = team.league_rank() / owners * part;
    const std::int64_t end = begin + part < columns ? begin + part : columns;
    for (std::int64_t j = 0; j < rows.count; ++j) {
      const std::int64_t row = rows.at(j);
      if (!rows.is_row(row) || owner_of_row(row, owners) != owner) continue;
      const auto k = Decoder::constants(*reinterpret_cast<const RowPrefix*>(records.record(j)));
      const std::byte* codes = records.codes(j);
      T* to = x.data + row * x.row;
      // A thread has the same columns in every row: no two threads meet.
      for (std::int64_t d = begin + team.team_rank(); d < end; d += team.team_size()) {
        T& place = to[d * x.column];
        const C value = Decoder::value(k, code_bits<Code>(codes, d));
        place = narrow<T>(Adds ? add(value, widen<C>(place)) : value);
      }
    }
  }
};

struct DeviceRowTuning {
  std::int64_t owners = 1 << 10;        // (unpack) teams that share the rows, at most; each reads all indices
  std::int64_t part_columns = 1 << 10;  // (unpack) columns that a team has
  int team_threads = 128;
  std::int64_t teams = 1 << 20;
};
inline constexpr DeviceRowTuning device_row_tuning{};

template <class Exec, class Functor>
void launch_row_teams(const Exec& exec, const std::string& label, std::int64_t teams, std::int64_t elements,
                      const Functor& functor) {
  const auto league = static_cast<int>(std::min(teams, device_row_tuning.teams));
  if constexpr (host_space<Exec>) {
    Kokkos::parallel_for(label, Kokkos::TeamPolicy<Exec>(exec, league, Kokkos::AUTO), functor);
  } else {
    const auto wanted = static_cast<int>(std::min<std::int64_t>(device_row_tuning.team_threads, (elements + 31) / 32 * 32));
    Kokkos::parallel_for(label, Kokkos::TeamPolicy<Exec>(exec, league, std::max(32, wanted)), functor);
  }
}
template <class Exec, class T, class Codec, class Index>
void launch_device_rows(const Exec& exec, const std::string& label, const HostPackRows<T, Codec, Index>& f) {
  const DevicePackRows<Exec, T, Codec, Index> functor{f.codec, f.rows, f.x, f.columns, f.records, f.header};
  launch_row_teams(exec, label, f.rows.count + 1, f.columns, functor);
}
template <class Exec, class T, class Decoder, class Index, bool Adds>
void launch_device_rows(const Exec& exec, const std::string& label, const HostUnpackRows<T, Decoder, Index, Adds>& f) {
  if (f.rows.count == 0 || f.columns == 0) return;
  const auto owners =
      static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(std::min(f.rows.count, device_row_tuning.owners))));
  const std::int64_t parts = (f.columns + device_row_tuning.part_columns - 1) / device_row_tuning.part_columns;
  // (A launch has as many teams as there are tasks: parts are longer where there would be too many.)
  const std::int64_t most = device_row_tuning.teams / owners;
  const std::int64_t part = parts <= most ? device_row_tuning.part_columns : (f.columns + most - 1) / most;
  const DeviceUnpackRows<Exec, T, Decoder, Index, Adds> functor{f.rows, f.x, f.columns, f.records, owners, part};
  launch_row_teams(exec, label, owners * ((f.columns + part - 1) / part), std::min(f.columns, part), functor);
}

}  // namespace KokkosQuant::Impl
