// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Quantize and dequantize in one pass: FakeQuantizePerTensor ... FakeQuantizePerBlock.
#pragma once

#include "detail/KokkosQuant_AffineElement.hpp"
#include "detail/KokkosQuant_Float8Element.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"

namespace KokkosQuant {
namespace Impl {

template <class T, Contract Rules, class Scale, class ZeroPoint>
struct FakeQuantizeElement : ForwardElement<T, Rules, Scale, ZeroPoint> {
  using Base = ForwardElement<T, Rules, Scale, ZeroPoint>;
  using typename Base::A;
  using typename Base::C;
  using typename Base::I;
  static constexpr Outcome outcome = outcome_of_steps<T>;

  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const K& k) {
    return both(A::is_simple(k), suits_packs<T>(k.scale));
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& y, const V& x) const {
    y = A::fake_of(k, A::to_be_rounded(k, x));
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V, class R = A>
  static KOKKOS_FORCEINLINE_FUNCTION auto apply_by_reciprocal(const K& k, V& y, const V& x)
      -> decltype(R::fake_by_reciprocal(k, y, x)) {
    return R::fake_by_reciprocal(k, y, x);
  }
  // Blocks of floats that are inside, by the library's own rules.
  static constexpr bool looks_inside = sizeof(C) == 4 && !host_packs_avoid_division<C> && Rules == contracts::reference;
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply_inside(const K& k, V& y, const V& x) const {
    y = A::fake_of_inside(k, A::to_be_rounded(k, x));
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const typename Base::cell_constants& k, C& y, C x) const {
    y = dequantize(DequantizeConstants<C, I>{k.scale, A::zero_point(k), false},
                   static_cast<std::int32_t>(A::any_code(k, this->range, x)));
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, C& y, C x) const {
    y = dequantize_moderate(k, A::quick_code(k, x));
  }
};

template <class Granularity>
struct FakeQuantizeOp {
  static std::string name() { return std::string("FakeQuantize") + granularity_name<Granularity>::value; }
  template <class Args>
  using data_type = stored_t<decltype(Args::y)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, y);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, x, y);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, y);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, y);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.y;
  }
  template <class Args>
  static const auto& output_of(const Args& args) {
    return args.y;
  }
  template <class Descriptor, class Args>
  static void check(Checks& checks, [[maybe_unused]] const Descriptor& descriptor, const Args& args) {
    if constexpr (!std::derived_from<Descriptor, Float8Descriptor>) checks.range(descriptor);
    checks.same_extents("x", args.x, "y", args.y);
    checks.cells(args, granularity_of<Granularity>(args), "y", args.y);
    checks.has_data("x", args.x);
    checks.has_data("y", args.y);
    checks.own_elements("y", args.y);
    checks.apart_or_same("y", args.y, "x", args.x);
    checks.apart_from_cells("y", args.y, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    static_assert(!std::same_as<Descriptor, Float8Descriptor>,
                  "KokkosQuant: there is no q that names a format: the descriptor must be a "
                  "KokkosQuant::Float8DescriptorOf<KokkosQuant::float8_e4m3_t>, or of float8_e5m2_t");
    using T = data_type<Args>;
    using F8 = typename float8_of<Descriptor>::type;
    const RowOrder order = row_order(shape_of(args));
    const auto element = [&] {
      if constexpr (float8_type<F8>) {
        KOKKOSQUANT_REQUIRE_NO_ZERO_POINT(Args);
        return to_float8_element<F8, Float8<F8>::template FakeQuantizeElement, Granularity, T>(descriptor, args, order);
      } else {
        return cell_element<FakeQuantizeElement, Granularity, contract_of<Descriptor>, T>(descriptor, args, order);
      }
    }();
    return make_sweep<Exec, Granularity>(element, args, args.y, outputs(args.y), inputs(args.x), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, rounded_twice_ulp<data_type<Args>>};
  }
};

}  // namespace Impl

/// \name Fake quantize
/// \brief y[n,d] = dequantize(quantize(x[n,d])): RN(RN(q - zero_point) * scale), where q is the code that Quantize gives.
///
/// | member      | View                                                           | |
/// | ----------- | -------------------------------------------------------------- | --- |
/// | x           | N x D of T, read                                               | |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T | read |
/// | zero_point  | the same of int; or no_zero_point                              | read |
/// | y           | N x D of T, written                                            | x as its codes represent it |
/// | group       | PerGroup alone: PerGroup{columns}                              | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                        | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides. y may be exactly x (in place) and shares no element with
/// anything else. The codes are not stored, so the range is any (int4 is {-8, 7}). The same bits as Quantize followed by
/// Dequantize, on every execution space, layout and number of threads.
///
/// With a Float8DescriptorOf<float8_e4m3_t> (or float8_e5m2_t) and no_zero_point, the same through float8 codes:
/// RN(RN_fp8(RN(x / scale)) * scale).
/// \{
KOKKOSQUANT_OP_FAMILY(FakeQuantize, , (class X, class Scale, class ZeroPoint, class Y), (X, Scale, ZeroPoint, Y),
                      (X x; Scale scale; ZeroPoint zero_point; Y y;));
/// \}

}  // namespace KokkosQuant
