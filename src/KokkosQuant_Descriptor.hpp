// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What a caller says about an operation, and what a plan says of itself.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

namespace KokkosQuant {

/// \brief The integer range that codes are clamped to. Any int32 values with q_min <= q_max.
struct QuantizeDescriptor {
  std::int32_t q_min;  ///< the smallest code
  std::int32_t q_max;  ///< the largest code
};

/// \brief How a kernel walks its arrays. A plan chooses; PlanPreference can ask for one, and the sku says what was taken.
enum class Mapping {
  automatic,        ///< (preference only) the plan chooses
  packs,            ///< vectors of consecutive elements; the constants of a row are shared by a vector
  packs_of_tokens,  ///< each lane of a vector has constants of its own: per token in LayoutLeft, per channel in LayoutRight
  elements          ///< no access moves more than one element: any strides
};

/// \brief Hints to a plan. They choose among kernels that give the same bits; a hint that does not fit is not taken.
struct PlanPreference {
  /// Mapping::elements is always possible; packs or packs_of_tokens decides where strides allow both as well (N x 1, 1 x D).
  Mapping mapping = Mapping::automatic;
};

/// \brief Which kernel a plan launches.
struct KernelSku {
  std::string op;               ///< "QuantizePerTokenBackward", ...
  std::string element_type;     ///< "double", "float", "half", "bfloat16"
  std::string code_type;        ///< "int8", "int4", "mask", ...; empty where the op has none
  std::string execution_space;  ///< as Kokkos names it
  Mapping mapping;              ///< how the arrays are walked
  int pack_width;  ///< elements worked on at once, 1 if by element; a device may take fewer for short, unaligned lines
  int reads = 1;   ///< times that an input comes from memory: 2 where a scale is found and its elements do not stay at hand

  /// "QuantizePerTokenBackward/float/OpenMP/packs/16"; the code type stands behind the element type, "/2_reads" at the end
  std::string to_string() const;
};

/// \brief What a plan promises about its results.
struct PrecisionGuarantee {
  bool deterministic;               ///< the same inputs give the same bits, run after run
  bool bit_stable_across_threads;   ///< whatever the number of threads, teams or launches
  bool bit_stable_across_backends;  ///< Serial, OpenMP and the device agree bit for bit (any NaN equals any NaN)
  /// Largest rounding error of an unmasked element against the op's formula in real arithmetic, in units in the last place
  /// of the output type; for codes that of the quotient, before it is rounded to an integer; where terms are added to an output
  /// that of each term.
  double max_ulp;
  /// (UnpackAddRows) Largest rounding error of each addition to an element of the output, in units in the last place of that sum;
  /// where there are several, they follow one another in a fixed order. 0: nothing is added to the output.
  double max_ulp_per_addition = 0;
};

/// \brief True, or false with the reason.
class [[nodiscard]] Status {
 public:
  /// True
  Status() = default;
  /// False, for this reason
  explicit Status(std::string reason) noexcept : ok_(false), message_(std::move(reason)) {}
  /// True: nothing speaks against it
  explicit operator bool() const noexcept { return ok_; }
  /// What was given and what was expected; empty when true.
  const std::string& message() const noexcept { return message_; }

 private:
  bool ok_ = true;
  std::string message_;
};

/// \brief "packs", "packs_of_tokens", "elements", "automatic".
inline const char* to_string(Mapping mapping) {
  switch (mapping) {
    case Mapping::automatic: return "automatic";
    case Mapping::packs: return "packs";
    case Mapping::packs_of_tokens: return "packs_of_tokens";
    case Mapping::elements: return "elements";
  }
  return "unknown";
}

/// as to_string
inline std::ostream& operator<<(std::ostream& out, Mapping mapping) { return out << to_string(mapping); }

inline std::string KernelSku::to_string() const {
  return op + "/" + element_type + (code_type.empty() ? "" : "/" + code_type) + "/" + execution_space + "/" +
         KokkosQuant::to_string(mapping) + "/" + std::to_string(pack_width) + (reads == 2 ? "/2_reads" : "");
}

/// \brief As to_string().
inline std::ostream& operator<<(std::ostream& out, const KernelSku& sku) { return out << sku.to_string(); }

/// \brief A line of words.
inline std::ostream& operator<<(std::ostream& out, const PrecisionGuarantee& g) {
  out << (g.deterministic ? "deterministic" : "not deterministic")
      << ", the same bits across threads: " << (g.bit_stable_across_threads ? "yes" : "no")
      << ", across backends: " << (g.bit_stable_across_backends ? "yes" : "no") << ", error at most " << g.max_ulp << " ulp";
  if (g.max_ulp_per_addition != 0)
    out << " of each term and " << g.max_ulp_per_addition << " ulp of the sum for each addition, in a fixed order";
  return out;
}

}  // namespace KokkosQuant
