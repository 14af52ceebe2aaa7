// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Quantization to integer codes: QuantizePerTensor, QuantizePerChannel, QuantizePerToken, QuantizePerGroup,
/// QuantizePerBlock.
#pragma once

#include "detail/KokkosQuant_AffineElement.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"

namespace KokkosQuant {
namespace Impl {

template <class T, Contract Rules, class Scale, class ZeroPoint>
struct QuantizeElement : ForwardElement<T, Rules, Scale, ZeroPoint> {
  using Base = ForwardElement<T, Rules, Scale, ZeroPoint>;
  using typename Base::A;
  using typename Base::C;
  using typename Base::I;

  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class J, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, J& q, const V& x) const {
    q = A::code(k, x);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const typename Base::cell_constants& k, I& q, C x) const {
    q = A::any_code(k, this->range, x);
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, I& q, C x) const {
    q = A::quick_code(k, x);
  }
};

template <class Granularity>
struct QuantizeOp {
  static std::string name() { return std::string("Quantize") + granularity_name<Granularity>::value; }
  template <class Args>
  using data_type = stored_t<decltype(Args::x)>;
  template <class Args>
  using code = stored_t<decltype(Args::q)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return type_name<code<Args>>();
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    KOKKOSQUANT_REQUIRE_CODES(Exec, Args, q);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, x);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, q);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.x;
  }
  template <class Args>
  static const auto& output_of(const Args& args) {
    return args.q;
  }
  template <class Args>
  static void check(Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.range_fits<code<Args>>("q", descriptor);
    checks.one_an_element("q", args.q, "x", args.x);
    checks.cells(args, granularity_of<Granularity>(args), "x", args.x);
    checks.has_data("x", args.x);
    checks.has_data("q", args.q);
    checks.own_elements("q", args.q);
    checks.apart("q", args.q, "x", args.x);
    checks.apart_from_cells("q", args.q, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    return make_sweep<Exec, Granularity>(cell_element<QuantizeElement, Granularity, contract_of<Descriptor>, data_type<Args>>(
                                             descriptor, args, row_order(shape_of(args))),
                                         args, args.x, outputs(args.q), inputs(args.x), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, 0.5};
  }
};

}  // namespace Impl

/// \name Quantize
/// \brief q[n,d] = clamp(r + zero_point, q_min, q_max), over the integers; r = x[n,d] / scale, rounded once in the compute
/// type (double for double, else float) and then to an integer, ties to even.
///
/// | member      | View                                                              | |
/// | ----------- | ----------------------------------------------------------------- | --- |
/// | x           | N x D of T, read                                                  | |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T    | read |
/// | zero_point  | the same of int; or no_zero_point                                 | read |
/// | q           | N x D of int8_t ... int32_t, or packed (int4x2_t ...), written    | the codes |
/// | group       | PerGroup alone: PerGroup{columns}                                 | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                           | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. q shares no memory with the rest.
///
/// Affine quantization as ONNX's QuantizeLinear defines it. Infinities saturate; where x / scale is NaN, q is
/// clamp(zero_point). The range must lie within q's type (constructing refuses others). The same bits on every execution
/// space, layout and number of threads; precision_guarantee().max_ulp is the quotient's. QuantizeDescriptorOf names other
/// rules.
///
/// \snippet 08_in_your_code/in_your_code.cpp quantize
/// \{
KOKKOSQUANT_OP_FAMILY(Quantize, , (class X, class Scale, class ZeroPoint, class Q), (X, Scale, ZeroPoint, Q),
                      (X x; Scale scale; ZeroPoint zero_point; Q q;));
/// \}

}  // namespace KokkosQuant
