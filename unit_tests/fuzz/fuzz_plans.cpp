// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans of any extents, strides, offsets, ranges and granularities on Views into one buffer, also overlapping, broadcast, null
// and absurd ones. can_implement and the constructor never crash and agree with each other; what they accept runs, writes its
// outputs as a naive loop over the reference arithmetic does, and nothing else in the buffer.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../KokkosQuantTest_Family.hpp"
#include "FuzzBytes.hpp"

namespace KokkosQuantFuzz {
namespace {

using namespace KokkosQuantTest;
using KokkosQuant::int2x4_t;
using KokkosQuant::int4x2_t;
using KokkosQuant::Mapping;
using KokkosQuant::mask8_t;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "fuzz_plans: %s\n", what.c_str());
  std::abort();
}

// The cell of an element, and how many there are.
struct Cells {
  std::size_t rows, columns;
  std::array<std::size_t, 2> count(std::size_t n, std::size_t d) const {
    const auto up = [](std::size_t all, std::size_t by) { return all / by + (all % by != 0 ? 1 : 0); };
    return {up(n, rows), up(d, columns)};
  }
};
std::int64_t any_tile(Choices& c) {
  if (c.one_in(40)) return static_cast<std::int64_t>(c.one_of(huge_numbers));
  return c.one_in(30) ? 0 : 1 + static_cast<std::int64_t>(c.below(40));
}
template <class Granularity>
Granularity any_granularity(Choices& c) {
  if constexpr (std::is_same_v<Granularity, PerGroup>)
    return {any_tile(c)};
  else if constexpr (std::is_same_v<Granularity, PerBlock>)
    return {any_tile(c), any_tile(c)};
  else
    return {};
}
template <class Granularity>
Cells cells_of(const Granularity& g, std::size_t n, std::size_t d) {
  const auto size = [](std::int64_t tile) { return tile < 1 ? 1 : static_cast<std::size_t>(tile); };
  const auto some = [](std::size_t extent) { return extent == 0 ? 1 : extent; };
  if constexpr (std::is_same_v<Granularity, PerGroup>) return {1, size(g.columns)};
  if constexpr (std::is_same_v<Granularity, PerBlock>) return {size(g.rows), size(g.columns)};
  if constexpr (std::is_same_v<Granularity, PerChannel>) return {some(n), 1};
  if constexpr (std::is_same_v<Granularity, PerToken>) return {1, some(d)};
  return {some(n), some(d)};
}

// scale and zero_point: one a cell, most often as many as there should be. Lines where the granularity is not tiled.
template <class Granularity, class E>
class CellOperand {
 public:
  static constexpr bool tiled = is_tiled<Granularity>;
  CellOperand(Choices& c, const Cells& cells, std::size_t n, std::size_t d)
      : cells_(cells), values_(c, count(c, cells, n, d)) {}
  auto view(Buffer& buffer) const {
    if constexpr (tiled)
      return values_.view(buffer);
    else
      return values_.line(buffer);
  }
  bool is_inside() const { return values_.is_inside(); }
  E operator()(Buffer& buffer, std::size_t n, std::size_t d) const {
    if constexpr (std::is_same_v<Granularity, PerTensor>) return values_.at(buffer, 0, 0);
    if constexpr (std::is_same_v<Granularity, PerChannel>) return values_.at(buffer, d, 0);
    return values_.at(buffer, n / cells_.rows, d / cells_.columns);
  }

 private:
  static std::array<std::size_t, 2> count(Choices& c, const Cells& cells, std::size_t n, std::size_t d) {
    auto count = cells.count(n, d);
    if constexpr (std::is_same_v<Granularity, PerTensor>) count = {1, 1};
    if constexpr (std::is_same_v<Granularity, PerChannel>) count = {d, 1};
    c.spoil(count, 60);
    return count;
  }
  Cells cells_;
  Operand<E> values_;
};

// Codes and masks for n x d elements: packed along the rows or the columns.
template <class Q>
class CodeOperand {
 public:
  CodeOperand(Choices& c, std::size_t n, std::size_t d) : across_(!c.one_in(2)), codes_(c, extent(c, across_, n, d)) {}
  auto view(Buffer& buffer) const { return codes_.view(buffer); }
  bool is_inside() const { return codes_.is_inside(); }
  std::int32_t get(Buffer& buffer, std::size_t n, std::size_t d) const {
    if constexpr (per == 1)
      return static_cast<std::int32_t>(codes_.at(buffer, n, d));
    else
      return byte(buffer, n, d).get(static_cast<int>((across_ ? d : n) % per));
  }
  // The bits behind the end of a line are 0: the contract says so.
  void put(Buffer& buffer, std::size_t n, std::size_t d, std::int32_t code) const {
    if constexpr (per == 1) {
      codes_.at(buffer, n, d) = static_cast<Q>(code);
    } else {
      const std::size_t j = (across_ ? d : n) % per;
      if (j == 0) byte(buffer, n, d) = Q{0};
      byte(buffer, n, d).set(static_cast<int>(j), code);
    }
  }

 private:
  static constexpr std::size_t per = KokkosQuant::Impl::elements_per<Q>;
  static std::array<std::size_t, 2> extent(Choices& c, bool across, std::size_t n, std::size_t d) {
    const auto bytes = [](std::size_t elements) { return elements / per + (elements % per != 0 ? 1 : 0); };
    std::array<std::size_t, 2> extent{across ? n : bytes(n), across ? bytes(d) : d};
    c.spoil(extent, 60);
    return extent;
  }
  Q& byte(Buffer& buffer, std::size_t n, std::size_t d) const {
    return across_ ? codes_.at(buffer, n, d / per) : codes_.at(buffer, n / per, d);
  }
  bool across_;
  Operand<Q> codes_;
};

using T = float;
constexpr KokkosQuant::Contract rules{};

// What all ops of an input have in common.
class Problem {
 public:
  explicit Problem(Choices& choices)
      : c(choices),
        N(any_extent(c)),
        D(any_extent(c)),
        range{c.one_in(6) ? c.any_int() : -static_cast<std::int32_t>(c.below(9)),
              c.one_in(6) ? c.any_int() : static_cast<std::int32_t>(c.below(8))},
        mapping_(static_cast<Mapping>(c.below(4))),
        before_(c.byte()),
        after_(before_),
        expected_(before_) {}

  Choices& c;
  std::size_t N, D;
  KokkosQuant::QuantizeDescriptor range;

  Operand<T> data() {
    std::array<std::size_t, 2> extent{N, D};
    c.spoil(extent, 80);
    return Operand<T>(c, extent);
  }
  // An output: sometimes exactly where an input is.
  Operand<T> output(const Operand<T>& in) { return c.one_in(3) ? in : data(); }

  // args(buffer) are the op's there; all that they reach lies in the buffer, or not; y(buffer, n, d) is an output in which any
  // NaN is any NaN; write(out, in, n, d) is one turn of the naive loop.
  template <class Op, class Args, class Y, class Write>
  void run(const Args& args_in, bool in_buffer, const Y& y, const Write& write) {
    const auto args = args_in(after_);
    const auto with = [&](const auto& exec) {
      const KokkosQuant::Status can = KokkosQuant::can_implement<Op>(exec, range, args);
      if (!can && can.message().empty()) fail("refused without a reason");
      bool accepted = false;
      try {
        const auto plan = KokkosQuant::select<Op>(exec, range, args, {mapping_});
        accepted = true;
        const std::string sku = plan.sku().to_string();
        if (!in_buffer || c.spoilt()) return;
        const std::size_t rows = D == 0 ? 0 : N;  // (2^63 rows of nothing)
        if (c.one_in(2))
          plan.run();
        else
          plan.run(args);
        exec.fence();
        for (std::size_t n = 0; n < rows; ++n)
          for (std::size_t d = 0; d < D; ++d) write(expected_, before_, n, d);
        if constexpr (!std::is_same_v<Y, std::nullptr_t>)
          for (std::size_t n = 0; n < rows; ++n)
            for (std::size_t d = 0; d < D; ++d)
              if (T& e = y(expected_, n, d), &a = y(after_, n, d); e != e && a != a) e = a;
        if (const std::size_t at = after_.differs(expected_); at != Buffer::size)
          fail(sku + ", " + std::to_string(N) + " x " + std::to_string(D) + ": byte " + std::to_string(at) + " is wrong");
      } catch (const std::invalid_argument& refusal) {
        if (accepted) fail(std::string("run() refused what the constructor took: ") + refusal.what());
        if (std::string(refusal.what()).find(can.message()) == std::string::npos) fail("two reasons");
      }
      if (accepted != static_cast<bool>(can)) fail("can_implement and the constructor differ: " + can.message());
    };
#ifdef KOKKOS_ENABLE_SERIAL
    if (!c.one_in(8)) return with(Kokkos::Serial());
#endif
    with(Kokkos::DefaultHostExecutionSpace());
  }

 private:
  Mapping mapping_;
  Buffer before_, after_, expected_;
};

auto elements_of(const Operand<T>& y) {
  return [&y](Buffer& b, std::size_t n, std::size_t d) -> T& { return y.at(b, n, d); };
}

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
  std::size_t offset;

  Operand3(Choices& c, std::array<std::size_t, 3> e) : extent(e), stride(), offset(0) {
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

void fuzz(const std::uint8_t* data, std::size_t size) {
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

// libFuzzer's entry points.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  static const Kokkos::ScopeGuard kokkos;
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  KokkosQuantFuzz::fuzz(data, size);
  return 0;
}

#ifdef KOKKOSQUANT_FUZZ_STANDALONE
// Without libFuzzer: so many inputs of random bytes.
int main(int argc, char** argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  KokkosQuantTest::Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const long runs = argc > 1 ? std::atol(argv[1]) : 20000;
  for (long i = 0; i < runs; ++i) {
    std::array<std::uint8_t, 96> bytes;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    LLVMFuzzerTestOneInput(bytes.data(), random.below(bytes.size() + 1));
  }
  std::printf("fuzz_plans: %ld random inputs passed\n", runs);
  return 0;
}
#endif
