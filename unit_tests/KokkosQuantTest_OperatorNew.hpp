// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Replaces operator new, so that tests can count its calls and make one fail. For the one source file of a program.
///
/// KOKKOSQUANT_TEST_REPLACES_NEW is defined where it does: nvcc takes operator new for a device function as well.
#pragma once

#ifndef __CUDACC__
#define KOKKOSQUANT_TEST_REPLACES_NEW
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace KokkosQuantTest {

/// All threads' calls while counting_news.
inline std::atomic<long> news{0};
inline std::atomic<bool> counting_news{false};
/// Calls on this thread until one fails; 0: none does.
inline thread_local long news_until_failure = 0;

/// How often f() calls operator new.
template <class F>
long news_during(const F& f) {
  news = 0;
  counting_news = true;
  f();
  counting_news = false;
  return news;
}

inline void* allocate(std::size_t bytes, std::size_t alignment) {
  if (counting_news) ++news;
  if (news_until_failure > 0 && --news_until_failure == 0) throw std::bad_alloc();
  void* const p = alignment <= alignof(std::max_align_t)
                      ? std::malloc(bytes == 0 ? 1 : bytes)
                      : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace KokkosQuantTest

// The others call these. Not inlined: compilers warn of free() for what comes from new.
void* operator new(std::size_t bytes) { return KokkosQuantTest::allocate(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return KokkosQuantTest::allocate(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
#endif
