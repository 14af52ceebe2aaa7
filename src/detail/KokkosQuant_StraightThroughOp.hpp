// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The op of QuantizeBackward and FakeQuantizeBackward: the same arguments and checks.
#pragma once

#include "KokkosQuant_AffineElement.hpp"
#include "KokkosQuant_OpFamily.hpp"

namespace KokkosQuant::Impl {

// Divides: the gradient by what Quantize gives; else by what FakeQuantize gives.
template <class Granularity, bool Divides>
struct StraightThroughOp {
  static std::string name() {
    return std::string(Divides ? "Quantize" : "FakeQuantize") + granularity_name<Granularity>::value + "Backward";
  }
  template <class Args>
  using data_type = stored_t<decltype(Args::dx)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dx);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dy);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, dy, dx);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, x, dx);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, dx);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, dx);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.dx;
  }
  template <class Args>
  static void check(Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.same_extents("dy", args.dy, "dx", args.dx);
    checks.same_extents("x", args.x, "dx", args.dx);
    checks.cells(args, granularity_of<Granularity>(args), "dx", args.dx);
    checks.has_data("dy", args.dy);
    checks.has_data("x", args.x);
    checks.has_data("dx", args.dx);
    checks.own_elements("dx", args.dx);
    checks.apart_or_same("dx", args.dx, "dy", args.dy);
    checks.apart_or_same("dx", args.dx, "x", args.x);
    checks.apart_from_cells("dx", args.dx, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    return make_sweep<Exec, Granularity>(
        cell_element<StraightThrough<Divides>::template Element, Granularity, contract_of<Descriptor>, data_type<Args>>(
            descriptor, args, row_order(shape_of(args))),
        args, args.dx, outputs(args.dx), inputs(args.dy, args.x), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, Divides ? rounded_twice_ulp<data_type<Args>> : 0};
  }
};

}  // namespace KokkosQuant::Impl
