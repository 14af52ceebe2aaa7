// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Three execution-space instances, each with a forward and a backward plan of its own, running beside each other; and the same
// launches recorded once and replayed with other data, on CUDA as a graph. Checks every result; prints what running beside each
// other gains. On the host the same program runs, and the instances share its threads.
//
//   instances.hpp   three instances of an execution space
//   replay.hpp      launches recorded once, run again
#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "instances.hpp"
#include "replay.hpp"

namespace streams {
namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using Matrix = Kokkos::View<float**, Kokkos::LayoutRight, Exec>;
using Codes = Kokkos::View<std::int8_t**, Kokkos::LayoutRight, Exec>;
using Scales = Kokkos::View<float*, Exec>;
using KokkosQuant::no_zero_point;

constexpr KokkosQuant::QuantizeDescriptor range{-128, 127};
constexpr int rounds = 8;  // forward and backward, so often in a recording

struct FillRows {
  Matrix x, dy;
  Scales scale;
  unsigned seed;
  KOKKOS_FUNCTION float number(unsigned i) const {  // -1..1, not a pattern
    i = (i + seed) * 2654435769u;
    i = (i ^ (i >> 15)) * 2246822519u;
    return static_cast<float>((i ^ (i >> 13)) >> 8) * 0x1p-23f - 1.0f;
  }
  KOKKOS_FUNCTION void operator()(int n) const {
    const auto columns = static_cast<int>(x.extent(1));
    for (int d = 0; d < columns; ++d) {
      const auto i = static_cast<unsigned>(n) * static_cast<unsigned>(columns) + static_cast<unsigned>(d);
      x(n, d) = number(2 * i);
      dy(n, d) = number(2 * i + 1);
    }
    scale(n) = 0.006f + 0.002f * (number(static_cast<unsigned>(n) + 77u) + 1.0f) / 2;  // clips some of x
  }
};

// What one instance works on. The plans keep Views and instance, so launching needs neither.
class Lane {
 public:
  Lane(const Exec& exec, std::size_t rows, std::size_t columns)
      : x_("streams::x", rows, columns),
        dy_("streams::dy", rows, columns),
        dx_("streams::dx", rows, columns),
        q_("streams::q", rows, columns),
        scale_("streams::scale", rows),
        forward_(exec, range, KokkosQuant::QuantizePerTokenArgs{x_, scale_, no_zero_point, q_}),
        backward_(exec, range, KokkosQuant::QuantizePerTokenBackwardArgs{dy_, x_, scale_, no_zero_point, dx_}) {}

  // Other inputs, and outputs that are wrong. Done when it returns.
  void fill(unsigned seed) const {
    const Exec& exec = forward_.instance();
    Kokkos::parallel_for("streams::FillRows", Kokkos::RangePolicy<Exec, Kokkos::IndexType<int>>(exec, 0, x_.extent_int(0)),
                         FillRows{x_, dy_, scale_, seed});
    Kokkos::deep_copy(exec, dx_, -1.0f);
    Kokkos::deep_copy(exec, q_, std::int8_t{-1});
    exec.fence();
  }
  void run() const {
    forward_.run();
    backward_.run();
  }
  std::string skus() const { return forward_.sku().to_string() + "\n" + backward_.sku().to_string(); }

  // Elements that are not as the README's formulas have them.
  long wrong() const {
    const auto copy = [](const auto& view) { return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view); };
    const auto x = copy(x_), dy = copy(dy_), dx = copy(dx_);
    const auto q = copy(q_);
    const auto scale = copy(scale_);
    long count = 0;
    for (std::size_t n = 0; n < x.extent(0); ++n) {
      for (std::size_t d = 0; d < x.extent(1); ++d) {
        const float r = std::nearbyint(x(n, d) / scale(n));
        const bool inside = r >= -128 && r <= 127;
        count += static_cast<float>(q(n, d)) != std::clamp(r, -128.0f, 127.0f) ? 1 : 0;
        count += dx(n, d) != (inside ? dy(n, d) / scale(n) : 0.0f) ? 1 : 0;
      }
    }
    return count;
  }

 private:
  Matrix x_, dy_, dx_;
  Codes q_;
  Scales scale_;
  KokkosQuant::QuantizePerTokenPlan<Exec,
                                    KokkosQuant::QuantizePerTokenArgs<Matrix, Scales, KokkosQuant::no_zero_point_t, Codes>>
      forward_;
  KokkosQuant::QuantizePerTokenBackwardPlan<
      Exec, KokkosQuant::QuantizePerTokenBackwardArgs<Matrix, Matrix, Scales, KokkosQuant::no_zero_point_t, Matrix>>
      backward_;
};
using Lanes = std::vector<Lane>;

void fill(const Lanes& lanes, unsigned seed) {
  for (std::size_t k = 0; k < lanes.size(); ++k) lanes[k].fill(seed + 1000u * static_cast<unsigned>(k));
}
void expect_right(const Lanes& lanes, const std::string& when) {
  for (std::size_t k = 0; k < lanes.size(); ++k) {
    const long wrong = lanes[k].wrong();
    if (wrong != 0)
      throw std::runtime_error(when + ": " + std::to_string(wrong) + " wrong elements in lane " + std::to_string(k));
  }
}

// Launches in turn, so that no instance's work is all queued before the next one's begins.
void run_all(const Lanes& lanes) {
  for (int round = 0; round < rounds; ++round)
    for (const Lane& lane : lanes) lane.run();
}

// Microseconds of one call, the best of some.
template <class F>
double microseconds(const F& f) {
  double best = 1e30;
  for (int sample = 0; sample < 7; ++sample) {
    Kokkos::fence();
    const Kokkos::Timer timer;
    f();
    Kokkos::fence();
    best = std::min(best, 1e6 * timer.seconds());
  }
  return best;
}

// Three lanes of this shape, on one instance and on three, launched and replayed.
void measure(const Instances<Exec>& instances, std::size_t rows, std::size_t columns) {
  Lanes on_one, on_three;
  for (int k = 0; k < instance_count; ++k) {
    on_one.emplace_back(instances[0], rows, columns);
    on_three.emplace_back(instances[k], rows, columns);
  }
  double time[2][2];  // [launched, replayed][one instance, three]
  const Lanes* const all[] = {&on_one, &on_three};
  for (int which = 0; which < 2; ++which) {
    const Lanes& lanes = *all[which];
    fill(lanes, 1);
    time[0][which] = microseconds([&] { run_all(lanes); });
    expect_right(lanes, "launched");

    // A recording holds the Views, not what is in them.
    const Replay<Exec> replay(instances, [&] { run_all(lanes); });
    for (const unsigned seed : {2u, 3u}) {
      fill(lanes, seed);
      replay.run();
      instances.fence();
      expect_right(lanes, "replayed");
    }
    time[1][which] = microseconds([&] { replay.run(); });
  }
  std::printf("%6zu x %-6zu", rows, columns);
  for (const auto& t : time) std::printf("  %10.1f %10.1f %8.2f", t[0], t[1], t[0] / t[1]);
  std::printf("\n");
}

void run(bool is_quick) {
  const Instances<Exec> instances;
  std::printf("%d instances of %s, %s; %s\n%s\n\n", instance_count, Exec::name(), instances.origin(), Replay<Exec>::name(),
              Lane(instances[0], 64, 1024).skus().c_str());
  std::printf(
      "microseconds of %d x %d x (forward, backward)\n\n"
      "                           launched                          replayed\n"
      " rows x columns  one instance   three  overlap   one instance   three  overlap\n",
      rounds, instance_count);
  measure(instances, 64, 1024);
  measure(instances, 37, 300);
  if (is_quick) return;
  measure(instances, 256, 1024);
  measure(instances, 1024, 4096);
  measure(instances, 8192, 4096);
}

}  // namespace
}  // namespace streams

int main(int argc, char* argv[]) {
  try {
    const Kokkos::ScopeGuard kokkos(argc, argv);
    const bool is_quick = argc > 1 && std::string(argv[1]) == "--quick";
    streams::run(is_quick);
    std::printf("\nevery result is right\n");
    return 0;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "streams: %s\n", error.what());
    return 1;
  }
}
