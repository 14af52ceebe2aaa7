// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief A fuzzer's input, read as choices; extents, strides and Views into one buffer made of them.
#pragma once

#include <KokkosQuant.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <vector>

namespace KokkosQuantFuzz {

using KokkosQuant::Impl::int128_t;

/// One input: what a fuzzer consists of. It ends the program where something is wrong.
void fuzz_one(const std::uint8_t* data, std::size_t size);

/// The bytes of an input, one choice after the other; behind their end all choices are 0.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  unsigned byte() { return at_ < size_ ? data_[at_++] : 0; }
  std::size_t below(std::size_t n) { return (n <= 256 ? byte() : byte() * 256 + byte()) % n; }
  bool one_in(unsigned n) { return byte() % n == 1; }
  std::int32_t any_int() {
    std::uint32_t bits = 0;
    for (int b = 0; b < 4; ++b) bits = bits << 8 | byte();
    return static_cast<std::int32_t>(bits);
  }
  template <class T, std::size_t N>
  T one_of(const T (&values)[N]) {
    return values[below(N)];
  }
  /// Sometimes an extent is one more than it should be. (If all are, it may be accepted, and is another problem.)
  void spoil(std::array<std::size_t, 2>& extent, unsigned n) {
    if (!one_in(n)) return;
    ++extent[below(2)];
    spoilt_ = true;
  }
  bool spoilt() const { return spoilt_; }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
  bool spoilt_ = false;
};

inline constexpr std::size_t huge_numbers[] = {(std::size_t{1} << 31) - 1, std::size_t{1} << 31, (std::size_t{1} << 32) - 1,
                                               std::size_t{1} << 32,       std::size_t{1} << 40, std::size_t{1} << 62,
                                               (std::size_t{1} << 63) - 1, std::size_t{1} << 63, ~std::size_t{0},
                                               ~std::size_t{0} - 15};

/// An array of up to two extents, as a View has it: in elements.
struct Shape {
  std::array<std::size_t, 2> extent, stride;
};

inline std::size_t any_extent(Choices& c) {
  if (c.one_in(40)) return c.one_of(huge_numbers);
  return c.one_in(4) ? c.below(140) : c.below(12);
}
/// Dense or padded in either order, every second or third element, broadcast, any small strides, or absurd ones.
inline std::array<std::size_t, 2> any_strides(Choices& c, std::array<std::size_t, 2> extent) {
  const std::size_t pad = c.one_in(3) ? c.below(5) : 0, step = c.one_in(5) ? 2 + c.below(2) : 1;
  switch (c.below(16)) {
    case 0: return {0, c.one_in(2) ? 0u : 1u};
    case 1: return {1, 0};
    case 2: return {c.below(30), c.below(30)};
    case 3: return {c.one_of(huge_numbers), 1};
    case 4: return {1, c.one_of(huge_numbers)};
    case 5:
    case 6:
    case 7:
    case 8:
    case 9: return {step, extent[0] * step + pad};
    default: return {extent[1] * step + pad, step};
  }
}

/// Memory with all operands of a problem; what they may not touch is compared too.
class Buffer {
 public:
  static constexpr std::size_t size = 1 << 15;

  /// Small multiples of 1/8, any bits, and small integers.
  explicit Buffer(std::uint64_t seed) : words_(size / 4) {
    for (std::uint32_t& word : words_) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      const auto bits = static_cast<std::uint32_t>(seed >> 32);
      const auto small = static_cast<std::int32_t>(bits % 2049) - 1024;
      word = bits % 11 == 0  ? bits
             : bits % 3 == 0 ? static_cast<std::uint32_t>(small)
                             : __builtin_bit_cast(std::uint32_t, static_cast<float>(small) / 8);
    }
  }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(words_.data()); }
  /// Where the first byte that is not the same stands; size: nowhere.
  std::size_t differs(const Buffer& other) const {
    for (std::size_t w = 0; w < words_.size(); ++w)
      if (words_[w] != other.words_[w]) return 4 * w;
    return size;
  }

 private:
  std::vector<std::uint32_t> words_;
};

/// A View of any extents and strides, anywhere in the buffer, or behind its end, or null.
template <class E>
struct Operand {
  using View = Kokkos::View<E**, Kokkos::LayoutStride, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  using Line = Kokkos::View<E*, Kokkos::LayoutStride, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Shape shape{};
  std::size_t offset = 0;  ///< in elements
  bool null = false;

  Operand(Choices& c, std::array<std::size_t, 2> extent) : shape{extent, any_strides(c, extent)} {
    offset = c.below(Buffer::size / sizeof(E));
    null = c.one_in(60);
  }
  View view(Buffer& buffer) const {
    return View(pointer(buffer), Kokkos::LayoutStride(shape.extent[0], shape.stride[0], shape.extent[1], shape.stride[1]));
  }
  /// As a line: the first extent.
  Line line(Buffer& buffer) const { return Line(pointer(buffer), Kokkos::LayoutStride(shape.extent[0], shape.stride[0])); }
  /// Does all of it lie in the buffer?
  bool is_inside() const {
    if (shape.extent[0] == 0 || shape.extent[1] == 0) return true;
    int128_t last = offset;
    for (std::size_t r = 0; r < 2; ++r) {
      if (shape.extent[r] > 1 && (shape.extent[r] > Buffer::size || shape.stride[r] > Buffer::size)) return false;
      if (shape.extent[r] > 1) last += int128_t(shape.extent[r] - 1) * shape.stride[r];
    }
    return !null && last < int128_t(Buffer::size / sizeof(E));
  }
  E& at(Buffer& buffer, std::size_t n, std::size_t d) const {
    return reinterpret_cast<E*>(buffer.data())[offset + n * shape.stride[0] + d * shape.stride[1]];
  }

 private:
  E* pointer(Buffer& buffer) const { return null ? nullptr : reinterpret_cast<E*>(buffer.data()) + offset; }
};

}  // namespace KokkosQuantFuzz
