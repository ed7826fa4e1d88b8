#include "lib/simulator/measures.hpp"

#include <algorithm>
#include <map>
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
  asks_for_shares_ = asked.contains(ResourceName{kDeviceShareResource});
  for (const auto& [name, amount] : asked) {
    const auto column = snapshot.nodes->column(name);
    Amount total;
    for (NodeIndex node = 0; column && node < snapshot.nodes->size(); ++node)
      total += Amount{snapshot.nodes->capacity(node)[*column]};
    const std::int64_t capacity = std::min(total.value(), quota_limit(name));
    const bool stands_as_shares = asks_for_shares_ && name.str() == kDeviceResource;
    if (capacity > 0 && !stands_as_shares)
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

void Measures::ended(std::size_t set, Duration wait, Duration now) {
  sets_[set].waits.push_back(wait);
  run_until(now);
}

void Measures::evicted(std::size_t set, Duration ran) {
  const WorkloadSet& evicted = scenario_.workloads[set];
  const std::int64_t millicores = evicted.requests.get(ResourceName::cpu()).value();
  ++evictions_;
  wasted_millicore_ms_ += Int128{millicores} * evicted.members * ran.count();
}

void Measures::run_until(Duration now) {
  makespan_ = now;
  useless_until_end_ = useless_.amount_ms;
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

/// (sum of x)^2 / (n x sum of x^2).
std::int64_t jain_permille(const std::vector<GroupReport>& quotas) {
  Int128 count = 0;
  Int128 sum = 0;
  Int128 squares = 0;
  for (const GroupReport& quota : quotas)
    if (quota.started > 0) {
      ++count;
      sum += quota.stretch_permille;
      squares += Int128{quota.stretch_permille} * quota.stretch_permille;
    }
  return count == 0 ? 1000 : permille(sum * sum, squares * count);
}

} // namespace

std::vector<GroupReport> Measures::group_reports(NameOf name_of) const {
  struct Group {
    GroupReport report{};
    std::vector<Duration> waits{};
    Int128 stretch_permille = 0;
  };
  std::vector<Group> groups;
  std::map<std::string, std::size_t> positions;
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const WorkloadSet& set = scenario_.workloads[i];
    const auto [at, is_new] = positions.emplace(name_of(set), groups.size());
    if (is_new)
      groups.emplace_back().report.name = at->first;
    Group& group = groups[at->second];
    group.report.arrived += sets_[i].arrived;
    for (const Duration wait : sets_[i].waits) {
      group.waits.push_back(wait);
      group.stretch_permille += Int128{(wait + set.runtime).count()} * 1000 / set.runtime.count();
    }
  }
  std::vector<GroupReport> reports;
  for (Group& group : groups) {
    group.report.started = group.waits.size();
    if (!group.waits.empty())
      group.report.stretch_permille = static_cast<std::int64_t>(
          group.stretch_permille / static_cast<Int128>(group.waits.size()));
    group.report.waits = wait_report(std::move(group.waits));
    reports.push_back(std::move(group.report));
  }
  return reports;
}

std::vector<ResourceReport> Measures::resource_reports() const {
  std::vector<ResourceReport> reports;
  const auto add = [&](const ResourceName& name, const Meter& meter) {
    const Int128 most = Int128{meter.capacity} * makespan_.count();
    reports.push_back(ResourceReport{name, meter.capacity, permille(meter.amount_ms, most)});
  };
  for (const Meter& meter : meters_)
    add(meter.name, meter);
  if (asks_for_shares_ && devices_.capacity > 0)
    add(ResourceName{kDeviceShareResource}, devices_);
  std::ranges::sort(reports, {}, &ResourceReport::name);
  return reports;
}

ScenarioReport Measures::report() const {
  ScenarioReport report;
  report.classes = group_reports([](const WorkloadSet& set) { return set.class_name; });
  report.quotas = group_reports([](const WorkloadSet& set) { return set.quota.str(); });
  report.resources = resource_reports();
  report.makespan = makespan_;
  report.cycles = cycles_;
  report.evictions = evictions_;
  constexpr Int128 kMillicoreMillisecondsPerCoreSecond = 1'000'000;
  report.wasted_core_seconds =
      static_cast<std::int64_t>(wasted_millicore_ms_ / kMillicoreMillisecondsPerCoreSecond);
  report.fairness_permille = jain_permille(report.quotas);
  for (const GroupReport& group : report.classes)
    report.never_started += group.arrived - group.started;
  report.fragmentation_permille =
      permille(useless_until_end_, Int128{useless_.capacity} * makespan_.count());
  return report;
}

} // namespace berth::simulator
