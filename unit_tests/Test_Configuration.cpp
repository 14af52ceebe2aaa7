// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// print_configuration says what a report needs, and leaves nothing changed in the stream.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <sstream>
#include <string>

namespace KokkosQuantTest {
namespace {

std::string configuration() {
  std::ostringstream out;
  KokkosQuant::print_configuration(out);
  return out.str();
}

TEST(Configuration, SaysVersionsSpacesCompilerAndVectors) {
  const std::string text = configuration();
  const auto says = [&](const std::string& what) { EXPECT_NE(text.find(what), std::string::npos) << what << "\n" << text; };
  says("KokkosQuant " + std::to_string(KOKKOSQUANT_VERSION / 10000) + "." + std::to_string(KOKKOSQUANT_VERSION / 100 % 100) +
       "." + std::to_string(KOKKOSQUANT_VERSION % 100));
  says("Kokkos " + std::to_string(KOKKOS_VERSION / 10000) + "." + std::to_string(KOKKOS_VERSION / 100 % 100) + "." +
       std::to_string(KOKKOS_VERSION % 100));
  says(std::string("default execution space: ") + Kokkos::DefaultExecutionSpace::name() + ", concurrency " +
       std::to_string(Kokkos::DefaultExecutionSpace().concurrency()));
  says(Kokkos::DefaultHostExecutionSpace::name());
#ifdef KOKKOS_ENABLE_SERIAL
  says(Kokkos::Serial::name());
#endif
#ifdef __clang__
  says("clang " + std::to_string(__clang_major__));
#elif defined(__GNUC__)
  says("gcc " + std::to_string(__GNUC__));
#endif
#ifdef __AVX2__
  says("FMA yes, F16C yes");
#endif
  says("vectors of " + std::to_string(KokkosQuant::Impl::host_vector_bytes) + " bytes");
#ifdef KOKKOS_ENABLE_CUDA
  says("nvcc ");
  says("device: accesses of 16 bytes");
#endif
  EXPECT_EQ(text.back(), '\n');
}

TEST(Configuration, IsTheSameEachTime) { EXPECT_EQ(configuration(), configuration()); }

}  // namespace
}  // namespace KokkosQuantTest
