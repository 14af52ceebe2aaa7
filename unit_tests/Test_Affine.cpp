// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief AffineQuantizer, one element at a time, on the host and in kernels, against the contract in exact integer
/// arithmetic.

#include <cfenv>
#include <cstdint>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {

template <class C>
struct Element {
  C scale, x, dy;
  std::int32_t zero_point, q;
  QuantizeDescriptor range;
};
template <class C>
struct Answer {
  C quotient, backward, dequantized;
  std::int32_t quantized;
  bool inside;
};

template <class C>
KOKKOS_FUNCTION Answer<C> answer(const Element<C>& e) {
  const KokkosQuant::AffineQuantizer<C> quantizer(e.scale, e.zero_point, e.range);
  return {quantizer.quotient(e.x), quantizer.backward(e.dy, e.x), quantizer.dequantize(e.q), quantizer.quantize(e.x),
          quantizer.is_inside(e.x)};
}

template <class C, class Exec>
struct AnswerKernel {
  Kokkos::View<const Element<C>*, Kokkos::LayoutRight, typename Exec::memory_space> elements;
  Kokkos::View<Answer<C>*, Kokkos::LayoutRight, typename Exec::memory_space> answers;
  KOKKOS_FUNCTION void operator()(const std::size_t i) const { answers(i) = answer(elements(i)); }
};

template <class Exec, class C>
std::vector<Answer<C>> answers_in_a_kernel(const std::vector<Element<C>>& elements) {
  Vector<Element<C>, Kokkos::LayoutRight, Exec> in(elements);
  Vector<Answer<C>, Kokkos::LayoutRight, Exec> out{std::vector<Answer<C>>(elements.size())};
  Kokkos::parallel_for("KokkosQuantTest::answer", Kokkos::RangePolicy<Exec>(0, elements.size()),
                       AnswerKernel<C, Exec>{in.const_view(), out.view()});
  Kokkos::fence();
  return out.values();
}

template <class C>
void expect_the_contract(const std::vector<Element<C>>& elements, const std::vector<Answer<C>>& answers) {
  Mismatches quotient, inside, backward, quantize, dequantize, agreement;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element<C>& e = elements[i];
    const Answer<C>& a = answers[i];
    const auto where = [&] {
      return "x " + show(e.x) + ", dy " + show(e.dy) + ", scale " + show(e.scale) + ", zero_point " + show(e.zero_point) +
             ", q " + show(e.q) + ", range " + show(e.range.q_min) + " .. " + show(e.range.q_max);
    };
    const C t = reference_quotient(e.x, e.scale);
    quotient.compare(a.quotient, t, where);
    inside.compare(int{a.inside}, int{reference_inside(e.x, e.scale, e.zero_point, e.range)}, where);
    backward.compare(a.backward, reference_backward(e.dy, e.x, e.scale, e.zero_point, e.range), where);
    quantize.compare(a.quantized, reference_quantize(e.x, e.scale, e.zero_point, e.range), where);
    dequantize.compare(a.dequantized, reference_dequantize(e.q, e.scale, e.zero_point), where);
    // the backward lets through exactly what the forward did not clamp
    if (const auto r = reference_round(static_cast<double>(t)))
      agreement.compare(int{a.inside}, int{*r + e.zero_point == a.quantized}, where);
  }
  EXPECT_TRUE(quotient);
  EXPECT_TRUE(inside);
  EXPECT_TRUE(backward);
  EXPECT_TRUE(quantize);
  EXPECT_TRUE(dequantize);
  EXPECT_TRUE(agreement);
}

template <class Exec, class C>
struct AffineCase {
  using execution_space = Exec;
  using compute = C;
  static std::string name() { return std::string(Exec::name()) + "_" + type_name<C>(); }
};
template <class Exec>
using AffineCases = ::testing::Types<AffineCase<Exec, double>, AffineCase<Exec, float>>;

template <class Case>
class Affine : public ::testing::Test {
 protected:
  using C = typename Case::compute;
  void check(const std::vector<Element<C>>& elements) {
    expect_the_contract(elements, answers_in_a_kernel<typename Case::execution_space>(elements));
    if (std::is_same_v<typename Case::execution_space, Kokkos::DefaultHostExecutionSpace>) {
      std::vector<Answer<C>> on_the_host;
      for (const Element<C>& e : elements) on_the_host.push_back(answer(e));
      expect_the_contract(elements, on_the_host);
    }
  }
};
TYPED_TEST_SUITE(Affine, OverSpaces_t<AffineCases>, CaseNames);

// The table of the contract, a line each, with the results written out.
TYPED_TEST(Affine, SpecialValuesAsDocumented) {
  using C = typename TypeParam::compute;
  using limits = std::numeric_limits<C>;
  const C nan = limits::quiet_NaN(), inf = limits::infinity(), tiny = limits::denorm_min();
  const QuantizeDescriptor range{-10, 10}, positive{1, 10};
  struct Row {
    const char* what;
    C x, dy, scale;
    std::int32_t zero_point;
    QuantizeDescriptor range;
    C dx;
    std::int32_t q;
  };
  const std::vector<Row> rows = {
      {"x NaN", nan, 1, 1, 3, range, 0, 3},
      {"x NaN, zero point outside", nan, 1, 1, 33, range, 0, 10},
      {"scale NaN", 1, 1, nan, 3, range, 0, 3},
      {"0/0", 0, 1, 0, -4, range, 0, -4},
      {"Inf/Inf", inf, 1, inf, -4, range, 0, -4},
      {"x Inf", inf, 1, 1, 0, range, 0, 10},
      {"x -Inf", -inf, 1, 1, 0, range, 0, -10},
      {"x Inf, dy NaN", inf, nan, 1, 0, range, 0, 10},
      {"x Inf, dy -1: +0", inf, -1, 1, 0, range, 0, 10},
      {"x Inf, scale < 0", inf, 1, -1, 0, range, 0, -10},
      {"scale 0", 1, 1, 0, 0, range, 0, 10},
      {"scale -0", 1, 1, C(-0.0), 0, range, 0, -10},
      {"scale 0, full range", 1, 1, 0, 0, {INT32_MIN, INT32_MAX}, 0, INT32_MAX},
      {"scale Inf, zp inside", 5, 7, inf, 2, range, 0, 2},
      {"scale Inf, zp inside, dy < 0", 5, -7, inf, 2, range, C(-0.0), 2},
      {"scale -Inf, zp inside", 5, 7, -inf, 2, range, C(-0.0), 2},
      {"scale Inf, dy Inf", 5, inf, inf, 2, range, nan, 2},
      {"scale Inf, zp outside", 5, -7, inf, 0, positive, 0, 1},
      {"scale < 0", 3, 8, -2, 0, range, -4, -2},
      {"dy NaN inside", 3, nan, 2, 0, range, nan, 2},
      {"dy NaN outside", 30, nan, 2, 0, range, 0, 10},
      {"dy Inf inside", 3, inf, -2, 0, range, -inf, -2},
      {"dy -Inf outside", 30, -inf, 2, 0, range, 0, 10},
      {"dy -0 inside", 3, C(-0.0), 2, 0, range, C(-0.0), 2},
      {"x subnormal", 3 * tiny, 5 * tiny, 2, 0, range, 2 * tiny, 0},
      {"scale subnormal", 3 * tiny, 5 * tiny, 2 * tiny, 0, range, C(2.5), 2},
      {"quotient subnormal", limits::min(), limits::min(), 4, 0, range, limits::min() / 4, 0},
      {"quotient overflows", 1, 1, tiny, 0, range, 0, 10},
      {"zp outside, x brings it back", 25, 3, 1, -30, range, 3, -5},
      {"zp outside", 0, 3, 1, -30, range, 0, -10},
      {"tie to even", C(2.5), 1, 1, 0, {-10, 2}, 1, 2},
      {"tie to even, up", C(3.5), 1, 1, 0, {-10, 3}, 0, 3},
      {"-0.5 gives 0", C(-0.5), 1, 1, 0, {0, 10}, 1, 0},
      {"just below -0.5", std::nextafter(C(-0.5), C(-1)), 1, 1, 0, {0, 10}, 0, 0},
      {"zp lowest", C(0x1p31), 2, 1, INT32_MIN, range, 2, 0},
      {"zp highest", C(-0x1p31), 2, 1, INT32_MAX, range, 2, -1},
  };
  std::vector<Element<C>> elements;
  for (const Row& row : rows) elements.push_back({row.scale, row.x, row.dy, row.zero_point, 0, row.range});
  const std::vector<Answer<C>> answers = answers_in_a_kernel<typename TypeParam::execution_space>(elements);
  Mismatches dx, q;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    dx.compare(answers[i].backward, rows[i].dx, [&] { return std::string(rows[i].what); });
    q.compare(answers[i].quantized, rows[i].q, [&] { return std::string(rows[i].what); });
  }
  EXPECT_TRUE(dx);
  EXPECT_TRUE(q);
  this->check(elements);
}

TYPED_TEST(Affine, TiesAndBoundsOfEveryRange) {
  using C = typename TypeParam::compute;
  Random random(1);
  const std::vector<std::int32_t> integers = special_integers();
  const std::vector<C> scales = {C(1),
                                 C(0.1),
                                 C(1) / 3,
                                 C(0x1p-20),
                                 C(-0.7),
                                 std::numeric_limits<C>::min() * C(1.3),
                                 std::numeric_limits<C>::denorm_min() * 5};
  std::vector<Element<C>> elements;
  for (const QuantizeDescriptor range : special_ranges())
    for (const std::int32_t zero_point : integers)
      for (const C scale : scales)
        for (const C x : values_at_ties(scale, zero_point, range, 0))
          elements.push_back({scale, x, random.any<C>(), zero_point, random.one_of(integers), range});
  this->check(elements);
}

TYPED_TEST(Affine, EveryTieOfTheUsualRanges) {
  using C = typename TypeParam::compute;
  Random random(2);
  std::vector<Element<C>> elements;
  for (const QuantizeDescriptor range :
       {QuantizeDescriptor{-128, 127}, QuantizeDescriptor{0, 255}, QuantizeDescriptor{-20, 20}})
    for (const std::int32_t zero_point : {0, 17, 128, -300})
      for (const C scale : {C(1), C(0.1), C(0.0078125), C(0.3), C(1e-30), C(-2.7), C(123456.789)})
        for (const C x : values_at_ties(scale, zero_point, range, 256))
          elements.push_back({scale, x, static_cast<C>(random.uniform(-9, 9)), zero_point,
                              static_cast<std::int32_t>(random.below(256)), range});
  this->check(elements);
}

TYPED_TEST(Affine, SpecialScalesTimesSpecialValues) {
  using C = typename TypeParam::compute;
  Random random(3);
  const std::vector<std::int32_t> integers = special_integers();
  const std::vector<QuantizeDescriptor> ranges = special_ranges();
  const std::vector<C> values = special_values<C>();
  std::vector<Element<C>> elements;
  for (const C scale : special_scales<C>())
    for (const C x : values)
      for (const C dy : values)
        for (int i = 0; i < 4; ++i)
          elements.push_back({scale, x, dy, random.one_of(integers), random.one_of(integers), random.one_of(ranges)});
  this->check(elements);
}

TYPED_TEST(Affine, RandomOverAllExponents) {
  using C = typename TypeParam::compute;
  Random random(4);
  const std::vector<std::int32_t> integers = special_integers();
  const std::vector<QuantizeDescriptor> ranges = special_ranges();
  std::vector<Element<C>> elements;
  for (int i = 0; i < 200000; ++i) {
    const C scale = random.any<C>();
    const auto steps = static_cast<C>(random.uniform(-300, 300));  // half of the x lie near the range, half anywhere
    const std::int32_t zero_point = i % 3 == 0 ? random.one_of(integers) : static_cast<std::int32_t>(random.below(200)) - 100;
    const QuantizeDescriptor range = i % 5 == 0 ? random.one_of(ranges) : QuantizeDescriptor{-128, 127};
    const auto q = static_cast<std::int32_t>(random.bits() >> (32 + random.below(32)));
    elements.push_back({scale, i % 2 == 0 ? steps * scale : random.any<C>(), random.any<C>(), zero_point, q, range});
  }
  this->check(elements);
}

// A division that is rounded in any other way than once shows here first.
TYPED_TEST(Affine, QuotientsBesideMidpoints) {
  using C = typename TypeParam::compute;
  Random random(6);
  std::vector<Element<C>> elements;
  std::size_t wrong = 0;  // by the reciprocal, not corrected
  for (int i = 0; i < 3000; ++i) {
    const C scale =
        i % 2 == 0 ? static_cast<C>(random.uniform(0.5, 2)) : static_cast<C>(std::ldexp(random.uniform(-1, 1), i % 80 - 40));
    const C inverse = 1 / scale;
    for (const C dividend : hardest_dividends(scale)) {
      elements.push_back({scale, dividend, dividend, 0, 1, {INT32_MIN, INT32_MAX}});
      wrong += dividend * inverse != reference_quotient(dividend, scale) ? 1 : 0;
    }
  }
  EXPECT_GT(elements.size(), 40000u);
  EXPECT_GT(wrong, elements.size() / 4) << "not hard enough to tell";
  this->check(elements);
}

// The reference itself: where the hardware divides, multiplies and converts correctly, both give the same bits.
TYPED_TEST(Affine, ReferenceAgreesWithTheHardware) {
  using C = typename TypeParam::compute;
  ASSERT_EQ(std::fegetround(), FE_TONEAREST);
  Random random(5);
  Mismatches quotient, product, narrowed, rounded;
  for (int i = 0; i < 100000; ++i) {
    const C a = random.any<C>(), b = i % 2 == 0 ? random.any<C>() : a * static_cast<C>(random.uniform(-3, 3));
    const auto where = [&] { return show(a) + " and " + show(b); };
    quotient.compare(reference_quotient(a, b), a / b, where);
    product.compare(reference_product(a, b), a * b, where);
    const double wide = random.any<double>();
    narrowed.compare(reference_convert<float>(wide), static_cast<float>(wide), [&] { return show(wide); });
    const double t = random.uniform(-9, 9) * (i % 2 == 0 ? 1 : 1e9), half = std::round(t) + 0.5;
    rounded.compare(reference_round(t).value(), static_cast<std::int64_t>(std::nearbyint(t)), [&] { return show(t); });
    rounded.compare(reference_round(half).value(), static_cast<std::int64_t>(std::nearbyint(half)), [&] { return show(half); });
  }
  EXPECT_TRUE(quotient);
  EXPECT_TRUE(product);
  EXPECT_TRUE(narrowed);
  EXPECT_TRUE(rounded);
}

}  // namespace KokkosQuantTest
