// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What the tests of dynamic quantization share: the ops by granularity, data of every kind, the scales that they must
/// have (in the exact arithmetic of KokkosQuantTest_Reference.hpp), and a runner that compares all that a plan wrote.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

using KokkosQuant::DynamicQuantizeDescriptor;

// ---- the reference ----------------------------------------------------------------------------------------------------

/// The ends of a type's numbers.
template <class T>
struct Ends {
  static constexpr double smallest_subnormal = static_cast<double>(std::numeric_limits<T>::denorm_min());
  static constexpr double smallest_normal = static_cast<double>(std::numeric_limits<T>::min());
  static constexpr double largest = static_cast<double>(std::numeric_limits<T>::max());
  static constexpr int largest_exponent = std::numeric_limits<T>::max_exponent - 1;  // of a power of two
};
template <sixteen_bits T>
struct Ends<T> {
  static inline const double smallest_subnormal = Format<T>::decode(1);
  static inline const double smallest_normal = Format<T>::decode(1u << Format<T>::fraction_bits);
  static inline const double largest = Format<T>::decode(Format<T>::infinity - 1);
  static constexpr int largest_exponent = Format<T>::bias;
};

template <class S>
struct ReferenceScale {
  S scale;
  std::int32_t zero_point;
};

/// The scale of a cell's elements, by "Dynamic scale" of the contract.
template <class S, std::floating_point C>
ReferenceScale<S> reference_scale(const std::vector<C>& x, const DynamicQuantizeDescriptor& d, bool symmetric) {
  C lo = 0, hi = 0;
  for (const C value : x) {
    if (!std::isfinite(value)) continue;
    if (value < lo) lo = value;
    if (value > hi) hi = value;
  }
  C scale;
  if (symmetric) {
    scale = reference_quotient(hi > -lo ? hi : -lo, reference_integer<C>(d.q_max));
  } else {
    const C w = reference_integer<C>(std::int64_t{d.q_max} - d.q_min), width = reference_sum(hi, -lo);
    scale =
        std::isinf(width) ? reference_sum(reference_quotient(hi, w), -reference_quotient(lo, w)) : reference_quotient(width, w);
  }
  const C eps = reference_convert<C>(d.eps == 0 ? Ends<S>::smallest_normal : d.eps);
  if (!(scale > eps)) scale = eps;
  if (d.power_of_two) {
    int exponent = Ends<C>::largest_exponent;
    while (exponent > -1100 && std::ldexp(1.0, exponent - 1) >= static_cast<double>(scale)) --exponent;
    scale = static_cast<C>(std::ldexp(1.0, std::min(exponent, Ends<S>::largest_exponent)));
  }
  S stored = reference_convert<S>(static_cast<double>(scale));
  if (symmetric) return {stored, 0};
  if (std::isinf(to_double(stored))) stored = reference_convert<S>(Ends<S>::largest);
  const C t = reference_quotient(lo, static_cast<C>(to_double(stored)));
  const std::int64_t r = reference_round(static_cast<double>(t)).value();
  return {stored, static_cast<std::int32_t>(std::clamp<std::int64_t>(d.q_min - r, d.q_min, d.q_max))};
}

// ---- problems ---------------------------------------------------------------------------------------------------------

/// What the elements of a cell are.
enum class Data {
  any,         ///< a kind of the others for each cell
  wide,        ///< both signs
  positive,    ///< none below a half of the largest
  negative,    ///< the same below 0
  spikes,      ///< one element, or two, decide: often the first and the last
  ties,        ///< the scale is a power of two, and quotients lie halfway between two integers
  zeros,       ///< of both signs
  nans,        ///< nothing else
  infinities,  ///< nothing else
  non_finite,  ///< some of the others are NaN or an infinity
  subnormal,   ///< and a little above
  huge,        ///< hi - lo overflows
  encodings    ///< any bits
};
inline constexpr Data all_data[] = {Data::wide,       Data::positive,  Data::negative, Data::spikes,
                                    Data::ties,       Data::zeros,     Data::nans,     Data::infinities,
                                    Data::non_finite, Data::subnormal, Data::huge,     Data::encodings};

/// x, and what a plan must make of it.
template <class T, class S, ZeroPoints Zero>
struct DynamicProblem {
  using C = KokkosQuant::compute_t<T>;
  static constexpr bool symmetric = Zero == ZeroPoints::none;
  std::size_t N, D;
  CellShape cell;
  DynamicQuantizeDescriptor descriptor;
  std::size_t cell_rows = 0, cell_columns = 0;
  std::vector<T> x, fake_quantized;  // an element each, row by row
  std::vector<std::int32_t> code;
  std::vector<S> scale;  // a cell each
  std::vector<std::int32_t> zero_point;

  DynamicProblem(std::size_t rows, std::size_t columns, CellShape cell_, const DynamicQuantizeDescriptor& d, Data data,
                 std::uint64_t seed)
      : N(rows), D(columns), cell(cell_), descriptor(d), x(N * D), fake_quantized(N * D), code(N * D) {
    const auto up = [](std::size_t n, std::size_t by) { return by == 0 ? 1 : n / by + (n % by != 0 ? 1 : 0); };
    cell_rows = up(N, cell.rows), cell_columns = up(D, cell.columns);
    // Where there are no elements, nothing is written.
    scale.assign(cell_rows * cell_columns, guard_value<S>());
    zero_point.assign(cell_rows * cell_columns, guard_value<std::int32_t>());
    if (N == 0 || D == 0) return;
    Random random(seed * 1000003 + N * 1009 + D);
    std::vector<C> values;
    for (std::size_t k = 0; k < scale.size(); ++k) {
      const std::size_t n0 = k / cell_columns * cell.rows, n1 = std::min(N, n0 + std::min(N, cell.rows));
      const std::size_t d0 = k % cell_columns * cell.columns, d1 = std::min(D, d0 + std::min(D, cell.columns));
      values.resize((n1 - n0) * (d1 - d0));
      fill(values, random, data == Data::any ? all_data[random.below(std::size(all_data))] : data);
      for (C& value : values) value = static_cast<C>(to_double(reference_convert<T>(static_cast<double>(value))));
      const auto found = reference_scale<S>(values, d, symmetric);
      scale[k] = found.scale;
      zero_point[k] = found.zero_point;
      const C s = static_cast<C>(to_double(found.scale));
      std::size_t next = 0;
      for (std::size_t n = n0; n < n1; ++n)
        for (std::size_t c = d0; c < d1; ++c) {
          const std::size_t i = n * D + c;
          const C value = values[next++];
          x[i] = reference_convert<T>(static_cast<double>(value));
          code[i] = reference_quantize(value, s, found.zero_point, d.range());
          fake_quantized[i] = reference_convert<T>(static_cast<double>(reference_dequantize(code[i], s, found.zero_point)));
        }
    }
  }

  template <class V>
  auto at(const V& values) const {
    return [&values, columns = D](std::size_t n, std::size_t d) { return values[n * columns + d]; };
  }
  template <class V>
  auto at_cell(const V& values) const {
    return [&values, columns = cell_columns](std::size_t n, std::size_t d) { return values[n * columns + d]; };
  }
  std::string describe() const {
    return std::to_string(N) + " x " + std::to_string(D) + ", cells of " + std::to_string(cell.rows) + " x " +
           std::to_string(cell.columns) + ", range " + show(descriptor.q_min) + " .. " + show(descriptor.q_max) + ", eps " +
           show(descriptor.eps) + (descriptor.power_of_two ? ", powers of two" : "");
  }
  auto where() const {
    return [this](std::size_t n, std::size_t d) {
      const std::size_t k = n / std::max<std::size_t>(1, cell.rows) * cell_columns + d / std::max<std::size_t>(1, cell.columns);
      return "(" + std::to_string(n) + ", " + std::to_string(d) + "), x " + show(x[n * D + d]) + ", scale " + show(scale[k]) +
             ", zero point " + show(zero_point[k]);
    };
  }
  auto where_cell() const {
    return [](std::size_t n, std::size_t d) { return "cell (" + std::to_string(n) + ", " + std::to_string(d) + ")"; };
  }

 private:
  void fill(std::vector<C>& values, Random& random, Data data) const {
    using limits = std::numeric_limits<C>;
    const int widest = std::is_same_v<T, half_t> ? 12 : 40;
    const double largest =
        std::ldexp(random.uniform(1, 2), static_cast<int>(random.below(2 * static_cast<std::size_t>(widest))) - widest);
    const auto each = [&](const auto& next) {
      for (C& value : values) value = static_cast<C>(next());
    };
    const auto non_finite = [&] {
      const std::size_t which = random.below(3);
      return which == 0 ? limits::quiet_NaN() : which == 1 ? limits::infinity() : -limits::infinity();
    };
    const auto one = [&]() -> C& {
      const std::size_t which = random.below(4);
      return which == 0 ? values.front() : which == 1 ? values.back() : values[random.below(values.size())];
    };
    switch (data) {
      case Data::positive: return each([&] { return random.uniform(largest / 2, largest); });
      case Data::negative: return each([&] { return -random.uniform(largest / 2, largest); });
      case Data::spikes:
        each([&] { return random.uniform(-largest, largest) / 64; });
        one() = static_cast<C>(-largest * random.uniform(0.1, 1));
        one() = static_cast<C>(largest);
        if (random.below(3) == 0) one() = static_cast<C>(-largest);
        return;
      case Data::ties: return fill_with_ties(values, random);
      case Data::zeros: return each([&] { return random.below(2) == 0 ? 0.0 : -0.0; });
      case Data::nans: return each([] { return limits::quiet_NaN(); });
      case Data::infinities: return each([&] { return random.below(2) == 0 ? limits::infinity() : -limits::infinity(); });
      case Data::non_finite:
        return each([&] { return random.below(5) == 0 ? non_finite() : static_cast<C>(random.uniform(-largest, largest)); });
      case Data::subnormal: return each([&] { return random.uniform(-4, 4) * Ends<T>::smallest_normal; });
      case Data::huge:
        each([&] { return random.uniform(-1, 1) * Ends<T>::largest; });
        one() = static_cast<C>(Ends<T>::largest);
        one() = static_cast<C>(-Ends<T>::largest);
        return;
      case Data::encodings:
        return each([&] {
          if constexpr (sixteen_bits<T>)
            return static_cast<C>(Format<T>::decode(static_cast<unsigned>(random.below(65536))));
          else
            return random.any<C>();
        });
      default: return each([&] { return random.uniform(-largest, largest); });
    }
  }
  /// The scale is the power of two s, lo / s and quotients lie halfway between integers (where T has the bits for it).
  void fill_with_ties(std::vector<C>& values, Random& random) const {
    const double s = std::ldexp(1.0, static_cast<int>(random.below(8)) - 4), q_max = descriptor.q_max;
    const double w = q_max - descriptor.q_min, below = std::floor(random.uniform(0, std::min(w, 300.0))) + 0.5;
    const double lo = symmetric ? -q_max : -below, hi = symmetric ? q_max : w - below;
    for (C& value : values) value = static_cast<C>((std::floor(random.uniform(lo, hi)) + 0.5) * s);
    for (C& value : values) value = std::clamp(value, static_cast<C>(lo * s), static_cast<C>(hi * s));
    values[random.below(values.size())] = static_cast<C>(lo * s);
    values[random.below(values.size())] = static_cast<C>(hi * s);
  }
};

// ---- runs -------------------------------------------------------------------------------------------------------------

/// A workspace of exactly so many bytes, that hold anything, with guards behind them.
template <class Exec>
class GuardedWorkspace {
 public:
  using View = Kokkos::View<std::byte*, LayoutRight, typename Exec::memory_space>;
  explicit GuardedWorkspace(std::size_t size)
      : size_(size), bytes_(Kokkos::view_alloc(Kokkos::WithoutInitializing, "KokkosQuantTest::workspace"), size + guards) {
    Kokkos::deep_copy(bytes_, std::byte{0xA5});
  }
  View view() const { return View(bytes_.data(), size_); }
  ::testing::AssertionResult guards_are_untouched() const {
    const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), bytes_);
    for (std::size_t i = size_; i < size_ + guards; ++i)
      if (host(i) != std::byte{0xA5})
        return ::testing::AssertionFailure() << "byte " << i << " behind a workspace of " << size_ << " was written";
    return ::testing::AssertionSuccess();
  }

 private:
  static constexpr std::size_t guards = 64;
  std::size_t size_;
  View bytes_;
};

/// The two ops of a granularity on a problem; each checks all of what it wrote, and that x is as it was.
template <class Granularity, class Exec, class T, class S, ZeroPoints Zero>
class DynamicRunner {
 public:
  using Ops = DynamicFamily<Granularity>;
  using Problem = DynamicProblem<T, S, Zero>;

  DynamicRunner(const Problem& problem, const Granularity& granularity, const Setting& s)
      : p_(problem), granularity_(granularity), s_(s) {}

  template <class Q>
  ::testing::AssertionResult quantize() {
    const Cells cells(*this);
    auto x = in();
    auto q = empty_code_array<Q, Exec>(p_.N, p_.D, s_.out, s_.packing);
    if (auto right = launch<typename Ops::Quantize>(x.const_view(), cells.scale_view(), cells.zero_point_view(), q.view());
        !right)
      return right;
    if (auto right = cells.hold(p_); !right) return right;
    if (auto right = x.holds(p_.at(p_.x), p_.where()); !right) return right << "\n(x)";
    return holds_codes(q, p_.N, p_.D, s_.packing, p_.at(p_.code), p_.where());
  }
  ::testing::AssertionResult fake_quantize(bool in_place = false) {
    const Cells cells(*this);
    auto x = in();
    Array<T, Exec> y(p_.N, p_.D, s_.out);
    y.to_device();
    Array<T, Exec>& written = in_place ? x : y;
    if (auto right =
            launch<typename Ops::FakeQuantize>(x.const_view(), cells.scale_view(), cells.zero_point_view(), written.view());
        !right)
      return right;
    if (auto right = cells.hold(p_); !right) return right << "\n(fake quantization)";
    if (auto right = in_place ? ::testing::AssertionSuccess() : x.holds(p_.at(p_.x), p_.where()); !right)
      return right << "\n(x)";
    return written.holds(p_.at(p_.fake_quantized), p_.where());
  }
  /// Of the plan that ran last.
  std::size_t workspace_size() const { return workspace_size_; }
  int reads() const { return reads_; }

 private:
  struct Cells {
    mutable Array<S, Exec> scale;
    mutable Array<std::int32_t, Exec> zero_point;
    explicit Cells(const DynamicRunner& r)
        : scale(r.p_.cell_rows, r.p_.cell_columns, r.s_.cells), zero_point(r.p_.cell_rows, r.p_.cell_columns, r.s_.cells) {
      scale.to_device();
      zero_point.to_device();
    }
    auto scale_view() const { return written_cells_view<Granularity>(scale); }
    auto zero_point_view() const {
      if constexpr (Zero == ZeroPoints::none)
        return KokkosQuant::no_zero_point;
      else
        return written_cells_view<Granularity>(zero_point);
    }
    ::testing::AssertionResult hold(const Problem& p) const {
      if (auto right = scale.holds(p.at_cell(p.scale), p.where_cell()); !right) return right << "\n(scale)";
      if (Zero == ZeroPoints::none) return ::testing::AssertionSuccess();
      if (auto right = zero_point.holds(p.at_cell(p.zero_point), p.where_cell()); !right) return right << "\n(zero_point)";
      return ::testing::AssertionSuccess();
    }
  };

  Array<T, Exec> in() const { return Array<T, Exec>(p_.N, p_.D, s_.in, p_.at(p_.x)); }
  template <class Op, class... V>
  ::testing::AssertionResult launch(const V&... v) {
    const Exec exec{};
    const auto plan = KokkosQuant::select<Op>(exec, p_.descriptor,
                                              Ops::args(static_cast<const Op*>(nullptr), granularity_, v...), {s_.mapping});
    workspace_size_ = plan.workspace_size();
    reads_ = plan.sku().reads;
    const GuardedWorkspace<Exec> workspace(workspace_size_);
    if (workspace_size_ == 0)
      plan.run();
    else
      plan.run(workspace.view());
    exec.fence();
    return workspace.guards_are_untouched();
  }

  const Problem& p_;
  Granularity granularity_;
  Setting s_;
  std::size_t workspace_size_ = 0;
  int reads_ = 0;
};

}  // namespace KokkosQuantTest
