// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hashes of the ops that find scales from their data: scales, zero points and codes.
#include "Test_Hashes.hpp"

namespace KokkosQuantTest {
namespace {

template <class Case>
class DynamicHashes : public Hashes<Case> {
 public:
  using typename Hashes<Case>::Exec;
  using typename Hashes<Case>::Inputs;
  using typename Hashes<Case>::T;
  using typename Hashes<Case>::S;
  using Hashes<Case>::N;
  using Hashes<Case>::D;

  /// Asymmetric codes, and symmetric fake quantization.
  template <class Runner>
  static void run(const Runner& runner) {
    using G = typename Runner::granularity_type;
    using Ops = DynamicFamily<G>;
    const Exec exec{};
    const auto x = runner.array(runner.in.x);
    auto scale = runner.cells(runner.in.scale);
    auto zero_point = runner.cells(runner.in.zero_point);
    auto q = empty_code_array<std::int8_t, Exec>(N, D, runner.place, runner.packing);
    auto y = runner.array(runner.in.x);
    const auto launch = [&]<class Op>(std::type_identity<Op>, const auto&... v) {
      const auto plan = KokkosQuant::select<Op>(exec, KokkosQuant::DynamicQuantizeDescriptor{-100, 100},
                                                Ops::args(static_cast<const Op*>(nullptr), runner.granularity, v...));
      const Kokkos::View<std::byte*, typename Exec::memory_space> workspace("KokkosQuantTest::workspace",
                                                                            plan.workspace_size());
      plan.run(workspace);
      exec.fence();
    };
    const std::string prefix = "dynamic_";
    using Quantize = typename Ops::Quantize;
    launch(std::type_identity<Quantize>{}, x.const_view(), written_cells_view<G>(scale), written_cells_view<G>(zero_point),
           q.view());
    runner.expect(Quantize::name(), scale, "scale", prefix);
    runner.expect(Quantize::name(), zero_point, "zero_point", prefix);
    runner.expect(Quantize::name(), q, "int8", prefix);
    using FakeQuantize = typename Ops::FakeQuantize;
    launch(std::type_identity<FakeQuantize>{}, x.const_view(), written_cells_view<G>(scale), KokkosQuant::no_zero_point,
           y.view());
    runner.expect(FakeQuantize::name(), scale, "scale", prefix);
    runner.expect(FakeQuantize::name(), y, "", prefix);
  }
};
TYPED_TEST_SUITE_P(DynamicHashes);

TYPED_TEST_P(DynamicHashes, AreTheGoldenOnes) {
  using Fixture = DynamicHashes<TypeParam>;
  GoldenHashes golden(std::string(KOKKOSQUANT_GOLDEN_DIRECTORY) + "/hashes.txt");
  Fixture::for_each_granularity(golden, [](const auto& runner) { Fixture::run(runner); });
  golden.expect_all_of(std::string("dynamic_") + type_name<typename TypeParam::T>());
}
REGISTER_TYPED_TEST_SUITE_P(DynamicHashes, AreTheGoldenOnes);

template <class Exec>
using Cases = ::testing::Types<HashCase<Exec, double, double>, HashCase<Exec, float, float>, HashCase<Exec, half_t, float>,
                               HashCase<Exec, bfloat16_t, bfloat16_t>>;
struct HashCaseNames {
  template <class Case>
  static std::string GetName(int) {
    return std::string(Case::execution_space::name()) + "_" + type_name<typename Case::T>();
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Hashes);  // (of the header, for other programs)
INSTANTIATE_TYPED_TEST_SUITE_P(Dynamic, DynamicHashes, OverSpaces_t<Cases>, HashCaseNames);

}  // namespace
}  // namespace KokkosQuantTest
