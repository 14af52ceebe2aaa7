// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What fails outside the library surfaces as an exception that names the plan, and leaves the plan as it was: a launch that the
// backend refuses (a tool that throws where a kernel begins stands for it), and memory that is not there.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include "KokkosQuantTest_Problems.hpp"

// nvcc takes operator new for a device function as well.
#ifndef __CUDACC__
#define KOKKOSQUANT_TEST_FAILS_NEWS
namespace {

// Calls of operator new on this thread until one fails; 0: none does.
thread_local long until_failure = 0;

void* failing_allocation(std::size_t bytes, std::size_t alignment) {
  if (until_failure > 0 && --until_failure == 0) throw std::bad_alloc();
  void* const p = alignment <= alignof(std::max_align_t)
                      ? std::malloc(bytes == 0 ? 1 : bytes)
                      : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

// Not inlined: compilers warn of free() for what comes from new.
void* operator new(std::size_t bytes) { return failing_allocation(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return failing_allocation(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
#endif

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

#ifdef KOKKOSQUANT_TEST_FAILS_NEWS
// Whichever allocation it is that fails: an exception or a refusal, never the end of the program.
TYPED_TEST(Failures, OfAnyAllocationAreExceptions) {
  using Op = typename TestFixture::Op;
  using Plan = typename TestFixture::Plan;
  auto wrong = this->args;
  wrong.scale = null<decltype(wrong.scale)>(5);
  const auto fails_at = [](long n, const auto& f) {
    until_failure = n;
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
    const bool reached = until_failure == 0;
    until_failure = 0;
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
