// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans and execution-space instances: each on its own, in the order of its instance, from any number of threads, in a
// graph.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "KokkosQuantTest_Instances.hpp"
#include "KokkosQuantTest_Problems.hpp"

namespace KokkosQuantTest {
namespace {

template <class Case>
class Instances : public OpTest<Case> {};
TYPED_TEST_SUITE(Instances, OpCases, CaseNames);

TYPED_TEST(Instances, TwoAtOnceDoNotMeet) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  const TwoInstances<Exec> instances;
  Problem<Op, Exec> a(300, 700), b(2000, 65), c(300, 700);
  const auto on_first = KokkosQuant::select<Op>(instances.first(), small_range, a.args());
  const auto on_second = KokkosQuant::select<Op>(instances.second(), small_range, b.args());
  for (int i = 0; i < 10; ++i) {
    on_first.run();
    on_second.run();
    on_first.run(c.args());
  }
  instances.first().fence();
  EXPECT_TRUE(a.is_right());
  EXPECT_TRUE(c.is_right());
  instances.second().fence();
  EXPECT_TRUE(b.is_right());
}

TYPED_TEST(Instances, APlanHoldsItsInstance) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  const TwoInstances<Exec> instances;
  std::optional<Exec> exec(instances.second());
  const auto plan = KokkosQuant::select<Op>(*exec, small_range, this->args);
  exec.reset();
  plan.run();
  plan.instance().fence();
  EXPECT_TRUE(this->problem.is_right());
}
// Where an instance is more than a handle for something of ours, the plan keeps that, too.
TYPED_TEST(Instances, APlanOutlivesWhatItsInstanceCameFrom) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  if constexpr (!TwoInstances<Exec>::owns_streams) {
    auto instances = std::make_unique<TwoInstances<Exec>>();
    const auto plan = KokkosQuant::select<Op>(instances->second(), small_range, this->args);
    instances.reset();
    plan.run();
    plan.instance().fence();
    EXPECT_TRUE(this->problem.is_right());
  }
}

// ----------------------------------------------------------------------------------------------------------- in order

template <class Exec>
struct FillSlowly {
  Kokkos::View<float*, Exec> x;
  float value;
  int steps;
  KOKKOS_FUNCTION void operator()(int i) const {
    float v = value;
    for (int k = 0; k < steps; ++k) v = v * 1.0000001f + 1e-30f;  // the device has something to do
    x(i) = v > 0 ? value : 0;
  }
};
template <class Exec>
struct Double {
  Kokkos::View<float*, Exec> x;
  KOKKOS_FUNCTION void operator()(int i) const { x(i) *= 2; }
};

template <class Exec>
class Order : public ::testing::Test {};
TYPED_TEST_SUITE(Order, ExecutionSpaces, CaseNames);

// fill x, quantize in place, use dx: no fence between. On another stream run() would not wait for the first, nor the
// last for it.
TYPED_TEST(Order, RunTakesItsPlaceInTheOrderOfItsInstance) {
  using Exec = TypeParam;
  const TwoInstances<Exec> instances;
  const std::size_t N = 8, D = 1000;
  const int steps = std::is_same_v<typename Exec::memory_space, Kokkos::HostSpace> ? 100 : 100000;
  for (const Exec& exec : {instances.first(), instances.second()}) {
    const Kokkos::View<float*, Exec> data("KokkosQuantTest::data", N * D);
    const Kokkos::View<float*, Exec> scale("KokkosQuantTest::scale", N);
    Kokkos::deep_copy(scale, 0.5f);
    const Kokkos::View<float**, Kokkos::LayoutRight, Exec> x(data.data(), N, D);
    const KokkosQuant::QuantizePerTokenBackwardPlan plan(
        exec, {-4, 3}, KokkosQuant::QuantizePerTokenBackwardArgs{x, x, scale, KokkosQuant::no_zero_point, x});
    const Kokkos::RangePolicy<Exec, Kokkos::IndexType<int>> all(exec, 0, static_cast<int>(N * D));
    Kokkos::fence();
    Kokkos::parallel_for("KokkosQuantTest::FillSlowly", all, FillSlowly<Exec>{data, 1.25f, steps});
    plan.run();
    Kokkos::parallel_for("KokkosQuantTest::Double", all, Double<Exec>{data});
    exec.fence();
    const auto seen = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), data);
    for (std::size_t i = 0; i < N * D; ++i) ASSERT_EQ(seen(i), 5.0f) << "at " << i;  // 1.25 / 0.5 * 2
  }
}

// -----------------------------------------------------------------------------------------------------------
// re-entrant

// One plan, many threads, each with arrays of its own. Kokkos lets threads other than the main one launch on Serial in
// every version, on the others since 4.2.
template <class Exec>
constexpr bool any_thread_may_launch =
#ifdef KOKKOS_ENABLE_SERIAL
    std::is_same_v<Exec, Kokkos::Serial> ||
#endif
    KOKKOS_VERSION >= 40200;

TYPED_TEST(Instances, RunIsReentrant) {
  using Op = typename TestFixture::Op;
  using Exec = typename TestFixture::Exec;
  if constexpr (any_thread_may_launch<Exec>) {
    const std::size_t n_threads = 4, N = 50, D = 333;
    Problem<Op, Exec> planned(N, D);
    const auto plan = KokkosQuant::select<Op>(this->exec, small_range, planned.args());
    std::vector<std::unique_ptr<Problem<Op, Exec>>> given;
    std::vector<decltype(planned.args())> args;
    for (std::size_t t = 0; t < n_threads; ++t) {
      given.push_back(std::make_unique<Problem<Op, Exec>>(N, D, Placement{t, 3 * t}));
      args.push_back(given.back()->args());
    }
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < n_threads; ++t)
      threads.emplace_back([&plan, &mine = args[t]] {
        for (int i = 0; i < 50; ++i) plan.run(mine);
      });
    for (std::thread& thread : threads) thread.join();
    plan.run();
    this->exec.fence();
    EXPECT_TRUE(planned.is_right());
    for (const auto& problem : given) EXPECT_TRUE(problem->is_right());
  }
}

// ------------------------------------------------------------------------------------------------------------ CUDA
// graphs

#ifdef KOKKOS_ENABLE_CUDA
template <class Op>
class Graph : public ::testing::Test {};
struct OpNames {
  template <class Op>
  static std::string GetName(int) {
    return Op::name();
  }
};
using Ops = ::testing::Types<QuantizePerTokenBackward, QuantizePerToken, DequantizePerToken>;
TYPED_TEST_SUITE(Graph, Ops, OpNames);

TYPED_TEST(Graph, RunIsOneKernelNode) {
  using Exec = Kokkos::Cuda;
  const TwoInstances<Exec> instances;
  const Exec& exec = instances.first();
  Problem<TypeParam, Exec> problem(64, 300), other(64, 300, Placement{1, 1});
  const auto plan = KokkosQuant::select<TypeParam>(exec, small_range, problem.args());
  const auto args = other.args();
  plan.run();  // the module is loaded at the first launch
  plan.run(args);
  exec.fence();
  problem.reset();
  other.reset();

  cudaGraph_t graph;
  ASSERT_EQ(cudaStreamBeginCapture(exec.cuda_stream(), cudaStreamCaptureModeGlobal), cudaSuccess);
  plan.run();
  plan.run(args);
  ASSERT_EQ(cudaStreamEndCapture(exec.cuda_stream(), &graph), cudaSuccess);
  std::size_t count = 2;
  cudaGraphNode_t nodes[2];
  ASSERT_EQ(cudaGraphGetNodes(graph, nullptr, &count), cudaSuccess);
  ASSERT_EQ(count, 2u);
  ASSERT_EQ(cudaGraphGetNodes(graph, nodes, &count), cudaSuccess);
  for (const cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type;
    ASSERT_EQ(cudaGraphNodeGetType(node, &type), cudaSuccess);
    EXPECT_EQ(type, cudaGraphNodeTypeKernel);
  }
  EXPECT_TRUE(problem.is_untouched()) << "captured, not run";

  cudaGraphExec_t instance;
  ASSERT_EQ(cudaGraphInstantiate(&instance, graph, 0), cudaSuccess);
  for (int i = 0; i < 2; ++i) {
    problem.reset();
    other.reset();
    ASSERT_EQ(cudaGraphLaunch(instance, exec.cuda_stream()), cudaSuccess);
    exec.fence();
    EXPECT_TRUE(problem.is_right());
    EXPECT_TRUE(other.is_right());
  }
  EXPECT_EQ(cudaGraphExecDestroy(instance), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
}
#endif

}  // namespace
}  // namespace KokkosQuantTest
