// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The golden files of scales found from the data (golden/README.md) against the plans that find them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "KokkosQuantTest_Golden.hpp"

namespace KokkosQuantTest {

using KokkosQuant::ScaleContract;

struct GoldenScaleRow {
  std::string scale, zero_point;  // as they stand in the file
  std::vector<std::uint64_t> x;
  std::vector<std::string> q;
};
struct GoldenScaleCase {
  std::string element, scale_type, format, eps;  // format: of float8 codes; they have no range
  std::size_t n;
  QuantizeDescriptor range;
  std::vector<GoldenScaleRow> rows;
};

inline std::vector<GoldenScaleCase> read_golden_scales(const std::string& name) {
  const std::string path = std::string(KOKKOSQUANT_GOLDEN_DIRECTORY) + "/" + name + ".txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<GoldenScaleCase> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string first;
    fields >> first;
    if (first == "case") {
      GoldenScaleCase c;
      std::string q_min;
      fields >> c.element >> c.scale_type >> c.n >> q_min >> c.range.q_max >> c.eps;
      if (q_min[0] == 'e')
        c.format = q_min;
      else
        c.range.q_min = std::stoi(q_min);
      if (!fields) throw std::runtime_error("cannot read the line '" + line + "' of " + path);
      cases.push_back(c);
    } else {
      GoldenScaleRow row{first, {}, {}, {}};
      fields >> row.zero_point;
      std::string field;
      for (std::size_t j = 0; j < cases.back().n && fields >> field; ++j)
        row.x.push_back(field == "nan" ? golden_nan : std::stoull(field, nullptr, 16));
      while (fields >> field) row.q.push_back(field);
      if (row.x.size() != cases.back().n || row.q.size() != cases.back().n)
        throw std::runtime_error("cannot read the line '" + line + "' of " + path);
      cases.back().rows.push_back(row);
    }
  }
  return cases;
}

/// Rows compared and rows left out, as they hold elements that are not finite.
struct GoldenScaleCounts {
  int rows = 0, left_out = 0, wrong = 0;
  std::string first;  ///< what is wrong, of the first few
  friend bool operator==(const GoldenScaleCounts& a, const GoldenScaleCounts& b) {
    return a.rows == b.rows && a.left_out == b.left_out && a.wrong == b.wrong;
  }
  friend std::ostream& operator<<(std::ostream& out, const GoldenScaleCounts& c) {
    return out << "{" << c.rows << ", " << c.left_out << ", " << c.wrong << "} " << c.first;
  }
};

/// A scale of a file as float: of type double it is rounded, as PyTorch does where it uses it.
inline float golden_scale(const std::string& type, const std::string& field) {
  const std::uint64_t bits = std::stoull(field, nullptr, 16);
  if (type == "f64") return static_cast<float>(from_encoding<double>(bits));
  if (type == "f32") return from_encoding<float>(bits);
  if (type == "f16") return static_cast<float>(from_encoding<half_t>(bits));
  return static_cast<float>(from_encoding<bfloat16_t>(bits));
}

/// The rows of finite elements, counting the others, and these elements.
template <class T>
std::vector<GoldenScaleRow> finite_rows(const GoldenScaleCase& c, GoldenScaleCounts& counts) {
  std::vector<GoldenScaleRow> rows;
  for (const GoldenScaleRow& row : c.rows) {
    bool finite = true;
    for (const std::uint64_t x : row.x)
      finite = finite && x != golden_nan && std::isfinite(static_cast<double>(from_encoding<T>(x)));
    if (finite)
      rows.push_back(row);
    else
      ++counts.left_out;
  }
  return rows;
}
template <class T>
auto elements_of(const std::vector<GoldenScaleRow>& rows, std::size_t n) {
  Kokkos::View<T**, Kokkos::DefaultExecutionSpace::memory_space> x("x", rows.size(), n);
  const auto host_x = Kokkos::create_mirror_view(x);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t j = 0; j < n; ++j) host_x(r, j) = from_encoding<T>(rows[r].x[j]);
  Kokkos::deep_copy(x, host_x);
  return x;
}

/// The cases of a file with elements T (and scales S), by a plan with zero points or without. Codes of the file above q_max, where
/// the system clamps to more than the range that the scale is for, count as q_max.
template <ScaleContract Rules, class T, class S, bool ZeroPoints>
void compare_golden_scales(const std::string& name, const std::string& element, const std::string& scale_type, bool codes,
                           GoldenScaleCounts& counts) {
  using Exec = Kokkos::DefaultExecutionSpace;
  using Memory = Exec::memory_space;
  for (const GoldenScaleCase& c : read_golden_scales(name)) {
    if (c.element != element || c.scale_type != scale_type) continue;
    const std::vector<GoldenScaleRow> rows = finite_rows<T>(c, counts);
    const std::size_t N = rows.size();
    const auto x = elements_of<T>(rows, c.n);
    Kokkos::View<std::int16_t**, Memory> q("q", N, c.n);
    Kokkos::View<S*, Memory> scale("scale", N);
    Kokkos::View<int*, Memory> zero_point("zero_point", N);
    const auto run = [&](double eps) {
      const KokkosQuant::DynamicQuantizeDescriptorOf<Rules> descriptor(c.range.q_min, c.range.q_max, eps);
      if constexpr (ZeroPoints)
        KokkosQuant::DynamicQuantizePerTokenPlan(Exec{}, descriptor,
                                                 KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, zero_point, q})
            .run();
      else
        KokkosQuant::DynamicQuantizePerTokenPlan(
            Exec{}, descriptor, KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, q})
            .run();
      Kokkos::fence();
      const auto found_q = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, q);
      const auto found_scale = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, scale);
      const auto found_zp = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, zero_point);
      for (std::size_t r = 0; r < N; ++r) {
        const float expected = golden_scale(scale_type, rows[r].scale);
        bool right = std::bit_cast<std::uint32_t>(static_cast<float>(found_scale(r))) == std::bit_cast<std::uint32_t>(expected);
        if (rows[r].zero_point != "-") right = right && (ZeroPoints ? found_zp(r) : 0) == std::stoi(rows[r].zero_point);
        for (std::size_t j = 0; j < c.n; ++j)
          if (codes && rows[r].q[j] != "-") right = right && found_q(r, j) == std::min(std::stoi(rows[r].q[j]), c.range.q_max);
        ++counts.rows;
        if (right) continue;
        if (++counts.wrong <= 3) {
          std::ostringstream what;
          what << std::hexfloat << "\n"
               << name << " " << element << " " << c.range.q_min << " .. " << c.range.q_max << " eps " << eps << ": found "
               << static_cast<float>(found_scale(r)) << ", " << found_zp(r) << ", expected " << expected << ", "
               << rows[r].zero_point << "; codes";
          for (std::size_t j = 0; j < c.n; ++j) what << " " << found_q(r, j) << " (" << rows[r].q[j] << ")";
          counts.first += what.str();
        }
      }
    };
    const double eps = c.eps == "-" ? 0 : static_cast<double>(golden_scale("f32", c.eps));
    run(eps);
    // where that is what the rules take by themselves
    const auto own = KokkosQuant::Impl::scale_options<Rules, T, S>({c.range.q_min, c.range.q_max, 0});
    if (eps != 0 && static_cast<double>(own.eps) == eps) run(0);
  }
}

/// The same of float8 codes F8, by the library's own rules. Rows of scale 0 count as left out, as they have no codes.
template <class F8, class T, class S>
void compare_golden_float8(const std::string& name, const std::string& element, const std::string& format,
                           GoldenScaleCounts& counts) {
  using Exec = Kokkos::DefaultExecutionSpace;
  for (const GoldenScaleCase& c : read_golden_scales(name)) {
    if (c.element != element || c.format != format) continue;
    std::vector<GoldenScaleRow> rows;
    for (const GoldenScaleRow& row : finite_rows<T>(c, counts))
      if (golden_scale(c.scale_type, row.scale) != 0)
        rows.push_back(row);
      else
        ++counts.left_out;
    const auto x = elements_of<T>(rows, c.n);
    const Kokkos::View<F8**, Exec::memory_space> q("q", rows.size(), c.n);
    const Kokkos::View<S*, Exec::memory_space> scale("scale", rows.size());
    KokkosQuant::DynamicQuantizePerTokenPlan(Exec{}, KokkosQuant::DynamicFloat8Descriptor{},
                                             KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, q})
        .run();
    Kokkos::fence();
    const auto found_q = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, q);
    const auto found_scale = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, scale);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      bool right = static_cast<float>(found_scale(r)) == golden_scale(c.scale_type, rows[r].scale);
      for (std::size_t j = 0; j < c.n; ++j) right = right && found_q(r, j).bits == std::stoi(rows[r].q[j], nullptr, 16);
      ++counts.rows;
      if (right) continue;
      ++counts.wrong;
      counts.first += "\n" + name + " " + element + " " + format + ": row of scale " + rows[r].scale;
    }
  }
}

}  // namespace KokkosQuantTest
