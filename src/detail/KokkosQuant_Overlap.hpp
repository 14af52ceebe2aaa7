// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Do two strided arrays share a byte? Decided exactly: column blocks of one array share a span of memory but no element.
//
// Element (i, j) of an array covers the bytes address + i*s0 + j*s1 + [0, size). Two arrays meet where a sum of their
// index terms, one array's counted backwards, hits one number: a Diophantine equation in bounded non-negative unknowns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace KokkosQuant::Impl {

enum class Shared { no, yes, undecided };

// Strides in bytes; rank 1 has an extent[1] of 1.
struct Footprint {
  std::uintptr_t address;
  std::int64_t size;  // bytes an element
  std::array<std::int64_t, 2> extent, stride;
};

__extension__ typedef __int128 int128_t;

// sum of coefficient[k] * x[k] = target with 0 <= x[k] <= bound[k]
class BoundedSum {
 public:
  void add(std::int64_t coefficient, std::int64_t bound) {
    if (coefficient == 0 || bound <= 0) return;
    for (std::size_t k = 0; k < n_; ++k)
      if (term_[k].coefficient == coefficient) {
        term_[k].bound += bound;
        return;
      }
    term_[n_++] = {coefficient, bound};
  }
  Shared reaches(int128_t target) {
    std::sort(term_.begin(), term_.begin() + static_cast<std::ptrdiff_t>(n_),
              [](const Term& a, const Term& b) { return a.coefficient > b.coefficient; });
    for (std::size_t k = n_; k-- > 0;) {
      const Rest& below = rest_[k + 1];
      rest_[k].sum = below.sum + int128_t(term_[k].coefficient) * term_[k].bound;
      rest_[k].gcd = std::gcd(below.gcd, term_[k].coefficient);
      rest_[k].gapless = below.gapless && rest_[k].gcd == (k + 1 == n_ ? term_[k].coefficient : below.gcd) &&
                         (k + 1 == n_ || term_[k].coefficient <= below.sum + below.gcd);
    }
    return search(0, target);
  }

 private:
  struct Term {
    std::int64_t coefficient, bound;
  };
  // What the terms from k on reach together: multiples of their gcd up to their sum, all of them if gapless.
  struct Rest {
    int128_t sum = 0;
    std::int64_t gcd = 0;
    bool gapless = true;
  };
  Shared search(std::size_t k, int128_t target) {
    if (target < 0 || target > rest_[k].sum) return Shared::no;
    if (k == n_) return Shared::yes;
    if (target % rest_[k].gcd != 0) return Shared::no;
    if (rest_[k].gapless) return Shared::yes;
    const std::int64_t c = term_[k].coefficient;
    const int128_t missing = target - rest_[k + 1].sum;
    const int128_t last = std::min<int128_t>(term_[k].bound, target / c);
    for (int128_t x = missing > 0 ? (missing + c - 1) / c : 0; x <= last; ++x) {
      if (--budget_ < 0) return Shared::undecided;
      if (const Shared found = search(k + 1, target - x * c); found != Shared::no) return found;
    }
    return Shared::no;
  }

  std::array<Term, 6> term_{};
  std::array<Rest, 7> rest_{};
  std::size_t n_ = 0;
  int budget_ = 1 << 16;  // arrays with the same strides need two or three steps
};

inline bool is_empty(const Footprint& a) { return a.extent[0] == 0 || a.extent[1] == 0; }

inline Shared share_bytes(const Footprint& a, const Footprint& b) {
  if (is_empty(a) || is_empty(b)) return Shared::no;
  BoundedSum sum;
  int128_t target = int128_t(b.address) - int128_t(a.address) + b.size - 1;
  for (std::size_t r = 0; r < 2; ++r) {
    sum.add(a.stride[r], a.extent[r] - 1);
    sum.add(b.stride[r], b.extent[r] - 1);
    target += int128_t(b.stride[r]) * (b.extent[r] - 1);
  }
  sum.add(1, a.size + b.size - 2);
  return sum.reaches(target);
}

// Do two different elements of one array share a byte?
inline Shared shares_with_itself(const Footprint& a) {
  if (is_empty(a)) return Shared::no;
  for (std::size_t r = 0; r < 2; ++r)
    if (a.extent[r] > 1 && a.stride[r] < a.size) return Shared::yes;
  if (a.extent[0] == 1 || a.extent[1] == 1) return Shared::no;
  // left: p steps along one axis meet q along the other, 1 <= p < extent[0], 1 <= q < extent[1]
  BoundedSum sum;
  sum.add(a.stride[0], a.extent[0] - 2);
  sum.add(a.stride[1], a.extent[1] - 2);
  sum.add(1, 2 * (a.size - 1));
  return sum.reaches(int128_t(a.stride[1]) * (a.extent[1] - 1) - a.stride[0] + (a.size - 1));
}

}  // namespace KokkosQuant::Impl
