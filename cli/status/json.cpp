// The machine-readable form of `kubectl berth status`. Member names are those of the API where the
// API has them.

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/status/render.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

json state_json(const StateWord& state) {
  return {{"reason", state.word},
          {"message", state.message},
          {"status", !state.known ? "Unknown" : (state.good ? "True" : "False")},
          {"outdated", state.outdated}};
}

json reservation_json(const ReservationRow& row) {
  json out{{"name", row.name},
           {"pool", row.pool},
           {"quota", row.quota},
           {"kind", row.kind},
           {"state", state_json(row.state)},
           {"promised", row.promised},
           {"holders", number_or_null(row.holders)},
           {"windowsHonored", number_or_null(row.windows_honored)},
           {"windowsTotal", number_or_null(row.windows_total)},
           {"currentWindow", nullptr},
           {"nextWindow", nullptr},
           {"nextPossibleStart", to_json(row.next_possible_start)}};
  if (row.current)
    out["currentWindow"] = {{"start", to_json(std::optional(row.current->start))},
                            {"end", to_json(row.current->end)},
                            {"held", to_json(row.current->held)},
                            {"used", to_json(row.current->used)}};
  if (row.next)
    out["nextWindow"] = {{"start", to_json(std::optional(row.next->start))},
                         {"end", to_json(row.next->end)}};
  if (row.trigger)
    out["trigger"] = {{"value", row.trigger->value ? json(row.trigger->value->str()) : json()},
                      {"measuredAt", to_json(row.trigger->measured_at)},
                      {"holdsSince", to_json(row.trigger->holds_since)},
                      {"opensAt", to_json(row.trigger->opens_at)},
                      {"endsAt", to_json(row.trigger->ends_at)}};
  return out;
}

} // namespace

json status_json(const StatusView& view) {
  json reservations = json::array();
  for (const ReservationRow& row : view.reservations)
    reservations.push_back(reservation_json(row));
  return {{"asOf", to_json(std::optional(view.as_of))},
          {"pools", pools_json(view.pools)},
          {"quotas", quotas_json(view.quotas)},
          {"reservations", std::move(reservations)}};
}

json pools_json(const std::vector<PoolRow>& pools) {
  json list = json::array();
  for (const PoolRow& pool : pools) {
    json resources = json::array();
    for (const PoolResourceRow& row : pool.resources)
      resources.push_back({{"name", std::string(row.name.str())},
                           {"capacity", to_json(row.name, row.capacity)},
                           {"allocatable", to_json(row.name, row.allocatable)},
                           {"allocated", to_json(row.name, row.allocated)},
                           {"promised", to_json(row.name, row.promised)},
                           {"used", to_json(row.name, row.measured)},
                           {"largestFreeBlock", to_json(row.name, row.largest_free)}});
    json nodes;
    if (pool.nodes)
      nodes = {{"ready", pool.nodes->ready}, {"total", pool.nodes->total}};
    list.push_back({{"name", pool.name},
                    {"state", state_json(pool.state)},
                    {"strategy", pool.strategy},
                    {"metrics", state_json(pool.metrics)},
                    {"nodes", std::move(nodes)},
                    {"resources", std::move(resources)}});
  }
  return list;
}

json quotas_json(const std::vector<QuotaRow>& quotas) {
  json list = json::array();
  for (const QuotaRow& quota : quotas) {
    json amounts = json::array();
    for (const QuotaAmountRow& row : quota.amounts)
      amounts.push_back({{"pool", row.pool},
                         {"resource", std::string(row.resource.str())},
                         {"nominal", to_json(row.resource, row.nominal)},
                         {"used", to_json(row.resource, row.used)},
                         {"borrowed", to_json(row.resource, row.borrowed)},
                         {"pending", to_json(row.resource, row.pending)}});
    json workloads;
    if (quota.workloads)
      workloads = {{"admitted", quota.workloads->admitted}, {"pending", quota.workloads->pending}};
    json first;
    if (quota.first_pending)
      first = {{"namespace", quota.first_pending->namespace_name},
               {"name", quota.first_pending->name},
               {"reason", std::string(to_string(quota.first_pending->reason))},
               {"message", quota.first_pending->message}};
    list.push_back({{"name", quota.name},
                    {"depth", quota.depth},
                    {"state", state_json(quota.state)},
                    {"workloads", std::move(workloads)},
                    {"firstPending", std::move(first)},
                    {"amounts", std::move(amounts)}});
  }
  return list;
}

} // namespace berth::cli
