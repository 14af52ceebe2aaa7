// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What plans of dynamic quantization refuse, and in which words; their workspace; Views of other ranks; what they launch.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "KokkosQuantTest_Dynamic.hpp"
#include "KokkosQuantTest_Tools.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::int4x2_t;
using KokkosQuant::no_zero_point;
using KokkosQuant::Status;

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

// The message of the std::invalid_argument that f throws, or what happened instead.
template <class F>
std::string thrown(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  } catch (const std::exception& e) {
    return std::string("another exception: ") + e.what();
  }
  return "no exception";
}

constexpr DynamicQuantizeDescriptor eight_bits{-128, 127};
constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t N = 6, D = 20;

template <class T, class S = T>
struct Views {
  Matrix2<T> x{"x", N, D}, y{"y", N, D};
  Matrix2<std::int8_t> q{"q", N, D};
  Vector1<S> scale{"scale", N};
  Vector1<int> zero_point{"zero_point", N};

  auto asymmetric() const { return KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, zero_point, q}; }
  auto symmetric() const { return KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, no_zero_point, q}; }
  auto fake_asymmetric() const { return KokkosQuant::DynamicFakeQuantizePerTokenArgs{x, scale, zero_point, y}; }
  auto fake_symmetric() const { return KokkosQuant::DynamicFakeQuantizePerTokenArgs{x, scale, no_zero_point, y}; }
};
template <class Args>
Status codes(const Args& args, const DynamicQuantizeDescriptor& d = eight_bits) {
  return KokkosQuant::can_implement<KokkosQuant::DynamicQuantizePerToken>(Exec{}, d, args);
}
template <class Args>
Status fake(const Args& args, const DynamicQuantizeDescriptor& d = eight_bits) {
  return KokkosQuant::can_implement<KokkosQuant::DynamicFakeQuantizePerToken>(Exec{}, d, args);
}

// ---- descriptors ------------------------------------------------------------------------------------------------------

TEST(DynamicChecks, SymmetricRangesReachOne) {
  const Views<float> v;
  expect_accepted(codes(v.symmetric(), {-128, 127}));
  expect_accepted(codes(v.symmetric(), {0, 1}));
  expect_accepted(codes(v.symmetric(), {1, 1}));
  expect_accepted(fake(v.fake_symmetric(), {std::numeric_limits<std::int32_t>::min(), 1}));
  for (const std::int32_t q_max : {0, -1, -128}) {
    const std::string given = "q_max is " + std::to_string(q_max);
    expect_refused(codes(v.symmetric(), {-128, q_max}), {given, "at least 1"});
    expect_refused(fake(v.fake_symmetric(), {-128, q_max}), {given, "at least 1"});
    if (q_max > -128) {
      expect_accepted(codes(v.asymmetric(), {-128, q_max}));
      expect_accepted(fake(v.fake_asymmetric(), {-128, q_max}));
    }
  }
}

TEST(DynamicChecks, AsymmetricRangesHaveTwoCodes) {
  const Views<float> v;
  expect_accepted(codes(v.asymmetric(), {0, 1}));
  expect_accepted(codes(v.asymmetric(), {-128, -127}));
  for (const std::int32_t q : {-128, 0, 1, 127}) {
    const std::string given = "q_min is " + std::to_string(q) + " and q_max is " + std::to_string(q);
    expect_refused(codes(v.asymmetric(), {q, q}), {given, "q_min < q_max"});
    expect_refused(fake(v.fake_asymmetric(), {q, q}), {given, "q_min < q_max"});
  }
  expect_refused(codes(v.asymmetric(), {5, 4}), {"q_min is 5 and q_max is 4", "q_min <= q_max"});
  expect_refused(codes(v.symmetric(), {5, 4}), {"q_min is 5 and q_max is 4", "q_min <= q_max"});
  expect_refused(codes(v.asymmetric(), {-129, 127}), {"-128 to 127", "element type of q"});
  expect_refused(codes(v.symmetric(), {-128, 128}), {"-128 to 127", "element type of q"});
  expect_accepted(fake(v.fake_asymmetric(), {-129, 128}));
}

template <class T, class S>
void expect_eps(const char* type, std::initializer_list<double> right, std::initializer_list<double> wrong) {
  const Views<T, S> v;
  const auto with = [](double eps) { return DynamicQuantizeDescriptor{-128, 127, eps}; };
  for (const double eps : right)
    for (const Status& status : {codes(v.symmetric(), with(eps)), codes(v.asymmetric(), with(eps)),
                                 fake(v.fake_symmetric(), with(eps)), fake(v.fake_asymmetric(), with(eps))})
      EXPECT_TRUE(status) << eps << ": " << status.message();
  for (const double eps : wrong)
    for (const Status& status : {codes(v.symmetric(), with(eps)), codes(v.asymmetric(), with(eps)),
                                 fake(v.fake_symmetric(), with(eps)), fake(v.fake_asymmetric(), with(eps))})
      expect_refused(status, {"eps is ", std::string("the type of scale, ") + type});
}
TEST(DynamicChecks, EpsIsAScale) {
  expect_eps<double, double>("double", {0, 1, 1e-300, 5e-324, 1.7e308}, {-1, -5e-324, nan, inf, -inf});
  expect_eps<float, float>("float", {0, 1, 0x1p-149, 0x1.8p-150, 3.4e38},
                           {-1, -1e-50, nan, inf, -inf, 1e-46, 0x1p-150, 3.5e38});
  expect_eps<half_t, half_t>("half", {0, 1, 0x1p-24, 0x1.8p-25, 65504, 65519},
                             {-1, nan, inf, -inf, 0x1p-25, 1e-30, 65520, 1e30});
  expect_eps<half_t, float>("float", {0, 1, 1e-30, 1e30}, {-1, nan, inf, 1e-50, 1e50});
  expect_eps<bfloat16_t, bfloat16_t>("bfloat16", {0, 1, 0x1p-133, 3.38e38}, {-1, nan, inf, 0x1p-134, 3.4e38});
}
// Scales are found in float: a number that float rounds to one which half rounds to 0 (or infinity) is no scale either.
TEST(DynamicChecks, EpsIsAScaleInTheComputeType) {
  expect_eps<half_t, half_t>("half", {}, {0x1.0000000001p-25, 65519.9999999});
  expect_eps<bfloat16_t, bfloat16_t>("bfloat16", {}, {0x1.00000001p-134});
}

// ---- memory -----------------------------------------------------------------------------------------------------------

TEST(DynamicChecks, OneScaleForEachCell) {
  Views<float> v;
  v.scale = Vector1<float>("scale", N + 1);
  expect_refused(codes(v.asymmetric()), {"scale has 7", "6 x 20", "each row, 6"});
  v = {};
  v.zero_point = Vector1<int>("zero_point", N - 1);
  expect_refused(fake(v.fake_asymmetric()), {"zero_point has 5", "each row, 6"});
  v = {};
  const auto blocks = [&](std::size_t rows, std::size_t columns) {
    return KokkosQuant::can_implement<KokkosQuant::DynamicQuantizePerBlock>(
        Exec{}, eight_bits,
        KokkosQuant::DynamicQuantizePerBlockArgs{v.x, Matrix2<float>("scale", rows, columns), no_zero_point, v.q,
                                                 PerBlock{4, 8}});
  };
  expect_accepted(blocks(2, 3));
  expect_refused(blocks(3, 3), {"scale is 3 x 3", "each block of 4 x 8, 2 x 3"});
}

TEST(DynamicChecks, OutputsShareNoMemory) {
  const Views<float> v;
  const auto floats = [](const auto& view, std::size_t bytes = 0) {
    return Vector1<float>(reinterpret_cast<float*>(reinterpret_cast<std::byte*>(view.data()) + bytes), N);
  };
  const auto ints = [](const auto& view, std::size_t bytes = 0) {
    return Vector1<int>(reinterpret_cast<int*>(reinterpret_cast<std::byte*>(view.data()) + bytes), N);
  };
  const std::size_t last = (N * D - 1) * sizeof(float);
  Views<float> w = v;
  for (const std::size_t bytes : {std::size_t{0}, last}) {
    w.scale = floats(v.x, bytes);
    for (const Status& status :
         {codes(w.asymmetric()), codes(w.symmetric()), fake(w.fake_asymmetric()), fake(w.fake_symmetric())})
      expect_refused(status, {"scale is written", "shares memory with x"});
    w = v;
    w.zero_point = ints(v.x, bytes);
    for (const Status& status : {codes(w.asymmetric()), fake(w.fake_asymmetric())})
      expect_refused(status, {"zero_point is written", "shares memory with x"});
    expect_accepted(codes(w.symmetric()));
    w = v;
  }
  w.scale = floats(v.q);
  expect_refused(codes(w.symmetric()), {"q is written", "shares memory with scale"});
  w = v;
  w.scale = floats(v.y, last);
  expect_refused(fake(w.fake_symmetric()), {"y is written", "shares memory with scale"});
  w = v;
  w.zero_point = ints(v.q, N * D - 4);
  expect_refused(codes(w.asymmetric()), {"q is written", "shares memory with zero_point"});
  w = v;
  w.zero_point = ints(v.y);
  expect_refused(fake(w.fake_asymmetric()), {"y is written", "shares memory with zero_point"});
  w = v;
  w.zero_point = ints(v.scale, (N - 1) * sizeof(float));
  for (const Status& status : {codes(w.asymmetric()), fake(w.fake_asymmetric())})
    expect_refused(status, {"zero_point is written", "shares memory with scale"});
  w = v;
  w.q = Matrix2<std::int8_t>(reinterpret_cast<std::int8_t*>(v.x.data()), N, D);
  expect_refused(codes(w.symmetric()), {"q is written", "shares memory with x"});
  w = v;
  w.y = v.x;  // in place
  expect_accepted(fake(w.fake_symmetric()));
  w.y = Matrix2<float>(v.x.data() + 1, N, D);
  expect_refused(fake(w.fake_symmetric()), {"y is written", "shares memory with x"});
}

TEST(DynamicChecks, OutputsHaveAPlaceForEachElement) {
  const Views<float> v;
  const Kokkos::View<float*, LayoutStride, Exec> scale(v.scale.data(), LayoutStride(N, 0));
  const Kokkos::View<int*, LayoutStride, Exec> zero_point(v.zero_point.data(), LayoutStride(N, 0));
  expect_refused(codes(KokkosQuant::DynamicQuantizePerTokenArgs{v.x, scale, no_zero_point, v.q}),
                 {"scale is written and has strides", "one place for each element"});
  expect_refused(codes(KokkosQuant::DynamicQuantizePerTokenArgs{v.x, v.scale, zero_point, v.q}),
                 {"zero_point is written and has strides", "one place for each element"});
  const Kokkos::View<std::int8_t**, LayoutStride, Exec> q(v.q.data(), LayoutStride(N, 1, D, 1));
  expect_refused(codes(KokkosQuant::DynamicQuantizePerTokenArgs{v.x, v.scale, no_zero_point, q}),
                 {"q is written and has strides", "one place for each element"});
}

TEST(DynamicChecks, NullIsRefused) {
  Views<float> v;
  v.scale = Vector1<float>(nullptr, N);
  expect_refused(codes(v.symmetric()), {"scale is 6", "data is null"});
  v = {};
  v.zero_point = Vector1<int>(nullptr, N);
  expect_refused(codes(v.asymmetric()), {"zero_point is 6", "data is null"});
}

TEST(DynamicChecks, EveryWayToAPlanSaysTheSame) {
  using KokkosQuant::DynamicQuantizePerToken;
  using KokkosQuant::DynamicQuantizePerTokenPlan;
  const Views<float> v;
  const DynamicQuantizeDescriptor wrong{-128, 127, -1};
  const std::string message = "KokkosQuant::DynamicQuantizePerToken: " + codes(v.asymmetric(), wrong).message();
  EXPECT_EQ(thrown([&] { DynamicQuantizePerTokenPlan(Exec{}, wrong, v.asymmetric()); }), message);
  EXPECT_EQ(thrown([&] { KokkosQuant::select<DynamicQuantizePerToken>(Exec{}, wrong, v.asymmetric()); }), message);
}

// ---- workspaces -------------------------------------------------------------------------------------------------------

using Family1 = DynamicFamily<PerToken>;
using Problem1 = DynamicProblem<float, float, ZeroPoints::given>;
// Arrays whose plan needs a workspace, and one whose plan needs none.
struct Arrays {
  const Problem1& p;
  Array<float, Exec> x, scale;
  Array<std::int32_t, Exec> zero_point;
  Array<std::int8_t, Exec> q;
  explicit Arrays(const Problem1& problem, const Place& at = {})
      : p(problem),
        x(p.N, p.D, at, p.at(p.x)),
        scale(p.cell_rows, p.cell_columns, {}),
        zero_point(p.cell_rows, p.cell_columns, {}),
        q(p.N, p.D, at) {
    scale.to_device(), zero_point.to_device(), q.to_device();
  }
  void clear() {
    Kokkos::deep_copy(scale.view(), guard_value<float>());
    Kokkos::deep_copy(zero_point.view(), guard_value<std::int32_t>());
    Kokkos::deep_copy(q.view(), guard_value<std::int8_t>());
  }
  auto args() const {
    return KokkosQuant::DynamicQuantizePerTokenArgs{x.const_view(), written_cells_view<PerToken>(scale),
                                                    written_cells_view<PerToken>(zero_point), q.view()};
  }
  void expect_results() {
    EXPECT_TRUE(scale.holds(p.at_cell(p.scale), p.where_cell()));
    EXPECT_TRUE(zero_point.holds(p.at_cell(p.zero_point), p.where_cell()));
    EXPECT_TRUE(
        q.holds([&](std::size_t n, std::size_t d) { return static_cast<std::int8_t>(p.code[n * p.D + d]); }, p.where()));
    clear();
  }
  void expect_untouched() {
    Exec{}.fence();
    EXPECT_TRUE(scale.holds([](std::size_t, std::size_t) { return guard_value<float>(); }, p.where_cell()));
    EXPECT_TRUE(zero_point.holds([](std::size_t, std::size_t) { return guard_value<std::int32_t>(); }, p.where_cell()));
    EXPECT_TRUE(q.holds([](std::size_t, std::size_t) { return guard_value<std::int8_t>(); }, p.where()));
  }
};
const Problem1& large_problem() {
  static const Problem1 p(2, 270001, {1, 270001}, eight_bits, Data::spikes, 1);
  return p;
}
const Problem1& small_problem() {
  static const Problem1 p(6, 20, {1, 20}, eight_bits, Data::spikes, 2);
  return p;
}
using Workspace = Kokkos::View<std::byte*, Exec>;

TEST(DynamicWorkspace, IsAskedForAndLookedAt) {
  Arrays a(large_problem());
  const KokkosQuant::DynamicQuantizePerTokenPlan plan(Exec{}, eight_bits, a.args());
  const std::size_t size = plan.workspace_size();
  ASSERT_GT(size, 0u);
  EXPECT_EQ(plan.sku().reads, 2);
  EXPECT_NE(plan.sku().to_string().find("/2_reads"), std::string::npos) << plan.sku().to_string();
  const auto expect_refused_with = [&](const auto& run, std::size_t given) {
    const std::string message = thrown(run);
    for (const std::string& part :
         {std::string("KokkosQuant::DynamicQuantizePerToken: run() was given "), std::to_string(given) + " bytes of workspace",
          "expected run(workspace) with " + std::to_string(size) + " bytes (workspace_size())", std::string("multiple of 16")})
      EXPECT_NE(message.find(part), std::string::npos) << "no '" << part << "' in: " << message;
    a.expect_untouched();
  };
  const Workspace exact("workspace", size), more("workspace", size + 100);
  expect_refused_with([&] { plan.run(); }, 0);
  expect_refused_with([&] { plan.run(a.args()); }, 0);
  expect_refused_with([&] { plan.run(Workspace()); }, 0);
  const Workspace null(nullptr, size);  // (of which Kokkos 5 says that it has no elements)
  expect_refused_with([&] { plan.run(null); }, null.size());
  expect_refused_with([&] { plan.run(a.args(), null); }, null.size());
  expect_refused_with([&] { plan.run(Workspace(exact.data(), size - 1)); }, size - 1);
  expect_refused_with([&] { plan.run(a.args(), Workspace(exact.data(), size - 1)); }, size - 1);
  for (const std::size_t offset : std::vector<std::size_t>{1, 4, 8, 15, 17})
    expect_refused_with([&] { plan.run(Workspace(more.data() + offset, size)); }, size);
  const Workspace twice("workspace", 2 * size);
  const Kokkos::View<std::byte*, LayoutStride, Exec> with_gaps(twice.data(), LayoutStride(size, 2));
  expect_refused_with([&] { plan.run(with_gaps); }, size);

  plan.run(exact);
  Exec{}.fence();
  a.expect_results();
  plan.run(Workspace(more.data() + 16, size + 84));
  Exec{}.fence();
  a.expect_results();
  plan.run(a.args(), Kokkos::View<unsigned char*, Exec>(reinterpret_cast<unsigned char*>(exact.data()), size));
  Exec{}.fence();
  a.expect_results();
}

TEST(DynamicWorkspace, IsNotNeededForSmallCells) {
  Arrays a(small_problem());
  const KokkosQuant::DynamicQuantizePerTokenPlan plan(Exec{}, eight_bits, a.args());
  EXPECT_EQ(plan.workspace_size(), 0u);
  EXPECT_EQ(plan.sku().reads, 1);
  EXPECT_EQ(plan.sku().op, "DynamicQuantizePerToken");
  EXPECT_EQ(plan.sku().element_type, "float");
  EXPECT_EQ(plan.sku().code_type, "int8");
  EXPECT_EQ(plan.sku().to_string().find("reads"), std::string::npos) << plan.sku().to_string();
  const Workspace odd("workspace", 3);
  const auto expect_runs = [&](const auto& run) {
    run();
    Exec{}.fence();
    a.expect_results();
  };
  expect_runs([&] { plan.run(); });
  expect_runs([&] { plan.run(Workspace()); });
  expect_runs([&] { plan.run(Workspace(odd.data() + 1, 2)); });
  expect_runs([&] { plan.run(a.args(), Workspace()); });
}

// Other Views may need another workspace: it is theirs that counts.
TEST(DynamicWorkspace, RunOnOtherViews) {
  const Problem1 other_problem(2, 270001, {1, 270001}, eight_bits, Data::non_finite, 3);
  Arrays a(large_problem()), b(other_problem), turned(other_problem, {Order::left, 1, 3});
  const KokkosQuant::DynamicQuantizePerTokenPlan plan(Exec{}, eight_bits, a.args());
  const KokkosQuant::DynamicQuantizePerTokenPlan turned_plan(Exec{}, eight_bits, turned.args());
  const Workspace workspace("workspace", plan.workspace_size()), turned_workspace("workspace", turned_plan.workspace_size());
  plan.run(b.args(), workspace);
  Exec{}.fence();
  b.expect_results();
  a.expect_untouched();
  plan.run(turned.args(), turned_workspace);
  Exec{}.fence();
  turned.expect_results();
  ASSERT_NE(plan.workspace_size(), turned_plan.workspace_size());
  const bool more = turned_plan.workspace_size() > plan.workspace_size();
  const std::string message =
      more ? thrown([&] { plan.run(turned.args(), workspace); }) : thrown([&] { turned_plan.run(a.args(), turned_workspace); });
  EXPECT_NE(message.find("bytes of workspace"), std::string::npos) << message;
  turned.expect_untouched();

  Arrays small(small_problem());
  const std::string wrong = thrown([&] { plan.run(small.args(), workspace); });
  EXPECT_NE(wrong.find("run(args) was given 6 x 20 and the plan was made for 2 x 270001"), std::string::npos) << wrong;
  small.expect_untouched();
  const KokkosQuant::DynamicQuantizePerTokenPlan small_plan(Exec{}, eight_bits, small.args());
  const Problem1 other_small(6, 20, {1, 20}, eight_bits, Data::any, 3);
  Arrays others(other_small, {Order::left, 1, 3});
  small_plan.run(others.args());
  Exec{}.fence();
  others.expect_results();
  small.expect_untouched();
}

TEST(DynamicWorkspace, RunLaunchesAndDoesNothingElse) {
  Arrays large(large_problem()), small(small_problem());
  const Exec exec{};
  const KokkosQuant::DynamicQuantizePerTokenPlan plan(exec, eight_bits, large.args());
  const KokkosQuant::DynamicQuantizePerTokenPlan small_plan(exec, eight_bits, small.args());
  const Workspace workspace("workspace", plan.workspace_size());
  const auto labels = [](const std::vector<ToolsEvent>& events) {
    std::vector<std::string> all;
    for (const ToolsEvent& event : events) all.push_back(event.what);
    return all;
  };
  const std::string label = "parallel_for KokkosQuant::DynamicQuantizePerToken";
  EXPECT_EQ(labels(reported_during([&] { small_plan.run(); })), std::vector<std::string>{label});
  EXPECT_EQ(labels(reported_during([&] { plan.run(workspace); })),
            (std::vector<std::string>{label + "::ranges", label + "::scales", label}));
  exec.fence();
}

// ---- Views of other kinds ---------------------------------------------------------------------------------------------

// Rows of several extents: B x S x D.
template <class Layout>
void run_on_rank_three() {
  constexpr std::size_t B = 3, S = 5, columns = 37;
  const bool left = std::is_same_v<Layout, Kokkos::LayoutLeft>;  // rows are counted in the order in which they lie
  const auto row = [&](std::size_t b, std::size_t s) { return left ? s * B + b : b * S + s; };
  const Problem1 p(B * S, columns, {1, columns}, eight_bits, Data::any, 4);
  const DynamicProblem<float, float, ZeroPoints::none> groups(B * S, columns, {1, 8}, eight_bits, Data::any, 5);
  const Kokkos::View<float***, Layout, Exec> x("x", B, S, columns), y("y", B, S, columns);
  const Kokkos::View<std::int8_t***, Layout, Exec> q("q", B, S, columns);
  const Kokkos::View<float**, Layout, Exec> scale("scale", B, S);
  const Kokkos::View<int**, Layout, Exec> zero_point("zero_point", B, S);
  const Kokkos::View<float***, Layout, Exec> group_scale("scale", B, S, groups.cell_columns);
  const auto fill = [&](const auto& values) {
    const auto host = Kokkos::create_mirror_view(x);
    for (std::size_t b = 0; b < B; ++b)
      for (std::size_t s = 0; s < S; ++s)
        for (std::size_t d = 0; d < columns; ++d) host(b, s, d) = values[row(b, s) * columns + d];
    Kokkos::deep_copy(x, host);
  };
  const auto on_host = [](const auto& view) { return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view); };

  fill(p.x);
  KokkosQuant::DynamicQuantizePerTokenPlan(Exec{}, eight_bits,
                                           KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, zero_point, q})
      .run();
  Exec{}.fence();
  const auto scales = on_host(scale);
  const auto zero_points = on_host(zero_point);
  const auto q_host = on_host(q);
  for (std::size_t b = 0; b < B; ++b)
    for (std::size_t s = 0; s < S; ++s) {
      EXPECT_TRUE(same_bits(scales(b, s), p.scale[row(b, s)])) << b << ", " << s;
      EXPECT_EQ(zero_points(b, s), p.zero_point[row(b, s)]) << b << ", " << s;
      for (std::size_t d = 0; d < columns; ++d) ASSERT_EQ(q_host(b, s, d), p.code[row(b, s) * columns + d]) << b << ", " << s;
    }

  fill(groups.x);
  KokkosQuant::DynamicFakeQuantizePerGroupPlan(
      Exec{}, eight_bits, KokkosQuant::DynamicFakeQuantizePerGroupArgs{x, group_scale, no_zero_point, y, PerGroup{8}})
      .run();
  Exec{}.fence();
  const auto group_scales = on_host(group_scale);
  const auto y_host = on_host(y);
  for (std::size_t b = 0; b < B; ++b)
    for (std::size_t s = 0; s < S; ++s) {
      for (std::size_t k = 0; k < groups.cell_columns; ++k)
        EXPECT_TRUE(same_bits(group_scales(b, s, k), groups.scale[row(b, s) * groups.cell_columns + k])) << b << ", " << s;
      for (std::size_t d = 0; d < columns; ++d)
        ASSERT_TRUE(same_bits(y_host(b, s, d), groups.fake_quantized[row(b, s) * columns + d])) << b << ", " << s << ", " << d;
    }
}
TEST(DynamicViews, OfRankThree) {
  run_on_rank_three<Kokkos::LayoutRight>();
  run_on_rank_three<Kokkos::LayoutLeft>();
}

// A scalar View for the one scale; codes of the widest type.
TEST(DynamicViews, OneScaleAndInt32) {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min(), highest = std::numeric_limits<std::int32_t>::max();
  const Kokkos::View<double, Exec> scale("scale");
  const Kokkos::View<int, Exec> zero_point("zero_point");
  for (const Data data : {Data::spikes, Data::huge, Data::positive, Data::negative, Data::zeros}) {
    const DynamicProblem<double, double, ZeroPoints::given> p(5, 41, {5, 41}, {lowest, highest}, data, 6);
    const Array<double, Exec> x(5, 41, {}, p.at(p.x));
    Array<std::int32_t, Exec> q(5, 41, {Order::left});
    q.to_device();
    KokkosQuant::DynamicQuantizePerTensorPlan(
        Exec{}, DynamicQuantizeDescriptor{lowest, highest},
        KokkosQuant::DynamicQuantizePerTensorArgs{x.const_view(), scale, zero_point, q.view()})
        .run();
    Exec{}.fence();
    EXPECT_TRUE(q.holds(p.at(p.code), p.where()));
    const auto scale_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scale);
    const auto zero_point_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), zero_point);
    EXPECT_TRUE(same_bits(scale_host(), p.scale[0])) << show(scale_host()) << " " << show(p.scale[0]);
    EXPECT_EQ(zero_point_host(), p.zero_point[0]);
  }
}

// What the codes say can be had back with the scales that were found: by Dequantize, the same bits as fake quantization.
TEST(DynamicViews, DequantizeTakesWhatWasFound) {
  Arrays a(small_problem());
  const Array<float, Exec> y(6, 20, {}), back(6, 20, {});
  KokkosQuant::DynamicQuantizePerTokenPlan(Exec{}, eight_bits, a.args()).run();
  KokkosQuant::DequantizePerTokenPlan(
      Exec{}, eight_bits.range(),
      KokkosQuant::DequantizePerTokenArgs{a.q.const_view(), a.scale.line(), a.zero_point.line(), back.view()})
      .run();
  Exec{}.fence();
  Array<float, Exec> result = back;
  EXPECT_EQ(result.values(), a.p.fake_quantized);
}

}  // namespace
}  // namespace KokkosQuantTest
