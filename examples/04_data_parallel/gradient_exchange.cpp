// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "gradient_exchange.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "kernels.hpp"

namespace data_parallel {
namespace {

using train_digits::Model;
using train_digits::Vector;

int shards_a_rank(const examples::Ranks& ranks, int shard_count) {
  if (shard_count % ranks.size() != 0) {
    throw std::runtime_error(std::to_string(ranks.size()) + " ranks, expected a number that divides the " +
                             std::to_string(shard_count) + " shards");
  }
  return shard_count / ranks.size();
}

// Rows first, first + 1, ... of a matrix without gaps.
Matrix rows_from(const Matrix& m, int first, int rows) {
  const std::size_t width = m.extent(1);
  return Matrix(m.data() + static_cast<std::size_t>(first) * width, static_cast<std::size_t>(rows), width);
}

enum Tag { mean_tag, shard_tag };  // and the number of the shard

// Rows of all shards, one shard behind the other. (Not a member: nvcc takes no lambda for the device in a private one.)
void mean_of_shards(const Exec& exec, const Matrix& shards, int shard_count, const Matrix& mean) {
  const int rows = mean.extent_int(0);
  train_digits::for_each_element(
      "data_parallel::mean_of_shards", exec, mean, KOKKOS_LAMBDA(int n, int d) {
        float sum = 0;
        for (int shard = 0; shard < shard_count; ++shard) sum += shards(shard * rows + n, d);
        mean(n, d) = sum / static_cast<float>(shard_count);
      });
}

}  // namespace

int FlatGradient::rows_for(const Model& model, int width) {
  const std::size_t count =
      model.hidden.weight.size() + model.hidden.bias.size() + model.output.weight.size() + model.output.bias.size();
  return static_cast<int>((count + static_cast<std::size_t>(width) - 1) / static_cast<std::size_t>(width));
}

FlatGradient::FlatGradient(const Model& model, const Matrix& rows) : model_(model) {
  float* at = rows.data();
  const auto matrix = [&at](const Matrix& like) {
    return Matrix(std::exchange(at, at + like.size()), like.extent(0), like.extent(1));
  };
  const auto vector = [&at](const Vector& like) { return Vector(std::exchange(at, at + like.size()), like.extent(0)); };
  hidden_weight_ = matrix(model.hidden.weight_gradient);
  hidden_bias_ = vector(model.hidden.bias_gradient);
  output_weight_ = matrix(model.output.weight_gradient);
  output_bias_ = vector(model.output.bias_gradient);
}

void FlatGradient::take(const Exec& exec) const {
  Kokkos::deep_copy(exec, hidden_weight_, model_.hidden.weight_gradient);
  Kokkos::deep_copy(exec, hidden_bias_, model_.hidden.bias_gradient);
  Kokkos::deep_copy(exec, output_weight_, model_.output.weight_gradient);
  Kokkos::deep_copy(exec, output_bias_, model_.output.bias_gradient);
}

void FlatGradient::place(const Exec& exec) const {
  Kokkos::deep_copy(exec, model_.hidden.weight_gradient, hidden_weight_);
  Kokkos::deep_copy(exec, model_.hidden.bias_gradient, hidden_bias_);
  Kokkos::deep_copy(exec, model_.output.weight_gradient, output_weight_);
  Kokkos::deep_copy(exec, model_.output.bias_gradient, output_bias_);
}

GradientExchange::GradientExchange(const Exec& exec, examples::Ranks& ranks, const Model& model, Wire wire, int width,
                                   int shard_count)
    : exec_(exec),
      ranks_(ranks),
      rows_(FlatGradient::rows_for(model, width)),
      row_bytes_(row_bytes(wire, width)),
      shard_count_(shard_count),
      own_shards_(shards_a_rank(ranks, shard_count)),
      shards_out_(exec, wire, own_shards_ * rows_, width),
      shards_in_(exec, wire, shard_count * owned_by(ranks.rank()), width),
      mean_out_(exec, wire, owned_by(ranks.rank()), width),
      mean_in_(exec, wire, rows_, width),
      mean_(model, mean_in_.rows()) {
  for (int s = 0; s < own_shards_; ++s) shards_.emplace_back(model, rows_from(shards_out_.rows(), s * rows_, rows_));
}

void GradientExchange::take_shard(int shard) const { shards_[static_cast<std::size_t>(shard - first_shard())].take(exec_); }

void GradientExchange::forget() const {
  shards_out_.forget();
  mean_out_.forget();
}

void GradientExchange::run() {
  shards_out_.run();
  collect_shards();
  shards_in_.run();
  mean_of_shards(exec_, shards_in_.rows(), shard_count_, mean_out_.rows());
  mean_out_.run();
  spread_mean();
  mean_in_.run();
  mean_.place(exec_);
}

void GradientExchange::copy_own(const Bytes& from, int from_row, const Bytes& to, int to_row, int rows) const {
  const auto part = [&](const Bytes& bytes, int row) {
    return Kokkos::subview(bytes, std::pair(bytes_of(row), bytes_of(row + rows)));
  };
  Kokkos::deep_copy(exec_, part(to, to_row), part(from, from_row));
}

void GradientExchange::collect_shards() {
  const int self = ranks_.rank(), owned = owned_by(self);
  shards_out_.bytes().prepare_send(exec_);  // and nothing reads the last run's messages any more
  for (int shard = 0; shard < shard_count_; ++shard) {
    const int from = shard / own_shards_;
    if (from != self)
      ranks_.start_receive(shards_in_.bytes().mpi_data(bytes_of(shard * owned)), bytes_of(owned), from, shard_tag + shard);
  }
  for (int s = 0; s < own_shards_; ++s) {
    for (int to = 0; to < ranks_.size(); ++to) {
      if (to == self) continue;
      const std::size_t count = bytes_of(owned_by(to)) - std::exchange(missing_byte_, 0);
      ranks_.start_send(shards_out_.bytes().mpi_data(bytes_of(s * rows_ + first_row(to))), count, to,
                        shard_tag + first_shard() + s);
    }
  }
  ranks_.wait_all();
  shards_in_.bytes().finish_receive(exec_);
  for (int s = 0; s < own_shards_; ++s) {
    copy_own(shards_out_.bytes().view(), s * rows_ + first_row(self), shards_in_.bytes().view(), (first_shard() + s) * owned,
             owned);
  }
}

void GradientExchange::spread_mean() {
  const int self = ranks_.rank(), owned = owned_by(self);
  mean_out_.bytes().prepare_send(exec_);
  for (int peer = 0; peer < ranks_.size(); ++peer) {
    if (peer == self) continue;
    ranks_.start_receive(mean_in_.bytes().mpi_data(bytes_of(first_row(peer))), bytes_of(owned_by(peer)), peer, mean_tag);
    ranks_.start_send(mean_out_.bytes().mpi_data(), bytes_of(owned), peer, mean_tag);
  }
  ranks_.wait_all();
  mean_in_.bytes().finish_receive(exec_);
  copy_own(mean_out_.bytes().view(), 0, mean_in_.bytes().view(), first_row(self), owned);
}

}  // namespace data_parallel
