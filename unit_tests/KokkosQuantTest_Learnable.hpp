// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Problems whose gradients by scale and zero point are known, term by term and in the order of the sums, and runs of
/// LearnableFakeQuantizeBackward on them.
#pragma once

#include <KokkosQuant.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "KokkosQuantTest_ExactSum.hpp"
#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

/// What dy is drawn from.
enum class Gradients {
  tame,        ///< numbers around 1
  cancelling,  ///< of many magnitudes; half of the terms undo others, nearly
  wild         ///< NaN, Inf and anything else among them
};

template <class C>
using ReferenceSum = std::conditional_t<sizeof(C) == 4, ReferencePlain, ReferencePair>;

/// What an op adds to the sums of a cell, an entry an element, row by row.
template <class C>
struct LearnableTerms {
  std::vector<C> scale, zero_point;
};

template <class T, class S>
struct LearnableProblem : FamilyProblem<T, S> {
  using Base = FamilyProblem<T, S>;
  using C = KokkosQuant::compute_t<T>;
  using Base::cell, Base::D, Base::fake_quantized, Base::gradient, Base::N, Base::passes, Base::range, Base::x;
  double grad_factor;
  LearnableTerms<C> term;
  std::vector<T> dx;
  std::vector<S> dscale, dzero_point;  // a cell each

  /// factor: for double a power of two and at least 1, so that the last rounding of the sums commutes with it.
  LearnableProblem(std::size_t rows, std::size_t columns, CellShape cell_, QuantizeDescriptor range_, Constants constants,
                   Gradients gradients, std::uint64_t seed, double factor = 1, ZeroPoints zero = ZeroPoints::given)
      : Base(rows, columns, cell_, range_, constants, seed, {}, zero), grad_factor(factor) {
    draw_gradients(gradients, seed);
    for (std::size_t i = 0; i < N * D; ++i) add_terms(i);
    sum_up();
  }

  /// The same rows again and again.
  void repeat(std::size_t times) {
    Base::repeat(times);
    const auto again = [times](auto& values) {
      const auto once = values;
      for (std::size_t i = 1; i < times; ++i) values.insert(values.end(), once.begin(), once.end());
    };
    again(term.scale), again(term.zero_point), again(dx);
    sum_up();
  }

 private:
  C value(T t) const { return static_cast<C>(to_double(t)); }
  void draw_gradients(Gradients kind, std::uint64_t seed) {
    Random random(seed * 7919 + N * 31 + D);
    static const std::vector<C> specials = special_values<C>();
    for (std::size_t i = 0; i < N * D; ++i) {
      C g = static_cast<C>(random.uniform(-3, 3));
      if (kind == Gradients::wild && random.below(40) == 0) g = random.one_of(specials);
      if (kind == Gradients::cancelling) {
        g = std::ldexp(g, static_cast<int>(random.below(30)) - 10);
        const std::size_t before = cell.columns > 1 ? 1 : D;
        if ((i / before) % 2 == 1 && i >= before &&
            this->cell_of(i / D, i % D) == this->cell_of((i - before) / D, (i - before) % D)) {
          this->x[i] = x[i - before];
          passes[i] = static_cast<bool>(passes[i - before]);
          fake_quantized[i] = fake_quantized[i - before];
          g = -value(gradient[i - before]);
        }
      }
      gradient[i] = reference_convert<T>(static_cast<double>(g));
    }
  }
  void add_terms(std::size_t i) {
    const std::size_t k = this->cell_of(i / D, i % D);
    const C s = static_cast<C>(to_double(this->scale[k])), x_i = value(x[i]), dy = value(gradient[i]);
    const C t = reference_quotient(x_i, s);
    const std::int64_t lo = std::int64_t{range.q_min} - this->zero_point[k],
                       hi = std::int64_t{range.q_max} - this->zero_point[k];
    C ds = 0, dz = 0;
    if (passes[i]) {
      const C moved = reference_sum(value(fake_quantized[i]), -x_i);
      ds = reference_product(dy, reference_quotient(moved, s));
    } else if (!std::isnan(t)) {
      ds = reference_product(dy, reference_integer<C>(static_cast<double>(t) < static_cast<double>(lo) ? lo : hi));
      dz = -reference_product(dy, s);
    }
    term.scale.push_back(ds);
    term.zero_point.push_back(dz);
    dx.push_back(passes[i] ? gradient[i] : reference_convert<T>(0.0));
  }
  void sum_up() {
    const bool by_column = cell.columns == 1 && cell.rows == N && !(cell.rows == 1 && this->cell_columns == 1);
    using Sum = ReferenceSum<C>;
    const auto sums = [&](const std::vector<C>& terms) {
      const std::size_t lines = by_column ? D : N, length = by_column ? N : D;
      std::vector<Sum> of_lines;
      for (std::size_t l = 0; l < lines; ++l) {
        std::vector<Sum> line;
        for (std::size_t i = 0; i < length; ++i)
          line.push_back({static_cast<double>(terms[by_column ? i * D + l : l * D + i])});
        of_lines.push_back(sum_in_order(line));
      }
      const std::size_t cells = this->cell_rows * this->cell_columns;
      if (cells == 1) of_lines = {sum_in_order(of_lines)};
      std::vector<S> rounded;
      for (std::size_t k = 0; k < cells; ++k)
        rounded.push_back(reference_convert<S>(reference_product(grad_factor, of_lines[k].value())));
      return rounded;
    };
    dscale = sums(term.scale);
    dzero_point = sums(term.zero_point);
  }
};

template <class Granularity>
struct LearnableOf;
#define KOKKOSQUANT_TEST_LEARNABLE(Granularity)                                   \
  template <>                                                                     \
  struct LearnableOf<Granularity> {                                               \
    using Op = KokkosQuant::LearnableFakeQuantize##Granularity##Backward;         \
    template <class... V>                                                         \
    static auto args(const V&... v) {                                             \
      return KokkosQuant::LearnableFakeQuantize##Granularity##BackwardArgs{v...}; \
    }                                                                             \
  }
KOKKOSQUANT_TEST_LEARNABLE(PerTensor);
KOKKOSQUANT_TEST_LEARNABLE(PerChannel);
KOKKOSQUANT_TEST_LEARNABLE(PerToken);
#undef KOKKOSQUANT_TEST_LEARNABLE

/// Bytes of Exec's memory, with guards behind them.
template <class Exec>
class Workspace {
 public:
  explicit Workspace(std::size_t size) : size_(size), bytes_("KokkosQuantTest::Workspace", size + guards) {
    Kokkos::deep_copy(bytes_, std::byte{0xA5});
  }
  auto view() const { return Kokkos::View<std::byte*, typename Exec::memory_space>(bytes_.data(), size_); }
  bool kept_its_guards() const {
    const auto host = Kokkos::create_mirror_view(bytes_);
    Kokkos::deep_copy(host, bytes_);
    for (std::size_t i = size_; i < size_ + guards; ++i)
      if (host(i) != std::byte{0xA5}) return false;
    return true;
  }

 private:
  static constexpr std::size_t guards = 256;
  std::size_t size_;
  Kokkos::View<std::byte*, typename Exec::memory_space> bytes_;
};

/// Runs the op and compares all of what it wrote. in_place: which input dx is, 1 or 2, or 0 for none.
template <class Granularity, class Exec, class T, class S, ZeroPoints Zero = ZeroPoints::given,
          bool WithZeroPointGradient = true>
::testing::AssertionResult run_learnable(const LearnableProblem<T, S>& p, const Setting& s, int in_place = 0) {
  using Data = Array<T, Exec>;
  const Array<S, Exec> scale(p.cell_rows, p.cell_columns, s.cells, p.at_cell(p.scale));
  const Array<std::int32_t, Exec> zero_point(p.cell_rows, p.cell_columns, s.cells, p.at_cell(p.zero_point));
  auto dy = Data(p.N, p.D, in_place == 1 ? s.out : s.in, p.at(p.gradient));
  auto x = Data(p.N, p.D, in_place == 2 ? s.out : s.other, p.at(p.x));
  auto dx = Data(p.N, p.D, s.out);
  Array<S, Exec> dscale(p.cell_rows, p.cell_columns, s.cells), dzero_point(p.cell_rows, p.cell_columns, s.cells);
  dx.to_device(), dscale.to_device(), dzero_point.to_device();
  Data& written = in_place == 1 ? dy : in_place == 2 ? x : dx;

  const auto zeros = [&] {
    if constexpr (Zero == ZeroPoints::none)
      return KokkosQuant::no_zero_point;
    else
      return zero_point.line();
  }();
  const auto zero_gradients = [&] {
    if constexpr (WithZeroPointGradient)
      return written_cells_view<Granularity>(dzero_point);
    else
      return KokkosQuant::no_output;
  }();
  using Of = LearnableOf<Granularity>;
  const auto args = Of::args(dy.const_view(), x.const_view(), scale.line(), zeros, written.view(),
                             written_cells_view<Granularity>(dscale), zero_gradients);
  const Exec exec{};
  const KokkosQuant::LearnableDescriptor descriptor{p.range.q_min, p.range.q_max, p.grad_factor};
  const auto plan = KokkosQuant::select<typename Of::Op>(exec, descriptor, args, {s.mapping});
  const Workspace<Exec> workspace(plan.workspace_size());
  plan.run(workspace.view());
  exec.fence();

  const auto cell_where = [&](std::size_t n, std::size_t d) {
    return "cell (" + std::to_string(n) + ", " + std::to_string(d) + ") of " + std::to_string(p.N) + " x " +
           std::to_string(p.D) + ", cells of " + std::to_string(p.cell.rows) + " x " + std::to_string(p.cell.columns) +
           ", scale " + show(p.scale[n * p.cell_columns + d]) + ", " + plan.sku().to_string();
  };
  if (auto right = written.holds(p.at(p.dx), p.where()); !right) return right << "\n(dx)";
  if (auto right = dscale.holds(p.at_cell(p.dscale), cell_where); !right) return right << "\n(dscale)";
  if constexpr (WithZeroPointGradient)
    if (auto right = dzero_point.holds(p.at_cell(p.dzero_point), cell_where); !right) return right << "\n(dzero_point)";
  if (!workspace.kept_its_guards()) return ::testing::AssertionFailure() << "wrote behind the workspace";
  return ::testing::AssertionSuccess();
}

}  // namespace KokkosQuantTest
