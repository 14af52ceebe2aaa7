// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Many threads at once, each making plans and running them: on an instance of its own, on one that all share, and by one plan
// that all share. Kokkos lets threads launch at once since 5.0 (the host's spaces lock an instance while it works).
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>

#if KOKKOS_VERSION >= 50000

#include <cstddef>
#include <list>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include "KokkosQuantTest_Problems.hpp"

namespace KokkosQuantTest {
namespace {

template <class Case>
class Stress : public ::testing::Test {
 public:
  static constexpr std::size_t threads = 8, problems = 24, rounds = 6;
};
TYPED_TEST_SUITE(Stress, OpCases, CaseNames);

TYPED_TEST(Stress, ManyThreadsMakeAndRunPlans) {
  using Exec = typename TypeParam::execution_space;
  using Op = typename TypeParam::Op;
  using Problem = typename TypeParam::template problem<>;
  using Args = decltype(std::declval<Problem>().args());
  using Plan = typename Op::template plan<Exec, Args>;
  constexpr std::size_t threads = TestFixture::threads, count = TestFixture::problems;

  const Exec shared{};
  const auto parts = Kokkos::Experimental::partition_space(shared, std::vector<int>(threads, 1));
  // Every problem is one thread's own; all arrays exist before the threads do. Most have extents of their own, some the shared
  // plan's.
  const auto is_for_all = [](std::size_t i) { return i % 3 == 0; };
  std::vector<std::list<Problem>> mine(threads);
  for (std::size_t t = 0; t < threads; ++t)
    for (std::size_t i = 0; i < count; ++i)
      mine[t].emplace_back(is_for_all(i) ? 40 : 1 + 7 * i, is_for_all(i) ? 1000 : 1 + (t * count + i) * 11);
  const Plan plan_of_all(shared, small_range, mine[0].front().args());
  Kokkos::fence();

  std::vector<int> refused(threads, 0);
  const auto work = [&](std::size_t t) {
    for (std::size_t round = 0; round < TestFixture::rounds; ++round) {
      std::size_t i = 0;
      for (const Problem& problem : mine[t]) {
        const auto args = problem.args();
        const Exec& exec = (round + i) % 2 == 0 ? parts[t] : shared;
        const Plan plan(exec, small_range, args);
        plan.run();
        if (is_for_all(i)) plan_of_all.run(args);
        if (i % 4 == 0) Plan(plan).run(args);
        try {
          plan.run((i == 1 ? mine[t].front() : *std::next(mine[t].begin())).args());  // other extents
        } catch (const std::invalid_argument&) {
          ++refused[t];
        }
        ++i;
      }
      parts[t].fence();
    }
  };
  std::vector<std::thread> team;
  for (std::size_t t = 0; t < threads; ++t) team.emplace_back(work, t);
  for (std::thread& thread : team) thread.join();
  Kokkos::fence();

  for (std::size_t t = 0; t < threads; ++t) {
    EXPECT_EQ(refused[t], static_cast<int>(count * TestFixture::rounds));
    for (Problem& problem : mine[t]) EXPECT_TRUE(problem.is_right());
  }
}

}  // namespace
}  // namespace KokkosQuantTest

#else

TEST(Stress, NeedsKokkos5) { GTEST_SKIP() << "before 5.0 Kokkos does not let threads launch kernels at once"; }

#endif
