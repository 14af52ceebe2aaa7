// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The error statistics of a segment on the host, 16 elements at once: each has the lane of the sum that it belongs to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "../KokkosQuant_ErrorStatistics.hpp"
#include "KokkosQuant_HostSum.hpp"

namespace KokkosQuant::Impl {

// Those of the elements of a lane, but for the sum.
template <class C, int W>
struct LaneStatistics {
  using V = Pack<C, W>;
  using I = IntegerPack<C, W>;
  V max_error = V::all(0);
  I below = I::all(0), above = I::all(0), nan = I::all(0), infinite = I::all(0);

  // |x' - x|, counted; 0 of what is no number. (Masks are -1 or 0.)
  template <class Errors, class Element>
  KOKKOSQUANT_HOST_INLINE V take(const Errors& errors, const Element& element, const V& x) {
    constexpr C largest = std::numeric_limits<C>::max();
    const I number = is_number(x), finite = within(x, -largest, largest);
    nan = nan - I::of(~number.get());
    infinite = infinite - I::of(number.get() & ~finite.get());
    const V t = errors.to_be_rounded(x);
    below = below - I::of((t.get() < V::all(errors.lowest()).get()) & finite.get());
    above = above - I::of((t.get() > V::all(errors.highest()).get()) & finite.get());
    V y;
    element.apply(errors.code, y, x);
    const V difference = add(y, V::of(-x.get()));
    const V size = nan_to(greatest(V::all(0) - difference, difference), infinity<C>);
    const V error = keep_if(finite, size);
    max_error = greatest(max_error, error);
    return error;
  }
  void add_to(PartStatistics<C>& all) const {
    for (int j = 0; j < W; ++j) all.take({{}, max_error.lane[j], below.lane[j], above.lane[j], nan.lane[j], infinite.lane[j]});
  }
};

// Of n elements, at most 256, with a stride: the bits of segment_sum() with errors.take().
template <class Errors, class Element, class T>
auto host_segment_errors(const Errors& errors, const Element& element, const T* x, std::int64_t stride, int n) {
  using C = typename Element::compute;
  constexpr int width = std::min(host_vector_bytes / static_cast<int>(sizeof(C)), sum_lanes), packs = sum_lanes / width;
  using Data = Block<C, width, packs, false>;
  PartStatistics<C> all{};
  HostSegment<C> squares;
  int j = 0;
  if (element.is_simple(errors.code)) {
    LaneStatistics<C, width> lanes;
    for (; j + sum_lanes <= n; j += sum_lanes) {
      const Data data =
          stride == 1 ? Data::template load<C>(x + j) : Data::template load_some<C>(x + j * stride, stride, sum_lanes);
      Pack<C, width> error[packs];
      for (int p = 0; p < packs; ++p) error[p] = lanes.take(errors, element, data.pack[p]);
      squares.add_squares(error);
    }
    lanes.add_to(all);
  }
  for (; j < n; j += sum_lanes) {
    double square[sum_lanes] = {};
    for (int i = 0; i < std::min(sum_lanes, n - j); ++i) square[i] = errors.take(element, widen<C>(x[(j + i) * stride]), all);
    squares.add_doubles(square);
  }
  all.squares = squares.sum();
  return all;
}

}  // namespace KokkosQuant::Impl
