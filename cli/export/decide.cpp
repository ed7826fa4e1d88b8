#include "cli/export/decide.hpp"

#include <algorithm>
#include <tuple>

namespace berth::cli {
namespace {

using resources::Amount;
using resources::ResourceName;

/// What is unlimited has no number.
std::optional<std::int64_t> number(const std::optional<Amount>& amount) {
  return amount && !amount->is_unlimited() ? std::optional(amount->value()) : std::nullopt;
}

ExportRow pool_row(const std::string& name, const api::PoolResourceStatus& status) {
  ExportRow row;
  row.is_pool = true;
  row.name = name;
  row.pool = name;
  row.resource = status.name;
  row[Measure::Capacity] = number(status.capacity);
  row[Measure::Allocatable] = number(status.allocatable);
  row[Measure::Allocated] = number(status.allocated);
  row[Measure::Promised] = number(status.promised);
  row[Measure::Measured] = number(status.used);
  return row;
}

ExportRow quota_row(const std::string& name, const PoolName& pool,
                    const api::QuotaResourceStatus& status) {
  ExportRow row;
  row.name = name;
  row.pool = pool.str();
  row.resource = status.name;
  row[Measure::Nominal] = number(status.nominal);
  row[Measure::Used] = number(status.used);
  row[Measure::Borrowed] = number(status.borrowed);
  row[Measure::Lent] = number(status.lent);
  row[Measure::Pending] = number(status.pending);
  return row;
}

} // namespace

std::string_view to_string(Measure measure) {
  constexpr std::array<std::string_view, kMeasures> kNames{
      "capacity", "allocatable", "allocated", "promised", "measured",
      "nominal",  "used",        "borrowed",  "lent",     "pending"};
  return kNames[static_cast<std::size_t>(measure)];
}

std::string_view unit_of(const ResourceName& resource) {
  if (resource == ResourceName::cpu())
    return "millicores";
  if (resource == ResourceName::memory() || resource == ResourceName::ephemeral_storage())
    return "bytes";
  return "count";
}

ExportView decide_export(const ObservedStatus& observed, TimePoint now) {
  ExportView view;
  view.as_of = now;
  for (const auto& pool : observed.pools)
    for (const auto& status : pool->status.resources)
      view.rows.push_back(pool_row(pool->meta.name, status));
  for (const auto& quota : observed.quotas)
    for (const auto& pool : quota->status.pools)
      for (const auto& status : pool.resources)
        view.rows.push_back(quota_row(quota->meta.name, pool.pool, status));
  std::ranges::sort(view.rows, {}, [](const ExportRow& row) {
    return std::tuple(!row.is_pool, row.name, row.pool, std::string(row.resource.str()));
  });
  return view;
}

} // namespace berth::cli
