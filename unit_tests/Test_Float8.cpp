// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions of the 8-bit floating-point types, one by one and in packs: every code decoded, every half and bfloat16 encoded,
// floats and doubles at every border between two codes.
#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Float8.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {
namespace {

namespace kq = KokkosQuant::Impl;
constexpr Overflow both[] = {Overflow::saturate, Overflow::non_finite};

template <class F8>
class Float8 : public ::testing::Test {
 public:
  using Table = Float8Table<F8>;
  static const Table& table() { return Table::get(); }

  /// Some at once, as packs of the host.
  template <int W, class C>
  static void encode_packs(const std::vector<C>& values, const std::vector<int>& codes, Mismatches& mismatches) {
    for (std::size_t i = 0; i + W <= values.size(); i += W)
      for (const Overflow overflow : both) {
        const auto limit = kq::float8_limit<F8, C>(overflow == Overflow::saturate);
        const auto pack = kq::encode_float8<F8, C>(kq::Pack<C, W>::load(values.data() + i), limit);
        for (int lane = 0; lane < W; ++lane) {
          const std::size_t j = i + static_cast<std::size_t>(lane);
          mismatches.compare(static_cast<int>(pack.lane[lane]), static_cast<int>(expected_byte<F8>(codes[j], overflow)),
                             [&] { return "pack of " + std::to_string(W) + ": " + show(values[j]); });
        }
      }
  }
  template <class C>
  static ::testing::AssertionResult encodes(const std::vector<C>& values, const std::vector<int>& codes) {
    Mismatches mismatches;
    for (std::size_t i = 0; i < values.size(); ++i)
      for (const Overflow overflow : both)
        mismatches.compare(static_cast<int>(F8(values[i], overflow).bits),
                           static_cast<int>(expected_byte<F8>(codes[i], overflow)), [&] { return show(values[i]); });
    encode_packs<16 / sizeof(C)>(values, codes, mismatches);
    encode_packs<kq::host_vector_bytes / sizeof(C)>(values, codes, mismatches);
    return mismatches;
  }
};
using Formats = ::testing::Types<float8_e4m3_t, float8_e5m2_t>;
TYPED_TEST_SUITE(Float8, Formats);

TYPED_TEST(Float8, IsOneByte) {
  using F8 = TypeParam;
  static_assert(sizeof(F8) == 1 && std::is_trivial_v<F8> && std::is_standard_layout_v<F8>);
  EXPECT_EQ(F8::largest, this->table().value(this->table().largest_code));
  EXPECT_EQ(F8(1e9f).bits, this->table().largest_code);  // saturating, if not said otherwise
  EXPECT_EQ(F8(-0.0f).bits, 0x80);
  EXPECT_EQ(F8(-std::nan("")).bits, 0x7f);
}

TYPED_TEST(Float8, EveryCodeDecoded) {
  using F8 = TypeParam;
  Mismatches mismatches;
  for (int code = 0; code < 256; ++code) {
    const auto where = [&] { return "code " + std::to_string(code); };
    const float expected = this->table().value(code);
    const F8 f = F8::from_bits(static_cast<std::uint8_t>(code));
    mismatches.compare(static_cast<float>(f), expected, where);
    mismatches.compare(static_cast<double>(f), static_cast<double>(expected), where);
    mismatches.compare(kq::decode_float8<F8, float>(kq::Pack<std::int32_t, 4>::all(code)).lane[3], expected, where);
    mismatches.compare(kq::decode_float8<F8, double>(kq::Pack<std::int64_t, 2>::all(code)).lane[1],
                       static_cast<double>(expected), where);
    // and back
    if (std::isnan(expected)) continue;
    EXPECT_EQ(F8(expected, Overflow::non_finite).bits, code);
    EXPECT_EQ(F8(static_cast<double>(expected), Overflow::non_finite).bits, code);
  }
  EXPECT_TRUE(mismatches);
}

TYPED_TEST(Float8, EveryHalfAndBfloat16) {
  std::vector<float> values;
  std::vector<int> codes;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto encoding = static_cast<std::uint16_t>(bits);
    values.push_back(static_cast<float>(half_t::from_bits(encoding)));
    codes.push_back(this->table().code("f16", bits));
    values.push_back(static_cast<float>(bfloat16_t::from_bits(encoding)));
    codes.push_back(this->table().code("bf16", bits));
  }
  EXPECT_TRUE(this->encodes(values, codes));
  const std::vector<double> doubles(values.begin(), values.end());
  EXPECT_TRUE(this->encodes(doubles, codes));
}

// The table has the code of every float; those at its changes tell whether all are right, as a rounding is monotonic.
TYPED_TEST(Float8, FloatsAtEveryBorder) {
  std::vector<float> values;
  std::vector<int> codes;
  const auto add = [&](std::uint32_t bits) {
    values.push_back(std::bit_cast<float>(bits));
    codes.push_back(this->table().code("f32", bits));
  };
  for (const auto& run : this->table().runs("f32"))
    for (std::uint32_t beside = 0; beside < 5; ++beside) add(run.first + beside - 2);  // (wraps around)
  Random random(8);
  for (int i = 0; i < 300000; ++i) add(static_cast<std::uint32_t>(random.bits()));
  for (int i = 0; i < 300000; ++i)
    add(std::bit_cast<std::uint32_t>(
        static_cast<float>(std::ldexp(random.uniform(-2, 2), static_cast<int>(random.below(40)) - 22))));
  EXPECT_TRUE(this->encodes(values, codes));
}

// Rounded once: not to float before.
TYPED_TEST(Float8, DoublesAtEveryTie) {
  std::vector<double> values = special_values<double>();
  for (int code = 0; code <= this->table().largest_code; ++code)
    for (const double sign : {1.0, -1.0}) {
      const double middle = sign * this->table().middle(code);
      add_with_neighbours(values, middle);
      add_with_neighbours(values, sign * this->table().value(code), 1);
      values.push_back(middle * (1 + 0x1p-40));
      values.push_back(middle * (1 - 0x1p-40));
    }
  Random random(9);
  for (int i = 0; i < 20000; ++i) {
    values.push_back(random.any<double>());
    values.push_back(std::ldexp(random.uniform(-2, 2), static_cast<int>(random.below(40)) - 22));
  }
  std::vector<int> codes;
  codes.reserve(values.size());
  for (const double value : values) codes.push_back(this->table().round(value));
  EXPECT_TRUE(this->encodes(values, codes));
}

// The two references agree.
TYPED_TEST(Float8, TheTableIsWhatItsNumbersSay) {
  for (const auto& run : this->table().runs("f32")) {
    EXPECT_EQ(this->table().round(std::bit_cast<float>(run.first)), run.code) << run.first;
    const std::uint32_t before = run.first - 1;
    EXPECT_EQ(this->table().round(std::bit_cast<float>(before)), this->table().code("f32", before)) << before;
  }
}

}  // namespace
}  // namespace KokkosQuantTest
