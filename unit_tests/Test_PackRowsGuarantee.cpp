// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What UnpackRows and UnpackAddRows promise of their roundings, against sums and products without any: of two doubles each,
// as Dekker's and Knuth's exact operations give them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "KokkosQuantTest_PackedRows.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::PrecisionGuarantee;
using Exec = Kokkos::DefaultExecutionSpace;
using Code = std::int8_t;
using Row = Kokkos::View<const std::int32_t*, Exec::memory_space>;
template <class T>
using Field = Matrix<T, LayoutRight, Exec>;

template <class T>
constexpr int digits = std::is_same_v<T, double>   ? 53
                       : std::is_same_v<T, float>  ? 24
                       : std::is_same_v<T, half_t> ? 11
                                                   : 8;
template <class T>
double ulp_of(double z) {
  const int least = std::is_same_v<T, double> ? -1022 : std::is_same_v<T, half_t> ? -14 : -126;
  return std::ldexp(1.0, std::max(z == 0 ? least : std::ilogb(z), least) - digits<T> + 1);
}

// high + low, exactly
struct TwoDoubles {
  double high, low;
};
TwoDoubles product(double a, double b) { return {a * b, std::fma(a, b, -(a * b))}; }
double distance(double given, double before, const TwoDoubles& term) {
  const double sum = before + term.high, part = sum - before;
  return std::abs(((given - sum) - ((before - (sum - part)) + (term.high - part))) - term.low);
}

/// Rows packed with scales of full length, and zero points so large that q - zero_point rounds in float.
template <class T>
class PackRowsGuarantee : public ::testing::Test {
 public:
  using C = KokkosQuant::compute_t<T>;
  static constexpr std::size_t count = 24, columns = 67, targets = 3;
  static constexpr RowsAs<Code> descriptor{};

  PackRowsGuarantee() : x(count, columns), y(targets, columns), bytes(RowsAs<Code>::buffer_size(count, columns)) {
    constexpr std::int32_t large = (1 << 30) + 127 + 63;  // 127 - large lies nearly between two floats
    Random random(7);
    std::vector<C> scales;
    std::vector<std::int32_t> zero_points, rows, into;
    for (std::size_t i = 0; i < count; ++i) {
      scales.push_back(static_cast<C>(std::ldexp(random.uniform(1.5, 2), i % 4 == 3 ? -31 : -7 + static_cast<int>(i % 3))));
      zero_points.push_back(i % 4 == 3 ? large : static_cast<std::int32_t>(i) - 9);
      rows.push_back(static_cast<std::int32_t>(i));
      into.push_back(static_cast<std::int32_t>(i % targets));
      for (std::size_t j = 0; j < columns; ++j) x(i, j) = reference_convert<T>(random.uniform(-3, 3));
    }
    x.to_device();
    from.emplace(rows);
    to.emplace(into);
    scale.emplace(scales);
    zero_point.emplace(zero_points);
    pack(from->view(), bytes);
    bytes.to_host();
    // The first term that each row gets cancels nearly all of it.
    for (std::size_t i = 0; i < targets; ++i)
      for (std::size_t j = 0; j < columns; ++j) y(i, j) = reference_convert<T>(-term(i, j).high);
    y.to_device();
  }
  void pack(const Row& rows, const Bytes<Exec>& into) const {
    KokkosQuant::PackRowsPlan(
        exec, descriptor,
        KokkosQuant::PackRowsArgs{x.const_view(), rows, into.view(), scale->const_view(), zero_point->const_view()})
        .run();
    exec.fence();
  }
  // What the buffer says: (q - zero_point) * scale
  TwoDoubles term(std::size_t record, std::size_t column) const {
    const std::int64_t at = 32 + static_cast<std::int64_t>(record) * (RowsAs<Code>::buffer_size(1, columns) - 32);
    const std::int64_t steps =
        static_cast<std::int64_t>(code_in<Code>(bytes.host, at + 16, static_cast<std::int64_t>(column))) -
        bytes.read<std::int32_t>(at + 8);
    return product(static_cast<double>(steps), bytes.read<double>(at));
  }

  const Exec exec{};
  Field<T> x, y;
  Bytes<Exec> bytes;
  std::optional<Vector<std::int32_t, LayoutRight, Exec>> from, to, zero_point;
  std::optional<Vector<C, LayoutRight, Exec>> scale;
};
using Types = ::testing::Types<double, float, half_t, bfloat16_t>;
TYPED_TEST_SUITE(PackRowsGuarantee, Types);

/// One addition at a time: each keeps its part of the promise, and all at once are the same additions in the same order.
TYPED_TEST(PackRowsGuarantee, OfEachTermAndOfEachAddition) {
  using T = TypeParam;
  using Args = KokkosQuant::UnpackAddRowsArgs<typename Bytes<Exec>::view_type, Row, typename Field<T>::view_type>;
  using Plan = KokkosQuant::UnpackAddRowsPlan<Exec, Args>;
  constexpr PrecisionGuarantee promise = Plan::precision_guarantee();
  double nearest = 0, cancelled = 0;  // to the bound; beyond what the addition alone may cost
  const std::vector<T> start = this->y.host();
  Bytes<Exec> one(RowsAs<Code>::buffer_size(1, this->columns));
  for (std::size_t k = 0; k < this->count; ++k) {
    const auto row = [k](const auto& rows) { return Row(Kokkos::subview(rows.view(), std::make_pair(k, k + 1))); };
    this->pack(row(*this->from), one);
    Plan(this->exec, this->descriptor, Args{one.view(), row(*this->to), this->y.view()}).run();
    this->exec.fence();
    const std::vector<T> before = this->y.host();
    this->y.to_host();
    const std::size_t at = this->y.index(k % this->targets, 0);
    for (std::size_t j = 0; j < this->columns; ++j) {
      const TwoDoubles term = this->term(k, j);
      const double s = to_double(this->y.host()[at + j]), off = distance(s, to_double(before[at + j]), term);
      const double addition = promise.max_ulp_per_addition * ulp_of<T>(s);
      const double bound = promise.max_ulp * ulp_of<T>(term.high) + addition;
      ASSERT_LE(off, bound) << "addition " << k << ", column " << j;
      nearest = std::max(nearest, off / bound);
      cancelled = std::max(cancelled, off / addition);
    }
  }
  EXPECT_GT(nearest, 0.6);
  EXPECT_GT(cancelled, sizeof(T) > 2 ? 10 : 0);  // as the docstring says

  const std::vector<T> one_by_one = this->y.host();
  this->y.host() = start;
  this->y.to_device();
  Plan(this->exec, this->descriptor, Args{this->bytes.view(), this->to->view(), this->y.view()}).run();
  this->exec.fence();
  this->y.to_host();
  EXPECT_EQ(std::memcmp(this->y.host().data(), one_by_one.data(), one_by_one.size() * sizeof(T)), 0);
}

TYPED_TEST(PackRowsGuarantee, OfAnElement) {
  using T = TypeParam;
  const KokkosQuant::UnpackRowsPlan plan(this->exec, this->descriptor,
                                         KokkosQuant::UnpackRowsArgs{this->bytes.view(), this->from->view(), this->x.view()});
  plan.run();
  this->exec.fence();
  this->x.to_host();
  constexpr PrecisionGuarantee promise = decltype(plan)::precision_guarantee();
  EXPECT_EQ(promise.max_ulp_per_addition, 0);
  double nearest = 0;
  for (std::size_t i = 0; i < this->count; ++i)
    for (std::size_t j = 0; j < this->columns; ++j) {
      const TwoDoubles term = this->term(i, j);
      const double bound = promise.max_ulp * ulp_of<T>(term.high), off = distance(to_double(this->x(i, j)), 0, term);
      ASSERT_LE(off, bound) << "(" << i << ", " << j << ")";
      nearest = std::max(nearest, off / bound);
    }
  EXPECT_GT(nearest, 0.6);
}

// ---- what the plans say ------------------------------------------------------------------------------------------------------

using Buffer = Kokkos::View<std::byte*, Exec::memory_space>;
template <class T>
using X = Kokkos::View<T**, Exec::memory_space>;
template <class T, class Descriptor>
constexpr PrecisionGuarantee packing =
    KokkosQuant::PackRowsPlan<Exec, KokkosQuant::PackRowsArgs<X<T>, Row, Buffer>, Descriptor>::precision_guarantee();
template <class T, class Descriptor>
constexpr PrecisionGuarantee unpacking =
    KokkosQuant::UnpackRowsPlan<Exec, KokkosQuant::UnpackRowsArgs<Buffer, Row, X<T>>, Descriptor>::precision_guarantee();
template <class T, class Descriptor>
constexpr PrecisionGuarantee adding =
    KokkosQuant::UnpackAddRowsPlan<Exec, KokkosQuant::UnpackAddRowsArgs<Buffer, Row, X<T>>, Descriptor>::precision_guarantee();

TEST(PackRowsGuarantees, AreThoseOfThePayload) {
  using KokkosQuant::float8_e4m3_t;
  EXPECT_EQ((packing<float, RowsAs<std::int8_t>>.max_ulp), 0.5);
  EXPECT_EQ((packing<float, RowsAs<float8_e4m3_t>>.max_ulp), 0.5 + 0x1p-21);
  EXPECT_EQ((packing<float, RowsWithin>.max_ulp), 0);
  EXPECT_EQ((packing<float, RowsAs<double>>.max_ulp), 0);
  EXPECT_EQ((packing<double, RowsAs<double>>.max_ulp), 0);
  EXPECT_EQ((packing<double, RowsAs<float>>.max_ulp), 0.5);
  EXPECT_EQ((packing<half_t, RowsAs<bfloat16_t>>.max_ulp), 0.5);

  EXPECT_EQ((unpacking<double, RowsAs<std::int8_t>>.max_ulp), 0.5);
  EXPECT_EQ((unpacking<float, RowsAs<int4x2_t>>.max_ulp), 1.5);
  EXPECT_EQ((unpacking<half_t, RowsAs<std::int8_t>>.max_ulp), 0.5 + 1.5 * 0x1p-13);
  EXPECT_EQ((unpacking<float, RowsAs<float8_e4m3_t>>.max_ulp), 0.5);
  EXPECT_EQ((unpacking<double, RowsWithin>.max_ulp), 0);
  EXPECT_EQ((unpacking<bfloat16_t, RowsWithin>.max_ulp), 0.5);
  EXPECT_EQ((unpacking<double, RowsAs<float>>.max_ulp), 0);
  EXPECT_EQ((unpacking<half_t, RowsAs<bfloat16_t>>.max_ulp), 0.5);

  EXPECT_EQ((adding<float, RowsAs<double>>.max_ulp), 0);
  EXPECT_EQ((adding<float, RowsAs<double>>.max_ulp_per_addition), 0.5);
  EXPECT_EQ((adding<bfloat16_t, RowsAs<float8_e4m3_t>>.max_ulp), 0x1p-17);
  EXPECT_EQ((adding<bfloat16_t, RowsAs<float8_e4m3_t>>.max_ulp_per_addition), 0.5 + 0x1p-17);
}
TEST(PackRowsGuarantees, InWords) {
  std::ostringstream text;
  text << adding<float, RowsAs<std::int8_t>>;
  EXPECT_EQ(
      text.str(),
      "deterministic, the same bits across threads: yes, across backends: yes, error at most 1.5 ulp of each term and 0.5 "
      "ulp of the sum for each addition, in a fixed order");
}

}  // namespace
}  // namespace KokkosQuantTest
