// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What the tests of per-token plans share: rows with scales of every kind, and a runner for ops with one input
/// that compares the whole storage of the output, guard values included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Pages.hpp"
#include "KokkosQuantTest_Reference.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {

using Kokkos::LayoutLeft;
using Kokkos::LayoutRight;
using Kokkos::LayoutStride;
using KokkosQuant::Mapping;
using KokkosQuant::PlanPreference;

enum class ZeroPoints { given, none };

inline const std::vector<Mapping> mappings = {Mapping::automatic, Mapping::elements, Mapping::packs, Mapping::packs_of_tokens};

using Shapes = std::vector<std::pair<std::size_t, std::size_t>>;
inline const Shapes empty_and_one = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {1, 0}, {0, 1}};
/// More than one task a thread, more than one tile, rows longer than a task.
inline const Shapes large_shapes = {{2, 65539}, {1, 131089}, {9001, 3}, {2057, 17}, {1025, 67}, {131, 200}};

// ------------------------------------------------------------------------------------------------------------------
// rows

/// A row's scale and zero point: half of them everyday ones, half anything.
template <class Scale>
std::pair<Scale, std::int32_t> any_row(Random& random, ZeroPoints zero) {
  static const std::vector<float> scales = special_scales<float>();
  static const std::vector<double> double_scales = special_scales<double>();
  static const std::vector<std::int32_t> integers = special_integers();
  const double special =
      std::is_same_v<Scale, double> ? random.one_of(double_scales) : static_cast<double>(random.one_of(scales));
  const double scale = random.below(2) == 0 ? random.uniform(0.01, 2) : special;
  const auto near = static_cast<std::int32_t>(random.below(60)) - 30;
  const std::int32_t zero_point = zero == ZeroPoints::none ? 0 : random.below(4) == 0 ? random.one_of(integers) : near;
  return {reference_convert<Scale>(scale), zero_point};
}

/// An x of a row: beside a tie or a bound, a special value, or anything.
template <class T>
T any_x(Random& random, const std::vector<KokkosQuant::compute_t<T>>& ties) {
  using C = KokkosQuant::compute_t<T>;
  static const std::vector<C> specials = special_values<C>();
  const std::size_t kind = random.below(8);
  const C x = kind == 0 ? random.one_of(specials) : kind == 1 ? random.any<C>() : random.one_of(ties);
  return reference_convert<T>(static_cast<double>(x));
}

template <class T, class Scale>
std::vector<KokkosQuant::compute_t<T>> ties_of_row(Scale scale, std::int32_t zero_point, QuantizeDescriptor range) {
  using C = KokkosQuant::compute_t<T>;
  return values_at_ties(static_cast<C>(to_double(scale)), zero_point, range, 20);
}

/// Scales for all values of a 16-bit T; as float also those that bring quotients beside the middle between two T.
template <sixteen_bits T, class Scale>
std::vector<Scale> scales_for_every_encoding() {
  Random random(16);
  std::vector<Scale> scales;
  const auto add = [&](double scale) { scales.push_back(reference_convert<Scale>(scale)); };
  const double inf = std::numeric_limits<double>::infinity(), smallest = Format<T>::decode(1);
  const double largest = Format<T>::decode(Format<T>::infinity - 1);
  for (const double scale : {1.0,     0.1,      1.0 / 3,      -0.3,
                             0.007,   1.5,      250.0,        0x1p-9,
                             -0x1p4,  smallest, 3 * smallest, -77 * smallest,
                             largest, -largest, 1 / largest,  0.0,
                             -0.0,    inf,      -inf,         std::numeric_limits<double>::quiet_NaN()})
    add(scale);
  for (int i = 0; i < 6; ++i) add(random.uniform(0.01, 3));
  for (int i = 0; i < 4; ++i) add(Format<T>::decode(static_cast<unsigned>(random.below(65536))));
  if (std::is_same_v<Scale, float>) {
    for (const double scale : {1e-40, 0x1p-149, 3.4e38, 1e-20}) add(scale);
    const std::vector<double>& magnitudes = Format<T>::magnitudes();
    for (int i = 0; i < 8; ++i) {
      const std::size_t at = magnitudes.size() / 2 + random.below(3000);
      add(magnitudes[magnitudes.size() / 2 + random.below(3000)] / ((magnitudes[at] + magnitudes[at + 1]) / 2));
    }
  }
  return scales;
}

// ---------------------------------------------------------------------------------------------------------------
// comparing

/// Compares an array's whole storage: expected (row by row) where its elements lie, what was there before everywhere
/// else.
template <class T, class Layout, class Exec, class Where>
::testing::AssertionResult holds(const Matrix<T, Layout, Exec>& array, const std::vector<T>& expected, std::vector<T> before,
                                 const Where& where) {
  const std::size_t count = array.rows() * array.columns();
  std::vector<std::size_t> element_at(before.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = array.index(i / array.columns(), i % array.columns());
    before[at] = expected[i];
    element_at[at] = i;
  }
  Mismatches mismatches;
  for (std::size_t at = 0; at < before.size(); ++at)
    mismatches.compare(array.host()[at], before[at], [&] {
      return element_at[at] < count ? where(element_at[at]) : "outside, position " + std::to_string(at) + " of the storage";
    });
  return mismatches;
}
template <class T>
::testing::AssertionResult unchanged(const std::vector<T>& now, const std::vector<T>& before) {
  if (std::memcmp(now.data(), before.data(), sizeof(T) * before.size()) == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "what is only read has changed";
}
inline std::string describe(const Placement& at) {
  return "offset " + std::to_string(at.offset) + " padding " + std::to_string(at.pad) + " step " + std::to_string(at.step);
}

// --------------------------------------------------------------------------------------------------------- one input,
// one output

template <class OpTag, class Exec, class InT, class OutT, class ScaleT, ZeroPoints Zero, class LIn, class LOut = LIn,
          class LRow = LayoutRight>
struct UnaryCase {
  using Op = OpTag;
  using execution_space = Exec;
  using In = InT;
  using Out = OutT;
  using Scale = ScaleT;
  static constexpr ZeroPoints zero_points = Zero;
  using in_layout = LIn;
  using out_layout = LOut;
  using row_layout = LRow;
  static std::string name() {
    return std::string(Exec::name()) + "_" + type_name<In>() + "_to_" + type_name<Out>() + "_" + type_name<Scale>() + "Scale_" +
           layout_name<LIn>() + layout_name<LOut>() + (Zero == ZeroPoints::none ? "_NoZeroPoint" : "");
  }
};

template <class InT, class OutT, class ScaleT>
struct UnaryProblem {
  std::size_t N, D;
  QuantizeDescriptor range;
  std::vector<InT> in;
  std::vector<ScaleT> scale;
  std::vector<std::int32_t> zero_point;
  std::vector<OutT> out;

  std::string where(std::size_t i) const {
    return "(" + std::to_string(i / D) + ", " + std::to_string(i % D) + ") of " + std::to_string(N) + " x " +
           std::to_string(D) + ", in " + show(in[i]) + ", scale " + show(scale[i / D]) + ", zero_point " +
           show(zero_point[i / D]) + ", range " + show(range.q_min) + " .. " + show(range.q_max);
  }
};

template <class Case>
class UnaryRunner : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using In = typename Case::In;
  using Out = typename Case::Out;
  using Scale = typename Case::Scale;
  using Problem = UnaryProblem<In, Out, Scale>;
  static constexpr ZeroPoints zero = Case::zero_points;
  static inline const std::vector<Placement> dense = {{0, 0, 1}, {0, 0, 1}};
  static inline const std::vector<Placement> padded = {{1, 3, 2}, {5, 7, 3}};

  /// The plan, run once on these Views and waited for.
  template <class I, class S, class Z, class O>
  static void launch(const Problem& p, const I& in, const S& scale, const Z& zero_point, const O& out, Mapping mapping) {
    const Exec exec{};
    if constexpr (zero == ZeroPoints::given) {
      const auto plan =
          KokkosQuant::select<typename Case::Op::tag>(exec, p.range, Case::Op::args(in, scale, zero_point, out), {mapping});
      plan.run();
    } else {
      const auto plan = KokkosQuant::select<typename Case::Op::tag>(
          exec, p.range, Case::Op::args(in, scale, KokkosQuant::no_zero_point, out), {mapping});
      plan.run();
    }
    exec.fence();
  }

  static void run(const Problem& p, const std::vector<Placement>& at, Mapping mapping = Mapping::automatic) {
    SCOPED_TRACE("in " + describe(at[0]) + ", out " + describe(at[1]) + ", asked for " + KokkosQuant::to_string(mapping));
    Matrix<In, typename Case::in_layout, Exec> in(p.N, p.D, at[0]);
    Matrix<Out, typename Case::out_layout, Exec> out(p.N, p.D, at[1]);
    const Vector<Scale, typename Case::row_layout, Exec> scale(p.scale, {1, 0, 3});
    const Vector<int, typename Case::row_layout, Exec> zero_point(p.zero_point, {1, 0, 3});
    in.fill(p.in);
    in.to_device();
    out.to_device();
    const std::vector<In> in_before = in.host();
    const std::vector<Out> out_before = out.host();
    launch(p, in.const_view(), scale.const_view(), zero_point.const_view(), out.view(), mapping);
    in.to_host();
    out.to_host();
    EXPECT_TRUE(holds(out, p.out, out_before, [&](std::size_t i) { return p.where(i); }));
    EXPECT_TRUE(unchanged(in.host(), in_before));
  }

  /// Every width and height below a few vectors, with misaligned starts.
  template <class MakeProblem>
  static void run_every_width_and_height(const MakeProblem& make) {
    for (std::size_t length = 1; length <= 130; ++length)
      for (const bool wide : {true, false}) {
        const Problem p = make(wide ? 3 : length, wide ? length : 3);
        run(p, dense);
        run(p, {{length % 7, length % 3, 1}, {length % 11, length % 4, 1}}, mappings[length % 4]);
      }
  }

  /// Arrays up against pages that cannot be touched (the host's spaces, packed LayoutRight or LayoutLeft).
  template <class MakeProblem>
  static void run_between_fences(const MakeProblem& make) {
    using Space = typename Exec::memory_space;
    for (std::size_t length = 1; length <= 70; ++length)
      for (const bool wide : {true, false})
        for (const bool at_the_end : {true, false}) {
          const Problem p = make(wide ? 3 : length, wide ? length : 3);
          FencedArray<In> in(p.N * p.D, at_the_end);
          FencedArray<Out> out(p.N * p.D, at_the_end);
          FencedArray<Scale> scale(p.N, at_the_end);
          FencedArray<int> zero_point(p.N, at_the_end);
          const Kokkos::View<In**, typename Case::in_layout, Space> in_view(in.data(), p.N, p.D);
          const Kokkos::View<Out**, typename Case::out_layout, Space> out_view(out.data(), p.N, p.D);
          for (std::size_t n = 0; n < p.N; ++n) {
            scale.data()[n] = p.scale[n];
            zero_point.data()[n] = p.zero_point[n];
            for (std::size_t d = 0; d < p.D; ++d) in_view(n, d) = p.in[n * p.D + d];
          }
          launch(p, Kokkos::View<const In**, typename Case::in_layout, Space>(in_view),
                 Kokkos::View<const Scale*, typename Case::row_layout, Space>(scale.data(), p.N),
                 Kokkos::View<const int*, typename Case::row_layout, Space>(zero_point.data(), p.N), out_view,
                 Mapping::automatic);
          Mismatches mismatches;
          for (std::size_t i = 0; i < p.N * p.D; ++i)
            mismatches.compare(Out(out_view(i / p.D, i % p.D)), p.out[i], [&, i = i] { return p.where(i); });
          EXPECT_TRUE(mismatches);
        }
  }
};

}  // namespace KokkosQuantTest
