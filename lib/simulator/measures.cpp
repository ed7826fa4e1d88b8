#include "lib/simulator/measures.hpp"

#include <algorithm>
#include <numeric>

namespace berth::simulator {

using namespace berth::allocation;
using resources::Int128;

Measures::Measures(const Scenario& scenario)
    : scenario_(scenario), sets_(scenario.workloads.size()) {}

void Measures::advance(Duration now) {
  const std::int64_t passed = (now - observed_at_).count();
  for (Meter& meter : meters_)
    meter.amount_ms += Int128{meter.in_use} * passed;
  devices_.amount_ms += Int128{devices_.in_use} * passed;
  useless_.amount_ms += Int128{useless_.in_use} * passed;
  observed_at_ = now;
}

void Measures::observe(const ClusterSnapshot& snapshot, Duration now) {
  if (meters_.empty())
    find_capacities(snapshot);
  observed_at_ = now;
  for (Meter& meter : meters_) {
    meter.in_use = 0;
    for (const auto& [pool, sum] : snapshot.pool_use)
      meter.in_use += sum.get(meter.name).value();
  }
  if (snapshot.nodes->device_slots() > 0)
    observe_devices(snapshot);
}

/// What the workloads ask for, as far as nodes and quotas have it.
void Measures::find_capacities(const ClusterSnapshot& snapshot) {
  ResourceVector asked;
  for (const WorkloadSet& set : scenario_.workloads)
    asked += set.requests;
  for (const auto& [name, amount] : asked) {
    const auto column = snapshot.nodes->column(name);
    Amount total;
    for (NodeIndex node = 0; column && node < snapshot.nodes->size(); ++node)
      total += Amount{snapshot.nodes->capacity(node)[*column]};
    const std::int64_t capacity = std::min(total.value(), quota_limit(name));
    if (capacity > 0)
      meters_.push_back(Meter{name, capacity, 0, 0});
  }
}

/// The nominal amounts of all quotas together, if any names the resource.
std::int64_t Measures::quota_limit(const ResourceName& name) const {
  Amount nominal;
  bool is_named = false;
  for (const QuotaSpec& quota : scenario_.quotas)
    for (const QuotaPool& pool : quota.pools)
      for (const QuotaAmount& amount : pool.resources)
        if (amount.name == name) {
          is_named = true;
          nominal += amount.nominal;
        }
  return is_named ? nominal.value() : Amount::unlimited().value();
}

void Measures::observe_devices(const ClusterSnapshot& snapshot) {
  const NodeTable& table = *snapshot.nodes;
  const std::size_t columns = table.columns().size();
  std::vector<std::int64_t> free(table.width());
  devices_.capacity = devices_.in_use = 0;
  Int128 useless = 0;
  for (NodeIndex node = 0; node < table.size(); ++node) {
    const auto capacity = table.capacity(node);
    const auto charged = snapshot.loads.row(node);
    for (std::size_t at = 0; at < free.size(); ++at) {
      free[at] = std::max<std::int64_t>(capacity[at] - charged[at], 0);
      devices_.capacity += at >= columns ? capacity[at] : 0;
      devices_.in_use += at >= columns ? charged[at] : 0;
    }
    const std::span<const std::int64_t> row(free);
    useless += snapshot.fragmentation->fragments({row.first(columns), row.subspan(columns)});
  }
  useless_.capacity = devices_.capacity;
  useless_.in_use = static_cast<std::int64_t>(useless / snapshot.fragmentation->weight());
}

void Measures::arrived(std::size_t set) {
  ++sets_[set].arrived;
}

void Measures::started(std::size_t set, Duration wait) {
  sets_[set].waits.push_back(wait);
}

namespace {

std::int64_t permille(Int128 part, Int128 whole) {
  return whole <= 0 ? 0 : static_cast<std::int64_t>(part * 1000 / whole);
}

WaitReport wait_report(std::vector<Duration> waits) {
  WaitReport report;
  if (waits.empty())
    return report;
  std::ranges::sort(waits);
  const auto rank = [&](std::size_t percent) { return (waits.size() * percent + 99) / 100 - 1; };
  report.mean = std::accumulate(waits.begin(), waits.end(), Duration{}) /
                static_cast<std::int64_t>(waits.size());
  report.p50 = waits[rank(50)];
  report.p90 = waits[rank(90)];
  report.longest = waits.back();
  return report;
}

} // namespace

std::vector<ClassReport> Measures::class_reports() {
  std::vector<ClassReport> reports;
  std::vector<std::vector<Duration>> waits;
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const std::string& name = scenario_.workloads[i].class_name;
    auto at = std::ranges::find(reports, name, &ClassReport::name);
    if (at == reports.end()) {
      at = reports.insert(at, ClassReport{name, 0, 0, {}});
      waits.emplace_back();
    }
    at->arrived += sets_[i].arrived;
    at->started += sets_[i].waits.size();
    auto& all = waits[static_cast<std::size_t>(at - reports.begin())];
    all.insert(all.end(), sets_[i].waits.begin(), sets_[i].waits.end());
  }
  for (std::size_t i = 0; i < reports.size(); ++i)
    reports[i].waits = wait_report(std::move(waits[i]));
  return reports;
}

/// (sum of x)^2 / (n x sum of x^2) of the mean stretch by quota; sets that did not start are left
/// out.
std::int64_t Measures::fairness_permille() const {
  struct Stretch {
    Int128 permille = 0;
    std::int64_t workloads = 0;
  };
  std::map<QuotaName, Stretch> by_quota;
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const WorkloadSet& set = scenario_.workloads[i];
    for (const Duration wait : sets_[i].waits) {
      Stretch& stretch = by_quota[set.quota];
      stretch.permille += Int128{(wait + set.runtime).count()} * 1000 / set.runtime.count();
      ++stretch.workloads;
    }
  }
  Int128 sum = 0;
  Int128 squares = 0;
  for (const auto& [quota, stretch] : by_quota) {
    const Int128 mean = stretch.permille / stretch.workloads;
    sum += mean;
    squares += mean * mean;
  }
  return by_quota.empty() ? 1000
                          : permille(sum * sum, squares * static_cast<Int128>(by_quota.size()));
}

ScenarioReport Measures::report(Duration makespan) {
  ScenarioReport report;
  report.classes = class_reports();
  report.makespan = makespan;
  report.cycles = cycles_;
  report.fairness_permille = fairness_permille();
  for (const ClassReport& group : report.classes)
    report.never_started += group.arrived - group.started;
  const auto use_of = [&](const Meter& meter) {
    return permille(meter.amount_ms, Int128{meter.capacity} * makespan.count());
  };
  for (const Meter& meter : meters_)
    report.resources.push_back(ResourceReport{meter.name, meter.capacity, use_of(meter)});
  if (devices_.capacity > 0)
    report.resources.push_back(
        ResourceReport{ResourceName{kDeviceShareResource}, devices_.capacity, use_of(devices_)});
  report.fragmentation_permille = use_of(useless_);
  return report;
}

} // namespace berth::simulator
