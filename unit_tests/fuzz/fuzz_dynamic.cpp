// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same for ops that find scales from their data: scales and zero points are outputs too, and some plans take a workspace.
#include <vector>

#include "../KokkosQuantTest_Dynamic.hpp"
#include "FuzzProblem.hpp"

namespace KokkosQuantFuzz {
namespace {

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
    std::vector<T> elements;
    for (std::size_t a = n; a < std::min(n + cells.rows, p.N); ++a)
      for (std::size_t b = i; b < std::min(i + cells.columns, p.D); ++b) elements.push_back(x.at(in, a, b));
    const auto found = reference_scale<T>(elements, d, symmetric);
    s(out, n, i) = found.scale;
    if (!symmetric) z(out, n, i) = found.zero_point;
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
