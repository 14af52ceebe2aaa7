// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the family's plans refuse beyond Test_Checks.cpp: cells, packed codes, masks. And the packed types themselves.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::int2x4_t;
using KokkosQuant::int4x2_t;
using KokkosQuant::mask8_t;
using KokkosQuant::no_zero_point;
using KokkosQuant::Status;
using KokkosQuant::uint2x4_t;
using KokkosQuant::uint4x2_t;

using Exec = Kokkos::DefaultExecutionSpace;
template <class T>
using Matrix2 = Kokkos::View<T**, LayoutRight, Exec>;
template <class T>
using Vector1 = Kokkos::View<T*, LayoutRight, Exec>;

void expect_refused(const Status& status, const std::vector<std::string>& parts) {
  EXPECT_FALSE(status);
  for (const std::string& part : parts)
    EXPECT_NE(status.message().find(part), std::string::npos) << "no '" << part << "' in: " << status.message();
}
void expect_accepted(const Status& status) { EXPECT_TRUE(status) << status.message(); }

constexpr QuantizeDescriptor eight_bits{-128, 127};
constexpr std::size_t N = 6, D = 20;

template <class Op, class Args>
Status status_of(const Args& args, QuantizeDescriptor range = eight_bits) {
  return KokkosQuant::can_implement<Op>(Exec{}, range, args);
}

// ---- packed types -----------------------------------------------------------------------------------------------------

template <class P>
class PackedTypes : public ::testing::Test {};
using AllPacked = ::testing::Types<int4x2_t, uint4x2_t, int2x4_t, uint2x4_t, mask8_t>;
TYPED_TEST_SUITE(PackedTypes, AllPacked);

TYPED_TEST(PackedTypes, EveryByteAndCode) {
  using P = TypeParam;
  static_assert(sizeof(P) == 1 && std::is_trivially_copyable_v<P> && P::per_byte * P::bits == 8);
  const int values = 1 << P::bits;
  for (unsigned byte = 0; byte < 256; ++byte)
    for (int j = 0; j < P::per_byte; ++j) {
      const P p{static_cast<std::uint8_t>(byte)};
      // position j is bits j * bits and up; signed codes are those minus 2^bits from their middle on
      const int stored = static_cast<int>(byte >> (j * P::bits)) % values;
      EXPECT_EQ(p.get(j), P::lowest < 0 && stored >= values / 2 ? stored - values : stored);
      for (std::int32_t code = P::lowest; code <= P::highest; ++code) {
        P changed = p;
        changed.set(j, code);
        for (int k = 0; k < P::per_byte; ++k) EXPECT_EQ(changed.get(k), k == j ? code : p.get(k));
      }
      P wrapped = p;
      wrapped.set(j, P::highest + 1);  // the lowest bits count
      EXPECT_EQ(wrapped.get(j), P::lowest < 0 ? P::lowest : 0);
    }
}

TYPED_TEST(PackedTypes, Extents) {
  using P = TypeParam;
  EXPECT_EQ(KokkosQuant::packed_extent<P>(0), 0);
  for (std::int64_t n = 1; n < 100; ++n) {
    const std::int64_t bytes = KokkosQuant::packed_extent<P>(n);
    EXPECT_GE(bytes * P::per_byte, n);
    EXPECT_LT((bytes - 1) * P::per_byte, n);
  }
  EXPECT_EQ(KokkosQuant::packed_extent<P>(std::int64_t{1} << 40), (std::int64_t{1} << 40) / P::per_byte);
}

TEST(PackedTypesLimits, AreThoseOfTheirBits) {
  static_assert(int4x2_t::lowest == -8 && int4x2_t::highest == 7 && uint4x2_t::lowest == 0 && uint4x2_t::highest == 15);
  static_assert(int2x4_t::lowest == -2 && int2x4_t::highest == 1 && uint2x4_t::lowest == 0 && uint2x4_t::highest == 3);
  static_assert(mask8_t::lowest == 0 && mask8_t::highest == 1);
  static_assert(KokkosQuant::code_type<int4x2_t> && KokkosQuant::code_type<uint2x4_t> && !KokkosQuant::code_type<mask8_t>);
}

// ---- cells ------------------------------------------------------------------------------------------------------------

struct Views {
  Matrix2<float> x{"x", N, D}, y{"y", N, D}, dy{"dy", N, D};
  Matrix2<std::int8_t> q{"q", N, D};
};

TEST(FamilyChecks, OneScaleForAll) {
  const Views v;
  const auto with = [&](const auto& scale, const auto& zero_point) {
    return status_of<KokkosQuant::QuantizePerTensor>(KokkosQuant::QuantizePerTensorArgs{v.x, scale, zero_point, v.q});
  };
  const Kokkos::View<float, Exec> scalar("scale");
  const Kokkos::View<int, Exec> zero_point("zero_point");
  const Vector1<float> one("scale", 1), two("scale", 2), none("scale", 0);
  const Vector1<int> one_zero_point("zero_point", 1), three("zero_point", 3);
  expect_accepted(with(scalar, zero_point));
  expect_accepted(with(one, one_zero_point));
  expect_accepted(with(scalar, one_zero_point));
  expect_accepted(with(one, no_zero_point));
  expect_refused(with(two, zero_point), {"scale has 2", "6 x 20", "one for all"});
  expect_refused(with(none, zero_point), {"scale has 0", "one for all"});
  expect_refused(with(scalar, three), {"zero_point has 3", "one for all"});
}

TEST(FamilyChecks, OneScaleForEachColumn) {
  const Views v;
  const auto with = [&](std::size_t scales, std::size_t zero_points) {
    return status_of<KokkosQuant::QuantizePerChannel>(KokkosQuant::QuantizePerChannelArgs{
        v.x, Vector1<float>("scale", scales), Vector1<int>("zero_point", zero_points), v.q});
  };
  expect_accepted(with(D, D));
  for (const std::size_t wrong : {N, std::size_t{1}, std::size_t{0}, D - 1, D + 1}) {
    expect_refused(with(wrong, D), {"scale has " + std::to_string(wrong), "6 x 20", "each column, 20"});
    expect_refused(with(D, wrong), {"zero_point has " + std::to_string(wrong), "each column, 20"});
  }
}

TEST(FamilyChecks, OneScaleForEachGroup) {
  const Views v;
  const auto with = [&](std::int64_t columns, std::size_t rows, std::size_t groups, std::size_t zero_points) {
    return status_of<KokkosQuant::FakeQuantizePerGroup>(KokkosQuant::FakeQuantizePerGroupArgs{
        v.x, Matrix2<float>("scale", rows, groups), Matrix2<int>("zero_point", N, zero_points), v.y, PerGroup{columns}});
  };
  for (const std::int64_t columns : {1, 2, 3, 7, 8, 19, 20}) {
    const auto groups = static_cast<std::size_t>((20 + columns - 1) / columns);
    expect_accepted(with(columns, N, groups, groups));
    const std::string each = "each group of 1 x " + std::to_string(columns) + ", 6 x " + std::to_string(groups);
    expect_refused(with(columns, N, groups + 1, groups), {"scale is 6 x " + std::to_string(groups + 1), "6 x 20", each});
    expect_refused(with(columns, N, groups - 1, groups), {"scale is 6 x " + std::to_string(groups - 1), each});
    expect_refused(with(columns, N + 1, groups, groups), {"scale is 7 x " + std::to_string(groups), each});
    expect_refused(with(columns, N, groups, groups + 1), {"zero_point is 6 x " + std::to_string(groups + 1), each});
  }
  for (const std::int64_t columns : {std::int64_t{21}, std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::max()})
    expect_accepted(with(columns, N, 1, 1));
  for (const std::int64_t columns : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()})
    expect_refused(with(columns, N, D, D), {"group.columns is " + std::to_string(columns), "at least 1"});
}

TEST(FamilyChecks, OneScaleForEachBlock) {
  const Views v;
  const auto with = [&](PerBlock block, std::size_t rows, std::size_t columns) {
    return status_of<KokkosQuant::QuantizePerBlockBackward>(KokkosQuant::QuantizePerBlockBackwardArgs{
        v.dy, v.x, Matrix2<float>("scale", rows, columns), no_zero_point, v.y, block});
  };
  constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max();
  expect_accepted(with({2, 8}, 3, 3));
  expect_accepted(with({4, 20}, 2, 1));
  expect_accepted(with({1, 1}, 6, 20));
  expect_accepted(with({far, far}, 1, 1));
  expect_refused(with({2, 8}, 6, 3), {"scale is 6 x 3", "6 x 20", "each block of 2 x 8, 3 x 3"});
  expect_refused(with({2, 8}, 3, 2), {"scale is 3 x 2", "3 x 3"});
  expect_refused(with({4, 8}, 1, 3), {"scale is 1 x 3", "2 x 3"});
  expect_refused(with({0, 8}, 6, 3), {"block is 0 x 8", "at least 1 x 1"});
  expect_refused(with({2, 0}, 3, 3), {"block is 2 x 0", "at least 1 x 1"});
  expect_refused(with({-2, 8}, 3, 3), {"block is -2 x 8", "at least 1 x 1"});
}

TEST(FamilyChecks, RunMayTakeAnotherGroup) {
  const PerGroup four{4}, eight{8};
  const FamilyProblem<float, float> by_four(N, D, cell_shape(four, N, D), eight_bits, Constants::tame, 1);
  const FamilyProblem<float, float> by_eight(N, D, cell_shape(eight, N, D), eight_bits, Constants::tame, 2);
  const auto arrays = [](const auto& p) {
    struct {
      Array<float, Exec> x, scale, y;
      Array<std::int32_t, Exec> zero_point;
    } a{{p.N, p.D, Place{}, p.at(p.x)},
        {p.cell_rows, p.cell_columns, Place{}, p.at_cell(p.scale)},
        {p.N, p.D, Place{}},
        {p.cell_rows, p.cell_columns, Place{}, p.at_cell(p.zero_point)}};
    a.y.to_device();
    return a;
  };
  const auto args = [](const auto& a, PerGroup g) {
    return KokkosQuant::FakeQuantizePerGroupArgs{a.x.const_view(), a.scale.const_view(), a.zero_point.const_view(), a.y.view(),
                                                 g};
  };
  auto first = arrays(by_four), second = arrays(by_eight);
  const KokkosQuant::FakeQuantizePerGroupPlan plan(Exec{}, eight_bits, args(first, four));
  EXPECT_THROW(plan.run(args(second, four)), std::invalid_argument);  // its scales are those of groups of 8
  EXPECT_THROW(plan.run(args(second, PerGroup{0})), std::invalid_argument);
  plan.run(args(second, eight));
  plan.run();
  Kokkos::fence();
  EXPECT_TRUE(second.y.holds(by_eight.at(by_eight.fake_quantized), by_eight.where()));
  EXPECT_TRUE(first.y.holds(by_four.at(by_four.fake_quantized), by_four.where()));
}

// Views whose layout is part of their type, of constants, and of one element: all other tests use strides.
TEST(FamilyChecks, RunsOnViewsOfOtherKinds) {
  using Left = Kokkos::View<float**, Kokkos::LayoutLeft, Exec>;
  const auto fill = [](const auto& view, const auto& at) {
    const auto host = Kokkos::create_mirror_view(view);
    for (std::size_t n = 0; n < host.extent(0); ++n)
      for (std::size_t d = 0; d < host.extent(1); ++d) host(n, d) = at(n, d);
    Kokkos::deep_copy(view, host);
  };
  const auto expect = [](const auto& view, const auto& at, const auto& where) {
    const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
    Mismatches mismatches;
    for (std::size_t n = 0; n < host.extent(0); ++n)
      for (std::size_t d = 0; d < host.extent(1); ++d) mismatches.compare(host(n, d), at(n, d), [&] { return where(n, d); });
    EXPECT_TRUE(mismatches);
  };
  const PerBlock block{4, 8};
  const FamilyProblem<float, float> p(N, D, cell_shape(block, N, D), eight_bits, Constants::tame, 3);
  const Left x("x", N, D), y("y", N, D);
  const Matrix2<float> scale("scale", p.cell_rows, p.cell_columns);
  const Kokkos::View<int**, Kokkos::LayoutLeft, Exec> zero_point("zero_point", p.cell_rows, p.cell_columns);
  const Kokkos::View<mask8_t**, Kokkos::LayoutLeft, Exec> mask("mask", 1, D);
  fill(x, p.at(p.x));
  fill(scale, p.at_cell(p.scale));
  fill(zero_point, p.at_cell(p.zero_point));
  KokkosQuant::FakeQuantizePerBlockWithMaskPlan(
      Exec{}, eight_bits,
      KokkosQuant::FakeQuantizePerBlockWithMaskArgs{Kokkos::View<const float**, Kokkos::LayoutLeft, Exec>(x), scale, zero_point,
                                                    y, mask, block})
      .run();
  Kokkos::fence();
  expect(y, p.at(p.fake_quantized), p.where());
  expect(
      mask,
      [&](std::size_t row, std::size_t column) {
        return packed_byte<mask8_t>(row, column, N, D, Packing::down, p.at(p.passes));
      },
      p.where());

  const FamilyProblem<float, float> one(N, D, cell_shape(PerTensor{}, N, D), eight_bits, Constants::tame, 4);
  const Kokkos::View<float, Exec> scalar("scale");
  const Kokkos::View<int, Exec> one_zero_point("zero_point");
  Kokkos::deep_copy(scalar, one.scale[0]);
  Kokkos::deep_copy(one_zero_point, one.zero_point[0]);
  fill(x, one.at(one.x));
  KokkosQuant::FakeQuantizePerTensorPlan(Exec{}, eight_bits,
                                         KokkosQuant::FakeQuantizePerTensorArgs{x, scalar, one_zero_point, y})
      .run();
  Kokkos::fence();
  expect(y, one.at(one.fake_quantized), one.where());
}

// ---- codes and masks --------------------------------------------------------------------------------------------------

template <class Q>
Status quantize_into(std::size_t rows, std::size_t columns, QuantizeDescriptor range) {
  const Views v;
  return status_of<KokkosQuant::QuantizePerToken>(
      KokkosQuant::QuantizePerTokenArgs{v.x, Vector1<float>("scale", N), no_zero_point, Matrix2<Q>("q", rows, columns)}, range);
}

TEST(FamilyChecks, PackedExtents) {
  // 6 x 20 elements: two to a byte, four to a byte
  expect_accepted(quantize_into<int4x2_t>(6, 10, {-8, 7}));
  expect_accepted(quantize_into<int4x2_t>(3, 20, {-8, 7}));
  expect_accepted(quantize_into<uint2x4_t>(6, 5, {0, 3}));
  expect_accepted(quantize_into<uint2x4_t>(2, 20, {0, 3}));
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{6, 20}, {3, 10}, {6, 11}, {6, 9}, {4, 20}, {2, 20}})
    expect_refused(quantize_into<int4x2_t>(rows, columns, {-8, 7}),
                   {"q is " + std::to_string(rows) + " x " + std::to_string(columns), "x is 6 x 20", "2 elements a byte",
                    "6 x 10", "3 x 20"});
  expect_refused(quantize_into<int2x4_t>(6, 10, {-2, 1}), {"q is 6 x 10", "4 elements a byte", "6 x 5", "2 x 20"});
}

template <class Q>
void expect_range(std::int32_t lowest, std::int32_t highest, std::size_t columns) {
  expect_accepted(quantize_into<Q>(N, columns, {lowest, highest}));
  expect_accepted(quantize_into<Q>(N, columns, {highest, highest}));
  const std::vector<std::string> parts = {std::to_string(lowest), std::to_string(highest), "q_min is", "q_max is"};
  if (lowest > std::numeric_limits<std::int32_t>::min())
    expect_refused(quantize_into<Q>(N, columns, {lowest - 1, highest}), parts);
  if (highest < std::numeric_limits<std::int32_t>::max())
    expect_refused(quantize_into<Q>(N, columns, {lowest, highest + 1}), parts);
}
TEST(FamilyChecks, RangesOfEveryCodeType) {
  expect_range<std::int8_t>(-128, 127, D);
  expect_range<std::uint8_t>(0, 255, D);
  expect_range<std::int16_t>(-32768, 32767, D);
  expect_range<std::uint16_t>(0, 65535, D);
  expect_range<std::int32_t>(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(), D);
  expect_range<int4x2_t>(-8, 7, D / 2);
  expect_range<uint4x2_t>(0, 15, D / 2);
  expect_range<int2x4_t>(-2, 1, D / 4);
  expect_range<uint2x4_t>(0, 3, D / 4);
}

struct MaskArgs {
  Views v;
  Vector1<float> scale{"scale", N};
  Matrix2<mask8_t> mask{"mask", N, 3};
  auto forward() const { return KokkosQuant::FakeQuantizePerTokenWithMaskArgs{v.x, scale, no_zero_point, v.y, mask}; }
  auto backward() const { return KokkosQuant::FakeQuantizeBackwardFromMaskArgs{v.dy, mask, v.y}; }
};
Status forward_status(const decltype(MaskArgs{}.forward()) & args) {
  return status_of<KokkosQuant::FakeQuantizePerTokenWithMask>(args);
}
Status backward_status(const decltype(MaskArgs{}.backward()) & args) {
  return status_of<KokkosQuant::FakeQuantizeBackwardFromMask>(args);
}

TEST(FamilyChecks, MasksHaveABitAnElement) {
  MaskArgs a;
  expect_accepted(forward_status(a.forward()));
  expect_accepted(backward_status(a.backward()));
  a.mask = Matrix2<mask8_t>("mask", 1, D);  // along the columns
  expect_accepted(forward_status(a.forward()));
  expect_accepted(backward_status(a.backward()));
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{6, 20}, {6, 2}, {6, 4}, {2, 20}, {1, 3}, {0, 0}}) {
    a.mask = Matrix2<mask8_t>("mask", rows, columns);
    const std::string shape = "mask is " + std::to_string(rows) + " x " + std::to_string(columns);
    expect_refused(forward_status(a.forward()), {shape, "y is 6 x 20", "8 elements a byte", "6 x 3", "1 x 20"});
    expect_refused(backward_status(a.backward()), {shape, "dx is 6 x 20", "6 x 3", "1 x 20"});
  }
}

TEST(FamilyChecks, MasksShareNoMemory) {
  MaskArgs a;
  const auto mask_at = [](const auto& view) { return Matrix2<mask8_t>(reinterpret_cast<mask8_t*>(view.data()), N, 3); };
  const Matrix2<mask8_t> apart = a.mask;
  a.mask = mask_at(a.v.x);
  expect_refused(forward_status(a.forward()), {"mask is written", "shares memory with x"});
  a.mask = mask_at(a.v.y);
  expect_refused(forward_status(a.forward()), {"mask is written", "shares memory with y"});
  expect_refused(backward_status(a.backward()), {"dx is written", "shares memory with mask"});
  a.mask = mask_at(a.scale);
  expect_refused(forward_status(a.forward()), {"mask is written", "shares memory with scale"});
  a.mask = mask_at(a.v.dy);  // what is only read may overlap
  expect_accepted(backward_status(a.backward()));

  a.mask = apart;
  a.v.y = a.v.x;  // in place
  expect_accepted(forward_status(a.forward()));
  a.v.y = a.v.dy;
  expect_accepted(backward_status(a.backward()));
  a.v.y = Matrix2<float>(a.v.x.data() + 1, N, D);
  expect_refused(forward_status(a.forward()), {"y is written", "shares memory with x"});
  a.v.y = Matrix2<float>(a.v.dy.data() + 1, N, D);
  expect_refused(backward_status(a.backward()), {"dx is written", "shares memory with dy"});
}

TEST(FamilyChecks, CodesShareNoMemory) {
  const Views v;
  const Vector1<float> scale("scale", N);
  const Matrix2<int4x2_t> q(reinterpret_cast<int4x2_t*>(v.x.data()) + 100, N, D / 2);
  expect_refused(
      status_of<KokkosQuant::QuantizePerToken>(KokkosQuant::QuantizePerTokenArgs{v.x, scale, no_zero_point, q}, {-8, 7}),
      {"q is written", "shares memory with x"});
  expect_refused(
      status_of<KokkosQuant::DequantizePerToken>(KokkosQuant::DequantizePerTokenArgs{q, scale, no_zero_point, v.x}, {-8, 7}),
      {"x is written", "shares memory with q"});
  expect_refused(status_of<KokkosQuant::FakeQuantizeBackwardFromCodes>(
                     KokkosQuant::FakeQuantizeBackwardFromCodesArgs{v.dy, q, v.x}, {-8, 7}),
                 {"dx is written", "shares memory with q"});
  const Matrix2<int> zero_point(reinterpret_cast<int*>(v.y.data()), N, 5);
  expect_refused(status_of<KokkosQuant::FakeQuantizePerGroup>(
                     KokkosQuant::FakeQuantizePerGroupArgs{v.x, Matrix2<float>("scale", N, 5), zero_point, v.y, PerGroup{4}}),
                 {"y is written", "shares memory with zero_point"});
}

// Found by the fuzzer (fuzz/fuzz_plans.cpp): extents and strides beyond what addresses reach overflowed in the checks.
TEST(FamilyChecks, ViewsThatNoMemoryHolds) {
  using Any = Kokkos::View<float**, LayoutStride, Exec>;
  const Views v;
  const Vector1<float> scale("scale", N);
  const auto with = [&](const auto& x, const auto& y) {
    return status_of<KokkosQuant::FakeQuantizePerToken>(KokkosQuant::FakeQuantizePerTokenArgs{x, scale, no_zero_point, y});
  };
  const auto any = [&](std::size_t n, std::size_t n_stride, std::size_t d, std::size_t d_stride) {
    return Any(v.x.data(), LayoutStride(n, n_stride, d, d_stride));
  };
  constexpr std::size_t top = ~std::size_t{0}, half = std::size_t{1} << 63;
  for (const std::size_t stride : {top, top - 19, half, std::size_t{1} << 61, std::size_t{1} << 58})
    for (const Any& x : {any(N, stride, D, 1), any(N, 1, D, stride), any(N, stride, D, stride)}) {
      expect_refused(with(x, v.y), {"x is 6 x 20 with strides", std::to_string(stride), "fits in memory"});
      expect_refused(with(v.y, x), {"y is 6 x 20 with strides", "fits in memory"});
    }
  for (const std::size_t extent : {top - 1, half, half - 1, std::size_t{1} << 62}) {
    for (const Any& x : {any(extent, 0, D, 1), any(N, 0, extent, 1), any(extent, 1, extent, extent), any(extent, 1, 0, 1)})
      expect_refused(with(x, x), {std::to_string(extent), "fits in memory"});
    const Kokkos::View<float*, LayoutStride, Exec> scales(v.y.data(), LayoutStride(extent, 0));
    expect_refused(
        status_of<KokkosQuant::FakeQuantizePerToken>(KokkosQuant::FakeQuantizePerTokenArgs{v.x, scales, no_zero_point, v.y}),
        {"scale is " + std::to_string(extent), "fits in memory"});
    const Kokkos::View<int4x2_t**, LayoutStride, Exec> q(nullptr, LayoutStride(N, 1, extent / 2, 1));
    expect_refused(status_of<KokkosQuant::QuantizePerToken>(
                       KokkosQuant::QuantizePerTokenArgs{any(N, 0, extent, 1), scale, no_zero_point, q}, {-8, 7}),
                   {std::to_string(extent / 2), "fits in memory"});
  }
  // An axis of one element, or an array of none, may have any stride.
  const Vector1<float> one("scale", 1);
  expect_accepted(status_of<KokkosQuant::FakeQuantizePerToken>(
      KokkosQuant::FakeQuantizePerTokenArgs{any(1, top, D, 1), one, no_zero_point, any(1, half, D, 1)}));
  expect_accepted(status_of<KokkosQuant::FakeQuantizePerToken>(
      KokkosQuant::FakeQuantizePerTokenArgs{any(0, top, D, 1), Vector1<float>(), no_zero_point, any(0, half, D, 1)}));
}

TEST(FamilyChecks, ElementsAreAligned) {
  const Views v;
  const Vector1<float> scale("scale", N);
  const auto beside = [&](std::size_t bytes) {
    return Matrix2<float>(reinterpret_cast<float*>(reinterpret_cast<std::uintptr_t>(v.x.data()) + bytes), N - 1, D);
  };
  const auto with = [&](const auto& x, const auto& y) {
    return status_of<KokkosQuant::FakeQuantizePerToken>(
        KokkosQuant::FakeQuantizePerTokenArgs{x, Kokkos::subview(scale, std::make_pair(0, 5)), no_zero_point, y});
  };
  const auto y = Kokkos::subview(v.y, std::make_pair(0, 5), Kokkos::ALL);
  for (const std::size_t bytes : {std::size_t(1), std::size_t(2), std::size_t(3)}) {
    expect_refused(with(beside(bytes), y), {"x starts at an address", "multiple of 4 bytes"});
    expect_refused(with(y, beside(bytes)), {"y starts at an address", "multiple of 4 bytes"});
  }
  expect_accepted(with(beside(4), y));
}

TEST(FamilyChecks, TheNamesOfOpsAndCodes) {
  const Views v;
  const auto args = KokkosQuant::QuantizePerGroupArgs{v.x, Matrix2<float>("scale", N, 5), no_zero_point,
                                                      Matrix2<int4x2_t>("q", N, D / 2), PerGroup{4}};
  const KokkosQuant::QuantizePerGroupPlan plan(Exec{}, QuantizeDescriptor{-8, 7}, args);
  EXPECT_EQ(plan.sku().op, "QuantizePerGroup");
  EXPECT_EQ(plan.sku().element_type, "float");
  EXPECT_EQ(plan.sku().code_type, "int4");
  const KokkosQuant::FakeQuantizeBackwardFromMaskPlan backward(Exec{}, eight_bits, MaskArgs{}.backward());
  EXPECT_EQ(backward.sku().op, "FakeQuantizeBackwardFromMask");
  EXPECT_EQ(backward.sku().code_type, "mask");
}

}  // namespace
}  // namespace KokkosQuantTest
