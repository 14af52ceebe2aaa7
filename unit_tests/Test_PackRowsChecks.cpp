// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What plans of packed rows refuse: when they are made, and by validate(), before anything is written.
#include "KokkosQuantTest_PackedRows.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::PackRowsArgs;
using KokkosQuant::PackRowsPlan;
using KokkosQuant::UnpackRowsArgs;
using KokkosQuant::UnpackRowsPlan;

#define EXPECT_THAT_HAS(text, part) EXPECT_NE(std::string(text).find(part), std::string::npos) << text

/// 5 x 12 floats, rows 3, 0, 3 packed as int8: 32 + 3 * 32 bytes.
template <class Exec>
class PackRowsChecks : public ::testing::Test {
 public:
  static constexpr std::int64_t size = 32 + 3 * 32;
  using Case = PackCase<Exec, float, LayoutRight, std::int32_t>;

  PackRowsChecks() : p(5, 12, 0, false), bytes(size), rows(std::vector<std::int32_t>{3, 0, 3}) {
    PackRowsPlan(exec, RowsAs<std::int8_t>{}, PackRowsArgs{p.x.view(), rows.view(), bytes.view()}).run();
    exec.fence();
    bytes.to_host();
  }
  auto unpack() const {
    return UnpackRowsPlan(exec, RowsAs<std::int8_t>{}, UnpackRowsArgs{bytes.view(), rows.view(), p.y.view()});
  }
  /// validate() after these bytes were overwritten
  template <class V>
  std::string message_with(std::int64_t at, V value) {
    const std::vector<std::byte> right = bytes.host;
    std::memcpy(bytes.host.data() + at, &value, sizeof value);
    bytes.to_device();
    const KokkosQuant::Status status = unpack().validate();
    bytes.host = right;
    bytes.to_device();
    EXPECT_NE(static_cast<bool>(status), !status.message().empty());
    return status.message();
  }
  /// The header with a field changed, and a checksum that is right again: taken from a real buffer of another kind.
  template <class T, class Descriptor>
  std::string message_for(const Descriptor& descriptor, std::size_t columns, const std::vector<std::int32_t>& indices) {
    const PackProblem<PackCase<Exec, T, LayoutRight, std::int32_t>> other(5, columns, 0, false);
    const Vector<std::int32_t, LayoutRight, Exec> others(indices);
    Bytes<Exec> sent(
        std::max(size, Descriptor::buffer_size(static_cast<std::int64_t>(indices.size()), static_cast<std::int64_t>(columns))));
    PackRowsPlan(exec, descriptor, PackRowsArgs{other.x.view(), others.view(), sent.view()}).run();
    exec.fence();
    return UnpackRowsPlan(exec, RowsAs<std::int8_t>{}, UnpackRowsArgs{sent.view(), rows.view(), p.y.view()})
        .validate()
        .message();
  }

  const Exec exec{};
  PackProblem<Case> p;
  Bytes<Exec> bytes;
  Vector<std::int32_t, LayoutRight, Exec> rows;
};
TYPED_TEST_SUITE(PackRowsChecks, ExecutionSpaces);

TYPED_TEST(PackRowsChecks, RightBuffer) {
  EXPECT_TRUE(this->unpack().validate());
  EXPECT_TRUE(this->unpack().validate(this->size));
  EXPECT_EQ(this->unpack().sku().code_type, "int8");
  EXPECT_EQ(this->unpack().sku().op, "UnpackRows");
  EXPECT_TRUE(this->unpack().precision_guarantee().bit_stable_across_threads);
}
TYPED_TEST(PackRowsChecks, Layout) {
  const auto& b = this->bytes;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(b.host.data()), 4), "KQRW");
  EXPECT_EQ(b.template read<std::uint16_t>(4), 1);
  EXPECT_EQ(b.template read<std::uint8_t>(6), 5);
  EXPECT_EQ(b.template read<std::uint8_t>(7), 2);
  EXPECT_EQ(b.template read<std::uint64_t>(8), 3u);
  EXPECT_EQ(b.template read<std::uint64_t>(16), 12u);
  EXPECT_EQ(b.template read<std::uint32_t>(24), 0u);
}
TYPED_TEST(PackRowsChecks, Truncated) {
  EXPECT_EQ(this->unpack().validate(this->size - 1).message(),
            "the buffer has 127 bytes: expected 128 for 3 rows of 12 elements (truncated?)");
  EXPECT_FALSE(this->unpack().validate(0));
}
TYPED_TEST(PackRowsChecks, Foreign) {
  EXPECT_THAT_HAS(this->message_with(0, std::uint32_t{0x4b515257}), "the buffer begins with");
  EXPECT_THAT_HAS(this->message_with(0, 0.0), "the buffer begins with 0: expected");
  EXPECT_EQ(this->message_with(4, std::uint16_t{2}), "the buffer has version 2: expected 1");
  EXPECT_THAT_HAS(this->message_with(16, std::uint64_t{13}), "header has checksum");
}
TYPED_TEST(PackRowsChecks, OtherKinds) {
  const std::vector<std::int32_t> three = {3, 0, 3};
  EXPECT_THAT_HAS((this->template message_for<float>(RowsAs<int4x2_t>{}, 12, three)), "codes of kind 6: expected kind 5");
  EXPECT_THAT_HAS((this->template message_for<float>(RowsWithin{1e-3}, 12, three)), "codes of kind 8: expected kind 5");
  EXPECT_THAT_HAS((this->template message_for<float>(RowsAs<float>{}, 12, three)), "codes of kind 2: expected kind 5");
  EXPECT_THAT_HAS((this->template message_for<double>(RowsAs<std::int8_t>{}, 12, three)), "element type 1: expected 2, float");
  EXPECT_THAT_HAS((this->template message_for<float>(RowsAs<std::int8_t>{}, 13, three)), "rows of 13 elements: expected 12");
  EXPECT_THAT_HAS((this->template message_for<float>(RowsAs<std::int8_t>{}, 12, {1, 2})), "has 2 rows: expected 3");
}
/// Every byte behind the header, one bit at a time; and rows that changed places.
TYPED_TEST(PackRowsChecks, Corrupted) {
  for (std::int64_t at = 0; at < this->size; ++at) {
    const auto byte = this->bytes.template read<std::uint8_t>(at);
    const auto changed = static_cast<std::uint8_t>(byte ^ (1u << (at % 8)));
    const std::string message = this->message_with(at, changed);
    if (at < 32)
      EXPECT_NE(message, "") << at;
    else
      EXPECT_THAT_HAS(message, "row " + std::to_string((at - 32) / 32) + " of the buffer does not have the checksum");
  }
  auto& host = this->bytes.host;
  std::swap_ranges(host.begin() + 32, host.begin() + 64, host.begin() + 96);  // the same row of x, and its record
  this->bytes.to_device();
  EXPECT_THAT_HAS(this->unpack().validate().message(), "row 0 of the buffer does not have");
}
TYPED_TEST(PackRowsChecks, Indices) {
  using Index = std::int64_t;
  const auto untouched = this->p.y.host();
  for (const Index wrong : {Index{-1}, Index{5}, Index{1} << 40}) {
    const Vector<Index, LayoutRight, TypeParam> rows({3, wrong, 0});
    const std::string expected = "rows(1) is " + std::to_string(wrong) + " and x is 5 x 12: expected a row of x, 0 to 4";
    const UnpackRowsPlan into(this->exec, RowsAs<std::int8_t>{},
                              UnpackRowsArgs{this->bytes.view(), rows.view(), this->p.y.view()});
    EXPECT_EQ(into.validate().message(), expected);
    this->p.y.to_host();
    EXPECT_TRUE(std::memcmp(this->p.y.host().data(), untouched.data(), untouched.size() * sizeof(float)) == 0);
    into.run();  // leaves that row out

    Bytes<TypeParam> sent(this->size);
    const PackRowsPlan from(this->exec, RowsAs<std::int8_t>{}, PackRowsArgs{this->p.x.view(), rows.view(), sent.view()});
    EXPECT_EQ(from.validate().message(), expected);
    from.run();
    this->exec.fence();
    // what it sent is refused on the other side
    const UnpackRowsPlan other(this->exec, RowsAs<std::int8_t>{},
                               UnpackRowsArgs{sent.view(), this->rows.view(), this->p.y.view()});
    EXPECT_THAT_HAS(other.validate().message(), "row 1 of the buffer does not have");
    this->p.y.host() = untouched;
    this->p.y.to_device();
  }
}
TYPED_TEST(PackRowsChecks, Arguments) {
  using Exec = TypeParam;
  const auto x = this->p.x.view();
  const auto rows = this->rows.view();
  const auto all = this->bytes.view();
  const auto refused = [&](const auto& descriptor, const auto& buffer) {
    return KokkosQuant::can_implement<KokkosQuant::PackRows>(this->exec, descriptor, PackRowsArgs{x, rows, buffer}).message();
  };
  const RowsAs<std::int8_t> int8{};
  EXPECT_EQ(refused(int8, all), "");
  EXPECT_THAT_HAS(refused(int8, Kokkos::subview(all, std::make_pair(std::int64_t{0}, this->size - 1))),
                  "buffer has 127 bytes: expected 128 (buffer_size) for 3 rows of 12 elements");
  EXPECT_THAT_HAS(refused(RowsAs<double>{}, all), "buffer has 128 bytes: expected 368");
  const Bytes<Exec> more(this->size + 16);
  EXPECT_THAT_HAS(refused(int8, Kokkos::subview(more.view(), std::make_pair(std::int64_t{8}, this->size + 8))),
                  "no multiple of 16");
  const Kokkos::View<std::byte*, Kokkos::LayoutStride, typename Exec::memory_space> gaps(
      more.view().data(), Kokkos::LayoutStride(static_cast<std::size_t>(this->size), 2));
  EXPECT_THAT_HAS(refused(int8, gaps), "buffer has a stride of 2: expected bytes without gaps");
  EXPECT_THAT_HAS(refused(RowsWithin{0}, more.view()), "eps is 0: expected a positive, finite number");
  EXPECT_THAT_HAS(refused(RowsAs<std::int8_t>{RowScales::symmetric, -1}, all), "eps is -1");
  const Kokkos::View<std::byte*, typename Exec::memory_space, Kokkos::MemoryTraits<Kokkos::Unmanaged>> over(
      reinterpret_cast<std::byte*>(x.data() + 1), this->size);  // (x begins 12 bytes behind a multiple of 16)
  EXPECT_THAT_HAS(refused(int8, over), "shares memory with x");
  EXPECT_THROW(PackRowsPlan(this->exec, RowsAs<double>{}, PackRowsArgs{x, rows, all}), std::invalid_argument);
  const auto plan = KokkosQuant::select<KokkosQuant::PackRows>(this->exec, int8, PackRowsArgs{x, rows, all});
  EXPECT_EQ(plan.sku().to_string().substr(0, 19), "PackRows/float/int8");
}
TYPED_TEST(PackRowsChecks, EmptyField) {
  using Exec = TypeParam;
  const Kokkos::View<float**, typename Exec::memory_space> x("x", 0, 12);
  const Kokkos::View<std::int32_t*, typename Exec::memory_space> none("none", 0);
  Bytes<Exec> header(32);
  PackRowsPlan(this->exec, RowsAs<std::int8_t>{}, PackRowsArgs{x, none, header.view()}).run();
  const UnpackRowsPlan into(this->exec, RowsAs<std::int8_t>{}, UnpackRowsArgs{header.view(), none, x});
  EXPECT_TRUE(into.validate());
  into.run();
  const Kokkos::View<float**, typename Exec::memory_space> nothing("nothing", 5, 0);  // (its data is null)
  Bytes<Exec> prefixes(32 + 3 * 16);
  PackRowsPlan(this->exec, RowsAs<std::int8_t>{}, PackRowsArgs{nothing, this->rows.view(), prefixes.view()}).run();
  const UnpackRowsPlan into_nothing(this->exec, RowsAs<std::int8_t>{},
                                    UnpackRowsArgs{prefixes.view(), this->rows.view(), nothing});
  EXPECT_TRUE(into_nothing.validate());
  into_nothing.run();
  const UnpackRowsPlan nowhere(this->exec, RowsAs<std::int8_t>{}, UnpackRowsArgs{this->bytes.view(), this->rows.view(), x});
  EXPECT_THAT_HAS(nowhere.validate().message(), "rows(0) is 3 and x is 0 x 12");
  nowhere.run();
  this->exec.fence();
}

}  // namespace
}  // namespace KokkosQuantTest
