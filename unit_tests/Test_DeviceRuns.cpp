// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What everything else rests on, for each execution space: kernels really run and see what they capture, and arithmetic
// is IEEE arithmetic. If something fails here, look here first.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"

namespace KokkosQuantTest {
namespace {

template <class Exec>
class DeviceRuns : public ::testing::Test {};
TYPED_TEST_SUITE(DeviceRuns, ExecutionSpaces, CaseNames);

template <class Exec>
using Range = Kokkos::RangePolicy<Exec, Kokkos::IndexType<int>>;
template <class T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// Results of a kernel, in an order that the host expects.
template <class V>
auto on_host(const V& v) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), v);
}
template <class Exec, class T>
Kokkos::View<T*, Exec> to_exec(const std::vector<T>& values) {
  Kokkos::View<T*, Exec> v("KokkosQuantTest::values", values.size());
  const auto host = Kokkos::create_mirror_view(v);
  for (std::size_t i = 0; i < values.size(); ++i) host(i) = values[i];
  Kokkos::deep_copy(v, host);
  return v;
}

template <class Exec>
struct WriteNumber {
  Kokkos::View<int*, Exec> to;
  int number;
  KOKKOS_FUNCTION void operator()(int i) const { to(i) = number + i; }
};

// nvcc can lay a View out differently for host and device; kernels that capture one then do nothing, without an error.
TYPED_TEST(DeviceRuns, AKernelSeesTheViewAndTheIntThatItCaptures) {
  using Exec = TypeParam;
  const int n = 1000, number = 123456789;
  Kokkos::View<int*, Exec> v("KokkosQuantTest::v", n);
  Kokkos::deep_copy(v, -1);
  Kokkos::parallel_for("KokkosQuantTest::WriteNumber", Range<Exec>(0, n), WriteNumber<Exec>{v, number});
  const auto seen = on_host(v);
  for (int i = 0; i < n; ++i) ASSERT_EQ(seen(i), number + i);
}

template <class Exec>
struct SeeArgs {
  KokkosQuant::AffineQuantizer<float> quantizer;
  int number;
  Kokkos::View<float*, Exec> x, to;
  KOKKOS_FUNCTION void operator()(int i) const {
    to(i) = quantizer.dequantize(quantizer.quantize(x(i))) + static_cast<float>(number);
  }
};

TYPED_TEST(DeviceRuns, AKernelSeesAQuantizerBetweenItsOtherMembers) {
  using Exec = TypeParam;
  const auto x = to_exec<Exec>(std::vector<float>{-100, -0.6f, 0.3f, 0.6f, 100});
  const Kokkos::View<float*, Exec> to("KokkosQuantTest::to", x.extent(0));
  Kokkos::parallel_for("KokkosQuantTest::SeeArgs", Range<Exec>(0, static_cast<int>(x.extent(0))),
                       SeeArgs<Exec>{{0.5f, 3, {-4, 7}}, 1000, x, to});
  const auto seen = on_host(to);
  const float expected[] = {996.5f, 999.5f, 1000.5f, 1000.5f, 1002};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(seen(i), expected[i]) << "at " << i;
}

// ------------------------------------------------------------------------------------------------------------
// arithmetic

template <class C>
struct Quotient {
  bits_of<C> x, s, t;
};

// Computed with rationals. In the rows "not the product" x * RN(1 / s) is another number.
constexpr Quotient<float> float_quotients[] = {
    {0x3f800000, 0x40400000, 0x3eaaaaab},  // 1 / 3
    {0x40a00000, 0x40400000, 0x3fd55555},  // 5 / 3, not the product
    {0x407b9085, 0x3ff4aa56, 0x40039c01},  // not the product
    {0x3f98e772, 0x3ffdc32c, 0x3f1a409a},  // not the product
    {0x3fbadb5b, 0x4039f073, 0x3f00a1b5},  // not the product
    {0x7f7fffff, 0x3f7fffff, 0x7f800000},  // overflow
    {0x00800000, 0x40000000, 0x00400000},  // the smallest normal number / 2
    {0x00c00001, 0x40400000, 0x00400000},  // normal / 3: subnormal
    {0x3fc00000, 0x7f000000, 0x00600000},  // 1.5 / 2^127: subnormal
    {0x3fc00000, 0x7f7fffff, 0x00300000},  // 1.5 / the largest: subnormal
    {0x00000003, 0x40000000, 0x00000002},  // 3 subnormal units / 2: a tie
    {0x00000001, 0x40000000, 0x00000000},  // 1 unit / 2: a tie
    {0x00000001, 0x3f800000, 0x00000001},  // the smallest number / 1
    {0x00000007, 0x00000003, 0x40155555},  // subnormal / subnormal
    {0x80000003, 0x00000001, 0xc0400000},  // -3 units / 1 unit
    {0x00400000, 0x00000001, 0x4a800000},  // 2^22
    {0x00000001, 0x00400001, 0x347ffffc},  // and the other way round, almost
    {0x3f800000, 0x80300000, 0xff2aaaab},  // 1 / -subnormal
};
constexpr Quotient<double> double_quotients[] = {
    {0x3ff0000000000000, 0x4008000000000000, 0x3fd5555555555555},  // 1 / 3
    {0x4014000000000000, 0x4008000000000000, 0x3ffaaaaaaaaaaaab},  // 5 / 3, not the product
    {0x400a0c85bca9aac6, 0x400c45d67309e533, 0x3fed7ba1cc938a6e},  // not the product
    {0x400d7748d17a544e, 0x400cbd4ea4dba5aa, 0x3ff06789cb6e559d},  // not the product
    {0x3ffccc8fd69d687d, 0x3ff6991d53dd8a5a, 0x3ff463f36800a491},  // not the product
    {0x7fefffffffffffff, 0x3fefffffffffffff, 0x7ff0000000000000},  // overflow
    {0x0010000000000000, 0x4000000000000000, 0x0008000000000000},  // the smallest normal number / 2
    {0x0018000000000001, 0x4008000000000000, 0x0008000000000000},  // normal / 3: subnormal
    {0x3ff8000000000000, 0x7fe0000000000000, 0x000c000000000000},  // 1.5 / 2^1023: subnormal
    {0x3ff8000000000000, 0x7fefffffffffffff, 0x0006000000000000},  // 1.5 / the largest: subnormal
    {0x0000000000000003, 0x4000000000000000, 0x0000000000000002},  // 3 subnormal units / 2: a tie
    {0x0000000000000001, 0x4000000000000000, 0x0000000000000000},  // 1 unit / 2: a tie
    {0x0000000000000001, 0x3ff0000000000000, 0x0000000000000001},  // the smallest number / 1
    {0x0000000000000007, 0x0000000000000003, 0x4002aaaaaaaaaaab},  // subnormal / subnormal
    {0x8000000000000003, 0x0000000000000001, 0xc008000000000000},  // -3 units / 1 unit
    {0x0008000000000000, 0x0000000000000001, 0x4320000000000000},  // 2^51
    {0x0000000000000001, 0x0008000000000001, 0x3cbffffffffffffc},  // and the other way round, almost
    {0x3ff0000000000000, 0x800c000000000000, 0xffd5555555555555},  // 1 / -subnormal
};
template <class C>
std::vector<Quotient<C>> quotients() {
  if constexpr (sizeof(C) == 4)
    return {std::begin(float_quotients), std::end(float_quotients)};
  else
    return {std::begin(double_quotients), std::end(double_quotients)};
}

template <class Exec, class C>
struct Divide {
  Kokkos::View<C*, Exec> x, s, t;
  KOKKOS_FUNCTION void operator()(int i) const { t(i) = KokkosQuant::AffineQuantizer<C>(s(i), 0, {-128, 127}).quotient(x(i)); }
};

// So often that every thread has its share: the mode that flushes subnormals is one of each thread.
template <class Exec, class C>
void test_quotients() {
  const auto cases = quotients<C>();
  std::vector<C> x, s;
  for (int repeat = 0; repeat < 200; ++repeat)
    for (const auto& c : cases) {
      x.push_back(std::bit_cast<C>(c.x));
      s.push_back(std::bit_cast<C>(c.s));
    }
  const Kokkos::View<C*, Exec> t("KokkosQuantTest::t", x.size());
  Kokkos::parallel_for("KokkosQuantTest::Divide", Range<Exec>(0, static_cast<int>(x.size())),
                       Divide<Exec, C>{to_exec<Exec>(x), to_exec<Exec>(s), t});
  const auto got = on_host(t);
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(std::bit_cast<bits_of<C>>(static_cast<C>(got(i))), cases[i % cases.size()].t)
        << x[i] << " / " << s[i] << ", the thread's " << i << "th";
}

TYPED_TEST(DeviceRuns, FloatsAreDividedCorrectlyRounded) { test_quotients<TypeParam, float>(); }
TYPED_TEST(DeviceRuns, DoublesAreDividedCorrectlyRounded) { test_quotients<TypeParam, double>(); }

// Sums and products of subnormals, which flush-to-zero and denormals-are-zero would lose.
template <class Exec, class C>
struct Subnormals {
  Kokkos::View<C*, Exec> tiny, to;
  KOKKOS_FUNCTION void operator()(int i) const {
    const C unit = tiny(0), normal = tiny(1);
    if (i % 4 == 0) to(i) = unit + unit;                // subnormals in, subnormal out
    if (i % 4 == 1) to(i) = normal - unit;              // the largest subnormal
    if (i % 4 == 2) to(i) = normal * C(0.5);            // normal in, subnormal out
    if (i % 4 == 3) to(i) = unit > C(0) ? C(1) : C(0);  // and a comparison
  }
};
template <class Exec, class C>
void test_subnormals() {
  using limits = std::numeric_limits<C>;
  const Kokkos::View<C*, Exec> to("KokkosQuantTest::to", 1000);
  Kokkos::parallel_for("KokkosQuantTest::Subnormals", Range<Exec>(0, 1000),
                       Subnormals<Exec, C>{to_exec<Exec>(std::vector<C>{limits::denorm_min(), limits::min()}), to});
  const auto got = on_host(to);
  const bits_of<C> smallest_normal = std::bit_cast<bits_of<C>>(limits::min());
  const bits_of<C> expected[] = {2, smallest_normal - 1, smallest_normal / 2, std::bit_cast<bits_of<C>>(C(1))};
  for (std::size_t i = 0; i < 1000; ++i)
    ASSERT_EQ(std::bit_cast<bits_of<C>>(static_cast<C>(got(i))), expected[i % 4]) << "at " << i;
}

TYPED_TEST(DeviceRuns, SubnormalFloatsAreHonoured) { test_subnormals<TypeParam, float>(); }
TYPED_TEST(DeviceRuns, SubnormalDoublesAreHonoured) { test_subnormals<TypeParam, double>(); }

template <class Exec>
struct Ties {
  Kokkos::View<float*, Exec> x;
  Kokkos::View<int*, Exec> to;
  KOKKOS_FUNCTION void operator()(int i) const {
    to(i) = KokkosQuant::AffineQuantizer<float>(1.0f, 0, {-128, 127}).quantize(x(i));
  }
};
TYPED_TEST(DeviceRuns, RoundingIsToNearestWithTiesToEven) {
  using Exec = TypeParam;
  const std::vector<float> x = {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 2.5000002f, 2.4999998f};
  const int expected[] = {-2, -2, 0, 0, 2, 2, 3, 2};
  const Kokkos::View<int*, Exec> to("KokkosQuantTest::to", x.size());
  Kokkos::parallel_for("KokkosQuantTest::Ties", Range<Exec>(0, static_cast<int>(x.size())), Ties<Exec>{to_exec<Exec>(x), to});
  const auto got = on_host(to);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(got(i), expected[i]) << x[i];
}

// The thread that the tests themselves compute in.
template <class C>
void test_host_thread() {
  for (const auto& c : quotients<C>()) {
    volatile C x = std::bit_cast<C>(c.x), s = std::bit_cast<C>(c.s);
    EXPECT_EQ(std::bit_cast<bits_of<C>>(static_cast<C>(x / s)), c.t) << x << " / " << s;
  }
  volatile C unit = std::numeric_limits<C>::denorm_min();
  EXPECT_GT(unit, C(0));
  EXPECT_EQ(std::bit_cast<bits_of<C>>(static_cast<C>(unit + unit)), 2u);
}
TEST(HostThread, DividesCorrectlyRoundedAndHonoursSubnormals) {
  test_host_thread<float>();
  test_host_thread<double>();
}

}  // namespace
}  // namespace KokkosQuantTest
