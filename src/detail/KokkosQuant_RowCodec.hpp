// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From elements to codes and back, for each kind of payload. T is the field's element type, C what it is computed in. A codec:
//   needs_range             is a row's range needed for its scale?
//   scale(row, range)       scale and zero point of a row (range: FiniteRange<C>)
//   constants(scale)        what the row's elements need
//   bits(constants, x)      the code of an element, in the low bits of an unsigned integer
//   fits(constants, x)      (counts_misfits) is its error within the bound?
// A decoder: constants(prefix), value(constants, bits).
#pragma once

#include <concepts>
#include <cstdint>

#include "../KokkosQuant_RowPayload.hpp"
#include "KokkosQuant_AffineContract.hpp"
#include "KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_Float8Element.hpp"
#include "KokkosQuant_RowRecord.hpp"

namespace KokkosQuant::Impl {

template <class Descriptor>
struct row_payload;
template <row_code Code>
struct row_payload<RowsAs<Code>> {
  using code = Code;
  static constexpr int number = row_code_number<Code>;
  static constexpr bool is_plain = element_type<Code>, is_bounded = false;
};
template <>
struct row_payload<RowsWithin> {
  using code = std::int16_t;
  static constexpr int number = error_bound_number;
  static constexpr bool is_plain = false, is_bounded = true;
};
template <class Descriptor>
concept row_descriptor = requires {
  typename row_payload<Descriptor>::code;
};

template <std::floating_point C>
struct RowScale {
  C scale;
  std::int32_t zero_point;
};

// ---- where scales come from --------------------------------------------------------------------------------------------

template <class T>
struct RowScaleFinder {
  using C = compute_t<T>;
  using Rules = ScaleRules<scale_contracts::reference, T, C>;
  static constexpr bool needs_range = true;
  ScaleOptions<C> options;
  bool asymmetric;
  KOKKOS_FORCEINLINE_FUNCTION RowScale<C> scale(std::int64_t, const FiniteRange<C>& range) const {
    const auto found = asymmetric ? Rules::asymmetric(range, options) : Rules::symmetric(range, options);
    return {found.scale, found.zero_point};
  }
};
template <std::floating_point C, class Scale, class ZeroPoint>
struct RowScaleReader {
  static constexpr bool needs_range = false;
  Scale scales;
  ZeroPoint zero_points;
  KOKKOS_FORCEINLINE_FUNCTION RowScale<C> scale(std::int64_t row, const FiniteRange<C>&) const {
    return {widen<C>(scales(row, 0)), zero_points(row, 0)};
  }
};
template <std::floating_point C>
struct OneRowScale {
  static constexpr bool needs_range = false;
  C step;
  KOKKOS_FORCEINLINE_FUNCTION RowScale<C> scale(std::int64_t, const FiniteRange<C>&) const { return {step, 0}; }
};

// ---- codecs --------------------------------------------------------------------------------------------------------------

template <class T, class Code_, bool Bounded, class Scales>
struct IntegerRowCodec : Scales {
  using C = compute_t<T>;
  using A = Affine<contracts::reference>;
  using Code = Code_;
  static constexpr bool counts_misfits = Bounded, is_plain = false;

  struct Constants {
    decltype(A::forward(C(1), 0, QuantizeDescriptor{})) forward;
    decltype(A::mask(C(1), 0, QuantizeDescriptor{})) mask;
  };
  QuantizeDescriptor range;

  KOKKOS_FORCEINLINE_FUNCTION Constants constants(const RowScale<C>& s) const {
    return {A::forward(s.scale, s.zero_point, range), A::mask(s.scale, s.zero_point, range)};
  }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t bits(const Constants& k, C x) const {
    constexpr std::uint32_t all = (1u << row_code_bits<Code>)-1u;
    return static_cast<std::uint32_t>(A::any_code(k.forward, range, x)) & all;
  }
  KOKKOS_FORCEINLINE_FUNCTION bool fits(const Constants& k, C x) const { return A::inside(k.mask, x); }
};

template <class T, class Code_, class Scales>
struct Float8RowCodec : Scales {
  using C = compute_t<T>;
  using Code = Code_;
  static constexpr bool counts_misfits = false, is_plain = false;

  struct Constants {
    C scale;
  };
  C limit;  // float8_limit

  KOKKOS_FORCEINLINE_FUNCTION Constants constants(const RowScale<C>& s) const { return {s.scale}; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class V>
  KOKKOS_FORCEINLINE_FUNCTION auto code(const Constants& k, const V& x) const {
    return encode_float8<Code, C>(divide(x, k.scale), limit);
  }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t bits(const Constants& k, C x) const {
    return static_cast<std::uint32_t>(code(k, x)) & 0xffu;
  }
  KOKKOS_FORCEINLINE_FUNCTION bool fits(const Constants&, C) const { return true; }
};

template <class T, class Code_>
struct PlainRowCodec : OneRowScale<compute_t<T>> {
  using C = compute_t<T>;
  using Code = Code_;
  static constexpr bool counts_misfits = false, is_plain = true;

  struct Constants {};
  KOKKOS_FORCEINLINE_FUNCTION Constants constants(const RowScale<C>&) const { return {}; }
  KOKKOS_FORCEINLINE_FUNCTION bool fits(const Constants&, C) const { return true; }
  KOKKOS_FORCEINLINE_FUNCTION auto bits(const Constants&, C x) const {
    if constexpr (sizeof(Code) == 8)
      return bits_as<std::uint64_t>(to_double(x));
    else if constexpr (sizeof(Code) == 4)
      return bits_as<std::uint32_t>(narrow_to_float(x));
    else
      return static_cast<std::uint32_t>(Code(x).bits);
  }
  static KOKKOS_FORCEINLINE_FUNCTION float narrow_to_float(float x) { return x; }
  static KOKKOS_FORCEINLINE_FUNCTION float narrow_to_float(double x) { return to_float(x); }
};

template <class T, class Descriptor>
struct RowDecoder {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using Code = typename row_payload<Descriptor>::code;
  static constexpr bool is_plain = row_payload<Descriptor>::is_plain;
  using Constants = DequantizeConstants<C, I>;

  // (The prefix of rows with a bound holds the number of misfits where others hold the zero point.)
  static KOKKOS_FORCEINLINE_FUNCTION Constants constants(const RowPrefix& prefix) {
    return dequantize_constants(static_cast<C>(prefix.scale), row_payload<Descriptor>::is_bounded ? 0 : prefix.zero_point);
  }
  template <class Bits>
  static KOKKOS_FORCEINLINE_FUNCTION C value(const Constants& k, Bits bits) {
    if constexpr (float8_type<Code>) {
      return multiply(decode_float8<Code, C>(static_cast<I>(bits)), k.scale);
    } else if constexpr (!is_plain) {
      constexpr std::uint32_t sign = 1u << (row_code_bits<Code> - 1);
      return dequantize(k, static_cast<std::int32_t>((bits ^ sign) - sign));
    } else if constexpr (sizeof(Code) == 8) {
      const double value = bits_as<double>(bits);
      if constexpr (sizeof(C) == 8)
        return value;
      else
        return to_float(value);
    } else if constexpr (sizeof(Code) == 4) {
      return static_cast<C>(bits_as<float>(bits));
    } else {
      return static_cast<C>(Code::from_bits(static_cast<std::uint16_t>(bits)));
    }
  }
};

// ---- codes in records, one by one -------------------------------------------------------------------------------------------

// Word w of a row's codes; x(d) are its elements. Behind the last of them bits are 0.
template <class Codec, class X>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t code_word(const Codec& codec, const typename Codec::Constants& k, const X& x,
                                                    std::int64_t columns, std::int64_t w) {
  constexpr int width = row_code_bits<typename Codec::Code>;
  if constexpr (width == 64) {
    return w / 2 < columns ? static_cast<std::uint32_t>(codec.bits(k, x(w / 2)) >> (w % 2 * 32)) : 0u;
  } else {
    constexpr int per = 32 / width;
    std::uint32_t word = 0;
    for (int l = 0; l < per; ++l)
      if (w * per + l < columns) word |= codec.bits(k, x(w * per + l)) << (l * width);
    return word;
  }
}
// The bits of code d.
template <class Code>
KOKKOS_FORCEINLINE_FUNCTION auto code_bits(const std::byte* codes, std::int64_t d) {
  constexpr int width = row_code_bits<Code>;
  if constexpr (width == 64) {
    return reinterpret_cast<const std::uint64_t*>(codes)[d];
  } else if constexpr (width == 32) {
    return reinterpret_cast<const std::uint32_t*>(codes)[d];
  } else if constexpr (width == 16) {
    return static_cast<std::uint32_t>(reinterpret_cast<const std::uint16_t*>(codes)[d]);
  } else {
    constexpr int per = 8 / width;
    const auto byte = static_cast<std::uint32_t>(codes[d / per]);
    return (byte >> (d % per * width)) & ((1u << width) - 1u);
  }
}

}  // namespace KokkosQuant::Impl
