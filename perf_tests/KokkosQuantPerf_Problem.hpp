// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arrays that all benchmarks share, and the Views of a problem on them.
#pragma once

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace KokkosQuantPerf {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;
inline constexpr bool on_host = std::is_same_v<Memory, Kokkos::HostSpace>;
using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;

inline constexpr KokkosQuant::QuantizeDescriptor range{-128, 127};

template <class T>
inline constexpr const char* type_name = nullptr;
template <>
inline constexpr const char* type_name<double> = "double";
template <>
inline constexpr const char* type_name<float> = "float";
template <>
inline constexpr const char* type_name<KokkosQuant::half_t> = "half";
template <>
inline constexpr const char* type_name<KokkosQuant::bfloat16_t> = "bfloat16";

// Kokkos counts in std::size_t.
inline std::size_t extent(std::int64_t n) { return static_cast<std::size_t>(n); }

// How an N x D View lies in memory.
struct Right {
  static constexpr const char* name = "Right";
  template <class T>
  static auto view(T* data, std::int64_t rows, std::int64_t columns) {
    return Kokkos::View<T**, Kokkos::LayoutRight, Memory, Unmanaged>(data, extent(rows), extent(columns));
  }
};
struct Left {
  static constexpr const char* name = "Left";
  template <class T>
  static auto view(T* data, std::int64_t rows, std::int64_t columns) {
    return Kokkos::View<T**, Kokkos::LayoutLeft, Memory, Unmanaged>(data, extent(rows), extent(columns));
  }
};
// All but the first column of a wider View: no row starts where a vector would like it to.
struct Offset {
  static constexpr const char* name = "Offset";
  template <class T>
  static auto view(T* data, std::int64_t rows, std::int64_t columns) {
    return Kokkos::subview(Right::view(data, rows, columns + 1), Kokkos::ALL,
                           Kokkos::pair<int, int>(1, static_cast<int>(columns) + 1));
  }
};

// Arrays of one op that lie differently: dy, x and dx.
template <class Layout>
struct Operands {
  using dy = Layout;
  using x = Layout;
  using dx = Layout;
};
struct Mixed {
  static constexpr const char* name = "Mixed";
};
template <>
struct Operands<Mixed> {
  using dy = Left;
  using x = Right;
  using dx = Right;
};
struct OffsetInputs {
  static constexpr const char* name = "OffsetInputs";
};
template <>
struct Operands<OffsetInputs> {
  using dy = Offset;
  using x = Offset;
  using dx = Right;
};

// Numbers of (-1.5, 1.5) and of (-3, 3), scales of 1/64 to 7/64 and zero points of -5 to 5: part of the codes is
// outside the range. (Functors, as a CUDA build of Kokkos 3 may not take lambdas.)
template <class T>
struct FillData {
  T *a, *b;
  KOKKOS_FUNCTION void operator()(const std::int64_t i) const {
    const std::uint32_t h = static_cast<std::uint32_t>(i) * 2654435761u;
    a[i] = T(static_cast<float>(h >> 16) * 0x1.8p-15f - 1.5f);
    b[i] = T(static_cast<float>((h ^ (h >> 15)) & 0xffffu) * 0x1.8p-14f - 3.0f);
  }
};
template <class T>
struct FillRows {
  T* scale;
  int* zero_point;
  KOKKOS_FUNCTION void operator()(const std::int64_t n) const {
    scale[n] = T(static_cast<float>(1 + n % 7) * 0x1p-6f);
    zero_point[n] = static_cast<int>(n % 11) - 5;
  }
};

// Three large arrays, with room for the first columns of offset Views, and one value a row.
class Arrays {
 public:
  // elements a problem, or where that is 0, bytes an array
  Arrays(std::int64_t elements, std::int64_t bytes, std::int64_t least_columns)
      : elements_(elements), bytes_(bytes), rows_((elements > 0 ? elements : bytes / 2) / least_columns) {
    const std::int64_t all = (elements > 0 ? elements * 8 : bytes) / 8 * 9 + 4096;
    const auto uninitialized = Kokkos::view_alloc("KokkosQuantPerf::array", Kokkos::WithoutInitializing);
    for (auto& array : arrays_) array = Kokkos::View<char*, Memory>(uninitialized, extent(all));
    scales_ = Kokkos::View<double*, Memory>("KokkosQuantPerf::scale", extent(rows_));
    zero_points_ = Kokkos::View<int*, Memory>("KokkosQuantPerf::zero_point", extent(rows_));
  }

  // Elements of a problem: a fixed number, or as many as fill a fixed number of bytes an array.
  template <class T>
  std::int64_t elements() const {
    return elements_ > 0 ? elements_ : bytes_ / static_cast<std::int64_t>(sizeof(T));
  }

  // dy, x and dx, or others, by number
  template <class T, class Layout>
  auto matrix(int which, Layout, std::int64_t rows, std::int64_t columns) const {
    return Layout::view(data<T>(which), rows, columns);
  }
  template <class T>
  T* data(int which) const {
    return reinterpret_cast<T*>(arrays_[which].data());
  }
  template <class T>
  auto scales(std::int64_t rows) const {
    return Kokkos::View<T*, Memory, Unmanaged>(reinterpret_cast<T*>(scales_.data()), extent(rows));
  }
  auto zero_points(std::int64_t rows) const { return Kokkos::View<int*, Memory, Unmanaged>(zero_points_.data(), extent(rows)); }

  template <class T>
  void fill() {
    if (filled_with_ == type_name<T>) return;
    filled_with_ = type_name<T>;
    using Policy = Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>;
    const auto all = static_cast<std::int64_t>(arrays_[0].extent(0) / sizeof(T));
    Kokkos::parallel_for("KokkosQuantPerf::data", Policy(0, all), FillData<T>{data<T>(0), data<T>(1)});
    Kokkos::parallel_for("KokkosQuantPerf::rows", Policy(0, rows_), FillRows<T>{scales<T>(rows_).data(), zero_points_.data()});
    Kokkos::fence();
  }

 private:
  std::int64_t elements_, bytes_, rows_;
  Kokkos::View<char*, Memory> arrays_[3];
  Kokkos::View<double*, Memory> scales_;
  Kokkos::View<int*, Memory> zero_points_;
  std::string filled_with_;
};

// Some positions of an N x D array, the corners among them.
inline std::vector<std::pair<std::int64_t, std::int64_t>> sample(std::int64_t rows, std::int64_t columns) {
  std::vector<std::pair<std::int64_t, std::int64_t>> positions{
      {0, 0}, {0, columns - 1}, {rows - 1, 0}, {rows - 1, columns - 1}};
  for (std::int64_t j = 1; j < 29; ++j) positions.emplace_back(j * 7919 * 104729 % rows, j * 1299709 % columns);
  return positions;
}
template <class View>
auto element(const View& view, std::int64_t row, std::int64_t column) {
  typename View::non_const_value_type value;
  Kokkos::deep_copy(value, Kokkos::subview(view, row, column));
  return value;
}

}  // namespace KokkosQuantPerf
