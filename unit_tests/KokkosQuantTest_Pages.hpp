// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Host memory that faults where nothing may be touched: an array up against a page that cannot be read, or a
/// few rows in a range of addresses far larger than the machine's memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>

namespace KokkosQuantTest {

/// A range of addresses without access; open() makes the pages around some bytes usable.
class Pages {
 public:
  explicit Pages(std::size_t bytes) : size_(round_up(bytes)) {
    void* const start = ::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    start_ = static_cast<char*>(start);
  }
  ~Pages() { ::munmap(start_, size_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  char* data() const { return start_; }
  void open(std::size_t first, std::size_t bytes) {
    const std::size_t begin = first / page() * page(), end = round_up(first + bytes);
    if (::mprotect(start_ + begin, end - begin, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  }
  static std::size_t page() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }
  static std::size_t round_up(std::size_t bytes) { return (bytes + page() - 1) / page() * page(); }

 private:
  std::size_t size_;
  char* start_ = nullptr;
};

/// So many elements between two pages without access, at the end of the space between them or at its start.
template <class T>
class FencedArray {
 public:
  FencedArray(std::size_t count, bool at_the_end)
      : pages_(2 * Pages::page() + count * sizeof(T) + Pages::page()), count_(count) {
    const std::size_t room = Pages::round_up(count * sizeof(T) + 1);
    pages_.open(Pages::page(), room);
    first_ = reinterpret_cast<T*>(pages_.data() + Pages::page() + (at_the_end ? room - count * sizeof(T) : 0));
  }
  T* data() const { return first_; }
  std::size_t size() const { return count_; }

 private:
  Pages pages_;
  std::size_t count_;
  T* first_ = nullptr;
};

}  // namespace KokkosQuantTest
