// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packed rows: any fields, indices and buffers, overlapping, null and absurd ones too. What is accepted runs and writes what a naive
// loop over the documented layout (RowBufferLayout) does, and nothing else: PackRows, then UnpackRows or UnpackAddRows of its buffer, of
// one in which bytes have changed, or of any bytes. validate() writes nothing, takes what PackRows wrote and refuses the rest.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "../KokkosQuantTest_Dynamic.hpp"
#include "FuzzProblem.hpp"

namespace KokkosQuantFuzz {
namespace {

using KokkosQuant::int4x2_t;
using KokkosQuant::RowsAs;
using KokkosQuant::RowsWithin;

constexpr std::size_t header_bytes = 32, prefix_bytes = 16;

template <class V>
V read(Buffer& b, std::size_t at) {
  V value;
  std::memcpy(&value, b.data() + at, sizeof value);
  return value;
}

// A payload: its descriptor, what a code means, and which one an element gets.
template <class Code_>
struct Quantized {
  using Code = Code_;
  using Descriptor = RowsAs<Code>;
  static constexpr std::int32_t top = KokkosQuant::Impl::code_limits<Code>::highest;
  Descriptor descriptor{};

  explicit Quantized(Choices& c) {
    if (c.one_in(3)) descriptor.scales = KokkosQuant::RowScales::asymmetric;
    if (c.one_in(8)) descriptor.eps = c.one_in(3) ? -1 : 0.25;
  }
  static std::int32_t code(Buffer& b, std::size_t codes, std::size_t d) {
    if constexpr (std::is_same_v<Code, int4x2_t>)
      return int4x2_t{b.data()[codes + d / 2]}.get(static_cast<int>(d % 2));
    else
      return read<Code>(b, codes + d * sizeof(Code));
  }
  static T value(Buffer& b, std::size_t record, std::size_t d) {
    return reference_dequantize(code(b, record + prefix_bytes, d), static_cast<T>(read<double>(b, record)),
                                read<std::int32_t>(b, record + 8));
  }
  // Is the record the one of these elements?
  bool is_right(Buffer& b, std::size_t record, const std::vector<T>& x) const {
    const bool symmetric = descriptor.scales == KokkosQuant::RowScales::symmetric;
    const KokkosQuant::DynamicQuantizeDescriptor d{symmetric ? -top : -top - 1, top, descriptor.eps};
    const auto found = reference_scale<T>(x, d, symmetric);
    const std::int32_t zero_point = symmetric ? 0 : found.zero_point;
    if (read<double>(b, record) != static_cast<double>(found.scale) || read<std::int32_t>(b, record + 8) != zero_point)
      return false;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (code(b, record + prefix_bytes, i) != reference_code(rules, x[i], found.scale, zero_point, d.range())) return false;
    return true;
  }
  static bool refuses(Buffer&, std::size_t) { return false; }
};
struct Plain {
  using Descriptor = RowsAs<float>;
  Descriptor descriptor{};
  explicit Plain(Choices&) {}
  static T value(Buffer& b, std::size_t record, std::size_t d) { return read<float>(b, record + prefix_bytes + 4 * d); }
  static bool is_right(Buffer& b, std::size_t record, const std::vector<T>& x) {
    for (std::size_t i = 0; i < x.size(); ++i)
      if (const T y = value(b, record, i); y != x[i] && (y == y || x[i] == x[i])) return false;
    return read<double>(b, record) == 1;
  }
  static bool refuses(Buffer&, std::size_t) { return false; }
};
struct Bounded {
  using Descriptor = RowsWithin;
  Descriptor descriptor{0.05};
  explicit Bounded(Choices& c) {
    if (c.one_in(8)) descriptor.eps = c.one_in(2) ? 0 : 1e30;
  }
  static T value(Buffer& b, std::size_t record, std::size_t d) {
    return reference_dequantize(std::int32_t{read<std::int16_t>(b, record + prefix_bytes + 2 * d)},
                                static_cast<T>(read<double>(b, record)), 0);
  }
  bool is_right(Buffer& b, std::size_t record, const std::vector<T>& x) const {
    std::int32_t misfits = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = std::abs(static_cast<double>(value(b, record, i)) - static_cast<double>(x[i]));
      if (!(error <= descriptor.eps)) ++misfits;
    }
    return read<std::int32_t>(b, record + 8) >= misfits;  // (the last code's neighbour may be within eps too, and counts)
  }
  static bool refuses(Buffer& b, std::size_t record) { return read<std::int32_t>(b, record + 8) != 0; }
};

struct Bytes : Operand<unsigned char> {
  Bytes(Choices& c, std::size_t size) : Operand(c, {size, 1}) {
    if (!c.one_in(20)) shape.stride = {1, 1};
    if (!c.one_in(10)) offset -= offset % 16;
  }
};

enum class Sent { as_packed, changed, anything };

template <class Payload, class Index>
void fuzz_rows(Choices& c) {
  using Descriptor = typename Payload::Descriptor;
  const std::size_t N = any_extent(c), D = any_extent(c), count = any_extent(c);
  const Payload payload(c);
  const Operand<T> x(c, {N, D}), y = c.one_in(8) ? x : Operand<T>(c, {N, D});
  const Operand<Index> rows(c, {count, 1});
  const bool moderate = N < 1000 && D < 1000 && count < 1000;
  const std::size_t needed =
      moderate
          ? static_cast<std::size_t>(Descriptor::buffer_size(static_cast<std::int64_t>(count), static_cast<std::int64_t>(D)))
          : 64;
  const std::size_t record_size =
      static_cast<std::size_t>(Descriptor::buffer_size(1, moderate ? static_cast<std::int64_t>(D) : 1)) - header_bytes;
  std::size_t given = needed;
  if (c.one_in(10)) given += c.below(40);
  if (c.one_in(30)) given -= 1 + c.below(8);
  const Bytes bytes(c, given);
  Buffer before(c.byte());
  const bool inside = x.is_inside() && y.is_inside() && rows.is_inside() && bytes.is_inside() && moderate;
  bool all_rows = true;
  if (inside)
    for (std::size_t j = 0; j < count; ++j) {
      const bool any = c.one_in(25);
      rows.at(before, j, 0) = static_cast<Index>(any ? c.any_int() : static_cast<std::int32_t>(N == 0 ? 0 : c.byte() % N));
    }
  const auto row_at = [&](Buffer& b, std::size_t j) -> std::int64_t { return rows.at(b, j, 0); };
  const auto is_row = [&](std::int64_t row) { return row >= 0 && row < static_cast<std::int64_t>(N); };
  if (inside)
    for (std::size_t j = 0; j < count; ++j) all_rows = all_rows && is_row(row_at(before, j));
  const auto record = [&](std::size_t j) { return bytes.offset + header_bytes + j * record_size; };

  // Makes a plan, or sees that it is refused with the reason that can_implement gives; then does something with it.
  const auto with = [&]<class Op>(const Op*, const auto& exec, const auto& args, const auto& use) {
    const KokkosQuant::Status can = KokkosQuant::can_implement<Op>(exec, payload.descriptor, args);
    if (!can && can.message().empty()) fail("refused without a reason");
    bool accepted = false;
    try {
      const auto plan = KokkosQuant::select<Op>(exec, payload.descriptor, args);
      accepted = true;
      if (inside) use(plan);
    } catch (const std::invalid_argument& refusal) {
      if (accepted || can) fail(std::string("refused after all: ") + refusal.what());
    }
    if (accepted != static_cast<bool>(can)) fail("can_implement and the constructor differ: " + can.message());
    return accepted && inside;
  };
  const auto require = [&](bool holds, const char* what) {
    if (!holds)
      fail(std::string(what) + ": " + std::to_string(N) + " x " + std::to_string(D) + ", " + std::to_string(count) + " rows");
  };

  const auto on = [&](const auto& exec) {
    Buffer packed = before;
    const bool was_packed =
        with(static_cast<const KokkosQuant::PackRows*>(nullptr), exec,
             KokkosQuant::PackRowsArgs{x.view(packed), rows.line(packed), bytes.line(packed)}, [&](const auto& plan) {
               require(static_cast<bool>(plan.validate()) == all_rows, "PackRows::validate() and the indices");
               require(packed.differs(before) == Buffer::size, "PackRows::validate() wrote something");
               plan.run();
               exec.fence();
               Buffer rest = before;
               std::memcpy(rest.data() + bytes.offset, packed.data() + bytes.offset, needed);
               require(packed.differs(rest) == Buffer::size, "PackRows wrote outside of its buffer");
               for (std::size_t j = 0; j < count; ++j) {
                 if (!is_row(row_at(before, j))) continue;
                 std::vector<T> elements;
                 for (std::size_t d = 0; d < D; ++d)
                   elements.push_back(x.at(before, static_cast<std::size_t>(row_at(before, j)), d));
                 require(payload.is_right(packed, record(j), elements), "a record is not the one of its row");
               }
             });
    Sent sent = was_packed ? static_cast<Sent>(c.below(3)) : Sent::anything;
    if (sent == Sent::anything) packed = before;
    if (sent == Sent::changed) {  // one word: such changes are always noticed
      const std::size_t word = bytes.offset + c.below(needed / 4) * 4, byte = word + c.below(4);
      packed.data()[byte] = static_cast<unsigned char>(packed.data()[byte] ^ (1 + c.byte() % 255));
    }

    const auto unpack = [&]<class Op>(const Op* op, const auto& args_of, bool adds) {
      Buffer after = packed;
      with(op, exec, args_of(after), [&](const auto& plan) {
        const KokkosQuant::Status valid = plan.validate();
        require(valid || !valid.message().empty(), "validate() refused without a reason");
        require(after.differs(packed) == Buffer::size, "validate() wrote something");
        if (sent == Sent::as_packed) {
          bool fits = true;
          for (std::size_t j = 0; j < count; ++j) fits = fits && !payload.refuses(packed, record(j));
          require(static_cast<bool>(valid) == (all_rows && fits), "validate() and a buffer as it was packed");
        } else {
          require(!valid, "validate() took bytes that nobody packed");
        }
        require(!plan.validate(static_cast<std::int64_t>(c.below(needed))), "validate() took less bytes than it needs");
        // Whatever the bytes are: no row but those named, no byte but theirs.
        plan.run();
        exec.fence();
        Buffer expected = packed;
        for (std::size_t j = 0; j < count; ++j) {
          if (!is_row(row_at(packed, j))) continue;
          for (std::size_t d = 0; d < D; ++d) {
            T& place = y.at(expected, static_cast<std::size_t>(row_at(packed, j)), d);
            const T value = Payload::value(packed, record(j), d);
            place = adds ? place + value : value;
          }
        }
        if (D > 0)
          for (std::size_t n = 0; n < N; ++n)
            for (std::size_t d = 0; d < D; ++d)
              if (T& e = y.at(expected, n, d), &a = y.at(after, n, d); e != e && a != a) e = a;
        require(after.differs(expected) == Buffer::size, adds ? "UnpackAddRows" : "UnpackRows");
      });
    };
    if (c.one_in(2))
      unpack(
          static_cast<const KokkosQuant::UnpackAddRows*>(nullptr),
          [&](Buffer& b) {
            return KokkosQuant::UnpackAddRowsArgs{bytes.line(b), rows.line(b), y.view(b)};
          },
          true);
    else
      unpack(
          static_cast<const KokkosQuant::UnpackRows*>(nullptr),
          [&](Buffer& b) {
            return KokkosQuant::UnpackRowsArgs{bytes.line(b), rows.line(b), y.view(b)};
          },
          false);
  };
#ifdef KOKKOS_ENABLE_SERIAL
  if (!c.one_in(8)) return on(Kokkos::Serial());
#endif
  on(Kokkos::DefaultHostExecutionSpace());
}

template <class Payload>
void fuzz_payload(Choices& c) {
  c.one_in(2) ? fuzz_rows<Payload, std::int64_t>(c) : fuzz_rows<Payload, std::int32_t>(c);
}

}  // namespace
}  // namespace KokkosQuantFuzz

void KokkosQuantFuzz::fuzz_one(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  switch (choices.below(5)) {
    case 0: return fuzz_payload<Quantized<std::int8_t>>(choices);
    case 1: return fuzz_payload<Quantized<int4x2_t>>(choices);
    case 2: return fuzz_payload<Quantized<std::int16_t>>(choices);
    case 3: return fuzz_payload<Plain>(choices);
    default: return fuzz_payload<Bounded>(choices);
  }
}
