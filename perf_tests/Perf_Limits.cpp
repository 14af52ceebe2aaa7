// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The limits as rows of their own, each form of each; the other rows measure them anew beside themselves.
#include "KokkosQuantPerf_Measure.hpp"

namespace KokkosQuantPerf {

// The last bytes of what a limit wrote are what they should be: it ran, on all of the data.
template <class In, class Out>
static std::string check_limit(const Arrays& arrays, int inputs, const Limit& limit, std::int64_t elements) {
  (void)limit;
  constexpr std::size_t least = std::min(sizeof(In), sizeof(Out));
  const std::int64_t stripe = on_host ? 1 : 256, step_elements = sizeof(Pack) / least;
  const std::int64_t step = elements / (step_elements * stripe) * stripe - 1;
  const auto word = [&](int array, std::int64_t pack) {
    std::uint32_t value;
    Kokkos::deep_copy(value,
                      Kokkos::View<std::uint32_t, Memory, Unmanaged>(arrays.data<std::uint32_t>(array) + pack * Pack::words));
    return value;
  };
  const int reads = sizeof(In) / least, writes = sizeof(Out) / least;
  std::uint32_t sum = static_cast<std::uint32_t>(writes - 1);
  for (int i = 0; i < inputs; ++i)
    for (int r = 0; r < reads; ++r) sum += word(i, (step / stripe * reads + r) * stripe + step % stripe);
  const std::uint32_t got = word(2, (step / stripe * writes + writes - 1) * stripe + step % stripe);
  return got == sum ? "" : "the limit's kernel wrote something else than sums";
}

template <int Inputs, class In, class Out>
static void add_limit(const std::string& op, const char* type, const SharedArrays& arrays, std::int64_t elements) {
  const Limit all = limit<Inputs, In, Out>(*arrays, elements);
  for (std::size_t f = 0; f < all.forms.size(); ++f)
    add(row_name(op + "." + all.forms[f].name, type, "Right", 1, elements), [=](benchmark::State& state) {
      arrays->fill<float>();  // memory never written is a page of zeros
      const Exec exec;
      const auto check = [&](const Exec&) { return check_limit<In, Out>(*arrays, Inputs, all, elements); };
      measure(state, exec, all, {all.bytes, [&] { all.forms[f].run(exec); }, check});
    });
}
template <class T>
static void add_limits_of(const SharedArrays& arrays) {
  const std::int64_t elements = arrays->elements<T>();
  add_limit<2, T, T>("Triad", type_name<T>, arrays, elements);
  add_limit<1, T, std::int8_t>("CopyToInt8", type_name<T>, arrays, elements);
  add_limit<1, std::int8_t, T>("CopyFromInt8", type_name<T>, arrays, elements);
}
void add_limits(const SharedArrays& arrays) {
  add_limits_of<double>(arrays);
  add_limits_of<float>(arrays);
  add_limits_of<KokkosQuant::half_t>(arrays);
}

}  // namespace KokkosQuantPerf
