// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the element functions of the affine ops share: the constants that code() takes, and those of inside().
#pragma once

#include "KokkosQuant_AffineContract.hpp"
#include "KokkosQuant_CellElement.hpp"

namespace KokkosQuant::Impl {

// Of ops that compute codes.
template <class T, Contract Rules, class Scale, class ZeroPoint>
struct ForwardElement : CellElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using A = Affine<Rules>;

  template <class V, class J>
  using constants_of = typename A::template forward_constants<V, J>;
  using cell_constants = constants_of<C, I>;

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION cell_constants constants(const Cell& cell) const {
    return A::forward(widen<C>(cell.scale), cell.zero_point, this->range);
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const K& k) {
    return A::is_simple(k);
  }
  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION auto quick_constants(const Cell& cell) const {
    return A::quick_forward(widen<C>(cell.scale), cell.zero_point, this->range);
  }
  template <class Cell, class R = A>
  KOKKOS_FORCEINLINE_FUNCTION auto quick_constants_of_lane(const Cell& cell) const
      -> decltype(R::quick_forward_of_lanes(widen<C>(cell.scale), cell.zero_point, QuantizeDescriptor{})) {
    return R::quick_forward_of_lanes(widen<C>(cell.scale), cell.zero_point, this->range);
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const K&, C x) {
    return A::can_quantize(x);
  }
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick_up_to(C largest) { return A::can_quantize(largest); }
};

// Of ops that pass a gradient on where x is inside the range; Divides: divided by the scale.
template <bool Divides>
struct StraightThrough {
  template <class T, Contract Rules, class Scale, class ZeroPoint>
  struct Element : CellElement<T, Scale, ZeroPoint> {
    using C = compute_t<T>;
    using A = Affine<Rules>;
    static constexpr Outcome outcome = Divides ? Outcome::any : Outcome::element;
    static constexpr bool divides_16 = Divides && sizeof(T) == 2;

    template <class V, class I>
    using constants_of = typename A::template gradient_constants<V, I, divides_16>;
    using cell_constants = typename A::template mask_constants<C, integer_of<C>>;

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION cell_constants constants(const Cell& cell) const {
      return A::mask(widen<C>(cell.scale), cell.zero_point, this->range);
    }
    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION auto pack_constants(const Cell& cell) const {
      return A::template gradient_of_cell<divides_16>(widen<C>(cell.scale), cell.zero_point, this->range);
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const constants_of<C, integer_of<C>>& k) {
      return A::is_simple(k);
    }
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& dx, const V& dy, const V& x) const {
      if constexpr (Divides)
        dx = A::masked(A::template passes<C>(k, x), divide(dy, k.scale));
      else
        dx = A::masked(A::template passes<C>(k, x), dy);
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const cell_constants& k, C& dx, C dy, C x) const {
      if constexpr (Divides)
        dx = A::masked(A::inside(k, x), divide(dy, k.scale));
      else
        dx = A::masked(A::inside(k, x), dy);
    }

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION auto quick_constants(const Cell& cell) const {
      return A::quick_mask(widen<C>(cell.scale), cell.zero_point, this->range);
    }
    template <class Cell, class R = A>
    KOKKOS_FORCEINLINE_FUNCTION auto quick_constants_of_lane(const Cell& cell) const
        -> decltype(R::quick_mask_of_lanes(widen<C>(cell.scale), cell.zero_point, QuantizeDescriptor{})) {
      return R::quick_mask_of_lanes(widen<C>(cell.scale), cell.zero_point, this->range);
    }
    template <class K>
    static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const K&, C dy, C) {
      return !Divides || A::can_divide(dy);
    }
    static constexpr float quick_up_to = divides_16 ? A::largest_dividend : 0;  // (QuickInputs; 0: as is_quick says)
    template <class K>
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, C& dx, C dy, C x) const {
      if constexpr (Divides)
        dx = A::masked(A::quick_inside(k, x), A::quick_divide(k, dy));
      else
        dx = A::masked(A::quick_inside(k, x), dy);
    }
  };
};

}  // namespace KokkosQuant::Impl
