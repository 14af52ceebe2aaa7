// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Codes of a byte or less, which hosts compute many at once: rows in which one element is unlike the others, at each place of a
// block, and rows of scales with which no reciprocal may be used.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {
namespace {

namespace KQ = KokkosQuant;
using Exec = Kokkos::DefaultHostExecutionSpace;

template <class T, class Q>
struct Case {
  using element = T;
  using code = Q;
};
template <class C>
class ByteCodes : public testing::Test {};
using Cases = testing::Types<Case<float, std::int8_t>, Case<float, std::uint8_t>, Case<float, KQ::int4x2_t>,
                             Case<float, KQ::uint2x4_t>, Case<half_t, std::int8_t>, Case<half_t, KQ::uint4x2_t>,
                             Case<bfloat16_t, std::int8_t>, Case<bfloat16_t, std::uint8_t>, Case<bfloat16_t, KQ::int2x4_t>>;
TYPED_TEST_SUITE(ByteCodes, Cases);

template <class Q>
std::vector<QuantizeDescriptor> ranges() {
  if constexpr (KQ::Impl::packed_type<Q>)
    return {{Q::lowest, Q::highest}, {Q::lowest + 1, Q::lowest + 2}};
  else if constexpr (std::is_signed_v<Q>)
    return {{-128, 127}, {-127, 127}, {-5, 3}, {7, 100}};
  else
    return {{0, 255}, {0, 127}, {100, 255}, {128, 200}};
}
// Code i of those that are stored
template <class Q>
std::int32_t code_at(const Q* codes, std::size_t i) {
  if constexpr (KQ::Impl::packed_type<Q>) {
    const unsigned bits = (codes[i / Q::per_byte].byte >> (i % Q::per_byte * Q::bits)) & ((1u << Q::bits) - 1);
    const int value = static_cast<int>(bits);
    return value > Q::highest ? value - (1 << Q::bits) : value;
  } else {
    return codes[i];
  }
}

// Rows of `columns` ordinary elements, of which row r has one that is not.
template <class T, class Q>
void check(std::size_t columns, double scale, std::int32_t zero_point, const QuantizeDescriptor& range,
           const std::vector<double>& unlike) {
  constexpr std::size_t per = KQ::Impl::elements_per<Q>;
  const std::size_t rows = unlike.size() * columns + 1;  // (an odd number: blocks end inside of rows)
  Kokkos::View<T**, Kokkos::LayoutRight, Exec> x("x", rows, columns);
  Kokkos::View<Q**, Kokkos::LayoutRight, Exec> q("q", rows, (columns + per - 1) / per);
  Kokkos::View<T*, Exec> scales("scale", rows);
  Kokkos::View<std::int32_t*, Exec> zero_points("zero_point", rows);
  const auto s = static_cast<T>(static_cast<float>(scale));
  for (std::size_t r = 0; r < rows; ++r) {
    scales(r) = s;
    zero_points(r) = zero_point;
    for (std::size_t d = 0; d < columns; ++d)
      x(r, d) = static_cast<T>(static_cast<float>((0.5 * static_cast<double>((r * 31 + d * 17) % 1024) - 256) * to_double(s)));
    if (r + 1 < rows) x(r, r % columns) = static_cast<T>(static_cast<float>(unlike[r / columns] * to_double(s)));
  }
  KQ::QuantizePerTokenPlan(Exec{}, range, KQ::QuantizePerTokenArgs{x, scales, zero_points, q}).run();
  Kokkos::fence();
  int wrong = 0;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t d = 0; d < columns; ++d) {
      const auto of_x = static_cast<float>(to_double(x(r, d))), of_scale = static_cast<float>(to_double(scales(r)));
      const std::int32_t expected = reference_quantize(of_x, of_scale, zero_point, range), given = code_at(&q(r, 0), d);
      if (expected != given && ++wrong < 4)
        ADD_FAILURE() << "columns " << columns << ", scale " << scale << ", zero point " << zero_point << ", range ["
                      << range.q_min << ", " << range.q_max << "]: x(" << r << ", " << d << ") = " << of_x << " became "
                      << given << ", not " << expected;
    }
}

constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

TYPED_TEST(ByteCodes, OneUnlikeTheOthers) {
  using T = typename TypeParam::element;
  using Q = typename TypeParam::code;
  // in scales: around 2^22, where the way by the reciprocal ends, and what overflows on it
  const std::vector<double> unlike{
      nan,    inf,     -inf,    0x1p22,   -0x1p22,  0x1.fffffep21, -0x1.fffffep21, 0x1.000002p22, -0x1.000002p22,
      0x1p23, -0x1p24, 0x1p100, -0x1p100, 0x1p-100, 127.5,         -128.5};
  for (const QuantizeDescriptor& range : ranges<Q>())
    for (const std::size_t columns : {64u, 100u}) check<T, Q>(columns, 0.0373, 3, range, unlike);
}
TYPED_TEST(ByteCodes, Columns) {
  using T = typename TypeParam::element;
  using Q = typename TypeParam::code;
  for (const std::size_t columns : {1u, 3u, 4u, 8u, 16u, 31u, 32u, 33u, 63u, 65u, 96u, 127u, 128u, 129u, 192u, 200u})
    check<T, Q>(columns, 0.75, -1, ranges<Q>().front(), {nan, 1.5});
}
TYPED_TEST(ByteCodes, ScalesAndZeroPoints) {
  using T = typename TypeParam::element;
  using Q = typename TypeParam::code;
  const QuantizeDescriptor range = ranges<Q>().front();
  const std::vector<double> unlike{nan, inf, 0x1p22, -0x1p22, 2.5};
  for (const double scale : {0x1p-40, 0x1.fep-41, 0x1p40, 0x1.02p40, 0x1p-14, -0.25, 0.0, -0.0, inf, nan, 0x1p-130, 0x1.fep120})
    check<T, Q>(128, scale, 5, range, unlike);
  for (const std::int32_t zero_point : {1 << 20, -(1 << 20), 1 << 21, -(1 << 21), (1 << 21) + 1, -(1 << 21) - 1,
                                        std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min()})
    check<T, Q>(128, 0.125, zero_point, range, unlike);
}

}  // namespace
}  // namespace KokkosQuantTest
