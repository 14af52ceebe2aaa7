// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What element functions share: where a cell's scale and zero point are, and the range.
#pragma once

#include <concepts>
#include <cstdint>

#include "../KokkosQuant_Contract.hpp"
#include "KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_InsideBits.hpp"
#include "KokkosQuant_Operands.hpp"

namespace KokkosQuant::Impl {

template <element_type T, class Scale, class ZeroPoint>
struct CellElement {
  using compute = compute_t<T>;
  static constexpr Outcome outcome = Outcome::any;
  // What is read of a cell. Apart from what is computed of it, so that a thread can have many cells' reads in flight.
  struct CellData {
    typename Scale::value_type scale;
    std::int32_t zero_point;
  };

  Scale scale;
  ZeroPoint zero_point;
  QuantizeDescriptor range;

  KOKKOS_FORCEINLINE_FUNCTION CellData cell_data(std::int64_t o, std::int64_t i) const {
    return {scale(o, i), zero_point(o, i)};
  }
  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION InsideBits<std::int32_t> inside_bits_of(const Cell& cell) const {
    return inside_bits(widen<float>(cell.scale), cell.zero_point, range);
  }
  void transpose() {
    scale.transpose();
    zero_point.transpose();
  }
  // The same element function from a later cell on.
  void move(std::int64_t o, std::int64_t i) {
    scale.move(o, i);
    zero_point.move(o, i);
  }
  // Where cells end inside a line: as if each were a line of its own. False: scales or zero points are not stored so.
  bool split_lines(std::int64_t lines, std::int64_t cells_a_line) {
    return scale.split_lines(lines, cells_a_line) && zero_point.split_lines(lines, cells_a_line);
  }
};

// Of elements whose results are a scale times an integer: packs leave scales to others that are subnormal, where bfloat16 may be too.
template <element_type T>
inline constexpr Outcome outcome_of_steps = std::is_same_v<T, bfloat16_t> ? Outcome::not_subnormal : Outcome::any;
template <element_type T, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION constexpr bool suits_packs(C scale) {
  if constexpr (std::is_same_v<T, bfloat16_t>) return !is_subnormal(scale);
  return true;
}

// An element function for the scale and zero point of args.
template <template <class, Contract, class, class> class Element, class Granularity, Contract Rules, class T, class Args>
auto cell_element(const QuantizeDescriptor& range, const Args& args, RowOrder order) {
  const auto scale = cell_values<Granularity>(args.scale, order);
  const auto zero_point = [&] {
    if constexpr (requires { args.zero_point; })
      return cell_values<Granularity>(args.zero_point, order);
    else
      return ZeroCellValues{};
  }();
  Element<T, Rules, std::remove_const_t<decltype(scale)>, std::remove_const_t<decltype(zero_point)>> element{};
  element.scale = scale;
  element.zero_point = zero_point;
  element.range = range;
  return element;
}

// What any other descriptor comes to.
template <template <class, Contract, class, class> class Element, class Granularity, Contract Rules, class T, class Args,
          class Descriptor>
requires(!std::derived_from<Descriptor, QuantizeDescriptor>) auto cell_element(const Descriptor&, const Args&, RowOrder) {
  static_assert(std::derived_from<Descriptor, QuantizeDescriptor>,
                "KokkosQuant: the descriptor of this plan must be a KokkosQuant::QuantizeDescriptor{q_min, q_max}, or a "
                "QuantizeDescriptorOf<contracts::...> of another system's rules");
}

// Of ops without scales.
template <element_type T>
struct FreeElement {
  using compute = compute_t<T>;
  static constexpr Outcome outcome = Outcome::any;
  struct CellData {};
  KOKKOS_FORCEINLINE_FUNCTION CellData cell_data(std::int64_t, std::int64_t) const { return {}; }
  void transpose() {}
  void move(std::int64_t, std::int64_t) {}
};

}  // namespace KokkosQuant::Impl
