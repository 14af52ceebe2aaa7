// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What fails outside the library surfaces as an exception that names the plan, and leaves the plan as it was: a launch that the
// backend refuses (a tool that throws where a kernel begins stands for it), and memory that is not there.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include "KokkosQuantTest_OperatorNew.hpp"
#include "KokkosQuantTest_Problems.hpp"

namespace KokkosQuantTest {
namespace {

/// While it lives no kernel is launched.
class LaunchesFail {
 public:
  LaunchesFail() {
    Kokkos::Tools::Experimental::set_begin_parallel_for_callback(
        [](const char*, std::uint32_t, std::uint64_t*) { throw std::domain_error("the backend's own words"); });
  }
  ~LaunchesFail() { Kokkos::Tools::Experimental::set_begin_parallel_for_callback(nullptr); }
  LaunchesFail(const LaunchesFail&) = delete;
  LaunchesFail& operator=(const LaunchesFail&) = delete;
};

template <class Case>
class Failures : public OpTest<Case> {};
TYPED_TEST_SUITE(Failures, OpCases, CaseNames);

TYPED_TEST(Failures, OfALaunchNameThePlanAndKeepTheReason) {
  using Op = typename TestFixture::Op;
  const auto plan = KokkosQuant::select<Op>(this->exec, small_range, this->args);
  const auto expect_failure = [&](const auto& run) {
    const LaunchesFail failing;
    try {
      run();
      ADD_FAILURE() << "the launch did not fail";
    } catch (const std::runtime_error& failure) {
      EXPECT_EQ(failure.what(), "KokkosQuant::" + plan.sku().to_string() + ": the launch failed: the backend's own words");
      EXPECT_THROW(std::rethrow_if_nested(failure), std::domain_error);
    }
  };
  expect_failure([&] { plan.run(); });
  expect_failure([&] { plan.run(this->args); });
  EXPECT_TRUE(this->problem.is_untouched());
  plan.run();
  this->exec.fence();
  EXPECT_TRUE(this->problem.is_right());
}

#ifndef __SANITIZE_ADDRESS__  // (which ends the program instead)
// Kokkos says which View there is no memory for; what was there before goes on.
TYPED_TEST(Failures, OfMemoryNameTheView) {
  using Op = typename TestFixture::Op;
  using Memory = typename TestFixture::Plan::execution_space::memory_space;
  const auto plan = KokkosQuant::select<Op>(this->exec, small_range, this->args);
  try {
    const Kokkos::View<float**, Memory> x("the activations", std::size_t{1} << 24, std::size_t{1} << 24);
    ADD_FAILURE() << "2^50 bytes were there";
  } catch (const std::exception& failure) {
    EXPECT_NE(std::string(failure.what()).find("the activations"), std::string::npos) << failure.what();
  }
  plan.run();
  this->exec.fence();
  EXPECT_TRUE(this->problem.is_right());
}

#endif

#ifdef KOKKOS_ENABLE_CUDA
// CUDA itself refuses a launch: the stream records a graph that something forbidden has spoilt.
TEST(CudaFailures, OfALaunchNameThePlan) {
  cudaStream_t stream;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  {
    const Kokkos::Cuda exec(stream);
    const Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::CudaSpace> x("x", 3, 5), y("y", 3, 5);
    const Kokkos::View<float*, Kokkos::CudaSpace> scale("scale", 3);
    Kokkos::deep_copy(exec, x, 4.0f);
    Kokkos::deep_copy(exec, scale, 2.0f);
    exec.fence();
    const KokkosQuant::FakeQuantizePerTokenPlan plan(
        exec, small_range, KokkosQuant::FakeQuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, y});
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), cudaSuccess);
    ASSERT_NE(cudaStreamSynchronize(stream), cudaSuccess);  // not while it records
    static_cast<void>(cudaGetLastError());
    try {
      plan.run();
      ADD_FAILURE() << "the launch did not fail";
    } catch (const std::runtime_error& failure) {
      const std::string text = failure.what(), begin = "KokkosQuant::" + plan.sku().to_string() + ": the launch failed: ";
      EXPECT_EQ(text.substr(0, begin.size()), begin);
      EXPECT_GT(text.size(), begin.size());
    }
    EXPECT_EQ(cudaGetLastError(), cudaSuccess) << "the exception is the report";
    cudaGraph_t graph = nullptr;
    EXPECT_NE(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    static_cast<void>(cudaGetLastError());
    plan.run();  // and now it is not refused
    exec.fence();
    const auto on_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), y);
    EXPECT_EQ(on_host(2, 4), 4.0f);
  }
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}
#endif

#ifdef KOKKOSQUANT_TEST_REPLACES_NEW
// Whichever allocation it is that fails: an exception or a refusal, never the end of the program.
TYPED_TEST(Failures, OfAnyAllocationAreExceptions) {
  using Op = typename TestFixture::Op;
  using Plan = typename TestFixture::Plan;
  auto wrong = this->args;
  wrong.scale = null<decltype(wrong.scale)>(5);
  const auto fails_at = [](long n, const auto& f) {
    news_until_failure = n;
    const bool threw = [&] {
      try {
        f();
        return false;
      } catch (const std::bad_alloc&) {
        return true;
      } catch (const std::runtime_error&) {
        return true;
      }
    }();
    const bool reached = news_until_failure == 0;
    news_until_failure = 0;
    EXPECT_TRUE(!threw || reached);
    return reached;
  };
  const auto fails_everywhere = [&](const auto& f) {
    long n = 1;
    while (n < 1000 && fails_at(n, f)) ++n;
    EXPECT_LT(n, 1000);
    return n - 1;
  };
  EXPECT_GE(fails_everywhere([&] { const Plan plan(this->exec, small_range, this->args); }), 1);
  EXPECT_GE(fails_everywhere([&] {
              try {
                const Plan plan(this->exec, small_range, wrong);
                ADD_FAILURE() << "accepted";
              } catch (const std::invalid_argument&) {
              }
            }),
            1);
  EXPECT_GE(fails_everywhere([&] {
              if (KokkosQuant::can_implement<Op>(this->exec, small_range, wrong)) ADD_FAILURE() << "accepted";
            }),
            1);
  const Plan plan(this->exec, small_range, this->args);
  EXPECT_GE(fails_everywhere([&] { (void)plan.sku().to_string(); }), 1);
  fails_everywhere([&] { plan.run(); });  // (Kokkos 5 copies the label)
  plan.run();
  this->exec.fence();
  EXPECT_TRUE(this->problem.is_right());
}
#endif

}  // namespace
}  // namespace KokkosQuantTest
