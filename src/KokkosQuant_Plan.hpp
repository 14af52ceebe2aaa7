// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief select and can_implement: plans by the name of their op.
#pragma once

#include <concepts>

#include "KokkosQuant_Contract.hpp"
#include "KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Granularity.hpp"

namespace KokkosQuant {

/// \brief Can the op run with these arguments? Never throws, never launches, reads no element.
///
/// \return true; or false with a message that says what was given and what was expected.
/// \snippet 08_in_your_code/in_your_code.cpp can_implement
template <class Op, class Exec, class Args>
Status can_implement(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args) noexcept {
  return Op::template plan<Exec, Args>::can_implement(exec, descriptor, args);
}
/// \brief The same for other rules than the library's own.
template <class Op, class Exec, Contract Rules, class Args>
Status can_implement(const Exec& exec, const QuantizeDescriptorOf<Rules>& descriptor, const Args& args) noexcept {
  return Op::template plan<Exec, Args, QuantizeDescriptorOf<Rules>>::can_implement(exec, descriptor, args);
}
/// \brief The same for descriptors of other kinds.
template <class Op, class Exec, Impl::descriptor_type Descriptor, class Args>
requires(!std::derived_from<Descriptor, QuantizeDescriptor>) Status
    can_implement(const Exec& exec, const Descriptor& descriptor, const Args& args)
noexcept { return Op::template plan<Exec, Args, Descriptor>::can_implement(exec, descriptor, args); }

/// \brief The plan of an op for these arguments: the same as constructing Op's plan type.
/// \throws std::invalid_argument where can_implement is false, with its message
template <class Op, class Exec, class Args>
auto select(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args, PlanPreference preference = {}) {
  return typename Op::template plan<Exec, Args>(exec, descriptor, args, preference);
}
/// \brief The same for other rules than the library's own.
/// \throws std::invalid_argument where can_implement is false, with its message
template <class Op, class Exec, Contract Rules, class Args>
auto select(const Exec& exec, const QuantizeDescriptorOf<Rules>& descriptor, const Args& args, PlanPreference preference = {}) {
  return typename Op::template plan<Exec, Args, QuantizeDescriptorOf<Rules>>(exec, descriptor, args, preference);
}
/// \brief The same for descriptors of other kinds.
/// \throws std::invalid_argument where can_implement is false, with its message
template <class Op, class Exec, Impl::descriptor_type Descriptor, class Args>
requires(!std::derived_from<Descriptor, QuantizeDescriptor>) auto select(const Exec& exec, const Descriptor& descriptor,
                                                                         const Args& args, PlanPreference preference = {}) {
  return typename Op::template plan<Exec, Args, Descriptor>(exec, descriptor, args, preference);
}

/// \brief The type of such a plan, for members of classes: plan_t<QuantizePerToken, Exec, decltype(args)>.
template <class Op, class Exec, class Args, class Descriptor = QuantizeDescriptor>
using plan_t = typename Op::template plan<Exec, Args, Descriptor>;

}  // namespace KokkosQuant
