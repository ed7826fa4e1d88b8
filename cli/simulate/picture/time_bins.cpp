#include "cli/simulate/picture/time_bins.hpp"

#include <algorithm>

namespace berth::cli {

TimeBins::TimeBins(Duration end, std::size_t count) : end_(end), parts_(count), steps_(count + 1) {}

/// Which bin, and how far into it.
double TimeBins::bin_at(Duration at) const {
  const Duration inside = std::clamp(at, Duration{}, end_);
  return static_cast<double>(inside.count()) * static_cast<double>(parts_.size()) /
         static_cast<double>(end_.count());
}

void TimeBins::add(Duration from, Duration until, double amount) {
  const double begin = bin_at(from);
  const double end = bin_at(until);
  if (end <= begin)
    return;
  const auto first_bin = static_cast<std::size_t>(begin);
  const auto end_bin = static_cast<std::size_t>(end);
  if (first_bin == end_bin) {
    parts_[first_bin] += amount * (end - begin);
    return;
  }
  parts_[first_bin] += amount * (static_cast<double>(first_bin + 1) - begin);
  if (end_bin < parts_.size())
    parts_[end_bin] += amount * (end - static_cast<double>(end_bin));
  steps_[first_bin + 1] += amount;
  steps_[end_bin] -= amount;
}

std::vector<double> TimeBins::means() const {
  std::vector<double> means;
  double held = 0;
  for (std::size_t bin = 0; bin < parts_.size(); ++bin) {
    held += steps_[bin];
    means.push_back(held + parts_[bin]);
  }
  return means;
}

} // namespace berth::cli
