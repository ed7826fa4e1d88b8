#include "cli/export/decide.hpp"

#include <algorithm>
#include <initializer_list>
#include <tuple>
#include <utility>

namespace berth::cli {
namespace {

using resources::Amount;
using resources::ResourceName;

/// What is unlimited has no number.
std::optional<std::int64_t> number(const std::optional<Amount>& amount) {
  return amount && !amount->is_unlimited() ? std::optional(amount->value()) : std::nullopt;
}

using Column = std::pair<Measure, std::optional<Amount>>;

/// A row of who holds something of a pool, which may be the pool itself.
ExportRow row_of(const std::string& holder, const std::string& pool, const ResourceName& resource,
                 std::initializer_list<Column> columns) {
  ExportRow row;
  row.name = holder;
  row.pool = pool;
  row.resource = resource;
  for (const auto& [measure, amount] : columns)
    row[measure] = number(amount);
  return row;
}

ExportRow row_of(const std::string& pool, const api::PoolResourceStatus& status) {
  ExportRow row = row_of(pool, pool, status.name,
                         {{Measure::Capacity, status.capacity},
                          {Measure::Allocatable, status.allocatable},
                          {Measure::Allocated, status.allocated},
                          {Measure::Promised, status.promised},
                          {Measure::Measured, status.used}});
  row.is_pool = true;
  return row;
}

ExportRow row_of(const std::string& quota, const PoolName& pool,
                 const api::QuotaResourceStatus& status) {
  return row_of(quota, pool.str(), status.name,
                {{Measure::Nominal, status.nominal},
                 {Measure::Used, status.used},
                 {Measure::Borrowed, status.borrowed},
                 {Measure::Lent, status.lent},
                 {Measure::Pending, status.pending}});
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
      view.rows.push_back(row_of(pool->meta.name, status));
  for (const auto& quota : observed.quotas)
    for (const auto& pool : quota->status.pools)
      for (const auto& status : pool.resources)
        view.rows.push_back(row_of(quota->meta.name, pool.pool, status));
  std::ranges::sort(view.rows, {}, [](const ExportRow& row) {
    return std::tuple(!row.is_pool, row.name, row.pool, std::string(row.resource.str()));
  });
  return view;
}

} // namespace berth::cli
