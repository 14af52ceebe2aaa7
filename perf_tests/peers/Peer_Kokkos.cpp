// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels that a user of Kokkos would write: one element an index of an MDRangePolicy.
#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

template <class Problem>
struct BackwardElementwise {
  Problem p;
  KOKKOS_FUNCTION void operator()(const std::int64_t n, const std::int64_t d) const {
    using T = typename Problem::Data::non_const_value_type;
    using C = KokkosQuant::compute_t<T>;
    using std::rint;
    const C scale = static_cast<C>(p.scale(n));
    const C r = rint(static_cast<C>(p.x(n, d)) / scale) + static_cast<C>(p.zero_point(n));
    p.dx(n, d) = r >= range.q_min && r <= range.q_max ? T(static_cast<C>(p.dy(n, d)) / scale) : T(C(0));
  }
};
template <class Problem>
struct QuantizeElementwise {
  Problem p;
  KOKKOS_FUNCTION void operator()(const std::int64_t n, const std::int64_t d) const {
    using C = KokkosQuant::compute_t<typename Problem::Data::non_const_value_type>;
    using std::rint;
    const C r = rint(static_cast<C>(p.x(n, d)) / static_cast<C>(p.scale(n))) + static_cast<C>(p.zero_point(n));
    p.q(n, d) = static_cast<std::int8_t>(r < range.q_min ? C(range.q_min) : r > range.q_max ? C(range.q_max) : r);
  }
};

template <class T>
static void add_kokkos_peers_of(const SharedArrays& arrays) {
  using Policy = Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>, Kokkos::IndexType<std::int64_t>>;
  for (const std::int64_t columns : peer_widths) {
    add_peer<BackwardProblem, T, Right>("MDRange", arrays, columns, 0, [](const Exec& exec, const auto& p) {
      const std::int64_t n = static_cast<std::int64_t>(p.dx.extent(0)), d = static_cast<std::int64_t>(p.dx.extent(1));
      Kokkos::parallel_for("MDRange", Policy(exec, {{0, 0}}, {{n, d}}),
                           BackwardElementwise<std::remove_cvref_t<decltype(p)>>{p});
    });
  }
  add_peer<QuantizeProblem, T, Right>("MDRange", arrays, 4096, 0, [](const Exec& exec, const auto& p) {
    const std::int64_t n = static_cast<std::int64_t>(p.q.extent(0)), d = static_cast<std::int64_t>(p.q.extent(1));
    Kokkos::parallel_for("MDRange", Policy(exec, {{0, 0}}, {{n, d}}), QuantizeElementwise<std::remove_cvref_t<decltype(p)>>{p});
  });
}
void add_kokkos_peers(const SharedArrays& arrays) {
  add_kokkos_peers_of<double>(arrays);
  add_kokkos_peers_of<float>(arrays);
  add_kokkos_peers_of<KokkosQuant::half_t>(arrays);
  add_kokkos_peers_of<KokkosQuant::bfloat16_t>(arrays);
}

}  // namespace KokkosQuantPerf
