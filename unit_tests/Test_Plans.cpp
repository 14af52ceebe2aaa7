// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a plan promises beside its results: how it is made, what it holds, what it says of itself, which Views it takes.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Problems.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::Mapping;
using KokkosQuant::PlanPreference;

template <class Case>
class Plans : public OpTest<Case> {};
TYPED_TEST_SUITE(Plans, OpCases, CaseNames);

TYPED_TEST(Plans, EveryWayToAPlanGivesTheSamePlan) {
  using Op = typename TestFixture::Op;
  using Plan = typename TestFixture::Plan;
  auto by_free_function = KokkosQuant::select<Op>(this->exec, small_range, this->args);
  auto by_member = Plan::select(this->exec, small_range, this->args);
  static_assert(std::is_same_v<decltype(by_free_function), Plan>);
  static_assert(std::is_same_v<decltype(by_member), Plan>);
  for (const Plan* plan : {&by_free_function, &by_member}) {
    this->problem.reset();
    plan->run();
    this->exec.fence();
    EXPECT_TRUE(this->problem.is_right());
    EXPECT_EQ(plan->sku().to_string(), Plan(this->exec, small_range, this->args).sku().to_string());
  }
  const PlanPreference elements{Mapping::elements};
  EXPECT_EQ(KokkosQuant::select<Op>(this->exec, small_range, this->args, elements).sku().mapping, Mapping::elements);
  EXPECT_EQ(Plan::select(this->exec, small_range, this->args, elements).sku().mapping, Mapping::elements);
}

// The plan types deduce their arguments, as the documentation writes them.
template <class Exec>
void expect_deduced() {
  const Exec exec{};
  const QuantizeDescriptor d{-128, 127};
  const PlanPreference preference{};
  const Kokkos::View<float**, Exec> x("x", 2, 3), dy("dy", 2, 3), dx("dx", 2, 3);
  const Kokkos::View<std::int8_t**, Exec> q("q", 2, 3);
  const Kokkos::View<float*, Exec> s("s", 2);
  const Kokkos::View<int*, Exec> z("z", 2);
  KokkosQuant::QuantizePerTokenBackwardPlan backward(exec, d, KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, s, z, dx});
  KokkosQuant::QuantizePerTokenPlan forward(exec, d, KokkosQuant::QuantizePerTokenArgs{x, s, z, q}, preference);
  KokkosQuant::DequantizePerTokenPlan back(exec, d, KokkosQuant::DequantizePerTokenArgs{q, s, z, dx}, preference);
  static_assert(std::is_same_v<typename decltype(backward)::execution_space, Exec>);
  static_assert(std::is_same_v<decltype(forward.args().q), Kokkos::View<std::int8_t**, Exec>>);
  static_assert(std::is_same_v<decltype(back.args().q), Kokkos::View<std::int8_t**, Exec>>);
}
template <class Exec>
class Deduction : public ::testing::Test {};
TYPED_TEST_SUITE(Deduction, ExecutionSpaces, CaseNames);
TYPED_TEST(Deduction, PlansAndArgsDeduceTheirTypes) { expect_deduced<TypeParam>(); }

// ------------------------------------------------------------------------------------------------------- the plan's
// life

TYPED_TEST(Plans, CopiesOfAPlanArePlans) {
  using Plan = typename TestFixture::Plan;
  const auto run = [&](const Plan& plan) {
    this->problem.reset();
    plan.run();
    this->exec.fence();
    EXPECT_TRUE(this->problem.is_right());
  };
  auto original = std::make_unique<Plan>(this->exec, small_range, this->args);
  const Plan copy(*original);
  typename TestFixture::Problem elsewhere(3, 4);
  Plan assigned(this->exec, {-1, 1}, elsewhere.args());
  assigned = *original;
  original.reset();
  run(copy);
  run(assigned);
  const Plan moved(std::move(assigned));
  run(moved);
  EXPECT_TRUE(elsewhere.is_untouched());
}

TYPED_TEST(Plans, APlanKeepsItsViewsAlive) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  using Args = typename TestFixture::Args;
  Args args = this->args;
  std::optional<typename Op::template plan<Exec, Args>> plan;
  std::vector<int> counts;
  {
    TestFixture::Problem::for_each_input(args, [&](const std::string& name, auto& v) {
      v = std::remove_reference_t<decltype(v)>("KokkosQuantTest::" + name, 5, 37);
    });
    auto& out = TestFixture::Problem::out_of(args);
    out = std::remove_reference_t<decltype(out)>("KokkosQuantTest::out", 5, 37);
    args.scale = decltype(args.scale)("KokkosQuantTest::scale", 5);
    args.zero_point = decltype(args.zero_point)("KokkosQuantTest::zero_point", 5);
  }
  const auto expect_count = [&](int held) {
    TestFixture::Problem::for_each_input(args, [&](const std::string&, auto& v) { EXPECT_EQ(v.use_count(), held); });
    EXPECT_EQ(TestFixture::Problem::out_of(args).use_count(), held);
    EXPECT_EQ(args.scale.use_count(), held);
    EXPECT_EQ(args.zero_point.use_count(), held);
  };
  expect_count(1);
  plan.emplace(this->exec, small_range, args);
  expect_count(2);
  plan->run();
  plan->run(args);
  this->exec.fence();
  expect_count(2);  // runs keep nothing
  EXPECT_EQ(plan->args().scale.data(), args.scale.data());
  plan.reset();
  expect_count(1);
}

// ------------------------------------------------------------------------------------------------------- double
// buffers

// Double buffers that are not laid out alike: the plan was made where all accesses are aligned, the others are not, and
// back.
TYPED_TEST(Plans, RunTakesOtherStridesAndAlignments) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  const auto test = [&]<class Layout>(Layout, const std::vector<Placement>& placements) {
    for (const std::size_t columns : {std::size_t{1}, std::size_t{16}, std::size_t{37}, std::size_t{64}})
      for (const Placement& first : placements) {
        Problem<Op, Exec, Layout> planned(8, columns, first);
        const auto plan = KokkosQuant::select<Op>(this->exec, small_range, planned.args());
        for (const Placement& second : placements) {
          Problem<Op, Exec, Layout> given(8, columns, second);
          plan.run(given.args());
          this->exec.fence();
          ASSERT_TRUE(given.is_right()) << columns << " columns at offset " << second.offset << ", pad " << second.pad;
          ASSERT_TRUE(planned.is_untouched());
        }
        plan.run();
        this->exec.fence();
        ASSERT_TRUE(planned.is_right());
      }
  };
  test(Kokkos::LayoutRight{}, {{0, 0, 1}, {1, 0, 1}, {0, 16, 1}, {0, 3, 1}, {3, 13, 1}});
  test(Kokkos::LayoutLeft{}, {{0, 0, 1}, {1, 0, 1}, {0, 8, 1}, {3, 5, 1}});
  test(Kokkos::LayoutStride(0, 0, 0, 0), {{0, 0, 1}, {0, 0, 2}, {1, 2, 3}, {0, 16, 1}});
}

// With LayoutStride even the axis that is contiguous may change.
TYPED_TEST(Plans, RunTakesTransposedStrides) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  const std::size_t N = 8, D = 16;
  Problem<Op, Exec, Kokkos::LayoutStride> by_rows(N, D);
  Problem<Op, Exec, Kokkos::LayoutLeft> by_columns(N, D);
  const auto plan = KokkosQuant::select<Op>(this->exec, small_range, by_rows.args());
  std::remove_const_t<std::remove_reference_t<decltype(plan.args())>> args = by_rows.args();
  const auto given = by_columns.args();
  const auto strided = [](const auto& view, auto& to) {
    to = std::remove_reference_t<decltype(to)>(
        view.data(), Kokkos::LayoutStride(view.extent(0), view.stride(0), view.extent(1), view.stride(1)));
  };
  strided(Problem<Op, Exec, Kokkos::LayoutLeft>::out_of(given), Problem<Op, Exec, Kokkos::LayoutStride>::out_of(args));
  if constexpr (std::is_same_v<Op, QuantizePerTokenBackward>) strided(given.dy, args.dy);
  if constexpr (std::is_same_v<Op, DequantizePerToken>)
    strided(given.q, args.q);
  else
    strided(given.x, args.x);
  plan.run(args);
  this->exec.fence();
  EXPECT_TRUE(by_columns.is_right());
  EXPECT_TRUE(by_rows.is_untouched());
}

// ------------------------------------------------------------------------------------------------- what a plan says of
// itself

TYPED_TEST(Plans, NoWorkspaceIsNeeded) {
  static_assert(TestFixture::Plan::workspace_size() == 0);
  static_assert(std::is_same_v<decltype(TestFixture::Plan::workspace_size()), std::size_t>);
}

TYPED_TEST(Plans, TheGuaranteeIsTheContracts) {
  const typename TestFixture::Plan plan(this->exec, small_range, this->args);
  const KokkosQuant::PrecisionGuarantee g = plan.precision_guarantee();
  EXPECT_TRUE(g.deterministic);
  EXPECT_TRUE(g.bit_stable_across_threads);
  EXPECT_TRUE(g.bit_stable_across_backends);
  EXPECT_GE(g.max_ulp, 0.5);
  EXPECT_LT(g.max_ulp, 2.0);
  std::ostringstream text, number;
  text << g;
  number << g.max_ulp;
  EXPECT_EQ(text.str().find("deterministic"), 0u) << text.str();
  EXPECT_NE(text.str().find(number.str() + " ulp"), std::string::npos) << text.str();
}
TEST(PrecisionGuarantee, PrintsWhatItDoesNotPromise) {
  std::ostringstream text;
  text << KokkosQuant::PrecisionGuarantee{false, true, false, 3};
  EXPECT_EQ(text.str(), "not deterministic, the same bits across threads: yes, across backends: no, error at most 3 ulp");
}

TYPED_TEST(Plans, TheSkuSaysWhichKernelRuns) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  const auto check = [&](const KokkosQuant::KernelSku& sku, Mapping mapping) {
    EXPECT_EQ(sku.op, Op::name());
    EXPECT_EQ(sku.element_type, "float");
    EXPECT_EQ(sku.code_type, (std::is_same_v<Op, QuantizePerTokenBackward> ? "" : "int8"));
    EXPECT_EQ(sku.execution_space, Exec::name());
    EXPECT_EQ(sku.mapping, mapping) << to_string(sku.mapping);
    if (mapping == Mapping::elements)
      EXPECT_EQ(sku.pack_width, 1);
    else
      EXPECT_GE(sku.pack_width, 2);
    const std::string expected = std::string(Op::name()) + (sku.code_type.empty() ? "/float/" : "/float/int8/") + Exec::name() +
                                 "/" + KokkosQuant::to_string(mapping) + "/" + std::to_string(sku.pack_width);
    EXPECT_EQ(sku.to_string(), expected);
    std::ostringstream text;
    text << sku;
    EXPECT_EQ(text.str(), expected);
  };
  // 64 columns: whole vectors on every backend.
  Problem<Op, Exec, Kokkos::LayoutRight> by_rows(64, 64);
  Problem<Op, Exec, Kokkos::LayoutLeft> by_columns(64, 64);
  check(KokkosQuant::select<Op>(this->exec, small_range, by_rows.args()).sku(), Mapping::packs);
  check(KokkosQuant::select<Op>(this->exec, small_range, by_columns.args()).sku(), Mapping::packs_of_tokens);
  const PlanPreference elements{Mapping::elements};
  check(KokkosQuant::select<Op>(this->exec, small_range, by_rows.args(), elements).sku(), Mapping::elements);
  check(KokkosQuant::select<Op>(this->exec, small_range, by_columns.args(), elements).sku(), Mapping::elements);
  // 64 x 1 is contiguous along both axes: a hint decides.
  Problem<Op, Exec, Kokkos::LayoutRight> one_column(64, 1);
  const auto hinted = [&](Mapping hint) {
    return KokkosQuant::select<Op>(this->exec, small_range, one_column.args(), PlanPreference{hint}).sku().mapping;
  };
  EXPECT_EQ(hinted(Mapping::automatic), Mapping::packs_of_tokens);
  EXPECT_EQ(hinted(Mapping::packs_of_tokens), Mapping::packs_of_tokens);
  EXPECT_NE(hinted(Mapping::packs), Mapping::packs_of_tokens);
  EXPECT_EQ(hinted(Mapping::elements), Mapping::elements);
}

TYPED_TEST(Plans, PreferencesChooseAmongKernelsOfTheSameBits) {
  using Op = typename TestFixture::Op;
  for (const Mapping mapping : {Mapping::automatic, Mapping::packs, Mapping::packs_of_tokens, Mapping::elements}) {
    this->problem.reset();
    const auto plan = KokkosQuant::select<Op>(this->exec, small_range, this->args, PlanPreference{mapping});
    EXPECT_NE(plan.sku().mapping, Mapping::automatic);
    plan.run();
    this->exec.fence();
    EXPECT_TRUE(this->problem.is_right()) << to_string(mapping);
    this->problem.reset();
    plan.run(this->args);
    this->exec.fence();
    EXPECT_TRUE(this->problem.is_right()) << to_string(mapping);
  }
}

template <class Exec>
class Views : public ::testing::Test {};
TYPED_TEST_SUITE(Views, ExecutionSpaces, CaseNames);

template <class T, class Exec>
void expect_type_names(const std::string& element, const Exec& exec) {
  const Kokkos::View<T**, Exec> x("x", 2, 3), dy("dy", 2, 3), dx("dx", 2, 3);
  const Kokkos::View<std::uint8_t**, Exec> q("q", 2, 3);
  const Kokkos::View<T*, Exec> s("s", 2);
  const auto z = KokkosQuant::no_zero_point;
  const QuantizeDescriptor d{0, 255};
  const auto expect = [&](const KokkosQuant::KernelSku& sku, const std::string& code) {
    EXPECT_EQ(sku.element_type, element);
    EXPECT_EQ(sku.code_type, code);
  };
  const KokkosQuant::QuantizePerTokenBackwardArgs backward{dy, x, s, z, dx};
  expect(KokkosQuant::select<QuantizePerTokenBackward>(exec, d, backward).sku(), "");
  expect(KokkosQuant::select<QuantizePerToken>(exec, d, KokkosQuant::QuantizePerTokenArgs{x, s, z, q}).sku(), "uint8");
  expect(KokkosQuant::select<DequantizePerToken>(exec, d, KokkosQuant::DequantizePerTokenArgs{q, s, z, dx}).sku(), "uint8");
}
TYPED_TEST(Views, TheSkuNamesTheTypes) {
  const TypeParam exec{};
  expect_type_names<double>("double", exec);
  expect_type_names<float>("float", exec);
  expect_type_names<half_t>("half", exec);
  expect_type_names<bfloat16_t>("bfloat16", exec);
}

// const where only read, memory traits, a layout for each argument, a Device or a memory space in the View's type.
TYPED_TEST(Views, ConstTraitsAndMixedLayoutsAreAccepted) {
  using Exec = TypeParam;
  using Memory = typename Exec::memory_space;
  using Random = Kokkos::MemoryTraits<Kokkos::Unmanaged | Kokkos::RandomAccess>;
  using Restrict = Kokkos::MemoryTraits<Kokkos::Unmanaged | Kokkos::Restrict>;
  const Exec exec{};
  const std::size_t N = 9, D = 21;
  Problem<QuantizePerTokenBackward, Exec, Kokkos::LayoutRight> a(N, D);
  Problem<QuantizePerTokenBackward, Exec, Kokkos::LayoutLeft> b(N, D);
  Problem<QuantizePerTokenBackward, Exec, Kokkos::LayoutStride> c(N, D, {1, 2, 3});
  const KokkosQuant::QuantizePerTokenBackwardArgs args{
      Kokkos::View<const float**, Kokkos::LayoutLeft, Memory, Random>(b.dy.view()),
      Kokkos::View<const float**, Kokkos::LayoutStride, typename Exec::device_type>(c.x.view()),
      Kokkos::View<const float*, Exec, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(a.rows.scale()),
      Kokkos::View<const int*, Memory, Random>(a.rows.zero_point()),
      Kokkos::View<float**, Kokkos::LayoutRight, Exec, Kokkos::MemoryTraits<Kokkos::Restrict>>(a.out.view())};
  const auto status = KokkosQuant::can_implement<QuantizePerTokenBackward>(exec, small_range, args);
  ASSERT_TRUE(status) << status.message();
  KokkosQuant::select<QuantizePerTokenBackward>(exec, small_range, args).run();
  exec.fence();
  EXPECT_TRUE(a.is_right());

  Problem<QuantizePerToken, Exec, Kokkos::LayoutLeft> f(N, D);
  const KokkosQuant::QuantizePerTokenArgs forward{
      Kokkos::View<const float**, Kokkos::LayoutRight, Memory, Restrict>(a.x.view()),
      Kokkos::View<const float*, Exec>(f.rows.scale()), f.rows.zero_point(), f.out.view()};
  KokkosQuant::select<QuantizePerToken>(exec, small_range, forward).run();
  exec.fence();
  EXPECT_TRUE(f.is_right());

  Problem<DequantizePerToken, Exec, Kokkos::LayoutStride> g(N, D, {0, 1, 2});
  Problem<DequantizePerToken, Exec, Kokkos::LayoutRight> h(N, D);
  const KokkosQuant::DequantizePerTokenArgs back{Kokkos::View<const std::int8_t**, Kokkos::LayoutStride, Memory>(g.q.view()),
                                                 Kokkos::View<const float*, Memory, Restrict>(g.rows.scale()),
                                                 g.rows.zero_point(), h.out.view()};
  KokkosQuant::select<DequantizePerToken>(exec, small_range, back).run();
  exec.fence();
  EXPECT_TRUE(h.is_right());
}

TYPED_TEST(Views, NoZeroPointIsZero) {
  using Exec = TypeParam;
  const Exec exec{};
  const std::size_t N = 7, D = 19;
  Problem<QuantizePerTokenBackward, Exec> b(N, D);
  const KokkosQuant::QuantizePerTokenBackwardArgs backward{b.dy.view(), b.x.view(), b.rows.scale(), KokkosQuant::no_zero_point,
                                                           b.out.view()};
  KokkosQuant::select<QuantizePerTokenBackward>(exec, small_range, backward).run();
  exec.fence();
  EXPECT_TRUE(b.compare([&](std::size_t n, std::size_t d) {
    return reference_backward(b.dy(n, d), b.x(n, d), b.rows.scale(n), 0, small_range);
  }));

  Problem<QuantizePerToken, Exec> f(N, D);
  const KokkosQuant::QuantizePerTokenArgs forward{f.x.view(), f.rows.scale(), KokkosQuant::no_zero_point, f.out.view()};
  KokkosQuant::select<QuantizePerToken>(exec, small_range, forward).run();
  exec.fence();
  EXPECT_TRUE(f.compare([&](std::size_t n, std::size_t d) {
    return static_cast<std::int8_t>(reference_quantize(f.x(n, d), f.rows.scale(n), 0, small_range));
  }));

  Problem<DequantizePerToken, Exec> g(N, D);
  const KokkosQuant::DequantizePerTokenArgs back{g.q.view(), g.rows.scale(), KokkosQuant::no_zero_point, g.out.view()};
  KokkosQuant::select<DequantizePerToken>(exec, small_range, back).run();
  exec.fence();
  EXPECT_TRUE(g.compare([&](std::size_t n, std::size_t d) { return reference_dequantize(g.q(n, d), g.rows.scale(n), 0); }));
}

}  // namespace
}  // namespace KokkosQuantTest
