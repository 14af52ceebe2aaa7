// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All rows of a field, in a permuted order, into a buffer to send; and back, or added. The bytes of a row are its elements, its
// record (codes and their prefix, RowBufferLayout) and its index, each once; what is added to is read and written.
#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {
namespace {

inline constexpr std::int64_t packed_widths[] = {64, 1024, 4096};

// What rows are sent as, and the same again for a few elements: t is the quotient with the row's scale.
struct ToInt8 {
  using Wire = std::int8_t;  // bytes an element of the limit
  using Descriptor = KokkosQuant::RowsAs<std::int8_t>;
  static constexpr const char* name = "Int8";
  static constexpr double largest = 127;
  static double value(const std::byte* codes, std::int64_t d) { return static_cast<std::int8_t>(codes[d]); }
  static double rounded(double t) { return std::nearbyint(t); }
};
struct ToInt4 {
  using Wire = std::int8_t;
  using Descriptor = KokkosQuant::RowsAs<KokkosQuant::int4x2_t>;
  static constexpr const char* name = "Int4";
  static constexpr double largest = 7;
  static double value(const std::byte* codes, std::int64_t d) {
    return KokkosQuant::int4x2_t{static_cast<std::uint8_t>(codes[d / 2])}.get(static_cast<int>(d % 2));
  }
  static double rounded(double t) { return std::nearbyint(t); }
};
struct ToFloat8 {
  using Wire = std::int8_t;
  using Descriptor = KokkosQuant::RowsAs<KokkosQuant::float8_e4m3_t>;
  static constexpr const char* name = "Float8";
  static constexpr double largest = 448;
  static double value(const std::byte* codes, std::int64_t d) {
    return static_cast<double>(KokkosQuant::float8_e4m3_t::from_bits(static_cast<std::uint8_t>(codes[d])));
  }
  static double rounded(double t) { return static_cast<double>(KokkosQuant::float8_e4m3_t(t)); }
};
struct ToErrorBound {
  using Wire = std::int16_t;
  using Descriptor = KokkosQuant::RowsWithin;
  static constexpr const char* name = "ErrorBound";
  static constexpr double eps = 1e-3, step = 0x1p-9;
  static double value(const std::byte* codes, std::int64_t d) {
    std::int16_t code;
    std::memcpy(&code, codes + 2 * d, sizeof code);
    return code;
  }
  static double rounded(double t) { return std::nearbyint(t); }
};
template <class Payload>
typename Payload::Descriptor descriptor() {
  if constexpr (std::is_same_v<Payload, ToErrorBound>)
    return {ToErrorBound::eps};
  else
    return {};
}

// Row j of the buffer is row j * 7919 mod rows of the field. (Functors, as a CUDA build of Kokkos 3 may not take lambdas.)
KOKKOS_INLINE_FUNCTION std::int64_t permuted(std::int64_t j, std::int64_t rows) { return j * 7919 % rows; }
struct FillIndices {
  std::int32_t* index;
  std::int64_t rows;
  KOKKOS_FUNCTION void operator()(const std::int64_t j) const { index[j] = static_cast<std::int32_t>(permuted(j, rows)); }
};

enum class How { pack, unpack, add };

template <class T, class Payload>
struct PackedRows {
  using Descriptor = typename Payload::Descriptor;
  using Bytes = Kokkos::View<std::byte*, Memory>;
  using Indices = Kokkos::View<std::int32_t*, Memory>;
  using Field = decltype(std::declval<Arrays>().matrix<T>(0, Right{}, 0, 0));
  using Pack = KokkosQuant::PackRowsPlan<Exec, KokkosQuant::PackRowsArgs<Field, Indices, Bytes>, Descriptor>;
  using Unpack = KokkosQuant::UnpackRowsPlan<Exec, KokkosQuant::UnpackRowsArgs<Bytes, Indices, Field>, Descriptor>;
  using Add = KokkosQuant::UnpackAddRowsPlan<Exec, KokkosQuant::UnpackAddRowsArgs<Bytes, Indices, Field>, Descriptor>;

  std::int64_t rows, columns;
  Field x, y;
  Bytes buffer;
  Indices indices;

  PackedRows(const Exec& exec, const Arrays& arrays, std::int64_t n, std::int64_t d)
      : rows(n),
        columns(d),
        x(arrays.matrix<T>(0, Right{}, n, d)),
        y(arrays.matrix<T>(2, Right{}, n, d)),
        buffer("KokkosQuantPerf::buffer", extent(Descriptor::buffer_size(n, d))),
        indices("KokkosQuantPerf::indices", extent(n)) {
    Kokkos::parallel_for("KokkosQuantPerf::indices", Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, n),
                         FillIndices{indices.data(), n});
    pack(exec).run();
    exec.fence();
  }
  Pack pack(const Exec& exec) const { return Pack(exec, descriptor<Payload>(), {x, indices, buffer}); }

  double bytes(How how) const {
    const auto n = static_cast<double>(rows);
    const double elements = (how == How::add ? 2.0 : 1.0) * n * static_cast<double>(columns) * sizeof(T);
    return elements + static_cast<double>(buffer.size()) + n * sizeof(std::int32_t);
  }
  // Of as many elements; the prefixes of rows and the indices are small beside them.
  Limit limit(const Arrays& arrays, How how) const {
    using Wire = typename Payload::Wire;
    if (how == How::pack) return KokkosQuantPerf::limit<1, T, Wire>(arrays, rows * columns);
    if (how == How::unpack) return KokkosQuantPerf::limit<1, Wire, T>(arrays, rows * columns);
    return KokkosQuantPerf::limit<1, T, T>(arrays, rows * columns);
  }

  // What is wrong with the buffer, or with the field that it was unpacked into.
  std::string check(How how) const {
    const std::int64_t record = Descriptor::buffer_size(1, columns) - Descriptor::buffer_size(0, columns);
    for (const auto& [j, d] : sample(rows, columns)) {
      const std::int64_t n = permuted(j, rows), at = Descriptor::buffer_size(j, columns);
      const auto bytes = host_copy(Kokkos::subview(buffer, Kokkos::make_pair(extent(at), extent(at + record))));
      double scale;
      std::memcpy(&scale, bytes.data(), sizeof scale);
      const double code = Payload::value(bytes.data() + 16, d);
      double got = code, want = 0;
      if (how == How::pack) {
        const auto row = host_copy(Kokkos::subview(x, n, Kokkos::ALL));
        T amax = 0;
        for (std::int64_t k = 0; k < columns; ++k) amax = std::max(amax, std::abs(row(extent(k))));
        T s;
        if constexpr (std::is_same_v<Payload, ToErrorBound>)
          s = static_cast<T>(ToErrorBound::step);
        else
          s = amax / static_cast<T>(Payload::largest);
        want = Payload::rounded(static_cast<double>(row(extent(d)) / s));
        if (scale != static_cast<double>(s)) want = got + 1;
      } else {
        got = static_cast<double>(element(y, n, d));
        want = static_cast<double>(static_cast<T>(code) * static_cast<T>(scale));
      }
      if (got != want)
        return "wrong in row " + std::to_string(j) + " of the buffer, column " + std::to_string(d) + ": " +
               std::to_string(got) + ", expected " + std::to_string(want);
    }
    return {};
  }
  template <class V>
  static auto host_copy(const V& v) {
    const Kokkos::View<typename V::non_const_value_type*, Kokkos::HostSpace> copy("KokkosQuantPerf::copy", v.extent(0));
    Kokkos::deep_copy(copy, v);
    return copy;
  }
};

template <class T, class Payload, How how>
void add_row(const SharedArrays& arrays, const std::string& op, std::int64_t columns) {
  const std::int64_t rows = arrays->elements<T>() / columns;
  add(row_name(op + Payload::name, type_name<T>, Right::name, rows, columns), [=](benchmark::State& state) {
    arrays->fill<T>();
    const Exec exec;
    const PackedRows<T, Payload> p(exec, *arrays, rows, columns);
    const auto measured = [&](const auto& plan) {
      measure(state, exec, p.limit(*arrays, how),
              {p.bytes(how), [&] { plan.run(); },
               [&](const Exec&) {
                 if (how == How::add) {  // to 0, as all those runs added up
                   Kokkos::deep_copy(exec, p.y, T(0));
                   plan.run();
                   exec.fence();
                 }
                 return p.check(how);
               }});
    };
    if constexpr (how == How::pack)
      measured(p.pack(exec));
    else
      measured(
          std::conditional_t<how == How::add, typename PackedRows<T, Payload>::Add, typename PackedRows<T, Payload>::Unpack>(
              exec, descriptor<Payload>(), {p.buffer, p.indices, p.y}));
  });
}
template <class T, class Payload>
void add_payload(const SharedArrays& arrays, std::int64_t columns) {
  add_row<T, Payload, How::pack>(arrays, "PackRowsTo", columns);
  add_row<T, Payload, How::unpack>(arrays, "UnpackRowsFrom", columns);
  add_row<T, Payload, How::add>(arrays, "UnpackAddRowsFrom", columns);
}
template <class T>
void add_packed_rows_of(const SharedArrays& arrays) {
  for (const std::int64_t columns : packed_widths) {
    add_payload<T, ToInt8>(arrays, columns);
    add_payload<T, ToInt4>(arrays, columns);
    add_payload<T, ToFloat8>(arrays, columns);
    add_payload<T, ToErrorBound>(arrays, columns);
  }
}

}  // namespace

void add_packed_rows(const SharedArrays& arrays) {
  add_packed_rows_of<double>(arrays);
  add_packed_rows_of<float>(arrays);
}

}  // namespace KokkosQuantPerf
