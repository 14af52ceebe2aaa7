// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Scales found from the data and codes made with them, in one pass: DynamicQuantizePerTensor ...
/// DynamicQuantizePerBlock, DynamicFakeQuantizePerTensor ... DynamicFakeQuantizePerBlock.
#pragma once

#include <concepts>

#include "KokkosQuant_DynamicDescriptor.hpp"
#include "KokkosQuant_FakeQuantize.hpp"
#include "KokkosQuant_Quantize.hpp"
#include "detail/KokkosQuant_DynamicSweep.hpp"

namespace KokkosQuant {
namespace Impl {

// An op of the family that takes its scales from its data. FamilyOp says what its data are.
template <class FamilyOp, class Granularity, template <class, Contract, class, class> class Element>
struct DynamicOp : FamilyOp {
  static std::string name() { return "Dynamic" + FamilyOp::name(); }
  template <class Args>
  using output = std::remove_cvref_t<decltype(FamilyOp::output_of(std::declval<const Args&>()))>;
  // The float8 format that q or else the descriptor names, or void.
  template <class Descriptor, class Args>
  using format = typename std::conditional_t<float8_view<output<Args>>, std::type_identity<element_of<output<Args>>>,
                                             float8_of<Descriptor>>::type;

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, scale);
    if constexpr (view<decltype(Args::zero_point)>) KOKKOSQUANT_REQUIRE_WRITTEN(Args, zero_point);
    return FamilyOp::template accepts<Exec, Args>();
  }
  // A descriptor is one of the codes and one of the scales.
  static QuantizeDescriptor codes(const DynamicQuantizeDescriptor& d) { return d.range(); }
  static Float8Descriptor codes(const DynamicFloat8Descriptor& d) { return {d.overflow}; }
  template <class>
  static const DynamicQuantizeDescriptor& scales(const DynamicQuantizeDescriptor& d) {
    return d;
  }
  template <class F8>
  static DynamicQuantizeDescriptor scales(const DynamicFloat8Descriptor& d) {
    constexpr auto largest = static_cast<std::int32_t>(F8::largest);
    return {-largest, largest, d.eps, d.power_of_two};
  }
  template <class Descriptor, class Args>
  static constexpr bool takes() {
    constexpr bool is_float8 = std::derived_from<Descriptor, DynamicFloat8Descriptor>;
    static_assert(
        is_float8 || std::derived_from<Descriptor, DynamicQuantizeDescriptor>,
        "KokkosQuant: scales are found from x: the descriptor must be a KokkosQuant::DynamicQuantizeDescriptor{q_min, "
        "q_max}, a DynamicQuantizeDescriptorOf<scale_contracts::...> or, for float8, a DynamicFloat8Descriptor");
    if constexpr (requires(const Args& args) { args.q; }) {
      static_assert(float8_view<output<Args>> ? std::is_same_v<Descriptor, DynamicFloat8Descriptor> : !is_float8,
                    "KokkosQuant: where q has float8 codes, and only there, the descriptor must be a "
                    "KokkosQuant::DynamicFloat8Descriptor");
    } else {
      static_assert(!std::is_same_v<Descriptor, DynamicFloat8Descriptor>,
                    "KokkosQuant: there is no q that names a format: the descriptor must be a "
                    "KokkosQuant::DynamicFloat8DescriptorOf<KokkosQuant::float8_e4m3_t>, or of float8_e5m2_t");
      if constexpr (is_float8) KOKKOSQUANT_REQUIRE_NO_ZERO_POINT(Args);
    }
    return true;
  }

  template <class Descriptor, class Args>
  static void check(Checks& checks, const Descriptor& descriptor, const Args& args) {
    constexpr ScaleContract rules = scale_contract_of<Descriptor>;
    constexpr bool has_zero_points = view<decltype(args.zero_point)>, symmetric = rules.symmetric || !has_zero_points;
    FamilyOp::check(checks, codes(descriptor), args);
    const DynamicQuantizeDescriptor d = scales<format<Descriptor, Args>>(descriptor);
    if constexpr (symmetric)
      check_symmetric<rules>(checks, d, has_zero_points);
    else
      checks.expect(d.q_min < d.q_max, "q_min is ", d.q_min, " and q_max is ", d.q_max,
                    ": expected q_min < q_max, as scales are the range of x divided by q_max - q_min");
    if constexpr (has_zero_points) {
      checks.own_elements("zero_point", args.zero_point);
      checks.apart("zero_point", args.zero_point, "x", args.x);
      checks.apart("zero_point", args.zero_point, "scale", args.scale);
    }
    checks.own_elements("scale", args.scale);
    checks.apart("scale", args.scale, "x", args.x);
    using S = stored_t<decltype(args.scale)>;
    using C = compute_t<typename FamilyOp::template data_type<Args>>;
    const auto smallest = static_cast<double>(static_cast<S>(static_cast<C>(d.eps)));  // rounded as scales are
    checks.expect(d.eps >= 0 && smallest < std::numeric_limits<double>::infinity() && (smallest > 0 || d.eps == 0), "eps is ",
                  d.eps, ": expected a positive number that the type of scale, ", type_name<S>(),
                  ", can hold, or 0 for the smallest scale of the rules");
  }
  template <ScaleContract Rules>
  static void check_symmetric(Checks& checks, const DynamicQuantizeDescriptor& d, bool has_zero_points) {
    if (Rules.symmetric_rule == SymmetricRule::q_max)
      checks.expect(d.q_max >= 1, "q_max is ", d.q_max,
                    ": expected at least 1, as symmetric scales are the largest |x| divided by q_max");
    if (Rules.symmetric_rule == SymmetricRule::half_range)
      checks.expect(d.q_min < d.q_max, "q_min is ", d.q_min, " and q_max is ", d.q_max,
                    ": expected q_min < q_max, as symmetric scales are the largest |x| divided by half of q_max - q_min");
    if (Rules.symmetric_rule == SymmetricRule::each_side)
      checks.expect(d.q_min < 0 && d.q_max > 0, "q_min is ", d.q_min, " and q_max is ", d.q_max,
                    ": expected q_min < 0 < q_max, as x is divided by each of them");
    const std::int32_t zero_point = symmetric_zero_point<Rules>(d.range());
    checks.expect(has_zero_points || zero_point == 0, "zero_point is KokkosQuant::no_zero_point, and by these rules it is ",
                  zero_point, " for q_min ", d.q_min, " and q_max ", d.q_max, ": expected a View of int to put it into");
  }

  template <class Exec, class Descriptor, class Args, class Statistics = NoCellStatistics>
  static auto sweep(const Descriptor& d, const Args& args, Mapping hint, const Statistics& statistics = {}) {
    static_assert(takes<Descriptor, Args>());
    constexpr ScaleContract rules = scale_contract_of<Descriptor>;
    using T = typename FamilyOp::template data_type<Args>;
    using F8 = format<Descriptor, Args>;
    const RowOrder order = row_order(args.x);
    const std::int64_t rows = rows_of(args.x, order).extent, columns = columns_of(args.x);
    const auto element = [&] {
      if constexpr (float8_view<output<Args>>)
        return to_float8_element<F8, Float8<F8>::template QuantizeElement, Granularity, T>(codes(d), args, order);
      else if constexpr (float8_type<F8>)
        return to_float8_element<F8, Float8<F8>::template FakeQuantizeElement, Granularity, T>(codes(d), args, order);
      else
        return cell_element<Element, Granularity, rules.codes, T>(codes(d), args, order);
    }();
    const auto scale = cell_outputs<Granularity>(args.scale, order);
    const auto zero_point = cell_outputs<Granularity>(args.zero_point, order);
    using Scale = std::remove_const_t<decltype(scale)>;
    const ScaleFinder<rules, T, Scale, std::remove_const_t<decltype(zero_point)>> finder{
        scale, zero_point, scale_options<rules, T, typename Scale::value_type>(scales<F8>(d))};
    const auto& out = FamilyOp::output_of(args);
    return DynamicSweep<Exec, std::remove_const_t<decltype(finder)>, std::remove_const_t<decltype(element)>,
                        Outputs<stored_t<output<Args>>>, Inputs<T>, is_tiled<Granularity>, Statistics>(
        finder, element, rows, columns, cells_of(granularity_of<Granularity>(args), rows, columns),
        make_tuple(matrix(out, rows, columns, order)), make_tuple(input_matrix(args.x, rows, columns, order)), hint,
        statistics);
  }
};
template <class Granularity>
using DynamicQuantizeOp = DynamicOp<QuantizeOp<Granularity>, Granularity, QuantizeElement>;
template <class Granularity>
using DynamicFakeQuantizeOp = DynamicOp<FakeQuantizeOp<Granularity>, Granularity, FakeQuantizeElement>;

}  // namespace Impl

/// \name Dynamic quantization
/// \brief scale (and zero_point) of each row, group, block, column or of the whole array from x, and q = Quantize(x, scale,
/// zero_point) with them.
///
/// | member      | View                                                              | |
/// | ----------- | ----------------------------------------------------------------- | --- |
/// | x           | N x D of T, read                                                  | |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T    | written |
/// | zero_point  | the same of int: asymmetric; or no_zero_point: symmetric          | written |
/// | q           | N x D of int8_t ... int32_t, float8_e4m3_t, float8_e5m2_t, or packed (int4x2_t ...), written | the codes |
/// | group       | PerGroup alone: PerGroup{columns}                                 | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                           | |
///
/// With lo = min(0, min x), hi = max(0, max x) over the finite elements, in the compute type C (double for double, else float),
/// RN rounding to nearest, r() to an integer, ties to even:
///
///     symmetric   scale = max(RN(max(-lo, hi) / q_max), eps)
///     asymmetric  scale = max(RN(RN(hi - lo) / w), eps), w = q_max - q_min; where hi - lo overflows RN(RN(hi / w) - RN(lo / w));
///                 zero_point = clamp(q_min - r(RN(lo / scale)), q_min, q_max)
///
/// Where q is of a float8 type, with no_zero_point and a DynamicFloat8Descriptor, scale = max(RN(max(-lo, hi) / M), eps), M being the
/// type's largest finite number. DynamicQuantizeDescriptorOf names the rules of other systems.
///
/// q_max and w are rounded to C before they divide. Where w is 1, hi - lo may be beyond the type of scale: scale is then that type's
/// largest finite number.
///
/// scale is then rounded to the type it is stored in, and zero_point and q are computed from it as stored. NaN and infinities
/// take no part in the range: NaN becomes the zero point, infinities saturate. A row without a finite number other than 0 gets
/// eps. Where N or D is 0 nothing is written.
///
/// x is read from memory once where a row (group, block) fits the caches or registers, twice elsewhere: sku().reads. Then the plan
/// needs workspace_size() bytes: run(workspace). The scales, zero points and codes are the same bits on every execution space,
/// layout and number of threads. q and scale share no memory with anything else.
///
/// \snippet 08_in_your_code/in_your_code.cpp dynamic
/// \{
KOKKOSQUANT_OP_FAMILY_OF(DynamicQuantizeDescriptor, DynamicQuantize, , (class X, class Scale, class ZeroPoint, class Q),
                         (X, Scale, ZeroPoint, Q), (X x; Scale scale; ZeroPoint zero_point; Q q;));
/// \}

/// \name Dynamic fake quantization
/// \brief y = dequantize(quantize(x)) with scales found from x: the same bits as DynamicQuantize followed by Dequantize.
///
/// The members of DynamicQuantize with y, N x D of T, in place of q: written; it may be exactly x (in place). With a
/// DynamicFloat8DescriptorOf<float8_e4m3_t> (or float8_e5m2_t) and no_zero_point, the same through float8 codes.
/// \{
KOKKOSQUANT_OP_FAMILY_OF(DynamicQuantizeDescriptor, DynamicFakeQuantize, , (class X, class Scale, class ZeroPoint, class Y),
                         (X, Scale, ZeroPoint, Y), (X x; Scale scale; ZeroPoint zero_point; Y y;));
/// \}

}  // namespace KokkosQuant
