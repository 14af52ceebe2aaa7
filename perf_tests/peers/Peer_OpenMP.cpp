// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The obvious OpenMP loop, without Kokkos.
#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

template <class T>
static void backward_loop(const T* dy, const T* x, const T* scales, const int* zero_points, T* dx, std::int64_t rows,
                          std::int64_t columns) {
  using C = KokkosQuant::compute_t<T>;
#pragma omp parallel for
  for (std::int64_t n = 0; n < rows; ++n) {
    const C scale = static_cast<C>(scales[n]), zero_point = static_cast<C>(zero_points[n]);
    for (std::int64_t d = 0; d < columns; ++d) {
      const C r = std::rint(static_cast<C>(x[n * columns + d]) / scale) + zero_point;
      const bool inside = r >= range.q_min && r <= range.q_max;
      dx[n * columns + d] = inside ? T(static_cast<C>(dy[n * columns + d]) / scale) : T(C(0));
    }
  }
}
template <class T>
static void quantize_loop(const T* x, const T* scales, const int* zero_points, std::int8_t* q, std::int64_t rows,
                          std::int64_t columns) {
  using C = KokkosQuant::compute_t<T>;
#pragma omp parallel for
  for (std::int64_t n = 0; n < rows; ++n) {
    const C scale = static_cast<C>(scales[n]), zero_point = static_cast<C>(zero_points[n]);
    for (std::int64_t d = 0; d < columns; ++d) {
      const C r = std::rint(static_cast<C>(x[n * columns + d]) / scale) + zero_point;
      q[n * columns + d] = static_cast<std::int8_t>(std::min(std::max(r, C(range.q_min)), C(range.q_max)));
    }
  }
}

template <class T>
static void add_openmp_peers_of(const SharedArrays& arrays) {
  for (const std::int64_t columns : peer_widths)
    add_peer<BackwardProblem, T, Right>("OpenMP", arrays, columns, 0, [=](const Exec&, const auto& p) {
      backward_loop(p.dy.data(), p.x.data(), p.scale.data(), p.zero_point.data(), p.dx.data(), p.elements() / columns, columns);
    });
  add_peer<QuantizeProblem, T, Right>("OpenMP", arrays, 4096, 0, [](const Exec&, const auto& p) {
    quantize_loop(p.x.data(), p.scale.data(), p.zero_point.data(), p.q.data(), p.elements() / 4096, 4096);
  });
}
void add_openmp_peers(const SharedArrays& arrays) {
  add_openmp_peers_of<double>(arrays);
  add_openmp_peers_of<float>(arrays);
  add_openmp_peers_of<KokkosQuant::half_t>(arrays);
  add_openmp_peers_of<KokkosQuant::bfloat16_t>(arrays);
}

}  // namespace KokkosQuantPerf
