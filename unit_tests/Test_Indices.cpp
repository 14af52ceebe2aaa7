// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index arithmetic about 2^31 and 2^32: where a device's launches are cut, its division by invariants, and on the host arrays of
// more than 2^31 and 2^32 elements (packed outputs, broadcast inputs: half a gigabyte at most).
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::Impl::Divider;
using KokkosQuant::Impl::launch_end;

// ---- division ---------------------------------------------------------------------------------------------------------

// n * m >> s is n / d for all n < 2^31 if 0 <= m * d - 2^s <= 2^(s - 31) (Granlund, Montgomery 1994, theorem 4.2).
bool divides_all(std::uint64_t d) {
  const Divider divider(static_cast<std::uint32_t>(d));
  const std::uint64_t power = std::uint64_t{1} << divider.shift, product = divider.multiplier * d;
  return divider.divisor == d && product >= power && product - power <= power >> 31;
}
TEST(Indices, DividersAreExactBelowTwoToThe31) {
  std::uint64_t wrong = 0, tried = 0;
  const auto check = [&](std::uint64_t d) {
    if (d < 1 || d > (std::uint64_t{1} << 31)) return;
    ++tried;
    wrong += divides_all(d) ? 0 : 1;
  };
  for (std::uint64_t d = 1; d < 1 << 20; ++d) check(d);
  for (int power = 20; power <= 31; ++power)
    for (std::uint64_t beside = 0; beside < 2000; ++beside) check((std::uint64_t{1} << power) - 1000 + beside);
  Random random(7);
  for (int i = 0; i < 1000000; ++i) check(random.bits() >> 33);
  EXPECT_EQ(wrong, 0u) << "of " << tried;
}
TEST(Indices, DividersDivide) {
  Random random(8);
  constexpr std::uint64_t end = std::uint64_t{1} << 31;
  constexpr std::uint64_t two30 = std::uint64_t{1} << 30;
  const std::vector<std::uint64_t> divisors = {1,     2,       3,         5,         7,     10,        641,     65535,
                                               65537, 1000003, 715827883, two30 - 1, two30, two30 + 1, end - 1, end};
  for (const std::uint64_t d : divisors) {
    const Divider divider(static_cast<std::uint32_t>(d));
    const auto check = [&](std::uint64_t n) {
      if (n >= end) return;
      ASSERT_EQ(divider.quotient(static_cast<std::uint32_t>(n)), n / d) << n << " / " << d;
    };
    for (const std::uint64_t near : {std::uint64_t{0}, end - 3, end / d * d, (end / d - 1) * d})
      for (std::uint64_t n = near < 2 ? 0 : near - 2; n < near + 3; ++n) check(n);
    for (int i = 0; i < 20000; ++i) {
      const std::uint64_t k = random.bits() % (end / d + 1);
      check(k * d), check(k * d + 1), check(k * d - 1), check(random.bits() >> 33);
    }
  }
}

// ---- launches ---------------------------------------------------------------------------------------------------------

// An axis is covered without gaps by launches of at most so many, and none cuts what it must not.
TEST(Indices, LaunchesCoverAnAxisAndKeepUnitsWhole) {
  constexpr std::int64_t two31 = std::int64_t{1} << 31, two32 = std::int64_t{1} << 32;
  const std::int64_t extents[] = {1, 7, 1000, two31 - 1, two31, two31 + 1, two32 - 1, two32, two32 + 1, 3 * two32 + 12345};
  const std::int64_t cells[] = {1,       2,     3,        7, 8, 33, 128, 4096, 65537, (1 << 27) - 1, 1 << 27, (1 << 30) - 1,
                                1 << 30, two31, two32 + 3};
  for (const std::int64_t most : {std::int64_t{1} << 30, (std::int64_t{1} << 30) - 2, std::int64_t{1} << 20})
    for (const std::int64_t extent : extents)
      for (const std::int64_t cell : cells)
        for (const std::int64_t unit : {std::int64_t{1}, cell, 8 * cell}) {
          if (extent / std::max<std::int64_t>(1, std::min(cell, most)) > (std::int64_t{1} << 20) && unit > most) continue;
          std::int64_t start = 0, launches = 0;
          while (start < extent && launches < 100000) {
            const std::int64_t end = launch_end(start, extent, cell, unit, most);
            ++launches;
            ASSERT_GT(end, start);
            ASSERT_LE(end - start, most);
            ASSERT_LE(end, extent);
            if (end < extent) {
              if (unit <= most)
                ASSERT_EQ(end % unit, 0) << "extent " << extent << ", unit " << unit;
              else if (cell <= most || end % cell == 0)
                ASSERT_EQ(end % cell, 0) << "extent " << extent << ", cell " << cell;
              else  // within the cell that the launch started in
                ASSERT_EQ(end / cell, start / cell);
            }
            start = end;
          }
          if (launches < 100000) {
            ASSERT_EQ(start, extent);
          }
        }
}

// ---- large arrays on the host -----------------------------------------------------------------------------------------

using Exec = Kokkos::DefaultHostExecutionSpace;
template <class E>
using Strided = Kokkos::View<E**, Kokkos::LayoutStride, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// So many bytes of new memory, which costs nothing before it is written.
class Memory {
 public:
  explicit Memory(std::size_t bytes) : size_(bytes), data_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)) {
    if (data_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Memory() { ::munmap(data_, size_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  template <class E>
  E* as() const {
    return static_cast<E*>(data_);
  }

 private:
  static constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  std::size_t size_;
  void* data_;
};

// Sanitizers make these take minutes.
#if defined(__SANITIZE_ADDRESS__) || !defined(NDEBUG)
#define KOKKOSQUANT_TEST_SKIPS_LARGE true
#elif defined(__has_feature)
#define KOKKOSQUANT_TEST_SKIPS_LARGE __has_feature(address_sanitizer)
#else
#define KOKKOSQUANT_TEST_SKIPS_LARGE false
#endif

// One line, an x for all, a scale a group: codes say which group an element was taken for.
TEST(Indices, ALineOfMoreThanTwoToThe31) {
  if (KOKKOSQUANT_TEST_SKIPS_LARGE)
    GTEST_SKIP() << "2^31 and more elements take minutes with sanitizers or without optimization; Release builds run this";
  using KokkosQuant::int2x4_t;
  constexpr std::size_t D = (std::size_t{1} << 31) + 77, group = (1 << 20) + 4, groups = (D + group - 1) / group;
  constexpr std::size_t bytes = (D + 3) / 4;
  const Memory q(bytes);
  const float x = 1;
  std::vector<float> scale(groups);
  const auto code = [](std::size_t g) { return static_cast<int>(g % 7 % 2 + g % 3 % 2) - 1; };  // -1, 0, 1
  for (std::size_t g = 0; g < groups; ++g) scale[g] = code(g) == 0 ? 4.0f : static_cast<float>(code(g));
  KokkosQuant::QuantizePerGroupPlan(
      Exec(), KokkosQuant::QuantizeDescriptor{-2, 1},
      KokkosQuant::QuantizePerGroupArgs{Strided<const float>(&x, Kokkos::LayoutStride(1, 0, D, 0)),
                                        Strided<const float>(scale.data(), Kokkos::LayoutStride(1, groups, groups, 1)),
                                        KokkosQuant::no_zero_point,
                                        Strided<int2x4_t>(q.as<int2x4_t>(), Kokkos::LayoutStride(1, bytes, bytes, 1)),
                                        KokkosQuant::PerGroup{static_cast<std::int64_t>(group)}})
      .run();
  Exec().fence();
  std::size_t wrong = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t begin = g * group / 4, end = std::min(D / 4, (g + 1) * group / 4);
    const auto four = static_cast<unsigned char>((code(g) & 3) * 0x55);
    wrong +=
        end - begin - static_cast<std::size_t>(std::count(q.as<unsigned char>() + begin, q.as<unsigned char>() + end, four));
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(q.as<unsigned char>()[bytes - 1], code(groups - 1) & 3);  // D % 4 = 1
}

// More than 2^32 in all: one row of x for all, a scale a row.
TEST(Indices, MoreThanTwoToThe32InAll) {
  if (KOKKOSQUANT_TEST_SKIPS_LARGE)
    GTEST_SKIP() << "2^31 and more elements take minutes with sanitizers or without optimization; Release builds run this";
  using KokkosQuant::int2x4_t;
  constexpr std::size_t N = 65600, D = 65600, bytes = D / 4, kinds = 5;
  constexpr KokkosQuant::QuantizeDescriptor range{-2, 1};
  const Memory q(N * bytes);
  std::vector<float> x(D), scale(N);
  for (std::size_t d = 0; d < D; ++d) x[d] = static_cast<float>(d % 101) - 50;
  for (std::size_t n = 0; n < N; ++n) scale[n] = static_cast<float>(n % kinds * 16 + 1);
  std::vector<unsigned char> row[kinds];
  for (std::size_t k = 0; k < kinds; ++k)
    for (std::size_t b = 0; b < bytes; ++b) {
      unsigned byte = 0;
      for (std::size_t j = 0; j < 4; ++j)
        byte |= (static_cast<unsigned>(reference_code(KokkosQuant::Contract{}, x[4 * b + j], scale[k], 0, range)) & 3u)
                << 2 * j;
      row[k].push_back(static_cast<unsigned char>(byte));
    }
  KokkosQuant::QuantizePerTokenPlan(
      Exec(), range,
      KokkosQuant::QuantizePerTokenArgs{Strided<const float>(x.data(), Kokkos::LayoutStride(N, 0, D, 1)),
                                        Kokkos::View<float*, Kokkos::HostSpace>(scale.data(), N), KokkosQuant::no_zero_point,
                                        Strided<int2x4_t>(q.as<int2x4_t>(), Kokkos::LayoutStride(N, bytes, bytes, 1))})
      .run();
  Exec().fence();
  std::size_t wrong = 0;
  for (std::size_t n = 0; n < N; ++n)
    wrong += std::equal(row[n % kinds].begin(), row[n % kinds].end(), q.as<unsigned char>() + n * bytes) ? 0 : 1;
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace KokkosQuantTest
