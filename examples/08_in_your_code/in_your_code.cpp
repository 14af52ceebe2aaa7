// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How plans and element functions stand in a code of your own. The documentation takes its snippets from here; each part checks
// what it shows.
#include <KokkosQuant.hpp>
#include <cstddef>
#include <iostream>
#include <stdexcept>

using Exec = Kokkos::DefaultExecutionSpace;
using Matrix = Kokkos::View<float**, Exec>;
using Vector = Kokkos::View<float*, Exec>;
using Integers = Kokkos::View<int*, Exec>;
using Codes = Kokkos::View<std::int8_t**, Exec>;

//! [own_type]
// A 16-bit type of your own with the bits of an IEEE half: Views of it are read and written as KokkosQuant::half_t.
struct MyHalf {
  std::uint16_t bits;
};
template <>
struct KokkosQuant::element_traits<MyHalf> {
  using storage = KokkosQuant::half_t;
  using compute = float;
};
//! [own_type]

//! [member]
// A layer that is made once and runs many times: its plan is a member, made with the Views that it works on.
class QuantizedLayer {
 public:
  QuantizedLayer(const Exec& exec, const Matrix& x, const Vector& scale, const Codes& q)
      : plan_(exec, KokkosQuant::QuantizeDescriptor{-128, 127}, Args{x, scale, KokkosQuant::no_zero_point, q}) {}
  void forward() const { plan_.run(); }

 private:
  using Args = KokkosQuant::QuantizePerTokenArgs<Matrix, Vector, KokkosQuant::no_zero_point_t, Codes>;
  KokkosQuant::plan_t<KokkosQuant::QuantizePerToken, Exec, Args> plan_;
};
//! [member]

//! [own_kernel]
// Adds two arrays and quantizes the sum, in one kernel: what a plan computes for an element, as a function.
void add_and_quantize(const Exec& exec, const Matrix& a, const Matrix& b, const Vector& scale, const Codes& q) {
  const int columns = static_cast<int>(a.extent(1));
  Kokkos::parallel_for(
      "add_and_quantize", Kokkos::RangePolicy<Exec>(exec, 0, a.extent(0)), KOKKOS_LAMBDA(const int n) {
        const KokkosQuant::AffineQuantizer<float> quantizer(scale(n), 0, {-128, 127});
        for (int d = 0; d < columns; ++d) q(n, d) = static_cast<std::int8_t>(quantizer.quantize(a(n, d) + b(n, d)));
      });
}
//! [own_kernel]

namespace {

constexpr int N = 5, D = 33;
int failures = 0;

void expect(bool holds, const char* what) {
  std::cout << (holds ? "ok: " : "WRONG: ") << what << "\n";
  failures += holds ? 0 : 1;
}
template <class View>
double first(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
  return static_cast<double>(host(0, 0));
}

void per_token(const Exec& exec, const Matrix& x, const Matrix& dy, const Vector& scale, const Integers& zero_point) {
  const Codes q("q", N, D);
  const Matrix dx("dx", N, D), back("back", N, D);
  //! [quantize]
  const KokkosQuant::QuantizePerTokenPlan quantize(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
                                                   KokkosQuant::QuantizePerTokenArgs{x, scale, zero_point, q});
  quantize.run();  // asynchronous on exec
  //! [quantize]
  //! [quantize_backward]
  const KokkosQuant::QuantizePerTokenBackwardPlan backward(
      exec, KokkosQuant::QuantizeDescriptor{-128, 127},
      KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx});
  backward.run();  // asynchronous on exec
  //! [quantize_backward]
  //! [dequantize]
  const KokkosQuant::DequantizePerTokenPlan dequantize(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
                                                       KokkosQuant::DequantizePerTokenArgs{q, scale, zero_point, back});
  dequantize.run();  // asynchronous on exec
  //! [dequantize]
  exec.fence();
  expect(first(q) == 5, "0.75 / 0.25 + 2 is code 5");
  expect(first(dx) == 4, "the gradient 1 / 0.25");
  expect(first(back) == 0.75, "(5 - 2) * 0.25");
  //! [print]
  std::cout << quantize.sku() << "\n" << quantize.precision_guarantee() << "\n";
  //! [print]
}

void checks(const Exec& exec, const Matrix& x, const Vector& scale) {
  const Codes too_small("too_small", N, D - 1);
  const KokkosQuant::QuantizeDescriptor descriptor{-128, 127};
  const KokkosQuant::QuantizePerTokenArgs args{x, scale, KokkosQuant::no_zero_point, too_small};
  std::string refused;
  //! [can_implement]
  if (const auto ok = KokkosQuant::can_implement<KokkosQuant::QuantizePerToken>(exec, descriptor, args); !ok)
    refused = ok.message();  // what was given and what was expected
  //! [can_implement]
  expect(refused.find("5 x 32") != std::string::npos && refused.find("5 x 33") != std::string::npos, refused.c_str());
  bool thrown = false;
  //! [throws]
  try {
    const auto plan = KokkosQuant::select<KokkosQuant::QuantizePerToken>(exec, descriptor, args);
    plan.run();
  } catch (const std::invalid_argument& error) {
    thrown = std::string(error.what()).find("KokkosQuant::QuantizePerToken: ") == 0;
  }
  //! [throws]
  expect(thrown, "a plan of these throws, and names itself");
}

void double_buffers(const Exec& exec, const Matrix& x, const Vector& scale) {
  const Matrix other("other", N, D);
  const Codes q("q", N, D), other_q("other_q", N, D);
  Kokkos::deep_copy(exec, other, 0.5f);
  //! [double_buffers]
  const KokkosQuant::QuantizePerTokenArgs even{x, scale, KokkosQuant::no_zero_point, q},
      odd{other, scale, KokkosQuant::no_zero_point, other_q};
  const KokkosQuant::QuantizePerTokenPlan plan(exec, KokkosQuant::QuantizeDescriptor{-128, 127}, even);
  for (int step = 0; step < 4; ++step) plan.run(step % 2 == 0 ? even : odd);
  //! [double_buffers]
  exec.fence();
  expect(first(q) == 3 && first(other_q) == 2, "both buffers were quantized");
}

void contracts(const Exec& exec, const Matrix& x, const Vector& scale) {
  const Matrix y("y", N, D);
  //! [contract]
  // The rules of PyTorch's fake quantization, by name; and some of your own choice.
  const KokkosQuant::QuantizeDescriptorOf<KokkosQuant::contracts::pytorch_fake_quantize> theirs(-128, 127);
  constexpr KokkosQuant::Contract mine{.quotient = KokkosQuant::QuotientRule::reciprocal};
  const KokkosQuant::QuantizeDescriptorOf<mine> other(0, 255);

  const KokkosQuant::FakeQuantizePerTokenArgs args{x, scale, KokkosQuant::no_zero_point, y};
  KokkosQuant::FakeQuantizePerTokenPlan(exec, theirs, args).run();
  //! [contract]
  exec.fence();
  expect(first(y) == 0.75, "PyTorch's rules");
  KokkosQuant::FakeQuantizePerTokenPlan(exec, other, args).run();
  exec.fence();
  expect(first(y) == 0.75, "rules of one's own");
}

void packed(const Exec& exec, const Matrix& x, const Vector& scale) {
  //! [packed]
  // Two codes of four bits in each byte of a row.
  using KokkosQuant::int4x2_t;
  const Kokkos::View<int4x2_t**, Kokkos::LayoutRight, Exec> q("q", N, KokkosQuant::packed_extent<int4x2_t>(D));
  const KokkosQuant::QuantizePerTokenPlan plan(exec, KokkosQuant::QuantizeDescriptor{-8, 7},
                                               KokkosQuant::QuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, q});
  //! [packed]
  plan.run();
  exec.fence();
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), q);
  expect(host(0, 0).get(0) == 3 && host(0, 0).get(1) == 3, "packed codes");
}

void dynamic(const Exec& exec, const Matrix& x) {
  const Vector scale("scale", N);
  const Integers zero_point("zero_point", N);
  const Codes q("q", N, D);
  //! [dynamic]
  const KokkosQuant::DynamicQuantizePerTokenPlan plan(exec, KokkosQuant::DynamicQuantizeDescriptor{-128, 127},
                                                      KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, zero_point, q});
  const Kokkos::View<std::byte*, Exec> workspace("workspace", plan.workspace_size());  // nearly always 0 bytes
  plan.run(workspace);
  //! [dynamic]
  exec.fence();
  const auto s = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scale);
  expect(s(0) == 0.75f / 255 && first(q) == 127, "a scale from the data: lo = 0, hi = 0.75");
}

void own_type(const Exec& exec, const Vector& scale) {
  const Kokkos::View<MyHalf**, Exec> x("x", N, D);
  Kokkos::deep_copy(exec, Kokkos::View<std::uint16_t**, Exec>(reinterpret_cast<std::uint16_t*>(x.data()), N, D),
                    KokkosQuant::half_t(0.75f).bits);
  const Codes q("q", N, D);
  KokkosQuant::QuantizePerTokenPlan(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
                                    KokkosQuant::QuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, q})
      .run();
  exec.fence();
  expect(first(q) == 3, "a 16-bit type of one's own");
}

}  // namespace

int main() {
  const Kokkos::ScopeGuard kokkos;
  const Exec exec;
  const Matrix x("x", N, D), dy("dy", N, D);
  const Vector scale("scale", N);
  const Integers zero_point("zero_point", N);
  Kokkos::deep_copy(exec, x, 0.75f);
  Kokkos::deep_copy(exec, dy, 1.0f);
  Kokkos::deep_copy(exec, scale, 0.25f);
  Kokkos::deep_copy(exec, zero_point, 2);

  per_token(exec, x, dy, scale, zero_point);
  checks(exec, x, scale);
  double_buffers(exec, x, scale);
  contracts(exec, x, scale);
  packed(exec, x, scale);
  dynamic(exec, x);
  own_type(exec, scale);

  const Codes q("q", N, D);
  const QuantizedLayer layer(exec, x, scale, q);
  layer.forward();
  exec.fence();
  expect(first(q) == 3, "a plan as a member");
  add_and_quantize(exec, x, dy, scale, q);
  exec.fence();
  expect(first(q) == 7, "a kernel of one's own: (0.75 + 1) / 0.25");
  return failures == 0 ? 0 : 1;
}
