// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: a QuantizePerTensorPlan takes QuantizePerTensorArgs
// expect: KokkosQuant: a QuantizePerTokenBackwardPlan takes QuantizePerTokenBackwardArgs
// expect: KokkosQuant: a FakeQuantizeBackwardFromMaskPlan takes FakeQuantizeBackwardFromMaskArgs
#include "Plans.hpp"

using namespace KokkosQuant;
using M = Matrix<float>;
using S = Vector<float>;
using Z = Vector<int>;
using Q = Matrix<int8_t>;
static_assert(sizeof(QuantizePerTensorPlan<Exec, Not<QuantizePerTensorArgs<M, S, Z, Q>, QuantizePerTokenArgs<M, S, Z, Q>>>) >
              0);
static_assert(sizeof(QuantizePerTokenBackwardPlan<
                     Exec, Not<QuantizePerTokenBackwardArgs<M, M, S, Z, M>, FakeQuantizePerTokenBackwardArgs<M, M, S, Z, M>>>) >
              0);
static_assert(sizeof(FakeQuantizeBackwardFromMaskPlan<Exec, Not<FakeQuantizeBackwardFromMaskArgs<M, Matrix<mask8_t>, M>,
                                                                FakeQuantizeBackwardFromCodesArgs<M, Q, M>>>) > 0);
