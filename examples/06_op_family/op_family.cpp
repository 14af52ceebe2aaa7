// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op once, each with another granularity, on one small array: what its arguments are, and how it is launched. At the end
// the results are compared with AffineQuantizer, the same arithmetic for one element.
#include <KokkosQuant.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>

namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using Matrix = Kokkos::View<float**, Exec>;
using Scales = Kokkos::View<float*, Exec>;
using ScaleTable = Kokkos::View<float**, Exec>;

constexpr int N = 6, D = 40, group = 16, block_rows = 4;
constexpr KokkosQuant::QuantizeDescriptor int8_range{-128, 127}, int4_range{-8, 7};
using KokkosQuant::no_zero_point;

int wrong = 0;

// An element of a View is what the element function says.
template <class View, class Expected>
void compare(const std::string& op, const View& view, const Expected& expected) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
  int different = 0;
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d) different += host(n, d) == expected(n, d) ? 0 : 1;
  std::cout << op << (different == 0 ? "" : ": WRONG") << "\n";
  wrong += different;
}

float value(int n, int d) { return 0.3125f * static_cast<float>((n * 7 + d * 13) % 29 - 14); }
float scale_of(int cell) { return 0.01f * static_cast<float>(cell + 1); }
KokkosQuant::AffineQuantizer<float> element(int cell, KokkosQuant::QuantizeDescriptor range) {
  return {scale_of(cell), 0, range};
}

void fill(const Matrix& x) {
  const auto host = Kokkos::create_mirror_view(x);
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d) host(n, d) = value(n, d);
  Kokkos::deep_copy(x, host);
}
template <class View>
void fill_scales(const View& scale) {
  const auto host = Kokkos::create_mirror_view(scale);
  if constexpr (View::rank == 2) {
    for (std::size_t a = 0; a < host.extent(0); ++a)
      for (std::size_t b = 0; b < host.extent(1); ++b) host(a, b) = scale_of(static_cast<int>(a * host.extent(1) + b));
  } else {
    for (std::size_t a = 0; a < host.extent(0); ++a) host(a) = scale_of(static_cast<int>(a));
  }
  Kokkos::deep_copy(scale, host);
}

// one scale a column: a weight matrix whose columns are output channels
void quantize_per_channel(const Exec& exec, const Matrix& x) {
  const Scales scale("scale", D);
  const Kokkos::View<std::int8_t**, Exec> q("q", N, D);
  fill_scales(scale);
  KokkosQuant::QuantizePerChannelPlan(exec, int8_range, KokkosQuant::QuantizePerChannelArgs{x, scale, no_zero_point, q}).run();
  exec.fence();
  compare("QuantizePerChannel", q, [](int n, int d) { return element(d, int8_range).quantize(value(n, d)); });
}

//! [per_group]
// 4-bit codes, two a byte, one scale for each group of 16 columns, and back
void quantize_and_dequantize_per_group(const Exec& exec, const Matrix& x) {
  constexpr std::int64_t groups = (D + group - 1) / group;
  const ScaleTable scale("scale", N, groups);
  const Kokkos::View<KokkosQuant::int4x2_t**, Kokkos::LayoutRight, Exec> q(
      "q", N, KokkosQuant::packed_extent<KokkosQuant::int4x2_t>(D));
  const Matrix back("back", N, D);
  fill_scales(scale);
  const KokkosQuant::PerGroup cells{group};
  KokkosQuant::QuantizePerGroupPlan(exec, int4_range, KokkosQuant::QuantizePerGroupArgs{x, scale, no_zero_point, q, cells})
      .run();
  KokkosQuant::DequantizePerGroupPlan(exec, int4_range,
                                      KokkosQuant::DequantizePerGroupArgs{q, scale, no_zero_point, back, cells})
      .run();
  exec.fence();
  compare("QuantizePerGroup, DequantizePerGroup", back, [](int n, int d) {
    return element(static_cast<int>(n * groups + d / group), int4_range).fake_quantize(value(n, d));
  });
}
//! [per_group]

// the gradients of both, one after the other, one scale a row
void backward_per_token(const Exec& exec, const Matrix& x, const Matrix& gradient) {
  const Scales scale("scale", N);
  const Matrix dq("dq", N, D), dx("dx", N, D);
  fill_scales(scale);
  KokkosQuant::DequantizePerTokenBackwardPlan(exec, int8_range,
                                              KokkosQuant::DequantizePerTokenBackwardArgs{gradient, scale, dq})
      .run();
  KokkosQuant::QuantizePerTokenBackwardPlan(exec, int8_range,
                                            KokkosQuant::QuantizePerTokenBackwardArgs{dq, x, scale, no_zero_point, dx})
      .run();
  exec.fence();
  compare("DequantizePerTokenBackward, QuantizePerTokenBackward", dx,
          [](int n, int d) { return element(n, int8_range).backward(value(n, d) * scale_of(n), value(n, d)); });
}

//! [fake_quantize_per_block]
// fake quantization, one scale for each tile of 4 x 16, and its gradient recomputed from x
void fake_quantize_per_block(const Exec& exec, const Matrix& x, const Matrix& gradient) {
  const ScaleTable scale("scale", (N + block_rows - 1) / block_rows, (D + group - 1) / group);
  const Matrix y("y", N, D), dx("dx", N, D);
  fill_scales(scale);
  const KokkosQuant::PerBlock cells{block_rows, group};
  KokkosQuant::FakeQuantizePerBlockPlan(exec, int4_range,
                                        KokkosQuant::FakeQuantizePerBlockArgs{x, scale, no_zero_point, y, cells})
      .run();
  KokkosQuant::FakeQuantizePerBlockBackwardPlan(
      exec, int4_range, KokkosQuant::FakeQuantizePerBlockBackwardArgs{gradient, x, scale, no_zero_point, dx, cells})
      .run();
  exec.fence();
  const auto cell = [](int n, int d) { return n / block_rows * ((D + group - 1) / group) + d / group; };
  compare("FakeQuantizePerBlock", y, [&](int n, int d) { return element(cell(n, d), int4_range).fake_quantize(value(n, d)); });
  compare("FakeQuantizePerBlockBackward", dx,
          [&](int n, int d) { return element(cell(n, d), int4_range).fake_quantize_backward(value(n, d), value(n, d)); });
}
//! [fake_quantize_per_block]

// the gradients by x, the scales and the zero points, as learned step sizes take them; one scale a row
void learnable_backward_per_token(const Exec& exec, const Matrix& x, const Matrix& gradient) {
  const Scales scale("scale", N), dscale("dscale", N), dzero_point("dzero_point", N);
  const Kokkos::View<int*, Exec> zero_point("zero_point", N);
  const Matrix dx("dx", N, D);
  fill_scales(scale);
  const KokkosQuant::LearnableFakeQuantizePerTokenBackwardPlan plan(
      exec, KokkosQuant::LearnableDescriptor{-8, 7},
      KokkosQuant::LearnableFakeQuantizePerTokenBackwardArgs{gradient, x, scale, zero_point, dx, dscale, dzero_point});
  const Kokkos::View<std::byte*, Exec> workspace("workspace", plan.workspace_size());  // none: D <= 256
  plan.run(workspace);
  exec.fence();
  compare("LearnableFakeQuantizePerTokenBackward", dx,
          [](int n, int d) { return element(n, int4_range).fake_quantize_backward(value(n, d), value(n, d)); });
  // terms in float, their sum in double, rounded once
  const auto sums = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), dscale);
  for (int n = 0; n < N; ++n) {
    double sum = 0, size = 0;
    for (int d = 0; d < D; ++d) {
      const float x_n = value(n, d), s = scale_of(n), y = element(n, int4_range).fake_quantize(x_n);
      const bool inside = element(n, int4_range).is_inside(x_n);
      const float by_scale = inside ? (y - x_n) / s : static_cast<float>(element(n, int4_range).quantize(x_n));
      sum += static_cast<double>(x_n * by_scale);  // (dy is x here)
      size += std::abs(static_cast<double>(x_n * by_scale));
    }
    wrong += std::abs(sum - sums(n)) <= 1e-6 * size ? 0 : 1;
  }
}

//! [with_mask]
// fake quantization, one scale for all, that keeps a bit an element; the gradient from those bits alone. As PyTorch does it.
void fake_quantize_per_tensor_with_mask(const Exec& exec, const Matrix& x, const Matrix& gradient) {
  const Kokkos::View<float, Exec> scale("scale");
  Kokkos::deep_copy(scale, 0.02f);
  const Matrix y("y", N, D), dx("dx", N, D);
  const Kokkos::View<KokkosQuant::mask8_t**, Kokkos::LayoutRight, Exec> mask(
      "mask", N, KokkosQuant::packed_extent<KokkosQuant::mask8_t>(D));
  constexpr KokkosQuant::Contract pytorch = KokkosQuant::contracts::pytorch_fake_quantize;
  const KokkosQuant::QuantizeDescriptorOf<pytorch> range(-128, 127);
  KokkosQuant::FakeQuantizePerTensorWithMaskPlan(
      exec, range, KokkosQuant::FakeQuantizePerTensorWithMaskArgs{x, scale, no_zero_point, y, mask})
      .run();
  KokkosQuant::FakeQuantizeBackwardFromMaskPlan(exec, range, KokkosQuant::FakeQuantizeBackwardFromMaskArgs{gradient, mask, dx})
      .run();
  exec.fence();
  const KokkosQuant::AffineQuantizer<float, pytorch> one(0.02f, 0, range);
  compare("FakeQuantizePerTensorWithMask", y, [&](int n, int d) { return one.fake_quantize(value(n, d)); });
  compare("FakeQuantizeBackwardFromMask", dx,
          [&](int n, int d) { return one.fake_quantize_backward(value(n, d), value(n, d)); });
}
//! [with_mask]

// 8-bit floating-point codes, one scale a row, and back
void float8_per_token(const Exec& exec, const Matrix& x) {
  using Float8 = KokkosQuant::float8_e4m3_t;
  const Scales scale("scale", N);
  const Kokkos::View<Float8**, Exec> q("q", N, D);
  const Matrix back("back", N, D);
  fill_scales(scale);
  //! [float8]
  const KokkosQuant::Float8Descriptor saturating{KokkosQuant::Overflow::saturate};
  KokkosQuant::QuantizePerTokenPlan(exec, saturating, KokkosQuant::QuantizePerTokenArgs{x, scale, no_zero_point, q}).run();
  KokkosQuant::DequantizePerTokenPlan(exec, saturating, KokkosQuant::DequantizePerTokenArgs{q, scale, no_zero_point, back})
      .run();
  //! [float8]
  exec.fence();
  compare("QuantizePerToken, DequantizePerToken, float8", back,
          [](int n, int d) { return static_cast<float>(Float8(value(n, d) / scale_of(n))) * scale_of(n); });
}

// 16-bit codes of a field that come back within 1e-3, and how many elements do not fit (here none)
void quantize_to_error_bound(const Exec& exec, const Matrix& x) {
  const Kokkos::View<std::int16_t**, Exec> q("q", N, D);
  const Kokkos::View<KokkosQuant::mask8_t**, Kokkos::LayoutRight, Exec> misfit_mask(
      "misfit_mask", N, KokkosQuant::packed_extent<KokkosQuant::mask8_t>(D));
  const Kokkos::View<std::int64_t, Exec> misfit_count("misfit_count");
  const Matrix back("back", N, D);
  //! [error bound]
  const KokkosQuant::ErrorBound bound{1e-3};
  KokkosQuant::QuantizeToErrorBoundPlan(exec, bound, KokkosQuant::QuantizeToErrorBoundArgs{x, q, misfit_mask, misfit_count})
      .run();
  KokkosQuant::DequantizeFromErrorBoundPlan(exec, bound, KokkosQuant::DequantizeFromErrorBoundArgs{q, back}).run();
  //! [error bound]
  exec.fence();
  const auto misfits = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), misfit_count);
  const auto y = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), back);
  compare("QuantizeToErrorBound, DequantizeFromErrorBound", back, [&](int n, int d) {
    const double error = static_cast<double>(y(n, d)) - static_cast<double>(value(n, d));
    return misfits() == 0 && std::abs(error) <= bound.eps ? y(n, d) : value(n, d);
  });
}

}  // namespace

int main() {
  const Kokkos::ScopeGuard kokkos;
  const Exec exec;
  const Matrix x("x", N, D), gradient("gradient", N, D);
  fill(x);
  fill(gradient);
  quantize_per_channel(exec, x);
  quantize_and_dequantize_per_group(exec, x);
  backward_per_token(exec, x, gradient);
  fake_quantize_per_block(exec, x, gradient);
  learnable_backward_per_token(exec, x, gradient);
  fake_quantize_per_tensor_with_mask(exec, x, gradient);
  float8_per_token(exec, x);
  quantize_to_error_bound(exec, x);
  std::cout << (wrong == 0 ? "every op agrees with the element functions\n" : "elements are wrong\n");
  return wrong == 0 ? 0 : 1;
}
