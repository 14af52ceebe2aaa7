// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief PackRows: rows of a field, quantized, into one buffer to send.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "KokkosQuant_RowPayload.hpp"
#include "detail/KokkosQuant_ErrorBoundElement.hpp"
#include "detail/KokkosQuant_RowsOp.hpp"

namespace KokkosQuant {

/// \brief The type that stands where PackRowsArgs has no scales: they are found from the rows.
struct found_scale_t {};

/// \brief The arguments of PackRows: {x, rows, buffer}, {x, rows, buffer, scale} or {x, rows, buffer, scale, zero_point}.
template <class X, class Rows, class Buffer, class Scale = found_scale_t, class ZeroPoint = no_zero_point_t>
struct PackRowsArgs {
  X x;                     ///< N x D of T, read
  Rows rows;               ///< n indices of rows of x, in any order, any of them several times, read
  Buffer buffer;           ///< bytes, written: buffer_size(n, D) of the descriptor at least, from a multiple of 16 on
  Scale scale{};           ///< N scales of T, or of float for 16-bit T, read; or none
  ZeroPoint zero_point{};  ///< N of int, read; or none: 0
};
/// \cond GUIDES
template <class X, class Rows, class Buffer>
PackRowsArgs(X, Rows, Buffer) -> PackRowsArgs<X, Rows, Buffer>;
template <class X, class Rows, class Buffer, class Scale>
PackRowsArgs(X, Rows, Buffer, Scale) -> PackRowsArgs<X, Rows, Buffer, Scale>;
template <class X, class Rows, class Buffer, class Scale, class ZeroPoint>
PackRowsArgs(X, Rows, Buffer, Scale, ZeroPoint) -> PackRowsArgs<X, Rows, Buffer, Scale, ZeroPoint>;
/// \endcond

namespace Impl {

struct PackRowsOp : RowsOp {
  static std::string name() { return "PackRows"; }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_ROWS(Exec, Args);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, buffer);
    if constexpr (view<decltype(Args::scale)>) {
      KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, PerToken, x);
      KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, PerToken);
    } else {
      static_assert(std::is_same_v<decltype(Args::scale), found_scale_t>,
                    "KokkosQuant: scale must be a Kokkos::View of rank 1, or not be given");
    }
    return true;
  }
  template <class Descriptor, class Args>
  static void check(Checks& checks, const Descriptor& d, const Args& args) {
    check_row_views(checks, d, args);
    checks.apart("buffer", args.buffer, "x", args.x);
    checks.apart("buffer", args.buffer, "rows", args.rows);
    if constexpr (view<decltype(args.scale)>) {
      checks.cells(args, PerToken{}, "x", args.x);
      checks.apart_from_cells("buffer", args.buffer, args);
    }
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& d, const Args& args, Mapping) {
    KOKKOSQUANT_REQUIRE_ROW_DESCRIPTOR(Descriptor);
    if constexpr (view<decltype(args.scale)>) {
      using Payload = row_payload<Descriptor>;
      static_assert(
          !Payload::is_plain && !Payload::is_bounded,
          "KokkosQuant: scale is given, but rows that are sent as floating-point numbers or within an error bound have "
          "no scale: leave it out, {x, rows, buffer}");
      static_assert(!float8_type<typename Payload::code> || is_symmetric<Args>, KOKKOSQUANT_NO_ZERO_POINT_MESSAGE);
    }
    using T = data_type<Args>;
    const std::int64_t columns = columns_of(args.x), field_rows = static_cast<std::int64_t>(args.x.extent(0));
    auto x = input_matrix(args.x, field_rows, columns, RowOrder::row_major);
    if (columns == 0) x.row = 0;  // its data may be null, which rows of nothing must not leave
    const auto codec = codec_of<T>(d, args);
    using Functor = HostPackRows<T, std::remove_const_t<decltype(codec)>, element_of<decltype(args.rows)>>;
    return RowsSweep<Exec, Functor>{
        {codec,
         rows_of_field(args),
         x,
         columns,
         {reinterpret_cast<std::byte*>(args.buffer.data()), record_size<Descriptor>(args)},
         row_header(row_payload<Descriptor>::number, row_code_number<T>, row_count(args.rows), columns)}};
  }
  // of the quotient, as Quantize; of elements converted alone, of the number
  template <class Descriptor, class Args>
  static constexpr PrecisionGuarantee guarantee_of() {
    using T = data_type<Args>;
    using Payload = row_payload<Descriptor>;
    using Code = typename Payload::code;
    if constexpr (float8_type<Code>)
      return {true, true, true, float8_ulp<Code, T>};
    else if constexpr (Payload::is_plain)
      return {true, true, true, std::is_same_v<Code, T> || sizeof(Code) > sizeof(T) ? 0 : 0.5};
    else
      return {true, true, true, Payload::is_bounded ? 0 : 0.5};
  }
  template <class Exec, class Descriptor, class Args>
  static Status validate(const Exec& exec, const Descriptor&, const Args& args) {
    Checks checks(RowOrder::row_major);
    check_row_contents(checks, exec, "KokkosQuant::PackRows::validate", args,
                       FindRowFault<element_of<decltype(args.rows)>>{rows_of_field(args), {nullptr, 0}, false});
    return checks.status();
  }

 private:
  template <class T, class Descriptor, class Args>
  static auto codec_of([[maybe_unused]] const Descriptor& d, [[maybe_unused]] const Args& args) {
    using C = compute_t<T>;
    using Code = typename row_payload<Descriptor>::code;
    if constexpr (row_payload<Descriptor>::is_plain) {
      return PlainRowCodec<T, Code>{{C(1)}};
    } else if constexpr (row_payload<Descriptor>::is_bounded) {
      const int k = step_exponent<C>(d.eps);
      const double most = std::min(32767.0, std::floor(std::ldexp(largest_number<T>, -k)));
      const auto q_max = static_cast<std::int32_t>(most);
      return IntegerRowCodec<T, Code, true, OneRowScale<C>>{{std::ldexp(C(1), k)}, {-q_max, q_max}};
    } else if constexpr (view<decltype(args.scale)>) {
      const auto scales = cell_values<PerToken>(args.scale, RowOrder::row_major);
      const auto zero_points = cell_values<PerToken>(args.zero_point, RowOrder::row_major);
      using Reader = RowScaleReader<C, std::remove_const_t<decltype(scales)>, std::remove_const_t<decltype(zero_points)>>;
      return codec_with<T, Code>(Reader{scales, zero_points}, false);
    } else {
      bool symmetric = true;
      if constexpr (requires { d.scales; }) symmetric = d.scales == RowScales::symmetric;
      const QuantizeDescriptor range = row_range<Code>(symmetric);
      const DynamicQuantizeDescriptor dynamic{range.q_min, range.q_max, d.eps, false};
      return codec_with<T, Code>(RowScaleFinder<T>{scale_options<scale_contracts::reference, T, C>(dynamic), !symmetric},
                                 symmetric);
    }
  }
  template <class T, class Code, class Scales>
  static auto codec_with(const Scales& scales, [[maybe_unused]] bool symmetric) {
    if constexpr (float8_type<Code>)
      return Float8RowCodec<T, Code, Scales>{scales, float8_limit<Code, compute_t<T>>(true)};
    else
      return IntegerRowCodec<T, Code, false, Scales>{scales, row_range<Code>(symmetric)};
  }
  template <class Code>
  static QuantizeDescriptor row_range([[maybe_unused]] bool symmetric) {
    if constexpr (float8_type<Code>)  // (for the scale: amax becomes the largest number)
      return {-static_cast<std::int32_t>(Code::largest), static_cast<std::int32_t>(Code::largest)};
    else
      return {symmetric ? -code_limits<Code>::highest : code_limits<Code>::lowest, code_limits<Code>::highest};
  }
};

}  // namespace Impl

/// \brief Gathers the rows of x that rows names, quantizes each with a scale of its own, and writes codes, scales and zero points
/// into one buffer, in one kernel: what a rank sends to its neighbour.
///
/// The descriptor says what the rows become: RowsAs<std::int8_t>{}, RowsAs<int4x2_t>{}, RowsAs<std::int16_t>{} with the scales of
/// DynamicQuantizePerToken (codes -q_max to q_max, or the type's whole range where asymmetric) or those given (the whole range),
/// the same bits as that plan or QuantizePerToken; RowsAs<float8_e4m3_t>{}, RowsAs<float8_e5m2_t>{} with scales of amax / 448 (57344)
/// or given ones, saturating, the bits of QuantizePerToken; RowsWithin{eps}, those of QuantizeToErrorBound; RowsAs<double>{}, RowsAs<float>{}, RowsAs<half_t>{},
/// RowsAs<bfloat16_t>{}. RowBufferLayout is the layout of the buffer; descriptor.buffer_size(n, D) bytes are written, all of them.
///
/// run() is asynchronous as that of any plan and looks at no index on the host. A row whose index is not one of x's is not read; its
/// record is one that the other side's validate() refuses. validate() looks for such indices, and waits for the instance.
/// T is double, float, half_t or bfloat16_t; any layout and strides. The buffer shares no memory with the rest; its bytes are the
/// same on every execution space and number of threads, but for the payloads of NaN where elements are converted alone.
KOKKOSQUANT_PLAN_OF(PackRows, Impl::PackRowsOp, RowsAs<std::int8_t>);

}  // namespace KokkosQuant
