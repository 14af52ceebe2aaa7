// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Views and number formats that all files of this example share.
#pragma once

#include <KokkosQuant.hpp>
#include <Kokkos_Core.hpp>
#include <cstddef>
#include <string>

namespace train_digits {

// Everything runs on this space's default instance: KokkosBlas::gemm takes no other one before Kokkos Kernels 4.
using Exec = Kokkos::DefaultExecutionSpace;

// A row is a token: one image, or what one image has become. LayoutRight on devices too: a token's features lie next to
// each other, and for matrices like ours KokkosBlas::gemm then keeps clear of its dot-product kernel for devices, which
// sums by atomics in no fixed order.
using Matrix = Kokkos::View<float**, Kokkos::LayoutRight, Exec>;
using Vector = Kokkos::View<float*, Exec>;
using Integers = Kokkos::View<int*, Exec>;

// A View of so many rows and columns, zero everywhere.
template <class View, class... Extents>
View make(const char* label, Extents... extents) {
  return View("train_digits::" + std::string(label), static_cast<std::size_t>(extents)...);
}

constexpr int pixel_count = 64;
constexpr int hidden_count = 128;
constexpr int class_count = 10;

// How the network sees its activations.
struct Format {
  const char* name;
  int bits;        // 32: as they are
  float clipping;  // the largest code stands for this share of a row's largest magnitude; what lies above is clipped

  constexpr bool is_quantized() const { return bits < 32; }
  constexpr KokkosQuant::QuantizeDescriptor range() const { return {-(1 << (bits - 1)), (1 << (bits - 1)) - 1}; }
};

}  // namespace train_digits
