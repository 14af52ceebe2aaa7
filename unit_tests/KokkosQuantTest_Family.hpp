// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What the tests of the op family share: the ops by granularity, arrays of any strides, packed ones too, and
/// problems that know the exact result of every op.
#pragma once

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"
#include "KokkosQuantTest_RowOps.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {

using KokkosQuant::Contract;
using KokkosQuant::PerBlock;
using KokkosQuant::PerChannel;
using KokkosQuant::PerGroup;
using KokkosQuant::PerTensor;
using KokkosQuant::PerToken;

// ---- the ops of a granularity -----------------------------------------------------------------------------------------

/// The family's names for one granularity, and args(op, members...), which puts the granularity itself behind them.
template <class Granularity>
struct Family;

#define KOKKOSQUANT_TEST_OP(Granularity, Op)                                      \
  template <class... V>                                                           \
  static auto args(const KokkosQuant::Op*, const Granularity& g, const V&... v) { \
    if constexpr (is_tiled<Granularity>)                                          \
      return KokkosQuant::Op##Args{v..., g};                                      \
    else                                                                          \
      return KokkosQuant::Op##Args{v...};                                         \
  }
#define KOKKOSQUANT_TEST_FAMILY(Granularity)                                       \
  template <>                                                                      \
  struct Family<Granularity> {                                                     \
    using Quantize = KokkosQuant::Quantize##Granularity;                           \
    using QuantizeBackward = KokkosQuant::Quantize##Granularity##Backward;         \
    using Dequantize = KokkosQuant::Dequantize##Granularity;                       \
    using DequantizeBackward = KokkosQuant::Dequantize##Granularity##Backward;     \
    using FakeQuantize = KokkosQuant::FakeQuantize##Granularity;                   \
    using FakeQuantizeBackward = KokkosQuant::FakeQuantize##Granularity##Backward; \
    using FakeQuantizeWithMask = KokkosQuant::FakeQuantize##Granularity##WithMask; \
    KOKKOSQUANT_TEST_OP(Granularity, Quantize##Granularity)                        \
    KOKKOSQUANT_TEST_OP(Granularity, Quantize##Granularity##Backward)              \
    KOKKOSQUANT_TEST_OP(Granularity, Dequantize##Granularity)                      \
    KOKKOSQUANT_TEST_OP(Granularity, Dequantize##Granularity##Backward)            \
    KOKKOSQUANT_TEST_OP(Granularity, FakeQuantize##Granularity)                    \
    KOKKOSQUANT_TEST_OP(Granularity, FakeQuantize##Granularity##Backward)          \
    KOKKOSQUANT_TEST_OP(Granularity, FakeQuantize##Granularity##WithMask)          \
  }

template <class Granularity>
inline constexpr bool is_tiled = std::is_same_v<Granularity, PerGroup> || std::is_same_v<Granularity, PerBlock>;

KOKKOSQUANT_TEST_FAMILY(PerTensor);
KOKKOSQUANT_TEST_FAMILY(PerChannel);
KOKKOSQUANT_TEST_FAMILY(PerToken);
KOKKOSQUANT_TEST_FAMILY(PerGroup);
KOKKOSQUANT_TEST_FAMILY(PerBlock);
#undef KOKKOSQUANT_TEST_FAMILY

/// The same for the ops that find scales from their data.
template <class Granularity>
struct DynamicFamily;
#define KOKKOSQUANT_TEST_DYNAMIC(Granularity)                                                 \
  template <>                                                                                 \
  struct DynamicFamily<Granularity> {                                                         \
    using Quantize = KokkosQuant::DynamicQuantize##Granularity;                               \
    using FakeQuantize = KokkosQuant::DynamicFakeQuantize##Granularity;                       \
    using QuantizeWithStatistics = KokkosQuant::DynamicQuantize##Granularity##WithStatistics; \
    KOKKOSQUANT_TEST_OP(Granularity, DynamicQuantize##Granularity)                            \
    KOKKOSQUANT_TEST_OP(Granularity, DynamicFakeQuantize##Granularity)                        \
    KOKKOSQUANT_TEST_OP(Granularity, DynamicQuantize##Granularity##WithStatistics)            \
  }
KOKKOSQUANT_TEST_DYNAMIC(PerTensor);
KOKKOSQUANT_TEST_DYNAMIC(PerChannel);
KOKKOSQUANT_TEST_DYNAMIC(PerToken);
KOKKOSQUANT_TEST_DYNAMIC(PerGroup);
KOKKOSQUANT_TEST_DYNAMIC(PerBlock);
#undef KOKKOSQUANT_TEST_DYNAMIC
#undef KOKKOSQUANT_TEST_OP

/// Elements that share a scale: rows x columns of them.
struct CellShape {
  std::size_t rows, columns;
};
inline CellShape cell_shape(PerTensor, std::size_t N, std::size_t D) { return {N, D}; }
inline CellShape cell_shape(PerChannel, std::size_t N, std::size_t) { return {N, 1}; }
inline CellShape cell_shape(PerToken, std::size_t, std::size_t D) { return {1, D}; }
inline CellShape cell_shape(PerGroup g, std::size_t, std::size_t) { return {1, static_cast<std::size_t>(g.columns)}; }
inline CellShape cell_shape(PerBlock b, std::size_t, std::size_t) {
  return {static_cast<std::size_t>(b.rows), static_cast<std::size_t>(b.columns)};
}

// ---- arrays -----------------------------------------------------------------------------------------------------------

enum class Order { right, left };

/// Where an Array lies: the order of its axes, elements before the first one, behind every line, and from one to the next.
struct Place {
  Order order = Order::right;
  std::size_t offset = 0, pad = 0, step = 1;
};
/// Aligned and packed densely, misaligned with gaps between the lines, and with gaps between the elements; each way around.
inline const std::vector<Place> places = {{},
                                          {Order::left},
                                          {Order::right, 1, 3},
                                          {Order::left, 1, 3},
                                          {Order::right, 3, 8},
                                          {Order::left, 5, 7},
                                          {Order::right, 0, 1, 2},
                                          {Order::left, 1, 0, 3}};
inline std::string describe(const Place& at) {
  return std::string(at.order == Order::left ? "left" : "right") + " offset " + std::to_string(at.offset) + " pad " +
         std::to_string(at.pad) + " step " + std::to_string(at.step);
}

/// A 2-D array of Exec's memory with a copy on the host, guard values around and between its elements.
template <class E, class Exec>
class Array {
 public:
  using memory_space = typename Exec::memory_space;

  Array(std::size_t rows, std::size_t columns, const Place& at) : rows_(rows), columns_(columns), offset_(at.offset) {
    const bool left = at.order == Order::left;
    (left ? row_stride_ : column_stride_) = at.step;
    (left ? column_stride_ : row_stride_) = (left ? rows : columns) * at.step + at.pad;
    const std::size_t tail = 67;  // guards behind the last line, more than any vector is long
    const std::size_t size = offset_ + rows * row_stride_ + columns * column_stride_ + tail;
    storage_ = Storage(Kokkos::view_alloc(Kokkos::WithoutInitializing, "KokkosQuantTest::Array"), size);
    host_.assign(size, guard_value<E>());
  }
  template <class At>
  Array(std::size_t rows, std::size_t columns, const Place& place, const At& at) : Array(rows, columns, place) {
    for (std::size_t n = 0; n < rows; ++n)
      for (std::size_t d = 0; d < columns; ++d) host_[index(n, d)] = at(n, d);
    to_device();
  }

  auto view() const {
    return Kokkos::View<E**, LayoutStride, memory_space>(storage_.data() + offset_,
                                                         LayoutStride(rows_, row_stride_, columns_, column_stride_));
  }
  auto const_view() const { return Kokkos::View<const E**, LayoutStride, memory_space>(view()); }
  /// The same as a line, where it has one row or one column.
  auto line() const {
    return Kokkos::View<const E*, LayoutStride, memory_space>(
        storage_.data() + offset_, LayoutStride(rows_ * columns_, columns_ == 1 ? row_stride_ : column_stride_));
  }
  void to_device() { Kokkos::deep_copy(storage_, HostStorage(host_.data(), host_.size())); }

  /// What it holds now, row by row.
  std::vector<E> values() {
    Kokkos::deep_copy(HostStorage(host_.data(), host_.size()), storage_);
    std::vector<E> now;
    for (std::size_t n = 0; n < rows_; ++n)
      for (std::size_t d = 0; d < columns_; ++d) now.push_back(host_[index(n, d)]);
    return now;
  }
  /// Its elements are at(row, column), and everything around them is as it was.
  template <class At, class Where>
  ::testing::AssertionResult holds(const At& at, const Where& where) {
    std::vector<E> expected = host_;
    for (std::size_t n = 0; n < rows_; ++n)
      for (std::size_t d = 0; d < columns_; ++d) expected[index(n, d)] = at(n, d);
    Kokkos::deep_copy(HostStorage(host_.data(), host_.size()), storage_);
    Mismatches mismatches;
    for (std::size_t i = 0; i < host_.size(); ++i)
      if (!same_bits(host_[i], expected[i])) mismatches.compare(host_[i], expected[i], [&] { return place_of(i, where); });
    return mismatches;
  }

 private:
  using Storage = Kokkos::View<E*, LayoutRight, memory_space>;
  using HostStorage = Kokkos::View<E*, LayoutRight, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  std::size_t index(std::size_t n, std::size_t d) const { return offset_ + n * row_stride_ + d * column_stride_; }
  template <class Where>
  std::string place_of(std::size_t i, const Where& where) const {
    for (std::size_t n = 0; n < rows_; ++n)
      for (std::size_t d = 0; d < columns_; ++d)
        if (index(n, d) == i) return where(n, d);
    return "outside, position " + std::to_string(i) + " of the storage";
  }

  std::size_t rows_, columns_, offset_, row_stride_ = 0, column_stride_ = 0;
  Storage storage_;
  std::vector<E> host_;
};

/// A View of scales or zero points as the granularity has it, of an Array of a value a cell.
template <class Granularity, class E, class Exec>
auto cells_view(const Array<E, Exec>& values) {
  if constexpr (is_tiled<Granularity>)
    return values.const_view();
  else
    return values.line();
}

/// The same, to be written.
template <class Granularity, class E, class Exec>
auto written_cells_view(const Array<E, Exec>& values) {
  const auto view = values.view();
  if constexpr (is_tiled<Granularity>)
    return view;
  else
    return Kokkos::View<E*, LayoutStride, typename Exec::memory_space>(
        view.data(), LayoutStride(view.size(), view.stride(view.extent(1) == 1 ? 0 : 1)));
}

// ---- packed codes -----------------------------------------------------------------------------------------------------

/// Which neighbours share a byte.
enum class Packing { across, down };
template <class P>
CellShape packed_shape(std::size_t N, std::size_t D, Packing packing) {
  const auto bytes = [](std::size_t n) { return (n + P::per_byte - 1) / P::per_byte; };
  return packing == Packing::across ? CellShape{N, bytes(D)} : CellShape{bytes(N), D};
}
/// The byte (row, column) of codes at(n, d), with zeros behind the end; written without the packed types' own set().
template <class P, class At>
P packed_byte(std::size_t row, std::size_t column, std::size_t N, std::size_t D, Packing packing, const At& at) {
  unsigned byte = 0;
  for (unsigned j = 0; j < P::per_byte; ++j) {
    const std::size_t n = packing == Packing::across ? row : row * P::per_byte + j;
    const std::size_t d = packing == Packing::across ? column * P::per_byte + j : column;
    const unsigned code = n < N && d < D ? static_cast<unsigned>(at(n, d)) : 0;
    byte |= (code & ((1u << P::bits) - 1)) << (j * P::bits);
  }
  return P{static_cast<std::uint8_t>(byte)};
}

/// What codes of Q look like in an array, packed or not.
template <class Q, class Exec, class At>
Array<Q, Exec> code_array(std::size_t N, std::size_t D, const Place& place, Packing packing, const At& at) {
  if constexpr (KokkosQuant::Impl::packed_type<Q>) {
    const CellShape shape = packed_shape<Q>(N, D, packing);
    return {shape.rows, shape.columns, place,
            [&](std::size_t row, std::size_t column) { return packed_byte<Q>(row, column, N, D, packing, at); }};
  } else {
    return {N, D, place, [&](std::size_t n, std::size_t d) { return static_cast<Q>(at(n, d)); }};
  }
}
template <class Q, class Exec>
Array<Q, Exec> empty_code_array(std::size_t N, std::size_t D, const Place& place, Packing packing) {
  CellShape shape{N, D};
  if constexpr (KokkosQuant::Impl::packed_type<Q>) shape = packed_shape<Q>(N, D, packing);
  Array<Q, Exec> array(shape.rows, shape.columns, place);
  array.to_device();
  return array;
}
template <class Q, class Exec, class At, class Where>
::testing::AssertionResult holds_codes(Array<Q, Exec>& array, std::size_t N, std::size_t D, Packing packing, const At& at,
                                       const Where& where) {
  if constexpr (KokkosQuant::Impl::packed_type<Q>)
    return array.holds([&](std::size_t row, std::size_t column) { return packed_byte<Q>(row, column, N, D, packing, at); },
                       [&](std::size_t row, std::size_t column) {
                         return where(packing == Packing::across ? row : row * Q::per_byte,
                                      packing == Packing::across ? column * Q::per_byte : column);
                       });
  else
    return array.holds([&](std::size_t n, std::size_t d) { return static_cast<Q>(at(n, d)); }, where);
}

// ---- problems ---------------------------------------------------------------------------------------------------------

/// What scales and zero points are drawn from. A zero point that needs double arithmetic sends its neighbours there too.
enum class Constants {
  tame,  ///< zero points are small: all of it goes in packs
  wild   ///< every fourth zero point is any integer
};

/// Inputs of all ops, and what these must make of them, all by the reference.
template <class T, class S>
struct FamilyProblem {
  using C = KokkosQuant::compute_t<T>;
  std::size_t N, D;
  CellShape cell;
  QuantizeDescriptor range;
  std::size_t cell_rows = 0, cell_columns = 0;
  std::vector<S> scale;  // a cell each, row by row
  std::vector<std::int32_t> zero_point;
  std::vector<T> x, gradient;        // an element each, row by row
  std::vector<std::int32_t> stored;  // codes that are read
  std::vector<std::int32_t> code;    // expected
  std::vector<bool> passes;
  std::vector<T> dequantized, fake_quantized, quantize_gradient, fake_gradient, dequantize_gradient;

  FamilyProblem(std::size_t rows, std::size_t columns, CellShape cell_, QuantizeDescriptor range_, Constants constants,
                std::uint64_t seed, const Contract& rules = {}, ZeroPoints zero = ZeroPoints::given,
                QuantizeDescriptor stored_range = {-128, 127})
      : N(rows), D(columns), cell(cell_), range(range_) {
    Random random(seed * 1000003 + N * 1009 + D);
    const auto up = [](std::size_t n, std::size_t by) { return by == 0 ? 1 : (n + by - 1) / by; };
    cell_rows = up(N, cell.rows), cell_columns = up(D, cell.columns);
    for (std::size_t i = 0; i < cell_rows * cell_columns; ++i) {
      const auto [s, z] = any_row<S>(random, zero);
      const bool tame = constants == Constants::tame && std::abs(std::int64_t{z}) > 1000;
      scale.push_back(s);
      zero_point.push_back(tame ? z % 50 : z);
    }
    for (std::size_t i = 0; i < N * D; ++i) {
      const std::size_t k = cell_of(i / D, i % D);
      const C s = static_cast<C>(to_double(scale[k]));
      const std::int32_t z = zero_point[k];
      const C x_i = static_cast<C>(to_double(add(x, any_of_cell(random, s, z, rules))));
      const C g = static_cast<C>(to_double(add(gradient, any_gradient(random))));
      stored.push_back(any_code(random, stored_range));
      code.push_back(reference_code(rules, x_i, s, z, range));
      passes.push_back(reference_passes(rules, x_i, s, z, range));
      add(dequantized, reference_dequantize(stored[i], s, z));
      add(fake_quantized, reference_dequantize(code[i], s, z));
      add(quantize_gradient, reference_masked(rules, passes[i], reference_quotient(g, s)));
      add(fake_gradient, reference_masked(rules, passes[i], g));
      add(dequantize_gradient, reference_product(g, s));
    }
  }

  /// The same rows again and again: large problems whose results are known soon. Cells that end within the rows end with them.
  void repeat(std::size_t times) {
    const auto again = [times](auto& values) {
      const auto once = values;
      for (std::size_t i = 1; i < times; ++i) values.insert(values.end(), once.begin(), once.end());
    };
    if (cell.rows == N)
      cell.rows *= times;
    else
      cell_rows *= times, again(scale), again(zero_point);
    N *= times;
    again(x), again(gradient), again(stored), again(code), again(passes);
    again(dequantized), again(fake_quantized), again(quantize_gradient), again(fake_gradient), again(dequantize_gradient);
  }

  std::size_t cell_of(std::size_t n, std::size_t d) const { return n / cell.rows * cell_columns + d / cell.columns; }
  template <class V>
  auto at(const V& values) const {
    return [&values, columns = D](std::size_t n, std::size_t d) { return values[n * columns + d]; };
  }
  template <class V>
  auto at_cell(const V& values) const {
    return [&values, columns = cell_columns](std::size_t n, std::size_t d) { return values[n * columns + d]; };
  }
  auto where() const {
    return [this](std::size_t n, std::size_t d) {
      const std::size_t i = n * D + d, k = cell_of(n, d);
      return "(" + std::to_string(n) + ", " + std::to_string(d) + ") of " + std::to_string(N) + " x " + std::to_string(D) +
             ", cells of " + std::to_string(cell.rows) + " x " + std::to_string(cell.columns) + ", x " + show(x[i]) +
             ", gradient " + show(gradient[i]) + ", stored " + show(stored[i]) + ", scale " + show(scale[k]) + ", zero_point " +
             show(zero_point[k]) + ", range " + show(range.q_min) + " .. " + show(range.q_max);
    };
  }

 private:
  static const T& add(std::vector<T>& to, C value) {
    to.push_back(reference_convert<T>(static_cast<double>(value)));
    return to.back();
  }
  // A code of a range, its ends and 0 among them often.
  static std::int32_t any_code(Random& random, QuantizeDescriptor from) {
    const auto size = static_cast<std::uint64_t>(std::int64_t{from.q_max} - from.q_min) + 1;
    const std::size_t kind = random.below(8);
    if (kind == 0) return from.q_min;
    if (kind == 1) return from.q_max;
    return static_cast<std::int32_t>(from.q_min + static_cast<std::int64_t>(random.bits() % size));
  }
  // An x that lies at, or up to 2 ulp beside, an integer or the middle between two: mostly near the ends of the range.
  C any_of_cell(Random& random, C s, std::int32_t z, const Contract& rules) const {
    static const std::vector<C> specials = special_values<C>();
    const std::size_t kind = random.below(16);
    if (kind == 0) return random.one_of(specials);
    if (kind == 1) return random.any<C>();
    const std::int64_t lo = std::int64_t{range.q_min} - z, hi = std::int64_t{range.q_max} - z;
    const auto near = static_cast<std::int64_t>(random.below(7)) - 3;
    const auto span = static_cast<std::uint64_t>(hi - lo) + 1;
    const std::int64_t i = kind < 6    ? lo + near
                           : kind < 10 ? hi + near
                           : kind < 13 ? lo + static_cast<std::int64_t>(random.bits() % span)
                                       : near;
    const C half = random.below(2) == 0 ? C(0.5) : C(0);
    C value = (static_cast<C>(i) + half) * s;
    if (rules.zero_point == KokkosQuant::ZeroPointRule::inside_rounding && random.below(2) == 0)
      value = static_cast<C>(i) * s + half * s;
    for (std::size_t ulps = random.below(3), away = random.below(2); ulps > 0; --ulps)
      value = std::nextafter(value, away == 0 ? -std::numeric_limits<C>::infinity() : std::numeric_limits<C>::infinity());
    return value;
  }
  static C any_gradient(Random& random) {
    static const std::vector<C> specials = special_values<C>();
    const std::size_t kind = random.below(8);
    return kind == 0 ? random.one_of(specials) : kind == 1 ? random.any<C>() : static_cast<C>(random.uniform(-3, 3));
  }
};

// ---- runs -------------------------------------------------------------------------------------------------------------

/// Places of an op's arrays, and what is asked of the plan. Packed arrays lie as the first output does.
struct Setting {
  Place in, other, out, cells;
  Packing packing = Packing::across;
  Mapping mapping = Mapping::automatic;
};
inline std::string describe(const Setting& s) {
  return "in " + describe(s.in) + ", other " + describe(s.other) + ", out " + describe(s.out) + ", cells " + describe(s.cells) +
         (s.packing == Packing::down ? ", packed down" : ", packed across") + ", asked for " +
         KokkosQuant::to_string(s.mapping);
}
/// Settings by number: alike places for all arrays first, then mixed ones; packed along the contiguous axis, or not.
inline Setting setting(std::size_t i) {
  Setting s;
  const std::size_t kinds = places.size();
  s.in = s.other = s.out = places[i % kinds];
  if (i / kinds % 2 == 1) {
    s.other = places[(i + 2) % kinds];
    s.out = places[(i + 5) % kinds];
  }
  s.cells = i % 2 == 0 ? Place{} : i % 4 == 1 ? Place{Order::left, 1, 2} : Place{Order::right, 2, 1, 3};
  const bool left = s.in.order == Order::left;
  s.packing = left != (i % 7 == 6) ? Packing::down : Packing::across;
  s.mapping = mappings[i / 3 % mappings.size()];
  return s;
}
inline constexpr std::size_t setting_count = 48;

/// The ops of a granularity on a problem; each checks all of what it wrote.
template <class Granularity, class Exec, class T, class S, class Descriptor = QuantizeDescriptor,
          ZeroPoints Zero = ZeroPoints::given>
class FamilyRunner {
 public:
  using Ops = Family<Granularity>;
  using Problem = FamilyProblem<T, S>;

  FamilyRunner(const Problem& problem, const Granularity& granularity, const Setting& s)
      : p_(problem),
        granularity_(granularity),
        s_(s),
        range_(make_range(problem.range)),
        scale_(p_.cell_rows, p_.cell_columns, s.cells, p_.at_cell(p_.scale)),
        zero_point_(p_.cell_rows, p_.cell_columns, s.cells, p_.at_cell(p_.zero_point)) {}

  template <class Q>
  ::testing::AssertionResult quantize() {
    const auto x = in(p_.x);
    auto q = empty_code_array<Q, Exec>(p_.N, p_.D, s_.out, s_.packing);
    run<typename Ops::Quantize>(x.const_view(), scale(), zero_point(), q.view());
    return holds_codes(q, p_.N, p_.D, s_.packing, p_.at(p_.code), p_.where());
  }
  template <class Q>
  ::testing::AssertionResult dequantize() {
    const auto q = code_array<Q, Exec>(p_.N, p_.D, s_.in, s_.packing, p_.at(p_.stored));
    auto x = out();
    run<typename Ops::Dequantize>(q.const_view(), scale(), zero_point(), x.view());
    return holds(x, p_.dequantized);
  }
  /// in_place: which input the output is, 1 or 2, or 0 for none.
  ::testing::AssertionResult quantize_backward(int in_place = 0) {
    auto dy = in_place == 1 ? Data(p_.N, p_.D, s_.out, p_.at(p_.gradient)) : in(p_.gradient);
    auto x = Data(p_.N, p_.D, in_place == 2 ? s_.out : s_.other, p_.at(p_.x));
    auto dx = out();
    Data& written = in_place == 1 ? dy : in_place == 2 ? x : dx;
    run<typename Ops::QuantizeBackward>(dy.const_view(), x.const_view(), scale(), zero_point(), written.view());
    return holds(written, p_.quantize_gradient);
  }
  ::testing::AssertionResult fake_quantize(int in_place = 0) {
    auto x = in(p_.x);
    auto y = out();
    Data& written = in_place == 1 ? x : y;
    run<typename Ops::FakeQuantize>(x.const_view(), scale(), zero_point(), written.view());
    return holds(written, p_.fake_quantized);
  }
  ::testing::AssertionResult fake_quantize_backward(int in_place = 0) {
    auto dy = in_place == 1 ? Data(p_.N, p_.D, s_.out, p_.at(p_.gradient)) : in(p_.gradient);
    auto x = Data(p_.N, p_.D, in_place == 2 ? s_.out : s_.other, p_.at(p_.x));
    auto dx = out();
    Data& written = in_place == 1 ? dy : in_place == 2 ? x : dx;
    run<typename Ops::FakeQuantizeBackward>(dy.const_view(), x.const_view(), scale(), zero_point(), written.view());
    return holds(written, p_.fake_gradient);
  }
  /// Forward with mask, and the gradient from that mask.
  ::testing::AssertionResult with_mask(int in_place = 0) {
    using KokkosQuant::mask8_t;
    auto x = in(p_.x);
    auto y = out();
    auto mask = empty_code_array<mask8_t, Exec>(p_.N, p_.D, s_.other, s_.packing);
    Data& written = in_place == 1 ? x : y;
    run<typename Ops::FakeQuantizeWithMask>(x.const_view(), scale(), zero_point(), written.view(), mask.view());
    if (auto right = holds(written, p_.fake_quantized); !right) return right;
    if (auto right = holds_codes(mask, p_.N, p_.D, s_.packing, p_.at(p_.passes), p_.where()); !right)
      return right << "\n(the mask)";
    auto dy = in(p_.gradient);
    auto dx = out();
    Data& gradient = in_place == 1 ? dy : dx;
    launch<KokkosQuant::FakeQuantizeBackwardFromMask>(
        KokkosQuant::FakeQuantizeBackwardFromMaskArgs{dy.const_view(), mask.const_view(), gradient.view()});
    return holds(gradient, p_.fake_gradient) << "\n(from the mask)";
  }
  ::testing::AssertionResult dequantize_backward(int in_place = 0) {
    auto dx = in(p_.gradient);
    auto dq = out();
    Data& written = in_place == 1 ? dx : dq;
    const auto args = Ops::args(static_cast<const typename Ops::DequantizeBackward*>(nullptr), granularity_, dx.const_view(),
                                scale(), written.view());
    launch<typename Ops::DequantizeBackward>(args);
    return holds(written, p_.dequantize_gradient);
  }
  /// The gradient from codes as Quantize gives them: nothing passes at the ends of the range.
  template <class Q>
  ::testing::AssertionResult gradient_from_codes() {
    const auto q = code_array<Q, Exec>(p_.N, p_.D, s_.other, s_.packing, p_.at(p_.code));
    const auto dy = in(p_.gradient);
    auto dx = out();
    launch<KokkosQuant::FakeQuantizeBackwardFromCodes>(
        KokkosQuant::FakeQuantizeBackwardFromCodesArgs{dy.const_view(), q.const_view(), dx.view()});
    return dx.holds(
        [&](std::size_t n, std::size_t d) {
          const std::int32_t code = p_.code[n * p_.D + d];
          const T gradient = p_.gradient[n * p_.D + d];
          return code > p_.range.q_min && code < p_.range.q_max ? gradient : reference_convert<T>(0.0);
        },
        p_.where());
  }

 private:
  using Data = Array<T, Exec>;

  static Descriptor make_range(QuantizeDescriptor range) { return Descriptor{range.q_min, range.q_max}; }
  Data in(const std::vector<T>& values) const { return Data(p_.N, p_.D, s_.in, p_.at(values)); }
  Data out() const {
    Data array(p_.N, p_.D, s_.out);
    array.to_device();
    return array;
  }
  ::testing::AssertionResult holds(Data& array, const std::vector<T>& expected) const {
    return array.holds(p_.at(expected), p_.where());
  }
  auto scale() const { return cells_view<Granularity>(scale_); }
  auto zero_point() const {
    if constexpr (Zero == ZeroPoints::none)
      return KokkosQuant::no_zero_point;
    else
      return cells_view<Granularity>(zero_point_);
  }
  template <class Op, class... V>
  void run(const V&... v) const {
    launch<Op>(Ops::args(static_cast<const Op*>(nullptr), granularity_, v...));
  }
  template <class Op, class Args>
  void launch(const Args& args) const {
    const Exec exec{};
    KokkosQuant::select<Op>(exec, range_, args, {s_.mapping}).run();
    exec.fence();
  }

  const Problem& p_;
  Granularity granularity_;
  Setting s_;
  Descriptor range_;
  Array<S, Exec> scale_;
  Array<std::int32_t, Exec> zero_point_;
};

}  // namespace KokkosQuantTest
