// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Fake quantization that keeps a bit an element for its backward: FakeQuantizePerTensorWithMask ...
/// FakeQuantizePerBlockWithMask, FakeQuantizeBackwardFromMask; and FakeQuantizeBackwardFromCodes.
#pragma once

#include "KokkosQuant_FakeQuantize.hpp"

namespace KokkosQuant {
namespace Impl {

// Constants of the forward and of the mask.
template <class Forward, class Mask>
struct MaskedForwardConstants {
  Forward forward;
  Mask mask;
  bool quick;
  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    Forward::for_each(f, k.forward...);
    Mask::for_each(f, k.mask...);
  }
};

template <class T, Contract Rules, class Scale, class ZeroPoint>
struct FakeQuantizeWithMaskElement : CellElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using A = Affine<Rules>;
  static constexpr Outcome outcome = outcome_of_steps<T>;

  template <class V, class J>
  using constants_of =
      MaskedForwardConstants<typename A::template forward_constants<V, J>, typename A::template inside_constants<V, J>>;
  using cell_constants =
      MaskedForwardConstants<typename A::template forward_constants<C, I>, typename A::template mask_constants<C, I>>;

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION constants_of<C, I> pack_constants(const Cell& cell) const {
    const C scale = widen<C>(cell.scale);
    return {A::forward(scale, cell.zero_point, this->range), A::inside_of_cell(scale, cell.zero_point, this->range), true};
  }
  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION cell_constants constants(const Cell& cell) const {
    const C scale = widen<C>(cell.scale);
    return {A::forward(scale, cell.zero_point, this->range), A::mask(scale, cell.zero_point, this->range), true};
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const constants_of<C, I>& k) {
    return both(both(A::is_simple(k.forward), A::is_simple(k.mask)), suits_packs<T>(k.forward.scale));
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V, class J>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& y, J& flag, const V& x) const {
    const V u = A::to_be_rounded(k.forward, x);
    y = A::fake_of(k.forward, u);
    flag = to_flag(A::template inside<C>(k.mask, x, u), x);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V, class J, class R = A>
  static KOKKOS_FORCEINLINE_FUNCTION auto apply_by_reciprocal(const K& k, V& y, J& flag, const V& x)
      -> decltype(R::fake_by_reciprocal(k.forward, y, x)) {
    const V t = R::fake_by_reciprocal(k.forward, y, x);
    flag = to_flag(A::template inside<C>(k.mask, x, t), x);
    return t;
  }
  static constexpr bool looks_inside = FakeQuantizeElement<T, Rules, Scale, ZeroPoint>::looks_inside;
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V, class J>
  KOKKOS_FORCEINLINE_FUNCTION void apply_inside(const K& k, V& y, J& flag, const V& x) const {
    y = A::fake_of_inside(k.forward, A::to_be_rounded(k.forward, x));
    flag = to_flag(everywhere(x), x);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const cell_constants& k, C& y, I& flag, C x) const {
    y = dequantize(DequantizeConstants<C, I>{k.forward.scale, A::zero_point(k.forward), false},
                   static_cast<std::int32_t>(A::any_code(k.forward, this->range, x)));
    flag = to_flag(A::inside(k.mask, x), x);
  }

  // One quotient for both, by the library's own rules.
  static constexpr bool rounds_once = sizeof(C) == 4 && Rules == contracts::reference;
  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION auto quick_constants(const Cell& cell) const {
    const C scale = widen<C>(cell.scale);
    if constexpr (rounds_once) {
      return quick_rounding_constants(scale, cell.zero_point, this->range);
    } else {
      const auto forward = A::quick_forward(scale, cell.zero_point, this->range);
      const auto mask = A::quick_mask(scale, cell.zero_point, this->range);
      return MaskedForwardConstants<std::remove_const_t<decltype(forward)>, std::remove_const_t<decltype(mask)>>{
          forward, mask, forward.quick && mask.quick};
    }
  }
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick_up_to(C largest) requires rounds_once { return largest <= C(0x1p80); }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const K&, C x) {
    if constexpr (rounds_once)
      return within(x, C(-0x1p80), C(0x1p80));
    else
      return A::can_quantize(x);
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, C& y, I& flag, C x) const {
    if constexpr (rounds_once) {
      bool is_inside;
      y = multiply(quick_steps(k, x, is_inside), k.scale);
      flag = to_flag(is_inside, x);
    } else {
      y = dequantize_moderate(k.forward, A::quick_code(k.forward, x));
      flag = to_flag(A::quick_inside(k.mask, x), x);
    }
  }
};

template <class Granularity>
struct FakeQuantizeWithMaskOp : FakeQuantizeOp<Granularity> {
  using Base = FakeQuantizeOp<Granularity>;
  static std::string name() { return Base::name() + "WithMask"; }
  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_MASK(Exec, Args, mask);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, mask);
    return Base::template accepts<Exec, Args>();
  }
  template <class Args>
  static void check(Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    Base::check(checks, descriptor, args);
    checks.one_an_element("mask", args.mask, "y", args.y);
    checks.has_data("mask", args.mask);
    checks.own_elements("mask", args.mask);
    checks.apart("mask", args.mask, "x", args.x);
    checks.apart("mask", args.mask, "y", args.y);
    checks.apart_from_cells("mask", args.mask, args);
  }
  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    using T = typename Base::template data_type<Args>;
    return make_sweep<Exec, Granularity>(cell_element<FakeQuantizeWithMaskElement, Granularity, contract_of<Descriptor>, T>(
                                             descriptor, args, row_order(Base::shape_of(args))),
                                         args, args.y, outputs(args.y, args.mask), inputs(args.x), hint);
  }
};

// What the ops without scales have as constants.
struct NoConstants {
  bool quick = true;
  template <class F, class... K>
  static void for_each(const F&, K&...) {}
};

// Kept: whether a stored flag or code (of a range) passes the gradient.
template <class T, Contract Rules, class Kept>
struct KeptGradientElement : FreeElement<T> {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using CellData = typename FreeElement<T>::CellData;
  static constexpr Outcome outcome = Outcome::element;
  template <class, class>
  using constants_of = NoConstants;
  QuantizeDescriptor range;

  KOKKOS_FORCEINLINE_FUNCTION NoConstants constants(const CellData&) const { return {}; }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const NoConstants&) { return true; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class V, class J>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const NoConstants&, V& dx, const V& dy, const J& stored) const {
    if constexpr (std::is_same_v<Kept, mask8_t>)
      dx = Affine<Rules>::masked(is_set(stored), dy);
    else
      dx = Affine<Rules>::masked(is_between(stored, static_cast<I>(range.q_min), static_cast<I>(range.q_max)), dy);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const NoConstants& k, C& dx, C dy, I stored) const { apply(k, dx, dy, stored); }
  KOKKOS_FORCEINLINE_FUNCTION NoConstants quick_constants(const CellData&) const { return {}; }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const NoConstants&, C, I) { return true; }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const NoConstants& k, C& dx, C dy, I stored) const { apply(k, dx, dy, stored); }
};

// Stored: how the two ops name and check what is stored.
template <class Stored>
struct KeptGradientOp {
  static std::string name() { return std::string("FakeQuantizeBackwardFrom") + Stored::what; }
  template <class Args>
  using data_type = stored_t<decltype(Args::dx)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return type_name<stored_t<std::remove_cvref_t<decltype(Stored::of(std::declval<const Args&>()))>>>();
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dx);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dy);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, dy, dx);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, dx);
    return Stored::template accepts<Exec, Args>();
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.dx;
  }
  template <class Args>
  static void check(Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    const auto& stored = Stored::of(args);
    checks.range(descriptor);
    checks.same_extents("dy", args.dy, "dx", args.dx);
    checks.one_an_element(Stored::member, stored, "dx", args.dx);
    checks.has_data("dy", args.dy);
    checks.has_data(Stored::member, stored);
    checks.has_data("dx", args.dx);
    checks.own_elements("dx", args.dx);
    checks.apart_or_same("dx", args.dx, "dy", args.dy);
    checks.apart("dx", args.dx, Stored::member, stored);
  }
  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    const auto& stored = Stored::of(args);
    using Kept = stored_t<std::remove_cvref_t<decltype(stored)>>;
    const KeptGradientElement<data_type<Args>, contract_of<Descriptor>, Kept> element{{}, descriptor};
    return make_sweep<Exec, PerTensor>(element, args, args.dx, outputs(args.dx), inputs(args.dy, stored), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, 0};
  }
};
struct StoredMask {
  static constexpr const char* what = "Mask";
  static constexpr const char* member = "mask";
  template <class Args>
  static const auto& of(const Args& args) {
    return args.mask;
  }
  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_MASK(Exec, Args, mask);
    return true;
  }
};
struct StoredCodes {
  static constexpr const char* what = "Codes";
  static constexpr const char* member = "q";
  template <class Args>
  static const auto& of(const Args& args) {
    return args.q;
  }
  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_CODES(Exec, Args, q);
    return true;
  }
};

}  // namespace Impl

/// \name Fake quantize with a mask
/// \brief FakeQuantize, and into mask a bit an element: 1 where the element was inside the range, and its gradient passes.
///
/// The arguments of FakeQuantize and, behind y, mask: N x ceil(D/8) of mask8_t, element d at bit d % 8 of byte d / 8; or
/// ceil(N/8) x D, packed along the columns, which suits a LayoutLeft x. It shares no memory with the rest.
/// \{
KOKKOSQUANT_OP_FAMILY(FakeQuantize, WithMask, (class X, class Scale, class ZeroPoint, class Y, class Mask),
                      (X, Scale, ZeroPoint, Y, Mask), (X x; Scale scale; ZeroPoint zero_point; Y y; Mask mask;));
/// \}

/// \name Fake quantize, backward from what the forward kept
/// \brief dx[n,d] = dy[n,d] where the mask's bit is 1, or where q_min < q[n,d] < q_max; +0 elsewhere.
///
/// | member    | View                                                                       | |
/// | --------- | -------------------------------------------------------------------------- | --- |
/// | dy        | N x D of T, read                                                           | gradient of the loss by the forward's y |
/// | mask or q | as FakeQuantizeWithMask wrote it, or the codes as Quantize wrote them, read | |
/// | dx        | N x D of T, written                                                        | gradient of the loss by x |
///
/// From a mask it is the same as FakeQuantizeBackward, whatever the granularity was, and moves 2 sizeof(T) + 1/8 bytes an
/// element instead of 3 sizeof(T). Codes do not tell whether one at a bound was clamped: from them the rule is the strict one.
/// dx may be exactly dy and shares no memory with anything else.
/// \{
KOKKOSQUANT_ARGS(FakeQuantizeBackwardFromMaskArgs, (class DY, class Mask, class DX), (DY, Mask, DX),
                 (DY dy; Mask mask; DX dx;));
KOKKOSQUANT_ARGS(FakeQuantizeBackwardFromCodesArgs, (class DY, class Q, class DX), (DY, Q, DX), (DY dy; Q q; DX dx;));
KOKKOSQUANT_PLAN(FakeQuantizeBackwardFromMask, Impl::KeptGradientOp<Impl::StoredMask>);
KOKKOSQUANT_PLAN(FakeQuantizeBackwardFromCodes, Impl::KeptGradientOp<Impl::StoredCodes>);
/// \}

}  // namespace KokkosQuant
