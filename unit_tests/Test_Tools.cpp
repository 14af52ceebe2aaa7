// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// run() launches its kernel on the plan's instance, under the library's label, and does nothing else: no allocation, no
// copy, no fence. Seen through Kokkos' tools, and by counting operator new.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "KokkosQuantTest_Instances.hpp"
#include "KokkosQuantTest_OperatorNew.hpp"
#include "KokkosQuantTest_Problems.hpp"
#include "KokkosQuantTest_Tools.hpp"

namespace KokkosQuantTest {
namespace {

template <class Exec>
std::uint32_t device_of(const Exec& exec) {
  return Kokkos::Tools::Experimental::device_id(exec);
}

// ------------------------------------------------------------------------------------- the instruments work in this
// build

template <class Exec>
struct Nothing {
  Kokkos::View<int*, Exec> v;
  KOKKOS_FUNCTION void operator()(int i) const { v(i) = i; }
};

template <class Exec>
class Instruments : public ::testing::Test {};
TYPED_TEST_SUITE(Instruments, ExecutionSpaces, CaseNames);

TYPED_TEST(Instruments, SeeKernelsAllocationsCopiesAndFences) {
  using Exec = TypeParam;
  const Exec exec{};
  using V = Kokkos::View<int*, Exec>;
  std::optional<V> v;
  const auto count = [](const std::vector<ToolsEvent>& events, const std::string& what) {
    int n = 0;
    for (const ToolsEvent& e : events) n += e.what.find(what) != std::string::npos;
    return n;
  };
  EXPECT_EQ(count(reported_during([&] { v.emplace("seen", 100); }), "allocate seen"), 1);
  const V from("from", 100);
  EXPECT_GE(count(reported_during([&] { Kokkos::deep_copy(*v, from); }), "deep_copy seen"), 1);
  const auto launch = [&] {
    Kokkos::parallel_for("a label", Kokkos::RangePolicy<Exec, Kokkos::IndexType<int>>(exec, 0, 100), Nothing<Exec>{*v});
  };
  const std::vector<ToolsEvent> launched = reported_during(launch);
  ASSERT_EQ(launched.size(), 1u);
  EXPECT_EQ(launched[0], parallel_for_event("a label", device_of(exec)));
  EXPECT_EQ(count(reported_during([&] { v.reset(); }), "deallocate seen"), 1);
#if KOKKOSQUANT_TEST_KOKKOS_REPORTS_FENCES_AND_INSTANCES
  EXPECT_GE(count(reported_during([&] { exec.fence(); }), "fence"), 1);
#endif
  EXPECT_TRUE(reported_during([] {}).empty());
}

#ifdef KOKKOSQUANT_TEST_REPLACES_NEW
TEST(Instruments, CountOperatorNew) {
  EXPECT_EQ(news_during([] { const std::string text(100, '-'); }), 1);
  EXPECT_EQ(news_during([] { const std::vector<int> three[3] = {{1}, {2}, {3}}; }), 3);
  EXPECT_EQ(news_during([] {}), 0);
}
#endif

// -----------------------------------------------------------------------------------------------------------------
// plans

template <class Case>
class Tools : public OpTest<Case> {
 protected:
  static std::string label() { return std::string("KokkosQuant::") + OpTest<Case>::Op::name(); }
};
TYPED_TEST_SUITE(Tools, OpCases, CaseNames);

TYPED_TEST(Tools, RunLaunchesOneKernelOnItsInstanceAndNothingElse) {
  using Exec = typename TestFixture::Exec;
  using Op = typename TestFixture::Op;
  const TwoInstances<Exec> instances;
  for (const Exec& exec : {instances.first(), instances.second()}) {
    const std::vector<ToolsEvent> one = {parallel_for_event(this->label(), device_of(exec))};
    const auto test = [&]<class Layout>(Layout) {
      for (const auto& [rows, columns] :
           {std::pair<std::size_t, std::size_t>{5, 37}, {1, 1}, {300, 700}, {1, 20000}, {20000, 1}})
        for (const auto mapping : {KokkosQuant::Mapping::automatic, KokkosQuant::Mapping::elements}) {
          Problem<Op, Exec, Layout> problem(rows, columns);
          const auto args = problem.args();
          const auto plan = KokkosQuant::select<Op>(exec, small_range, args, {mapping});
          EXPECT_EQ(reported_during([&] { plan.run(); }), one) << rows << " x " << columns;
          EXPECT_EQ(reported_during([&] { plan.run(args); }), one) << rows << " x " << columns;
          exec.fence();
          EXPECT_TRUE(problem.is_right());
        }
    };
    test(Kokkos::LayoutRight{});
    test(Kokkos::LayoutLeft{});
  }
#if KOKKOSQUANT_TEST_KOKKOS_REPORTS_FENCES_AND_INSTANCES
  if constexpr (TwoInstances<Exec>::have_ids) {
    EXPECT_NE(device_of(instances.first()), device_of(instances.second()));
  }
#endif
}

TYPED_TEST(Tools, NoElementsAreNoLaunch) {
  using Op = typename TestFixture::Op;
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{0, 0}, {0, 37}, {5, 0}}) {
    typename TestFixture::Problem empty(rows, columns);
    const auto args = empty.args();
    const auto plan = KokkosQuant::select<Op>(this->exec, small_range, args);
    EXPECT_EQ(reported_during([&] { plan.run(); }), std::vector<ToolsEvent>{});
    EXPECT_EQ(reported_during([&] { plan.run(args); }), std::vector<ToolsEvent>{});
  }
}

TYPED_TEST(Tools, MakingAndRefusingPlansLaunchesNothing) {
  using Op = typename TestFixture::Op;
  using Plan = typename TestFixture::Plan;
  std::optional<Plan> plan;
  const std::vector<ToolsEvent> none;
  EXPECT_EQ(reported_during([&] { plan.emplace(this->exec, small_range, this->args); }), none);
  EXPECT_EQ(reported_during([&] { const Plan copy(*plan); }), none);
  EXPECT_EQ(reported_during([&] { EXPECT_TRUE(KokkosQuant::can_implement<Op>(this->exec, small_range, this->args)); }), none);
  auto wrong = this->args;
  wrong.scale = null<decltype(wrong.scale)>(5);
  EXPECT_EQ(reported_during([&] { EXPECT_FALSE(KokkosQuant::can_implement<Op>(this->exec, small_range, wrong)); }), none);
  EXPECT_EQ(reported_during([&] { EXPECT_THROW(plan->run(wrong), std::invalid_argument); }), none);
  EXPECT_EQ(reported_during([&] { EXPECT_THROW(Plan(this->exec, small_range, wrong), std::invalid_argument); }), none);
  EXPECT_EQ(reported_during([&] { (void)plan->sku(); }), none);
  EXPECT_EQ(reported_during([&] { plan.reset(); }), none);
}

#ifdef KOKKOSQUANT_TEST_REPLACES_NEW
// On the host, where all that happens can be seen. Since 5.0 Kokkos copies a kernel's label, which is an allocation.
TYPED_TEST(Tools, RunAllocatesNothing) {
  using Exec = typename TestFixture::Exec;
  using Op = typename TestFixture::Op;
  if constexpr (std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace>) {
    const Kokkos::View<int*, Exec> v("KokkosQuantTest::v", 100);
    const std::string label = this->label();
    const long by_kokkos = news_during([&] {
      Kokkos::parallel_for(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<int>>(this->exec, 0, 100), Nothing<Exec>{v});
    });
    EXPECT_LE(by_kokkos, KOKKOS_VERSION < 50000 ? 0 : 1);

    const auto test = [&]<class Layout>(Layout) {
      for (const Shape shape : {Shape{5, 37}, {0, 37}, {300, 700}})
        for (const auto mapping : {KokkosQuant::Mapping::automatic, KokkosQuant::Mapping::elements}) {
          Problem<Op, Exec, Layout> problem(shape.rows, shape.columns);
          const auto args = problem.args();
          const auto plan = KokkosQuant::select<Op>(this->exec, small_range, args, {mapping});
          const long expected = shape.rows == 0 ? 0 : by_kokkos;
          plan.run();  // whatever Kokkos does the first time
          EXPECT_EQ(news_during([&] { plan.run(); }), expected) << shape.rows << " x " << shape.columns;
          EXPECT_EQ(news_during([&] { plan.run(args); }), expected) << shape.rows << " x " << shape.columns;
        }
    };
    test(Kokkos::LayoutRight{});
    test(Kokkos::LayoutLeft{});
  }
}

// A verdict is for free as long as it is yes: no message is made.
TYPED_TEST(Tools, AcceptingAllocatesNothing) {
  using Op = typename TestFixture::Op;
  EXPECT_EQ(news_during([&] { EXPECT_TRUE(KokkosQuant::can_implement<Op>(this->exec, small_range, this->args)); }), 0);
}
#endif

}  // namespace
}  // namespace KokkosQuantTest
