// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops composed of Kokkos Kernels' BLAS-1: rows are scaled by KokkosBlas::mult, with reciprocals (so not the same
// bits); what BLAS has no call for, comparing and selecting, is one kernel more.
#include <KokkosBlas1_mult.hpp>
#include <KokkosBlas1_reciprocal.hpp>

#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

template <class Problem>
struct SelectInside {
  Problem p;
  typename Problem::Data t;
  KOKKOS_FUNCTION void operator()(const std::int64_t n, const std::int64_t d) const {
    using std::rint;
    const auto r = rint(t(n, d)) + static_cast<decltype(rint(t(n, d)))>(p.zero_point(n));
    if (!(r >= range.q_min && r <= range.q_max)) p.dx(n, d) = 0;
  }
};

template <class T>
static void add_kernels_peers_of(const SharedArrays& arrays) {
  using Policy = Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>, Kokkos::IndexType<std::int64_t>>;
  for (const std::int64_t columns : peer_widths) {
    const std::int64_t rows = arrays->elements<T>() / columns;
    add(row_name("QuantizePerTokenBackward.KokkosBlas", type_name<T>, Right::name, rows, columns),
        [=](benchmark::State& state) {
          arrays->fill<T>();
          const Exec exec;
          const BackwardProblem<T, Right> p(*arrays, rows, columns);
          const Kokkos::View<T*, Memory> inverse("KokkosQuantPerf::inverse", extent(rows));
          const Kokkos::View<T**, Kokkos::LayoutRight, Memory> t("KokkosQuantPerf::t", extent(rows), extent(columns));
          measure_problem(state, exec, *arrays, p, 1e-3, [&] {
            KokkosBlas::reciprocal(inverse, p.scale);
            KokkosBlas::mult(T(0), t, T(1), inverse, p.x);
            KokkosBlas::mult(T(0), p.dx, T(1), inverse, p.dy);
            Kokkos::parallel_for("SelectInside", Policy(exec, {{0, 0}}, {{rows, columns}}),
                                 SelectInside<BackwardProblem<T, Right>>{p, t});
          });
        });
  }
}
void add_kernels_peers(const SharedArrays& arrays) {
  add_kernels_peers_of<double>(arrays);
  add_kernels_peers_of<float>(arrays);
}

}  // namespace KokkosQuantPerf
