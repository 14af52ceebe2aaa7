// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief UnpackRows, UnpackAddRows: what PackRows packed, into rows of a field or added to them.
#pragma once

#include <string>
#include <type_traits>

#include "KokkosQuant_RowPayload.hpp"
#include "detail/KokkosQuant_RowsOp.hpp"

namespace KokkosQuant {
namespace Impl {

template <bool Adds>
struct UnpackRowsOp : RowsOp {
  static std::string name() { return Adds ? "UnpackAddRows" : "UnpackRows"; }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_ROWS(Exec, Args);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, x);
    return true;
  }
  template <class Descriptor, class Args>
  static void check(Checks& checks, const Descriptor& d, const Args& args) {
    check_row_views(checks, d, args);
    checks.own_elements("x", args.x);
    checks.apart("x", args.x, "buffer", args.buffer);
    checks.apart("x", args.x, "rows", args.rows);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor&, const Args& args, Mapping) {
    KOKKOSQUANT_REQUIRE_ROW_DESCRIPTOR(Descriptor);
    using T = data_type<Args>;
    using Functor = HostUnpackRows<T, RowDecoder<T, Descriptor>, element_of<decltype(args.rows)>, Adds>;
    const std::int64_t columns = columns_of(args.x), field_rows = static_cast<std::int64_t>(args.x.extent(0));
    return RowsSweep<Exec, Functor>{{rows_of_field(args), matrix(args.x, field_rows, columns, RowOrder::row_major), columns,
                                     records_of<Descriptor>(args), 1, columns}};
  }
  // A term that is added is rounded to C, a row that replaces another to T as well.
  template <class Descriptor, class Args>
  static constexpr PrecisionGuarantee guarantee_of() {
    using T = data_type<Args>;
    constexpr double in_compute_type = ulp_in_compute_type<Descriptor, T>;
    if constexpr (Adds)
      return {true, true, true, in_compute_type * compute_ulp<T>, rounded_twice_ulp<T>};
    else if constexpr (row_payload<Descriptor>::is_plain)
      return {true, true, true, converts_exactly<typename row_payload<Descriptor>::code, T> ? 0 : 0.5};
    else
      return {true, true, true, std::is_same_v<T, compute_t<T>> ? in_compute_type : 0.5 + in_compute_type * compute_ulp<T>};
  }
  template <class Exec, class Descriptor, class Args>
  static Status validate(const Exec& exec, const Descriptor& d, const Args& args) {
    return validate(exec, d, args, row_count(args.buffer));
  }
  template <class Exec, class Descriptor, class Args>
  static Status validate(const Exec& exec, const Descriptor&, const Args& args, std::int64_t received) {
    Checks checks(RowOrder::row_major);
    check_row_header<Descriptor, data_type<Args>>(checks, exec, args, received);
    if (checks.status())
      check_row_contents(checks, exec, "KokkosQuant::" + name() + "::validate", args,
                         FindRowFault<element_of<decltype(args.rows)>>{rows_of_field(args), records_of<Descriptor>(args),
                                                                       row_payload<Descriptor>::is_bounded});
    return checks.status();
  }

 private:
  // (What is wider than T came from a T, and 16-bit types fit in wider ones: RowHeader::element, which validate() looks at.)
  template <class Code, class T>
  static constexpr bool converts_exactly = std::is_same_v<Code, T> || sizeof(Code) != sizeof(T);
  // One of C, in units of T's: 2^-13, 2^-16.
  template <class T>
  static constexpr double compute_ulp = std::is_same_v<T, compute_t<T>> ? 1 : 2 * (rounded_twice_ulp<T> - 0.5);
  // Of (q - zero_point) * scale: half a one for the product, none where the scale is a power of two. The difference rounds in
  // float beyond 2^24, where zero points were given: one more (as in Dequantize).
  template <class Descriptor, class T>
  static constexpr double ulp_in_compute_type =
      row_payload<Descriptor>::is_plain || row_payload<Descriptor>::is_bounded           ? 0
      : float8_type<typename row_payload<Descriptor>::code> || std::is_same_v<T, double> ? 0.5
                                                                                         : 1.5;

  template <class Descriptor, class Args>
  static RowRecords<const std::byte> records_of(const Args& args) {
    return {reinterpret_cast<const std::byte*>(args.buffer.data()), record_size<Descriptor>(args)};
  }
};

}  // namespace Impl

/// \name Unpack rows
/// \brief x[rows[j], :] = row j of a buffer that PackRows wrote with the same descriptor (UnpackRows), or x[rows[j], :] += it
/// (UnpackAddRows, the adjoint of a gather, for gradients).
///
/// | member | View | |
/// | ------ | ---- | --- |
/// | buffer | bytes, read; descriptor.buffer_size(n, D) at least, from a multiple of 16 on | as PackRows wrote it |
/// | rows   | n of std::int32_t or std::int64_t, read | where row j goes: any order |
/// | x      | N x D of T, written; other rows are left alone | |
///
/// A quantized element is RN_T(RN_C((q - zero_point) * scale)), as DequantizePerToken computes it; added it is
/// x = RN_T(RN_C(x + RN_C((q - zero_point) * scale))), C double for double, else float.
///
/// Where an index occurs several times, its rows are taken in ascending j: the last one stays, or they are added one after the
/// other. So the bits do not depend on the execution space or the number of threads. (Every row of x belongs to one task or team,
/// which reads all indices; nothing is sorted, no atomic operation is used on x.)
///
/// precision_guarantee().max_ulp is the rounding error of an element (UnpackRows), or of a term before it is added (UnpackAddRows),
/// against (q - zero_point) * scale in real numbers, from the scale in the buffer; each addition then rounds by
/// max_ulp_per_addition at most. So after the terms v_1 ... v_k an element s_0 = x is off by at most the sum over i of
/// max_ulp * ulp(v_i) + max_ulp_per_addition * ulp(s_i), s_i the sum so far as it is stored; where numbers cancel, that is many ulp
/// of the last one. What quantization lost on the other side comes on top.
///
/// run() trusts the buffer but for indices that are no rows of x: it leaves those out. validate() does not: it looks at the header, at
/// every index and at every checksum and returns what was found and what was expected, before anything is written. It launches a
/// kernel on the plan's instance and waits for it. validate(received) says how many bytes arrived, where that is known. T is double,
/// float, half_t or bfloat16_t; any layout and strides. x shares no memory with the rest.
/// \{
KOKKOSQUANT_ARGS(UnpackRowsArgs, (class Buffer, class Rows, class X), (Buffer, Rows, X), (Buffer buffer; Rows rows; X x;));
KOKKOSQUANT_ARGS(UnpackAddRowsArgs, (class Buffer, class Rows, class X), (Buffer, Rows, X), (Buffer buffer; Rows rows; X x;));
KOKKOSQUANT_PLAN_OF(UnpackRows, Impl::UnpackRowsOp<false>, RowsAs<std::int8_t>);
KOKKOSQUANT_PLAN_OF(UnpackAddRows, Impl::UnpackRowsOp<true>, RowsAs<std::int8_t>);
/// \}

}  // namespace KokkosQuant
