// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief half_t and bfloat16_t: what their 65,536 encodings mean, and that conversions to them round once.
///
/// By default the 2^32 floats are visited with a stride, and all those beside a number of the 16-bit type or beside the
/// middle between two. KOKKOSQUANT_EXHAUSTIVE=1 in the environment visits all of them.

#include <cstdlib>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {

template <class Exec, class T>
struct TypesCase {
  using execution_space = Exec;
  using element = T;
  static std::string name() { return std::string(Exec::name()) + "_" + type_name<T>(); }
};
template <class Exec>
using TypesCases = ::testing::Types<TypesCase<Exec, half_t>, TypesCase<Exec, bfloat16_t>>;

template <class From, class To, class Exec>
struct ConvertKernel {
  Kokkos::View<const From*, Kokkos::LayoutRight, typename Exec::memory_space> from;
  Kokkos::View<To*, Kokkos::LayoutRight, typename Exec::memory_space> to;
  KOKKOS_FUNCTION void operator()(const std::size_t i) const { to(i) = static_cast<To>(from(i)); }
};

/// The conversion inside a kernel.
template <class To, class Exec, class From>
std::vector<To> convert(const std::vector<From>& values) {
  Vector<From, Kokkos::LayoutRight, Exec> from(values);
  Vector<To, Kokkos::LayoutRight, Exec> to(std::vector<To>(values.size()));
  Kokkos::parallel_for("KokkosQuantTest::convert", Kokkos::RangePolicy<Exec>(0, values.size()),
                       ConvertKernel<From, To, Exec>{from.const_view(), to.view()});
  Kokkos::fence();
  return to.values();
}

template <class To, class From>
::testing::AssertionResult all_converted(const std::vector<From>& from, const std::vector<To>& got) {
  Mismatches mismatches;
  for (std::size_t i = 0; i < from.size(); ++i)
    mismatches.compare(got[i], reference_convert<To>(to_double(from[i])), [&] { return show(from[i]); });
  return mismatches;
}

std::vector<float> floats_around(float value) {
  const float inf = std::numeric_limits<float>::infinity();
  return {std::nextafterf(value, -inf), value, std::nextafterf(value, inf)};
}

template <class T>
class Types : public ::testing::Test {};
TYPED_TEST_SUITE(Types, OverSpaces_t<TypesCases>, CaseNames);

TYPED_TEST(Types, AreTwoTrivialBytes) {
  using T = typename TypeParam::element;
  static_assert(sizeof(T) == 2 && alignof(T) == 2);
  static_assert(std::is_trivial_v<T> && std::is_standard_layout_v<T> && std::is_trivially_copyable_v<T>);
  static_assert(!std::is_convertible_v<float, T> && !std::is_convertible_v<T, float>, "conversions are asked for");
  static_assert(KokkosQuant::element_type<T>);
  static_assert(std::is_same_v<KokkosQuant::compute_t<T>, float>);
  EXPECT_EQ(T::from_bits(0x1234).bits, 0x1234);
  EXPECT_EQ(static_cast<float>(T(1.0f)), 1.0f);
  EXPECT_EQ(T(1.0f).bits, (std::is_same_v<T, half_t> ? 0x3c00 : 0x3f80));
}

TYPED_TEST(Types, EveryEncodingDecodesAndRoundTrips) {
  using T = typename TypeParam::element;
  using Exec = typename TypeParam::execution_space;
  std::vector<T> encodings(65536);
  for (unsigned i = 0; i < 65536; ++i) encodings[i] = T::from_bits(static_cast<std::uint16_t>(i));
  const std::vector<float> floats = convert<float, Exec>(encodings);
  const std::vector<double> doubles = convert<double, Exec>(encodings);
  const std::vector<T> back = convert<T, Exec>(floats), back_from_double = convert<T, Exec>(doubles);
  Mismatches kernel, host, round_trip;
  for (unsigned i = 0; i < 65536; ++i) {
    const auto where = [&] { return "encoding " + std::to_string(i); };
    const double value = Format<T>::decode(i);
    kernel.compare(static_cast<double>(floats[i]), value, where);
    kernel.compare(doubles[i], value, where);
    host.compare(static_cast<double>(static_cast<float>(encodings[i])), value, where);
    host.compare(static_cast<double>(encodings[i]), value, where);
    round_trip.compare(back[i], encodings[i], where);
    round_trip.compare(back_from_double[i], encodings[i], where);
    round_trip.compare(T(static_cast<float>(encodings[i])), encodings[i], where);
    round_trip.compare(T(static_cast<double>(encodings[i])), encodings[i], where);
  }
  EXPECT_TRUE(kernel);
  EXPECT_TRUE(host);
  EXPECT_TRUE(round_trip);
}

TYPED_TEST(Types, FloatsRoundToNearestEven) {
  using T = typename TypeParam::element;
  using Exec = typename TypeParam::execution_space;
  const char* const exhaustive = std::getenv("KOKKOSQUANT_EXHAUSTIVE");
  const std::uint64_t stride = exhaustive != nullptr && std::string(exhaustive) == "1" ? 1 : 1009;
  const std::uint64_t end = std::uint64_t{1} << 32, chunk = std::uint64_t{1} << 22;
  std::vector<float> values;
  for (std::uint64_t first = 0; first < end; first += chunk * stride) {
    values.clear();
    for (std::uint64_t bits = first; bits < std::min(end, first + chunk * stride); bits += stride)
      values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    ASSERT_TRUE(all_converted(values, convert<T, Exec>(values)));
  }
}

TYPED_TEST(Types, FloatsBesideEveryMidpoint) {
  using T = typename TypeParam::element;
  using Exec = typename TypeParam::execution_space;
  std::vector<float> values;
  const std::vector<double>& magnitudes = Format<T>::magnitudes();
  for (std::size_t m = 0; m + 1 < magnitudes.size(); ++m)
    for (const double sign : {1.0, -1.0})
      for (const double centre : {magnitudes[m], (magnitudes[m] + magnitudes[m + 1]) / 2})
        for (const float value : floats_around(static_cast<float>(sign * centre))) values.push_back(value);
  for (const float special :
       {65504.0f, 65519.996f, 65520.0f, 65536.0f, 3.4028235e38f, 3.3961776e38f, 0x1p-25f, 0x1.000002p-25f, 0x1p-149f, 0x1p-134f,
        0x1p-133f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    for (const float value : {special, -special}) values.push_back(value);
  // a NaN whose payload lies in the bits that are cut off
  for (const std::uint32_t bits : {0x7f800001u, 0xff800001u, 0x7fbfffffu, 0x7fffffffu, 0xffffffffu})
    values.push_back(std::bit_cast<float>(bits));
  EXPECT_TRUE(all_converted(values, convert<T, Exec>(values)));
  std::vector<T> on_the_host;
  for (const float value : values) on_the_host.push_back(T(value));
  EXPECT_TRUE(all_converted(values, on_the_host));
}

// Rounded to float first, a double just off a midpoint falls onto it and ties to even: wrong half of the time.
TYPED_TEST(Types, DoublesRoundOnce) {
  using T = typename TypeParam::element;
  using Exec = typename TypeParam::execution_space;
  std::vector<double> values;
  const std::vector<double>& magnitudes = Format<T>::magnitudes();
  for (std::size_t m = 0; m + 1 < magnitudes.size(); ++m) {
    const double middle = (magnitudes[m] + magnitudes[m + 1]) / 2;
    for (const double sign : {1.0, -1.0}) {
      const double centre = sign * middle;
      const double quarter = sign * (magnitudes[m + 1] - magnitudes[m]) / 4;
      for (const double value :
           {centre, std::nextafter(centre, 0.0), std::nextafter(centre, 4 * centre), centre * (1 - 0x1p-30),
            centre * (1 + 0x1p-30), centre - quarter, centre + quarter, sign * magnitudes[m]})
        values.push_back(value);
    }
  }
  const double inf = std::numeric_limits<double>::infinity();
  for (const double special :
       {0.0, 0x1p-1074, 0x1p-1022, 0x1p-150, 0x1.8p-150, 0x1p-25, 0x1.0000000000001p-25, 65519.999999999993, 65520.0, 3e38,
        3.5e38, 1e39, 1e300, std::numeric_limits<double>::max(), inf, std::numeric_limits<double>::quiet_NaN()})
    for (const double value : {special, -special}) values.push_back(value);
  EXPECT_TRUE(all_converted(values, convert<T, Exec>(values)));
  std::vector<T> on_the_host;
  for (const double value : values) on_the_host.push_back(T(value));
  EXPECT_TRUE(all_converted(values, on_the_host));
}

}  // namespace KokkosQuantTest
