// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "data.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "random.hpp"

namespace train_digits {
namespace {

constexpr int field_count = pixel_count + 1;

[[noreturn]] void refuse(const std::string& file, std::size_t line, const std::string& what) {
  throw std::runtime_error(file + ":" + std::to_string(line) + ": " + what);
}

// What stood in the file, fit for a terminal: short, and without control characters.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 20;
  std::string shown(text.substr(0, longest));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return "'" + shown + (text.size() > longest ? "...'" : "'");
}

// The whole field has to be the number: no spaces, no sign but '-', nothing behind it.
bool parse(std::string_view field, int largest, int& value) {
  const char* const end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  return result.ec == std::errc{} && result.ptr == end && value >= 0 && value <= largest;
}

Record parse_line(std::string_view text, const std::string& file, std::size_t line) {
  const auto given = 1 + std::count(text.begin(), text.end(), ',');
  if (given != field_count) {
    refuse(file, line, std::to_string(text.empty() ? 0 : given) + " fields, expected 65: 64 pixels and a label");
  }
  Record record{};
  for (int i = 0; i < field_count; ++i) {
    const std::string_view field = text.substr(0, text.find(','));
    text.remove_prefix(std::min(field.size() + 1, text.size()));
    if (i < pixel_count && !parse(field, 16, record.pixels[i])) {
      refuse(file, line, "pixel " + std::to_string(i + 1) + " is " + quoted(field) + ", expected an integer of 0..16");
    }
    if (i == pixel_count && !parse(field, 9, record.label)) {
      refuse(file, line, "the label is " + quoted(field) + ", expected an integer of 0..9");
    }
  }
  return record;
}

Images to_device(const std::vector<Record>& records, const int* which, int count) {
  const Images images{make<Matrix>("pixels", count, pixel_count), make<Integers>("labels", count)};
  const auto pixels = Kokkos::create_mirror_view(images.pixels);
  const auto labels = Kokkos::create_mirror_view(images.labels);
  for (int n = 0; n < count; ++n) {
    const Record& record = records[static_cast<std::size_t>(which[n])];
    for (int d = 0; d < pixel_count; ++d) pixels(n, d) = static_cast<float>(record.pixels[d]) / 16;
    labels(n) = record.label;
  }
  Kokkos::deep_copy(images.pixels, pixels);
  Kokkos::deep_copy(images.labels, labels);
  return images;
}

}  // namespace

std::vector<Record> read_records(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file + ": cannot be opened: " + std::strerror(errno));
  std::vector<Record> records;
  std::string text;
  std::size_t line = 0;
  while (std::getline(in, text)) {
    ++line;
    if (line > image_count) refuse(file, line, quoted(text) + " behind the last image, expected 1797 lines");
    if (!text.empty() && text.back() == '\r') text.pop_back();
    records.push_back(parse_line(text, file, line));
  }
  if (in.bad()) throw std::runtime_error(file + ": cannot be read: " + std::strerror(errno));
  if (records.empty()) refuse(file, 1, "the file is empty, expected 1797 images");
  if (line < image_count) refuse(file, line, "the last of " + std::to_string(line) + " images, expected 1797");
  return records;
}

Data split(const std::vector<Record>& records) {
  // The file is ordered by writer; a network is tested here on images it has not seen, not on writers it has not seen.
  constexpr std::uint64_t split_seed = 1797;
  std::vector<int> order(records.size());
  std::iota(order.begin(), order.end(), 0);
  Random(split_seed).shuffle(order);
  return {to_device(records, order.data(), training_count), to_device(records, order.data() + training_count, test_count)};
}

void copy_to_device(const std::vector<int>& values, const Integers& device) {
  const auto host = Kokkos::create_mirror_view(device);
  for (std::size_t i = 0; i < values.size(); ++i) host(i) = values[i];
  Kokkos::deep_copy(device, host);
}

std::vector<int> in_order(int count) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace train_digits
