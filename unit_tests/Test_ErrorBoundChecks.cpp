// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the plans with an error bound refuse, what they say of themselves, and what run() launches.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Tools.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::DequantizeFromErrorBound;
using KokkosQuant::DequantizeFromErrorBoundArgs;
using KokkosQuant::ErrorBound;
using KokkosQuant::mask8_t;
using KokkosQuant::QuantizeToErrorBound;
using KokkosQuant::QuantizeToErrorBoundArgs;
using KokkosQuant::Status;

using Exec = Kokkos::DefaultExecutionSpace;
template <class T>
using Matrix2 = Kokkos::View<T**, Kokkos::LayoutRight, Exec>;
constexpr std::size_t N = 6, D = 20;

struct Views {
  Matrix2<float> x{"x", N, D};
  Matrix2<std::int32_t> q{"q", N, D};
  Matrix2<mask8_t> mask{"mask", N, 3};
  Kokkos::View<std::uint64_t*, Exec> count{"count", 1};

  auto to() const { return QuantizeToErrorBoundArgs{x, q, mask, count}; }
  auto from() const { return DequantizeFromErrorBoundArgs{q, x}; }
};
template <class Args>
Status to_status(const Args& args, double eps = 1) {
  return KokkosQuant::can_implement<QuantizeToErrorBound>(Exec{}, ErrorBound{eps}, args);
}
template <class Args>
Status from_status(const Args& args, double eps = 1) {
  return KokkosQuant::can_implement<DequantizeFromErrorBound>(Exec{}, ErrorBound{eps}, args);
}
void expect_refused(const Status& status, const std::vector<std::string>& parts) {
  EXPECT_FALSE(status);
  for (const std::string& part : parts)
    EXPECT_NE(status.message().find(part), std::string::npos) << "no '" << part << "' in: " << status.message();
}

TEST(ErrorBoundChecks, BoundsArePositiveAndFinite) {
  const Views v;
  for (const double eps : {5e-324, 1e-3, std::numeric_limits<double>::max()}) {
    EXPECT_TRUE(to_status(v.to(), eps));
    EXPECT_TRUE(from_status(v.from(), eps));
  }
  for (const double eps : {0.0, -0.0, -1.0, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    expect_refused(to_status(v.to(), eps), {"eps is ", "expected a positive, finite number"});
    expect_refused(from_status(v.from(), eps), {"eps is ", "expected a positive, finite number"});
  }
  EXPECT_THROW(KokkosQuant::QuantizeToErrorBoundPlan(Exec{}, ErrorBound{0}, v.to()), std::invalid_argument);
  EXPECT_THROW(KokkosQuant::select<DequantizeFromErrorBound>(Exec{}, ErrorBound{-1}, v.from()), std::invalid_argument);
}

TEST(ErrorBoundChecks, Extents) {
  Views v;
  v.q = Matrix2<std::int32_t>("q", N, D + 1);
  expect_refused(to_status(v.to()), {"q is 6 x 21 and x is 6 x 20"});
  expect_refused(from_status(v.from()), {"q is 6 x 21 and x is 6 x 20"});
  v = Views();
  v.mask = Matrix2<mask8_t>("mask", N, D);
  expect_refused(to_status(v.to()), {"misfit_mask is 6 x 20", "6 x 3"});
  v.mask = Matrix2<mask8_t>("mask", 1, D);  // packed down
  EXPECT_TRUE(to_status(v.to()));
  v.count = Kokkos::View<std::uint64_t*, Exec>("count", 2);
  expect_refused(to_status(v.to()), {"misfit_count has 2 elements: expected one"});
}

TEST(ErrorBoundChecks, MemoryIsThereAndApart) {
  Views v;
  EXPECT_TRUE(to_status(v.to()));
  v.count = Kokkos::View<std::uint64_t*, Exec>(static_cast<std::uint64_t*>(nullptr), 1);
  expect_refused(to_status(v.to()), {"misfit_count", "data is null"});
  v.count = Kokkos::View<std::uint64_t*, Exec>(reinterpret_cast<std::uint64_t*>(v.x.data()), 1);
  expect_refused(to_status(v.to()), {"misfit_count is written", "shares memory with x"});
  v.count = Kokkos::View<std::uint64_t*, Exec>(reinterpret_cast<std::uint64_t*>(v.q.data() + 2), 1);
  expect_refused(to_status(v.to()), {"misfit_count is written", "shares memory with q"});
  v.count = Kokkos::View<std::uint64_t*, Exec>(reinterpret_cast<std::uint64_t*>(v.mask.data()), 1);
  expect_refused(to_status(v.to()), {"misfit_count is written", "shares memory with misfit_mask"});
  v = Views();
  v.mask = Matrix2<mask8_t>(reinterpret_cast<mask8_t*>(v.q.data()), N, 3);
  expect_refused(to_status(v.to()), {"misfit_mask is written", "shares memory with q"});
  v.mask = Matrix2<mask8_t>(reinterpret_cast<mask8_t*>(v.x.data()), N, 3);
  expect_refused(to_status(v.to()), {"misfit_mask is written", "shares memory with x"});
  v = Views();
  v.q = Matrix2<std::int32_t>(reinterpret_cast<std::int32_t*>(v.x.data()), N, D);
  expect_refused(to_status(v.to()), {"q is written", "shares memory with x"});
  expect_refused(from_status(v.from()), {"x is written", "shares memory with q"});
  v.q = Matrix2<std::int32_t>(static_cast<std::int32_t*>(nullptr), N, D);
  expect_refused(from_status(v.from()), {"q is 6 x 20 but its data is null"});
}

TEST(ErrorBoundChecks, WhatPlansSayOfThemselves) {
  const Views v;
  const KokkosQuant::QuantizeToErrorBoundPlan to(Exec{}, ErrorBound{1}, v.to());
  const KokkosQuant::DequantizeFromErrorBoundPlan from(Exec{}, ErrorBound{1}, v.from());
  EXPECT_EQ(to.sku().op, "QuantizeToErrorBound");
  EXPECT_EQ(to.sku().element_type, "float");
  EXPECT_EQ(to.sku().code_type, "int32");
  EXPECT_EQ(from.sku().op, "DequantizeFromErrorBound");
  EXPECT_EQ(to.workspace_size(), 0u);
  EXPECT_TRUE(to.precision_guarantee().bit_stable_across_backends);
  EXPECT_EQ(to.precision_guarantee().max_ulp, 0);
}

TEST(ErrorBoundChecks, StepsArePowersOfTwo) {
  using KokkosQuant::step_of;
  EXPECT_EQ(step_of({0.5}), 1);
  EXPECT_EQ(step_of({std::nextafter(0.5, 0)}), 0.5);
  EXPECT_EQ(step_of({std::nextafter(0.5, 1)}), 1);
  EXPECT_EQ(step_of({1e-3}), 0x1p-9);
  EXPECT_EQ(step_of<float>({1e-3}), 0x1p-9f);
  EXPECT_EQ(step_of<half_t>({1e-3}), 0x1p-9f);
  EXPECT_EQ(step_of<float>({1e-300}), 0x1p-149f);
  EXPECT_EQ(step_of<float>({1e300}), 0x1p127f);
  EXPECT_EQ(step_of({5e-324}), 0x1p-1073);
  EXPECT_EQ(step_of({std::numeric_limits<double>::max()}), 0x1p1023);
}

// The count set to 0, the walk, the count: no allocation, copy, fence, or reduction.
TEST(ErrorBoundChecks, RunLaunchesThreeKernels) {
  const Views v;
  const Exec exec;
  const KokkosQuant::QuantizeToErrorBoundPlan plan(exec, ErrorBound{1}, v.to());
  plan.run();
  exec.fence();
  const auto events = reported_during([&] { plan.run(); });
  exec.fence();
  ASSERT_EQ(events.size(), 3u);
  for (const ToolsEvent& e : events) EXPECT_EQ(e.what, "parallel_for KokkosQuant::QuantizeToErrorBound");
}

// A field of three extents, in memory that is used again.
TEST(ErrorBoundChecks, FieldsOfThreeExtentsAndOtherViews) {
  const Exec exec;
  Kokkos::View<double***, Exec> x("x", 3, 4, 9), y("y", 3, 4, 9), back("back", 3, 4, 9);
  Kokkos::View<std::int16_t***, Exec> q("q", 3, 4, 9);
  Kokkos::View<mask8_t***, Exec> mask("mask", 3, 4, 2);
  Kokkos::View<std::int64_t, Exec> count("count");
  const auto host = Kokkos::create_mirror_view(x);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      for (std::size_t k = 0; k < 9; ++k) host(i, j, k) = k == 3 ? 1e9 : 0.1 * static_cast<double>(100 * i + 10 * j + k);
  Kokkos::deep_copy(y, host);
  const ErrorBound bound{1e-3};
  const KokkosQuant::QuantizeToErrorBoundPlan to(exec, bound, QuantizeToErrorBoundArgs{x, q, mask, count});
  to.run();
  to.run(QuantizeToErrorBoundArgs{y, q, mask, count});
  KokkosQuant::DequantizeFromErrorBoundPlan(exec, bound, DequantizeFromErrorBoundArgs{q, back}).run();
  exec.fence();
  const auto result = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), back);
  const auto flags = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), mask);
  const auto misfits = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), count);
  EXPECT_EQ(misfits(), 12);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      for (std::size_t k = 0; k < 9; ++k) {
        EXPECT_EQ(flags(i, j, k / 8).get(static_cast<int>(k % 8)), k == 3 ? 1 : 0);
        EXPECT_LE(k == 3 ? std::fabs(result(i, j, k)) : std::fabs(result(i, j, k) - host(i, j, k)), k == 3 ? 0 : bound.eps);
      }
}

}  // namespace
}  // namespace KokkosQuantTest
