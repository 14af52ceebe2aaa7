// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "curves.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace train_digits {
namespace {

// All digits, so that two files are equal exactly when all numbers are equal to the last bit.
std::string csv(const Results& results) {
  std::ostringstream out;
  out.precision(std::numeric_limits<double>::max_digits10);
  out << "format,bits,seed,epoch,training_loss,masked_share,test_accuracy\n";
  for (std::size_t f = 0; f < formats.size(); ++f) {
    for (std::size_t s = 0; s < results.runs[f].size(); ++s) {
      const Run& run = results.runs[f][s];
      for (std::size_t e = 0; e < run.epochs.size(); ++e) {
        out << formats[f].name << ',' << formats[f].bits << ',' << seeds[s] << ',' << e + 1 << ','
            << run.epochs[e].training_loss << ',' << run.epochs[e].masked_share << ',';
        if (e + 1 == run.epochs.size()) out << run.test_accuracy;
        out << '\n';
      }
    }
  }
  return out.str();
}

std::vector<double> mean_loss(const std::vector<Run>& runs) {
  std::vector<double> mean(runs[0].epochs.size(), 0.0);
  for (const Run& run : runs) {
    for (std::size_t e = 0; e < mean.size(); ++e) mean[e] += run.epochs[e].training_loss / static_cast<double>(runs.size());
  }
  return mean;
}

// Pixels of the picture, y downwards; the loss on a logarithmic axis.
struct Axes {
  double left = 70, right = 690, top = 40, bottom = 370;
  double epochs, lowest, highest;  // lowest and highest: common logarithms of the loss

  double x(double epoch) const { return left + (right - left) * (epochs > 1 ? (epoch - 1) / (epochs - 1) : 0.5); }
  double y(double loss) const {
    const double decade = std::clamp(std::log10(loss), lowest, highest);  // a loss of 0 lies on the axis
    return bottom - (bottom - top) * (decade - lowest) / (highest - lowest);
  }
};

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

void draw_frame(std::ostream& svg, const Axes& axes) {
  for (double decade = std::ceil(axes.lowest); decade <= axes.highest; ++decade) {
    const std::string y = number("%.1f", axes.y(std::pow(10, decade)));
    svg << "<line x1='" << axes.left << "' x2='" << axes.right << "' y1='" << y << "' y2='" << y << "' stroke='#ccc'/>\n"
        << "<text x='" << axes.left - 8 << "' y='" << y << "' dy='4' text-anchor='end'>" << number("%g", std::pow(10, decade))
        << "</text>\n";
  }
  const double step = std::max(1.0, std::ceil(axes.epochs / 6));
  for (double epoch = step; epoch <= axes.epochs; epoch += step) {
    const std::string x = number("%.1f", axes.x(epoch));
    svg << "<line x1='" << x << "' x2='" << x << "' y1='" << axes.bottom << "' y2='" << axes.bottom + 5 << "' stroke='#333'/>\n"
        << "<text x='" << x << "' y='" << axes.bottom + 20 << "' text-anchor='middle'>" << epoch << "</text>\n";
  }
  svg << "<line x1='" << axes.left << "' x2='" << axes.right << "' y1='" << axes.bottom << "' y2='" << axes.bottom
      << "' stroke='#333'/>\n"
      << "<text x='" << (axes.left + axes.right) / 2 << "' y='" << axes.bottom + 42 << "' text-anchor='middle'>epoch</text>\n"
      << "<text x='" << axes.left << "' y='24'>training loss (cross-entropy), mean over the seeds</text>\n";
}

std::string svg(const Results& results) {
  // Told apart by colour-blind eyes too.
  constexpr const char* colours[] = {"#222222", "#0072b2", "#e69f00", "#d55e00"};
  static_assert(std::size(colours) == formats.size());

  std::vector<std::vector<double>> curves;
  double lowest = 0.1, highest = 1;
  for (const auto& runs : results.runs) {
    curves.push_back(mean_loss(runs));
    for (const double loss : curves.back()) {
      if (loss > 0 && std::isfinite(loss)) lowest = std::min(lowest, loss), highest = std::max(highest, loss);
    }
  }
  Axes axes;
  axes.epochs = static_cast<double>(curves[0].size());
  axes.lowest = std::log10(lowest) - 0.1;
  axes.highest = std::log10(highest) + 0.1;

  std::ostringstream out;
  out << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 720 430' font-family='sans-serif' font-size='13'>\n"
      << "<rect width='720' height='430' fill='white'/>\n";
  draw_frame(out, axes);
  for (std::size_t f = 0; f < curves.size(); ++f) {
    out << "<polyline fill='none' stroke-width='2' stroke='" << colours[f] << "' points='";
    for (std::size_t e = 0; e < curves[f].size(); ++e) {
      if (!std::isfinite(curves[f][e])) continue;  // a diverged run leaves a gap
      out << number("%.1f", axes.x(static_cast<double>(e + 1))) << ',' << number("%.1f", axes.y(curves[f][e])) << ' ';
    }
    const double y = axes.top + 20 + 20 * static_cast<double>(f);
    out << "'/>\n<line x1='600' x2='630' y1='" << y << "' y2='" << y << "' stroke-width='2' stroke='" << colours[f] << "'/>\n"
        << "<text x='638' y='" << y << "' dy='4'>" << formats[f].name << "</text>\n";
  }
  out << "</svg>\n";
  return out.str();
}

[[noreturn]] void refuse(const std::filesystem::path& file) { throw std::runtime_error(file.string() + ": cannot be written"); }

void write(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path unfinished = file.string() + ".unfinished";
  std::ofstream out(unfinished, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(unfinished, file, error);
  if (!out || error) refuse(file);
}

}  // namespace

void prepare_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);  // whether it worked, the file will tell
  const std::filesystem::path probe = std::filesystem::path(folder) / "loss.csv.unfinished";
  if (!std::ofstream(probe)) refuse(std::filesystem::path(folder) / "loss.csv");
  std::filesystem::remove(probe, error);
}

void write_curves(const Results& results, const std::string& folder) {
  write(std::filesystem::path(folder) / "loss.csv", csv(results));
  write(std::filesystem::path(folder) / "loss.svg", svg(results));
}

}  // namespace train_digits
