// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The gradients of fake quantization by its input, scale and zero point: LearnableFakeQuantizePerTensorBackward,
/// LearnableFakeQuantizePerChannelBackward, LearnableFakeQuantizePerTokenBackward.
#pragma once

#include <cmath>
#include <cstdint>

#include "KokkosQuant_Contract.hpp"
#include "detail/KokkosQuant_LearnableElement.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"
#include "detail/KokkosQuant_SummingSweep.hpp"

namespace KokkosQuant {

/// \brief The range of the codes, and what the gradients of scale and zero point are multiplied by.
struct LearnableDescriptor {
  std::int32_t q_min;  ///< the smallest code
  std::int32_t q_max;  ///< the largest code
  /// Finite. LSQ takes 1 / sqrt(elements of a cell * q_max). It is applied once, to the sum.
  double grad_factor = 1;
};

namespace Impl {

template <>
inline constexpr bool is_descriptor<LearnableDescriptor> = true;

template <class V, class Granularity, class Scale>
concept cell_output = view_of_cells<V, Granularity> && same_stored_type<V, Scale> && written<V>;
template <class V, class Granularity, class Scale>
concept optional_cell_output = std::same_as<V, no_output_t> || cell_output<V, Granularity, Scale>;

template <class Granularity>
struct LearnableFakeQuantizeBackwardOp {
  static std::string name() { return std::string("LearnableFakeQuantize") + granularity_name<Granularity>::value + "Backward"; }
  template <class Args>
  using data_type = stored_t<decltype(Args::dx)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }
  template <class Args>
  static constexpr bool with_zero_point = view<decltype(Args::dzero_point)>;

  template <class Exec, class Args>
  static constexpr bool accepts() {
    using Scale = decltype(Args::scale);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dx);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dy);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, dy, dx);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, x, dx);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, dx);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, dx);
    static_assert(cell_output<decltype(Args::dscale), Granularity, Scale>,
                  "KokkosQuant: dscale must be a Kokkos::View with the rank and the element type of scale, not of const");
    static_assert(
        optional_cell_output<decltype(Args::dzero_point), Granularity, Scale>,
        "KokkosQuant: dzero_point must be a Kokkos::View with the rank and the element type of scale, not of const, or "
        "KokkosQuant::no_output");
    KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, dscale);
    KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, dzero_point);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.dx;
  }
  template <class Args>
  static void check(Checks& checks, const LearnableDescriptor& descriptor, const Args& args) {
    checks.range({descriptor.q_min, descriptor.q_max});
    checks.expect(std::isfinite(descriptor.grad_factor), "grad_factor is ", descriptor.grad_factor,
                  ": expected a finite number");
    checks.same_extents("dy", args.dy, "dx", args.dx);
    checks.same_extents("x", args.x, "dx", args.dx);
    checks.cells(args, Granularity{}, "dx", args.dx);
    checks.has_data("dy", args.dy);
    checks.has_data("x", args.x);
    checks.has_data("dx", args.dx);
    checks.own_elements("dx", args.dx);
    checks.apart_or_same("dx", args.dx, "dy", args.dy);
    checks.apart_or_same("dx", args.dx, "x", args.x);
    checks.apart_from_cells("dx", args.dx, args);
    check_sums(checks, "dscale", args.dscale, args);
    if constexpr (with_zero_point<Args>) {
      check_sums(checks, "dzero_point", args.dzero_point, args);
      checks.apart("dzero_point", args.dzero_point, "dscale", args.dscale);
    }
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& d, const Args& args, Mapping hint) {
    static_assert(
        std::is_same_v<Descriptor, LearnableDescriptor>,
        "KokkosQuant: the descriptor of this plan must be a KokkosQuant::LearnableDescriptor{q_min, q_max, grad_factor}");
    using T = data_type<Args>;
    using S = stored_t<decltype(Args::scale)>;
    const RowOrder order = row_order(args.dx);
    const std::int64_t rows = rows_of(args.dx, order).extent, columns = columns_of(args.dx);
    const auto element = cell_element<Learnable<with_zero_point<Args>>::template Element, Granularity, contracts::reference, T>(
        {d.q_min, d.q_max}, args, order);
    using Element = std::remove_const_t<decltype(element)>;
    SumSink<sum_of<typename Element::compute>, S, Element::sums> cells{nullptr, 0, d.grad_factor, {}, {}};
    const auto put = [&](int sum, const auto& v) {
      cells.cell[sum] = reinterpret_cast<S*>(v.data());
      const auto values = cell_values<Granularity>(v, order);
      cells.cell_stride[sum] = values.outer + values.inner;  // one of them is 0
    };
    put(0, args.dscale);
    if constexpr (with_zero_point<Args>) put(1, args.dzero_point);
    return SummingSweep<Exec, Granularity, Element, T, S>(element, rows, columns, matrix(args.dx, rows, columns, order),
                                                          input_matrix(args.dy, rows, columns, order),
                                                          input_matrix(args.x, rows, columns, order), cells, hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, 0};  // of dx
  }

 private:
  template <view Sums, class Args>
  static void check_sums(Checks& checks, const char* name, const Sums& sums, const Args& args) {
    checks.one_a_cell(name, sums, Granularity{}, "dx", args.dx);
    checks.has_data(name, sums);
    if constexpr (rank_of < Sums >> 0) checks.own_elements(name, sums);
    checks.apart(name, sums, "dy", args.dy);
    checks.apart(name, sums, "x", args.x);
    checks.apart(name, sums, "dx", args.dx);
    checks.apart_from_cells(name, sums, args);
  }
};

}  // namespace Impl

/// \name Learnable fake quantize, backward
/// \brief The gradients of a loss by x, scale and zero point of x' = FakeQuantize(x), of dy, its gradient by x', in one pass.
///
/// | member      | View                                                           | |
/// | ----------- | -------------------------------------------------------------- | --- |
/// | dy          | N x D of T, read                                               | gradient of the loss by x' |
/// | x           | N x D of T, read                                               | the forward's input |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T | the forward's |
/// | zero_point  | the same of int; or no_zero_point                              | the forward's |
/// | dx          | N x D of T, written                                            | gradient by x |
/// | dscale      | as scale, of its element type, written                         | gradient by scale, times grad_factor |
/// | dzero_point | the same; or no_output                                         | gradient by the zero point, times grad_factor |
///
/// With t = RN(x / scale), r = t rounded to an integer, ties to even, x' as the forward stores it, C the compute type (double for
/// double, else float), every RN in C, and each cell's sums over its elements:
///
///     q_min <= r + zero_point <= q_max    dx = dy    dscale += RN(dy * RN(RN(x' - x) / scale))
///     below                               dx = +0    dscale += RN(dy * RN(q_min - zero_point))    dzero_point -= RN(dy * scale)
///     above                               dx = +0    dscale += RN(dy * RN(q_max - zero_point))    dzero_point -= RN(dy * scale)
///     t is NaN                            dx = +0, and nothing is added
///
/// The straight-through gradients of learned step size quantization (Esser and others: "Learned Step Size Quantization", 2020,
/// arXiv:1902.08153), which has no zero point and a grad_factor of 1 / sqrt(elements of a cell * q_max), and of its extension by
/// offsets (Jain and others: "Trained quantization thresholds", 2020; Bhalgat and others: "LSQ+", 2020, arXiv:2004.09576).
///
/// Sums have one order, which depends on N, D and the granularity alone: the same bits on every execution space, layout and
/// number of threads. Terms of float are summed in double, terms of double in pairs of doubles; a sum is multiplied by grad_factor
/// in that precision and rounded once to the type of scale. For n elements of a cell the error of that, before the factor, is at
/// most one ulp of the result + n * u * (sum of the terms' magnitudes), u = 2^-53, or 2^-104 for double. A cell without elements
/// has gradients of 0.
///
/// NaN and Inf in dy go into the sums as IEEE arithmetic has it (0 * Inf is NaN, so an Inf in dy where x lies exactly on a step
/// makes dscale NaN); so do x' that overflow and scales of Inf. A scale of 0 makes every t Inf or NaN.
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones; those that are contiguous along
/// neither axis in all three arrays alike are walked element by element. dx may be exactly dy or exactly x; dscale and
/// dzero_point share no memory with anything. Plans with more than 256 elements in a row (per channel: in a column), and per
/// tensor those with more than one row, take a workspace, run(workspace): for each row (column) 8 bytes for every 256 elements,
/// begun ones too, for double 16; twice that with dzero_point; and a little for the sums of those.
///
/// \code
/// KokkosQuant::LearnableFakeQuantizePerTokenBackwardPlan plan(
///     exec, KokkosQuant::LearnableDescriptor{-128, 127},
///     KokkosQuant::LearnableFakeQuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx, dscale, dzero_point});
/// const Kokkos::View<std::byte*> workspace("workspace", plan.workspace_size());
/// plan.run(workspace);  // asynchronous on exec
/// \endcode
/// \{
#define KOKKOSQUANT_LEARNABLE(Granularity)                                                                              \
  KOKKOSQUANT_ARGS(LearnableFakeQuantize##Granularity##BackwardArgs,                                                    \
                   (class DY, class X, class Scale, class ZeroPoint, class DX, class DScale, class DZeroPoint),         \
                   (DY, X, Scale, ZeroPoint, DX, DScale, DZeroPoint),                                                   \
                   (DY dy; X x; Scale scale; ZeroPoint zero_point; DX dx; DScale dscale; DZeroPoint dzero_point;));     \
  KOKKOSQUANT_PLAN_OF(LearnableFakeQuantize##Granularity##Backward, Impl::LearnableFakeQuantizeBackwardOp<Granularity>, \
                      LearnableDescriptor)
KOKKOSQUANT_LEARNABLE(PerTensor);
KOKKOSQUANT_LEARNABLE(PerChannel);
KOKKOSQUANT_LEARNABLE(PerToken);
#undef KOKKOSQUANT_LEARNABLE
/// \}

}  // namespace KokkosQuant
