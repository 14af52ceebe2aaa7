// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What plans of LearnableFakeQuantizeBackward refuse, and how; their workspaces; what they say of themselves.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::LearnableDescriptor;
using KokkosQuant::LearnableFakeQuantizePerChannelBackward;
using KokkosQuant::LearnableFakeQuantizePerChannelBackwardArgs;
using KokkosQuant::LearnableFakeQuantizePerTensorBackward;
using KokkosQuant::LearnableFakeQuantizePerTensorBackwardArgs;
using KokkosQuant::LearnableFakeQuantizePerTokenBackward;
using KokkosQuant::LearnableFakeQuantizePerTokenBackwardArgs;
using KokkosQuant::LearnableFakeQuantizePerTokenBackwardPlan;
using KokkosQuant::no_output;
using KokkosQuant::no_zero_point;
using KokkosQuant::Status;

using Exec = Kokkos::DefaultExecutionSpace;
template <class T>
using Matrix2 = Kokkos::View<T**, Kokkos::LayoutRight, Exec>;
template <class T>
using Vector1 = Kokkos::View<T*, Kokkos::LayoutRight, Exec>;

constexpr std::size_t N = 6, D = 700;
constexpr LearnableDescriptor eight_bits{-128, 127};

template <class Op, class Args>
void expect_refused(const Args& args, const std::vector<std::string>& parts, LearnableDescriptor descriptor = eight_bits) {
  const Status status = KokkosQuant::can_implement<Op>(Exec{}, descriptor, args);
  EXPECT_FALSE(status);
  for (const std::string& part : parts)
    EXPECT_NE(status.message().find(part), std::string::npos) << "no '" << part << "' in: " << status.message();
}
template <class Op, class Args>
void expect_accepted(const Args& args) {
  const Status status = KokkosQuant::can_implement<Op>(Exec{}, eight_bits, args);
  EXPECT_TRUE(status) << status.message();
}
template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

struct Arrays {
  Matrix2<float> dy{"dy", N, D}, x{"x", N, D}, dx{"dx", N, D};
  Vector1<float> scale{"scale", N}, dscale{"dscale", N}, dzero_point{"dzero_point", N};
  Vector1<std::int32_t> zero_point{"zero_point", N};
  auto args() const { return LearnableFakeQuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx, dscale, dzero_point}; }
};
using Op = LearnableFakeQuantizePerTokenBackward;

TEST(LearnableChecks, Sums) {
  const Arrays a;
  expect_accepted<Op>(a.args());
  auto args = a.args();
  args.dscale = Vector1<float>("dscale", N + 1);
  expect_refused<Op>(args, {"dscale has 7 elements and dx is 6 x 700", "expected one for each row, 6"});
  args = a.args();
  args.dzero_point = Vector1<float>("dzero_point", D);
  expect_refused<Op>(args, {"dzero_point has 700 elements and dx is 6 x 700", "expected one for each row, 6"});
  args = a.args();
  args.dscale = Vector1<float>(nullptr, N);
  expect_refused<Op>(args, {"dscale is 6 but its data is null"});
  args = a.args();
  args.dscale = a.scale;
  expect_refused<Op>(args, {"dscale is written and certainly shares memory with scale"});
  args = a.args();
  args.dzero_point = a.dscale;
  expect_refused<Op>(args, {"dzero_point is written and certainly shares memory with dscale"});
  args = a.args();
  args.dzero_point = Vector1<float>(a.dx.data() + 5, N);
  expect_refused<Op>(args, {"dzero_point is written and certainly shares memory with dx"});
  args = a.args();
  args.dscale = Vector1<float>(a.dy.data(), N);
  expect_refused<Op>(args, {"dscale is written and certainly shares memory with dy"});
  args.dscale = Vector1<float>(a.x.data(), N);
  expect_refused<Op>(args, {"dscale is written and certainly shares memory with x"});
  args = a.args();
  args.dscale = Vector1<float>(reinterpret_cast<float*>(a.zero_point.data()), N);
  expect_refused<Op>(args, {"dscale is written and certainly shares memory with zero_point"});

  const Kokkos::View<float*, Kokkos::LayoutStride, Exec> all_one(a.dscale.data(), Kokkos::LayoutStride(N, 0));
  expect_refused<Op>(LearnableFakeQuantizePerTokenBackwardArgs{a.dy, a.x, a.scale, no_zero_point, a.dx, all_one, no_output},
                     {"dscale is written and has strides", "expected one place for each element"});
}

TEST(LearnableChecks, OtherGranularities) {
  const Arrays a;
  const Kokkos::View<float, Exec> one("one"), done("done"), dzero("dzero");
  expect_accepted<LearnableFakeQuantizePerTensorBackward>(
      LearnableFakeQuantizePerTensorBackwardArgs{a.dy, a.x, one, no_zero_point, a.dx, done, dzero});
  expect_refused<LearnableFakeQuantizePerTensorBackward>(
      LearnableFakeQuantizePerTensorBackwardArgs{a.dy, a.x, one, no_zero_point, a.dx, a.dscale, no_output},
      {"dscale has 6 elements", "expected one for all"});
  const Vector1<float> scale("scale", D), dscale("dscale", D);
  expect_accepted<LearnableFakeQuantizePerChannelBackward>(
      LearnableFakeQuantizePerChannelBackwardArgs{a.dy, a.x, scale, no_zero_point, a.dx, dscale, no_output});
  expect_refused<LearnableFakeQuantizePerChannelBackward>(
      LearnableFakeQuantizePerChannelBackwardArgs{a.dy, a.x, scale, no_zero_point, a.dx, a.dscale, no_output},
      {"dscale has 6 elements", "expected one for each column, 700"});
}

TEST(LearnableChecks, WhatTheOtherOpsCheckToo) {
  const Arrays a;
  auto args = a.args();
  args.x = Matrix2<float>("x", N, D + 1);
  expect_refused<Op>(args, {"x is 6 x 701 and dx is 6 x 700"});
  args = a.args();
  args.dx = a.dy;
  expect_accepted<Op>(args);
  args.dx = a.x;
  expect_accepted<Op>(args);
  args.dx = Matrix2<float>(a.x.data() + 1, N, D);
  expect_refused<Op>(args, {"dx is written and certainly shares memory with x"});
  expect_refused<Op>(a.args(), {"q_min is 5 and q_max is 4"}, {5, 4});
}

TEST(LearnableChecks, GradFactorIsFinite) {
  const Arrays a;
  expect_refused<Op>(a.args(), {"grad_factor is nan", "expected a finite number"}, {-128, 127, std::nan("")});
  expect_refused<Op>(a.args(), {"grad_factor is inf"}, {-128, 127, std::numeric_limits<double>::infinity()});
}

TEST(LearnableChecks, Workspace) {
  const Arrays a;
  const LearnableFakeQuantizePerTokenBackwardPlan plan(Exec{}, eight_bits, a.args());
  // three segments a row, two sums of eight bytes
  ASSERT_EQ(plan.workspace_size(), N * 3 * 2 * 8);
  const auto refusal = [&](const auto& workspace) { return message_of([&] { plan.run(workspace); }); };
  const Vector1<std::byte> right("workspace", 288), small("workspace", 287);
  const std::string begin = "KokkosQuant::LearnableFakeQuantizePerTokenBackward: run() was given ";
  const std::string wanted = ": expected run(workspace) with 288 bytes (workspace_size())";
  EXPECT_EQ(message_of([&] { plan.run(); }).rfind(begin + "0 bytes of workspace at address 0", 0), 0u);
  EXPECT_NE(message_of([&] { plan.run(); }).find(wanted), std::string::npos);
  EXPECT_EQ(refusal(small).rfind(begin + "287 bytes", 0), 0u);
  EXPECT_NE(refusal(Vector1<std::byte>(nullptr, 288)).find(wanted), std::string::npos);
  EXPECT_NE(refusal(Vector1<std::byte>(Vector1<std::byte>("w", 400).data() + 1, 288)).find("at a multiple of 16"),
            std::string::npos);
  EXPECT_EQ(refusal(right), "");
  EXPECT_EQ(message_of([&] { plan.run(a.args(), right); }), "");
  auto other = a.args();
  other.dscale = Vector1<float>("dscale", N);
  EXPECT_EQ(message_of([&] { plan.run(other, right); }), "");
  EXPECT_NE(message_of([&] { plan.run(other, small); }), "");
  Exec{}.fence();
}

// A sum a segment of 256 and a thousandth more; nothing where a cell is one segment.
TEST(LearnableChecks, WorkspaceSizes) {
  const auto token = [](std::size_t n, std::size_t d) {
    const Matrix2<float> m("m", n, d), out("out", n, d);
    const Vector1<float> s("s", n), ds("ds", n), dz("dz", n);
    const auto with = [&](const auto& zero) {
      return LearnableFakeQuantizePerTokenBackwardPlan(
                 Exec{}, eight_bits, LearnableFakeQuantizePerTokenBackwardArgs{m, m, s, no_zero_point, out, ds, zero})
          .workspace_size();
    };
    EXPECT_EQ(with(dz), 2 * with(no_output));
    return with(no_output);
  };
  EXPECT_EQ(token(7, 256), 0u);
  EXPECT_EQ(token(7, 257), 7u * 2 * 8);
  EXPECT_EQ(token(7, 0), 0u);
  EXPECT_EQ(token(0, 1000), 0u);
  EXPECT_EQ(token(2, 65536), 2u * 256 * 8);
  EXPECT_EQ(token(2, 65537), 2u * (257 + 2) * 8);
  const auto tensor = []<class T>(T, std::size_t n, std::size_t d) {
    const Matrix2<T> m("m", n, d), out("out", n, d);
    const Kokkos::View<T, Exec> s("s"), ds("ds");
    return KokkosQuant::select<LearnableFakeQuantizePerTensorBackward>(
               Exec{}, eight_bits, LearnableFakeQuantizePerTensorBackwardArgs{m, m, s, no_zero_point, out, ds, no_output})
        .workspace_size();
  };
  EXPECT_EQ(tensor(0.0f, 1, 256), 0u);
  EXPECT_EQ(tensor(0.0f, 2, 256), 2u * 8);
  EXPECT_EQ(tensor(0.0f, 300, 300), 300u * 2 * 8 + 300u * 8 + 2u * 8);
  EXPECT_EQ(tensor(0.0, 300, 300), 2 * tensor(0.0f, 300, 300));
  EXPECT_EQ(tensor(0.0f, 0, 300), 0u);
}

TEST(LearnableChecks, SayWhatTheyAre) {
  const Arrays a;
  const LearnableFakeQuantizePerTokenBackwardPlan plan(Exec{}, eight_bits, a.args(), {KokkosQuant::Mapping::elements});
  EXPECT_EQ(plan.sku().to_string(), std::string("LearnableFakeQuantizePerTokenBackward/float/") + Exec::name() + "/elements/1");
  EXPECT_EQ(plan.precision_guarantee().max_ulp, 0);
  EXPECT_TRUE(plan.precision_guarantee().deterministic && plan.precision_guarantee().bit_stable_across_threads &&
              plan.precision_guarantee().bit_stable_across_backends);
  EXPECT_EQ(plan.descriptor().grad_factor, 1);
  const auto made = KokkosQuant::LearnableFakeQuantizePerTokenBackwardPlan(Exec{}, {-8, 7}, a.args());
  EXPECT_EQ(made.descriptor().q_min, -8);
}

}  // namespace
}  // namespace KokkosQuantTest
