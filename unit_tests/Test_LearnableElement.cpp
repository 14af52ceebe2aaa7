// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The forms of the learnable element function: what devices compute without a branch, and what packs do, against the form that is
// right for everything (which Test_Learnable_*.cpp holds against integers).
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {
namespace {

using namespace KokkosQuant::Impl;

template <class T>
class LearnableElement : public ::testing::Test {};
TYPED_TEST_SUITE(LearnableElement, ElementTypes);

// Terms go into sums: zeros of either sign are the same there.
template <class C>
bool same_term(C a, C b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

// The quick form of packs with the element in question in the middle; false where they are not quick.
template <class T, class Element>
struct Quick {
  using C = typename Element::compute;
  static constexpr int W = 4;
  const Element& element;
  const QuickLearnableConstants<C> k;

  Quick(const Element& e, const QuickLearnableConstants<C>& constants) : element(e), k(constants) {}
  bool apply(C& dx, C (&term)[2], C dy, C x) const {
    const C dys[W] = {C(1), C(-2), dy, C(3)}, xs[W] = {C(0), C(1), x, C(-2)};
    Chunk<T, W> chunk;
    chunk.set_all(xs);
    if (!QuickInputs<T>(Element::quick_limit(k)).hold(chunk)) return false;
    C dxs[W], terms[W][2];
    element.apply_quick(OneForAll<QuickLearnableConstants<C>>{k}, dxs, terms, dys, xs);
    dx = dxs[2];
    for (int q = 0; q < 2; ++q) term[q] = terms[2][q];
    Chunk<T, 1> single;
    single.set(0, x);
    return QuickInputs<T>(Element::quick_limit(k)).hold(single);
  }
};

TYPED_TEST(LearnableElement, FormsAgree) {
  using T = TypeParam;
  using C = KokkosQuant::compute_t<T>;
  using Element =
      typename Learnable<true>::template Element<T, KokkosQuant::contracts::reference, CellValues<C>, CellValues<std::int32_t>>;
  std::size_t quick = 0, simple = 0, inside = 0, inside_quickly = 0, not_quick = 0;
  for (const QuantizeDescriptor range : special_ranges())
    for (const C scale : special_scales<C>())
      for (const std::int32_t zero_point : {0, 3, -77, 1000003, INT32_MIN, INT32_MAX}) {
        Element element{};
        element.range = range;
        const typename Element::CellData cell{scale, zero_point};
        const auto k = element.constants(cell);
        const auto k_packs = element.pack_constants(cell);
        const auto k_quick = element.quick_constants(cell);
        std::vector<C> values = values_at_ties(scale, zero_point, range, 6);
        for (const C special : special_values<C>()) values.push_back(special);
        std::size_t i = 0;
        for (const C value : values) {
          const C x = as_stored<T>(value);
          constexpr C gradients[] = {C(0.7), C(-3), C(1e-30), std::numeric_limits<C>::infinity(), C(-0.0)};
          const C dy = as_stored<T>(gradients[i++ % 5]);
          C dx = 0, dx_1 = 0, term[2], term_1[2];
          element.apply_any(k, dx, term, dy, x);
          const auto expect_same = [&](const char* form) {
            ASSERT_TRUE(same_bits(dx, dx_1) && same_term(term[0], term_1[0]) && same_term(term[1], term_1[1]))
                << form << ", x " << show(x) << ", dy " << show(dy) << ", scale " << show(scale) << ", zero_point "
                << zero_point << ", range " << range.q_min << " .. " << range.q_max << ": " << show(dx_1) << ", "
                << show(term_1[0]) << ", " << show(term_1[1]) << " and not " << show(dx) << ", " << show(term[0]) << ", "
                << show(term[1]);
          };
          if (element.is_simple(k_packs)) {
            element.apply(k_packs, dx_1, term_1, dy, x);
            expect_same("simple");
            ++simple;
            if (inside_of<C>(k_packs, x, quotient(x, k_packs.scale))) {
              dx_1 = dy;
              term_1[1] = 0;
              element.apply_inside(k_packs, term_1[0], dy, x);
              expect_same("inside");
              ++inside;
              const C quick_inverse = inverse_or_nan(scale);
              if (sizeof(C) == 4 && !std::is_same_v<T, KokkosQuant::half_t> && quick_inverse == quick_inverse &&
                  (x == C(0) || std::abs(x) >= C(0x1p-60))) {
                auto by_reciprocal = k_packs;
                by_reciprocal.inverse = quick_inverse;
                element.apply_inside_quickly(by_reciprocal, term_1[0], dy, x);
                expect_same("inside, quickly");
                ++inside_quickly;
              }
            }
          }
          if (Quick<T, Element>(element, k_quick).apply(dx_1, term_1, dy, x)) {
            expect_same("quick");
            ++quick;
          } else {
            ++not_quick;
          }
        }
      }
  EXPECT_GT(simple, 100000u);
  EXPECT_GT(inside, 20000u);
  EXPECT_TRUE(inside_quickly > 10000u || sizeof(C) == 8 || (std::is_same_v<T, KokkosQuant::half_t>));
  EXPECT_GT(quick, 20000u);
  EXPECT_GT(not_quick, 100000u);
}

// One element of a row is no multiple of the scale, so that the scale's gradient is its term: x of every size, in each place of a
// block, down to those whose quotients no reciprocal gives.
TYPED_TEST(LearnableElement, TermsOfTinyElements) {
  using T = TypeParam;
  using C = KokkosQuant::compute_t<T>;
  constexpr int N = 256, D = 64;
  const Kokkos::View<T**, Kokkos::LayoutRight, Kokkos::HostSpace> dy("dy", N, D), x("x", N, D), dx("dx", N, D);
  const Kokkos::View<C*, Kokkos::HostSpace> scale("scale", N), dscale("dscale", N), dzero_point("dzero_point", N);
  const Kokkos::View<int*, Kokkos::HostSpace> zero_point("zero_point", N);
  Random random(7);
  for (int n = 0; n < N; ++n) {
    scale(n) = C(3 * 0x1p-7);
    for (int d = 0; d < D; ++d) {
      x(n, d) = T(static_cast<C>(static_cast<int>(random.below(17)) - 8) * scale(n));
      dy(n, d) = T(C(0x1p10));
    }
    x(n, n % D) =
        T(std::ldexp(static_cast<C>(random.uniform(1, 2)), -static_cast<int>(random.below(sizeof(C) == 8 ? 1074 : 149)) - 8));
  }
  KokkosQuant::LearnableFakeQuantizePerTokenBackwardPlan plan(
      Kokkos::DefaultHostExecutionSpace(), KokkosQuant::LearnableDescriptor{-128, 127},
      KokkosQuant::LearnableFakeQuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx, dscale, dzero_point});
  Kokkos::View<std::byte*, Kokkos::HostSpace> workspace("workspace", plan.workspace_size());
  plan.run(workspace);
  Kokkos::fence();
  for (int n = 0; n < N; ++n) {
    const C x_n = KokkosQuant::Impl::widen<C>(x(n, n % D)), term = C(0x1p10) * (-x_n / scale(n));
    EXPECT_TRUE(same_term(dscale(n), term)) << "x " << show(x_n) << ": " << show(dscale(n)) << " and not " << show(term);
  }
}

// Everyday elements are all quick: nothing else is fast on a device.
TYPED_TEST(LearnableElement, EverydayElementsAreQuick) {
  using T = TypeParam;
  using C = KokkosQuant::compute_t<T>;
  using Element =
      typename Learnable<true>::template Element<T, KokkosQuant::contracts::reference, CellValues<C>, ZeroCellValues>;
  Element element{};
  element.range = {-128, 127};
  Random random(5);
  for (int i = 0; i < 10000; ++i) {
    const auto k = element.quick_constants(typename Element::CellData{static_cast<C>(random.uniform(1e-4, 2)), 3});
    C dx, term[2];
    const Quick<T, Element> quick(element, k);
    EXPECT_TRUE(quick.apply(dx, term, C(1), as_stored<T>(static_cast<C>(random.uniform(-100, 100)))));
    EXPECT_TRUE(quick.apply(dx, term, C(1), C(0)));
  }
}

}  // namespace
}  // namespace KokkosQuantTest
