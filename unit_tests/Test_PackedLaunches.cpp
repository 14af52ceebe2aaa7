// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packed codes in lines about as long as a launch of a device, and groups of them that end inside a byte. Built for the host and with
// the walk of devices on the host, whose launches have at most 2^12 elements.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::int4x2_t;
using KokkosQuant::Impl::device_walk_on_host;
using Exec = Kokkos::DefaultHostExecutionSpace;
template <class T>
using Rows = Kokkos::View<T**, Kokkos::LayoutRight, Kokkos::HostSpace>;

struct Problem {
  static constexpr std::size_t group = 601;  // more than an eighth of a launch
  Rows<float> x, scale;
  Rows<int4x2_t> q;

  explicit Problem(std::size_t columns)
      : x("x", 3, columns), scale("scale", 3, (columns + group - 1) / group), q("q", 3, (columns + 1) / 2) {
    for (std::size_t n = 0; n < 3; ++n) {
      for (std::size_t d = 0; d < x.extent(1); ++d) x(n, d) = static_cast<float>((7 * n + 5 * d) % 33) - 16.0f;
      for (std::size_t g = 0; g < scale.extent(1); ++g) scale(n, g) = static_cast<float>(1 + (n + g) % 4);
      for (std::size_t b = 0; b < q.extent(1); ++b) q(n, b).byte = 0xa5;
    }
  }
  void run() const {
    KokkosQuant::QuantizePerGroupPlan(
        Exec{}, KokkosQuant::QuantizeDescriptor{-8, 7},
        KokkosQuant::QuantizePerGroupArgs{x, scale, KokkosQuant::no_zero_point, q,
                                          KokkosQuant::PerGroup{static_cast<std::int64_t>(group)}})
        .run();
    Exec{}.fence();
  }
  std::int32_t expected(std::size_t n, std::size_t d) const {
    const double t = std::nearbyint(static_cast<double>(x(n, d)) / static_cast<double>(scale(n, d / group)));
    return static_cast<std::int32_t>(std::min(std::max(t, -8.0), 7.0));
  }
  void expect_results() const {
    for (std::size_t n = 0; n < 3; ++n)
      for (std::size_t d = 0; d < x.extent(1); ++d)
        ASSERT_EQ(q(n, d / 2).get(static_cast<int>(d % 2)), expected(n, d)) << n << ", " << d;
  }
};

TEST(PackedLaunches, OfALineThatFits) {
  const Problem p(3001);
  p.run();
  p.expect_results();
}
// What would cut a byte is refused, and nothing is written.
TEST(PackedLaunches, OfALongerLine) {
  const Problem p(5001);
  if (!device_walk_on_host) {
    p.run();
    return p.expect_results();
  }
  std::string message;
  try {
    p.run();
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("KokkosQuant::QuantizePerGroup"), std::string::npos) << message;
  EXPECT_NE(message.find("expected groups whose codes fill bytes"), std::string::npos) << message;
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t b = 0; b < p.q.extent(1); ++b) ASSERT_EQ(p.q(n, b).byte, 0xa5);
}

bool passes(std::size_t n, std::size_t d) { return (n + d * d / 3) % 2 == 0; }

// A launch ends with a byte, whatever the width of its packs: of double two neighbours, a quarter of a mask's byte.
template <class Case>
class PackedLaunchesOf : public ::testing::Test {};
template <class T_, class P_>
struct PackedCase {
  using T = T_;
  using P = P_;
};
template <class T>
using PackedCasesOf = ::testing::Types<PackedCase<T, KokkosQuant::mask8_t>, PackedCase<T, KokkosQuant::int2x4_t>>;
using PackedCases = Concat_t<PackedCasesOf<double>, PackedCasesOf<float>, PackedCasesOf<half_t>>;
TYPED_TEST_SUITE(PackedLaunchesOf, PackedCases);

TYPED_TEST(PackedLaunchesOf, GradientsOfLongLines) {
  using T = typename TypeParam::T;
  using P = typename TypeParam::P;
  constexpr bool is_mask = std::is_same_v<P, KokkosQuant::mask8_t>;
  const std::size_t D = 9001, bytes = (D + P::per_byte - 1) / P::per_byte;
  for (const std::size_t N : {1, 3}) {
    const Rows<T> dy("dy", N, D), dx("dx", N, D);
    const Rows<P> codes("codes", N, bytes);
    for (std::size_t n = 0; n < N; ++n)
      for (std::size_t d = 0; d < D; ++d) {
        dy(n, d) = reference_convert<T>(static_cast<double>(1 + d % 100));
        codes(n, d / P::per_byte).set(static_cast<int>(d % P::per_byte), passes(n, d) == is_mask ? 1 : 0);
      }
    const KokkosQuant::QuantizeDescriptor range{-1, 1};  // (of codes: 0 passes)
    if constexpr (is_mask)
      KokkosQuant::FakeQuantizeBackwardFromMaskPlan(Exec{}, range, KokkosQuant::FakeQuantizeBackwardFromMaskArgs{dy, codes, dx})
          .run();
    else
      KokkosQuant::FakeQuantizeBackwardFromCodesPlan(Exec{}, range,
                                                     KokkosQuant::FakeQuantizeBackwardFromCodesArgs{dy, codes, dx})
          .run();
    Exec{}.fence();
    for (std::size_t n = 0; n < N; ++n)
      for (std::size_t d = 0; d < D; ++d)
        ASSERT_EQ(to_double(dx(n, d)), passes(n, d) ? to_double(dy(n, d)) : 0) << n << ", " << d;
  }
}

}  // namespace
}  // namespace KokkosQuantTest
