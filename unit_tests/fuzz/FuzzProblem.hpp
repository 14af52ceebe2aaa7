// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What a fuzzer makes of an input: extents, a range, operands, and a run that is compared with a naive loop.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../KokkosQuantTest_Family.hpp"
#include "FuzzBytes.hpp"

namespace KokkosQuantFuzz {

using namespace KokkosQuantTest;
using KokkosQuant::Mapping;

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "fuzzing: %s\n", what.c_str());
  std::abort();
}

// The cell of an element, and how many there are.
struct Cells {
  std::size_t rows, columns;
  std::array<std::size_t, 2> count(std::size_t n, std::size_t d) const {
    const auto up = [](std::size_t all, std::size_t by) { return all / by + (all % by != 0 ? 1 : 0); };
    return {up(n, rows), up(d, columns)};
  }
};
inline std::int64_t any_tile(Choices& c) {
  if (c.one_in(40)) return static_cast<std::int64_t>(c.one_of(huge_numbers));
  return c.one_in(30) ? 0 : 1 + static_cast<std::int64_t>(c.below(40));
}
template <class Granularity>
Granularity any_granularity(Choices& c) {
  if constexpr (std::is_same_v<Granularity, PerGroup>)
    return {any_tile(c)};
  else if constexpr (std::is_same_v<Granularity, PerBlock>)
    return {any_tile(c), any_tile(c)};
  else
    return {};
}
template <class Granularity>
Cells cells_of(const Granularity& g, std::size_t n, std::size_t d) {
  const auto size = [](std::int64_t tile) { return tile < 1 ? 1 : static_cast<std::size_t>(tile); };
  const auto some = [](std::size_t extent) { return extent == 0 ? 1 : extent; };
  if constexpr (std::is_same_v<Granularity, PerGroup>) return {1, size(g.columns)};
  if constexpr (std::is_same_v<Granularity, PerBlock>) return {size(g.rows), size(g.columns)};
  if constexpr (std::is_same_v<Granularity, PerChannel>) return {some(n), 1};
  if constexpr (std::is_same_v<Granularity, PerToken>) return {1, some(d)};
  return {some(n), some(d)};
}

// scale and zero_point: one a cell, most often as many as there should be. Lines where the granularity is not tiled.
template <class Granularity, class E>
class CellOperand {
 public:
  static constexpr bool tiled = is_tiled<Granularity>;
  CellOperand(Choices& c, const Cells& cells, std::size_t n, std::size_t d)
      : cells_(cells), values_(c, count(c, cells, n, d)) {}
  auto view(Buffer& buffer) const {
    if constexpr (tiled)
      return values_.view(buffer);
    else
      return values_.line(buffer);
  }
  bool is_inside() const { return values_.is_inside(); }
  E& operator()(Buffer& buffer, std::size_t n, std::size_t d) const {
    if constexpr (std::is_same_v<Granularity, PerTensor>) return values_.at(buffer, 0, 0);
    if constexpr (std::is_same_v<Granularity, PerChannel>) return values_.at(buffer, d, 0);
    return values_.at(buffer, n / cells_.rows, d / cells_.columns);
  }

 private:
  static std::array<std::size_t, 2> count(Choices& c, const Cells& cells, std::size_t n, std::size_t d) {
    auto count = cells.count(n, d);
    if constexpr (std::is_same_v<Granularity, PerTensor>) count = {1, 1};
    if constexpr (std::is_same_v<Granularity, PerChannel>) count = {d, 1};
    c.spoil(count, 60);
    return count;
  }
  Cells cells_;
  Operand<E> values_;
};

// Codes and masks for n x d elements: packed along the rows or the columns.
template <class Q>
class CodeOperand {
 public:
  CodeOperand(Choices& c, std::size_t n, std::size_t d) : across_(!c.one_in(2)), codes_(c, extent(c, across_, n, d)) {}
  auto view(Buffer& buffer) const { return codes_.view(buffer); }
  bool is_inside() const { return codes_.is_inside(); }
  std::int32_t get(Buffer& buffer, std::size_t n, std::size_t d) const {
    if constexpr (per == 1)
      return static_cast<std::int32_t>(codes_.at(buffer, n, d));
    else
      return byte(buffer, n, d).get(static_cast<int>((across_ ? d : n) % per));
  }
  // The bits behind the end of a line are 0: the contract says so.
  void put(Buffer& buffer, std::size_t n, std::size_t d, std::int32_t code) const {
    if constexpr (per == 1) {
      codes_.at(buffer, n, d) = static_cast<Q>(code);
    } else {
      const std::size_t j = (across_ ? d : n) % per;
      if (j == 0) byte(buffer, n, d) = Q{0};
      byte(buffer, n, d).set(static_cast<int>(j), code);
    }
  }

 private:
  static constexpr std::size_t per = KokkosQuant::Impl::elements_per<Q>;
  static std::array<std::size_t, 2> extent(Choices& c, bool across, std::size_t n, std::size_t d) {
    const auto bytes = [](std::size_t elements) { return elements / per + (elements % per != 0 ? 1 : 0); };
    std::array<std::size_t, 2> extent{across ? n : bytes(n), across ? bytes(d) : d};
    c.spoil(extent, 60);
    return extent;
  }
  Q& byte(Buffer& buffer, std::size_t n, std::size_t d) const {
    return across_ ? codes_.at(buffer, n, d / per) : codes_.at(buffer, n / per, d);
  }
  bool across_;
  Operand<Q> codes_;
};

using T = float;
inline constexpr KokkosQuant::Contract rules{};

// What all ops of an input have in common.
class Problem {
 public:
  explicit Problem(Choices& choices)
      : c(choices),
        N(any_extent(c)),
        D(any_extent(c)),
        range{c.one_in(6) ? c.any_int() : -static_cast<std::int32_t>(c.below(9)),
              c.one_in(6) ? c.any_int() : static_cast<std::int32_t>(c.below(8))},
        mapping_(static_cast<Mapping>(c.below(4))),
        before_(c.byte()),
        after_(before_),
        expected_(before_) {}

  Choices& c;
  std::size_t N, D;
  KokkosQuant::QuantizeDescriptor range;

  Operand<T> data() {
    std::array<std::size_t, 2> extent{N, D};
    c.spoil(extent, 80);
    return {c, extent};
  }
  // An output: sometimes exactly where an input is.
  Operand<T> output(const Operand<T>& in) { return c.one_in(3) ? in : data(); }

  // args(buffer) are the op's there; all that they reach lies in the buffer, or not; y(buffer, n, d) is an output in which any
  // NaN is any NaN; write(out, in, n, d) is one turn of the naive loop.
  template <class Op, class Args, class Y, class Write>
  void run(const Args& args, bool in_buffer, const Y& y, const Write& write) {
    run<Op>(range, args, in_buffer, y, write);
  }
  template <class Op, class Descriptor, class Args, class Y, class Write>
  void run(const Descriptor& descriptor, const Args& args_in, bool in_buffer, const Y& y, const Write& write) {
    const auto args = args_in(after_);
    const auto with = [&](const auto& exec) {
      const KokkosQuant::Status can = KokkosQuant::can_implement<Op>(exec, descriptor, args);
      if (!can && can.message().empty()) fail("refused without a reason");
      bool accepted = false;
      try {
        const auto plan = KokkosQuant::select<Op>(exec, descriptor, args, {mapping_});
        accepted = true;
        const std::string sku = plan.sku().to_string();
        if (!in_buffer || c.spoilt()) return;
        const std::size_t rows = D == 0 ? 0 : N;  // (2^63 rows of nothing)
        const bool again = c.one_in(2);
        if (const std::size_t bytes = plan.workspace_size(); bytes > 0) {
          // (from new, whose bytes sanitizers guard)
          const std::unique_ptr<std::byte[]> memory(new std::byte[bytes]);
          const Kokkos::View<std::byte*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> workspace(memory.get(),
                                                                                                               bytes);
          again ? plan.run(args, workspace) : plan.run(workspace);
        } else {
          again ? plan.run(args) : plan.run();
        }
        exec.fence();
        for (std::size_t n = 0; n < rows; ++n)
          for (std::size_t d = 0; d < D; ++d) write(expected_, before_, n, d);
        if constexpr (!std::is_same_v<Y, std::nullptr_t>)
          for (std::size_t n = 0; n < rows; ++n)
            for (std::size_t d = 0; d < D; ++d)
              if (T& e = y(expected_, n, d), &a = y(after_, n, d); e != e && a != a) e = a;
        if (const std::size_t at = after_.differs(expected_); at != Buffer::size)
          fail(sku + ", " + std::to_string(N) + " x " + std::to_string(D) + ": byte " + std::to_string(at) + " is wrong");
      } catch (const std::invalid_argument& refusal) {
        if (accepted) fail(std::string("run() refused what the constructor took: ") + refusal.what());
        if (std::string(refusal.what()).find(can.message()) == std::string::npos) fail("two reasons");
      }
      if (accepted != static_cast<bool>(can)) fail("can_implement and the constructor differ: " + can.message());
    };
#ifdef KOKKOS_ENABLE_SERIAL
    if (!c.one_in(8)) return with(Kokkos::Serial());
#endif
    with(Kokkos::DefaultHostExecutionSpace());
  }

 private:
  Mapping mapping_;
  Buffer before_, after_, expected_;
};

inline auto elements_of(const Operand<T>& y) {
  return [&y](Buffer& b, std::size_t n, std::size_t d) -> T& { return y.at(b, n, d); };
}

}  // namespace KokkosQuantFuzz
