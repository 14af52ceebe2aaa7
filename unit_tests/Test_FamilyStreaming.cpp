// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Outputs so large that the host writes them past its caches: cells that end inside a line, packed inputs, masks.
#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {
namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using KokkosQuant::int4x2_t;

constexpr QuantizeDescriptor range{-8, 7};
struct Extents {
  std::size_t rows, times, columns;
};
constexpr Extents long_lines{12, 44, 4099}, cache_lines{12, 460, 384};                           // 8.6 and 8.5 MB of float
constexpr Extents lines_of_3{64, 43800, 3}, lines_of_4{64, 32800, 4}, lines_of_8{64, 16400, 8};  // 8.4 MB of bytes

template <class T = float, class Granularity, class F>
void run(const Granularity& g, const F& f, const Extents& extents = long_lines) {
  const auto [rows, times, columns] = extents;
  FamilyProblem<T, T> p(rows, columns, cell_shape(g, rows, columns), range, Constants::tame, 6, {}, ZeroPoints::given, range);
  p.repeat(times);
  const Place misaligned{Order::right, 1, 3}, with_gaps{Order::right, 16, 16}, dense{Order::right, 3};
  const bool are_short = columns < 16;
  for (const Place& place :
       are_short ? std::vector{Place{}, dense} : std::vector{Place{}, misaligned, with_gaps, Place{Order::left}})
    for (const Packing packing : are_short ? std::vector{Packing::across} : std::vector{Packing::across, Packing::down}) {
      const Setting s{place, place, place, {}, packing, Mapping::automatic};
      SCOPED_TRACE(describe(s));
      FamilyRunner<Granularity, Exec, T, T> runner(p, g, s);
      f(runner);
    }
}
const auto fake_quantize = [](auto& runner) {
  EXPECT_TRUE(runner.fake_quantize());
  EXPECT_TRUE(runner.fake_quantize(1));  // in place
};
const auto with_codes = [](auto& runner) {
  EXPECT_TRUE(runner.template dequantize<int4x2_t>());
  EXPECT_TRUE(runner.with_mask());
};

TEST(FamilyStreaming, OneScaleALine) {
  run(PerToken{}, fake_quantize);
  run(PerToken{}, with_codes);
}
TEST(FamilyStreaming, OneScaleForAll) { run(PerTensor{}, fake_quantize); }
TEST(FamilyStreaming, OneScaleAColumn) { run(PerChannel{}, fake_quantize); }
TEST(FamilyStreaming, Groups) {
  for (const std::int64_t group : {5, 12, 128, 1000}) run(PerGroup{group}, fake_quantize);
  for (const std::int64_t group : {12, 128}) run(PerGroup{group}, with_codes);
}
TEST(FamilyStreaming, Blocks) {
  run(PerBlock{4, 128}, fake_quantize);
  run(PerBlock{3, 100}, with_codes);
}

// Lines too short to be taken past the caches, but that they are nothing but cache lines.
TEST(FamilyStreaming, LinesOfWholeCacheLines) {
  run(PerToken{}, fake_quantize, cache_lines);
  run(PerChannel{}, fake_quantize, cache_lines);
  run(PerChannel{}, with_codes, cache_lines);
  run(PerGroup{48}, fake_quantize, cache_lines);
}

// Codes of two bytes, of which packs of floats fill half a vector each.
TEST(FamilyStreaming, CodesOfTwoBytes) {
  FamilyProblem<float, float> p(12, 4099, {1, 4099}, range, Constants::tame, 6, {}, ZeroPoints::given, range);
  p.repeat(88);  // 8.7 MB of codes
  FamilyRunner<PerToken, Exec, float, float> runner(p, PerToken{},
                                                    {Place{}, Place{}, Place{}, {}, Packing::across, Mapping::automatic});
  EXPECT_TRUE(runner.template quantize<std::int16_t>());
}

// Packed codes: every line starts with a cache line, and ends within a block.
TEST(FamilyStreaming, PackedCodes) {
  FamilyProblem<float, float> p(12, 4099, {1, 4099}, range, Constants::tame, 6, {}, ZeroPoints::given, range);
  p.repeat(344);                             // 8.5 MB of codes
  const Place aligned{Order::right, 0, 62};  // 2050 + 62 bytes
  FamilyRunner<PerToken, Exec, float, float> runner(p, PerToken{},
                                                    {Place{}, Place{}, aligned, {}, Packing::across, Mapping::automatic});
  EXPECT_TRUE(runner.template quantize<int4x2_t>());
}

// Many lines in a block, which starts anywhere in one of them.
TEST(FamilyStreaming, ShortLines) {
  const auto quantize = [](auto& runner) { EXPECT_TRUE(runner.template quantize<std::int8_t>()); };
  for (const Extents& lines : {lines_of_4, lines_of_8}) {
    run<float>(PerToken{}, quantize, lines);
    run<double>(PerToken{}, quantize, lines);
    run<float>(PerChannel{}, quantize, lines);
    run<float>(PerGroup{2}, quantize, lines);
  }
  run<double>(PerChannel{}, quantize, lines_of_3);
  run<float>(PerGroup{4}, quantize, lines_of_8);
}

}  // namespace
}  // namespace KokkosQuantTest
