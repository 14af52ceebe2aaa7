// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of a field to a neighbour: packed in one kernel, sent, checked, unpacked. What rows are sent as is the descriptor's matter.
#pragma once

#include <KokkosQuant.hpp>
#include <Kokkos_Core.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "../common/mpi_exchange.hpp"

namespace halo {

using Exec = Kokkos::DefaultExecutionSpace;
using Space = Exec::memory_space;
using Field = Kokkos::View<double**, Kokkos::LayoutRight, Space>;
using Tokens = Kokkos::View<double**, Kokkos::LayoutRight, Space, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
using Indices = Kokkos::View<int*, Space>;
using Bytes = Kokkos::View<std::byte*, Space>;

// Elements that share a scale: a row of the grid is sent as so many pieces. (A scale for less of them follows the data more
// closely, and costs 16 bytes a piece.)
inline constexpr int piece = 64;

// The field as pieces; they are the rows of PackRows.
inline Tokens pieces_of(const Field& u) { return Tokens(u.data(), u.size() / piece, piece); }
// The pieces of row i.
inline Indices pieces_of_row(const Field& u, int i) {
  const int n = static_cast<int>(u.extent(1)) / piece;
  Indices indices("halo::pieces", static_cast<std::size_t>(n));
  const auto on_host = Kokkos::create_mirror_view(indices);
  for (int k = 0; k < n; ++k) on_host(k) = i * n + k;
  Kokkos::deep_copy(indices, on_host);
  return indices;
}

enum class Arriving { replaces, adds };
struct Route {
  int from_row, to, tag;  // this row of mine goes to that rank
  int into_row, from;     // and what comes from that one, into this row
};

// One message out and one in.
template <class Payload, Arriving How>
class Transfer {
  using PackArgs = KokkosQuant::PackRowsArgs<Tokens, Indices, Bytes>;
  using Replace = KokkosQuant::UnpackRowsPlan<Exec, KokkosQuant::UnpackRowsArgs<Bytes, Indices, Tokens>, Payload>;
  using Add = KokkosQuant::UnpackAddRowsPlan<Exec, KokkosQuant::UnpackAddRowsArgs<Bytes, Indices, Tokens>, Payload>;
  using Unpack = std::conditional_t<How == Arriving::adds, Add, Replace>;

 public:
  Transfer(const Exec& exec, const Payload& payload, const Field& u, const Route& route)
      : exec_(exec),
        route_(route),
        out_(bytes_for(u)),
        in_(bytes_for(u)),
        pack_(exec, payload, {pieces_of(u), pieces_of_row(u, route.from_row), out_.view()}),
        unpack_(exec, payload, {in_.view(), pieces_of_row(u, route.into_row), pieces_of(u)}) {}

  void start(examples::Ranks& ranks) {
    pack_.run();
    out_.prepare_send(exec_);  // and nothing reads the last message any more
    ranks.start_receive(in_.mpi_data(), in_.bytes(), route_.from, route_.tag);
    ranks.start_send(out_.mpi_data(), out_.bytes(), route_.to, route_.tag);
  }
  // After ranks.wait_all(). Nothing is written before the buffer is known to be one.
  void finish() {
    in_.finish_receive(exec_);
    if (const auto status = unpack_.validate(); !status)
      throw std::runtime_error("the message from rank " + std::to_string(route_.from) + ": " + status.message());
    unpack_.run();
  }
  // For the test of what happens then: a bit of what arrived is another.
  void corrupt() {
    in_.finish_receive(exec_);
    const auto all = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), in_.view());
    all(all.extent(0) / 2) ^= std::byte{4};
    Kokkos::deep_copy(in_.view(), all);
    if (const auto status = unpack_.validate(); !status)
      throw std::runtime_error("the message from rank " + std::to_string(route_.from) + ": " + status.message());
  }

 private:
  static examples::StagedBuffer<Bytes> bytes_for(const Field& u) {
    const auto bytes = Payload::buffer_size(static_cast<std::int64_t>(u.extent(1)) / piece, piece);
    return examples::StagedBuffer<Bytes>(Bytes("halo::bytes", static_cast<std::size_t>(bytes)));
  }

  Exec exec_;
  Route route_;
  examples::StagedBuffer<Bytes> out_, in_;
  KokkosQuant::PackRowsPlan<Exec, PackArgs, Payload> pack_;
  Unpack unpack_;
};

// The ghost rows 0 and rows + 1 of a strip, between a rank's neighbours in a ring.
template <class Payload>
class Halo {
 public:
  Halo(const Exec& exec, const Payload& payload, examples::Ranks& ranks, const Field& u)
      : ranks_(ranks),
        up_(exec, payload, u, {1, above(ranks), 1, rows_of(u) + 1, below(ranks)}),
        down_(exec, payload, u, {rows_of(u), below(ranks), 2, 0, above(ranks)}) {}
  // Ghost rows become what their owners have.
  void exchange() {
    up_.start(ranks_);
    down_.start(ranks_);
    ranks_.wait_all();
    up_.finish();
    down_.finish();
  }
  void exchange_corrupted() {
    up_.start(ranks_);
    down_.start(ranks_);
    ranks_.wait_all();
    up_.corrupt();
  }

  static int rows_of(const Field& u) { return static_cast<int>(u.extent(0)) - 2; }
  static int above(const examples::Ranks& ranks) { return (ranks.rank() + ranks.size() - 1) % ranks.size(); }
  static int below(const examples::Ranks& ranks) { return (ranks.rank() + 1) % ranks.size(); }

 private:
  examples::Ranks& ranks_;
  Transfer<Payload, Arriving::replaces> up_, down_;
};

// The adjoint of that: what ghost rows have is added to their owners' rows.
template <class Payload>
class HaloAdjoint {
 public:
  HaloAdjoint(const Exec& exec, const Payload& payload, examples::Ranks& ranks, const Field& u)
      : ranks_(ranks),
        down_(exec, payload, u, {H::rows_of(u) + 1, H::below(ranks), 3, 1, H::above(ranks)}),
        up_(exec, payload, u, {0, H::above(ranks), 4, H::rows_of(u), H::below(ranks)}) {}
  void exchange() {
    down_.start(ranks_);
    up_.start(ranks_);
    ranks_.wait_all();
    down_.finish();
    up_.finish();
  }

 private:
  using H = Halo<Payload>;
  examples::Ranks& ranks_;
  Transfer<Payload, Arriving::adds> down_, up_;
};

}  // namespace halo
