// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How wide packs are on a device, and which operands vector accesses can move, by where they stand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <type_traits>

#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

template <class Out, class In, bool Tiled>
struct DeviceAlignment;
template <class... O, class... I, bool Tiled>
struct DeviceAlignment<Outputs<O...>, Inputs<I...>, Tiled> {
  using Walk = Operands<Outputs<O...>, Inputs<I...>>;
  static constexpr int largest_element = static_cast<int>(std::max({sizeof(O)..., sizeof(I)...}));
  static constexpr int smallest_output = static_cast<int>(std::min({sizeof(O)...}));
  // Where lanes differ a thread holds constants for each, and has no registers for more of them than an access has.
  static constexpr int lanes_width =
      std::max({device_tuning.access_bytes / largest_element, static_cast<int>(elements_per<O>)...});
  // Packed codes of a pack fill a word (DevicePairs).
  static constexpr int codes_a_word =
      std::max({(packed_type<O> && elements_per<O> < 8 ? 4 * static_cast<int>(elements_per<O>) : 1)...});
  // As many as fill an access of the narrowest output, in two of the widest operand at most: codes of 2 bytes and less would leave a
  // thread's stores half empty. Not for a mask beside integers of more than a byte. (Error bounds, int16, bfloat16, H200, packs of
  // 8, 16: 3.2, 2.7 TB/s)
  static constexpr bool narrow_codes = !Walk::has_packed || !((std::is_integral_v<O> && sizeof(O) > 1) || ...);
  static constexpr int pack_width = std::max(
      {lanes_width, codes_a_word,
       narrow_codes ? std::min(2 * device_tuning.access_bytes / largest_element, device_tuning.access_bytes / smallest_output)
                    : 1});
  // Packs of packed codes start with the line: half as wide where lines or cells do not end with a pack.
  static constexpr int short_width = Walk::has_packed ? std::max(lanes_width, codes_a_word) : pack_width;
  // As many as have the accesses of packs_a_thread in flight.
  template <int W>
  static constexpr int packs_a_thread = std::max(1, device_tuning.packs_a_thread* device_tuning.access_bytes /
                                                        std::max(device_tuning.access_bytes, W* largest_element));

  // Where lanes differ, each of another line: of one input twice as many, but of half both ways (H200, fake quantize, D = 256, 4096, half:
  // 0.93, 0.96 in place of 0.87, 0.92; bfloat16: 0.89, 0.90 in place of 0.91, 0.97).
  template <class T>
  static constexpr bool all_are = (std::is_same_v<O, T> && ...) && (std::is_same_v<I, T> && ...);
  template <int W>
  static constexpr int lanes_packs_a_thread = packs_a_thread<W>*(sizeof...(I) == 1 && !all_are<half_t> ? 2 : 1);
  // Lines of a thread there: as few as its constants allow, so that memory sees few columns at a time. Backward, bfloat16, D = 4096, 1000, 4:
  // 0.99, 0.81, 8: 0.99, 0.92, 16: 0.98, 0.88; quantize, 8: 0.87, 0.76, 16: 0.94, 0.86; dequantize, 8: 1.00, 0.87, 16: 0.98, 0.83; fake
  // quantize, 8: 0.97, 0.80, 16: 0.96, 0.86. (Constants of D = 1000 are not aligned.)
  static constexpr bool narrows = ((sizeof(O) < largest_element) && ...);
  template <int W>
  static constexpr int lanes_lines(bool aligned) {
    const bool twice = sizeof...(I) > 1 || narrows || all_are<half_t> || (all_are<bfloat16_t> && !aligned);
    return lanes_packs_a_thread<W> * (twice ? 2 : 1);
  }
  template <int W>  // (with an access more of each input)
  static constexpr int shifted_packs_a_thread = std::max(1, packs_a_thread<W> / 2);

  // Elements between an aligned pack and the start of line 0, or of the next line. Packed codes' packs start with the line.
  template <int W, class T>
  static std::uint32_t start_skew(const Lines<T>& lines, int unit = W) {
    if (Walk::has_packed) return 0;
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(lines.data) / sizeof(T) %
                                      static_cast<std::uintptr_t>(unit));
  }
  template <int W, class T>
  static std::uint32_t line_skew(const Lines<T>& lines, int unit = W) {
    return Walk::has_packed ? 0 : static_cast<std::uint32_t>(lines.outer % unit);
  }
  // Where lanes differ, threads share the lines whose packs start at the same distance from the line's: the more alike they start in
  // memory, the fewer.
  struct Classes {
    int unit;  // elements: alike to multiples of
    std::int64_t count;
  };
  template <int W>
  static Classes classes_of(const Walk& walk, bool by_element) {
    const auto& leader = get<0>(walk.out);
    const std::int64_t enough = lanes_lines<W>(false);
    for (int unit = std::max(W, device_tuning.sector_bytes / smallest_output); !Tiled && !by_element && unit > W; unit /= 2) {
      const std::int64_t count = unit / std::gcd<std::int64_t>(unit, walk.n_outer == 1 ? 0 : line_skew<W>(leader, unit));
      if (count == 1 || walk.n_outer >= count * enough) return {unit, count};
    }
    return {W, W / std::gcd<std::int64_t>(W, walk.n_outer == 1 ? 0 : line_skew<W>(leader))};
  }
  // The operands that vector accesses can move, a bit each: those whose packs are aligned where the first output's are.
  static constexpr std::uint32_t all_operands = (1u << (sizeof...(O) + sizeof...(I))) - 1;
  template <int W>
  static std::uint32_t vectors_of(const Walk& walk) {
    const auto& leader = get<0>(walk.out);
    std::uint32_t bits = 0, bit = 1;
    all_of(walk, [&](const auto& lines) {
      using T = std::remove_cvref_t<decltype(*lines.data)>;
      constexpr std::int64_t bytes = chunk_alignment<T, W>;
      const auto address = reinterpret_cast<std::uintptr_t>(lines.data);
      const bool same =
          Walk::has_packed
              ? address % bytes == 0 && (walk.n_outer == 1 || lines.outer * static_cast<std::int64_t>(sizeof(T)) % bytes == 0)
              : address % sizeof(T) == 0 && start_skew<W>(lines) == start_skew<W>(leader) &&
                    (walk.n_outer == 1 || line_skew<W>(lines) == line_skew<W>(leader));
      bits |= lines.inner == 1 && same ? bit : 0;
      bit <<= 1;
      return true;
    });
    return bits;
  }
  template <int W>
  static bool is_aligned(const Walk& walk) {
    const auto& leader = get<0>(walk.out);
    return vectors_of<W>(walk) == all_operands && start_skew<W>(leader) == 0 &&
           (walk.n_outer == 1 || line_skew<W>(leader) == 0);
  }

  // Can vector accesses move them all where lanes differ? Packs of all lines of a cell start at the same place.
  template <int W>
  static bool fits_lanes(const Walk& walk) {
    if (Walk::has_packed) return is_aligned<W>(walk);
    return vectors_of<W>(walk) == all_operands && (!Tiled || walk.n_outer == 1 || line_skew<W>(get<0>(walk.out)) == 0);
  }
  // Can inputs be cut out of the aligned accesses around them, wherever they stand?
  template <int W>
  static bool fits_shifted(const Walk& walk) {
    if (Walk::has_packed) return false;
    const bool contiguous = all_of(walk, [](const auto& lines) {
      return lines.inner == 1 && reinterpret_cast<std::uintptr_t>(lines.data) % sizeof(*lines.data) == 0;
    });
    constexpr std::uint32_t outputs = (1u << sizeof...(O)) - 1;
    return contiguous && (vectors_of<W>(walk) & outputs) == outputs;
  }
  // Do 32 bits hold the distance of lines (of so many), in bytes?
  static bool is_near(const Walk& walk, std::int64_t lines_apart = 1) {
    return all_of(walk, [&](const auto& lines) {
      return lines.outer * static_cast<std::int64_t>(sizeof(*lines.data)) < (std::int64_t(1) << 32) / lines_apart;
    });
  }
  // The lines around any element of which so many others may be read.
  static InnerLines inner_lines(const Walk& walk, int elements) {
    std::int64_t margin = 0;
    all_of(walk, [&](const auto& lines) {
      margin = std::max(margin, lines.outer > 0 ? divide_up(elements, lines.outer) : walk.n_outer);
      return true;
    });
    const std::int64_t count = std::max<std::int64_t>(0, walk.n_outer - 2 * margin);
    return {static_cast<std::uint32_t>(count > 0 ? margin : 0), static_cast<std::uint32_t>(count)};
  }
};

}  // namespace KokkosQuant::Impl
