// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The three products that a linear layer y = x W needs. Each is one KokkosBlas::gemm; its header costs most of this
// example's compile time, so only linear_algebra.cpp includes it.
//
// On the host every element of c is summed by one thread in the order of the inner index (a team of gemm owns a block
// of c and walks the inner dimension alone), so the bits do not depend on the number of threads.
#pragma once

#include "types.hpp"

namespace train_digits {

void product(const Matrix& a, const Matrix& b, const Matrix& c);                   // c = a b: forward
void product_transposed_left(const Matrix& a, const Matrix& b, const Matrix& c);   // c = a^T b: gradient of the weights
void product_transposed_right(const Matrix& a, const Matrix& b, const Matrix& c);  // c = a b^T: gradient of the input

}  // namespace train_digits
