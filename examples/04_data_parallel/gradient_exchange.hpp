// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mean of the gradients of all shards, on every rank.
#pragma once

#include <vector>

#include "model.hpp"
#include "wire.hpp"

namespace data_parallel {

// A gradient of the whole model as rows x width numbers, layer after layer, with zeros behind the last.
class FlatGradient {
 public:
  static int rows_for(const train_digits::Model& model, int width);

  FlatGradient(const train_digits::Model& model, const Matrix& rows);
  void take(const Exec& exec) const;   // model -> rows
  void place(const Exec& exec) const;  // rows -> model

 private:
  train_digits::Model model_;
  Matrix hidden_weight_, output_weight_;
  train_digits::Vector hidden_bias_, output_bias_;
};

// A minibatch is cut into shards whose number does not depend on that of the ranks: a rank computes the gradients of
// shard_count / ranks of them, one after the other. Then two steps, each with one message from every rank to every other (in
// the first one a shard):
//
//     1  every shard's rows to the ranks that own them; the owner sums the shards in their order, 0, 1, 2, ...
//     2  the mean of the owned rows to everybody
//
// What is computed for a row depends on the shards and on the row alone, int8's scales and errors too: so the result is bit for
// bit the same on any number of ranks.
class GradientExchange {
 public:
  // Throws std::runtime_error where the shards cannot be shared out evenly.
  GradientExchange(const Exec& exec, examples::Ranks& ranks, const train_digits::Model& model, Wire wire, int width,
                   int shard_count);

  int first_shard() const { return ranks_.rank() * own_shards_; }
  int own_shards() const { return own_shards_; }

  void take_shard(int shard) const;                 // the model's gradients are those of this shard
  void run();                                       // and now they are the mean over all shards. Waits for messages
  void forget() const;                              // starts over with no errors kept
  void send_one_byte_less() { missing_byte_ = 1; }  // in the next message: for a test

 private:
  int first_row(int rank) const { return static_cast<int>(static_cast<long>(rows_) * rank / ranks_.size()); }
  int owned_by(int rank) const { return first_row(rank + 1) - first_row(rank); }
  std::size_t bytes_of(int rows) const { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(row_bytes_); }
  void copy_own(const Bytes& from, int from_row, const Bytes& to, int to_row, int rows) const;
  void collect_shards();
  void spread_mean();

  Exec exec_;
  examples::Ranks& ranks_;
  int rows_, row_bytes_, shard_count_, own_shards_;
  Encoder shards_out_;  // own shards x all rows
  Decoder shards_in_;   // all shards x own rows
  Encoder mean_out_;    // own rows
  Decoder mean_in_;     // all rows
  std::vector<FlatGradient> shards_;
  FlatGradient mean_;
  std::size_t missing_byte_ = 0;
};

}  // namespace data_parallel
