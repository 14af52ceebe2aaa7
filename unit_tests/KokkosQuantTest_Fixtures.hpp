// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What the unit tests share: lists of types, arrays of every layout that are filled and looked at on the host.
#pragma once

#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace KokkosQuantTest {

using KokkosQuant::bfloat16_t;
using KokkosQuant::half_t;

// ---------------------------------------------------------------------------------------------------------- type lists

template <class... Lists>
struct Concat;
template <>
struct Concat<> {
  using type = ::testing::Types<>;
};
template <class... A>
struct Concat<::testing::Types<A...>> {
  using type = ::testing::Types<A...>;
};
template <class... A, class... B, class... Rest>
struct Concat<::testing::Types<A...>, ::testing::Types<B...>, Rest...> : Concat<::testing::Types<A..., B...>, Rest...> {};
template <class... Lists>
using Concat_t = typename Concat<Lists...>::type;

/// The execution spaces that this Kokkos was built with and that the library supports.
using HostExecutionSpaces = Concat_t<
#ifdef KOKKOS_ENABLE_SERIAL
    ::testing::Types<Kokkos::Serial>,
#endif
#ifdef KOKKOS_ENABLE_OPENMP
    ::testing::Types<Kokkos::OpenMP>,
#endif
    ::testing::Types<>>;
#ifdef KOKKOS_ENABLE_CUDA
using ExecutionSpaces = Concat_t<HostExecutionSpaces, ::testing::Types<Kokkos::Cuda>>;
#else
using ExecutionSpaces = HostExecutionSpaces;
#endif

using ElementTypes = ::testing::Types<double, float, half_t, bfloat16_t>;

template <template <class> class Cases, class Spaces>
struct OverSpaces;
template <template <class> class Cases, class... Exec>
struct OverSpaces<Cases, ::testing::Types<Exec...>> {
  using type = Concat_t<Cases<Exec>...>;
};
/// Cases<Exec> is a ::testing::Types for one space; this is their union over all spaces.
template <template <class> class Cases>
using OverSpaces_t = typename OverSpaces<Cases, ExecutionSpaces>::type;
/// With the default execution space alone: for what is tested with one element type over all of them. (Spaces of the host share
/// their kernels; the golden hashes hold every op to the same bits on each.)
template <template <class> class Cases>
using OnDefaultSpace_t = Cases<Kokkos::DefaultExecutionSpace>;
template <template <class> class Cases>
using OverHostSpaces_t = typename OverSpaces<Cases, HostExecutionSpaces>::type;

template <class Layout>
constexpr const char* layout_name() {
  return std::is_same_v<Layout, Kokkos::LayoutRight> ? "Right" : std::is_same_v<Layout, Kokkos::LayoutLeft> ? "Left" : "Stride";
}

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, double>) return "double";
  if constexpr (std::is_same_v<T, float>) return "float";
  if constexpr (std::is_same_v<T, half_t>) return "half";
  if constexpr (std::is_same_v<T, bfloat16_t>) return "bfloat16";
  if constexpr (std::is_same_v<T, std::int8_t>) return "int8";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "uint8";
  return "other";
}

/// Names for TYPED_TEST_SUITE(Suite, List, CaseNames): Case::name() where the case has one, else the space's name.
struct CaseNames {
  template <class Case>
  static std::string GetName(int) {
    if constexpr (requires { Case::name(); })
      return Case::name();
    else
      return Case::execution_space::name();
  }
};

// ---------------------------------------------------------------------------------------------------------------
// arrays

/// Where a Matrix lies in its storage, in elements. The storage around and between its rows holds guard values.
struct Placement {
  std::size_t offset = 0;  ///< before the first element: a misaligned start
  std::size_t pad = 0;     ///< behind every row (LayoutLeft: every column)
  std::size_t step = 1;    ///< from one column to the next, LayoutStride only
};

template <class T>
T guard_value() {
  T guard;
  std::memset(static_cast<void*>(&guard), 0xA5, sizeof(T));
  return guard;
}

/// A 2-D array of Exec's memory with its copy on the host, guard values included.
///
/// Fill it with m(row, column) = ..., then to_device(), hand view() or const_view() to a plan, then to_host(). host()
/// is the whole storage: comparing all of it shows what was written outside.
template <class T, class Layout, class Exec>
class Matrix {
 public:
  using memory_space = typename Exec::memory_space;
  using view_type = Kokkos::View<T**, Layout, memory_space>;
  using const_view_type = Kokkos::View<const T**, Layout, memory_space>;
  using storage_type = Kokkos::View<T*, Kokkos::LayoutRight, memory_space>;

  Matrix(std::size_t rows, std::size_t columns, Placement placement = {})
      : rows_(rows), columns_(columns), offset_(placement.offset) {
    if constexpr (std::is_same_v<Layout, Kokkos::LayoutLeft>) {
      row_stride_ = 1;
      column_stride_ = rows + placement.pad;
    } else {
      column_stride_ = std::is_same_v<Layout, Kokkos::LayoutStride> ? placement.step : 1;
      row_stride_ = columns * column_stride_ + placement.pad;
    }
    const std::size_t tail = 67;  // guards behind the last row, more than any vector is long
    const std::size_t size = offset_ + rows * row_stride_ + columns * column_stride_ + tail;
    storage_ = storage_type(Kokkos::view_alloc(Kokkos::WithoutInitializing, std::string("KokkosQuantTest::Matrix")), size);
    host_.assign(size, guard_value<T>());
  }

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t index(std::size_t row, std::size_t column) const { return offset_ + row * row_stride_ + column * column_stride_; }
  T& operator()(std::size_t row, std::size_t column) { return host_[index(row, column)]; }
  const T& operator()(std::size_t row, std::size_t column) const { return host_[index(row, column)]; }
  std::vector<T>& host() { return host_; }
  const std::vector<T>& host() const { return host_; }

  view_type view() const { return make<view_type>(); }
  const_view_type const_view() const { return view(); }

  void fill(const std::vector<T>& row_major) {
    for (std::size_t n = 0; n < rows_; ++n)
      for (std::size_t d = 0; d < columns_; ++d) (*this)(n, d) = row_major[n * columns_ + d];
  }
  void to_device() { Kokkos::deep_copy(storage_, host_view()); }
  void to_host() { Kokkos::deep_copy(host_view(), storage_); }

 private:
  using host_view_type = Kokkos::View<T*, Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  host_view_type host_view() { return host_view_type(host_.data(), host_.size()); }

  template <class V>
  V make() const {
    T* const first = storage_.data() + offset_;
    if constexpr (std::is_same_v<Layout, Kokkos::LayoutStride>) {
      return V(first, Kokkos::LayoutStride(rows_, row_stride_, columns_, column_stride_));
    } else {
      // A wider array's columns (rows): the view keeps its layout and gets the padded stride.
      const std::size_t height = std::is_same_v<Layout, Kokkos::LayoutLeft> ? column_stride_ : rows_;
      const std::size_t width = std::is_same_v<Layout, Kokkos::LayoutLeft> ? columns_ : row_stride_;
      return V(Kokkos::subview(V(first, height, width), std::make_pair(std::size_t{0}, rows_),
                               std::make_pair(std::size_t{0}, columns_)));
    }
  }

  std::size_t rows_, columns_, offset_, row_stride_ = 0, column_stride_ = 0;
  storage_type storage_;
  std::vector<T> host_;
};

/// A 1-D array in Exec's memory with a host's values; Layout is LayoutRight, or LayoutStride for every step-th element.
template <class T, class Layout, class Exec>
class Vector {
 public:
  using view_type = Kokkos::View<T*, Layout, typename Exec::memory_space>;
  using const_view_type = Kokkos::View<const T*, Layout, typename Exec::memory_space>;

  explicit Vector(const std::vector<T>& values, Placement placement = {})
      : values_(1, std::is_same_v<Layout, Kokkos::LayoutStride> ? values.size() * placement.step : values.size(),
                Placement{placement.offset, 0, 1}),
        size_(values.size()),
        step_(std::is_same_v<Layout, Kokkos::LayoutStride> ? placement.step : 1) {
    for (std::size_t i = 0; i < size_; ++i) values_(0, i * step_) = values[i];
    values_.to_device();
  }
  view_type view() const {
    T* const first = values_.view().data();
    if constexpr (std::is_same_v<Layout, Kokkos::LayoutStride>)
      return view_type(first, Kokkos::LayoutStride(size_, step_));
    else
      return view_type(first, size_);
  }
  const_view_type const_view() const { return view(); }
  /// What it holds now.
  std::vector<T> values() {
    values_.to_host();
    std::vector<T> now;
    for (std::size_t i = 0; i < size_; ++i) now.push_back(values_(0, i * step_));
    return now;
  }

 private:
  Matrix<T, Kokkos::LayoutRight, Exec> values_;
  std::size_t size_, step_;
};

}  // namespace KokkosQuantTest
