// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the walks of a device have in common that compute an array and leave a sum for every segment of a line.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_SumLevels.hpp"
#include "KokkosQuant_DeviceNeighbours.hpp"
#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceQuickInputs.hpp"
#include "KokkosQuant_DeviceWalk.hpp"

namespace KokkosQuant::Impl {

// A part of an array: lines and segments from the first ones on.
template <class Element_, class T_, class Sink>
struct DeviceSumWalk {
  using Element = Element_;
  using T = T_;
  using C = typename Element::compute;
  using Sum = sum_of<C>;
  using Constants = typename Element::cell_constants;
  using Quick = decltype(std::declval<const Element&>().quick_constants(std::declval<const typename Element::CellData&>()));
  static constexpr int K = Element::sums;

  Element element;
  Operands<Outputs<T>, Inputs<T, T>> walk;
  Sink sink;
  std::int64_t first_line, first_segment;
  Divider inner;  // along: segments, across: lines or packs of them, of this launch

  // The elements from one on.
  struct Place {
    const T *dy, *x;
    T* dx;
  };
  KOKKOS_FORCEINLINE_FUNCTION Place place(std::int64_t line, std::int64_t term) const {
    return {get<0>(walk.in).at(line, term), get<1>(walk.in).at(line, term), get<0>(walk.out).at(line, term)};
  }
  // So many lines and terms further.
  KOKKOS_FORCEINLINE_FUNCTION Place moved(const Place& from, std::int64_t lines, std::int64_t terms) const {
    const auto by = [&](const auto& operand) { return lines * operand.outer + terms * operand.inner; };
    return {from.dy + by(get<0>(walk.in)), from.x + by(get<1>(walk.in)), from.dx + by(get<0>(walk.out))};
  }
  KOKKOS_FORCEINLINE_FUNCTION Quick quick_constants(std::int64_t line) const {
    return element.quick_constants(element.cell_data(line, 0));
  }
  // Terms of a segment.
  KOKKOS_FORCEINLINE_FUNCTION int length(std::int64_t segment) const {
    const std::int64_t left = walk.n_inner - segment * sum_segment;
    return left < sum_segment ? static_cast<int>(left) : sum_segment;
  }

  template <int W>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> load(const T* from) {
    return *reinterpret_cast<const Chunk<T, W>*>(from);
  }
  // Of W neighbours, with quick constants and inputs.
  template <int W, class ConstantsOf>
  KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> compute_quick(const ConstantsOf& constants_of, const Chunk<T, W>& dy,
                                                        const Chunk<T, W>& x, C (&term)[W][K]) const {
    C dy_of[W], x_of[W], dx_of[W];
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < W; ++w) dy_of[w] = dy.template get<C>(w), x_of[w] = x.template get<C>(w);
    element.apply_quick(constants_of, dx_of, term, dy_of, x_of);
    Chunk<T, W> dx;
    dx.set_all(dx_of);
    return dx;
  }
  // Where all of them are inside: dx is dy, and only the first sum takes anything.
  template <int W, class ConstantsOf>
  KOKKOS_FORCEINLINE_FUNCTION void compute_inside(const ConstantsOf& constants_of, const Chunk<T, W>& dy, const Chunk<T, W>& x,
                                                  C (&term)[W]) const {
    C dy_of[W], x_of[W];
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < W; ++w) dy_of[w] = dy.template get<C>(w), x_of[w] = x.template get<C>(w);
    element.apply_quick_inside(constants_of, term, dy_of, x_of);
  }
  // Of an element, with any constants and inputs.
  KOKKOS_FORCEINLINE_FUNCTION void compute_any(std::int64_t line, const Place& at, C (&term)[K]) const {
    const Constants k = element.constants(element.cell_data(line, 0));
    C result;
    element.apply_any(k, result, term, widen<C>(*at.dy), widen<C>(*at.x));
    *at.dx = narrow<T>(result);
  }
};

}  // namespace KokkosQuant::Impl
