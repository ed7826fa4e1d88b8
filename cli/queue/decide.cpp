#include "cli/queue/decide.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "cli/cluster/request_priority.hpp"
#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/remembering.hpp"
#include "lib/allocation/turn_order.hpp"
#include "lib/api/labels.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/cluster/request_units.hpp"
#include "lib/cluster/state_feed.hpp"

namespace berth::cli {
namespace {

using allocation::ClusterSnapshot;
using allocation::Head;
/// What the operator wrote on pods, and in the statuses of requests about their units.
using ToldByUid = std::map<PodUid, Told>;

/// The picture that the operator would have, without nodes: nothing is placed here.
std::shared_ptr<const ClusterSnapshot> snapshot_of(const ObservedQueue& observed, TimePoint now) {
  allocation::ClusterState state;
  std::set<std::string> managed;
  for (const auto& name_space : observed.namespaces) {
    if (cluster::opts_in(name_space))
      managed.insert(name_space.name);
    state.upsert_namespace(name_space);
  }
  for (const auto& policy : observed.policies)
    state.upsert_policy(api::to_allocation(*policy));
  for (const auto& quota : observed.quotas)
    state.upsert_quota(api::to_allocation(*quota));
  for (const auto& request : observed.requests)
    for (auto& unit : cluster::units_of(*request, priority_of(*request, observed.priorities)))
      state.upsert_pod(std::move(unit));
  for (const auto& pod : observed.pods) {
    allocation::PodView view = pod->view;
    view.managed = view.managed || managed.contains(view.namespace_name);
    state.upsert_pod(std::move(view));
  }
  return state.publish(now);
}

/// What quotas hold, as their statuses say: each one's own use is what those below it have less.
allocation::QuotaBalance balance_of_statuses(const ObservedQueue& observed,
                                             const allocation::QuotaForest& forest) {
  allocation::QuotaBalance balance(forest);
  std::map<std::pair<allocation::QuotaIndex, PoolName>, resources::ResourceVector> own;
  for (const auto& quota : observed.quotas) {
    const allocation::QuotaIndex index = *forest.find(QuotaName{quota->meta.name});
    const auto parent = forest.parent(index);
    for (const auto& pool : quota->status.pools) {
      resources::ResourceVector used;
      for (const auto& resource : pool.resources)
        used.set(resource.name, resource.used.value_or(resources::Amount{}));
      own[{index, pool.pool}] += used;
      if (parent)
        own[{*parent, pool.pool}] -= used;
    }
  }
  for (const auto& [place, used] : own)
    balance.charge(place.first, place.second, used);
  return balance;
}

/// What the operator remembers of quotas, as far as their statuses tell.
allocation::QuotaMemories memories_of(const ObservedQueue& observed,
                                      const ClusterSnapshot& snapshot,
                                      const allocation::QuotaBalance& balance, TimePoint now) {
  allocation::AllocationMemory memory;
  for (const auto& quota : observed.quotas)
    memory.quotas.emplace(QuotaName{quota->meta.name}, api::remembered(*quota));
  return settled(std::move(memory), snapshot, balance, now).quotas;
}

/// Whether `quota` is `ancestor` or below it.
bool is_within(const allocation::QuotaForest& forest, const QuotaName& quota,
               const QuotaName& ancestor) {
  auto at = forest.find(quota);
  for (std::size_t steps = 0; at && steps <= forest.size(); ++steps) {
    if (forest.spec(*at).name == ancestor)
      return true;
    at = forest.parent(*at);
  }
  return false;
}

ToldByUid told_of_each(const ObservedQueue& observed) {
  ToldByUid told;
  for (const auto& pod : observed.pods)
    told.emplace(pod->view.uid, told_on(*pod));
  for (const auto& request : observed.requests)
    for (const auto& unit : cluster::units_of(*request, 0))
      told.emplace(unit.uid, told_in(request->status));
  return told;
}

Told why_it_waits(const allocation::Workload& workload, const ToldByUid& told) {
  for (const auto& member : workload.waiting)
    if (const Told& said = told.at(member->uid); !said.reason.empty())
      return said;
  return found_wrong(workload);
}

QueueRow row_of(const Head& head, const ToldByUid& told) {
  const allocation::Workload& workload = *head.workload;
  const allocation::PodView& first = *workload.waiting.front();
  QueueRow row;
  row.quota = workload.quota.quota.str();
  row.namespace_name = workload.namespace_name;
  row.gang = first.gang.has_value();
  row.request = first.is_request;
  row.name = allocation::workload_name(first);
  row.members_waiting = static_cast<std::int64_t>(workload.waiting.size());
  row.members = workload.size;
  row.priority = head.priority;
  row.since = workload.created;
  for (const auto& member : workload.waiting)
    row.requests += member->requests();
  row.why = why_it_waits(workload, told);
  return row;
}

} // namespace

Told told_on(const cluster::Pod& pod) {
  const auto found = pod.meta.annotations.find(std::string(api::annotation::kExplain));
  if (found == pod.meta.annotations.end())
    return {};
  const std::string& text = found->second;
  const auto colon = text.find(": ");
  if (colon == std::string::npos)
    return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 2)};
}

Told told_in(const api::AllocationRequestStatus& status) {
  return {status.reason ? std::string(to_string(*status.reason)) : "", status.message};
}

Told found_wrong(const allocation::Workload& workload) {
  if (!workload.defect.empty())
    return {std::string(to_string(Reason::InvalidWorkload)), workload.defect};
  if (workload.quota.quota.empty())
    return {std::string(to_string(workload.quota.reason)), workload.quota.message};
  return {};
}

Result<QueueView> decide_queue(const ObservedQueue& observed, const std::string& quota,
                               TimePoint now) {
  const auto snapshot = snapshot_of(observed, now);
  if (!quota.empty() && !snapshot->quotas->find(QuotaName{quota}))
    return fail(Code::NotFound,
                "Quota " + quota + " does not exist; \"kubectl berth status\" lists the quotas");
  const ToldByUid told = told_of_each(observed);

  QueueView view;
  view.as_of = now;
  std::map<std::string, std::int64_t> positions;
  std::int64_t turn = 0;
  const auto balance = balance_of_statuses(observed, *snapshot->quotas);
  const auto memories = memories_of(observed, *snapshot, balance, now);
  for (const Head& head : allocation::turns({*snapshot, balance, memories, now})) {
    QueueRow row = row_of(head, told);
    const std::int64_t position = ++positions[row.quota];
    ++turn;
    if (observed.whole) {
      row.position = position;
      row.turn = turn;
    }
    if (quota.empty() || is_within(*snapshot->quotas, QuotaName{row.quota}, QuotaName{quota}))
      view.rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(view.rows, {}, &QueueRow::quota);
  return view;
}

} // namespace berth::cli
