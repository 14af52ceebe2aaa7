// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is checked of packed rows: when a plan is made, the Views; by validate(), what they hold.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "KokkosQuant_Checks.hpp"
#include "KokkosQuant_RowCodec.hpp"

namespace KokkosQuant::Impl {

template <class V>
concept row_index_view = view<V> &&(rank_of<V> == 1) &&
                         (std::is_same_v<element_of<V>, std::int32_t> || std::is_same_v<element_of<V>, std::int64_t>);
template <class V>
concept byte_view = view<V> &&(rank_of<V> == 1) && (sizeof(element_of<V>) == 1);

#define KOKKOSQUANT_REQUIRE_ROWS(Exec, Args)                                                                          \
  KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);                                                                            \
  static_assert(!::KokkosQuant::Impl::view_from_rank<decltype(Args::x), 3>,                                           \
                "KokkosQuant: x has rank 3 or more: rows are those of a Kokkos::View of rank 2 (N x D)");             \
  static_assert(::KokkosQuant::Impl::row_index_view<decltype(Args::rows)>,                                            \
                "KokkosQuant: rows must be a Kokkos::View of std::int32_t or std::int64_t of rank 1");                \
  static_assert(::KokkosQuant::Impl::byte_view<decltype(Args::buffer)>,                                               \
                "KokkosQuant: buffer must be a Kokkos::View<std::byte*>, or of another type of one byte, of rank 1"); \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, rows);                                                                    \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, buffer)
#define KOKKOSQUANT_REQUIRE_ROW_DESCRIPTOR(Descriptor)                                                             \
  static_assert(::KokkosQuant::Impl::row_descriptor<Descriptor>,                                                   \
                "KokkosQuant: the descriptor says what rows are sent as: it must be a KokkosQuant::RowsAs<code>, " \
                "RowsAs<std::int8_t>{} say, or KokkosQuant::RowsWithin{eps}")

template <view V>
std::int64_t row_count(const V& rows) {
  return static_cast<std::int64_t>(rows.extent(0));
}
template <view V>
RowIndices<element_of<V>> row_indices(const V& rows, std::int64_t field_rows) {
  return {rows.data(), static_cast<std::int64_t>(rows.stride(0)), row_count(rows), field_rows};
}
template <class Descriptor, class Args>
std::int64_t row_buffer_size(const Args& args) {
  return Descriptor::buffer_size(row_count(args.rows), columns_of(args.x));
}

template <class Descriptor>
void check_row_descriptor([[maybe_unused]] Checks& checks, [[maybe_unused]] const Descriptor& d) {
  if constexpr (row_payload<Descriptor>::is_bounded)
    checks.expect(std::isfinite(d.eps) && d.eps > 0, "eps is ", d.eps, ": expected a positive, finite number");
  else if constexpr (requires { d.eps; })
    checks.expect(std::isfinite(d.eps) && d.eps >= 0, "eps is ", d.eps, ": expected a positive number, or 0");
}
// Views that both directions have.
template <class Descriptor, class Args>
void check_row_views(Checks& checks, const Descriptor& d, const Args& args) {
  constexpr std::int64_t most = std::int64_t(1) << 40;  // rows, or columns
  check_row_descriptor(checks, d);
  checks.addressable("x", args.x);
  checks.addressable("rows", args.rows);
  checks.addressable("buffer", args.buffer);
  checks.has_data("x", args.x);
  checks.has_data("rows", args.rows);
  const std::int64_t count = row_count(args.rows), columns = columns_of(args.x);
  checks.expect(count < most && columns < most && (columns == 0 || count <= (most << 18) / columns), "rows has ", count,
                " indices and x is ", shape(args.x), ": expected a buffer that fits in memory");
  if (!checks.status()) return;
  const std::int64_t needed = row_buffer_size<Descriptor>(args), given = row_count(args.buffer);
  checks.expect(given >= needed, "buffer has ", given, " bytes: expected ", needed, " (buffer_size) for ", count, " rows of ",
                columns, " elements");
  checks.expect(given < 2 || args.buffer.stride(0) == 1, "buffer has a stride of ", args.buffer.stride(0),
                ": expected bytes without gaps");
  checks.has_data("buffer", args.buffer);
  checks.expect(reinterpret_cast<std::uintptr_t>(args.buffer.data()) % row_alignment == 0,
                "buffer starts at an address that is no multiple of ", row_alignment, ": expected one");
}

// ---- what they hold ----------------------------------------------------------------------------------------------------------

enum class RowFault : std::int64_t { index, checksum, misfits, faults };
// The first fault: position * faults + fault, or none.
inline constexpr std::int64_t no_row_fault = std::numeric_limits<std::int64_t>::max();

// records.buffer null: the indices alone.
template <class Index>
struct FindRowFault {
  RowIndices<Index> rows;
  RowRecords<const std::byte> records;
  bool bounded;

  KOKKOS_FUNCTION void operator()(const std::int64_t j, std::int64_t& first) const {
    const std::int64_t fault = fault_of(j);
    if (fault < first) first = fault;
  }

 private:
  KOKKOS_FUNCTION std::int64_t fault_of(std::int64_t j) const {
    const std::int64_t base = j * static_cast<std::int64_t>(RowFault::faults);
    if (!rows.is_row(rows.at(j))) return base + static_cast<std::int64_t>(RowFault::index);
    if (records.buffer == nullptr) return no_row_fault;
    const RowPrefix prefix = *reinterpret_cast<const RowPrefix*>(records.record(j));
    const auto* words = reinterpret_cast<const std::uint32_t*>(records.codes(j));
    const std::uint32_t position = records.position(j);
    std::uint32_t sum = prefix_checksum(prefix, position);
    for (std::int64_t w = 0; w < records.code_words(); ++w) sum += checked_code_word(words[w], position, w);
    if (sum != prefix.checksum) return base + static_cast<std::int64_t>(RowFault::checksum);
    if (bounded && prefix.zero_point != 0) return base + static_cast<std::int64_t>(RowFault::misfits);
    return no_row_fault;
  }
};

// Device memory, or the host's, to the host; synchronous.
template <class Exec, class T, view V>
T one_of(const Exec& exec, const V& v, const std::byte* from) {
  T value{};
  using Device = Kokkos::View<const std::byte*, typename V::memory_space, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  using Host = Kokkos::View<std::byte*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  static_cast<void>(v);
  Kokkos::deep_copy(exec, Host(reinterpret_cast<std::byte*>(&value), sizeof value), Device(from, sizeof value));
  exec.fence();
  return value;
}

template <class Exec, class Index>
std::int64_t first_row_fault(const Exec& exec, const std::string& label, const FindRowFault<Index>& find) {
  std::int64_t first = no_row_fault;
  Kokkos::parallel_reduce(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, find.rows.count), find,
                          Kokkos::Min<std::int64_t>(first));
  exec.fence();
  return first;
}
template <class Exec, class Args, class Index>
void check_row_contents(Checks& checks, const Exec& exec, const std::string& label, const Args& args,
                        const FindRowFault<Index>& find) {
  if (find.rows.count == 0) return;
  const std::int64_t first = first_row_fault(exec, label, find), j = first / static_cast<std::int64_t>(RowFault::faults);
  if (first == no_row_fault) return;
  switch (static_cast<RowFault>(first % static_cast<std::int64_t>(RowFault::faults))) {
    case RowFault::index: {
      const auto* at = reinterpret_cast<const std::byte*>(find.rows.data + j * find.rows.stride);
      checks.expect(false, "rows(", j, ") is ", one_of<Exec, Index>(exec, args.rows, at), " and x is ", shape(args.x),
                    ": expected a row of x, 0 to ", find.rows.rows - 1);
      break;
    }
    case RowFault::checksum:
      checks.expect(false, "row ", j,
                    " of the buffer does not have the checksum that it names: expected the bytes that PackRows "
                    "wrote, from indices within its field");
      break;
    default:
      checks.expect(false, "row ", j, " of the buffer had ",
                    one_of<Exec, RowPrefix>(exec, args.buffer, find.records.record(j)).zero_point,
                    " elements that are NaN or too large for the error bound: expected none");
  }
}

// The header of a buffer, of which so many bytes have arrived.
template <class Descriptor, class T, class Exec, class Args>
void check_row_header(Checks& checks, const Exec& exec, const Args& args, std::int64_t received) {
  const std::int64_t needed = row_buffer_size<Descriptor>(args), count = row_count(args.rows), columns = columns_of(args.x);
  checks.expect(received >= needed, "the buffer has ", received, " bytes: expected ", needed, " for ", count, " rows of ",
                columns, " elements (truncated?)");
  if (!checks.status()) return;
  const auto* data = reinterpret_cast<const std::byte*>(args.buffer.data());
  const RowHeader h = one_of<Exec, RowHeader>(exec, args.buffer, data);
  const RowHeader right = row_header(row_payload<Descriptor>::number, row_code_number<T>, count, columns);
  checks.expect(h.magic == right.magic, "the buffer begins with ", h.magic, ": expected ", right.magic,
                ", rows that PackRows packed on a machine of this byte order");
  checks.expect(h.version == right.version, "the buffer has version ", h.version, ": expected ", right.version);
  checks.expect(h.checksum == header_checksum(h), "the buffer's header has checksum ", h.checksum, ": expected ",
                header_checksum(h));
  checks.expect(h.code == right.code, "the buffer has codes of kind ", static_cast<int>(h.code), ": expected kind ",
                static_cast<int>(right.code), " (RowBufferLayout)");
  checks.expect(h.element == right.element, "the buffer was packed from a field of element type ", static_cast<int>(h.element),
                ": expected ", static_cast<int>(right.element), ", ", type_name<T>(), " (RowBufferLayout)");
  checks.expect(h.columns == right.columns, "the buffer has rows of ", h.columns, " elements: expected ", right.columns);
  checks.expect(h.rows == right.rows, "the buffer has ", h.rows, " rows: expected ", right.rows);
}

}  // namespace KokkosQuant::Impl
