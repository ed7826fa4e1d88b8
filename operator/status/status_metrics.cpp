#include "operator/status/status_metrics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operator/resource_pool/decide.hpp"

namespace berth::op {
namespace {

using resources::Amount;
using telemetry::ReservationState;

/// Samples by object and resource; amounts of several pools add up.
class Samples {
public:
  void add(const std::string& object, const resources::ResourceName& resource,
           const std::optional<Amount>& amount) {
    if (amount && !amount->is_unlimited())
      sums_[{object, std::string(resource.str())}] += *amount;
  }
  void show_in(telemetry::ObjectGauges& gauges) const {
    std::vector<telemetry::ObjectGauges::Sample> samples;
    for (const auto& [labels, sum] : sums_)
      samples.push_back({{labels.first, labels.second}, static_cast<double>(sum.value())});
    gauges.replace(std::move(samples));
  }

private:
  std::map<std::pair<std::string, std::string>, Amount> sums_;
};

/// What stands once in a quota's status, and its burst budgets, which do not add up over pools.
void expose_standing(const kube::Store<api::Quota>& quotas, telemetry::AllocationMetrics& metrics) {
  constexpr double kThousandths = 1000;
  std::vector<telemetry::ObjectGauges::Sample> pending;
  std::vector<telemetry::ObjectGauges::Sample> shares;
  std::vector<telemetry::ObjectGauges::Sample> budgets;
  for (const auto& [key, quota] : quotas.items()) {
    const api::QuotaStatus& status = quota->status;
    if (status.workloads)
      pending.push_back({{key.name}, static_cast<double>(status.workloads->pending)});
    if (status.fair_share && status.fair_share->share_milli)
      shares.push_back(
          {{key.name}, static_cast<double>(*status.fair_share->share_milli) / kThousandths});
    for (const auto& pool : status.pools)
      for (const auto& resource : pool.resources)
        if (resource.burst_budget_left)
          budgets.push_back({{key.name, pool.pool.str(), std::string(resource.name.str())},
                             static_cast<double>(resource.burst_budget_left->count())});
  }
  metrics.quota_pending_workloads.replace(std::move(pending));
  metrics.quota_share_ratio.replace(std::move(shares));
  metrics.quota_burst_budget_seconds.replace(std::move(budgets));
}

void expose_quotas(const kube::Store<api::Quota>& quotas, telemetry::AllocationMetrics& metrics) {
  Samples nominal;
  Samples used;
  Samples borrowed;
  for (const auto& [key, quota] : quotas.items())
    for (const auto& pool : quota->status.pools)
      for (const auto& resource : pool.resources) {
        nominal.add(key.name, resource.name, resource.nominal);
        used.add(key.name, resource.name, resource.used);
        borrowed.add(key.name, resource.name, resource.borrowed);
      }
  nominal.show_in(metrics.quota_nominal);
  used.show_in(metrics.quota_used);
  borrowed.show_in(metrics.quota_borrowed);
  expose_standing(quotas, metrics);
  std::set<telemetry::ObjectHistograms::LabelValues> names;
  for (const auto& [key, quota] : quotas.items())
    names.insert({key.name});
  metrics.admission_wait_seconds.keep(names);
}

void expose_pools(const kube::Store<api::ResourcePool>& pools,
                  telemetry::AllocationMetrics& metrics) {
  Samples capacity;
  Samples used;
  for (const auto& [key, pool] : pools.items())
    for (const auto& resource : pool->status.resources) {
      capacity.add(key.name, resource.name, resource.allocatable);
      used.add(key.name, resource.name, resource.allocated);
    }
  capacity.show_in(metrics.pool_capacity);
  used.show_in(metrics.pool_used);
}

ReservationState state_of(const api::Reservation& reservation) {
  const api::ReservationStatus& status = reservation.status;
  if (api::is_true(status.conditions, "Active"))
    return ReservationState::Active;
  if (!api::is_true(status.conditions, "Accepted"))
    return ReservationState::Pending;
  const bool may_open =
      status.next_window || reservation.spec.kind == api::ReservationKind::Conditional;
  return may_open ? ReservationState::Accepted : ReservationState::Ended;
}

} // namespace

void expose_drifts(cluster::Observer& observer, const std::vector<allocation::Drift>& drifts,
                   telemetry::AllocationMetrics& metrics) {
  Samples wrong;
  for (const auto& [key, quota] : observer.quotas().items())
    for (const auto& pool : quota->status.pools)
      for (const auto& resource : pool.resources)
        wrong.add(key.name, resource.name, Amount{});
  for (const auto& drift : drifts)
    wrong.add(drift.quota.str(), drift.resource,
              std::max(drift.held, drift.actual) - std::min(drift.held, drift.actual));
  wrong.show_in(metrics.ledger_drift);
}

void expose_pressure(cluster::Observer& observer, telemetry::AllocationMetrics& metrics,
                     TimePoint now) {
  const auto snapshot = observer.snapshot();
  if (snapshot == nullptr)
    return;
  std::vector<telemetry::ObjectGauges::Sample> levels;
  std::vector<telemetry::ObjectGauges::Sample> steps;
  for (const auto& [key, pool] : observer.pools().items()) {
    const PoolPressure pressure = pressure_of(*pool, *snapshot, now);
    levels.push_back({{key.name}, static_cast<double>(pressure.level)});
    steps.push_back({{key.name}, static_cast<double>(pressure.degradation.steps.size())});
  }
  metrics.pool_pressure_level.replace(std::move(levels));
  metrics.pool_degradation_steps.replace(std::move(steps));
}

void expose_statuses(cluster::Observer& observer, telemetry::AllocationMetrics& metrics) {
  expose_quotas(observer.quotas(), metrics);
  expose_pools(observer.pools(), metrics);
  std::map<ReservationState, int> reservations;
  for (const auto& [key, reservation] : observer.reservations().items())
    ++reservations[state_of(*reservation)];
  for (const ReservationState state : {ReservationState::Pending, ReservationState::Accepted,
                                       ReservationState::Active, ReservationState::Ended})
    metrics.reservations(state).set(reservations[state]);
}

} // namespace berth::op
