// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "linear_algebra.hpp"

#include <KokkosBlas3_gemm.hpp>

namespace train_digits {

void product(const Matrix& a, const Matrix& b, const Matrix& c) { KokkosBlas::gemm("N", "N", 1.0f, a, b, 0.0f, c); }

void product_transposed_left(const Matrix& a, const Matrix& b, const Matrix& c) {
  KokkosBlas::gemm("T", "N", 1.0f, a, b, 0.0f, c);
}

void product_transposed_right(const Matrix& a, const Matrix& b, const Matrix& c) {
  KokkosBlas::gemm("N", "T", 1.0f, a, b, 0.0f, c);
}

}  // namespace train_digits
