#include "analyzer/advise/replica_room.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/settings.hpp"
#include "analyzer/model/thresholds.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceVector;

constexpr std::int32_t kReplicasMax = TargetSize::kUnitsMax;

/// How often `request` goes into what is left; no more than any target has.
std::int32_t times(Amount left, Amount request) {
  if (left.is_unlimited() || request <= Amount{})
    return kReplicasMax;
  const std::int64_t whole = std::max<std::int64_t>(left.value(), 0) / request.value();
  return static_cast<std::int32_t>(std::min<std::int64_t>(whole, kReplicasMax));
}

/// What the replicas of a workload ask for that wait at the gate, or are still to be made.
ResourceVector not_admitted_of(const WorkloadView& workload) {
  const std::int32_t waiting = workload.workload->replicas - workload.admission->pods;
  return replica_request(*workload.workload, std::max(waiting, 0));
}

/// What a quota holds of each pool, as its status says: of itself and of all below it.
std::map<PoolName, ResourceVector> used_of(const api::Quota& quota) {
  std::map<PoolName, ResourceVector> used;
  for (const api::QuotaPoolStatus& pool : quota.status.pools)
    for (const api::QuotaResourceStatus& row : pool.resources)
      if (row.used)
        used[pool.pool].set(row.name, *row.used);
  return used;
}

/// Statuses are not of the same moment: what a child tells of before its parent does is no room.
ResourceVector without_debts(const ResourceVector& held) {
  ResourceVector charged;
  for (const auto& [name, amount] : held)
    charged.set(name, std::max(amount, Amount{}));
  return charged;
}

/// Free now of one resource, and in one piece on some node; nothing where that is not known.
struct PoolFree {
  Amount all{};
  Amount block{};
};

std::optional<PoolFree> free_in(const api::ResourcePool& pool, const resources::ResourceName& name,
                                const ResourceVector& taken) {
  const auto row = std::ranges::find(pool.status.resources, name, &api::PoolResourceStatus::name);
  if (row == pool.status.resources.end() || !row->allocatable || !row->allocated)
    return std::nullopt;
  const Amount free =
      *row->allocatable - *row->allocated - row->promised.value_or(Amount{}) - taken.get(name);
  return PoolFree{free, row->largest_free_block.value_or(free)};
}

/// Free now: neither allocated nor held for a reservation, and in one piece on some node.
std::optional<std::int32_t> by_pool(const api::ResourcePool& pool, const ResourceVector& replica,
                                    const ResourceVector& taken) {
  std::optional<std::int32_t> room;
  for (const auto& [name, request] : replica)
    if (const auto free = free_in(pool, name, taken))
      room = std::min(room.value_or(kReplicasMax),
                      free->block < request ? 0 : times(free->all, request));
  return room;
}

/// "room for 3 more replicas".
std::string words(std::optional<std::int32_t> replicas) {
  if (!replicas)
    return "room that is not known";
  if (*replicas >= kReplicasMax)
    return "room for any number of replicas";
  return "room for " + std::to_string(*replicas) +
         (*replicas == 1 ? " more replica" : " more replicas");
}

} // namespace

ResourceVector replica_request(const Workload& workload) {
  ResourceVector request;
  for (const WorkloadContainer& container : workload.containers)
    request += container.requests;
  request.drop_zeros();
  return request;
}

ResourceVector replica_request(const Workload& workload, std::int32_t replicas) {
  ResourceVector all;
  for (const auto& [name, amount] : replica_request(workload))
    all.set(name, resources::scaled(amount, replicas, 1));
  return all;
}

std::string describe(const ReplicaRoom& room) {
  std::string text = "quota " + room.of.quota.str() + " has " + words(room.by_quota) + ", pool " +
                     room.of.pool.str() + " has " + words(room.by_pool) + " now";
  if (room.planned_start)
    text += "; the first of the quota's work that waits is planned to start at " +
            format_time(*room.planned_start);
  return text;
}

void RoomBook::read_quotas() {
  is_read_ = true;
  std::vector<std::shared_ptr<const allocation::QuotaSpec>> specs;
  std::map<std::string, std::map<PoolName, ResourceVector>> own;
  for (const QuotaView& one : view_.quotas) {
    specs.push_back(std::make_shared<const allocation::QuotaSpec>(api::to_allocation(*one.quota)));
    own[one.quota->meta.name] = used_of(*one.quota);
    if (one.quota->status.observed_generation)
      quotas_.emplace(one.quota->meta.name, one.quota.get());
  }
  // A status tells what is held below a quota too; charges are made where they are held.
  for (const QuotaView& one : view_.quotas) {
    const auto& parent = one.quota->spec.parent_ref;
    const auto above = parent ? own.find(parent->name.str()) : own.end();
    if (above == own.end())
      continue;
    for (const auto& [pool, used] : used_of(*one.quota))
      above->second[pool] -= used;
  }
  forest_ = allocation::QuotaForest(std::move(specs));
  balance_ = allocation::QuotaBalance(forest_);
  for (const auto& [name, pools] : own)
    if (const auto index = forest_.find(QuotaName{name}))
      for (const auto& [pool, held] : pools)
        balance_.charge(*index, pool, without_debts(held));
  for (const WorkloadView& workload : view_.workloads)
    if (workload.admission)
      take(workload.admission->to, not_admitted_of(workload));
}

void RoomBook::take(const PodAdmission& of, const ResourceVector& amounts) {
  if (!is_read_)
    read_quotas();
  if (const auto index = forest_.find(of.quota))
    balance_.charge(*index, of.pool, amounts);
  taken_[of.pool] += amounts;
}

RoomBook::Standing RoomBook::standing_of(const QuotaName& quota) const {
  const auto index = forest_.find(quota);
  if (!index || !quotas_.contains(quota.str()))
    return Standing::Unknown;
  return forest_.finding(*index) || forest_.stopped_by(*index) ? Standing::Stopped : Standing::Open;
}

std::optional<std::int32_t> RoomBook::by_quota(const PodAdmission& of,
                                               const ResourceVector& request) {
  const Standing standing = standing_of(of.quota);
  if (standing != Standing::Open)
    return standing == Standing::Unknown ? std::nullopt : std::optional(0);
  const auto index = forest_.find(of.quota);
  std::int32_t room = kReplicasMax;
  for (const auto& [name, amount] : request)
    room = std::min(room, times(balance_.available(*index, of.pool, name), amount));
  return room;
}

GrowthRoom RoomBook::growth_room(const PodAdmission& of) {
  if (!is_read_)
    read_quotas();
  GrowthRoom room;
  const auto index = forest_.find(of.quota);
  const bool is_open = standing_of(of.quota) == Standing::Open;
  const PoolView* pool = find_pool(view_.pools, of.pool);
  for (const auto& name : judged_resources()) {
    if (is_open)
      room.quota.set(name, balance_.available(*index, of.pool, name));
    const auto free = pool == nullptr ? std::nullopt : free_in(*pool->pool, name, taken_[of.pool]);
    if (free) {
      room.pool.set(name, free->all);
      room.block.set(name, free->block);
    }
  }
  return room;
}

std::optional<ReplicaRoom> RoomBook::room_for(const WorkloadView& workload) {
  if (!workload.admission)
    return std::nullopt;
  if (!is_read_)
    read_quotas();
  const ResourceVector replica = replica_request(*workload.workload);
  ReplicaRoom room;
  room.of = workload.admission->to;
  room.admitted = workload.admission->pods;
  // What the workload itself has asked for is counted from what is admitted: its own room.
  const ResourceVector own = not_admitted_of(workload);
  const auto index = forest_.find(room.of.quota);
  if (index)
    balance_.discharge(*index, room.of.pool, own);
  room.by_quota = by_quota(room.of, replica);
  if (index)
    balance_.charge(*index, room.of.pool, own);
  if (const PoolView* pool = find_pool(view_.pools, room.of.pool)) {
    room.by_pool = by_pool(*pool->pool, replica, taken_[room.of.pool] - own);
    const auto& elastic = pool->pool->spec.elastic;
    room.can_pool_grow = elastic && elastic->provider != api::ElasticProvider::None &&
                         std::ssize(pool->nodes) < elastic->max_nodes;
  }
  const auto quota = quotas_.find(room.of.quota.str());
  if (quota != quotas_.end() && quota->second->status.first_pending)
    room.planned_start = quota->second->status.first_pending->planned_start;
  return room;
}

} // namespace berth::analyzer
