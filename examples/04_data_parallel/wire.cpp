// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "wire.hpp"

#include <cstddef>

#include "kernels.hpp"

namespace data_parallel {
namespace {

using train_digits::for_each_element;
using train_digits::make;

constexpr KokkosQuant::DynamicQuantizeDescriptor symmetric{-127, 127};

std::size_t extent(int count) { return static_cast<std::size_t>(count); }

// Views of what lies in the bytes. The codes and the scales share no byte, which the plans check.
Codes codes_in(const Bytes& bytes, int rows, int width) {
  const Kokkos::LayoutStride layout(extent(rows), extent(row_bytes(Wire::int8, width)), extent(width), 1);
  return Codes(reinterpret_cast<std::int8_t*>(bytes.data()), layout);
}
Scales scales_in(const Bytes& bytes, int rows, int width) {
  const int stride = row_bytes(Wire::int8, width) / static_cast<int>(sizeof(float));
  return Scales(reinterpret_cast<float*>(bytes.data() + width), Kokkos::LayoutStride(extent(rows), extent(stride)));
}
Matrix floats_in(const Bytes& bytes, int rows, int width) {
  return Matrix(reinterpret_cast<float*>(bytes.data()), extent(rows), extent(width));
}

Bytes make_bytes(Wire wire, int rows, int width) {
  return make<Bytes>("message", extent(rows) * extent(row_bytes(wire, width)));
}

}  // namespace

const char* to_string(Wire wire) { return wire == Wire::exact ? "float" : "int8"; }

int row_bytes(Wire wire, int width) {
  return wire == Wire::exact ? width * static_cast<int>(sizeof(float)) : width + static_cast<int>(sizeof(float));
}

Encoder::Encoder(const Exec& exec, Wire wire, int rows, int width)
    : exec_(exec), rows_(make<Matrix>("rows", rows, width)), bytes_(make_bytes(wire, rows, width)) {
  if (wire == Wire::exact) return;
  error_ = make<Matrix>("error", rows, width);
  const Codes codes = codes_in(bytes_.view(), rows, width);
  const Scales scales = scales_in(bytes_.view(), rows, width);
  const auto none = KokkosQuant::no_zero_point;
  plans_.emplace(Plans{Quantize(exec, symmetric, KokkosQuant::DynamicQuantizePerTokenArgs{error_, scales, none, codes}),
                       Dequantize(exec, symmetric.range(), KokkosQuant::DequantizePerTokenArgs{codes, scales, none, rows_})});
  workspace_ = make<Bytes>("workspace", plans_->quantize.workspace_size());
}

void Encoder::run() const {
  if (!plans_) {
    Kokkos::deep_copy(exec_, floats_in(bytes_.view(), rows_.extent_int(0), rows_.extent_int(1)), rows_);
    return;
  }
  const Matrix rows = rows_, error = error_;
  for_each_element(
      "data_parallel::add_error", exec_, rows, KOKKOS_LAMBDA(int n, int d) { error(n, d) += rows(n, d); });
  plans_->quantize.run(workspace_);
  plans_->dequantize.run();
  for_each_element(
      "data_parallel::keep_error", exec_, rows, KOKKOS_LAMBDA(int n, int d) { error(n, d) -= rows(n, d); });
}

void Encoder::forget() const {
  if (plans_) Kokkos::deep_copy(exec_, error_, 0.0f);
}

Decoder::Decoder(const Exec& exec, Wire wire, int rows, int width)
    : exec_(exec), rows_(make<Matrix>("rows", rows, width)), bytes_(make_bytes(wire, rows, width)) {
  if (wire == Wire::exact) return;
  dequantize_.emplace(
      exec, symmetric.range(),
      KokkosQuant::DequantizePerTokenArgs{codes_in(bytes_.view(), rows, width), scales_in(bytes_.view(), rows, width),
                                          KokkosQuant::no_zero_point, rows_});
}

void Decoder::run() const {
  if (dequantize_) {
    dequantize_->run();
  } else {
    Kokkos::deep_copy(exec_, rows_, floats_in(bytes_.view(), rows_.extent_int(0), rows_.extent_int(1)));
  }
}

}  // namespace data_parallel
