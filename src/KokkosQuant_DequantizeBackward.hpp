// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The gradient of dequantization: DequantizePerTensorBackward ... DequantizePerBlockBackward.
#pragma once

#include "detail/KokkosQuant_CellElement.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"

namespace KokkosQuant {
namespace Impl {

template <class V>
struct ScaleConstants {
  V scale;
  bool quick;
  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...);
  }
};

template <class T, Contract, class Scale, class ZeroPoint>
struct DequantizeBackwardElement : CellElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;
  template <class V, class>
  using constants_of = ScaleConstants<V>;

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION ScaleConstants<C> constants(const Cell& cell) const {
    return {widen<C>(cell.scale), true};
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const ScaleConstants<C>&) { return true; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& dq, const V& dx) const {
    dq = multiply(dx, k.scale);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const ScaleConstants<C>& k, C& dq, C dx) const { apply(k, dq, dx); }

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION ScaleConstants<C> quick_constants(const Cell& cell) const {
    return constants(cell);
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const ScaleConstants<C>&, C) { return true; }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const ScaleConstants<C>& k, C& dq, C dx) const { apply(k, dq, dx); }
};

template <class Granularity>
struct DequantizeBackwardOp {
  static std::string name() { return std::string("Dequantize") + granularity_name<Granularity>::value + "Backward"; }
  template <class Args>
  using data_type = stored_t<decltype(Args::dq)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dq);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dx);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, dx, dq);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, dq);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, dq);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.dq;
  }
  template <class Args>
  static void check(Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.same_extents("dx", args.dx, "dq", args.dq);
    checks.cells(args, granularity_of<Granularity>(args), "dq", args.dq);
    checks.has_data("dx", args.dx);
    checks.has_data("dq", args.dq);
    checks.own_elements("dq", args.dq);
    checks.apart_or_same("dq", args.dq, "dx", args.dx);
    checks.apart_from_cells("dq", args.dq, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    return make_sweep<Exec, Granularity>(
        cell_element<DequantizeBackwardElement, Granularity, contract_of<Descriptor>, data_type<Args>>(
            descriptor, args, row_order(shape_of(args))),
        args, args.dq, outputs(args.dq), inputs(args.dx), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, rounded_twice_ulp<data_type<Args>>};
  }
};

}  // namespace Impl

/// \name Dequantize, backward
/// \brief dq[n,d] = RN(dx[n,d] * scale): the gradient of the loss by the codes, from that by what they were dequantized to.
///
/// | member | View                                                           | |
/// | ------ | -------------------------------------------------------------- | --- |
/// | dx     | N x D of T, read                                               | gradient of the loss by the dequantized numbers |
/// | scale  | as many as the granularity has, of T, or of float for 16-bit T | the forward's |
/// | dq     | N x D of T, written                                            | gradient of the loss by the codes |
/// | group  | PerGroup alone: PerGroup{columns}                              | |
/// | block  | PerBlock alone: PerBlock{rows, columns}                        | |
///
/// T is double, float, half_t or bfloat16_t; a product of a 16-bit type is rounded to float and then to the type. Any layouts
/// and strides. dq may be exactly dx and shares no element with anything else. The descriptor is the forward's; nothing of it
/// is used.
/// \{
KOKKOSQUANT_OP_FAMILY(Dequantize, Backward, (class DX, class Scale, class DQ), (DX, Scale, DQ), (DX dx; Scale scale; DQ dq;));
/// \}

}  // namespace KokkosQuant
