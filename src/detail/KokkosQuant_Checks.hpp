// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Run-time checks of a plan's arguments. The first that fails leaves its message: what was given, what was expected.
#pragma once

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>

#include "../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Operands.hpp"
#include "KokkosQuant_Overlap.hpp"

namespace KokkosQuant::Impl {

template <view V>
std::string shape(const V& v) {
  std::ostringstream text;
  for (int r = 0; r < rank_of<V>; ++r) text << (r == 0 ? "" : " x ") << v.extent(r);
  return text.str();
}

template <view V>
Footprint footprint(const V& v) {
  const auto size = static_cast<std::int64_t>(sizeof(typename V::value_type));
  Footprint f{reinterpret_cast<std::uintptr_t>(v.data()), size, {1, 1}, {0, 0}};
  for (int r = 0; r < rank_of<V>; ++r) {
    f.extent[static_cast<std::size_t>(r)] = static_cast<std::int64_t>(v.extent(r));
    f.stride[static_cast<std::size_t>(r)] = static_cast<std::int64_t>(v.stride(r)) * size;
  }
  return f;
}

class Checks {
 public:
  Status status() const { return failed_ ? Status(message_) : Status(); }

  template <class... Part>
  void expect(bool holds, const Part&... parts) {
    if (holds || failed_) return;
    std::ostringstream text;
    (text << ... << parts);
    message_ = text.str();
    failed_ = true;
  }

  void range(const QuantizeDescriptor& d) {
    expect(d.q_min <= d.q_max, "q_min is ", d.q_min, " and q_max is ", d.q_max, ": expected q_min <= q_max");
  }
  template <code_type Q>
  void range_fits(const char* name, const QuantizeDescriptor& d) {
    constexpr int lowest = std::numeric_limits<Q>::min(), highest = std::numeric_limits<Q>::max();
    expect(d.q_min >= lowest && d.q_max <= highest, "q_min is ", d.q_min, " and q_max is ", d.q_max,
           ": expected a range within ", lowest, " to ", highest, ", which the element type of ", name, " holds");
  }
  template <view A, view B>
  void same_extents(const char* name_a, const A& a, const char* name_b, const B& b) {
    expect(a.extent(0) == b.extent(0) && a.extent(1) == b.extent(1), name_a, " is ", shape(a), " and ", name_b, " is ",
           shape(b), ": expected the same extents");
  }
  template <class A, view B>
  void one_a_row(const char* name_a, const A& a, const char* name_b, const B& b) {
    if constexpr (view<A>)
      expect(a.extent(0) == b.extent(0), name_a, " has ", shape(a), " elements and ", name_b, " is ", shape(b),
             ": expected one for each row, ", b.extent(0));
  }
  template <class V>
  void has_data(const char* name, const V& v) {
    if constexpr (view<V>)
      expect(v.data() != nullptr || is_empty(footprint(v)), name, " is ", shape(v), " but its data is null: expected memory");
  }

  // An output that two threads would write, or write and read.
  template <view V>
  void own_elements(const char* name, const V& v) {
    const Shared shared = shares_with_itself(footprint(v));
    expect(shared == Shared::no, name, " is written and has strides ", v.stride(0), ", ", v.stride(1), " at extents ", shape(v),
           ", by which elements ", certainty(shared), " share memory: expected one place for each element");
  }
  template <view Out, class In>
  void apart(const char* name_out, const Out& out, const char* name_in, const In& in) {
    if constexpr (view<In>) {
      const Shared shared = share_bytes(footprint(out), footprint(in));
      expect(shared == Shared::no, name_out, " is written and ", certainty(shared), " shares memory with ", name_in,
             ": expected arrays with no element in common");
    }
  }
  template <view Out, view In>
  void apart_or_same(const char* name_out, const Out& out, const char* name_in, const In& in) {
    const Footprint a = footprint(out), b = footprint(in);
    bool same = a.address == b.address && a.size == b.size;
    for (std::size_t r = 0; r < 2; ++r)
      same = same && a.extent[r] == b.extent[r] && (a.extent[r] <= 1 || a.stride[r] == b.stride[r]);
    if (same) return;
    const Shared shared = share_bytes(a, b);
    expect(shared == Shared::no, name_out, " is written and ", certainty(shared), " shares memory with ", name_in,
           ": expected exactly the same data and strides (in place), or no element in common");
  }

 private:
  static const char* certainty(Shared shared) { return shared == Shared::undecided ? "possibly" : "certainly"; }

  bool failed_ = false;
  std::string message_;
};

}  // namespace KokkosQuant::Impl
