#include "cli/simulate/picture/legend.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "lib/allocation/device.hpp"

namespace berth::cli {
namespace {

struct Swatch {
  std::string_view colour;
  std::string_view ink;
};
constexpr std::array<Swatch, Legend::kColoursMax> kSwatches{{{"#0072b2", "#ffffff"},
                                                             {"#e69f00", "#000000"},
                                                             {"#009e73", "#ffffff"},
                                                             {"#cc79a7", "#000000"},
                                                             {"#56b4e9", "#000000"},
                                                             {"#d55e00", "#ffffff"},
                                                             {"#f0e442", "#000000"}}};
constexpr Swatch kOthers{"#b0b7bf", "#000000"};

/// A name, and how much its workloads would hold over their runtimes.
struct Candidate {
  std::string name{};
  double weight = 0;
};

using NameOf = std::string (*)(const simulator::WorkloadSet& set);

std::string quota_of(const simulator::WorkloadSet& set) {
  return set.quota.str();
}

std::string class_of(const simulator::WorkloadSet& set) {
  return set.class_name;
}

/// In the order of the scenario.
std::vector<Candidate> find_candidates(const simulator::Scenario& scenario,
                                       const Yardstick& yardstick, NameOf name_of) {
  std::vector<Candidate> found;
  for (const simulator::WorkloadSet& set : scenario.workloads) {
    auto at = std::ranges::find(found, name_of(set), &Candidate::name);
    if (at == found.end())
      at = found.insert(at, Candidate{name_of(set), 0});
    at->weight += yardstick.of_pod(set) * static_cast<double>(set.count) * set.members *
                  static_cast<double>(set.runtime.count());
  }
  return found;
}

/// The heaviest, still in their order; ties go to the first.
std::vector<Candidate> keep_heaviest(std::vector<Candidate> candidates) {
  std::vector<double> weights;
  for (const Candidate& candidate : candidates)
    weights.push_back(candidate.weight);
  std::ranges::sort(weights, std::greater<>());
  const double least = weights[Legend::kColoursMax - 1];
  std::vector<Candidate> kept;
  for (Candidate& candidate : candidates)
    if (candidate.weight >= least && kept.size() < Legend::kColoursMax)
      kept.push_back(std::move(candidate));
  return kept;
}

} // namespace

double Yardstick::of_pod(const simulator::WorkloadSet& set) const {
  if (name.str() != allocation::kDeviceShareResource)
    return static_cast<double>(set.requests.get(name).value());
  const allocation::DeviceAsk ask = allocation::device_ask(set.requests);
  return static_cast<double>(ask.devices() * ask.milli_each());
}

double Yardstick::of_node(const allocation::NodeView& node) const {
  if (name.str() != allocation::kDeviceShareResource)
    return static_cast<double>(node.allocatable.get(name).value());
  return static_cast<double>(allocation::devices_of(node.allocatable)) * allocation::kDeviceMilli;
}

std::string_view Legend::colour(std::size_t entry) const {
  return entry < kSwatches.size() ? kSwatches[entry].colour : kOthers.colour;
}

std::string_view Legend::ink(std::size_t entry) const {
  return entry < kSwatches.size() ? kSwatches[entry].ink : kOthers.ink;
}

Legend make_legend(const simulator::Scenario& scenario, const Yardstick& yardstick) {
  NameOf name_of = quota_of;
  std::vector<Candidate> entries = find_candidates(scenario, yardstick, quota_of);
  if (entries.size() > Legend::kColoursMax) {
    auto classes = find_candidates(scenario, yardstick, class_of);
    if (classes.size() <= Legend::kColoursMax) {
      entries = std::move(classes);
      name_of = class_of;
    }
  }
  Legend legend{name_of == class_of ? "class" : "quota", {}, {}};
  const bool has_others = entries.size() > Legend::kColoursMax;
  if (has_others)
    entries = keep_heaviest(std::move(entries));
  for (const Candidate& entry : entries)
    legend.names.push_back(entry.name);
  for (const simulator::WorkloadSet& set : scenario.workloads)
    legend.of_set.push_back(static_cast<std::size_t>(std::ranges::find(legend.names, name_of(set)) -
                                                     legend.names.begin()));
  if (has_others)
    legend.names.emplace_back("others");
  return legend;
}

} // namespace berth::cli
