// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the element functions of the per-token ops share: where a row's scale and zero point are, and the range.
#pragma once

#include <cstdint>

#include "KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_Operands.hpp"

namespace KokkosQuant::Impl {

template <element_type T, class Scale, class ZeroPoint>
struct RowElement {
  using compute = compute_t<T>;
  // What is read of a row. Apart from what is computed of it, so that a thread can have many rows' reads in flight.
  struct RowData {
    typename Scale::value_type scale;
    std::int32_t zero_point;
  };

  Scale scale;
  ZeroPoint zero_point;
  QuantizeDescriptor range;

  KOKKOS_FORCEINLINE_FUNCTION RowData row_data(std::int64_t row) const { return {scale(row), zero_point(row)}; }
  // The same element function from a later row on.
  void skip_rows(std::int64_t rows) {
    scale.data += rows * scale.stride;
    if constexpr (requires { zero_point.data; }) zero_point.data += rows * zero_point.stride;
  }
};

// An element function for the scale and zero point of args.
template <template <class, class, class> class Element, class T, class Args>
auto row_element(const QuantizeDescriptor& range, const Args& args) {
  const auto scale = column(args.scale);
  const auto zero_point = column(args.zero_point);
  return Element<T, std::remove_const_t<decltype(scale)>, std::remove_const_t<decltype(zero_point)>>{
      {scale, zero_point, range}};
}

}  // namespace KokkosQuant::Impl
