// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LearnableFakeQuantizeBackward against what PyTorch computed for elements that lie away from ties (docs/contracts.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "KokkosQuantTest_Learnable.hpp"

namespace KokkosQuantTest {
namespace {

struct LearnableGolden {
  std::string granularity;
  std::size_t N, D;
  QuantizeDescriptor range;
  double grad_factor;
  std::vector<float> scale, dscale, dzero_point, x, dy, dx;
  std::vector<std::int32_t> zero_point;
};

std::vector<LearnableGolden> read_learnable() {
  const std::string path = std::string(KOKKOSQUANT_GOLDEN_DIRECTORY) + "/torch_learnable_fake_quantize.txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  const auto number = [](std::istream& fields) {
    std::string field;
    fields >> field;
    return std::bit_cast<float>(static_cast<std::uint32_t>(std::stoul(field, nullptr, 16)));
  };
  std::vector<LearnableGolden> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    if (line.rfind("case ", 0) == 0) {
      LearnableGolden c;
      std::string word;
      fields >> word >> c.granularity >> c.N >> c.D >> c.range.q_min >> c.range.q_max >> c.grad_factor;
      cases.push_back(c);
      continue;
    }
    LearnableGolden& c = cases.back();
    const std::size_t cells = c.granularity == "tensor" ? 1 : c.granularity == "channel" ? c.D : c.N;
    if (c.scale.size() < cells) {
      c.scale.push_back(number(fields)), c.dscale.push_back(number(fields)), c.dzero_point.push_back(number(fields));
      std::int32_t zero_point = 0;
      fields >> zero_point;
      c.zero_point.push_back(zero_point);
    } else {
      c.x.push_back(number(fields)), c.dy.push_back(number(fields)), c.dx.push_back(number(fields));
    }
  }
  return cases;
}

template <class Exec, class Granularity>
void compare(const LearnableGolden& c, const Granularity& g) {
  const CellShape shape = cell_shape(g, c.N, c.D);
  const std::size_t rows = c.N / shape.rows, columns = c.D / shape.columns;
  const auto array = [](std::size_t n, std::size_t d, const auto& values) {
    using E = typename std::remove_cvref_t<decltype(values)>::value_type;
    return Array<E, Exec>(n, d, Place{}, [&](std::size_t i, std::size_t j) { return values[i * d + j]; });
  };
  const auto x = array(c.N, c.D, c.x), dy = array(c.N, c.D, c.dy), scale = array(rows, columns, c.scale);
  const auto zero_point = array(rows, columns, c.zero_point);
  Array<float, Exec> dx(c.N, c.D, Place{}), dscale(rows, columns, Place{}), dzero_point(rows, columns, Place{});
  using Of = LearnableOf<Granularity>;
  const Exec exec{};
  const auto plan = KokkosQuant::select<typename Of::Op>(
      exec, KokkosQuant::LearnableDescriptor{c.range.q_min, c.range.q_max, c.grad_factor},
      Of::args(dy.const_view(), x.const_view(), scale.line(), zero_point.line(), dx.view(),
               written_cells_view<Granularity>(dscale), written_cells_view<Granularity>(dzero_point)));
  const Workspace<Exec> workspace(plan.workspace_size());
  plan.run(workspace.view());
  exec.fence();

  std::vector<double> sizes(c.scale.size());  // of the terms of dscale: at most |dy| * (steps to the farther end + 1)
  const auto of_dx = dx.values();
  for (std::size_t i = 0; i < c.x.size(); ++i) {
    EXPECT_EQ(of_dx[i], c.dx[i]) << i;  // (of zeros, of either sign: PyTorch multiplies by the mask)
    const std::size_t k = i / c.D / shape.rows * columns + i % c.D / shape.columns;
    sizes[k] += static_cast<double>(std::fabs(c.dy[i])) * (c.range.q_max - c.range.q_min + 1);
  }
  const auto of_scale = dscale.values(), of_zero = dzero_point.values();
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const double tolerance = 0x1p-22 * c.grad_factor * sizes[k];
    EXPECT_NEAR(of_scale[k], c.dscale[k], tolerance) << c.granularity << " " << k;
    EXPECT_NEAR(of_zero[k], c.dzero_point[k], tolerance * static_cast<double>(c.scale[k])) << c.granularity << " " << k;
    EXPECT_GT(std::fabs(c.dscale[k]), 100 * tolerance);  // the sums are not mere rounding
  }
}

template <class Exec>
class LearnableContract : public ::testing::Test {};
TYPED_TEST_SUITE(LearnableContract, ExecutionSpaces);

TYPED_TEST(LearnableContract, PyTorchAwayFromTies) {
  std::size_t elements = 0, masked = 0;
  for (const LearnableGolden& c : read_learnable()) {
    ASSERT_EQ(c.x.size(), c.N * c.D);
    if (c.granularity == "tensor") compare<TypeParam>(c, PerTensor{});
    if (c.granularity == "channel") compare<TypeParam>(c, PerChannel{});
    if (c.granularity == "token") compare<TypeParam>(c, PerToken{});
    elements += c.x.size();
    masked += static_cast<std::size_t>(std::count(c.dx.begin(), c.dx.end(), 0.0f));
  }
  EXPECT_EQ(elements, 173u);
  EXPECT_GT(masked, 10u);
  EXPECT_LT(masked, 80u);
}

}  // namespace
}  // namespace KokkosQuantTest
