// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The names of an op: one for each granularity, OpPerToken, OpPerTokenArgs, OpPerTokenPlan and so on. An op is written once,
// as a template over the granularity (and a header of its own says what its arguments are); this gives it its faces.
//
// The macros take lists in parentheses, as commas separate macro arguments:
//   KOKKOSQUANT_OP_FAMILY(Quantize, , (class X, class Scale, class ZeroPoint, class Q), (X, Scale, ZeroPoint, Q),
//                         (X x; Scale scale; ZeroPoint zero_point; Q q;))
// declares QuantizePerTensor ... QuantizePerBlock for the op template QuantizeOp; the second argument ends their names
// ("Backward"). Args of groups and blocks have one member more, group or block.
#pragma once

#include "../KokkosQuant_Plan.hpp"
#include "KokkosQuant_PlanBase.hpp"

#define KOKKOSQUANT_LIST(...) __VA_ARGS__

namespace KokkosQuant::Impl {
template <template <class...> class Template, class T>
inline constexpr bool is_made_of = false;
template <template <class...> class Template, class... A>
inline constexpr bool is_made_of<Template, Template<A...>> = true;
}  // namespace KokkosQuant::Impl

// The arguments: an aggregate with its deduction guides (clang 14 deduces none by itself).
#define KOKKOSQUANT_ARGS(Args, Types, Names, Members) \
  template <KOKKOSQUANT_LIST Types>                   \
  struct Args {                                       \
    KOKKOSQUANT_LIST Members                          \
  };                                                  \
  template <KOKKOSQUANT_LIST Types>                   \
  Args Names->Args<KOKKOSQUANT_LIST Names>
#define KOKKOSQUANT_TILED_ARGS(Args, Types, Names, Members, Granularity, member) \
  template <KOKKOSQUANT_LIST Types>                                              \
  struct Args {                                                                  \
    KOKKOSQUANT_LIST Members Granularity member;                                 \
  };                                                                             \
  template <KOKKOSQUANT_LIST Types>                                              \
  Args(KOKKOSQUANT_LIST Names, Granularity)->Args<KOKKOSQUANT_LIST Names>

// The op's tag and its plan. (A plan is a class of its own, not an alias: clang 14 deduces nothing through aliases.)
#define KOKKOSQUANT_PLAN(Name, Impl_Op) KOKKOSQUANT_PLAN_OF(Name, Impl_Op, QuantizeDescriptor)
// The same for another kind of descriptor, which may be given as a braced list; and for kinds with options.
#define KOKKOSQUANT_PLAN_OF(Name, Impl_Op, Descriptor_)                                                         \
  namespace Impl {                                                                                              \
  template <class Args>                                                                                         \
  struct Name##Takes {                                                                                          \
    static_assert(is_made_of<Name##Args, Args>, "KokkosQuant: a " #Name "Plan takes " #Name "Args");            \
    using type = Args;                                                                                          \
  };                                                                                                            \
  }                                                                                                             \
  template <class Exec, class Args, class Descriptor = Descriptor_>                                             \
  class Name##Plan : public Impl::PlanBase<Impl_Op, Exec, typename Impl::Name##Takes<Args>::type, Descriptor> { \
   public:                                                                                                      \
    using Impl::PlanBase<Impl_Op, Exec, Args, Descriptor>::PlanBase;                                            \
    static Name##Plan select(const Exec& exec, const Descriptor& descriptor, const Args& args,                  \
                             PlanPreference preference = {}) {                                                  \
      return Name##Plan(exec, descriptor, args, preference);                                                    \
    }                                                                                                           \
  };                                                                                                            \
  template <class Exec, class Args>                                                                             \
  Name##Plan(const Exec&, const Descriptor_&, const Args&)->Name##Plan<Exec, Args>;                             \
  template <class Exec, class Args>                                                                             \
  Name##Plan(const Exec&, const Descriptor_&, const Args&, PlanPreference)->Name##Plan<Exec, Args>;             \
  template <class Exec, class Args, Impl::descriptor_type Descriptor>                                           \
  Name##Plan(const Exec&, const Descriptor&, const Args&)->Name##Plan<Exec, Args, Descriptor>;                  \
  template <class Exec, class Args, Impl::descriptor_type Descriptor>                                           \
  Name##Plan(const Exec&, const Descriptor&, const Args&, PlanPreference)->Name##Plan<Exec, Args, Descriptor>;  \
  struct Name : Impl_Op {                                                                                       \
    template <class Exec, class Args, class Descriptor = Descriptor_>                                           \
    using plan = Name##Plan<Exec, Args, Descriptor>;                                                            \
  }

#define KOKKOSQUANT_OP_FAMILY(Family, Ending, Types, Names, Members) \
  KOKKOSQUANT_OP_FAMILY_OF(QuantizeDescriptor, Family, Ending, Types, Names, Members)
// The same for another kind of descriptor.
#define KOKKOSQUANT_OP_FAMILY_OF(Descriptor_, Family, Ending, Types, Names, Members)                  \
  KOKKOSQUANT_ARGS(Family##PerTensor##Ending##Args, Types, Names, Members);                           \
  KOKKOSQUANT_ARGS(Family##PerChannel##Ending##Args, Types, Names, Members);                          \
  KOKKOSQUANT_ARGS(Family##PerToken##Ending##Args, Types, Names, Members);                            \
  KOKKOSQUANT_TILED_ARGS(Family##PerGroup##Ending##Args, Types, Names, Members, PerGroup, group);     \
  KOKKOSQUANT_TILED_ARGS(Family##PerBlock##Ending##Args, Types, Names, Members, PerBlock, block);     \
  KOKKOSQUANT_PLAN_OF(Family##PerTensor##Ending, Impl::Family##Ending##Op<PerTensor>, Descriptor_);   \
  KOKKOSQUANT_PLAN_OF(Family##PerChannel##Ending, Impl::Family##Ending##Op<PerChannel>, Descriptor_); \
  KOKKOSQUANT_PLAN_OF(Family##PerToken##Ending, Impl::Family##Ending##Op<PerToken>, Descriptor_);     \
  KOKKOSQUANT_PLAN_OF(Family##PerGroup##Ending, Impl::Family##Ending##Op<PerGroup>, Descriptor_);     \
  KOKKOSQUANT_PLAN_OF(Family##PerBlock##Ending, Impl::Family##Ending##Op<PerBlock>, Descriptor_)

namespace KokkosQuant::Impl {

// The granularity of an op's arguments.
template <class Granularity, class Args>
Granularity granularity_of(const Args& args) {
  if constexpr (std::is_same_v<Granularity, PerGroup>)
    return args.group;
  else if constexpr (std::is_same_v<Granularity, PerBlock>)
    return args.block;
  else
    return {};
}

// The Views of an op, for make_sweep.
template <class... V>
struct ViewList {
  Tuple<V...> views;
};
template <view... V>
ViewList<V...> outputs(const V&... v) {
  return {make_tuple(v...)};
}
template <view... V>
ViewList<V...> inputs(const V&... v) {
  return {make_tuple(v...)};
}

// The sweep of an element function over the elements of x.
template <class Exec, class Granularity, class Element, class Args, view X, view... O, view... I>
auto make_sweep(const Element& element, const Args& args, const X& x, const ViewList<O...>& out, const ViewList<I...>& in,
                Mapping hint) {
  const RowOrder order = row_order(x);
  const std::int64_t rows = rows_of(x, order).extent, columns = columns_of(x);
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    return RowSweep<Exec, Element, Outputs<stored_t<O>...>, Inputs<stored_t<I>...>, is_tiled<Granularity>>(
        element, rows, columns, cells_of(granularity_of<Granularity>(args), rows, columns),
        make_tuple(matrix(get<A>(out.views), rows, columns, order)...),
        make_tuple(input_matrix(get<B>(in.views), rows, columns, order)...), hint);
  };
  return unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
}

}  // namespace KokkosQuant::Impl
