// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Codes back to numbers: DequantizePerTensor ... DequantizePerBlock.
#pragma once

#include "detail/KokkosQuant_AffineContract.hpp"
#include "detail/KokkosQuant_CellElement.hpp"
#include "detail/KokkosQuant_Float8Element.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"

namespace KokkosQuant {
namespace Impl {

// Codes: what they are stored in. Those of 32 bits may be any, and take the exact form.
template <class Codes>
struct DequantizeElementOf {
  template <class T, Contract, class Scale, class ZeroPoint>
  struct Element : CellElement<T, Scale, ZeroPoint> {
    using C = compute_t<T>;
    static constexpr Outcome outcome = outcome_of_steps<T>;
    template <class V, class I>
    using constants_of = DequantizeConstants<V, I>;
    using cell_constants = DequantizeConstants<C, integer_of<C>>;

    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION cell_constants constants(const Cell& cell) const {
      cell_constants k = dequantize_constants(widen<C>(cell.scale), cell.zero_point);
      if constexpr (sizeof(C) == 4) k.moderate = k.moderate && sizeof(Codes) < 4;
      return k;
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const cell_constants& k) {
      return both(k.moderate != 0, suits_packs<T>(k.scale));
    }
    KOKKOSQUANT_FOR_PACKS_TOO
    template <class K, class V, class I>
    KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& x, const I& q) const {
      x = dequantize_moderate(k, q);
    }
    KOKKOS_FORCEINLINE_FUNCTION void apply_any(const cell_constants& k, C& x, integer_of<C> q) const {
      x = dequantize(k, static_cast<std::int32_t>(q));
    }

    struct QuickConstants : cell_constants {
      bool quick;
    };
    template <class Cell>
    KOKKOS_FORCEINLINE_FUNCTION QuickConstants quick_constants(const Cell& cell) const {
      const cell_constants k = constants(cell);
      return {k, k.moderate != 0};
    }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const QuickConstants&, integer_of<C>) { return true; }
    KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const QuickConstants& k, C& x, integer_of<C> q) const {
      x = dequantize_moderate(k, q);
    }
  };
};

template <class Granularity>
struct DequantizeOp {
  static std::string name() { return std::string("Dequantize") + granularity_name<Granularity>::value; }
  template <class Args>
  using data_type = stored_t<decltype(Args::x)>;
  template <class Args>
  using code = element_of<decltype(Args::q)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return type_name<code<Args>>();
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    KOKKOSQUANT_REQUIRE_ANY_CODES(Exec, Args, q);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, x);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, x);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.x;
  }
  template <class Descriptor, class Args>
  static void check(Checks& checks, [[maybe_unused]] const Descriptor& descriptor, const Args& args) {
    KOKKOSQUANT_REQUIRE_DESCRIPTOR_OF_CODES(Descriptor, Args, q);
    if constexpr (!float8_type<code<Args>>) checks.range(descriptor);
    checks.one_an_element("q", args.q, "x", args.x);
    checks.cells(args, granularity_of<Granularity>(args), "x", args.x);
    checks.has_data("q", args.q);
    checks.has_data("x", args.x);
    checks.own_elements("x", args.x);
    checks.apart("x", args.x, "q", args.q);
    checks.apart_from_cells("x", args.x, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    KOKKOSQUANT_REQUIRE_DESCRIPTOR_OF_CODES(Descriptor, Args, q);
    using T = data_type<Args>;
    using Q = code<Args>;
    const RowOrder order = row_order(shape_of(args));
    const auto element = [&] {
      if constexpr (float8_type<Q>)
        return from_float8_element<Q, Granularity, T>(args, order);
      else
        return cell_element<DequantizeElementOf<Q>::template Element, Granularity, contract_of<Descriptor>, T>(descriptor, args,
                                                                                                               order);
    }();
    return make_sweep<Exec, Granularity>(element, args, args.x, outputs(args.x), inputs(args.q), hint);
  }
  // The difference q - zero_point is exact in double; in float it rounds beyond 2^24, which can cost one more ulp. Float8 codes
  // are exact.
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    constexpr bool in_double = std::same_as<data_type<Args>, double>;
    constexpr bool is_exact = float8_type<code<Args>>;
    return {true, true, true, in_double ? 0.5 : rounded_twice_ulp<data_type<Args>> + (is_exact ? 0 : 1)};
  }
};

}  // namespace Impl

/// \name Dequantize
/// \brief x[n,d] = RN(RN(q[n,d] - zero_point) * scale), in the compute type (double for double, else float) and for a 16-bit
/// type rounded once more; q - zero_point is exact before its first rounding.
///
/// | member      | View                                                           | |
/// | ----------- | -------------------------------------------------------------- | --- |
/// | q           | N x D of int8_t ... int32_t, float8_e4m3_t, float8_e5m2_t, or packed (int4x2_t ...), read | the codes |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T | read |
/// | zero_point  | the same of int; or no_zero_point                              | read |
/// | x           | N x D of T, written                                            | |
/// | group       | PerGroup alone: PerGroup{columns}                              | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                        | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. x shares no memory with the rest.
/// The inverse of Quantize, as ONNX's DequantizeLinear, with the same descriptor; codes outside its range are converted like all
/// others. The same bits on every execution space, layout and number of threads.
///
/// Where q is of float8_e4m3_t or float8_e5m2_t, x[n,d] = RN(q[n,d] * scale), with no_zero_point and a Float8Descriptor (its
/// overflow does not matter here).
///
/// \snippet 08_in_your_code/in_your_code.cpp dequantize
/// \{
KOKKOSQUANT_OP_FAMILY(Dequantize, , (class Q, class Scale, class ZeroPoint, class X), (Q, Scale, ZeroPoint, X),
                      (Q q; Scale scale; ZeroPoint zero_point; X x;));
/// \}

}  // namespace KokkosQuant
