// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cmath>
#include <string_view>

#include "KokkosQuantPerf_Family.hpp"

namespace KokkosQuantPerf {
namespace {

template <class T>
struct FillCells {
  T* scale;
  int* zero_point;
  KOKKOS_FUNCTION void operator()(const std::int64_t cell) const {
    scale[cell] = T(static_cast<float>(1 + cell % 7) * 0x1p-6f);
    zero_point[cell] = static_cast<int>(cell % 11) - 5;
  }
};
// Scales and zero points of a x b cells; rank 0, 1 and 2 of the same memory.
template <class T>
struct Parameters {
  Kokkos::View<T*, Memory> scale;
  Kokkos::View<int*, Memory> zero_point;
  explicit Parameters(std::int64_t cells)
      : scale("KokkosQuantPerf::scale", extent(cells)), zero_point("KokkosQuantPerf::zero", extent(cells)) {
    Kokkos::parallel_for("KokkosQuantPerf::cells", Kokkos::RangePolicy<Exec>(0, cells),
                         FillCells<T>{scale.data(), zero_point.data()});
    Kokkos::fence();
  }
  template <class V>
  static auto table(const V& v, std::int64_t a, std::int64_t b) {
    return Kokkos::View<typename V::value_type**, Kokkos::LayoutRight, Memory, Unmanaged>(v.data(), extent(a), extent(b));
  }
};

// The rows of one granularity. (Quantize, its backward and Dequantize per token have files of their own.)
#define KOKKOSQUANT_PERF_ROWS(Granularity, cells, scale, zero_point, ...)                                                   \
  {                                                                                                                         \
    const auto s = scale;                                                                                                   \
    const auto z = zero_point;                                                                                              \
    const auto c = cells;                                                                                                   \
    if (std::string_view(#Granularity) != "PerToken")                                                                       \
      f.row(                                                                                                                \
          "Quantize" #Granularity, sizeof(T) + 1.0, F::codes_limit(), cells,                                                \
          [=](const Exec& exec) {                                                                                           \
            return KokkosQuant::Quantize##Granularity##Plan(                                                                \
                exec, range,                                                                                                \
                KokkosQuant::Quantize##Granularity##Args{f.matrix(0), s, z, f.codes(2) __VA_OPT__(, ) __VA_ARGS__});        \
          },                                                                                                                \
          [=] { return f.codes(2); },                                                                                       \
          [=](const Quantizer& k, std::int64_t n, std::int64_t d) {                                                         \
            return static_cast<std::int8_t>(k.quantize(f.at(0, n, d)));                                                     \
          });                                                                                                               \
    if (std::string_view(#Granularity) != "PerToken")                                                                       \
      f.row(                                                                                                                \
          "Quantize" #Granularity "Backward", 3.0 * sizeof(T), F::triad_limit(), cells,                                     \
          [=](const Exec& exec) {                                                                                           \
            return KokkosQuant::Quantize##Granularity##BackwardPlan(                                                        \
                exec, range,                                                                                                \
                KokkosQuant::Quantize##Granularity##BackwardArgs{f.matrix(0), f.matrix(1), s, z,                            \
                                                                 f.matrix(2) __VA_OPT__(, ) __VA_ARGS__});                  \
          },                                                                                                                \
          [=] { return f.matrix(2); },                                                                                      \
          [=](const Quantizer& k, std::int64_t n, std::int64_t d) { return T(k.backward(f.at(0, n, d), f.at(1, n, d))); }); \
    f.row(                                                                                                                  \
        "FakeQuantize" #Granularity, 2.0 * sizeof(T), F::copy_limit(), cells,                                               \
        [=](const Exec& exec) {                                                                                             \
          return KokkosQuant::FakeQuantize##Granularity##Plan(                                                              \
              exec, range,                                                                                                  \
              KokkosQuant::FakeQuantize##Granularity##Args{f.matrix(0), s, z, f.matrix(2) __VA_OPT__(, ) __VA_ARGS__});     \
        },                                                                                                                  \
        [=] { return f.matrix(2); },                                                                                        \
        [=](const Quantizer& k, std::int64_t n, std::int64_t d) { return T(k.fake_quantize(f.at(0, n, d))); });             \
    f.row(                                                                                                                  \
        "FakeQuantize" #Granularity "Backward", 3.0 * sizeof(T), F::triad_limit(), cells,                                   \
        [=](const Exec& exec) {                                                                                             \
          return KokkosQuant::FakeQuantize##Granularity##BackwardPlan(                                                      \
              exec, range,                                                                                                  \
              KokkosQuant::FakeQuantize##Granularity##BackwardArgs{f.matrix(0), f.matrix(1), s, z,                          \
                                                                   f.matrix(2) __VA_OPT__(, ) __VA_ARGS__});                \
        },                                                                                                                  \
        [=] { return f.matrix(2); },                                                                                        \
        [=](const Quantizer& k, std::int64_t n, std::int64_t d) {                                                           \
          return T(k.fake_quantize_backward(f.at(0, n, d), f.at(1, n, d)));                                                 \
        });                                                                                                                 \
    if (std::string_view(#Granularity) != "PerToken")                                                                       \
      f.row(                                                                                                                \
          "Dequantize" #Granularity, sizeof(T) + 1.0, F::from_codes_limit(), cells,                                         \
          [=](const Exec& exec) {                                                                                           \
            return KokkosQuant::Dequantize##Granularity##Plan(                                                              \
                exec, range,                                                                                                \
                KokkosQuant::Dequantize##Granularity##Args{f.codes(0), s, z, f.matrix(2) __VA_OPT__(, ) __VA_ARGS__});      \
          },                                                                                                                \
          [=] { return f.matrix(2); },                                                                                      \
          [=](const Quantizer& k, std::int64_t n, std::int64_t d) { return T(k.dequantize(element(f.codes(0), n, d))); });  \
    f.row(                                                                                                                  \
        "Dequantize" #Granularity "Backward", 2.0 * sizeof(T), F::copy_limit(), cells,                                      \
        [=](const Exec& exec) {                                                                                             \
          return KokkosQuant::Dequantize##Granularity##BackwardPlan(                                                        \
              exec, range,                                                                                                  \
              KokkosQuant::Dequantize##Granularity##BackwardArgs{f.matrix(0), s, f.matrix(2) __VA_OPT__(, ) __VA_ARGS__});  \
        },                                                                                                                  \
        [=] { return f.matrix(2); },                                                                                        \
        [=](const Quantizer&, std::int64_t n, std::int64_t d) { return T(f.at(0, n, d) * F::scale_of(c.of(n, d))); });      \
  }

// A plan that needs bytes, with them.
template <class Plan>
struct WithWorkspace {
  Plan plan;
  Kokkos::View<std::byte*, Memory> workspace;
  explicit WithWorkspace(const Plan& p)
      : plan(p), workspace(Kokkos::view_alloc(Kokkos::WithoutInitializing, "KokkosQuantPerf::workspace"), p.workspace_size()) {}
  void run() const { plan.run(workspace); }
};

// dx is checked; the sums are the unit tests'.
#define KOKKOSQUANT_PERF_LEARNABLE(Granularity, cells, s, z, ds, dz)                                                       \
  f.row(                                                                                                                   \
      "LearnableFakeQuantize" #Granularity "Backward", 3.0 * sizeof(T), F::triad_limit(), cells,                           \
      [=](const Exec& exec) {                                                                                              \
        return WithWorkspace(KokkosQuant::LearnableFakeQuantize##Granularity##BackwardPlan(                                \
            exec, KokkosQuant::LearnableDescriptor{range.q_min, range.q_max},                                              \
            KokkosQuant::LearnableFakeQuantize##Granularity##BackwardArgs{f.matrix(0), f.matrix(1), s, z, f.matrix(2), ds, \
                                                                          dz}));                                           \
      },                                                                                                                   \
      [=] { return f.matrix(2); },                                                                                         \
      [=](const Quantizer& k, std::int64_t n, std::int64_t d) {                                                            \
        return T(k.fake_quantize_backward(f.at(0, n, d), f.at(1, n, d)));                                                  \
      })

// Scales are found, and looked up by the check where they were put: a x b of them.
#define KOKKOSQUANT_PERF_DYNAMIC(Granularity, a, b, cell_rows, cell_columns, s, z, ...)                                      \
  {                                                                                                                          \
    const auto found = [=](std::int64_t n, std::int64_t d) {                                                                 \
      const std::int64_t i = n / (cell_rows), j = d / (cell_columns);                                                        \
      return Quantizer(static_cast<KokkosQuant::compute_t<T>>(element(found_by.table(found_by.scale, a, b), i, j)),          \
                       element(found_by.table(found_by.zero_point, a, b), i, j), range);                                     \
    };                                                                                                                       \
    const auto s_ = s;                                                                                                       \
    const auto z_ = z;                                                                                                       \
    f.row(                                                                                                                   \
        "DynamicQuantize" #Granularity, sizeof(T) + 1.0, F::codes_limit(), (typename F::Cells{1, columns, 1}),               \
        [=](const Exec& exec) {                                                                                              \
          return WithWorkspace(KokkosQuant::DynamicQuantize##Granularity##Plan(                                              \
              exec, KokkosQuant::DynamicQuantizeDescriptor{range.q_min, range.q_max},                                        \
              KokkosQuant::DynamicQuantize##Granularity##Args{f.matrix(0), s_, z_, f.codes(2) __VA_OPT__(, ) __VA_ARGS__})); \
        },                                                                                                                   \
        [=] { return f.codes(2); },                                                                                          \
        [=](const Quantizer&, std::int64_t n, std::int64_t d) {                                                              \
          return static_cast<std::int8_t>(found(n, d).quantize(f.at(0, n, d)));                                              \
        });                                                                                                                  \
    f.row(                                                                                                                   \
        "DynamicFakeQuantize" #Granularity, 2.0 * sizeof(T), F::copy_limit(), (typename F::Cells{1, columns, 1}),            \
        [=](const Exec& exec) {                                                                                              \
          return WithWorkspace(KokkosQuant::DynamicFakeQuantize##Granularity##Plan(                                          \
              exec, KokkosQuant::DynamicQuantizeDescriptor{range.q_min, range.q_max},                                        \
              KokkosQuant::DynamicFakeQuantize##Granularity##Args{f.matrix(0), s_, z_,                                       \
                                                                  f.matrix(2) __VA_OPT__(, ) __VA_ARGS__}));                 \
        },                                                                                                                   \
        [=] { return f.matrix(2); },                                                                                         \
        [=](const Quantizer&, std::int64_t n, std::int64_t d) { return T(found(n, d).fake_quantize(f.at(0, n, d))); });      \
  }

template <class T>
void add_family_of(const SharedArrays& arrays) {
  using F = Family<T>;
  using Quantizer = KokkosQuant::AffineQuantizer<KokkosQuant::compute_t<T>>;
  for (const std::int64_t columns : family_widths) {
    const std::int64_t rows = arrays->elements<T>() / columns;
    const F f{arrays, rows, columns};
    const std::int64_t groups = (columns + group_columns - 1) / group_columns, blocks = (rows + block_rows - 1) / block_rows;
    const Parameters<T> p(std::max(rows * groups, columns));
    const auto upto = [](const auto& v, std::int64_t n) {
      return Kokkos::subview(v, Kokkos::pair<std::int64_t, std::int64_t>(0, n));
    };
    if (columns <= widest_of_all) {
      KOKKOSQUANT_PERF_ROWS(PerTensor, (typename F::Cells{rows, columns, 1}), Kokkos::subview(p.scale, 0),
                            Kokkos::subview(p.zero_point, 0))
      KOKKOSQUANT_PERF_ROWS(PerChannel, (typename F::Cells{rows, 1, columns}), upto(p.scale, columns),
                            upto(p.zero_point, columns))
      KOKKOSQUANT_PERF_ROWS(PerToken, (typename F::Cells{1, columns, 1}), upto(p.scale, rows), upto(p.zero_point, rows))
      KOKKOSQUANT_PERF_ROWS(PerGroup, (typename F::Cells{1, group_columns, groups}), p.table(p.scale, rows, groups),
                            p.table(p.zero_point, rows, groups), KokkosQuant::PerGroup{group_columns})
      KOKKOSQUANT_PERF_ROWS(PerBlock, (typename F::Cells{block_rows, group_columns, groups}), p.table(p.scale, blocks, groups),
                            p.table(p.zero_point, blocks, groups), (KokkosQuant::PerBlock{block_rows, group_columns}))
    }

    const Kokkos::View<T*, Memory> ds("KokkosQuantPerf::ds", extent(std::max(rows, columns)));
    const Kokkos::View<T*, Memory> dz("KokkosQuantPerf::dz", extent(std::max(rows, columns)));
    KOKKOSQUANT_PERF_LEARNABLE(PerTensor, (typename F::Cells{rows, columns, 1}), Kokkos::subview(p.scale, 0),
                               Kokkos::subview(p.zero_point, 0), Kokkos::subview(ds, 0), Kokkos::subview(dz, 0));
    KOKKOSQUANT_PERF_LEARNABLE(PerChannel, (typename F::Cells{rows, 1, columns}), upto(p.scale, columns),
                               upto(p.zero_point, columns), upto(ds, columns), upto(dz, columns));
    KOKKOSQUANT_PERF_LEARNABLE(PerToken, (typename F::Cells{1, columns, 1}), upto(p.scale, rows), upto(p.zero_point, rows),
                               upto(ds, rows), upto(dz, rows));

    const Parameters<T> found_by(std::max(rows * groups, columns));
    KOKKOSQUANT_PERF_DYNAMIC(PerToken, rows, 1, 1, columns, upto(found_by.scale, rows), upto(found_by.zero_point, rows))
    KOKKOSQUANT_PERF_DYNAMIC(PerGroup, rows, groups, 1, group_columns, found_by.table(found_by.scale, rows, groups),
                             found_by.table(found_by.zero_point, rows, groups), KokkosQuant::PerGroup{group_columns})
    KOKKOSQUANT_PERF_DYNAMIC(PerTensor, 1, 1, rows, columns, Kokkos::subview(found_by.scale, 0),
                             Kokkos::subview(found_by.zero_point, 0))

    if (columns > widest_of_all) continue;

    // packed: int4 codes, and a mask
    const typename F::Cells tokens{1, columns, 1};
    const auto s = upto(p.scale, rows);
    const auto z = upto(p.zero_point, rows);
    using Int4 = KokkosQuant::int4x2_t;
    const auto int4 = [=] { return arrays->matrix<Int4>(2, Right{}, rows, columns / 2); };
    f.row(
        "QuantizePerTokenToInt4", sizeof(T) + 0.5, F::codes_limit(), typename F::Cells{1, columns, 1},
        [=](const Exec& exec) {
          return KokkosQuant::QuantizePerTokenPlan(exec, {-8, 7}, KokkosQuant::QuantizePerTokenArgs{f.matrix(0), s, z, int4()});
        },
        [=] { return arrays->matrix<std::int8_t>(2, Right{}, rows, columns / 2); },
        [=](const Quantizer&, std::int64_t n, std::int64_t byte) {
          const Quantizer k(F::scale_of(n), F::zero_point_of(n), {-8, 7});
          Int4 two{};
          for (int j = 0; j < 2; ++j) two.set(j, k.quantize(f.at(0, n, 2 * byte + j)));
          return static_cast<std::int8_t>(two.byte);
        });
    const auto mask = [=] { return arrays->matrix<KokkosQuant::mask8_t>(1, Right{}, rows, columns / 8); };
    f.row(
        "FakeQuantizePerTokenWithMask", 2.0 * sizeof(T) + 0.125, F::copy_limit(), tokens,
        [=](const Exec& exec) {
          return KokkosQuant::FakeQuantizePerTokenWithMaskPlan(
              exec, range, KokkosQuant::FakeQuantizePerTokenWithMaskArgs{f.matrix(0), s, z, f.matrix(2), mask()});
        },
        [=] { return f.matrix(2); },
        [=](const Quantizer& k, std::int64_t n, std::int64_t d) { return T(k.fake_quantize(f.at(0, n, d))); });
    f.row(
        "FakeQuantizeBackwardFromMask", 2.0 * sizeof(T) + 0.125, F::copy_limit(), tokens,
        [=](const Exec& exec) {
          return KokkosQuant::FakeQuantizeBackwardFromMaskPlan(
              exec, range, KokkosQuant::FakeQuantizeBackwardFromMaskArgs{f.matrix(0), mask(), f.matrix(2)});
        },
        [=] { return f.matrix(2); },
        [=](const Quantizer&, std::int64_t n, std::int64_t d) {
          const auto byte = element(arrays->matrix<std::uint8_t>(1, Right{}, rows, columns / 8), n, d / 8);
          return ((byte >> (d % 8)) & 1) != 0 ? T(static_cast<KokkosQuant::compute_t<T>>(f.at(0, n, d))) : T(0.0f);
        });
  }
}

// float8 codes, and codes with an error bound
template <class T>
void add_other_codes_of(const SharedArrays& arrays) {
  using F = Family<T>;
  using C = KokkosQuant::compute_t<T>;
  using Quantizer = KokkosQuant::AffineQuantizer<C>;
  using Float8 = KokkosQuant::float8_e4m3_t;
  using KokkosQuant::no_zero_point;
  for (const std::int64_t columns : family_widths) {
    const std::int64_t rows = arrays->elements<T>() / columns;
    const F f{arrays, rows, columns};
    const Parameters<T> p(rows);
    const typename F::Cells tokens{1, columns, 1};
    const auto s = p.scale;
    const auto float8 = [=](int which) { return arrays->matrix<Float8>(which, Right{}, rows, columns); };
    f.row(
        "QuantizePerTokenToFloat8", sizeof(T) + 1.0, F::codes_limit(), tokens,
        [=](const Exec& exec) {
          return KokkosQuant::QuantizePerTokenPlan(exec, KokkosQuant::Float8Descriptor{},
                                                   KokkosQuant::QuantizePerTokenArgs{f.matrix(0), s, no_zero_point, float8(2)});
        },
        [=] { return f.codes(2); },
        [=](const Quantizer&, std::int64_t n, std::int64_t d) {
          return static_cast<std::int8_t>(Float8(f.at(0, n, d) / F::scale_of(n)).bits);
        });
    f.row(
        "DequantizePerTokenFromFloat8", sizeof(T) + 1.0, F::from_codes_limit(), tokens,
        [=](const Exec& exec) {
          return KokkosQuant::DequantizePerTokenPlan(
              exec, KokkosQuant::Float8Descriptor{},
              KokkosQuant::DequantizePerTokenArgs{float8(0), s, no_zero_point, f.matrix(2)});
        },
        [=] { return f.matrix(2); },
        [=](const Quantizer&, std::int64_t n, std::int64_t d) {
          return T(static_cast<C>(static_cast<float>(element(float8(0), n, d))) * F::scale_of(n));
        });

    const KokkosQuant::ErrorBound bound{1e-3};
    const C step = KokkosQuant::step_of<T>(bound);
    const auto int16 = [=](int which) { return arrays->matrix<std::int16_t>(which, Right{}, rows, columns); };
    const auto mask = [=] { return arrays->matrix<KokkosQuant::mask8_t>(1, Right{}, rows, columns / 8); };
    const Kokkos::View<std::int64_t, Memory> count("KokkosQuantPerf::count");
    f.row(
        "QuantizeToErrorBound", sizeof(T) + 2.25,
        [](const Arrays& a, std::int64_t n) { return limit<1, T, std::int16_t>(a, n); }, tokens,
        [=](const Exec& exec) {
          return KokkosQuant::QuantizeToErrorBoundPlan(
              exec, bound, KokkosQuant::QuantizeToErrorBoundArgs{f.matrix(0), int16(2), mask(), count});
        },
        [=] { return int16(2); },
        [=](const Quantizer&, std::int64_t n, std::int64_t d) {
          const double t = std::nearbyint(static_cast<double>(f.at(0, n, d)) / static_cast<double>(step));
          return static_cast<std::int16_t>(std::abs(t + 0.5) < 32768 ? t : 0);
        });
    f.row(
        "DequantizeFromErrorBound", sizeof(T) + 2.0,
        [](const Arrays& a, std::int64_t n) { return limit<1, std::int16_t, T>(a, n); }, tokens,
        [=](const Exec& exec) {
          return KokkosQuant::DequantizeFromErrorBoundPlan(exec, bound,
                                                           KokkosQuant::DequantizeFromErrorBoundArgs{int16(0), f.matrix(2)});
        },
        [=] { return f.matrix(2); },
        [=](const Quantizer&, std::int64_t n, std::int64_t d) { return T(static_cast<C>(element(int16(0), n, d)) * step); });
  }
}

}  // namespace

void add_family(const SharedArrays& arrays) {
  add_family_of<float>(arrays);
  add_family_of<KokkosQuant::bfloat16_t>(arrays);
  add_other_codes_of<float>(arrays);
  add_other_codes_of<KokkosQuant::bfloat16_t>(arrays);
}

}  // namespace KokkosQuantPerf
