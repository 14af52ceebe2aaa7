// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of floats as the bytes of a message, and back: as they are, or as int8 codes with a scale a row.
#pragma once

#include <cstdint>
#include <optional>

#include "mpi_exchange.hpp"
#include "types.hpp"

namespace data_parallel {

using train_digits::Exec;
using train_digits::Matrix;
using Bytes = Kokkos::View<unsigned char*, Exec>;

enum class Wire { exact, int8 };
const char* to_string(Wire wire);

// A row of a message:
//
//     exact   width floats
//     int8    width codes of one byte, then their scale: a float (width is a multiple of 4, so it is aligned)
int row_bytes(Wire wire, int width);

// Codes and scales of int8 rows, where they lie among the bytes: the plans write and read messages in place.
using Codes = Kokkos::View<std::int8_t**, Kokkos::LayoutStride, Exec>;
using Scales = Kokkos::View<float*, Kokkos::LayoutStride, Exec>;

// rows() -> bytes(). What quantization loses is added to the rows of the next run (error feedback, Seide et al. 2014):
//
//     e += rows;  bytes = quantize(e), scale = max |e| / 127 of its row;  e -= dequantize(bytes)
//
// so that over many runs nothing is lost, only late.
class Encoder {
 public:
  Encoder(const Exec& exec, Wire wire, int rows, int width);
  void run() const;
  void forget() const;  // starts over with e = 0

  const Matrix& rows() const { return rows_; }
  const examples::StagedBuffer<Bytes>& bytes() const { return bytes_; }

 private:
  using Quantize = KokkosQuant::DynamicQuantizePerTokenPlan<
      Exec, KokkosQuant::DynamicQuantizePerTokenArgs<Matrix, Scales, KokkosQuant::no_zero_point_t, Codes>>;
  using Dequantize = KokkosQuant::DequantizePerTokenPlan<
      Exec, KokkosQuant::DequantizePerTokenArgs<Codes, Scales, KokkosQuant::no_zero_point_t, Matrix>>;
  struct Plans {
    Quantize quantize;      // error_ -> bytes_
    Dequantize dequantize;  // bytes_ -> rows_: what the receivers will see
  };

  Exec exec_;
  Matrix rows_, error_;
  examples::StagedBuffer<Bytes> bytes_;
  std::optional<Plans> plans_;  // of int8
  Bytes workspace_;
};

// bytes() -> rows()
class Decoder {
 public:
  Decoder(const Exec& exec, Wire wire, int rows, int width);
  void run() const;

  const Matrix& rows() const { return rows_; }
  const examples::StagedBuffer<Bytes>& bytes() const { return bytes_; }

 private:
  using Dequantize = KokkosQuant::DequantizePerTokenPlan<
      Exec, KokkosQuant::DequantizePerTokenArgs<Codes, Scales, KokkosQuant::no_zero_point_t, Matrix>>;

  Exec exec_;
  Matrix rows_;
  examples::StagedBuffer<Bytes> bytes_;
  std::optional<Dequantize> dequantize_;
};

}  // namespace data_parallel
