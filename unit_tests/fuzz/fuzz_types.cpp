// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The family's ops of the widest and of narrow elements, with packed codes, on arrays that mostly have no gaps and whose lines often are
// whole cells: how wide packs are and where they lie depends on the types then. (fuzz_plans, of float, has any strides and extents; few
// of its arrays are like that.)
#include <iterator>
#include <string>

#include "FuzzProblem.hpp"

namespace KokkosQuantFuzz {
namespace {

using KokkosQuant::int2x4_t;
using KokkosQuant::uint4x2_t;

std::size_t any_length(Choices& c, std::size_t often) { return 1 + c.below(c.one_in(6) ? 140 : often); }

Place any_place(Choices& c, Order order) {
  static constexpr std::size_t offsets[] = {1, 2, 3, 4, 8, 16}, pads[] = {1, 2, 3, 8};
  Place place{order};
  if (c.one_in(3)) place.offset = c.one_of(offsets);
  if (c.one_in(4)) place.pad = c.one_of(pads);
  if (c.one_in(10)) place.step = 2;
  return place;
}
Setting any_setting(Choices& c) {
  Setting s;
  const Order order = c.one_in(3) ? Order::left : Order::right, other = c.one_in(6) ? Order::left : order;
  s.in = any_place(c, order);
  s.other = any_place(c, other);
  s.out = any_place(c, order);
  if (c.one_in(3)) s.cells = any_place(c, other);
  s.packing = (order == Order::left) != c.one_in(6) ? Packing::down : Packing::across;
  if (c.one_in(3)) s.mapping = mappings[c.below(std::size(mappings))];
  return s;
}

template <class E, class S, class Q, ZeroPoints Zero>
struct Types {
  static constexpr QuantizeDescriptor full{KokkosQuant::Impl::code_limits<Q>::lowest,
                                           KokkosQuant::Impl::code_limits<Q>::highest};

  template <class G>
  static void run(Choices& c, const G& g, std::size_t N, std::size_t D) {
    const Constants constants = c.one_in(4) ? Constants::wild : Constants::tame;
    const FamilyProblem<E, S> p(N, D, cell_shape(g, N, D), full, constants, c.byte(), {}, Zero, full);
    const Setting s = any_setting(c);
    FamilyRunner<G, Kokkos::DefaultHostExecutionSpace, E, S, QuantizeDescriptor, Zero> runner(p, g, s);
    const unsigned op = c.byte() % 8;
    const int in_place = c.one_in(3) ? 1 : 0;
    const auto right = [&] {
      switch (op) {
        case 0: return runner.template quantize<Q>();
        case 1: return runner.template dequantize<Q>();
        case 2: return runner.template gradient_from_codes<Q>();
        case 3: return runner.with_mask(in_place);
        case 4: return runner.fake_quantize(in_place);
        case 5: return runner.fake_quantize_backward(in_place);
        case 6: return runner.quantize_backward(in_place);
        default: return runner.dequantize_backward(in_place);
      }
    }();
    if (!right) fail("op " + std::to_string(op) + ", " + type_name<E>() + ", " + describe(s) + ": " + right.message());
  }
  static void run(Choices& c) {
    std::size_t N = any_length(c, 12), D = any_length(c, 40);
    const std::size_t rows = 1 + (c.one_in(2) ? c.below(20) : 0), columns = 1 + c.below(40);
    const unsigned kind = c.byte() % 8;
    if (kind > 1 && c.one_in(2)) D = columns * (1 + c.below(12));
    while (N * D > 6000) (N > D ? N : D) /= 2;  // (the reference takes a microsecond an element)
    switch (kind) {
      case 0: return run(c, PerChannel{}, N, D);
      case 1: return run(c, PerToken{}, N, D);
      case 2: return run(c, PerBlock{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)}, N, D);
      default: return run(c, PerGroup{static_cast<std::int64_t>(columns)}, N, D);
    }
  }
};

}  // namespace
}  // namespace KokkosQuantFuzz

void KokkosQuantFuzz::fuzz_one(const std::uint8_t* data, std::size_t size) {
  Choices c(data, size);
  if (c.one_in(2))
    Types<double, double, int2x4_t, ZeroPoints::given>::run(c);
  else
    Types<bfloat16_t, float, uint4x2_t, ZeroPoints::none>::run(c);
}
