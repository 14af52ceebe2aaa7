// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Arrays of more than two extents: all but the last collapse into rows, where strides allow.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <string>

#include "KokkosQuantTest_Fixtures.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::no_zero_point;
using KokkosQuant::QuantizeDescriptor;

constexpr QuantizeDescriptor int8_range{-128, 127};

template <class Space>
struct SpaceCase {
  using execution_space = Space;
  static std::string name() { return Space::name(); }
};
template <class Exec>
using RankCasesOf = ::testing::Types<SpaceCase<Exec>>;
using RankCases = OverSpaces_t<RankCasesOf>;

template <class Case>
class Ranks : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  static constexpr int B = 3, S = 5, D = 37;

  static float x_at(int b, int s, int d) { return 0.37f * static_cast<float>((b * 7 + s * 11 + d * 13) % 29 - 14); }
  static float scale_at(int b, int s) { return 0.01f * static_cast<float>(1 + b * S + s); }

  // Quantizes x per token and compares; scale has the rank that is given.
  template <class Layout, class Scale>
  static void quantize(const Kokkos::View<float***, Layout, Exec>& x, const Scale& scale) {
    const Kokkos::View<std::int8_t***, Layout, Exec> q("q", B, S, D);
    const auto x_host = Kokkos::create_mirror_view(x);
    for (int b = 0; b < B; ++b)
      for (int s = 0; s < S; ++s)
        for (int d = 0; d < D; ++d) x_host(b, s, d) = x_at(b, s, d);
    Kokkos::deep_copy(x, x_host);
    const Exec exec{};
    KokkosQuant::QuantizePerTokenPlan plan(exec, int8_range, KokkosQuant::QuantizePerTokenArgs{x, scale, no_zero_point, q});
    plan.run();
    exec.fence();
    const auto q_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), q);
    for (int b = 0; b < B; ++b)
      for (int s = 0; s < S; ++s)
        for (int d = 0; d < D; ++d)
          ASSERT_EQ(q_host(b, s, d), KokkosQuant::AffineQuantizer<float>(scale_at(b, s), 0, int8_range).quantize(x_at(b, s, d)))
              << b << ", " << s << ", " << d;
  }
  template <class Layout>
  static auto scales_of_rank_two() {
    const Kokkos::View<float**, Layout, Exec> scale("scale", B, S);
    const auto host = Kokkos::create_mirror_view(scale);
    for (int b = 0; b < B; ++b)
      for (int s = 0; s < S; ++s) host(b, s) = scale_at(b, s);
    Kokkos::deep_copy(scale, host);
    return scale;
  }
  static auto scales_of_rank_one() {
    const Kokkos::View<float*, Exec> scale("scale", B * S);
    const auto host = Kokkos::create_mirror_view(scale);
    for (int b = 0; b < B; ++b)
      for (int s = 0; s < S; ++s) host(b * S + s) = scale_at(b, s);
    Kokkos::deep_copy(scale, host);
    return scale;
  }
};
TYPED_TEST_SUITE(Ranks, RankCases, CaseNames);

TYPED_TEST(Ranks, RowMajorRowsTakeScalesOfRankTwo) {
  using Layout = Kokkos::LayoutRight;
  this->quantize(Kokkos::View<float***, Layout, typename TestFixture::Exec>("x", 3, 5, 37),
                 this->template scales_of_rank_two<Layout>());
}
TYPED_TEST(Ranks, RowMajorRowsTakeScalesOfRankOne) {
  this->quantize(Kokkos::View<float***, Kokkos::LayoutRight, typename TestFixture::Exec>("x", 3, 5, 37),
                 this->scales_of_rank_one());
}
TYPED_TEST(Ranks, ColumnMajorRowsTakeScalesOfRankTwo) {
  using Layout = Kokkos::LayoutLeft;
  this->quantize(Kokkos::View<float***, Layout, typename TestFixture::Exec>("x", 3, 5, 37),
                 this->template scales_of_rank_two<Layout>());
}

TYPED_TEST(Ranks, GapsBetweenLeadingExtentsAreRefused) {
  using Exec = typename TestFixture::Exec;
  const Kokkos::View<float***, Kokkos::LayoutRight, Exec> wide("x", 3, 8, 37), dx("dx", 3, 5, 37);
  const auto x = Kokkos::subview(wide, Kokkos::ALL, Kokkos::pair<int, int>(0, 5), Kokkos::ALL);
  const auto scale = this->scales_of_rank_one();
  const auto ok = KokkosQuant::can_implement<KokkosQuant::QuantizePerTokenBackward>(
      Exec{}, int8_range, KokkosQuant::QuantizePerTokenBackwardArgs{x, x, scale, no_zero_point, dx});
  ASSERT_FALSE(ok);
  EXPECT_NE(ok.message().find("dy is 3 x 5 x 37 with strides 296, 37, 1"), std::string::npos) << ok.message();
}
TYPED_TEST(Ranks, ArraysInDifferentOrdersAreRefused) {
  using Exec = typename TestFixture::Exec;
  const Kokkos::View<float***, Kokkos::LayoutLeft, Exec> x("x", 3, 5, 37);
  const Kokkos::View<float***, Kokkos::LayoutRight, Exec> dx("dx", 3, 5, 37);
  const auto scale = this->scales_of_rank_one();
  EXPECT_FALSE(KokkosQuant::can_implement<KokkosQuant::QuantizePerTokenBackward>(
      Exec{}, int8_range, KokkosQuant::QuantizePerTokenBackwardArgs{x, x, scale, no_zero_point, dx}));
}
TYPED_TEST(Ranks, RunTakesTheSameExtentsOnly) {
  using Exec = typename TestFixture::Exec;
  using View = Kokkos::View<float***, Kokkos::LayoutRight, Exec>;
  const View x("x", 3, 5, 37), dx("dx", 3, 5, 37), other("other", 5, 3, 37), other_dx("other", 5, 3, 37);
  const auto scale = this->scales_of_rank_one();
  const KokkosQuant::QuantizePerTokenBackwardPlan plan(
      Exec{}, int8_range, KokkosQuant::QuantizePerTokenBackwardArgs{x, x, scale, no_zero_point, dx});
  EXPECT_THROW(plan.run(KokkosQuant::QuantizePerTokenBackwardArgs{other, other, scale, no_zero_point, other_dx}),
               std::invalid_argument);
}

}  // namespace
}  // namespace KokkosQuantTest
