// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One pass over an array that also leaves a sum for every segment of a line, on a device: by teams, where packs are aligned or lines have
// no gaps between them, else one element after the other. Then 16 threads share a segment along a line, a lane each; across lines a
// thread has a segment of its own.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "KokkosQuant_DeviceSumAcross.hpp"
#include "KokkosQuant_DeviceSumAlong.hpp"
#include "KokkosQuant_DeviceSumJoined.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

namespace KokkosQuant::Impl {

template <class Element, class T, class Sink>
struct DeviceSumSweep : DeviceSumWalk<Element, T, Sink> {
  using Walk = DeviceSumWalk<Element, T, Sink>;
  using typename Walk::C, typename Walk::Place, typename Walk::Quick, typename Walk::Sum;
  using Walk::K;
  static constexpr int in_flight = 4;  // accesses of each input

  // The terms at `first` and every 16 from there on, up to the end. Loads come before the first of them is used.
  KOKKOS_FORCEINLINE_FUNCTION void add(std::int64_t line, std::int64_t segment, const Quick& quick, int first, int end,
                                       Sum (&sum)[K]) const {
    const QuickInputs<T> quick_inputs(this->element.quick_limit(quick));
    Place at = this->place(line, segment * sum_segment + first);
    for (int j = first; j < end; j += in_flight * sum_lanes) {
      Chunk<T, 1> dy[in_flight], x[in_flight];
      Place place[in_flight];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < in_flight; ++u) {
        place[u] = at;
        if (j + u * sum_lanes < end) dy[u] = this->template load<1>(at.dy), x[u] = this->template load<1>(at.x);
        at = this->moved(at, 0, sum_lanes);
      }
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < in_flight; ++u) {
        if (j + u * sum_lanes >= end) break;
        C term[1][K];
        if (quick_inputs.hold(x[u]))
          *place[u].dx = this->compute_quick(OneForAll<Quick>{quick}, dy[u], x[u], term).value(0);
        else
          this->compute_any(line, place[u], term[0]);
        for (int q = 0; q < K; ++q) accumulate(sum[q], to_double(term[0][q]));
      }
    }
  }

  // A lane a thread.
  KOKKOS_FORCEINLINE_FUNCTION void along(std::uint32_t thread) const {
    const std::uint32_t group = thread / sum_lanes, lane = thread % sum_lanes, of_line = this->inner.quotient(group);
    const std::int64_t line = this->first_line + of_line,
                       segment = this->first_segment + (group - of_line * this->inner.divisor);
    Sum sum[K] = {};
    add(line, segment, this->quick_constants(line), static_cast<int>(lane), this->length(segment), sum);
    for (int q = 0; q < K; ++q) sum[q] = sum_of_neighbours(sum[q]);
    if (lane == 0) this->sink.put(line, segment, sum);
  }
  // The lanes one after the other, in the order in which halves have both their parts soonest.
  KOKKOS_FORCEINLINE_FUNCTION void across(std::uint32_t thread) const {
    const std::uint32_t of_segment = this->inner.quotient(thread);
    const std::int64_t line = this->first_line + (thread - of_segment * this->inner.divisor),
                       segment = this->first_segment + of_segment;
    const Quick quick = this->quick_constants(line);
    const int end = this->length(segment);
    Sum waiting[4][K] = {}, sum[K];
    for (int i = 0; i < sum_lanes; ++i) {
      const int lane = (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | (i & 8) >> 3;
      for (int q = 0; q < K; ++q) sum[q] = {};
      add(line, segment, quick, lane, end, sum);
      bool has_other = true;
      KOKKOSQUANT_UNROLL
      for (int level = 0; level < 4; ++level) {
        const bool is_second = ((i >> level) & 1) != 0;
        KOKKOSQUANT_UNROLL
        for (int q = 0; q < K; ++q) {
          if (has_other && is_second) accumulate(sum[q], waiting[level][q]);
          if (has_other && !is_second) waiting[level][q] = sum[q];
        }
        has_other = has_other && is_second;
      }
    }
    this->sink.put(line, segment, sum);
  }

  struct Along {
    DeviceSumSweep part;
    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const { part.along(static_cast<std::uint32_t>(thread)); }
  };
  struct Across {
    DeviceSumSweep part;
    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const { part.across(static_cast<std::uint32_t>(thread)); }
  };
};

template <class Exec, class Element, class T, class Sink>
struct DeviceSumLaunch {
  using Plan = SumsPlan<Element, T>;
  using Walk = DeviceSumWalk<Element, T, Sink>;
  using Sums = DeviceSumSweep<Element, T, Sink>;
  static constexpr int width = device_tuning.access_bytes / static_cast<int>(sizeof(T));
  template <int Rows, bool Dense>
  using TeamsAlong = DeviceSumTeamsAlong<Exec, Walk, width, Rows, Dense>;
  template <int Rows>
  using TeamsJoined = DeviceSumTeamsJoined<Exec, Walk, width, Rows>;
  template <bool Wide>
  using TeamsAcross = DeviceSumTeamsAcross<Exec, Walk, width, Wide>;

  static bool fits(const Plan& plan) { return plan.mapping != Mapping::packs || are_aligned(plan) || are_joined(plan); }
  static int pack_width(const Plan& plan) {
    return plan.mapping == Mapping::packs || (plan.mapping == Mapping::packs_of_tokens && are_aligned(plan)) ? width : 1;
  }

  static void launch(const Exec& exec, const std::string& label, const Plan& plan, std::int64_t segments, const Sink& sink) {
    const std::int64_t lines = plan.walk.n_outer;
    const auto part = [&](std::int64_t line, std::int64_t segment, std::int64_t divisor) {
      return Walk{plan.element, plan.walk, sink, line, segment, divider(divisor)};
    };
    if (plan.mapping == Mapping::packs) {
      constexpr int rows = sum_segment / sum_lanes;
      parts(lines, segments, 1, [&](std::int64_t line, std::int64_t n_lines, std::int64_t segment, std::int64_t n) {
        const bool joined = are_joined(plan) && (lines == 1 || n == segments);
        if (plan.walk.n_inner > sum_segment / 2)
          launch_along<rows>(exec, label, part(line, segment, n), n_lines * n, joined);
        else
          launch_along<rows / 2>(exec, label, part(line, segment, n), n_lines * n, joined);
      });
    } else if (has_neighbours<Exec> && plan.mapping == Mapping::elements) {
      parts(lines, segments, sum_lanes, [&](std::int64_t line, std::int64_t n_lines, std::int64_t segment, std::int64_t n) {
        launch_threads(exec, label, n_lines * n * sum_lanes, typename Sums::Along{{part(line, segment, n)}});
      });
    } else {
      const std::int64_t packs = pack_width(plan) > 1 ? lines / width : 0, in_packs = packs * width;
      if (packs > 0)
        parts(packs, segments, 1, [&](std::int64_t pack, std::int64_t n_packs, std::int64_t segment, std::int64_t n) {
          const Walk of_packs = part(pack * width, segment, 1);
          if (sizeof(T) == 2 && prefers_wide(plan))
            launch_across<sizeof(T) == 2>(exec, label, of_packs, n_packs, n);
          else
            launch_across<false>(exec, label, of_packs, n_packs, n);
        });
      if (in_packs < lines)
        parts(lines - in_packs, segments, 1,
              [&](std::int64_t line, std::int64_t n_lines, std::int64_t segment, std::int64_t n) {
                launch_threads(exec, label, n_lines * n, typename Sums::Across{{part(in_packs + line, segment, n_lines)}});
              });
    }
  }

 private:
  // Are the packs of all lines (along), or of all terms (across)?
  static bool are_aligned(const Plan& plan) {
    const bool along = plan.mapping == Mapping::packs;
    return all_of(plan.walk, [&](const auto& lines) {
      constexpr std::int64_t bytes = device_tuning.access_bytes;
      const std::int64_t stride = along ? lines.outer : lines.inner, places = along ? plan.walk.n_outer : plan.walk.n_inner;
      return reinterpret_cast<std::uintptr_t>(lines.data) % bytes == 0 &&
             (places == 1 || stride * static_cast<std::int64_t>(sizeof(T)) % bytes == 0);
    });
  }
  // Do lines follow each other without gaps, in arrays that start with an access?
  static bool are_joined(const Plan& plan) {
    return all_of(plan.walk, [&](const auto& lines) {
      return reinterpret_cast<std::uintptr_t>(lines.data) % device_tuning.access_bytes == 0 &&
             (plan.walk.n_outer == 1 || lines.outer == plan.walk.n_inner);
    });
  }
  // f(first line, lines, first segment, segments) of launches with 32-bit indices
  template <class F>
  static void parts(std::int64_t lines, std::int64_t segments, std::int64_t threads, const F& f) {
    constexpr std::int64_t largest = device_tuning.largest_launch;
    const std::int64_t some_segments = std::min(segments, largest / threads);
    const std::int64_t some_lines = std::min(lines, std::max<std::int64_t>(1, largest / (threads * some_segments)));
    for (std::int64_t s = 0; s < segments; s += some_segments)
      for (std::int64_t l = 0; l < lines; l += some_lines)
        f(l, std::min(some_lines, lines - l), s, std::min(some_segments, segments - s));
  }
  static Divider divider(std::int64_t d) { return Divider(static_cast<std::uint32_t>(d)); }
  template <int Rows>
  static void launch_along(const Exec& exec, const std::string& label, const Walk& part, std::int64_t groups, bool joined) {
    const auto launch_as = [&](const auto& teams) {
      using Teams = std::remove_cvref_t<decltype(teams)>;
      launch_teams(exec, label, (groups + Teams::segments - 1) / Teams::segments, teams);
    };
    using Joined = TeamsJoined<Rows>;
    const std::int64_t n = part.walk.n_inner;
    if (joined && n == part.inner.divisor * std::int64_t{Rows * sum_lanes})
      launch_as(TeamsAlong<Rows, true>{{part, groups}});
    else if (joined)
      launch_as(Joined{{part, groups}, part.walk.n_outer == 1 || n % Joined::lanes == 0});
    else
      launch_as(TeamsAlong<Rows, false>{{part, groups}});
  }
  // Across lines: where rows of a tile do not start with a request, or are far from each other (see DeviceTuning); not where tiles are few.
  static bool prefers_wide(const Plan& plan) {
    return plan.walk.n_inner >= sum_segment && plan.walk.n_outer >= 2 * sum_segment &&
           !all_of(plan.walk, [&](const auto& lines) {
             const std::int64_t bytes = lines.inner * static_cast<std::int64_t>(sizeof(T));
             return bytes % device_tuning.request_bytes == 0 && bytes < device_tuning.far_bytes;
           });
  }
  template <bool Wide>
  static void launch_across(const Exec& exec, const std::string& label, const Walk& part, std::int64_t packs,
                            std::int64_t segments) {
    using Teams = TeamsAcross<Wide>;
    const std::int64_t tiles = (packs + Teams::packs - 1) / Teams::packs;
    launch_teams(exec, label, tiles * segments, Teams{part, packs, divider(tiles)});
  }
  template <class Teams>
  static void launch_teams(const Exec& exec, const std::string& label, std::int64_t teams, const Teams& functor) {
    static_assert(sizeof(Teams) < 512, "larger functors go through constant memory, with a wait");
    using Policy = Kokkos::TeamPolicy<Exec, Kokkos::LaunchBounds<Teams::threads, Teams::teams_at_once>>;
    Policy policy(exec, static_cast<int>(teams), Teams::threads, 1);
    policy.set_scratch_size(0, Kokkos::PerTeam(Teams::scratch_bytes + 16));  // (16: to start at a multiple of that)
    Kokkos::parallel_for(label, policy, functor);
  }
  template <class Functor>
  static void launch_threads(const Exec& exec, const std::string& label, std::int64_t threads, const Functor& functor) {
    static_assert(sizeof(Functor) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int32_t>>(exec, 0, static_cast<std::int32_t>(threads)),
        functor);
  }
};

}  // namespace KokkosQuant::Impl
