// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same for ops that find scales from their data: scales and zero points are outputs too, and some plans take a workspace.
#include "FuzzProblem.hpp"

namespace KokkosQuantFuzz {
namespace {

struct Range {
  T lo = 0, hi = 0;
};

// scale and zero_point of a cell, by the formulas of the documentation; every operation rounds once.
T expected_scale(const Range& r, const KokkosQuant::DynamicQuantizeDescriptor& d, bool symmetric) {
  const auto w = static_cast<T>(std::int64_t{d.q_max} - d.q_min);
  const T eps = d.eps > 0 ? static_cast<T>(d.eps) : std::numeric_limits<T>::min();
  if (symmetric) return std::max(reference_quotient(std::max(-r.lo, r.hi), static_cast<T>(d.q_max)), eps);
  const T span = r.hi - r.lo;
  if (span <= std::numeric_limits<T>::max()) return std::max(reference_quotient(span, w), eps);
  // The numbers of a range of two codes may be further apart than any float.
  const T split = reference_quotient(r.hi, w) - reference_quotient(r.lo, w);
  return std::max(std::min(split, std::numeric_limits<T>::max()), eps);
}
std::int32_t expected_zero_point(const Range& r, T scale, const KokkosQuant::DynamicQuantizeDescriptor& d) {
  const std::int64_t below = reference_round(static_cast<double>(reference_quotient(r.lo, scale))).value();
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(d.q_min - below, d.q_min, d.q_max));
}

template <class G>
void fuzz_dynamic(Problem& p) {
  using Ops = DynamicFamily<G>;
  Choices& c = p.c;
  const G g = any_granularity<G>(c);
  const Cells cells = cells_of(g, p.N, p.D);
  const CellOperand<G, T> s(c, cells, p.N, p.D);
  const CellOperand<G, std::int32_t> z(c, cells, p.N, p.D);
  const Operand<T> x = p.data();
  KokkosQuant::DynamicQuantizeDescriptor d{p.range.q_min, p.range.q_max};
  if (c.one_in(5)) d.eps = c.one_in(3) ? -1 : 0.25;
  const bool symmetric = c.one_in(2);
  const bool in_buffer = s.is_inside() && z.is_inside() && x.is_inside();

  // Called at the first element of each cell, before any other of it.
  const auto write_cell = [&](Buffer& out, Buffer& in, std::size_t n, std::size_t i) {
    if (n % cells.rows != 0 || i % cells.columns != 0) return;
    Range r;
    for (std::size_t a = n; a < std::min(n + cells.rows, p.N); ++a)
      for (std::size_t b = i; b < std::min(i + cells.columns, p.D); ++b)
        if (const T value = x.at(in, a, b); value - value == 0) r = {std::min(r.lo, value), std::max(r.hi, value)};
    const T scale = expected_scale(r, d, symmetric);
    s(out, n, i) = scale;
    if (!symmetric) z(out, n, i) = expected_zero_point(r, scale, d);
  };
  if (symmetric) {
    const Operand<T> y = p.output(x);
    using Op = typename Ops::FakeQuantize;
    p.run<Op>(
        d,
        [&](Buffer& b) {
          return Ops::args(static_cast<const Op*>(nullptr), g, x.view(b), s.view(b), KokkosQuant::no_zero_point, y.view(b));
        },
        in_buffer && y.is_inside(), elements_of(y),
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t i) {
          write_cell(out, in, n, i);
          const T scale = s(out, n, i);
          y.at(out, n, i) = reference_dequantize(reference_code(rules, x.at(in, n, i), scale, 0, p.range), scale, 0);
        });
  } else {
    const CodeOperand<std::int8_t> q(c, p.N, p.D);
    using Op = typename Ops::Quantize;
    p.run<Op>(
        d, [&](Buffer& b) { return Ops::args(static_cast<const Op*>(nullptr), g, x.view(b), s.view(b), z.view(b), q.view(b)); },
        in_buffer && q.is_inside(), nullptr,
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t i) {
          write_cell(out, in, n, i);
          q.put(out, n, i, reference_code(rules, x.at(in, n, i), s(out, n, i), z(out, n, i), p.range));
        });
  }
}

void fuzz_input(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Problem p(choices);
  switch (choices.below(5)) {
    case 0: return fuzz_dynamic<PerTensor>(p);
    case 1: return fuzz_dynamic<PerChannel>(p);
    case 2: return fuzz_dynamic<PerToken>(p);
    case 3: return fuzz_dynamic<PerGroup>(p);
    default: return fuzz_dynamic<PerBlock>(p);
  }
}

}  // namespace
}  // namespace KokkosQuantFuzz

void KokkosQuantFuzz::fuzz_one(const std::uint8_t* data, std::size_t size) { fuzz_input(data, size); }
