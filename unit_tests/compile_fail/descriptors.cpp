// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: the descriptor of this plan must be a KokkosQuant::QuantizeDescriptor{q_min, q_max}
// expect: KokkosQuant: scales are found from x: the descriptor must be a KokkosQuant::DynamicQuantizeDescriptor{q_min, q_max}
// expect: KokkosQuant: the descriptor says what rows are sent as
// expect: KokkosQuant: the descriptor of this plan must be a KokkosQuant::LearnableDescriptor{q_min, q_max, grad_factor}
#include "Plans.hpp"

using namespace KokkosQuant;
using M = Matrix<float>;
using S = Vector<float>;
using Z = Vector<int>;
using Q = Matrix<int8_t>;

template <template <class...> class Plan, class Args, class Descriptor>
constexpr bool takes = sizeof(Plan<Exec, Args, Descriptor>) > 0;

static_assert(
    takes<QuantizePerTokenPlan, QuantizePerTokenArgs<M, S, Z, Q>, Not<QuantizeDescriptor, DynamicQuantizeDescriptor>>);
static_assert(
    takes<FakeQuantizePerTokenPlan, FakeQuantizePerTokenArgs<M, S, Z, M>, Not<QuantizeDescriptor, RowsAs<std::int8_t>>>);
static_assert(takes<DynamicQuantizePerTokenPlan, DynamicQuantizePerTokenArgs<M, S, Z, Q>,
                    Not<DynamicQuantizeDescriptor, QuantizeDescriptor>>);
static_assert(takes<DynamicFakeQuantizePerTokenPlan, DynamicFakeQuantizePerTokenArgs<M, S, Z, M>,
                    Not<DynamicQuantizeDescriptor, Float8Descriptor>>);
static_assert(
    takes<UnpackRowsPlan, UnpackRowsArgs<Vector<std::byte>, Z, M>, Not<RowsAs<std::int8_t>, DynamicQuantizeDescriptor>>);
static_assert(takes<LearnableFakeQuantizePerTokenBackwardPlan, LearnableFakeQuantizePerTokenBackwardArgs<M, M, S, Z, M, S, S>,
                    Not<LearnableDescriptor, QuantizeDescriptor>>);
