// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Messages of errors, put together by one function, whatever Views they speak of: a plan's checks are compiled for every type of
// View, and most of what that took was their messages.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>

#include "KokkosQuant_Requirements.hpp"

namespace KokkosQuant::Impl {

// A few numbers: extents or strides.
struct Numbers {
  static constexpr int most = 8;  // (extents of a View)
  std::uint64_t value[most];
  int count;
  const char* between;
};
template <view V>
Numbers shape(const V& v) {
  Numbers n{{1}, rank_of<V> == 0 ? 1 : rank_of<V>, " x "};
  for (int r = 0; r < rank_of<V>; ++r) n.value[r] = v.extent(r);
  return n;
}
template <view V>
Numbers strides(const V& v) {
  Numbers n{{}, rank_of<V>, ", "};
  for (int r = 0; r < rank_of<V>; ++r) n.value[r] = v.stride(r);
  return n;
}

// Printed as a stream prints it by default.
class MessagePart {
 public:
  MessagePart(const char* text) : kind_(Kind::text), text_(text) {}
  MessagePart(std::signed_integral auto n) : kind_(Kind::integer), integer_(n) {}
  MessagePart(std::unsigned_integral auto n) : kind_(Kind::natural), natural_(n) {}
  MessagePart(double x) : kind_(Kind::real), real_(x) {}
  MessagePart(const void* address) : kind_(Kind::address), address_(address) {}
  MessagePart(const Numbers& n) : kind_(Kind::numbers), numbers_(&n) {}

  void append_to(std::string& message) const {
    char digits[32];
    switch (kind_) {
      case Kind::text: message += text_; return;
      case Kind::integer: message += std::to_string(integer_); return;
      case Kind::natural: message += std::to_string(natural_); return;
      case Kind::real: std::snprintf(digits, sizeof digits, "%g", real_); break;
      case Kind::address: std::snprintf(digits, sizeof digits, "%#jx", reinterpret_cast<std::uintmax_t>(address_)); break;
      case Kind::numbers:
        for (int r = 0; r < numbers_->count; ++r) {
          if (r > 0) message += numbers_->between;
          message += std::to_string(numbers_->value[r]);
        }
        return;
    }
    message += digits;
  }

 private:
  enum class Kind { text, integer, natural, real, address, numbers };
  Kind kind_;
  union {
    const char* text_;
    long long integer_;
    unsigned long long natural_;
    double real_;
    const void* address_;
    const Numbers* numbers_;
  };
};

#if defined(__GNUC__)
[[gnu::cold, gnu::noinline]]
#endif
inline std::string
message_of(std::initializer_list<MessagePart> parts) {
  std::string message;
  for (const MessagePart& part : parts) part.append_to(message);
  return message;
}

}  // namespace KokkosQuant::Impl
