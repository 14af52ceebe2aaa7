// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "report.hpp"

#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

namespace train_digits {
namespace {

struct Summary {
  double training_loss = 0, accuracy = 0, spread = 0, seconds = 0, masked_share = 0;
};

// Means over the seeds, of the last epoch where there are several; the seconds are those of all seeds together.
Summary summarize(const std::vector<Run>& runs) {
  Summary mean;
  const auto count = static_cast<double>(runs.size());
  for (const Run& run : runs) {
    mean.training_loss += run.epochs.back().training_loss / count;
    mean.accuracy += run.test_accuracy / count;
    mean.seconds += run.seconds;
    for (const Epoch& epoch : run.epochs) {
      mean.masked_share += epoch.masked_share / (count * static_cast<double>(run.epochs.size()));
    }
  }
  if (runs.size() > 1) {
    double squares = 0;
    for (const Run& run : runs) squares += (run.test_accuracy - mean.accuracy) * (run.test_accuracy - mean.accuracy);
    mean.spread = std::sqrt(squares / (count - 1));
  }
  return mean;
}

std::string with_two_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

void print_setup(const Exec& exec, const Settings& settings) {
  std::printf("Kokkos %d.%d.%d, %s, concurrency %d\n", KOKKOS_VERSION / 10000, KOKKOS_VERSION / 100 % 100, KOKKOS_VERSION % 100,
              Exec::name(), static_cast<int>(exec.concurrency()));
  std::printf("%d training images in minibatches of %d, %d test images, %d epochs, %d seeds%s\n", training_count, batch_rows,
              test_count, settings.epochs, settings.seed_count, settings.mask_gradient ? "" : ", WITHOUT the mask");
#ifdef KOKKOS_ENABLE_OPENMP
  if (std::is_same_v<Exec, Kokkos::OpenMP> && std::getenv("OMP_WAIT_POLICY") == nullptr) {
    std::printf("If other work shares the cores: OMP_WAIT_POLICY=passive makes this many times faster.\n");
  }
#endif
  std::fflush(stdout);
}

ProgressLine::ProgressLine(const Settings& settings) : settings_(settings), terminal_(isatty(STDOUT_FILENO) == 1) {}

void ProgressLine::operator()(const Results& results, int seed_index, int epoch) const {
  const bool done = epoch + 1 == settings_.epochs;
  if (!terminal_ && !done) return;
  std::printf("%sseed %3d  epoch %3d/%d  loss", terminal_ ? "\r" : "",
              static_cast<int>(seeds[static_cast<std::size_t>(seed_index)]), epoch + 1, settings_.epochs);
  for (std::size_t f = 0; f < formats.size(); ++f) {
    std::printf("  %s %.4f", formats[f].name, results.runs[f].back().epochs.back().training_loss);
  }
  if (done) std::printf("\n");
  std::fflush(stdout);
}

void print_table(const Results& results) {
  std::printf("\nThe plans of the last format:\n");
  for (const std::string& kernel : results.kernels) std::printf("  %s\n", kernel.c_str());
  std::printf("\nformat  bits  training loss   test accuracy, %%   gradient masked, %%   seconds\n");
  for (std::size_t f = 0; f < formats.size(); ++f) {
    const Summary s = summarize(results.runs[f]);
    std::printf("%-6s  %4d  %13.5f    %6.2f +- %5.2f    %18.2f  %8.2f\n", formats[f].name, formats[f].bits, s.training_loss,
                100 * s.accuracy, 100 * s.spread, 100 * s.masked_share, s.seconds);
  }
  std::printf("Mean of %zu seeds (+- standard deviation); the seconds are those of all seeds together.\n",
              results.runs[0].size());
}

std::vector<std::string> broken_promises(const Results& results) {
  std::vector<std::string> broken;
  const double reference = 100 * summarize(results.runs[0]).accuracy;
  for (std::size_t f = 1; f < formats.size(); ++f) {
    const Summary s = summarize(results.runs[f]);
    const std::string name = formats[f].name;
    const double distance = std::fabs(100 * s.accuracy - reference);
    const double allowed = formats[f].bits == 8 ? 0.5 : formats[f].bits == 4 ? 2.0 : 100.0;  // nothing is promised for int2
    if (!(distance <= allowed)) {
      broken.push_back("the test accuracy of " + name + " is " + with_two_digits(distance) +
                       " points from float's, expected at most " + with_two_digits(allowed));
    }
    if (!(s.masked_share > 0)) broken.push_back("no gradient of " + name + " was masked, expected some");
  }
  return broken;
}

}  // namespace train_digits
