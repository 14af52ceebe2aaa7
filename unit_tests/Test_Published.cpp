// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The published 2 x 4 example, with every expected number written out.
///
///     x     = 0.05  0.15 -0.07 0.30 | 12.5 1.0 -0.25 4.0        range -20 .. 20, zero points 0
///     dy    = 1     2     3    4    | 5    6    7    8
///     scale = 0.1                   | 0.5
///
/// t = x / scale is 0.5, 1.5, -0.7, 3 | 25, 2, -0.5, 8, so r = 0, 2, -1, 3 | 25, 2, 0, 8: all inside but 25, and
/// dx = dy / scale is 10, 20, 30, 40 | masked, 12, 14, 16. In detail, with scale as the type has it:
/// - double: 0.1 = 0.1000000000000000055; 3/0.1 is 30 - 1.7e-15 and an ulp there 3.6e-15: 30. Likewise 10, 20, 40. But
/// 0.15 is
///   0.1499999999999999944, so t = 1.4999999999999998 and r = 1. 0.3/0.1 = 2.9999999999999996, r = 3.
/// - float: 0.15 = 0.150000006, 0.1 = 0.100000001, t = 1.5 after rounding, a tie: r = 2.
/// - half: 0.1 = 0.09997559, 0.15 = 0.15002441, t = 1.5006, r = 2; 3/0.1 = 30.0073, an ulp there is 0.0156: 30.
/// - bfloat16: 0.1 = 0.10009766, 0.15 = 0.15039063, t = 1.5024, r = 2; 3/0.1 = 29.9707, an ulp there is 0.125: 30.

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {

using Kokkos::LayoutLeft;
using Kokkos::LayoutRight;
using Kokkos::LayoutStride;
using namespace KokkosQuant;

template <class Exec, class T, class Layout>
struct PublishedCase {
  using execution_space = Exec;
  using element = T;
  using layout = Layout;
  static std::string name() { return std::string(Exec::name()) + "_" + type_name<T>() + "_" + layout_name<Layout>(); }
};
template <class Exec>
using PublishedCases =
    ::testing::Types<PublishedCase<Exec, double, LayoutRight>, PublishedCase<Exec, double, LayoutLeft>,
                     PublishedCase<Exec, double, LayoutStride>, PublishedCase<Exec, float, LayoutRight>,
                     PublishedCase<Exec, float, LayoutLeft>, PublishedCase<Exec, float, LayoutStride>,
                     PublishedCase<Exec, half_t, LayoutRight>, PublishedCase<Exec, half_t, LayoutLeft>,
                     PublishedCase<Exec, half_t, LayoutStride>, PublishedCase<Exec, bfloat16_t, LayoutRight>,
                     PublishedCase<Exec, bfloat16_t, LayoutLeft>, PublishedCase<Exec, bfloat16_t, LayoutStride>>;

template <class Case>
class Published : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::element;
  template <class E>
  using Array = Matrix<E, typename Case::layout, Exec>;

  const Exec exec{};
  const QuantizeDescriptor range{-20, 20};
  Vector<T, LayoutRight, Exec> scale{{T(0.1), T(0.5)}};
  Vector<int, LayoutRight, Exec> zero_point{{0, 0}};
  Array<T> x{2, 4, {0, 0, 2}};

  Published() {
    x.fill({T(0.05), T(0.15), T(-0.07), T(0.30), T(12.5), T(1.0), T(-0.25), T(4.0)});
    x.to_device();
  }
  template <class E>
  void expect(Array<E>& got, const std::vector<E>& expected) {
    exec.fence();
    got.to_host();
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_TRUE(same_bits(got(i / 4, i % 4), expected[i]))
          << i << ": got " << show(got(i / 4, i % 4)) << ", expected " << show(expected[i]);
  }
};
TYPED_TEST_SUITE(Published, OverSpaces_t<PublishedCases>, CaseNames);

TYPED_TEST(Published, Backward) {
  using T = typename TypeParam::element;
  typename TestFixture::template Array<T> dy(2, 4), dx(2, 4);
  dy.fill({T(1.0), T(2.0), T(3.0), T(4.0), T(5.0), T(6.0), T(7.0), T(8.0)});
  dy.to_device();
  QuantizePerTokenBackwardPlan(
      this->exec, this->range,
      QuantizePerTokenBackwardArgs{dy.view(), this->x.view(), this->scale.view(), this->zero_point.view(), dx.view()})
      .run();
  this->expect(dx, {T(10.0), T(20.0), T(30.0), T(40.0), T(0.0), T(12.0), T(14.0), T(16.0)});
}

TYPED_TEST(Published, ForwardAndBack) {
  using T = typename TypeParam::element;
  typename TestFixture::template Array<std::int8_t> q(2, 4);
  QuantizePerTokenPlan(this->exec, this->range,
                       QuantizePerTokenArgs{this->x.view(), this->scale.view(), this->zero_point.view(), q.view()})
      .run();
  const std::int8_t second = std::is_same_v<T, double> ? 1 : 2;  // 0.15 / 0.1, see above
  this->expect(q, {0, second, -1, 3, 20, 2, 0, 8});

  typename TestFixture::template Array<T> back(2, 4);
  DequantizePerTokenPlan(this->exec, this->range,
                         DequantizePerTokenArgs{q.view(), this->scale.view(), this->zero_point.view(), back.view()})
      .run();
  // 2 * 0.1 doubles the stored 0.1. 3 * 0.1 is 0.30000000000000004 in double and 0.3 in float; in half 0.29992676 is a
  // tie between 1228 and 1229 times 2^-12, so 1228; in bfloat16 0.30029297 is 153.75 times 2^-9, so 154.
  const double tenth = to_double(static_cast<T>(0.1));
  const T second_back = static_cast<T>(std::is_same_v<T, double> ? tenth : 2 * tenth);
  const T three = std::is_same_v<T, double>   ? T(0.30000000000000004)
                  : std::is_same_v<T, float>  ? T(0.3f)
                  : std::is_same_v<T, half_t> ? T(0.2998046875)
                                              : T(0.30078125);
  this->expect(back, {T(0.0), second_back, static_cast<T>(-tenth), three, T(10.0), T(1.0), T(0.0), T(4.0)});
}

}  // namespace KokkosQuantTest
