#include "cli/top/decide.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "lib/allocation/workload.hpp"

namespace berth::cli {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

struct Sums {
  ResourceVector allocated{};
  ResourceVector measured{};
  std::int64_t pods = 0;
  std::int64_t pods_measured = 0;
};

struct RowKey {
  std::string name{};
  std::string quota{};
  std::string pool{};
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

RowKey key_of(const allocation::PodView& pod, bool by_quota) {
  const allocation::AdmissionRecord& record = *pod.admission;
  if (by_quota)
    return {record.quota.str(), "", record.pool.str()};
  return {pod.namespace_name + "/" + allocation::workload_name(pod), record.quota.str(),
          record.pool.str()};
}

TopRow row_of(const RowKey& key, const Sums& sums) {
  TopRow row;
  row.name = key.name;
  row.quota = key.quota;
  row.pool = key.pool;
  row.pods = sums.pods;
  row.pods_measured = sums.pods_measured;
  for (const auto& [name, amount] : sums.allocated) {
    TopResource resource;
    resource.name = name;
    resource.allocated = amount;
    if (sums.measured.contains(name))
      resource.measured = sums.measured.get(name);
    if (name != ResourceName::pods())
      row.resources.push_back(std::move(resource));
  }
  for (const auto& [name, amount] : sums.measured)
    if (!sums.allocated.contains(name)) {
      TopResource resource;
      resource.name = name;
      resource.measured = amount;
      resource.allocated = Amount{};
      row.resources.push_back(std::move(resource));
    }
  std::ranges::sort(row.resources, {}, &TopResource::name);
  return row;
}

std::vector<TopRow> rows_of_pods(const ObservedTop& observed, bool by_quota) {
  std::map<RowKey, Sums> sums;
  for (const auto& pod : observed.pods) {
    if (pod->view.terminal || !pod->view.admission)
      continue;
    Sums& of = sums[key_of(pod->view, by_quota)];
    ++of.pods;
    of.allocated += pod->view.requests();
    if (const auto use = observed.measured.find(pod->meta.key()); use != observed.measured.end()) {
      ++of.pods_measured;
      of.measured += use->second;
    }
  }
  std::vector<TopRow> rows;
  for (const auto& [key, of] : sums)
    rows.push_back(row_of(key, of));
  return rows;
}

std::vector<TopRow> rows_of_pools(const ObservedTop& observed) {
  std::vector<TopRow> rows;
  for (const auto& pool : observed.pools) {
    TopRow row;
    row.name = pool->meta.name;
    for (const auto& status : pool->status.resources)
      if (status.name != ResourceName::pods())
        row.resources.push_back({status.name, status.used, status.allocated, status.allocatable});
    std::ranges::sort(row.resources, {}, &TopResource::name);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What a row is sorted by: the measured use, else what was granted.
std::int64_t weight_of(const TopRow& row, const ResourceName& by) {
  const auto found = std::ranges::find(row.resources, by, &TopResource::name);
  if (found == row.resources.end())
    return 0;
  return found->measured.value_or(found->allocated.value_or(Amount{})).value();
}

} // namespace

std::optional<std::int64_t> TopResource::use_percent() const {
  if (!measured || !allocated || *allocated <= Amount{})
    return std::nullopt;
  return resources::scaled(*measured, 100, allocated->value()).value();
}

TopView decide_top(const ObservedTop& observed, const TopOptions& options) {
  TopView view;
  view.what = options.what;
  view.rows = options.what == "pools" ? rows_of_pools(observed)
                                      : rows_of_pods(observed, options.what == "quotas");
  const ResourceName by{options.sort};
  std::ranges::sort(view.rows, {}, [&](const TopRow& row) {
    const std::int64_t weight = options.sort == "name" ? 0 : -weight_of(row, by);
    return std::tuple(weight, row.name, row.quota, row.pool);
  });
  return view;
}

} // namespace berth::cli
