// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Dynamic quantization that also says what it did to x: DynamicQuantizePerTensorWithStatistics ...
/// DynamicQuantizePerBlockWithStatistics.
#pragma once

#include <cstdint>

#include "KokkosQuant_DynamicQuantize.hpp"

namespace KokkosQuant {

/// \brief What quantization did to the elements x of a row (group, block, column, of all). x' = RN(RN(q - zero_point) * scale) in
/// the compute type C (double for double, else float): what Dequantize gives before it is rounded to the type of x.
struct RowStatistics {
  std::int64_t clamped_below;   ///< finite elements whose code before clamping was below q_min
  std::int64_t clamped_above;   ///< ... above q_max
  std::int64_t nan_count;       ///< elements that are NaN; they are in nothing else
  std::int64_t infinite_count;  ///< elements that are +Inf or -Inf; they are in nothing else
  double max_error;             ///< the largest RN(|x' - x|), in C; 0 without finite elements
  /// The sum of RN(|x' - x|)^2 over the finite elements, clamped ones included; each square is rounded to double.
  double sum_squared_error;
};

namespace Impl {

template <class Granularity>
struct DynamicQuantizeWithStatisticsOp : DynamicQuantizeOp<Granularity> {
  using Base = DynamicQuantizeOp<Granularity>;
  static std::string name() { return Base::name() + "WithStatistics"; }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    using View = decltype(Args::statistics);
    static_assert(view_of_cells<View, Granularity> && std::is_same_v<element_of<View>, RowStatistics>,
                  "KokkosQuant: statistics must be a Kokkos::View of KokkosQuant::RowStatistics with the rank of scale");
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, statistics);
    KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, statistics);
    return Base::template accepts<Exec, Args>();
  }
  template <class Descriptor, class Args>
  static void check(Checks& checks, const Descriptor& d, const Args& args) {
    Base::check(checks, d, args);
    checks.addressable("statistics", args.statistics);
    checks.one_a_cell("statistics", args.statistics, granularity_of<Granularity>(args), "x", args.x);
    checks.has_data("statistics", args.statistics);
    checks.own_elements("statistics", args.statistics);
    checks.apart("statistics", args.statistics, "x", args.x);
    checks.apart("statistics", args.statistics, "q", args.q);
    checks.apart_from_cells("statistics", args.statistics, args);
  }
  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& d, const Args& args, Mapping hint) {
    static_assert(!float8_view<decltype(Args::q)>,
                  "KokkosQuant: statistics are of integer codes: q must not be of a float8 type");
    constexpr Contract codes = scale_contract_of<Descriptor>.codes;
    using T = typename Base::template data_type<Args>;
    const RowOrder order = row_order(args.x);
    const std::int64_t rows = rows_of(args.x, order).extent, columns = columns_of(args.x);
    const auto element = cell_element<FakeQuantizeElement, Granularity, codes, T>(d.range(), args, order);
    const auto result = cell_outputs<Granularity>(args.statistics, order);
    const CellStatistics<std::remove_const_t<decltype(element)>, codes, T, std::remove_const_t<decltype(result)>> statistics(
        element, result, input_matrix(args.x, rows, columns, order), rows, columns,
        cells_of(granularity_of<Granularity>(args), rows, columns));
    return Base::template sweep<Exec>(d, args, hint, statistics);
  }
};

}  // namespace Impl

/// \name Dynamic quantization with statistics
/// \brief DynamicQuantize, the same scales, zero points and codes, and of each row (group, block, column, of all) a RowStatistics.
///
/// The members of DynamicQuantize and, behind q, statistics: a View of RowStatistics, as many as scale has, written; it shares no
/// memory with the rest.
///
/// The statistics too are the same bits on every execution space, layout and number of threads: squares are summed row by row, the
/// rows of a cell one after the other, in an order that depends on the extents and the granularity alone, in double where C is
/// float (relative error below n * 2^-53 of n terms), in pairs of doubles where it is double. An error that is NaN (of an infinite
/// scale, which some ScaleContracts can give) counts as infinite. Where N or D is 0 nothing is written.
///
/// On hosts the task that finds a row's scale also finds its statistics, and x comes from memory as often as for DynamicQuantize;
/// where a row (group, block, column) does not fit the caches, and on devices, further kernels read x once more, through the
/// workspace: sku().reads and workspace_size() count that.
/// \{
KOKKOSQUANT_OP_FAMILY_OF(DynamicQuantizeDescriptor, DynamicQuantize, WithStatistics,
                         (class X, class Scale, class ZeroPoint, class Q, class Statistics),
                         (X, Scale, ZeroPoint, Q, Statistics),
                         (X x; Scale scale; ZeroPoint zero_point; Q q; Statistics statistics;));
/// \}

}  // namespace KokkosQuant
