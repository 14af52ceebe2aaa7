// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hashes of the ops beside the family: learnable scales, float8 codes, error bounds, statistics, packed rows.
#include "KokkosQuantTest_Learnable.hpp"
#include "KokkosQuantTest_PackedRows.hpp"
#include "Test_Hashes.hpp"

namespace KokkosQuantTest {
namespace {

/// Arrays whose sums show the order in which they were summed: mirrored along each row (or column), dy with the opposite sign, so
/// that it sums up to its middle element and to what rounding left of the others, which are up to 2^60 times as large.
template <class T, std::size_t N, std::size_t D>
struct SumInputs {
  std::vector<T> x, dy;

  explicit SumInputs(bool along_rows) {
    Random random(along_rows ? 20240301 : 20240302);
    static constexpr double inf = std::numeric_limits<double>::infinity();
    const double specials[] = {-0.0, inf, -inf, inf - inf, 0x1p-149};
    for (std::size_t n = 0; n < N; ++n)
      for (std::size_t d = 0; d < D; ++d) {
        const std::size_t i = n * D + d, mirrored = along_rows ? n * D + D - 1 - d : (N - 1 - n) * D + d;
        if (mirrored < i) {
          x.push_back(x[mirrored]);
          dy.push_back(-dy[mirrored]);
          continue;
        }
        const double value =
            (static_cast<double>(random.below(8193)) - 4096) / static_cast<double>(std::int64_t{64} << random.below(24));
        const auto magnitude = static_cast<double>(std::int64_t{1} << (mirrored == i ? 0 : random.below(61)));
        x.push_back(static_cast<T>(random.below(50) == 0 ? specials[random.below(std::size(specials))] : value));
        dy.push_back(static_cast<T>(static_cast<double>(1 + random.below(191)) * 0x1p-6 * magnitude));
      }
  }
};

template <class Case>
class OpHashes : public Hashes<Case> {
 public:
  using typename Hashes<Case>::Exec;
  using typename Hashes<Case>::T;
  using typename Hashes<Case>::S;
  using Hashes<Case>::N;
  using Hashes<Case>::D;
  static constexpr const char* prefix = "ops_";

  /// What an op writes into Arrays of one granularity, place and packing.
  template <class Runner>
  struct Ops {
    using G = typename Runner::granularity_type;
    const Runner& runner;
    const SumInputs<T, N, D>& along_rows;
    const SumInputs<T, N, D>& along_columns;

    template <class Op, class Descriptor, class Args>
    void run(const Descriptor& descriptor, const Args& args) const {
      const Exec exec{};
      const auto plan = KokkosQuant::select<Op>(exec, descriptor, args);
      if constexpr (requires { plan.run(Workspace<Exec>(0).view()); })
        plan.run(Workspace<Exec>(plan.workspace_size()).view());
      else
        plan.run();
      exec.fence();
    }
    void expect(const std::string& op, const std::string& what, const Hash& hash) const {
      runner.golden.expect(std::string(prefix) + type_name<T>() + "/" + op + "/" + what, hash.text());
    }

    void learnable() const {
      using Of = LearnableOf<G>;
      const auto scale = runner.cells(runner.in.scale);
      const auto zero_point = runner.cells(runner.in.zero_point);
      const auto& in = std::is_same_v<G, PerChannel> ? along_columns : along_rows;
      const auto x = runner.array(in.x), dy = runner.array(in.dy);
      auto dx = runner.array(in.x);
      auto dscale = runner.cells(runner.in.scale), dzero_point = runner.cells(runner.in.scale);
      run<typename Of::Op>(KokkosQuant::LearnableDescriptor{-100, 100, 0.75},
                           Of::args(dy.const_view(), x.const_view(), cells_view<G>(scale), cells_view<G>(zero_point), dx.view(),
                                    written_cells_view<G>(dscale), written_cells_view<G>(dzero_point)));
      runner.expect(Of::Op::name(), dx, "dx", prefix);
      runner.expect(Of::Op::name(), dscale, "dscale", prefix);
      runner.expect(Of::Op::name(), dzero_point, "dzero_point", prefix);
    }

    template <class F8>
    void float8() const {
      using KokkosQuant::Overflow;
      using Family = KokkosQuantTest::Family<G>;
      const auto codes = [](const Array<std::uint8_t, Exec>& bytes) {  // (hashed as bytes: NaN is one of them)
        const auto v = bytes.view();
        return Kokkos::View<F8**, LayoutStride, typename Exec::memory_space>(reinterpret_cast<F8*>(v.data()), v.layout());
      };
      const auto launch = [&]<class Op>(std::type_identity<Op>, const auto& descriptor, const auto&... v) {
        run<Op>(descriptor, Family::args(static_cast<const Op*>(nullptr), runner.granularity, v...));
      };
      const std::string name = KokkosQuant::Impl::type_name<F8>();
      const auto scale_of_cells = runner.cells(runner.in.scale);
      const auto scale = cells_view<G>(scale_of_cells);
      const auto x = runner.array(runner.in.x);
      auto y = runner.array(runner.in.x);
      auto q = empty_code_array<std::uint8_t, Exec>(N, D, runner.place, runner.packing);
      for (const Overflow overflow : {Overflow::saturate, Overflow::non_finite}) {
        const std::string what = name + (overflow == Overflow::saturate ? "/saturate" : "/non_finite");
        using Quantize = typename Family::Quantize;
        launch(std::type_identity<Quantize>{}, KokkosQuant::Float8Descriptor{overflow}, x.const_view(), scale, no_zero_point,
               codes(q));
        runner.expect(Quantize::name(), q, what, prefix);
        using FakeQuantize = typename Family::FakeQuantize;
        launch(std::type_identity<FakeQuantize>{}, KokkosQuant::Float8DescriptorOf<F8>{overflow}, x.const_view(), scale,
               no_zero_point, y.view());
        runner.expect(FakeQuantize::name(), y, what, prefix);
      }
      const auto any = code_array<std::uint8_t, Exec>(
          N, D, runner.place, runner.packing, [&](std::size_t n, std::size_t d) { return runner.in.code[n * D + d] & 255; });
      using Dequantize = typename Family::Dequantize;
      launch(std::type_identity<Dequantize>{}, KokkosQuant::Float8Descriptor{}, codes(any), scale, no_zero_point, y.view());
      runner.expect(Dequantize::name(), y, name, prefix);
    }

    template <class Q>
    void error_bound() const {
      const KokkosQuant::ErrorBound bound{0x1.8p-10};
      const std::string name = KokkosQuant::Impl::type_name<Q>();
      const auto x = runner.array(runner.in.x);
      auto back = runner.array(runner.in.x);
      auto q = empty_code_array<Q, Exec>(N, D, runner.place, runner.packing);
      auto mask = empty_code_array<KokkosQuant::mask8_t, Exec>(N, D, runner.place, runner.packing);
      Array<std::int64_t, Exec> count(1, 1, Place{});
      count.to_device();
      using Quantize = KokkosQuant::QuantizeToErrorBound;
      run<Quantize>(bound, KokkosQuant::QuantizeToErrorBoundArgs{x.const_view(), q.view(), mask.view(),
                                                                 Kokkos::subview(count.view(), 0, 0)});
      runner.expect(Quantize::name(), q, name, prefix);
      runner.expect(Quantize::name(), mask, name + "/mask", prefix);
      runner.expect(Quantize::name(), count, name + "/count", prefix);
      using Dequantize = KokkosQuant::DequantizeFromErrorBound;
      run<Dequantize>(bound, KokkosQuant::DequantizeFromErrorBoundArgs{q.const_view(), back.view()});
      runner.expect(Dequantize::name(), back, name, prefix);
    }

    void statistics() const {
      using KokkosQuant::RowStatistics;
      using Quantize = typename DynamicFamily<G>::QuantizeWithStatistics;
      const auto x = runner.array(along_rows.x);
      const auto scale = runner.cells(runner.in.scale);
      auto q = empty_code_array<std::int8_t, Exec>(N, D, runner.place, runner.packing);
      const auto cells = scale.view();
      Array<RowStatistics, Exec> statistics(cells.extent(0), cells.extent(1), Place{});
      statistics.to_device();
      run<Quantize>(
          KokkosQuant::DynamicQuantizeDescriptor{-100, 60},
          DynamicFamily<G>::args(static_cast<const Quantize*>(nullptr), runner.granularity, x.const_view(),
                                 written_cells_view<G>(scale), no_zero_point, q.view(), written_cells_view<G>(statistics)));
      Hash counts, errors;
      for (const RowStatistics& s : statistics.values()) {
        for (const std::int64_t number : {s.clamped_below, s.clamped_above, s.nan_count, s.infinite_count}) counts.add(number);
        for (const double error : {s.max_error, s.sum_squared_error}) errors.add(error);
      }
      expect(Quantize::name(), "counts", counts);
      expect(Quantize::name(), "errors", errors);
    }

    template <class Descriptor>
    void rows(const std::string& name, const Descriptor& descriptor) const {
      Random random(20240302);
      std::vector<std::int32_t> from, to;  // some rows twice, and few that they go to
      for (int j = 0; j < 50; ++j) {
        from.push_back(static_cast<std::int32_t>(random.below(N)));
        to.push_back(static_cast<std::int32_t>(random.below(20)));
      }
      const Vector<std::int32_t, LayoutRight, Exec> sources(from), targets(to);
      Bytes<Exec> buffer(Descriptor::buffer_size(50, D));
      // (where elements are converted alone a NaN's bits are the machine's: those rows have none)
      const auto x = runner.array(std::is_same_v<Descriptor, RowsAs<half_t>> ? along_rows.dy : along_rows.x);
      run<KokkosQuant::PackRows>(descriptor, KokkosQuant::PackRowsArgs{x.const_view(), sources.const_view(), buffer.view()});
      buffer.to_host();
      Hash bytes;
      for (const std::byte b : buffer.host) bytes.add(static_cast<std::uint8_t>(b));
      expect("PackRows", name, bytes);
      auto assigned = runner.array(runner.in.gradient), added = runner.array(runner.in.gradient);
      run<KokkosQuant::UnpackRows>(descriptor,
                                   KokkosQuant::UnpackRowsArgs{buffer.view(), targets.const_view(), assigned.view()});
      runner.expect("UnpackRows", assigned, name, prefix);
      run<KokkosQuant::UnpackAddRows>(descriptor,
                                      KokkosQuant::UnpackAddRowsArgs{buffer.view(), targets.const_view(), added.view()});
      runner.expect("UnpackAddRows", added, name, prefix);
    }

    /// Every op with float; with double what sums up in pairs of doubles.
    void all() const {
      constexpr bool is_float = std::is_same_v<T, float>;
      if constexpr (!is_tiled<G>) learnable();
      if constexpr (is_float || std::is_same_v<G, PerTensor>) statistics();
      if constexpr (is_float && std::is_same_v<G, PerTensor>) {
        error_bound<std::int16_t>();
        error_bound<std::int32_t>();
        rows("int8", RowsAs<std::int8_t>{RowScales::symmetric});
        rows("int8/asymmetric", RowsAs<std::int8_t>{RowScales::asymmetric});
        rows("int4", RowsAs<int4x2_t>{RowScales::asymmetric});
        rows("float8_e4m3", RowsAs<KokkosQuant::float8_e4m3_t>{});
        rows("half", RowsAs<half_t>{});
        rows("within", RowsWithin{0x1.8p-10});
      }
      if constexpr (is_float && (std::is_same_v<G, PerToken> || std::is_same_v<G, PerBlock>))
        float8<KokkosQuant::float8_e4m3_t>();
      if constexpr (is_float && (std::is_same_v<G, PerToken> || std::is_same_v<G, PerChannel>))
        float8<KokkosQuant::float8_e5m2_t>();
    }
  };
};
TYPED_TEST_SUITE_P(OpHashes);

TYPED_TEST_P(OpHashes, AreTheGoldenOnes) {
  using Fixture = OpHashes<TypeParam>;
  GoldenHashes golden(std::string(KOKKOSQUANT_GOLDEN_DIRECTORY) + "/hashes.txt");
  const SumInputs<typename Fixture::T, Fixture::N, Fixture::D> along_rows(true), along_columns(false);
  Fixture::for_each_granularity(golden, [&]<class Runner>(const Runner& runner) {
    typename Fixture::template Ops<Runner>{runner, along_rows, along_columns}.all();
  });
  golden.expect_all_of(std::string(Fixture::prefix) + type_name<typename TypeParam::T>());
}
REGISTER_TYPED_TEST_SUITE_P(OpHashes, AreTheGoldenOnes);

template <class Exec>
using Cases = ::testing::Types<HashCase<Exec, float, float>, HashCase<Exec, double, double>>;
struct HashCaseNames {
  template <class Case>
  static std::string GetName(int) {
    return std::string(Case::execution_space::name()) + "_" + type_name<typename Case::T>();
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Hashes);  // (of the header, for other programs)
INSTANTIATE_TYPED_TEST_SUITE_P(Ops, OpHashes, OverSpaces_t<Cases>, HashCaseNames);

}  // namespace
}  // namespace KokkosQuantTest
