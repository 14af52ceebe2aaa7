// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What a caller says about scales that are found from the data.
#pragma once

#include <cstdint>

#include "KokkosQuant_Contract.hpp"

namespace KokkosQuant {

/// \brief The range of the codes, and how scales are chosen for it.
///
/// Symmetric (the op has no zero points): q_max must be at least 1, and scale = amax / q_max. Asymmetric: q_min < q_max, and
/// scale = (hi - lo) / (q_max - q_min), where lo <= 0 <= hi.
struct DynamicQuantizeDescriptor {
  std::int32_t q_min;  ///< the smallest code
  std::int32_t q_max;  ///< the largest code
  /// The smallest scale, finite; 0: the smallest normal number of the scale's type.
  double eps = 0;
  /// Scales are rounded up to the next power of two (down where that is beyond the scale's type): products with them are exact.
  bool power_of_two = false;

  /// Without the choice of scales
  QuantizeDescriptor range() const { return {q_min, q_max}; }
};

namespace Impl {
template <>
inline constexpr bool is_descriptor<DynamicQuantizeDescriptor> = true;
}  // namespace Impl

}  // namespace KokkosQuant
