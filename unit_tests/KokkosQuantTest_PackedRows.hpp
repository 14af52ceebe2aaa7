// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What the tests of packed rows share: byte buffers, fields with indices into them, the documented layout read byte by
/// byte.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_RowOps.hpp"

namespace KokkosQuantTest {

using KokkosQuant::int4x2_t;
using KokkosQuant::no_zero_point;
using KokkosQuant::RowBufferLayout;
using KokkosQuant::RowsAs;
using KokkosQuant::RowScales;
using KokkosQuant::RowsWithin;

template <class E, class X, class L, class J>
struct PackCase {
  using execution_space = E;
  using T = X;
  using Layout = L;
  using Index = J;
  static std::string name() {
    return std::string(E::name()) + "_" + type_name<X>() + "_" + layout_name<L>() + (sizeof(J) == 8 ? "_int64" : "_int32");
  }
};

template <class Exec>
class Bytes {
 public:
  using view_type = Kokkos::View<std::byte*, typename Exec::memory_space>;
  explicit Bytes(std::int64_t size)
      : view_(Kokkos::view_alloc(Kokkos::WithoutInitializing, std::string("bytes")), static_cast<std::size_t>(size)),
        host(static_cast<std::size_t>(size), std::byte{0xA5}) {
    to_device();
  }
  view_type view() const { return view_; }
  void to_device() { Kokkos::deep_copy(view_, mirror()); }
  void to_host() { Kokkos::deep_copy(mirror(), view_); }
  template <class V>
  V read(std::int64_t at) const {
    V value;
    std::memcpy(&value, host.data() + at, sizeof value);
    return value;
  }

 private:
  using Mirror = Kokkos::View<std::byte*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Mirror mirror() { return Mirror(host.data(), host.size()); }
  view_type view_;

 public:
  std::vector<std::byte> host;
};

/// A field of rows of different magnitudes with NaN and infinities, indices into it in no order, some of them twice.
template <class Case>
struct PackProblem {
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using Index = typename Case::Index;
  using Field = Matrix<T, typename Case::Layout, Exec>;

  std::size_t n, d;
  Field x, y;
  std::vector<Index> indices;

  PackProblem(std::size_t rows, std::size_t columns, std::size_t count, bool special = true)
      : n(rows), d(columns), x(rows, columns, {3, 2, 2}), y(rows, columns, {1, 5, 2}) {
    Random random(17 * rows + columns);
    const double inf = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < d; ++j) {
        double value = std::ldexp(random.uniform(-1, 1), static_cast<int>(i % 9) - 4);
        if (special && random.below(40) == 0) value = random.below(2) == 0 ? inf : std::nan("");
        if (special && i % 11 == 5) value = 0;
        x(i, j) = reference_convert<T>(value);
        y(i, j) = reference_convert<T>(random.uniform(-2, 2));
      }
    x.to_device();
    y.to_device();
    for (std::size_t k = 0; k < count; ++k) indices.push_back(static_cast<Index>(random.below(n)));
  }

  /// Codes of all rows of x with scales found for them, by the plans for whole arrays; then back.
  struct Whole {
    std::vector<double> scale;
    std::vector<std::int32_t> zero_point;
    std::vector<std::int32_t> code;
    std::vector<KokkosQuant::compute_t<T>> back;  // not yet rounded to T
  };
  template <class Code>
  Whole whole(bool asymmetric) const {
    using C = KokkosQuant::compute_t<T>;
    const Exec exec;
    const std::int32_t top = KokkosQuant::Impl::code_limits<Code>::highest;
    const KokkosQuant::DynamicQuantizeDescriptor range{asymmetric ? -top - 1 : -top, top};
    Kokkos::View<std::int32_t**, Kokkos::LayoutRight, typename Exec::memory_space> q("q", n, d);
    Kokkos::View<C*, typename Exec::memory_space> scale("scale", n);
    Kokkos::View<std::int32_t*, typename Exec::memory_space> zero_point("zero_point", n);
    Kokkos::View<C**, Kokkos::LayoutRight, typename Exec::memory_space> back("back", n, d);
    const auto run = [&](const auto& zero) {
      const KokkosQuant::DynamicQuantizePerTokenPlan plan(exec, range,
                                                          KokkosQuant::DynamicQuantizePerTokenArgs{x.view(), scale, zero, q});
      plan.run(Kokkos::View<std::byte*, typename Exec::memory_space>("workspace", plan.workspace_size()));
      exec.fence();
      KokkosQuant::DequantizePerTokenPlan(exec, range.range(), KokkosQuant::DequantizePerTokenArgs{q, scale, zero, back}).run();
    };
    if (asymmetric)
      run(zero_point);
    else
      run(no_zero_point);
    exec.fence();
    const auto at_host = [](const auto& v) { return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), v); };
    const auto h_q = at_host(q);
    const auto h_scale = at_host(scale);
    const auto h_zero = at_host(zero_point);
    const auto h_back = at_host(back);
    Whole w;
    for (std::size_t i = 0; i < n; ++i) {
      w.scale.push_back(static_cast<double>(h_scale(i)));
      w.zero_point.push_back(h_zero(i));
      for (std::size_t j = 0; j < d; ++j) {
        w.code.push_back(h_q(i, j));
        w.back.push_back(h_back(i, j));
      }
    }
    return w;
  }
};

/// Code j of a row, from the documented layout.
template <class Code>
std::int32_t code_in(const std::vector<std::byte>& bytes, std::int64_t codes_at, std::int64_t j) {
  if constexpr (std::is_same_v<Code, int4x2_t>) {
    const int byte = static_cast<int>(bytes[static_cast<std::size_t>(codes_at + j / 2)]);
    const int nibble = j % 2 == 0 ? byte & 15 : byte >> 4;
    return nibble > 7 ? nibble - 16 : nibble;
  } else {
    Code code;
    std::memcpy(&code, bytes.data() + codes_at + j * static_cast<std::int64_t>(sizeof(Code)), sizeof code);
    return code;
  }
}

/// RN_T(RN_C(x + v))
template <class T>
T sum_of(const T& x, KokkosQuant::compute_t<T> v) {
  using C = KokkosQuant::compute_t<T>;
  return reference_convert<T>(static_cast<double>(static_cast<C>(x) + v));
}

}  // namespace KokkosQuantTest
