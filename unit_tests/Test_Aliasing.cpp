// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which arguments may share memory. An output may be exactly an input of its element type (backward: dy or x) and
// shares no byte with anything else, itself included; what is only read may overlap as it likes.
//
// can_implement reads no element, so most arrays here are addresses without memory.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "KokkosQuantTest_Problems.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {
namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;
using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
template <class T>
using Array2 = Kokkos::View<T**, Kokkos::LayoutStride, Memory, Unmanaged>;
template <class T>
using Array1 = Kokkos::View<T*, Kokkos::LayoutStride, Memory, Unmanaged>;

// An array of N x D (or N) elements, some bytes behind a common origin; strides in elements.
struct Place {
  std::size_t bytes, stride0, stride1 = 0;
};
constexpr std::uintptr_t origin = std::uintptr_t{1} << 40;
template <class T>
Array2<T> array(std::size_t rows, std::size_t columns, Place p) {
  return Array2<T>(reinterpret_cast<T*>(origin + p.bytes), Kokkos::LayoutStride(rows, p.stride0, columns, p.stride1));
}
template <class T>
Array1<T> array(std::size_t rows, Place p) {
  return Array1<T>(reinterpret_cast<T*>(origin + p.bytes), Kokkos::LayoutStride(rows, p.stride0));
}
// Far from all others, and from each other.
constexpr Place apart(std::size_t which, std::size_t stride0) { return {which << 56, stride0, 1}; }

constexpr QuantizeDescriptor range{-8, 7};

// The verdict for backward arrays of T; what is not given lies apart.
template <class T = float>
struct Backward {
  std::size_t rows, columns;
  Place dx;
  Place dy = apart(1, columns), x = apart(2, columns), scale = apart(3, 1), zero_point = apart(4, 1);

  KokkosQuant::Status status() const {
    return KokkosQuant::can_implement<QuantizePerTokenBackward>(
        Exec(), range,
        KokkosQuant::QuantizePerTokenBackwardArgs{array<T>(rows, columns, dy), array<T>(rows, columns, x),
                                                  array<T>(rows, scale), array<int>(rows, zero_point),
                                                  array<T>(rows, columns, dx)});
  }
};
template <class T = float, class Q = std::int8_t>
struct Forward {
  std::size_t rows, columns;
  Place q;
  Place x = apart(2, columns), scale = apart(3, 1), zero_point = apart(4, 1);

  KokkosQuant::Status status() const {
    return KokkosQuant::can_implement<QuantizePerToken>(
        Exec(), {0, 7},
        KokkosQuant::QuantizePerTokenArgs{array<T>(rows, columns, x), array<T>(rows, scale), array<int>(rows, zero_point),
                                          array<Q>(rows, columns, q)});
  }
};
template <class T = float, class Q = std::int8_t>
struct Back {
  std::size_t rows, columns;
  Place x;
  Place q = apart(2, columns), scale = apart(3, 1), zero_point = apart(4, 1);

  KokkosQuant::Status status() const {
    return KokkosQuant::can_implement<DequantizePerToken>(
        Exec(), {0, 7},
        KokkosQuant::DequantizePerTokenArgs{array<Q>(rows, columns, q), array<T>(rows, scale), array<int>(rows, zero_point),
                                            array<T>(rows, columns, x)});
  }
};

template <class Case>
void expect_accepted(const Case& c) {
  const KokkosQuant::Status status = c.status();
  EXPECT_TRUE(status) << status.message();
}
// The message names both arrays (one, where the output meets itself).
template <class Case>
void expect_refused(const Case& c, const std::string& out, const std::string& other) {
  const KokkosQuant::Status status = c.status();
  EXPECT_FALSE(status);
  EXPECT_EQ(status.message().find(out + " is written"), 0u) << status.message();
  EXPECT_NE(status.message().find(other), std::string::npos) << "no '" << other << "' in: " << status.message();
}

// ---------------------------------------------------------------------------------------------------- backward, in
// place

constexpr std::size_t N = 6, D = 10;
constexpr std::size_t size_f = sizeof(float);

TEST(Aliasing, DxMayBeExactlyDyOrX) {
  const Place p{0, 10, 1};
  expect_accepted(Backward<>{.rows = N, .columns = D, .dx = p, .dy = p});
  expect_accepted(Backward<>{.rows = N, .columns = D, .dx = p, .x = p});
  expect_accepted(Backward<>{.rows = N, .columns = D, .dx = p, .dy = p, .x = p});
  for (const Place& q : {Place{size_f, 11, 1}, Place{0, 1, 6}, Place{0, 40, 3}})  // padded, LayoutLeft, strided
    expect_accepted(Backward<>{.rows = N, .columns = D, .dx = q, .dy = q, .x = q});
}

TEST(Aliasing, DxMayNotBeAlmostDyOrX) {
  const Place p{1000, 10, 1};
  for (const Place& other : {Place{1000 + size_f, 10, 1},                                // the next element
                             Place{1000 - size_f, 10, 1},                                // the one before
                             Place{1000 + 10 * size_f, 10, 1},                           // the next row
                             Place{1000 + 50 * size_f, 10, 1},                           // the last row
                             Place{1000, 1, 6},                                          // transposed
                             Place{1000, 11, 1},                                         // other strides
                             Place{1000, 20, 1}, Place{1000, 20, 2}, Place{1000, 0, 1},  // the first row, for all rows
                             Place{1000, 10, 0},                                         // the first column, for all columns
                             Place{1000, 0, 0},                                          // one element, for all
                             Place{1000 + 59 * size_f, 0, 0},                            // the last element, for all
                             Place{1000 + 59 * size_f, 100, 7}}) {
    SCOPED_TRACE(std::to_string(other.bytes) + " " + std::to_string(other.stride0) + " " + std::to_string(other.stride1));
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = p, .dy = other}, "dx", "dy");
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = p, .x = other}, "dx", "x");
    // Exactly dy and not quite x, and the other way round.
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = p, .dy = p, .x = other}, "dx", "x");
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = p, .dy = other, .x = p}, "dx", "dy");
  }
  // Beside it, and not in it.
  expect_accepted(Backward<>{.rows = N, .columns = D, .dx = p, .dy = {1000 + 60 * size_f, 10, 1}});
  expect_accepted(Backward<>{.rows = N, .columns = D, .dx = p, .dy = {1000 - 60 * size_f, 10, 1}});
  expect_refused(Backward<>{.rows = N, .columns = D, .dx = p, .dy = {1000 - 59 * size_f, 10, 1}}, "dx", "dy");
}

TEST(Aliasing, StridesOfOneElementDoNotMatter) {
  expect_accepted(Backward<>{.rows = 1, .columns = D, .dx = {0, 10, 1}, .dy = {0, 77, 1}, .x = {0, 0, 1}});
  expect_accepted(Backward<>{.rows = N, .columns = 1, .dx = {0, 10, 1}, .dy = {0, 10, 5}, .x = {0, 10, 0}});
  expect_accepted(Backward<>{.rows = 1, .columns = 1, .dx = {0, 0, 0}, .dy = {0, 10, 5}, .x = {0, 3, 4}});
  expect_refused(Backward<>{.rows = 1, .columns = D, .dx = {0, 10, 1}, .dy = {0, 10, 2}}, "dx", "dy");
  expect_refused(Backward<>{.rows = N, .columns = 1, .dx = {0, 10, 1}, .dy = {0, 11, 1}}, "dx", "dy");
}

// ---------------------------------------------------------------------------------------- an output that meets itself

TEST(Aliasing, AnOutputHasAPlaceForEachElement) {
  for (const Place& p : {Place{0, 0, 1}, Place{0, 1, 0}, Place{0, 0, 0}, Place{0, 1, 1}, Place{0, 9, 1}, Place{0, 1, 5},
                         Place{0, 3, 2},    // 2 rows on is 3 columns on
                         Place{0, 10, 4}})  // 2 rows, 5 columns
  {
    SCOPED_TRACE(std::to_string(p.stride0) + " " + std::to_string(p.stride1));
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = p}, "dx", "strides " + std::to_string(p.stride0));
    expect_refused(Forward<>{.rows = N, .columns = D, .q = p}, "q", "strides " + std::to_string(p.stride0));
    expect_refused(Back<>{.rows = N, .columns = D, .x = p}, "x", "strides " + std::to_string(p.stride0));
    // In place does not make it better.
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = p, .dy = p, .x = p}, "dx", "strides");
  }
  for (const Place& p : {Place{0, 10, 1}, Place{0, 1, 6}, Place{0, 100, 10}, Place{0, 19, 2},
                         Place{0, 13, 7},   // meets after 7 rows and 13 columns
                         Place{0, 11, 6}})  // after 6 rows and 11 columns
  {
    SCOPED_TRACE(std::to_string(p.stride0) + " " + std::to_string(p.stride1));
    expect_accepted(Backward<>{.rows = N, .columns = D, .dx = p});
    expect_accepted(Forward<>{.rows = N, .columns = D, .q = p});
    expect_accepted(Back<>{.rows = N, .columns = D, .x = p});
  }
  expect_accepted(Backward<>{.rows = 1, .columns = D, .dx = {0, 0, 1}});
  expect_accepted(Backward<>{.rows = N, .columns = 1, .dx = {0, 1, 0}});
  expect_accepted(Backward<>{.rows = 0, .columns = D, .dx = {0, 0, 0}});
}

// ------------------------------------------------------------------------------------------------------ scale, zero
// point

TEST(Aliasing, AnOutputLiesApartFromScalesAndZeroPoints) {
  const Place out{1 << 20, 10, 1};
  const auto expect_both = [&](const auto& c, const std::string& name) {
    const auto at = [&](std::size_t bytes, std::size_t stride) {
      auto with_scale = c, with_zero_point = c;
      with_scale.scale = with_zero_point.zero_point = {out.bytes + bytes, stride};
      return std::pair{with_scale, with_zero_point};
    };
    using Out = decltype(c);
    constexpr std::size_t size = std::is_same_v<Out, const Forward<>&> ? 1 : size_f;
    const std::size_t last = 59 * size;
    // its first element, its last one, the last value beside its first, all values one of its elements, a column of it
    for (const auto& [bytes, stride] : {std::pair<std::size_t, std::size_t>{0, 1},
                                        {last / 4 * 4, 1},
                                        {std::size_t{0} - 5 * size_f, 1},
                                        {last / 4 * 4, 0},
                                        {0, 10},
                                        {std::size_t{0} - 500 * size_f, 100}}) {
      const auto [with_scale, with_zero_point] = at(bytes, stride);
      expect_refused(with_scale, name, "scale");
      expect_refused(with_zero_point, name, "zero_point");
    }
    // behind it, before it, and between its elements in a padded array
    for (const auto& [bytes, stride] : {std::pair<std::size_t, std::size_t>{60 * size, 1},
                                        {std::size_t{0} - 6 * size_f, 1},
                                        {std::size_t{0} - 600 * size_f, 100}}) {
      const auto [with_scale, with_zero_point] = at(bytes, stride);
      expect_accepted(with_scale);
      expect_accepted(with_zero_point);
    }
    auto padded = c;
    (std::is_same_v<Out, const Forward<>&> ? padded.scale : padded.zero_point) = {out.bytes + 12 * size_f, 16};
    const auto widen = [](auto& place) { place.stride0 = 64; };
    if constexpr (requires { padded.dx; })
      widen(padded.dx);
    else if constexpr (std::is_same_v<Out, const Forward<>&>)
      widen(padded.q);
    else
      widen(padded.x);
    padded.scale = {out.bytes + 40, size == 1 ? 16u : 64u};  // one value a row, behind its columns
    padded.zero_point = {out.bytes + 44, size == 1 ? 16u : 64u};
    expect_accepted(padded);
    padded.scale = {out.bytes + 9 * size / 4 * 4, size == 1 ? 16u : 64u};  // ... in its last column
    expect_refused(padded, name, "scale");
  };
  expect_both(Backward<>{.rows = N, .columns = D, .dx = out}, "dx");
  expect_both(Forward<>{.rows = N, .columns = D, .q = out}, "q");
  expect_both(Back<>{.rows = N, .columns = D, .x = out}, "x");
}

// The arguments of N x 1 arrays have as many elements as the scales: still not in place.
TEST(Aliasing, ScalesAreNeverInPlace) {
  const Place p{0, 1, 1};
  expect_refused(Backward<>{.rows = N, .columns = 1, .dx = p, .scale = p}, "dx", "scale");
  expect_refused(Back<>{.rows = N, .columns = 1, .x = p, .scale = p}, "x", "scale");
}

// ------------------------------------------------------------------------------------------------------- codes and
// data

TEST(Aliasing, CodesAreNeverInPlace) {
  const Place p{0, 10, 1};
  expect_refused(Forward<>{.rows = N, .columns = D, .q = p, .x = p}, "q", "x");
  expect_refused(Back<>{.rows = N, .columns = D, .x = p, .q = p}, "x", "q");
  expect_refused(Forward<>{.rows = 1, .columns = 1, .q = p, .x = p}, "q", "x");
  // The bytes of one element are its own, also for codes that would fit between two rows of addresses.
  for (std::size_t byte = 0; byte < 4; ++byte) {
    expect_refused(Forward<>{.rows = 1, .columns = 1, .q = {byte, 1, 1}, .x = {0, 1, 1}}, "q", "x");
    expect_refused(Back<>{.rows = 1, .columns = 1, .x = {0, 1, 1}, .q = {byte, 1, 1}}, "x", "q");
  }
  expect_accepted(Forward<>{.rows = 1, .columns = 1, .q = {4, 1, 1}, .x = {0, 1, 1}});
  expect_accepted(Forward<>{.rows = 1, .columns = 1, .q = {7, 1, 1}, .x = {8, 1, 1}});
}

TEST(Aliasing, CodesMayLieInThePaddingOfRows) {
  // Rows of 10 floats at a distance of 13; 10 codes behind them, in 12 bytes.
  const Place x{0, 13, 1};
  for (const std::size_t first : {40u, 41u, 42u}) {
    expect_accepted(Forward<>{.rows = N, .columns = D, .q = {first, 52, 1}, .x = x});
    expect_accepted(Back<>{.rows = N, .columns = D, .x = x, .q = {first, 52, 1}});
  }
  for (const std::size_t first : {39u, 43u}) {
    expect_refused(Forward<>{.rows = N, .columns = D, .q = {first, 52, 1}, .x = x}, "q", "x");
    expect_refused(Back<>{.rows = N, .columns = D, .x = x, .q = {first, 52, 1}}, "x", "q");
  }
}

// ------------------------------------------------------------------------------------------- a span but no element
// shared

TEST(Aliasing, BlocksOfOneArrayAreAccepted) {
  const std::size_t f = size_f;
  const auto accept = [](Place dx, Place dy, Place x) {
    expect_accepted(Backward<>{.rows = N, .columns = D, .dx = dx, .dy = dy, .x = x});
  };
  accept({20 * f, 30, 1}, {0, 30, 1}, {10 * f, 30, 1});  // three blocks of columns
  accept({0, 3, 24}, {f, 3, 24}, {2 * f, 3, 24});        // rows of LayoutLeft, interleaved
  accept({f, 30, 3}, {0, 30, 3}, {2 * f, 30, 3});        // columns, interleaved
  accept({10 * f, 20, 1}, {0, 20, 1}, {0, 20, 1});       // rows, interleaved
  accept({f, 20, 2}, {0, 20, 2}, {0, 10, 2});            // odd columns; even columns twice
  accept({0, 1, 18}, {6 * f, 1, 18}, {12 * f, 1, 18});   // blocks of rows of LayoutLeft
  const auto refuse = [](Place dx, Place dy) {
    expect_refused(Backward<>{.rows = N, .columns = D, .dx = dx, .dy = dy}, "dx", "dy");
  };
  refuse({20 * f, 30, 1}, {11 * f, 30, 1});  // blocks of columns that share one
  refuse({f, 30, 3}, {4 * f, 30, 3});        // the same columns, one later
  refuse({f, 20, 2}, {2 * f, 20, 3});        // every second and every third column
  refuse({10 * f, 20, 1}, {0, 10, 1});       // odd rows, all rows
}

TEST(Aliasing, InputsMayOverlapFreely) {
  const Place p{0, 10, 1};
  expect_accepted(
      Backward<>{.rows = N, .columns = D, .dx = {4096, 10, 1}, .dy = p, .x = p, .scale = {0, 1}, .zero_point = {0, 1}});
  expect_accepted(
      Backward<>{.rows = N, .columns = D, .dx = {4096, 10, 1}, .dy = p, .x = {4, 1, 6}, .scale = {0, 0}, .zero_point = {8, 0}});
  expect_accepted(Backward<>{.rows = N, .columns = D, .dx = {4096, 10, 1}, .dy = {0, 0, 0}, .x = {0, 0, 1}, .scale = {0, 3}});
  expect_accepted(
      Forward<>{.rows = N, .columns = D, .q = {4096, 10, 1}, .x = {0, 0, 0}, .scale = {0, 0}, .zero_point = {0, 0}});
  expect_accepted(Back<>{.rows = N, .columns = D, .x = {4096, 10, 1}, .q = {0, 0, 1}, .scale = {0, 0}, .zero_point = {0, 0}});
}

TEST(Aliasing, NothingIsSharedWhereThereIsNothing) {
  const Place p{0, 0, 0};
  expect_accepted(Backward<>{.rows = 0, .columns = D, .dx = p, .dy = {4, 1, 1}, .x = p, .scale = p, .zero_point = p});
  expect_accepted(Backward<>{.rows = N, .columns = 0, .dx = p, .dy = {4, 1, 1}, .x = p, .scale = p, .zero_point = p});
  expect_accepted(Forward<>{.rows = N, .columns = 0, .q = p, .x = p, .scale = p, .zero_point = p});
  expect_accepted(Back<>{.rows = 0, .columns = D, .x = p, .q = p, .scale = p, .zero_point = p});
}

// ------------------------------------------------------------------------------------------------------------ by
// counting

// Every byte of an array, once for each element that holds it.
std::vector<std::size_t> bytes_of(std::size_t size, std::size_t rows, std::size_t columns, Place p) {
  std::vector<std::size_t> bytes;
  for (std::size_t n = 0; n < rows; ++n)
    for (std::size_t d = 0; d < columns; ++d)
      for (std::size_t b = 0; b < size; ++b) bytes.push_back(p.bytes + (n * p.stride0 + d * p.stride1) * size + b);
  return bytes;
}
class Counted {
 public:
  Counted(std::size_t size, std::size_t rows, std::size_t columns, Place p)
      : bytes_(bytes_of(size, rows, columns, p)), size_(size), rows_(rows), columns_(columns), place_(p) {
    std::sort(bytes_.begin(), bytes_.end());
  }
  bool meets_itself() const { return std::adjacent_find(bytes_.begin(), bytes_.end()) != bytes_.end(); }
  bool meets(const Counted& other) const {
    std::vector<std::size_t> both;
    std::set_intersection(bytes_.begin(), bytes_.end(), other.bytes_.begin(), other.bytes_.end(), std::back_inserter(both));
    return !both.empty();
  }
  bool is(const Counted& other) const {
    return size_ == other.size_ && place_.bytes == other.place_.bytes &&
           (rows_ == 1 || place_.stride0 == other.place_.stride0) && (columns_ == 1 || place_.stride1 == other.place_.stride1);
  }

 private:
  std::vector<std::size_t> bytes_;
  std::size_t size_, rows_, columns_;
  Place place_;
};

// Strides 0 to 12, and all in a few hundred bytes: about half of these are refused for each reason.
struct RandomPlaces {
  Random random;
  std::size_t spread;  // of the first elements, in elements
  Place operator()(std::size_t size) { return {random.below(spread) * size, random.below(13), random.below(13)}; }
  // most outputs should not meet themselves, else nothing but that is tested
  Place out(std::size_t size, std::size_t rows, std::size_t columns) {
    Place p = (*this)(size);
    if (random.below(4) != 0) {
      p.stride1 = 1 + random.below(2);
      p.stride0 = columns * p.stride1 + random.below(4);
      if (random.below(3) == 0) p = {p.bytes, p.stride1, rows * p.stride1 + random.below(4)};
    }
    return p;
  }
};

struct Verdicts {
  int accepted = 0, refused = 0;
  void expect(bool free, const KokkosQuant::Status& status, const std::string& what) {
    ASSERT_EQ(static_cast<bool>(status), free) << what << "; " << status.message();
    // Small arrays are decided, never guessed.
    ASSERT_EQ(status.message().find("possibly"), std::string::npos) << what << "; " << status.message();
    ++(free ? accepted : refused);
  }
  ~Verdicts() {
    EXPECT_GT(accepted, 300);
    EXPECT_GT(refused, 300);
  }
};
std::string show(const char* name, Place p) {
  return std::string(name) + " +" + std::to_string(p.bytes) + " (" + std::to_string(p.stride0) + ", " +
         std::to_string(p.stride1) + ") ";
}

template <class T>
void count_backward(std::size_t spread) {
  RandomPlaces places{Random(spread), spread};
  Verdicts verdicts;
  for (int i = 0; i < 8000; ++i) {
    const std::size_t rows = 1 + places.random.below(5), columns = 1 + places.random.below(5);
    Backward<T> c{.rows = rows, .columns = columns, .dx = places.out(sizeof(T), rows, columns)};
    if (i % 5 != 1) c.dy = i % 5 == 0 ? c.dx : places(sizeof(T));
    if (i % 5 != 2) c.x = i % 5 == 3 ? c.dx : places(sizeof(T));
    if (i % 5 == 1) c.scale = places(sizeof(T));
    if (i % 5 == 2) c.zero_point = places(4);
    const Counted dx(sizeof(T), rows, columns, c.dx), dy(sizeof(T), rows, columns, c.dy), x(sizeof(T), rows, columns, c.x);
    const Counted scale(sizeof(T), rows, 1, c.scale), zero_point(4, rows, 1, c.zero_point);
    const bool free = !dx.meets_itself() && (dx.is(dy) || !dx.meets(dy)) && (dx.is(x) || !dx.meets(x)) && !dx.meets(scale) &&
                      !dx.meets(zero_point);
    verdicts.expect(free, c.status(),
                    std::to_string(rows) + " x " + std::to_string(columns) + " of " + std::to_string(sizeof(T)) + ": " +
                        show("dx", c.dx) + show("dy", c.dy) + show("x", c.x) + show("scale", c.scale) +
                        show("zero_point", c.zero_point));
    if (::testing::Test::HasFatalFailure()) return;
  }
}
TEST(Aliasing, BackwardAgreesWithCountingBytes) {
  for (const std::size_t spread : {8u, 40u, 200u}) {
    count_backward<double>(spread);
    count_backward<float>(spread);
    count_backward<half_t>(spread);
  }
}

template <template <class, class> class Op, class T, class Q, bool codes_out>
void count_codes(std::size_t spread) {
  RandomPlaces places{Random(spread), spread};
  Verdicts verdicts;
  for (int i = 0; i < 8000; ++i) {
    const std::size_t rows = 1 + places.random.below(5), columns = 1 + places.random.below(5);
    const auto place_q = [&] { return codes_out ? places.out(1, rows, columns) : places(1); };
    const auto place_x = [&] { return codes_out ? places(sizeof(T)) : places.out(sizeof(T), rows, columns); };
    Op<T, Q> c{};
    c.rows = rows;
    c.columns = columns;
    c.q = place_q();
    c.x = place_x();
    c.q.bytes *= sizeof(T);  // spread them as wide, but let them start at any byte
    c.q.bytes += places.random.below(sizeof(T));
    if (places.random.below(2) == 0) c.q.stride0 *= sizeof(T);
    c.scale = i % 4 == 0 ? places(sizeof(T)) : apart(3, 1);
    c.zero_point = i % 4 == 1 ? places(4) : apart(4, 1);
    if (i % 4 == 2) (codes_out ? c.x : c.q) = apart(5, columns);
    const Counted q(1, rows, columns, c.q), x(sizeof(T), rows, columns, c.x);
    const Counted scale(sizeof(T), rows, 1, c.scale), zero_point(4, rows, 1, c.zero_point);
    const Counted& out = codes_out ? q : x;
    const bool free = !out.meets_itself() && !q.meets(x) && !out.meets(scale) && !out.meets(zero_point);
    verdicts.expect(free, c.status(),
                    std::to_string(rows) + " x " + std::to_string(columns) + " of " + std::to_string(sizeof(T)) + ": " +
                        show("q", c.q) + show("x", c.x) + show("scale", c.scale) + show("zero_point", c.zero_point));
    if (::testing::Test::HasFatalFailure()) return;
  }
}
TEST(Aliasing, QuantizeAgreesWithCountingBytes) {
  for (const std::size_t spread : {8u, 40u}) {
    count_codes<Forward, double, std::int8_t, true>(spread);
    count_codes<Forward, float, std::uint8_t, true>(spread);
    count_codes<Forward, bfloat16_t, std::int8_t, true>(spread);
  }
}
TEST(Aliasing, DequantizeAgreesWithCountingBytes) {
  for (const std::size_t spread : {8u, 40u}) {
    count_codes<Back, double, std::uint8_t, false>(spread);
    count_codes<Back, float, std::int8_t, false>(spread);
    count_codes<Back, half_t, std::int8_t, false>(spread);
  }
}

// ----------------------------------------------------------------------------------------------------------- large
// arrays

// The quickest of a few: the machine may be busy.
template <class Case>
void expect_quick(const Case& c) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const KokkosQuant::Status status = c.status();
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  EXPECT_LT(best, 10.0) << "milliseconds";
}

TEST(Aliasing, LargeArraysAreDecidedByArithmetic) {
  const std::size_t n = std::size_t{1} << 20, f = size_f;
  const auto accept = [&](Place dx, Place dy) {
    const Backward<> c{.rows = n, .columns = n, .dx = dx, .dy = dy};
    expect_accepted(c);
    expect_quick(c);
  };
  const auto refuse = [&](Place dx, Place dy) {
    const Backward<> c{.rows = n, .columns = n, .dx = dx, .dy = dy};
    expect_refused(c, "dx", "dy");
    expect_quick(c);
  };
  const Place rows{0, n, 1};
  accept(rows, rows);
  accept(rows, {n * n * f, n, 1});
  refuse(rows, {n * n * f - f, n, 1});
  refuse(rows, {f, n, 1});
  refuse(rows, {0, 1, n});                         // transposed
  accept({0, 2 * n, 1}, {n * f, 2 * n, 1});        // blocks of columns
  refuse({0, 2 * n, 1}, {(n - 1) * f, 2 * n, 1});  // that share one
  accept({0, 2 * n, 2}, {f, 2 * n, 2});            // interleaved columns
  refuse({0, 2 * n, 2}, {f, 2 * n, 1});            // one of every column
  accept({0, 2 * n, 1}, {n * f, 2 * n, 1});        // interleaved rows
  accept({0, 1, 2 * n}, {n * f, 1, 2 * n});        // blocks of rows, LayoutLeft
  refuse({0, 1, 2 * n}, {(n - 1) * f, 1, 2 * n});
  accept({0, 3 * n, 3}, {2 * f, 3 * n, 3});
  refuse({0, n + 1, 1}, {0, n, 1});  // padded and not
  const std::size_t apart_by = n * n * 4 * f;
  accept({apart_by, 1, n}, {0, n, 1});  // one of each layout, apart

  // Does it meet itself?
  const auto alone = [&](Place dx, bool accepted) {
    const Backward<> c{.rows = n, .columns = n, .dx = dx};
    EXPECT_EQ(static_cast<bool>(c.status()), accepted) << c.status().message();
    expect_quick(c);
  };
  alone({0, n, 1}, true);
  alone({0, n - 1, 1}, false);
  alone({0, n + 1, 1}, true);
  alone({0, 1, n}, true);
  alone({0, 1, n - 1}, false);
  alone({0, 2 * n, 2}, true);
  alone({0, 2 * n - 1, 2}, true);  // 2 rows on would be 2n - 1 columns on
  alone({0, n - 1, 2}, false);     // 2 rows on is n - 1 columns on
  alone({0, 3 * n, 3}, true);
  alone({0, 3, 3 * n}, true);
  alone({0, 1000003, 1000033}, false);  // primes: they meet after 1000033 rows
}

// Unrelated strides are where arithmetic is slow. It may then refuse without being sure, but it has to answer.
TEST(Aliasing, LargeArraysOfUnrelatedStridesAreAnsweredQuickly) {
  const std::size_t n = std::size_t{1} << 19;
  expect_quick(Backward<>{.rows = n, .columns = n, .dx = {0, 1000003, 1000033}});
  expect_quick(Backward<>{.rows = n, .columns = n, .dx = {0, n, 1}, .dy = {std::size_t{1} << 38, 1000003, 7919}});
  expect_quick(
      Backward<double>{.rows = n, .columns = n, .dx = {0, 999983, 1}, .dy = {8, 1000003, 7919}, .x = {16, 524287, 65537}});
  expect_quick(Forward<>{.rows = n, .columns = n, .q = {3, 5 * n, 5}, .x = {0, 999983, 7}});
  expect_quick(Forward<>{.rows = n, .columns = n, .q = {3, 15485863, 7}, .x = {0, 999983, 13}, .scale = {64, 104729}});
  // What certainly meets is refused, whatever the strides.
  expect_refused(Backward<>{.rows = n, .columns = n, .dx = {0, n + 13, 1}, .dy = {4 * 7919, 1000003, 7919}}, "dx", "dy");
}

TEST(Aliasing, CodesInThePaddingOfLargeArrays) {
  const std::size_t n = std::size_t{1} << 20, row = n + n / 4;  // in floats; the padding holds n codes
  for (const auto& [first, accepted] : {std::pair<std::size_t, bool>{4 * n, true}, {4 * n - 1, false}, {4 * n + 1, false}}) {
    const Forward<> forward{.rows = n, .columns = n, .q = {first, 4 * row, 1}, .x = {0, row, 1}};
    const Back<> back{.rows = n, .columns = n, .x = {0, row, 1}, .q = {first, 4 * row, 1}};
    EXPECT_EQ(static_cast<bool>(forward.status()), accepted) << forward.status().message();
    EXPECT_EQ(static_cast<bool>(back.status()), accepted) << back.status().message();
    expect_quick(forward);
    expect_quick(back);
  }
}

// ---------------------------------------------------------------------------------------------------------------- at
// work

template <class ExecutionSpace>
class InPlace : public ::testing::Test {};
TYPED_TEST_SUITE(InPlace, ExecutionSpaces, CaseNames);

// Vectors that overlap at the end of a row must not read what was just written: every length up to a few of them.
template <class Layout, class Space>
void test_in_place(bool x_too, bool dy_too) {
  for (std::size_t columns = 1; columns <= 70; ++columns)
    for (const Placement& placement : {Placement{0, 0}, Placement{1, 3}}) {
      // LayoutLeft: the rows are what is walked inside.
      const bool left = std::is_same_v<Layout, Kokkos::LayoutLeft>;
      Problem<QuantizePerTokenBackward, Space, Layout> p(left ? columns : 3, left ? 3 : columns, placement);
      const auto& storage = dy_too ? p.dy : p.x;
      if (x_too && dy_too) {  // dy == x == dx
        p.x.host() = p.dy.host();
      }
      p.out.host() = storage.host();
      p.out.to_device();
      const auto out = p.out.view();
      const auto dy = dy_too ? out : p.dy.view(), x = x_too ? out : p.x.view();
      const Space exec{};
      KokkosQuant::QuantizePerTokenBackwardPlan(
          exec, small_range, KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, p.rows.scale(), p.rows.zero_point(), out})
          .run();
      exec.fence();
      ASSERT_TRUE(p.is_right()) << columns << " columns at offset " << placement.offset;
    }
}
TYPED_TEST(InPlace, DxIsDy) {
  test_in_place<Kokkos::LayoutRight, TypeParam>(false, true);
  test_in_place<Kokkos::LayoutLeft, TypeParam>(false, true);
}
TYPED_TEST(InPlace, DxIsX) {
  test_in_place<Kokkos::LayoutRight, TypeParam>(true, false);
  test_in_place<Kokkos::LayoutLeft, TypeParam>(true, false);
}
TYPED_TEST(InPlace, DxIsDyAndX) {
  test_in_place<Kokkos::LayoutRight, TypeParam>(true, true);
  test_in_place<Kokkos::LayoutLeft, TypeParam>(true, true);
}

// run(args) looks again.
TYPED_TEST(InPlace, RunRefusesWhatOverlaps) {
  using Space = TypeParam;
  const Space exec{};
  Problem<QuantizePerTokenBackward, Space> p(5, 37), wide(5, 74);
  const KokkosQuant::QuantizePerTokenBackwardPlan plan(exec, small_range, p.args());
  const auto block = [&](std::size_t first) {
    return decltype(p.out.view())(Kokkos::subview(wide.out.view(), Kokkos::ALL, std::make_pair(first, first + 37)));
  };
  auto args = p.args();
  args.dx = block(0);
  args.dy = block(36);
  EXPECT_THROW(plan.run(args), std::invalid_argument);
  exec.fence();
  EXPECT_TRUE(wide.is_untouched());
  args.dy = block(37);
  EXPECT_NO_THROW(plan.run(args));
  exec.fence();
}

}  // namespace
}  // namespace KokkosQuantTest
