// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trains a classifier of handwritten digits whose activations are quantized per token, to 8, 4 and 2 bits, beside one
// in float.
//
//   data                  reads and checks the images
//   quantized_activation  the three plans, and the chain rule that joins them
//   model, pass           what is learned; one trip forward and backward
//   training              all formats side by side, seed after seed
//   report, curves        what is printed, what is written
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "curves.hpp"
#include "data.hpp"
#include "options.hpp"
#include "report.hpp"
#include "training.hpp"

namespace train_digits {
namespace {

int run(const Options& options, const std::vector<Record>& records) {
  const Exec exec;
  print_setup(exec, options.settings);
  const Kokkos::Timer timer;
  const Results results = train(exec, split(records), options.settings, ProgressLine(options.settings));
  print_table(results);
  write_curves(results, options.folder);
  std::printf("%.1f s in all; the curves are in %s/loss.csv and %s/loss.svg\n", timer.seconds(), options.folder.c_str(),
              options.folder.c_str());

  if (!options.check) return 0;
  const std::vector<std::string> broken = broken_promises(results);
  for (const std::string& message : broken) std::fprintf(stderr, "train_digits: %s\n", message.c_str());
  if (broken.empty()) std::printf("check: the accuracies are as promised\n");
  return broken.empty() ? 0 : 1;
}

// Kokkos gets its own arguments only: it would take --help, and in old versions --threads, for its own.
int main_that_may_throw(int argc, char* argv[]) {
  std::vector<char*> for_kokkos{argv[0]};
  std::vector<std::string> ours;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--kokkos-", 9) == 0) {
      for_kokkos.push_back(argv[i]);
    } else {
      ours.emplace_back(argv[i]);
    }
  }
  const Options options = parse_options(ours);
  if (options.help) {
    std::fputs(usage().c_str(), stdout);
    return 0;
  }
  const std::vector<Record> records = read_records(options.data);  // what cannot work is refused before Kokkos is up
  prepare_folder(options.folder);

  int kokkos_argc = static_cast<int>(for_kokkos.size());
  for_kokkos.push_back(nullptr);
  const Kokkos::ScopeGuard kokkos(kokkos_argc, for_kokkos.data());
  return run(options, records);
}

}  // namespace
}  // namespace train_digits

int main(int argc, char* argv[]) {
  try {
    return train_digits::main_that_may_throw(argc, argv);
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "train_digits: %s\n", error.what());
    return 1;
  }
}
