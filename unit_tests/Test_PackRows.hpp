// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief PackRows, UnpackRows, UnpackAddRows against the plans that quantize and dequantize whole arrays, and against the
/// documented layout read byte by byte.
#pragma once

#include "KokkosQuantTest_PackedRows.hpp"

namespace KokkosQuantTest {

template <class Case>
class PackRows : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using C = KokkosQuant::compute_t<T>;
  using Index = typename Case::Index;
  using Problem = PackProblem<Case>;
  using Indices = Vector<Index, Kokkos::LayoutStride, Exec>;
  static constexpr Placement spaced{1, 0, 3};

  template <class Descriptor>
  static std::int64_t size(const Problem& p) {
    return Descriptor::buffer_size(static_cast<std::int64_t>(p.indices.size()), static_cast<std::int64_t>(p.d));
  }

  // back(i, j): what element (i, j) of x is after the way there and back, not yet rounded to T
  template <class Descriptor, class Back>
  void unpack_both(Problem& p, const Bytes<Exec>& bytes, const Descriptor& descriptor, const Back& back) {
    const Exec exec;
    // Into other rows than they came from, and few of them: different numbers meet in one.
    Random random(p.n + p.d);
    std::vector<Index> targets;
    for (std::size_t k = 0; k < p.indices.size(); ++k)
      targets.push_back(static_cast<Index>(p.n - 1 - random.below(std::min<std::size_t>(p.n, 4))));
    const Indices rows(targets, spaced);
    typename Problem::Field assigned = p.y, added = p.y, y(p.n, p.d, {1, 5, 2});
    for (std::size_t k = 0; k < p.indices.size(); ++k)
      for (std::size_t j = 0; j < p.d; ++j) {
        const auto i = static_cast<std::size_t>(p.indices[k]), to = static_cast<std::size_t>(targets[k]);
        assigned(to, j) = reference_convert<T>(static_cast<double>(back(i, j)));
      }
    y.host() = p.y.host();
    y.to_device();
    const KokkosQuant::UnpackRowsPlan plan(exec, descriptor, KokkosQuant::UnpackRowsArgs{bytes.view(), rows.view(), y.view()});
    const auto status = plan.validate();
    EXPECT_TRUE(status) << status.message();
    plan.run();
    exec.fence();
    y.to_host();
    EXPECT_TRUE(same(y, assigned));

    y.host() = p.y.host();
    y.to_device();
    const KokkosQuant::UnpackAddRowsPlan adds(exec, descriptor,
                                              KokkosQuant::UnpackAddRowsArgs{bytes.view(), rows.view(), y.view()});
    EXPECT_TRUE(adds.validate());
    adds.run();
    exec.fence();
    y.to_host();
    // one after the other, in the order of the indices
    for (std::size_t k = 0; k < p.indices.size(); ++k)
      for (std::size_t j = 0; j < p.d; ++j) {
        const auto i = static_cast<std::size_t>(p.indices[k]), to = static_cast<std::size_t>(targets[k]);
        added(to, j) = sum_of(added(to, j), static_cast<C>(back(i, j)));
      }
    EXPECT_TRUE(same(y, added));
  }
  static ::testing::AssertionResult same(const typename Problem::Field& given, const typename Problem::Field& right) {
    Mismatches mismatches;
    for (std::size_t i = 0; i < right.host().size(); ++i)
      mismatches.compare(given.host()[i], right.host()[i], [&] { return "position " + std::to_string(i); });
    return mismatches;
  }

  template <class Code>
  void quantized(std::size_t n, std::size_t d, std::size_t count, RowScales scales) {
    SCOPED_TRACE(std::to_string(n) + " x " + std::to_string(d) + ", " + std::to_string(count) + " rows");
    const Exec exec;
    Problem p(n, d, count);
    const Indices rows(p.indices, spaced);
    const RowsAs<Code> descriptor{scales};
    Bytes<Exec> bytes(size<RowsAs<Code>>(p) + 48);
    const KokkosQuant::PackRowsPlan plan(exec, descriptor,
                                         KokkosQuant::PackRowsArgs{p.x.const_view(), rows.view(), bytes.view()});
    EXPECT_TRUE(plan.validate());
    plan.run();
    exec.fence();
    bytes.to_host();

    const auto whole = p.template whole<Code>(scales == RowScales::asymmetric);
    const int bits = std::is_same_v<Code, int4x2_t> ? 4 : 8 * static_cast<int>(sizeof(Code));
    const auto columns = static_cast<std::int64_t>(d);
    const std::int64_t record = 16 + (columns * bits + 127) / 128 * 16;
    ASSERT_EQ(size<RowsAs<Code>>(p), 32 + record * static_cast<std::int64_t>(count));
    Mismatches codes;
    for (std::size_t k = 0; k < count; ++k) {
      const std::int64_t at = 32 + static_cast<std::int64_t>(k) * record;
      const auto i = static_cast<std::size_t>(p.indices[k]);
      if (d > 0) {  // (the plans for arrays write nothing where there is no element)
        EXPECT_EQ(bytes.template read<double>(at), whole.scale[i]);
        EXPECT_EQ(bytes.template read<std::int32_t>(at + 8), whole.zero_point[i]);
      }
      for (std::int64_t j = 0; j < columns; ++j)
        codes.compare(code_in<Code>(bytes.host, at + 16, j), whole.code[i * d + static_cast<std::size_t>(j)],
                      [&] { return "row " + std::to_string(k) + ", code " + std::to_string(j); });
      for (std::int64_t b = at + 16 + (columns * bits + 7) / 8; b < at + record; ++b)
        EXPECT_EQ(bytes.host[static_cast<std::size_t>(b)], std::byte{0});
    }
    EXPECT_TRUE(codes);
    for (std::size_t b = bytes.host.size() - 48; b < bytes.host.size(); ++b) EXPECT_EQ(bytes.host[b], std::byte{0xA5});
    unpack_both(p, bytes, descriptor, [&](std::size_t i, std::size_t j) { return whole.back[i * d + j]; });
  }

  template <class Code>
  void float8(double largest) {
    const Exec exec;
    for (const std::size_t d : {std::size_t{5}, std::size_t{64}, std::size_t{131}}) {
      Problem p(12, d, 20);
      std::vector<C> scales(p.n);
      for (std::size_t i = 0; i < p.n; ++i) {
        double amax = 0;
        for (std::size_t j = 0; j < d; ++j) {
          const double x = std::abs(to_double(p.x(i, j)));
          if (std::isfinite(x)) amax = std::max(amax, x);
        }
        scales[i] = std::max(reference_quotient(static_cast<C>(amax), static_cast<C>(largest)), std::numeric_limits<C>::min());
      }
      const Vector<C, LayoutRight, Exec> scale(scales);
      const Indices rows(p.indices, spaced);
      Kokkos::View<Code**, LayoutRight, typename Exec::memory_space> q("q", p.n, d);
      Kokkos::View<C**, LayoutRight, typename Exec::memory_space> back("back", p.n, d);
      const KokkosQuant::Float8Descriptor saturating;
      KokkosQuant::QuantizePerTokenPlan(exec, saturating,
                                        KokkosQuant::QuantizePerTokenArgs{p.x.view(), scale.view(), no_zero_point, q})
          .run();
      KokkosQuant::DequantizePerTokenPlan(exec, saturating,
                                          KokkosQuant::DequantizePerTokenArgs{q, scale.view(), no_zero_point, back})
          .run();
      Bytes<Exec> bytes(size<RowsAs<Code>>(p)), given(size<RowsAs<Code>>(p));
      KokkosQuant::PackRowsPlan(exec, RowsAs<Code>{}, KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), bytes.view()}).run();
      KokkosQuant::PackRowsPlan(exec, RowsAs<Code>{},
                                KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), given.view(), scale.view()})
          .run();
      exec.fence();
      bytes.to_host();
      given.to_host();
      EXPECT_TRUE(bytes.host == given.host);
      const auto h_q = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), q);
      const auto h_back = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), back);
      const std::int64_t record = RowsAs<Code>::buffer_size(1, static_cast<std::int64_t>(d)) - 32;
      Mismatches codes;
      for (std::size_t k = 0; k < p.indices.size(); ++k)
        for (std::size_t j = 0; j < d; ++j) {
          const std::int64_t at = 48 + static_cast<std::int64_t>(k) * record + static_cast<std::int64_t>(j);
          codes.compare(bytes.template read<std::uint8_t>(at), h_q(static_cast<std::size_t>(p.indices[k]), j).bits,
                        [&] { return "row " + std::to_string(k) + ", code " + std::to_string(j); });
        }
      EXPECT_TRUE(codes);
      unpack_both(p, bytes, RowsAs<Code>{}, [&](std::size_t i, std::size_t j) { return h_back(i, j); });
    }
  }

  template <class Code>
  void plain(std::size_t n, std::size_t d, std::size_t count) {
    SCOPED_TRACE(std::to_string(n) + " x " + std::to_string(d) + ", " + std::to_string(count) + " rows");
    const Exec exec;
    Problem p(n, d, count);
    const Indices rows(p.indices, spaced);
    Bytes<Exec> bytes(size<RowsAs<Code>>(p));
    KokkosQuant::PackRowsPlan(exec, RowsAs<Code>{}, KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), bytes.view()}).run();
    exec.fence();
    unpack_both(p, bytes, RowsAs<Code>{},
                [&](std::size_t i, std::size_t j) { return to_double(reference_convert<Code>(to_double(p.x(i, j)))); });
  }
};

TYPED_TEST_SUITE_P(PackRows);

TYPED_TEST_P(PackRows, Int8) {
  for (const RowScales scales : {RowScales::symmetric, RowScales::asymmetric})
    for (const auto& [n, d, count] : std::vector<std::array<std::size_t, 3>>{{9, 1, 4},
                                                                             {40, 63, 77},
                                                                             {40, 64, 5},
                                                                             {7, 65, 3},
                                                                             {3, 4099, 5},
                                                                             {5, 8, 0},
                                                                             {5, 0, 3},
                                                                             {300, 5, 400},
                                                                             {60, 3, 2100}})
      this->template quantized<std::int8_t>(n, d, count, scales);
}
TYPED_TEST_P(PackRows, Int4) {
  for (const RowScales scales : {RowScales::symmetric, RowScales::asymmetric})
    for (const auto& [n, d, count] :
         std::vector<std::array<std::size_t, 3>>{{9, 1, 4}, {40, 63, 77}, {7, 66, 3}, {3, 4099, 5}, {5, 8, 0}})
      this->template quantized<int4x2_t>(n, d, count, scales);
}
TYPED_TEST_P(PackRows, Int16) {
  for (const RowScales scales : {RowScales::symmetric, RowScales::asymmetric})
    this->template quantized<std::int16_t>(40, 67, 50, scales);
}
TYPED_TEST_P(PackRows, Plain) {
  for (const std::size_t d : {std::size_t{1}, std::size_t{64}, std::size_t{71}}) {
    this->template plain<double>(13, d, 20);
    this->template plain<float>(13, d, 20);
    this->template plain<half_t>(13, d, 20);
    this->template plain<bfloat16_t>(13, d, 20);
  }
}
TYPED_TEST_P(PackRows, ErrorBound) {
  using Exec = typename TypeParam::execution_space;
  const Exec exec;
  for (const double eps : {0.01, 0.001, 0x1p-11})
    for (const std::size_t d : {std::size_t{5}, std::size_t{130}}) {
      typename TestFixture::Problem p(9, d, 14, false);
      const typename TestFixture::Indices rows(p.indices, this->spaced);
      Bytes<Exec> bytes(this->template size<RowsWithin>(p));
      KokkosQuant::PackRowsPlan(exec, RowsWithin{eps}, KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), bytes.view()}).run();
      exec.fence();
      const double step = std::exp2(std::floor(std::log2(2 * eps)));
      const auto back = [&](std::size_t i, std::size_t j) {
        const double x = to_double(p.x(i, j)), near = step * std::nearbyint(x / step) + 0.0;  // integers have no -0
        EXPECT_LE(std::abs(near - x), eps);
        return near;
      };
      this->unpack_both(p, bytes, RowsWithin{eps}, back);
    }
}
/// Elements that do not fit are counted, and the buffer is refused.
TYPED_TEST_P(PackRows, BeyondTheErrorBound) {
  using Exec = typename TypeParam::execution_space;
  using T = typename TypeParam::T;
  const Exec exec;
  typename TestFixture::Problem p(4, 70, 0, false);
  p.indices = {1, 2};
  p.x(2, 3) = reference_convert<T>(std::nan(""));
  p.x(2, 69) = reference_convert<T>(32767.0);
  p.x(2, 1) = reference_convert<T>(-300.0);
  p.x.to_device();
  const typename TestFixture::Indices rows(p.indices, this->spaced);
  Bytes<Exec> bytes(this->template size<RowsWithin>(p));
  const RowsWithin within{0x1p-8};  // steps of 2^-7: up to 255.99
  KokkosQuant::PackRowsPlan(exec, within, KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), bytes.view()}).run();
  const auto status =
      KokkosQuant::UnpackRowsPlan(exec, within, KokkosQuant::UnpackRowsArgs{bytes.view(), rows.view(), p.y.view()}).validate();
  EXPECT_FALSE(status);
  EXPECT_EQ(status.message(),
            "row 1 of the buffer had 3 elements that are NaN or too large for the error bound: expected none");
}
TYPED_TEST_P(PackRows, GivenScales) {
  using Exec = typename TypeParam::execution_space;
  using T = typename TypeParam::T;
  using C = KokkosQuant::compute_t<T>;
  const Exec exec;
  typename TestFixture::Problem p(12, 75, 20);
  std::vector<C> scales(p.n);
  std::vector<std::int32_t> zero_points(p.n);
  for (std::size_t i = 0; i < p.n; ++i) {
    scales[i] = C(0.01) * static_cast<C>(i + 1);
    zero_points[i] = i == 4 ? 2000000000 : static_cast<std::int32_t>(i) - 5;
  }
  const Vector<C, Kokkos::LayoutRight, Exec> scale(scales);
  const Vector<std::int32_t, Kokkos::LayoutRight, Exec> zero_point(zero_points);
  const typename TestFixture::Indices rows(p.indices, this->spaced);
  using Code = std::int8_t;
  Kokkos::View<Code**, Kokkos::LayoutRight, typename Exec::memory_space> q("q", p.n, p.d);
  Kokkos::View<C**, Kokkos::LayoutRight, typename Exec::memory_space> back("back", p.n, p.d);
  Bytes<Exec> bytes(this->template size<RowsAs<Code>>(p));
  const KokkosQuant::QuantizeDescriptor range{-128, 127};
  const auto check = [&](const auto& zero, const auto& args) {
    KokkosQuant::QuantizePerTokenPlan(exec, range, KokkosQuant::QuantizePerTokenArgs{p.x.view(), scale.view(), zero, q}).run();
    KokkosQuant::DequantizePerTokenPlan(exec, range, KokkosQuant::DequantizePerTokenArgs{q, scale.view(), zero, back}).run();
    KokkosQuant::PackRowsPlan(exec, RowsAs<Code>{}, args).run();
    exec.fence();
    const auto h_back = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), back);
    this->unpack_both(p, bytes, RowsAs<Code>{}, [&](std::size_t i, std::size_t j) { return h_back(i, j); });
  };
  check(zero_point.view(), KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), bytes.view(), scale.view(), zero_point.view()});
  check(no_zero_point, KokkosQuant::PackRowsArgs{p.x.view(), rows.view(), bytes.view(), scale.view()});
}
/// Scales from the record: those of amax; codes and what comes back by the plans for arrays, with the same scales.
TYPED_TEST_P(PackRows, Float8) {
  this->template float8<KokkosQuant::float8_e4m3_t>(448);
  this->template float8<KokkosQuant::float8_e5m2_t>(57344);
}
REGISTER_TYPED_TEST_SUITE_P(PackRows, Float8, Int8, Int4, Int16, Plain, ErrorBound, BeyondTheErrorBound, GivenScales);

}  // namespace KokkosQuantTest
