// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Hashes of all that every op writes, against golden/hashes.txt: the same on every execution space, layout, compiler and
/// number of threads. Inputs are made of integers and exact operations alone. Included by a file each for the element types.
///
/// KOKKOSQUANT_PRINT_HASHES=1 in the environment prints the lines of the file instead.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

/// FNV-1a (Fowler, Noll, Vo) of 64 bits, over the bits of values, least significant byte first. All NaN are one.
class Hash {
 public:
  template <class E>
  void add(const E& value) {
    const std::uint64_t bits = canonical_bits(value);
    for (std::size_t b = 0; b < sizeof(E); ++b) value_ = (value_ ^ (bits >> (8 * b) & 0xff)) * 0x100000001b3u;
  }
  std::string text() const {
    std::ostringstream out;
    out << std::hex << std::setfill('0') << std::setw(16) << value_;
    return out.str();
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

/// Golden hashes by name; or, with the switch, a printer of what was found.
class GoldenHashes {
 public:
  explicit GoldenHashes(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    for (std::string line; std::getline(file, line);) {
      std::istringstream fields(line);
      std::string name, hash;
      if (line.empty() || line[0] == '#' || !(fields >> name >> hash)) continue;
      golden_[name] = hash;
    }
  }
  /// As it is called for each layout, what is printed is printed once.
  void expect(const std::string& name, const std::string& hash) {
    ++seen_[name];
    if (printing()) {
      if (seen_[name] == 1) std::cout << name << ' ' << hash << '\n';
      return;
    }
    const auto known = golden_.find(name);
    if (known == golden_.end())
      ADD_FAILURE() << "golden/hashes.txt has no " << name << "; it is " << hash << " here";
    else
      EXPECT_EQ(hash, known->second) << name;
  }
  /// Every golden hash of this element type was compared.
  void expect_all_of(const std::string& type) const {
    for (const auto& [name, hash] : golden_)
      if (name.compare(0, type.size() + 1, type + "/") == 0) {
        EXPECT_TRUE(printing() || seen_.count(name) == 1) << "golden/hashes.txt has a " << name << " that no op gave";
      }
  }

 private:
  static bool printing() { return std::getenv("KOKKOSQUANT_PRINT_HASHES") != nullptr; }
  std::map<std::string, std::string> golden_;
  std::map<std::string, int> seen_;
};

template <class T, class S>
struct HashInputs {
  static constexpr std::size_t N = 131, D = 1027;
  std::vector<T> x, gradient;
  std::vector<S> scale;  // more than any granularity has
  std::vector<std::int32_t> zero_point, code;

  HashInputs() {
    Random random(20240229);
    static constexpr double inf = std::numeric_limits<double>::infinity();
    const double specials[] = {0.0, -0.0, inf, -inf, inf - inf, 0x1p-149, -0x1p-24, 0x1p-1074, 0x1p15, -0x1p100, 0x1p1000, 1.0};
    const auto integer = [&](std::int64_t magnitude) {
      return static_cast<double>(static_cast<std::int64_t>(random.bits() % static_cast<std::uint64_t>(2 * magnitude + 1)) -
                                 magnitude);
    };
    const auto number = [&](std::int64_t magnitude) {  // multiples of 1/64 and, by two in a hundred, a special number
      return random.below(50) == 0 ? specials[random.below(std::size(specials))] : integer(64 * magnitude) * 0x1p-6;
    };
    for (std::size_t i = 0; i < N * D; ++i) {
      x.push_back(reference_convert<T>(number(40)));
      gradient.push_back(reference_convert<T>(number(3)));
      code.push_back(static_cast<std::int32_t>(random.bits() >> 32));
    }
    for (std::size_t i = 0; i < N * D; ++i) {
      const double s = (integer(60) + 64) * 0x1p-8;  // 1/64 .. 31/64
      scale.push_back(reference_convert<S>(random.below(200) == 0 ? specials[random.below(std::size(specials))] : s));
      zero_point.push_back(random.below(200) == 0 ? static_cast<std::int32_t>(random.bits())
                                                  : static_cast<std::int32_t>(integer(20)));
    }
  }
};

/// T and the type of its scales.
template <class Exec, class T_, class S_, class... Codes>
struct HashCase {
  using execution_space = Exec;
  using T = T_;
  using S = S_;
  using MoreCodes = ::testing::Types<Codes...>;
};

template <class Case>
class Hashes : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using S = typename Case::S;
  using Inputs = HashInputs<T, S>;
  static constexpr std::size_t N = Inputs::N, D = Inputs::D;

  template <class Granularity>
  struct Runner {
    using Ops = Family<Granularity>;
    using granularity_type = Granularity;
    const Inputs& in;
    GoldenHashes& golden;
    Granularity granularity;
    Place place;
    Packing packing;

    template <class E>
    auto array(const std::vector<E>& values) const {
      return Array<E, Exec>(N, D, place, [&](std::size_t n, std::size_t d) { return values[n * D + d]; });
    }
    template <class E>
    auto cells(const std::vector<E>& values) const {
      const CellShape cell = cell_shape(granularity, N, D);
      const std::size_t rows = (N + cell.rows - 1) / cell.rows, columns = (D + cell.columns - 1) / cell.columns;
      return Array<E, Exec>(rows, columns, Place{}, [&](std::size_t n, std::size_t d) { return values[n * columns + d]; });
    }
    template <class Op, class Args>
    void run(const Args& args, QuantizeDescriptor range) const {
      const Exec exec{};
      KokkosQuant::select<Op>(exec, range, args).run();
      exec.fence();
    }
    template <class Op, class... V>
    void run_family(QuantizeDescriptor range, const V&... v) const {
      run<Op>(Ops::args(static_cast<const Op*>(nullptr), granularity, v...), range);
    }
    template <class Out>
    void expect(const std::string& op, Array<Out, Exec>& out, const std::string& what = "",
                const std::string& prefix = "") const {
      Hash hash;
      const std::vector<Out> values = out.values();
      if constexpr (KokkosQuant::Impl::packed_type<Out>) {
        const CellShape bytes = packed_shape<Out>(N, D, packing);
        for (std::size_t n = 0; n < N; ++n)
          for (std::size_t d = 0; d < D; ++d) {
            const bool across = packing == Packing::across;
            const Out byte =
                across ? values[n * bytes.columns + d / Out::per_byte] : values[n / Out::per_byte * bytes.columns + d];
            hash.add(byte.get(static_cast<int>(across ? d % Out::per_byte : n % Out::per_byte)));
          }
      } else {
        for (const Out& value : values) hash.add(value);
      }
      golden.expect(prefix + type_name<T>() + "/" + op + (what.empty() ? "" : "/" + what), hash.text());
    }

    /// Forward, and back again from codes of any bits; the gradient that codes let pass.
    template <class Q>
    void codes() const {
      using limits = KokkosQuant::Impl::code_limits<Q>;
      const QuantizeDescriptor range{std::max(limits::lowest, -100), std::min(limits::highest, 100)};
      const std::string name = KokkosQuant::Impl::type_name<Q>();
      const auto scale = cells(in.scale);
      const auto zero_point = cells(in.zero_point);
      const auto x = array(in.x), gradient = array(in.gradient);
      auto q = empty_code_array<Q, Exec>(N, D, place, packing);
      auto back = array(in.x);
      using Quantize = typename Ops::Quantize;
      run_family<Quantize>(range, x.const_view(), cells_view<Granularity>(scale), cells_view<Granularity>(zero_point),
                           q.view());
      expect(Quantize::name(), q, name);
      const auto any =
          code_array<Q, Exec>(N, D, place, packing, [&](std::size_t n, std::size_t d) { return in.code[n * D + d]; });
      using Dequantize = typename Ops::Dequantize;
      run_family<Dequantize>(range, any.const_view(), cells_view<Granularity>(scale), cells_view<Granularity>(zero_point),
                             back.view());
      expect(Dequantize::name(), back, name);
      run<KokkosQuant::FakeQuantizeBackwardFromCodes>(
          KokkosQuant::FakeQuantizeBackwardFromCodesArgs{gradient.const_view(), any.const_view(), back.view()}, range);
      expect(std::string("FakeQuantizeBackwardFromCodes"), back, name);
    }
    void floats() const {
      using KokkosQuant::mask8_t;
      const QuantizeDescriptor range{-100, 100};
      const auto scale_of_cells = cells(in.scale);
      const auto zero_point_of_cells = cells(in.zero_point);
      const auto scale = cells_view<Granularity>(scale_of_cells);
      const auto zero_point = cells_view<Granularity>(zero_point_of_cells);
      const auto x_array = array(in.x), gradient_array = array(in.gradient);
      const auto x = x_array.const_view(), gradient = gradient_array.const_view();
      auto y = array(in.x);
      auto mask = empty_code_array<mask8_t, Exec>(N, D, place, packing);
      const auto family = [&]<class Op>(std::type_identity<Op>, const auto&... v) {
        run_family<Op>(range, v..., y.view());
        expect(Op::name(), y);
      };
      family(std::type_identity<typename Ops::QuantizeBackward>{}, gradient, x, scale, zero_point);
      family(std::type_identity<typename Ops::DequantizeBackward>{}, gradient, scale);
      family(std::type_identity<typename Ops::FakeQuantize>{}, x, scale, zero_point);
      family(std::type_identity<typename Ops::FakeQuantizeBackward>{}, gradient, x, scale, zero_point);
      using WithMask = typename Ops::FakeQuantizeWithMask;
      run_family<WithMask>(range, x, scale, zero_point, y.view(), mask.view());
      expect(WithMask::name(), y);
      expect(WithMask::name(), mask, "mask");
      run<KokkosQuant::FakeQuantizeBackwardFromMask>(
          KokkosQuant::FakeQuantizeBackwardFromMaskArgs{gradient, mask.const_view(), y.view()}, range);
      expect(std::string("FakeQuantizeBackwardFromMask/of_") + WithMask::name(), y);
    }
  };

  template <class Granularity, class... Q>
  static void more_codes(const Runner<Granularity>& runner, ::testing::Types<Q...>) {
    (runner.template codes<Q>(), ...);
  }

  /// f(runner) for each granularity: aligned and dense in both orders, and misaligned with gaps.
  template <class F>
  static void for_each_granularity(GoldenHashes& golden, const F& f) {
    const Inputs in;
    for (const auto& [place, packing] : {std::pair{Place{}, Packing::across},
                                         {Place{Order::left}, Packing::down},
                                         {Place{Order::right, 1, 3}, Packing::across}}) {
      SCOPED_TRACE(describe(place));
      const auto all = [&, place = place, packing = packing]<class G>(const G& g) {
        f(Runner<G>{in, golden, g, place, packing});
      };
      all(PerTensor{});
      all(PerChannel{});
      all(PerToken{});
      all(PerGroup{33});
      all(PerBlock{17, 50});
    }
  }
};
TYPED_TEST_SUITE_P(Hashes);

TYPED_TEST_P(Hashes, AreTheGoldenOnes) {
  using Fixture = Hashes<TypeParam>;
  GoldenHashes golden(std::string(KOKKOSQUANT_GOLDEN_DIRECTORY) + "/hashes.txt");
  Fixture::for_each_granularity(golden, []<class Runner>(const Runner& runner) {
    runner.floats();
    runner.template codes<std::int8_t>();
    if constexpr (std::is_same_v<typename Runner::granularity_type, PerGroup>)
      Fixture::more_codes(runner, typename TypeParam::MoreCodes{});
  });
  golden.expect_all_of(type_name<typename TypeParam::T>());
}

REGISTER_TYPED_TEST_SUITE_P(Hashes, AreTheGoldenOnes);

}  // namespace KokkosQuantTest
