// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over rows, for every op: it sees matrices and an element function, chooses how they are walked, and launches.
//
// An Element is a small functor, trivially copyable:
//   compute                            the type it computes in
//   row_data(row)                      what is read of a row
//   constants(row data)                what is computed of that, for one element
//   constants_of<V, I>                 the same for values V and codes I that are packs; set_lane fills it
//   is_simple(constants)               may packs be computed with them?
//   apply(constants, out&..., in...)   an element or a pack, of simple constants
//   apply_any(constants, out&, in...)  an element, of any constants
//   skip_rows(n)                       moves row 0
// and for devices the same bits without a branch an element:
//   quick_constants(row data)          with a member quick: may they be used?
//   is_quick(constants, in...)         may they be used for this element?
//   apply_quick(constants, out&, in...)
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

#include "../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_KokkosCompat.hpp"
#include "KokkosQuant_Operands.hpp"
#include "backend/KokkosQuant_DeviceSweep.hpp"
#include "backend/KokkosQuant_HostSweep.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Element, class Out, class In>
class RowSweep;

template <class Exec, class Element, class... O, class... I>
class RowSweep<Exec, Element, Outputs<O...>, Inputs<I...>> {
  static_assert(std::is_trivially_copyable_v<Element>);
  using Out = Outputs<O...>;
  using In = Inputs<I...>;
  using Host = HostSweep<Element, Out, In>;
  static constexpr int device_width = device_tuning.access_bytes / static_cast<int>(std::max({sizeof(O)..., sizeof(I)...}));

 public:
  RowSweep(const Element& element, std::int64_t rows, std::int64_t columns, const Tuple<Matrix<O>...>& out,
           const Tuple<Matrix<const I>...>& in, Mapping hint)
      : element_(element), walk_(orient(rows, columns, out, in, hint)), by_element_(hint == Mapping::elements) {
    contiguous_ = all_of(walk_, [](const auto& lines) { return lines.inner == 1; });
    const bool packs = !by_element_ && (host_space<Exec>    ? contiguous_
                                        : walk_.rows_inside ? is_aligned()
                                                            : vectors_of(walk_) != 0);
    mapping_ = !packs ? Mapping::elements : walk_.rows_inside ? Mapping::packs_of_tokens : Mapping::packs;
  }

  Mapping mapping() const { return mapping_; }
  int pack_width() const {
    if (mapping_ == Mapping::elements) return 1;
    return host_space<Exec> ? Host::native_width : device_width;
  }

  // Asynchronous on exec; neither allocates nor fences.
  void launch(const Exec& exec, const std::string& label) const {
    if (walk_.n_outer == 0 || walk_.n_inner == 0) return;
    if constexpr (host_space<Exec>) {
      launch_host(exec, label);
    } else if (walk_.rows_inside && mapping_ == Mapping::elements) {
      launch_device<1>(exec, label);
    } else {
      launch_device<device_width>(exec, label);
    }
  }

 private:
  // Elements between an aligned pack and the start of line 0, or of the next line.
  template <class T>
  static std::uint32_t start_skew(const Lines<T>& lines) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(lines.data) / sizeof(T) % device_width);
  }
  template <class T>
  static std::uint32_t line_skew(const Lines<T>& lines) {
    return static_cast<std::uint32_t>(lines.outer % device_width);
  }
  // The operands that one access a pack can move, a bit each: those whose packs are aligned where the first output's are.
  static constexpr std::uint32_t all_operands = (1u << (sizeof...(O) + sizeof...(I))) - 1;
  static std::uint32_t vectors_of(const Operands<Out, In>& walk) {
    const auto& leader = get<0>(walk.out);
    std::uint32_t bits = 0, bit = 1;
    all_of(walk, [&](const auto& lines) {
      const bool same = lines.inner == 1 && reinterpret_cast<std::uintptr_t>(lines.data) % sizeof(*lines.data) == 0 &&
                        start_skew(lines) == start_skew(leader) && (walk.n_outer == 1 || line_skew(lines) == line_skew(leader));
      bits |= same ? bit : 0;
      bit <<= 1;
      return true;
    });
    return bits;
  }
  bool is_aligned() const {
    const auto& leader = get<0>(walk_.out);
    return vectors_of(walk_) == all_operands && start_skew(leader) == 0 && (walk_.n_outer == 1 || line_skew(leader) == 0);
  }

  void launch_host(const Exec& exec, const std::string& label) const {
    constexpr HostTuning t = host_tuning;
    Host sweep{element_, walk_, contiguous_, by_element_, 1, walk_.n_inner, 1};
    if (walk_.rows_inside) {
      sweep.task_inner = std::min(walk_.n_inner, contiguous_ ? t.tile_tokens : t.strided_tile);
      sweep.task_outer = std::max(t.tile_columns, t.task_elements / sweep.task_inner);
    } else {
      sweep.task_inner = std::min(walk_.n_inner, contiguous_ ? 4 * t.task_elements : t.strided_tile);
      sweep.task_outer = std::max<std::int64_t>(1, t.task_elements / sweep.task_inner);
    }
    sweep.inner_tasks = (walk_.n_inner + sweep.task_inner - 1) / sweep.task_inner;
    const std::int64_t outer_tasks = (walk_.n_outer + sweep.task_outer - 1) / sweep.task_outer;
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, outer_tasks * sweep.inner_tasks), sweep);
  }

  // Split so that indices stay 32-bit: as many whole lines a launch as fit, a line of 2^30 packs and more in pieces.
  template <int W>
  void launch_device(const Exec& exec, const std::string& label) const {
    constexpr std::int64_t largest = device_tuning.largest_launch, longest = (largest - 2) * W;
    const bool by_tokens = walk_.rows_inside;
    const bool aligned = mapping_ != Mapping::elements && is_aligned();
    for (std::int64_t i = 0; i < walk_.n_inner; i += longest) {
      const std::int64_t n = std::min(longest, walk_.n_inner - i);
      const std::int64_t packs = (n + W - 1 + (aligned || by_tokens ? 0 : W - 1)) / W;
      const std::int64_t lines_a_thread = by_tokens ? std::min<std::int64_t>(device_tuning.columns_a_token, walk_.n_outer) : 1;
      const std::int64_t lines = largest / packs * lines_a_thread;
      for (std::int64_t o = 0; o < walk_.n_outer; o += lines) {
        auto walk = walk_;
        Element element = element_;
        move_origin(walk, element, o, i);
        walk.n_inner = n;
        walk.n_outer = std::min(lines, walk_.n_outer - o);
        if (by_tokens)
          launch_tokens<W>(exec, label, element, walk, packs, lines_a_thread);
        else if constexpr (W == device_width)
          launch_rows<W>(exec, label, element, walk, packs);
      }
    }
  }
  static void move_origin(Operands<Out, In>& walk, Element& element, std::int64_t o, std::int64_t i) {
    const auto move = [&](auto& lines) { lines.data += o * lines.outer + i * lines.inner; };
    const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
      (move(get<A>(walk.out)), ...);
      (move(get<B>(walk.in)), ...);
    };
    unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
    element.skip_rows(walk.row(o, i));
  }

  static constexpr int packs_a_thread = device_tuning.packs_a_thread;
  template <class Functor>
  static void launch_threads(const Exec& exec, const std::string& label, std::int64_t threads, const Functor& functor) {
    static_assert(sizeof(Functor) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int32_t>>(exec, 0, static_cast<std::int32_t>(threads)),
        functor);
  }
  template <int W>
  void launch_rows(const Exec& exec, const std::string& label, const Element& element, const Operands<Out, In>& walk,
                   std::int64_t packs) const {
    constexpr std::int64_t stripe = device_tuning.stripe, span = stripe * packs_a_thread;
    const auto& leader = get<0>(walk.out);
    const std::int64_t total = packs * walk.n_outer;
    const std::uint32_t vectors = mapping_ == Mapping::elements ? 0 : vectors_of(walk);
    const bool all = vectors == all_operands;
    launch_threads(
        exec, label, (total + span - 1) / span * stripe,
        typename DeviceSweep<Element, Out, In, W>::template Rows<packs_a_thread>{
            element, walk, Divider(static_cast<std::uint32_t>(packs)), static_cast<std::uint32_t>(total), start_skew(leader),
            line_skew(leader), vectors, all && (walk.n_inner >= 2 * W || (walk.n_inner == W && is_aligned()))});
  }
  template <int W>
  void launch_tokens(const Exec& exec, const std::string& label, const Element& element, const Operands<Out, In>& walk,
                     std::int64_t packs, std::int64_t lines) const {
    const std::int64_t groups = (walk.n_outer + lines - 1) / lines;
    launch_threads(
        exec, label, groups * packs,
        typename DeviceSweep<Element, Out, In, W>::template Tokens<packs_a_thread>{
            element, walk, Divider(static_cast<std::uint32_t>(packs)), walk.n_outer, static_cast<std::int32_t>(lines)});
  }

  Element element_;
  Operands<Out, In> walk_;
  bool by_element_;  // asked for
  bool contiguous_;
  Mapping mapping_;
};

}  // namespace KokkosQuant::Impl
