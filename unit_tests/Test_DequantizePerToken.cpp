// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The plan DequantizePerToken against the contract, and the full circle with QuantizePerToken.
#include "KokkosQuantTest_RowOps.hpp"

namespace KokkosQuantTest {

using std::int8_t;
using std::uint8_t;

struct Dequantize {
  using tag = KokkosQuant::DequantizePerToken;
  template <class Q, class S, class Z, class X>
  static auto args(const Q& q, const S& scale, const Z& zero_point, const X& x) {
    return KokkosQuant::DequantizePerTokenArgs{q, scale, zero_point, x};
  }
};
template <class Exec, class Code, class T, class Scale, ZeroPoints Zero, class LQ, class LX = LQ, class LRow = LayoutRight>
using DequantizeCase = UnaryCase<Dequantize, Exec, Code, T, Scale, Zero, LQ, LX, LRow>;

template <class Exec>
using WideCases =
    ::testing::Types<DequantizeCase<Exec, int8_t, float, float, ZeroPoints::given, LayoutRight>,
                     DequantizeCase<Exec, uint8_t, float, float, ZeroPoints::given, LayoutLeft>,
                     DequantizeCase<Exec, uint8_t, float, float, ZeroPoints::none, LayoutStride, LayoutLeft, LayoutStride>,
                     DequantizeCase<Exec, int8_t, double, double, ZeroPoints::given, LayoutLeft>,
                     DequantizeCase<Exec, uint8_t, double, double, ZeroPoints::none, LayoutRight>>;
template <class Exec>
using NarrowCases =
    ::testing::Types<DequantizeCase<Exec, int8_t, half_t, half_t, ZeroPoints::given, LayoutRight>,
                     DequantizeCase<Exec, uint8_t, half_t, float, ZeroPoints::given, LayoutLeft>,
                     DequantizeCase<Exec, uint8_t, bfloat16_t, bfloat16_t, ZeroPoints::none, LayoutRight>,
                     DequantizeCase<Exec, int8_t, bfloat16_t, float, ZeroPoints::none, LayoutRight>,
                     DequantizeCase<Exec, int8_t, bfloat16_t, float, ZeroPoints::given, LayoutLeft, LayoutRight>>;
template <class Exec>
using Cases = Concat_t<WideCases<Exec>, NarrowCases<Exec>>;
template <class Exec>
using PackedCases = ::testing::Types<DequantizeCase<Exec, int8_t, float, float, ZeroPoints::given, LayoutRight>,
                                     DequantizeCase<Exec, uint8_t, float, float, ZeroPoints::given, LayoutLeft>,
                                     DequantizeCase<Exec, int8_t, double, double, ZeroPoints::given, LayoutLeft>,
                                     DequantizeCase<Exec, int8_t, half_t, half_t, ZeroPoints::given, LayoutRight>,
                                     DequantizeCase<Exec, uint8_t, bfloat16_t, bfloat16_t, ZeroPoints::none, LayoutRight>>;

template <class Code>
constexpr QuantizeDescriptor full_range() {
  return {std::numeric_limits<Code>::min(), std::numeric_limits<Code>::max()};
}

template <class Case>
class DequantizePerToken : public UnaryRunner<Case> {
 public:
  using typename UnaryRunner<Case>::Problem;
  using Code = typename Case::In;
  using T = typename Case::Out;
  using Scale = typename Case::Scale;

  static void solve(Problem& p) {
    using C = KokkosQuant::compute_t<T>;
    p.out.resize(p.N * p.D);
    for (std::size_t i = 0; i < p.out.size(); ++i) {
      const std::size_t n = i / p.D;
      const auto scale = static_cast<C>(to_double(p.scale[n]));
      p.out[i] = reference_convert<T>(static_cast<double>(reference_dequantize(p.in[i], scale, p.zero_point[n])));
    }
  }
  static Problem problem(std::size_t N, std::size_t D) {
    Random random(N + D);
    Problem p{N, D, full_range<Code>(), {}, {}, {}, {}};
    for (std::size_t n = 0; n < N; ++n) {
      const auto [scale, zero_point] = any_row<Scale>(random, Case::zero_points);
      p.scale.push_back(scale);
      p.zero_point.push_back(zero_point);
      for (std::size_t d = 0; d < D; ++d) p.in.push_back(static_cast<Code>(random.bits()));
    }
    solve(p);
    return p;
  }
};
TYPED_TEST_SUITE(DequantizePerToken, OverSpaces_t<Cases>, CaseNames);

// All 256 codes with every scale and every zero point, in one long row each.
TYPED_TEST(DequantizePerToken, EveryCode) {
  using Fixture = DequantizePerToken<TypeParam>;
  using Code = typename TypeParam::In;
  using Scale = typename TypeParam::Scale;
  static const auto problem = [] {
    using C = std::conditional_t<std::is_same_v<Scale, double>, double, float>;
    const std::vector<std::int32_t> zero_points =
        Fixture::zero == ZeroPoints::none ? std::vector<std::int32_t>{0} : special_integers();
    std::vector<C> scales = special_scales<C>();
    Random random(8);
    for (int i = 0; i < 20; ++i) scales.push_back(random.any<C>());
    typename Fixture::Problem p{0, 256, full_range<Code>(), {}, {}, {}, {}};
    std::vector<Scale> stored;
    for (const C scale : scales) stored.push_back(reference_convert<Scale>(static_cast<double>(scale)));
    // NaNs that a rounding which looks at the upper half alone would lose, beside those of special_scales.
    if constexpr (std::is_same_v<Scale, float>)
      for (const std::uint32_t nan : {0x7fc00001u, 0x7f80ffffu}) stored.push_back(std::bit_cast<float>(nan));
    p.N = stored.size() * zero_points.size();
    for (const Scale scale : stored)
      for (const std::int32_t zero_point : zero_points) {
        p.scale.push_back(scale);
        p.zero_point.push_back(zero_point);
        for (int code = 0; code < 256; ++code) p.in.push_back(static_cast<Code>(code));
      }
    Fixture::solve(p);
    return p;
  }();
  Fixture::run(problem, Fixture::dense);
  Fixture::run(problem, Fixture::padded, Mapping::elements);
}

TYPED_TEST(DequantizePerToken, EveryWidthAndHeight) {
  using Fixture = DequantizePerToken<TypeParam>;
  Fixture::run_every_width_and_height([](std::size_t N, std::size_t D) { return Fixture::problem(N, D); });
}

TYPED_TEST(DequantizePerToken, LongRowsAndManyRows) {
  using Fixture = DequantizePerToken<TypeParam>;
  for (const auto& [N, D] : large_shapes) {
    const auto p = Fixture::problem(N, D);
    Fixture::run(p, Fixture::dense);
    Fixture::run(p, Fixture::padded);
  }
}

TYPED_TEST(DequantizePerToken, NothingAndOneElement) {
  using Fixture = DequantizePerToken<TypeParam>;
  for (const auto& [N, D] : empty_and_one)
    for (const Mapping mapping : mappings) Fixture::run(Fixture::problem(N, D), Fixture::dense, mapping);
}

template <class Case>
class DequantizePerTokenOnHost : public DequantizePerToken<Case> {};
TYPED_TEST_SUITE(DequantizePerTokenOnHost, OverHostSpaces_t<PackedCases>, CaseNames);

TYPED_TEST(DequantizePerTokenOnHost, TouchesNothingOutside) {
  using Fixture = DequantizePerToken<TypeParam>;
  Fixture::run_between_fences([](std::size_t N, std::size_t D) { return Fixture::problem(N, D); });
}

template <class Case>
class FullCircle : public DequantizePerToken<Case> {};
TYPED_TEST_SUITE(FullCircle, OverSpaces_t<PackedCases>, CaseNames);

// x -> q -> x' -> q': a code that came from an x comes back, and x' is at most half a step from an x that was not
// clamped.
TYPED_TEST(FullCircle, CodesComeBackAndErrorsAreHalfAStep) {
  using Exec = typename TypeParam::execution_space;
  using Code = typename TypeParam::In;
  using T = typename TypeParam::Out;
  using Scale = typename TypeParam::Scale;
  const std::size_t N = 64, D = 1001;
  const QuantizeDescriptor range = full_range<Code>();
  Random random(11);
  Matrix<T, typename TypeParam::out_layout, Exec> x(N, D), x_back(N, D);
  Matrix<Code, typename TypeParam::in_layout, Exec> q(N, D), q_back(N, D);
  std::vector<Scale> scales;
  std::vector<int> zero_points;
  for (std::size_t n = 0; n < N; ++n) {
    scales.push_back(reference_convert<Scale>(random.uniform(0.01, 10)));
    zero_points.push_back(std::is_signed_v<Code> ? static_cast<int>(random.below(20)) - 10
                                                 : 128 + static_cast<int>(random.below(20)));
    for (std::size_t d = 0; d < D; ++d) x(n, d) = reference_convert<T>(random.uniform(-150, 150) * to_double(scales[n]));
  }
  x.to_device();
  const Vector<Scale, LayoutRight, Exec> scale(scales);
  const Vector<int, LayoutRight, Exec> zero_point(zero_points);
  const Exec exec{};
  using namespace KokkosQuant;
  const auto quantize = [&](const auto& from, const auto& to) {
    QuantizePerTokenPlan(exec, range, QuantizePerTokenArgs{from, scale.const_view(), zero_point.const_view(), to}).run();
  };
  quantize(x.const_view(), q.view());
  DequantizePerTokenPlan(exec, range,
                         DequantizePerTokenArgs{q.const_view(), scale.const_view(), zero_point.const_view(), x_back.view()})
      .run();
  quantize(x_back.const_view(), q_back.view());
  exec.fence();
  q.to_host();
  x_back.to_host();
  q_back.to_host();
  const double relative = std::is_same_v<T, bfloat16_t> ? 0x1p-8 : std::is_same_v<T, half_t> ? 0x1p-11 : 0x1p-22;
  std::size_t unclamped = 0;
  Mismatches codes;
  for (std::size_t n = 0; n < N; ++n)
    for (std::size_t d = 0; d < D; ++d) {
      codes.compare(q_back(n, d), q(n, d), [&] { return show(x(n, d)); });
      const double value = to_double(x(n, d)), step = to_double(scales[n]);
      if (q(n, d) == range.q_min || q(n, d) == range.q_max) continue;
      ++unclamped;
      ASSERT_LE(std::fabs(to_double(x_back(n, d)) - value), step / 2 + relative * (std::fabs(value) + step))
          << show(x(n, d)) << ", scale " << step;
    }
  EXPECT_TRUE(codes);
  EXPECT_GT(unclamped, N * D / 2);
}

}  // namespace KokkosQuantTest
