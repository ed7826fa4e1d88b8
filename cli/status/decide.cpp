#include "cli/status/decide.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace berth::cli {
namespace {

using ByParent = std::map<std::string, std::vector<const api::Quota*>>;

std::vector<QuotaRow> quota_rows(const ObservedStatus& observed);
ReservationRow reservation_row(const api::Reservation& reservation);

template <class Rows>
void sort_by_name(Rows& rows) {
  std::ranges::sort(rows, {}, [](const auto& row) { return row.name; });
}

/// The row of `quota` and, under it, those of its children. `left` are the quotas without a row:
/// none gets two, however the parents point in a circle (Q3).
void add_subtree(const api::Quota& quota, std::size_t depth, const ByParent& children,
                 std::set<std::string>& left, std::vector<QuotaRow>& rows) {
  if (left.erase(quota.meta.name) == 0)
    return;
  rows.push_back(quota_row(quota));
  rows.back().depth = depth;
  const auto below = children.find(quota.meta.name);
  if (below == children.end())
    return;
  for (const api::Quota* child : below->second)
    add_subtree(*child, depth + 1, children, left, rows);
}

std::string parent_of(const api::Quota& quota) {
  return quota.spec.parent_ref ? quota.spec.parent_ref->name.str() : std::string();
}

std::vector<QuotaRow> quota_rows(const ObservedStatus& observed) {
  std::map<std::string, const api::Quota*> by_name;
  for (const auto& quota : observed.quotas)
    by_name.emplace(quota->meta.name, quota.get());
  ByParent children;
  std::set<std::string> left;
  for (const auto& [name, quota] : by_name) {
    left.insert(name);
    children[parent_of(*quota)].push_back(quota);
  }
  std::vector<QuotaRow> rows;
  // Roots first: those without a parent, and those whose parent does not exist.
  for (const auto& [name, quota] : by_name)
    if (!by_name.contains(parent_of(*quota)))
      add_subtree(*quota, 0, children, left, rows);
  // What is left hangs on a cycle.
  while (!left.empty())
    add_subtree(*by_name.at(*left.begin()), 0, children, left, rows);
  return rows;
}

std::string promised_text(const api::ReservationSpec& spec) {
  if (spec.node_count)
    return counted(*spec.node_count, "node");
  return to_string(spec.resources);
}

/// Whether it is accepted, and if so whether it is open.
StateWord reservation_state(const api::Reservation& reservation) {
  const auto& conditions = reservation.status.conditions;
  const StateWord accepted = state_word(conditions, "Accepted", reservation.meta.generation);
  return accepted.good ? state_word(conditions, "Active", reservation.meta.generation) : accepted;
}

ReservationRow reservation_row(const api::Reservation& reservation) {
  const auto& [meta, spec, status] = reservation;
  ReservationRow row;
  row.name = meta.name;
  row.pool = spec.pool_ref.name.str();
  row.quota = spec.quota_ref.name.str();
  row.kind = to_string(spec.kind);
  row.state = reservation_state(reservation);
  row.promised = promised_text(spec);
  row.current = status.current_window;
  row.next = status.next_window;
  row.trigger = status.trigger;
  row.next_possible_start = status.next_possible_start;
  row.holders = status.holder_count;
  row.windows_honored = status.windows_honored;
  row.windows_total = status.windows_total;
  return row;
}

} // namespace

StatusView decide_status(const ObservedStatus& observed, TimePoint now) {
  StatusView view;
  view.as_of = now;
  for (const auto& pool : observed.pools)
    view.pools.push_back(pool_row(*pool));
  view.quotas = quota_rows(observed);
  for (const auto& reservation : observed.reservations)
    view.reservations.push_back(reservation_row(*reservation));
  sort_by_name(view.pools);
  sort_by_name(view.reservations);
  return view;
}

PoolRow pool_row(const api::ResourcePool& pool) {
  PoolRow row;
  row.name = pool.meta.name;
  row.state = state_word(pool.status.conditions, "Ready", pool.meta.generation);
  row.metrics = state_word(pool.status.conditions, api::kMetricsAvailable, pool.meta.generation);
  row.nodes = pool.status.nodes;
  row.strategy = to_string(pool.spec.strategy);
  for (const auto& status : pool.status.resources) {
    const bool managed = std::ranges::any_of(pool.spec.resources, [&](const auto& resource) {
      return status.name == resource.name ||
             status.name.str() ==
                 std::string(resources::kVirtualResourcePrefix) + std::string(resource.name.str());
    });
    row.resources.push_back({status.name, status.capacity, status.allocatable, status.allocated,
                             status.promised, status.used, status.largest_free_block, managed});
  }
  std::ranges::sort(row.resources, {}, &PoolResourceRow::name);
  return row;
}

QuotaRow quota_row(const api::Quota& quota) {
  QuotaRow row;
  row.name = quota.meta.name;
  row.state = state_word(quota.status.conditions, "Ready", quota.meta.generation);
  row.workloads = quota.status.workloads;
  row.first_pending = quota.status.first_pending;
  for (const auto& pool : quota.status.pools)
    for (const auto& resource : pool.resources)
      row.amounts.push_back({pool.pool.str(), resource.name, resource.nominal, resource.used,
                             resource.borrowed, resource.pending});
  std::ranges::stable_sort(row.amounts, {}, [](const auto& amount) {
    return std::pair(amount.pool, std::string(amount.resource.str()));
  });
  return row;
}

} // namespace berth::cli
