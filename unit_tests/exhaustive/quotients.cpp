// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Is a quotient by the scale's reciprocal, corrected once or twice, the correctly rounded one? Divides all pairs of
// significands; powers of two scale both sides alike as long as nothing over- or underflows, which is_quick_scale and
// is_quick_numerator see to.
//
//   quotients half  [stride]   11-bit x (half; bfloat16 is among them) by all floats: 2^33 pairs
//   quotients float [stride]   24-bit x by all floats: 2^46 pairs, for a GPU
//   quotients inverse          quick_inverse of all scales from 2^-40 to 2^40, which is another computation on a GPU
//
// With a stride every stride-th divisor is taken. Prints how many pairs differ without a correction (many, or differences
// are not seen), with one, which the library relies on, and with two; exits with 1 if any does with one or two.
#include <Kokkos_Core.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <detail/KokkosQuant_AffineQuick.hpp>

namespace {

using KokkosQuant::Impl::corrected_quotient;
using KokkosQuant::Impl::divide;

// The pairs of one divisor that differ.
template <int Corrections>
struct Differences {
  std::int64_t first_x, end_x, stride;

  KOKKOS_FUNCTION void operator()(const std::int64_t divisor, std::int64_t& differences) const {
    const float s = static_cast<float>((std::int64_t(1) << 23) + divisor * stride), inverse = divide(1.0f, s);
    std::int64_t here = 0;
    for (std::int64_t x = first_x; x < end_x; ++x) {
      const float numerator = static_cast<float>(static_cast<std::int32_t>(x));
      here += corrected_quotient<Corrections>(numerator, s, inverse) != divide(numerator, s) ? 1 : 0;
    }
    differences += here;
  }
};

template <int Corrections>
std::int64_t count(std::int64_t first_x, std::int64_t end_x, std::int64_t stride) {
  const std::int64_t divisors = ((std::int64_t(1) << 23) + stride - 1) / stride;
  std::int64_t differences = 0;
  Kokkos::parallel_reduce("KokkosQuant::exhaustive_quotients",
                          Kokkos::RangePolicy<Kokkos::IndexType<std::int64_t>>(0, divisors),
                          Differences<Corrections>{first_x, end_x, stride}, differences);
  std::printf("%d correction(s): %lld of %lld pairs differ\n", Corrections, static_cast<long long>(differences),
              static_cast<long long>(divisors * (end_x - first_x)));
  return differences;
}

struct InverseDifferences {
  KOKKOS_FUNCTION void operator()(const std::int64_t bits, std::int64_t& differences) const {
    const float scale = KokkosQuant::Impl::bits_as<float>(static_cast<std::int32_t>(bits));
    differences += KokkosQuant::Impl::quick_inverse(scale) != divide(1.0f, scale) ? 1 : 0;
  }
};
std::int64_t count_inverses() {
  const auto first = KokkosQuant::Impl::bits_as<std::int32_t>(0x1p-40f),
             last = KokkosQuant::Impl::bits_as<std::int32_t>(0x1p40f);
  std::int64_t differences = 0;
  Kokkos::parallel_reduce("KokkosQuant::exhaustive_inverses",
                          Kokkos::RangePolicy<Kokkos::IndexType<std::int64_t>>(first, std::int64_t(last) + 1),
                          InverseDifferences{}, differences);
  std::printf("%lld of %lld inverses differ\n", static_cast<long long>(differences), static_cast<long long>(last - first + 1));
  return differences;
}

}  // namespace

int main(int argc, char** argv) {
  const bool half = argc > 1 && std::strcmp(argv[1], "half") == 0, single = argc > 1 && std::strcmp(argv[1], "float") == 0;
  const bool inverse = argc == 2 && std::strcmp(argv[1], "inverse") == 0;
  const std::int64_t stride = argc > 2 ? std::atoll(argv[2]) : 1;
  if (argc < 2 || argc > 3 || !(half || single || inverse) || stride < 1) {
    std::fprintf(stderr, "usage: %s half|float [stride], or %s inverse; stride is a positive integer\n", argv[0], argv[0]);
    return 2;
  }
  Kokkos::ScopeGuard kokkos;
  if (inverse) return count_inverses() == 0 ? 0 : 1;
  const std::int64_t bits = half ? 10 : 23;
  const std::int64_t first = std::int64_t(1) << bits, end = first * 2;
  const std::int64_t without = count<0>(first, end, stride);
  return without > 0 && count<1>(first, end, stride) == 0 && count<2>(first, end, stride) == 0 ? 0 : 1;
}
