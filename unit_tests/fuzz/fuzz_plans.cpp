// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans of any extents, strides, offsets, ranges and granularities on Views into one buffer, also overlapping, broadcast, null
// and absurd ones. can_implement and the constructor never crash and agree with each other; what they accept runs, writes its
// outputs as a naive loop over the reference arithmetic does, and nothing else in the buffer.
#include "FuzzProblem.hpp"

namespace KokkosQuantFuzz {
namespace {

using KokkosQuant::int2x4_t;
using KokkosQuant::int4x2_t;
using KokkosQuant::mask8_t;

template <class G, class Q>
void fuzz_codes(Problem& p, bool forward) {
  using Ops = Family<G>;
  const G g = any_granularity<G>(p.c);
  const Cells cells = cells_of(g, p.N, p.D);
  const CellOperand<G, T> s(p.c, cells, p.N, p.D);
  const CellOperand<G, std::int32_t> z(p.c, cells, p.N, p.D);
  const Operand<T> x = p.data();
  const CodeOperand<Q> q(p.c, p.N, p.D);
  const bool in_buffer = s.is_inside() && z.is_inside() && x.is_inside() && q.is_inside();
  if (forward) {
    using Op = typename Ops::Quantize;
    p.run<Op>(
        [&](Buffer& b) { return Ops::args(static_cast<const Op*>(nullptr), g, x.view(b), s.view(b), z.view(b), q.view(b)); },
        in_buffer, nullptr,
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
          q.put(out, n, d, reference_code(rules, x.at(in, n, d), s(in, n, d), z(in, n, d), p.range));
        });
  } else {
    using Op = typename Ops::Dequantize;
    p.run<Op>(
        [&](Buffer& b) { return Ops::args(static_cast<const Op*>(nullptr), g, q.view(b), s.view(b), z.view(b), x.view(b)); },
        in_buffer, elements_of(x),
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
          x.at(out, n, d) = reference_dequantize(q.get(in, n, d), s(in, n, d), z(in, n, d));
        });
  }
}

template <class G>
void fuzz_floats(Problem& p, bool forward) {
  using Ops = Family<G>;
  const G g = any_granularity<G>(p.c);
  const Cells cells = cells_of(g, p.N, p.D);
  const CellOperand<G, T> s(p.c, cells, p.N, p.D);
  const CellOperand<G, std::int32_t> z(p.c, cells, p.N, p.D);
  const Operand<T> x = p.data(), y = p.output(x);
  const bool in_buffer = s.is_inside() && z.is_inside() && x.is_inside() && y.is_inside();
  const auto passes = [&](Buffer& in, std::size_t n, std::size_t d) {
    return reference_passes(rules, x.at(in, n, d), s(in, n, d), z(in, n, d), p.range);
  };
  if (forward) {
    const CodeOperand<mask8_t> mask(p.c, p.N, p.D);
    using Op = typename Ops::FakeQuantizeWithMask;
    p.run<Op>(
        [&](Buffer& b) {
          return Ops::args(static_cast<const Op*>(nullptr), g, x.view(b), s.view(b), z.view(b), y.view(b), mask.view(b));
        },
        in_buffer && mask.is_inside(), elements_of(y),
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
          const std::int32_t code = reference_code(rules, x.at(in, n, d), s(in, n, d), z(in, n, d), p.range);
          y.at(out, n, d) = reference_dequantize(code, s(in, n, d), z(in, n, d));
          mask.put(out, n, d, passes(in, n, d) ? 1 : 0);
        });
  } else {
    const Operand<T> dy = p.c.one_in(4) ? y : p.data();
    using Op = typename Ops::QuantizeBackward;
    p.run<Op>(
        [&](Buffer& b) {
          return Ops::args(static_cast<const Op*>(nullptr), g, dy.view(b), x.view(b), s.view(b), z.view(b), y.view(b));
        },
        in_buffer && dy.is_inside(), elements_of(y),
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
          y.at(out, n, d) = passes(in, n, d) ? reference_quotient(dy.at(in, n, d), s(in, n, d)) : 0.0f;
        });
  }
}

// The ops without scales.
void fuzz_kept(Problem& p, bool from_mask) {
  const Operand<T> dy = p.data(), dx = p.output(dy);
  const bool in_buffer = dy.is_inside() && dx.is_inside();
  if (from_mask) {
    const CodeOperand<mask8_t> mask(p.c, p.N, p.D);
    p.run<KokkosQuant::FakeQuantizeBackwardFromMask>(
        [&](Buffer& b) {
          return KokkosQuant::FakeQuantizeBackwardFromMaskArgs{dy.view(b), mask.view(b), dx.view(b)};
        },
        in_buffer && mask.is_inside(), elements_of(dx),
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
          dx.at(out, n, d) = mask.get(in, n, d) != 0 ? dy.at(in, n, d) : 0.0f;
        });
  } else {
    const CodeOperand<int2x4_t> q(p.c, p.N, p.D);
    p.run<KokkosQuant::FakeQuantizeBackwardFromCodes>(
        [&](Buffer& b) {
          return KokkosQuant::FakeQuantizeBackwardFromCodesArgs{dy.view(b), q.view(b), dx.view(b)};
        },
        in_buffer && q.is_inside(), elements_of(dx),
        [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
          const std::int32_t code = q.get(in, n, d);
          dx.at(out, n, d) = code > p.range.q_min && code < p.range.q_max ? dy.at(in, n, d) : 0.0f;
        });
  }
}

// Three extents: A x B rows of D. Strides are those of some order of the axes, or any.
struct Operand3 {
  using View = Kokkos::View<T***, Kokkos::LayoutStride, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  std::array<std::size_t, 3> extent, stride;
  std::size_t offset = 0;

  Operand3(Choices& c, std::array<std::size_t, 3> e) : extent(e), stride() {
    static constexpr std::size_t orders[][3] = {{2, 1, 0}, {0, 1, 2}, {2, 0, 1}, {1, 2, 0}, {0, 2, 1}, {1, 0, 2}};
    const auto& order = orders[c.below(6)];  // fastest first
    const std::size_t step = c.one_in(6) ? 2 : 1, pad = c.one_in(4) ? c.below(5) : 0, at = c.below(3);
    std::size_t next = step;
    for (std::size_t k = 0; k < 3; ++k) {
      stride[order[k]] = next;
      next *= extent[order[k]];
      if (k == at) next += pad;
    }
    if (c.one_in(12)) stride[c.below(3)] = c.one_in(3) ? c.one_of(huge_numbers) : c.below(50);
    offset = c.below(Buffer::size / sizeof(T));
  }
  View view(Buffer& b) const {
    return View(reinterpret_cast<T*>(b.data()) + offset,
                Kokkos::LayoutStride(extent[0], stride[0], extent[1], stride[1], extent[2], stride[2]));
  }
  bool is_inside() const {
    int128_t last = offset;
    for (std::size_t r = 0; r < 3; ++r) {
      if (extent[r] == 0) return true;
      if (extent[r] > 1 && stride[r] > Buffer::size) return false;
      if (extent[r] > 1) last += int128_t(extent[r] - 1) * stride[r];
    }
    return last < int128_t(Buffer::size / sizeof(T));
  }
  T& at(Buffer& b, std::size_t i, std::size_t j, std::size_t d) const {
    return reinterpret_cast<T*>(b.data())[offset + i * stride[0] + j * stride[1] + d * stride[2]];
  }
};

// FakeQuantizePerToken with three extents, and a scale for each of the first two. (N and D: rows i * B + j, and columns.)
void fuzz_three_extents(Problem& p) {
  Choices& c = p.c;
  const std::size_t A = c.below(8), B = c.below(8), D = c.below(40);
  p.N = A * B, p.D = D;
  const Operand3 x(c, {A, B, D}), y = c.one_in(3) ? x : Operand3(c, {A, B, D});
  const Operand<T> s(c, {A, B});
  p.run<KokkosQuant::FakeQuantizePerToken>(
      [&](Buffer& b) {
        return KokkosQuant::FakeQuantizePerTokenArgs{x.view(b), s.view(b), KokkosQuant::no_zero_point, y.view(b)};
      },
      x.is_inside() && y.is_inside() && s.is_inside(),
      [&](Buffer& b, std::size_t n, std::size_t d) -> T& { return y.at(b, n / B, n % B, d); },
      [&](Buffer& out, Buffer& in, std::size_t n, std::size_t d) {
        const T scale = s.at(in, n / B, n % B);
        const std::int32_t code = reference_code(rules, x.at(in, n / B, n % B, d), scale, 0, p.range);
        y.at(out, n / B, n % B, d) = reference_dequantize(code, scale, 0);
      });
}

template <class G>
void fuzz_granularity(Problem& p) {
  switch (p.c.below(6)) {
    case 0: return fuzz_codes<G, std::int8_t>(p, true);
    case 1: return fuzz_codes<G, std::int8_t>(p, false);
    case 2: return fuzz_codes<G, int4x2_t>(p, true);
    case 3: return fuzz_codes<G, int4x2_t>(p, false);
    case 4: return fuzz_floats<G>(p, true);
    default: return fuzz_floats<G>(p, false);
  }
}

void fuzz_input(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Problem p(choices);
  switch (choices.below(7)) {
    case 0: return fuzz_granularity<PerTensor>(p);
    case 1: return fuzz_granularity<PerChannel>(p);
    case 2: return fuzz_granularity<PerToken>(p);
    case 3: return fuzz_granularity<PerGroup>(p);
    case 4: return fuzz_granularity<PerBlock>(p);
    case 5: return fuzz_kept(p, choices.one_in(2));
    default: return fuzz_three_extents(p);
  }
}

}  // namespace
}  // namespace KokkosQuantFuzz

void KokkosQuantFuzz::fuzz_one(const std::uint8_t* data, std::size_t size) { fuzz_input(data, size); }
