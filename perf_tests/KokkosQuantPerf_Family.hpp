// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op of the family with every granularity, at a few widths: one row each, against a limit with its own bytes.
#pragma once

#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

inline constexpr std::int64_t family_widths[] = {128, 1024, 4096, 16384}, widest_of_all = 4096;  // wider: ops that reduce
inline constexpr std::int64_t group_columns = 128, block_rows = 128;

template <class T>
struct Family {
  using C = KokkosQuant::compute_t<T>;
  SharedArrays arrays;
  std::int64_t rows, columns;

  // One scale and zero point a cell of rows x columns elements.
  struct Cells {
    std::int64_t rows, columns, across;
    std::int64_t of(std::int64_t n, std::int64_t d) const { return n / rows * across + d / columns; }
  };
  // (made with the values of FillRows, by cell)
  static C scale_of(std::int64_t cell) { return static_cast<C>(T(static_cast<float>(1 + cell % 7) * 0x1p-6f)); }
  static int zero_point_of(std::int64_t cell) { return static_cast<int>(cell % 11) - 5; }

  // A row: limit, what moves, plan(exec), expected(quantizer of the cell, n, d) in `out`.
  template <class Limited, class MakePlan, class Out, class Expected>
  void row(const std::string& name, double bytes_an_element, const Limited& limited, const Cells& cells,
           const MakePlan& make_plan, const Out& out, const Expected& expected) const {
    add(row_name(name, type_name<T>, Right::name, rows, columns), [=, *this](benchmark::State& state) {
      arrays->template fill<T>();
      const Exec exec;
      const auto plan = make_plan(exec);
      const auto elements = static_cast<double>(rows * columns);
      measure(state, exec, limited(*arrays, rows * columns),
              {bytes_an_element * elements, [&] { plan.run(); },
               [&](const Exec&) {
                 return check_outputs(out(), 0, [&](std::int64_t n, std::int64_t d) {
                   const std::int64_t cell = cells.of(n, d);
                   return expected(KokkosQuant::AffineQuantizer<C>(scale_of(cell), zero_point_of(cell), range), n, d);
                 });
               }});
    });
  }

  auto matrix(int which) const { return arrays->template matrix<T>(which, Right{}, rows, columns); }
  auto codes(int which) const { return arrays->template matrix<std::int8_t>(which, Right{}, rows, columns); }
  static auto copy_limit() {
    return [](const Arrays& a, std::int64_t n) { return limit<1, T, T>(a, n); };
  }
  static auto triad_limit() {
    return [](const Arrays& a, std::int64_t n) { return limit<2, T, T>(a, n); };
  }
  static auto codes_limit() {
    return [](const Arrays& a, std::int64_t n) { return limit<1, T, std::int8_t>(a, n); };
  }
  static auto from_codes_limit() {
    return [](const Arrays& a, std::int64_t n) { return limit<1, std::int8_t, T>(a, n); };
  }
  C at(int which, std::int64_t n, std::int64_t d) const { return static_cast<C>(element(matrix(which), n, d)); }
};

}  // namespace KokkosQuantPerf
