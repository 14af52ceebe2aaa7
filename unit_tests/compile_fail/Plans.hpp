// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Short names, so that each line of this folder's files shows its one mistake.
#pragma once

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>

using KokkosQuant::bfloat16_t;
using KokkosQuant::half_t;
using KokkosQuant::no_zero_point_t;
using std::int8_t;
using std::uint8_t;

using Exec = Kokkos::DefaultExecutionSpace;
template <class T>
using Matrix = Kokkos::View<T**, Exec>;
template <class T>
using Vector = Kokkos::View<T*, Exec>;

// A memory space that no execution space can reach: in host builds Kokkos has none.
struct Elsewhere {
  using memory_space = Elsewhere;
  using execution_space = Kokkos::DefaultHostExecutionSpace;
  using device_type = Kokkos::Device<execution_space, memory_space>;
  using size_type = std::size_t;
  static constexpr const char* name() { return "Elsewhere"; }
};
template <class Data>
using Far = Kokkos::View<Data, Kokkos::LayoutRight, Elsewhere, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

// What is right, and the mistake that stands in its place.
#ifdef KOKKOSQUANT_EXPECT_SUCCESS
template <class Right, class Mistake>
using Not = Right;
#else
template <class Right, class Mistake>
using Not = Mistake;
#endif

// True, if it compiles.
template <class DY, class X, class Scale, class ZeroPoint, class DX>
constexpr bool backward = sizeof(KokkosQuant::QuantizePerTokenBackwardPlan<
                                 Exec, KokkosQuant::QuantizePerTokenBackwardArgs<DY, X, Scale, ZeroPoint, DX>>) > 0;
template <class X, class Scale, class ZeroPoint, class Q>
constexpr bool quantize =
    sizeof(KokkosQuant::QuantizePerTokenPlan<Exec, KokkosQuant::QuantizePerTokenArgs<X, Scale, ZeroPoint, Q>>) > 0;
template <class Q, class Scale, class ZeroPoint, class X>
constexpr bool dequantize =
    sizeof(KokkosQuant::DequantizePerTokenPlan<Exec, KokkosQuant::DequantizePerTokenArgs<Q, Scale, ZeroPoint, X>>) > 0;
