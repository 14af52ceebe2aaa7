// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The golden files (golden/README.md), and what the library answers to their inputs under a contract.
#pragma once

#include <KokkosQuant.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

/// One element; what a system does not have is nothing. Floating-point values are encodings.
struct GoldenRow {
  std::optional<std::uint64_t> x;
  std::optional<std::int32_t> q;
  std::optional<std::uint64_t> restored, dy, dx;
};
struct GoldenCase {
  std::string element, scale_type;
  std::uint64_t scale;
  std::int32_t zero_point;
  QuantizeDescriptor range;
  std::vector<GoldenRow> rows;
};

/// Every NaN of the files.
inline constexpr std::uint64_t golden_nan = ~std::uint64_t{0};

inline std::vector<GoldenCase> read_golden(const std::string& name) {
  const std::string path = std::string(KOKKOSQUANT_GOLDEN_DIRECTORY) + "/" + name + ".txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  const auto encoding = [](const std::string& field) -> std::optional<std::uint64_t> {
    if (field == "-") return std::nullopt;
    return field == "nan" ? golden_nan : std::stoull(field, nullptr, 16);
  };
  std::vector<GoldenCase> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string first, q, restored, dy, dx;
    fields >> first;
    if (first == "case") {
      GoldenCase c;
      std::string scale;
      fields >> c.element >> c.scale_type >> scale >> c.zero_point >> c.range.q_min >> c.range.q_max;
      c.scale = std::stoull(scale, nullptr, 16);
      cases.push_back(c);
    } else {
      fields >> q >> restored >> dy >> dx;
      const auto code = q == "-" ? std::nullopt : std::optional<std::int32_t>(std::stoi(q));
      cases.back().rows.push_back({encoding(first), code, encoding(restored), encoding(dy), encoding(dx)});
    }
    if (!fields) throw std::runtime_error("cannot read the line '" + line + "' of " + path);
  }
  return cases;
}

template <class T>
constexpr const char* golden_type_name() {
  return std::is_same_v<T, double> ? "f64" : std::is_same_v<T, float> ? "f32" : std::is_same_v<T, half_t> ? "f16" : "bf16";
}
template <class T>
T from_encoding(std::uint64_t encoding) {
  if (encoding == golden_nan) return reference_convert<T>(std::numeric_limits<double>::quiet_NaN());
  if constexpr (sixteen_bits<T>)
    return T::from_bits(static_cast<std::uint16_t>(encoding));
  else if constexpr (sizeof(T) == 4)
    return std::bit_cast<float>(static_cast<std::uint32_t>(encoding));
  else
    return std::bit_cast<double>(encoding);
}

/// How a system computes the gradient of an element that passes it.
enum class GoldenGradient {
  none,
  of_fake_quantize,  ///< dy
  chained,           ///< dequantize's gradient, then quantize's
  by_reciprocal      ///< RN(RN(dy * scale) * RN(1 / scale)): no op of the library; tests the mask alone
};

/// What of a system is compared.
struct GoldenValues {
  bool codes, fake_quantized;  ///< q and x' from it; x' from x
  GoldenGradient gradient;
};

/// What the library makes of a case, an entry a row; of rows without x or q nothing of use.
template <class T>
struct Answers {
  std::vector<std::int32_t> code;
  std::vector<T> fake_quantized, dequantized, gradient;
};

template <class T, class S>
class GoldenInputs {
 public:
  using C = KokkosQuant::compute_t<T>;
  const GoldenCase& given;
  S scale;
  std::vector<T> x, dy;
  std::vector<std::int32_t> q;

  explicit GoldenInputs(const GoldenCase& c) : given(c), scale(from_encoding<S>(c.scale)) {
    for (const GoldenRow& row : c.rows) {
      x.push_back(from_encoding<T>(row.x.value_or(0)));
      dy.push_back(from_encoding<T>(row.dy.value_or(0)));
      q.push_back(row.q.value_or(0));
    }
  }
  C wide_scale() const { return static_cast<C>(to_double(scale)); }

  /// By AffineQuantizer, an element after the other.
  template <Contract Rules>
  Answers<T> scalar(GoldenGradient gradient) const {
    const KokkosQuant::AffineQuantizer<C, Rules> quantizer(wide_scale(), given.zero_point, given.range);
    const auto narrow = [](C value) { return reference_convert<T>(static_cast<double>(value)); };
    Answers<T> answers;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const C x_i = static_cast<C>(to_double(x[i])), dy_i = static_cast<C>(to_double(dy[i]));
      answers.code.push_back(quantizer.quantize(x_i));
      answers.fake_quantized.push_back(narrow(quantizer.fake_quantize(x_i)));
      answers.dequantized.push_back(narrow(quantizer.dequantize(q[i])));
      const C dq = static_cast<C>(to_double(narrow(reference_product(dy_i, wide_scale()))));
      const C by_reciprocal = reference_product(dq, reference_quotient(C(1), wide_scale()));
      answers.gradient.push_back(narrow(gradient == GoldenGradient::of_fake_quantize
                                            ? quantizer.fake_quantize_backward(dy_i, x_i)
                                        : gradient == GoldenGradient::chained ? quantizer.backward(dq, x_i)
                                        : quantizer.is_inside(x_i)            ? by_reciprocal
                                                                              : C(0)));
    }
    return answers;
  }

  /// By plans: one scale for all, or one a column. (Only what is compared: plans take long to compile.)
  template <Contract Rules, GoldenValues Values, class Granularity>
  Answers<T> plans() const {
    using Exec = Kokkos::DefaultExecutionSpace;
    using Ops = Family<Granularity>;
    const std::size_t n = x.size(), cells = std::is_same_v<Granularity, PerTensor> ? 1 : n;
    const auto array = [n]<class E>(const std::vector<E>& values) {
      return Array<E, Exec>(1, n, Place{}, [&](std::size_t, std::size_t i) { return values[i]; });
    };
    const Array<S, Exec> scales(1, cells, Place{}, [&](std::size_t, std::size_t) { return scale; });
    const Array<std::int32_t, Exec> zero_points(1, cells, Place{}, [&](std::size_t, std::size_t) { return given.zero_point; });
    const auto s = scales.line();
    const auto z = zero_points.line();
    const KokkosQuant::QuantizeDescriptorOf<Rules> range(given.range.q_min, given.range.q_max);
    const auto run = [&]<class Op, class Out>(std::type_identity<Op>, Array<Out, Exec>& out, const auto&... views) {
      KokkosQuant::select<Op>(Exec{}, range, Ops::args(static_cast<const Op*>(nullptr), Granularity{}, views..., out.view()))
          .run();
      Kokkos::fence();
    };
    const auto x_in = array(x), dy_in = array(dy);
    const auto q_in = array(q);
    auto code = array(q);
    auto fake = array(x), back = array(x), dx = array(x), dq = array(x);
    if constexpr (Values.codes) {
      run(std::type_identity<typename Ops::Quantize>{}, code, x_in.const_view(), s, z);
      run(std::type_identity<typename Ops::Dequantize>{}, back, q_in.const_view(), s, z);
    }
    if constexpr (Values.fake_quantized) run(std::type_identity<typename Ops::FakeQuantize>{}, fake, x_in.const_view(), s, z);
    if constexpr (Values.gradient == GoldenGradient::of_fake_quantize) {
      run(std::type_identity<typename Ops::FakeQuantizeBackward>{}, dx, dy_in.const_view(), x_in.const_view(), s, z);
    } else if constexpr (Values.gradient == GoldenGradient::chained) {
      run(std::type_identity<typename Ops::DequantizeBackward>{}, dq, dy_in.const_view(), s);
      run(std::type_identity<typename Ops::QuantizeBackward>{}, dx, dq.const_view(), x_in.const_view(), s, z);
    }
    return {code.values(), fake.values(), back.values(), dx.values()};
  }
};

/// A system's files.
struct GoldenFiles {
  std::vector<std::string> names;
  /// Cases, and x' of rows, that docs/contracts.md says are not reproduced.
  bool (*skips_case)(const std::string& file, const GoldenCase&) = [](const std::string&, const GoldenCase&) { return false; };
  bool (*skips_restored)(double) = [](double) { return false; };
};

/// Compares what the library answers with the files; counts what was compared and what was not.
class GoldenComparison {
 public:
  std::size_t cases = 0, skipped_cases = 0, skipped_values = 0, wrong = 0;
  std::size_t codes = 0, restored = 0, gradients = 0;
  std::string first_wrong;

  template <class T, class S>
  void compare(const GoldenFiles& files, GoldenValues values, const GoldenCase& c, const Answers<T>& answers) {
    ++cases;
    for (std::size_t i = 0; i < c.rows.size(); ++i) {
      const GoldenRow& row = c.rows[i];
      const auto text = [&](const char* what) {
        return std::string(what) + ", " + c.element + ", scale " + show(from_encoding<S>(c.scale)) + ", zero_point " +
               show(c.zero_point) + ", range " + show(c.range.q_min) + " .. " + show(c.range.q_max) + ", x " +
               (row.x ? show(from_encoding<T>(*row.x)) : "none") + ", dy " +
               (row.dy ? show(from_encoding<T>(*row.dy)) : "none");
      };
      if (values.codes && row.x && row.q) check(codes, answers.code[i], *row.q, [&] { return text("code"); });
      if (row.restored) {
        const T expected = from_encoding<T>(*row.restored);
        if (files.skips_restored(to_double(expected))) {
          ++skipped_values;
        } else {
          if (values.codes && row.q) check(restored, answers.dequantized[i], expected, [&] { return text("dequantized"); });
          if (values.fake_quantized && row.x)
            check(restored, answers.fake_quantized[i], expected, [&] { return text("fake quantized"); });
        }
      }
      if (values.gradient != GoldenGradient::none && row.x && row.dy && row.dx)
        check(gradients, answers.gradient[i], from_encoding<T>(*row.dx), [&] { return text("gradient"); });
    }
  }

 private:
  template <class E, class Text>
  void check(std::size_t& count, E got, E expected, const Text& text) {
    ++count;
    if (same_bits(got, expected)) return;
    if (++wrong <= 5) first_wrong += "\n  " + text() + ": got " + show(got) + ", golden " + show(expected);
  }
};

/// Calls f(types, case) for the cases of the plan's files that are of one of these types and not skipped.
template <class T_, class S_>
struct GoldenTypes {
  using T = T_;
  using S = S_;
};
template <class... Types, class F>
void for_each_golden(const GoldenFiles& files, GoldenComparison& total, const F& f) {
  for (const std::string& file : files.names)
    for (const GoldenCase& c : read_golden(file)) {
      bool found = false;
      if (!files.skips_case(file, c)) {
        const auto call = [&]<class Type>(Type types) {
          if (c.element != golden_type_name<typename Type::T>() || c.scale_type != golden_type_name<typename Type::S>()) return;
          found = true;
          f(types, c);
        };
        (call(Types{}), ...);
      }
      if (!found) ++total.skipped_cases;
    }
}

template <Contract Rules, GoldenValues Values, class... Types>
GoldenComparison compare_scalar(const GoldenFiles& files) {
  GoldenComparison total;
  for_each_golden<Types...>(files, total, [&]<class Type>(Type, const GoldenCase& c) {
    using T = typename Type::T;
    using S = typename Type::S;
    total.template compare<T, S>(files, Values, c, GoldenInputs<T, S>(c).template scalar<Rules>(Values.gradient));
  });
  return total;
}
template <Contract Rules, GoldenValues Values, class Granularity, class... Types>
GoldenComparison compare_plans(const GoldenFiles& files) {
  GoldenComparison total;
  for_each_golden<Types...>(files, total, [&]<class Type>(Type, const GoldenCase& c) {
    using T = typename Type::T;
    using S = typename Type::S;
    total.template compare<T, S>(files, Values, c, GoldenInputs<T, S>(c).template plans<Rules, Values, Granularity>());
  });
  return total;
}

/// Everything that is compared is the same; so many cases and values were.
struct GoldenCounts {
  std::size_t cases, skipped_cases, codes, restored, gradients;
};
inline void expect_golden(const GoldenComparison& got, const GoldenCounts& expected) {
  EXPECT_EQ(got.wrong, 0u) << got.first_wrong;
  EXPECT_EQ(got.cases, expected.cases);
  EXPECT_EQ(got.skipped_cases, expected.skipped_cases);
  EXPECT_EQ(got.codes, expected.codes);
  EXPECT_EQ(got.restored, expected.restored);
  EXPECT_EQ(got.gradients, expected.gradients);
}

// ---- presets and what they are not ------------------------------------------------------------------------------------

namespace contracts = KokkosQuant::contracts;
using KokkosQuant::GradientRule;
using KokkosQuant::MaskRule;
using KokkosQuant::NanRule;
using KokkosQuant::QuotientRule;
using KokkosQuant::ZeroPointRule;

using F64 = GoldenTypes<double, double>;
using F32 = GoldenTypes<float, float>;
using F16 = GoldenTypes<half_t, float>;
using F16InF16 = GoldenTypes<half_t, half_t>;
using BF16 = GoldenTypes<bfloat16_t, float>;

inline constexpr GoldenValues codes_alone{true, false, GoldenGradient::none};

/// A contract with one option changed.
template <auto Option>
constexpr Contract with(Contract rules) {
  using Type = std::remove_const_t<decltype(Option)>;
  if constexpr (std::is_same_v<Type, QuotientRule>) rules.quotient = Option;
  if constexpr (std::is_same_v<Type, ZeroPointRule>) rules.zero_point = Option;
  if constexpr (std::is_same_v<Type, MaskRule>) rules.mask = Option;
  if constexpr (std::is_same_v<Type, GradientRule>) rules.gradient = Option;
  if constexpr (std::is_same_v<Type, NanRule>) rules.nan = Option;
  return rules;
}
/// Does the comparison notice that?
template <Contract Rules, GoldenValues Values, auto Option, class... Types>
void expect_noticed(const GoldenFiles& files) {
  constexpr Contract changed = with<Option>(Rules);
  static_assert(!(changed == Rules));
  EXPECT_GT((compare_scalar<changed, Values, Types...>(files).wrong), 0u)
      << "option " << static_cast<int>(Option) << " of its enum";
}

}  // namespace KokkosQuantTest
