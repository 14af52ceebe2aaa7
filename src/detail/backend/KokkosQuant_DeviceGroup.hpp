// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The threads of a device that share a cell: a few lanes of a warp, or a team of warps.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceWords.hpp"

namespace KokkosQuant::Impl {

template <class Exec>
using team_member = typename Kokkos::TeamPolicy<Exec>::member_type;  // whatever the policy's launch bounds

// The value of the lane whose number differs in the bits of `distance`, of as many lanes (a power of two) as take part; `first` is
// the first of them in the warp.
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
#define KOKKOSQUANT_SHUFFLES
__device__ __forceinline__ std::uint32_t shuffle_word(std::uint32_t word, int distance, [[maybe_unused]] int lanes,
                                                      [[maybe_unused]] int first) {
#ifdef __CUDA_ARCH__
  const std::uint32_t all = lanes == 32 ? ~0u : ((1u << lanes) - 1) << first;
  return __shfl_xor_sync(all, word, distance);
#else
  return static_cast<std::uint32_t>(__shfl_xor(static_cast<int>(word), distance));
#endif
}
template <class V>
__device__ __forceinline__ V shuffle(const V& value, int distance, int lanes, int first) {
  static_assert(sizeof(V) % 4 == 0);
  auto words = bits_as<Words<static_cast<int>(sizeof(V) / 4)>>(value);
  for (auto& word : words.word) word = shuffle_word(word, distance, lanes, first);
  return bits_as<V>(words);
}
#endif
// The same, of 32 lanes that are known to be a device's.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V from_lane(const V& value, [[maybe_unused]] int distance) {
#ifdef KOKKOSQUANT_SHUFFLES
  return shuffle(value, distance, 32, 0);
#else
  return value;
#endif
}
// a or b, which stay in registers: a choice of objects would be one of addresses.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V either(bool first, const V& a, const V& b) {
  using W = Words<static_cast<int>(sizeof(V) / 4)>;
  W chosen = bits_as<W>(a);
  const W other = bits_as<W>(b);
  KOKKOSQUANT_UNROLL
  for (int j = 0; j < static_cast<int>(sizeof(V) / 4); ++j) chosen.word[j] = first ? chosen.word[j] : other.word[j];
  return bits_as<V>(chosen);
}

// What a compiler computed of a pointer stays: nvcc would compute it anew for each access, from what it does not change.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void keep_as_is([[maybe_unused]] T*& pointer) {
#ifdef __CUDA_ARCH__
  auto address = __cvta_generic_to_global(pointer);  // (so that it is known to be global memory's)
  asm("" : "+l"(address));
  pointer = static_cast<T*>(__cvta_global_to_generic(address));
#endif
}
// The same of scratch memory.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void keep_scratch([[maybe_unused]] T*& pointer) {
#ifdef __CUDA_ARCH__
  auto address = static_cast<unsigned>(__cvta_generic_to_shared(pointer));
  asm("" : "+r"(address));
  pointer = static_cast<T*>(__cvta_shared_to_generic(address));
#endif
}

// Joins ranges (any V with include(V), whose order does not matter), for Kokkos' reductions.
template <class V>
struct RangeReducer {
  using reducer = RangeReducer;
  using value_type = V;
  using result_view_type = Kokkos::View<value_type, Kokkos::AnonymousSpace, Kokkos::MemoryUnmanaged>;
  value_type& result;

  KOKKOS_FORCEINLINE_FUNCTION void init(value_type& range) const { range = V{}; }
  KOKKOS_FORCEINLINE_FUNCTION void join(value_type& range, const value_type& other) const { range.include(other); }
  KOKKOS_FORCEINLINE_FUNCTION value_type& reference() const { return result; }
  KOKKOS_FORCEINLINE_FUNCTION result_view_type view() const { return result_view_type(&result); }
  KOKKOS_FORCEINLINE_FUNCTION bool references_scalar() const { return true; }
};

// Lanes of a warp: a power of two of them. A team has several such groups.
template <class Exec>
struct DeviceLanes {
  static constexpr bool is_team = false;
  const team_member<Exec>& team;
  int lanes, lane = 0;

  KOKKOS_FORCEINLINE_FUNCTION DeviceLanes(const team_member<Exec>& of, int n) : team(of), lanes(n) {
    // (code outside the loops over lanes is run by every lane: on devices lanes are threads)
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, lanes), [&](int l) { lane = l; });
  }
  KOKKOS_FORCEINLINE_FUNCTION bool is_first() const { return lane == 0; }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t groups() const { return static_cast<std::uint32_t>(team.team_size()); }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t rank() const { return static_cast<std::uint32_t>(team.team_rank()); }

  // Of all threads' values, given to all of them. (No lane needs a buffer.)
  template <class V>
  KOKKOS_FORCEINLINE_FUNCTION V all(V value, int = 0) const {
#ifdef KOKKOSQUANT_SHUFFLES
    const int first = team.team_rank() * lanes & 31;
    KOKKOSQUANT_UNROLL
    for (int distance = 16; distance > 0; distance /= 2)
      if (distance < lanes) value.include(shuffle(value, distance, lanes, first));
    return value;
#else
    V joined{};
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, lanes), [&](int, V& range) { range.include(value); }, RangeReducer<V>{joined});
    return joined;
#endif
  }
};

// All threads of a team, which is warps.
template <class Exec>
struct DeviceTeam {
  static constexpr bool is_team = true;
  static constexpr int buffers = 4, words_a_value = 2;
  using Scratch = Kokkos::View<std::uint64_t*, typename Exec::scratch_memory_space, Kokkos::MemoryUnmanaged>;
  const team_member<Exec>& team;
  DeviceLanes<Exec> warp;
  int lane;
  std::uint64_t* scratch;

  KOKKOS_FORCEINLINE_FUNCTION DeviceTeam(const team_member<Exec>& of, int)
      : team(of),
        warp(of, 32),
        lane(of.team_rank() * 32 + warp.lane),
        scratch(Scratch(of.team_scratch(0), words(of.team_size())).data()) {}
  static KOKKOS_FORCEINLINE_FUNCTION int words(int warps) { return buffers * words_a_value * warps; }
  static int scratch_bytes(int warps) { return static_cast<int>(Scratch::shmem_size(static_cast<std::size_t>(words(warps)))); }

  KOKKOS_FORCEINLINE_FUNCTION bool is_first() const { return lane == 0; }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t groups() const { return 1; }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t rank() const { return 0; }

  // Each buffer may be used again when another one has been.
  template <class V>
  KOKKOS_FORCEINLINE_FUNCTION V all(V value, int buffer) const {
    static_assert(sizeof(V) <= words_a_value * sizeof(std::uint64_t));
    auto* const of_warps = reinterpret_cast<V*>(scratch + buffer * words_a_value * team.team_size());
    value = warp.all(value);
    if (warp.lane == 0) of_warps[team.team_rank()] = value;
    team.team_barrier();
    for (int w = 0; w < team.team_size(); ++w) value.include(of_warps[w]);
    return value;
  }
};

}  // namespace KokkosQuant::Impl
