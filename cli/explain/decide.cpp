#include "cli/explain/decide.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/cluster/state_feed.hpp"

namespace berth::cli {
namespace {

using PodPtr = std::shared_ptr<const cluster::Pod>;
using QuotasByName = std::map<std::string, const api::Quota*>;

void describe_subject(const ObservedExplain& observed, ExplainView& view);
void describe_waiting(const ObservedExplain& observed, ExplainView& view);
void describe_admission(const ObservedExplain& observed, ExplainView& view);
void describe_surroundings(const ObservedExplain& observed, ExplainView& view);

/// The pods that the question is about: the one, all members of the gang, or the units of the
/// request.
std::vector<PodPtr> asked_about(const ObservedExplain& observed) {
  return observed.pod ? std::vector{observed.pod} : observed.members;
}

void describe_subject(const ObservedExplain& observed, ExplainView& view) {
  const bool opts_in = cluster::opts_in(observed.name_space);
  const std::vector<PodPtr> pods = asked_about(observed);
  view.kind = observed.request ? SubjectKind::AllocationRequest
              : observed.pod   ? SubjectKind::Pod
                               : SubjectKind::Gang;
  view.namespace_name = observed.subject.ns;
  view.name = observed.subject.name;
  view.created = observed.request ? observed.request->meta.created : pods.front()->view.created;
  view.standing = Standing::Finished;
  if (observed.request)
    view.why = told_in(observed.request->status);
  for (const PodPtr& pod : pods) {
    view.standing = std::min(view.standing, standing_of(pod->view, opts_in));
    view.priority = std::max<std::int64_t>(view.priority, pod->view.priority);
    if (!pod->view.terminal)
      view.requests += pod->view.requests();
    for (const std::string& gate : pod->scheduling_gates)
      if (gate != api::kAdmissionGate && std::ranges::count(view.other_gates, gate) == 0)
        view.other_gates.push_back(gate);
  }
  if (observed.members.empty() || observed.request)
    return; // units are all alike
  view.members_wanted = observed.members.front()->view.gang->least();
  for (const PodPtr& pod : observed.members)
    view.members.push_back({pod->view.name, standing_of(pod->view, opts_in), pod->view.node.str()});
}

/// What the queue says of it: its quota, its priority there, and why it waits.
void describe_waiting(const ObservedExplain& observed, ExplainView& view) {
  ObservedQueue around;
  around.quotas = observed.quotas;
  around.namespaces = {observed.name_space};
  if (observed.request)
    around.requests = {observed.request};
  else
    around.pods = observed.members.empty() ? asked_about(observed) : observed.members;
  around.priorities = observed.priorities;
  const auto queue = decide_queue(around, "", view.as_of);
  if (!queue || queue->rows.empty())
    return;
  const QueueRow& row = queue->rows.front();
  view.quota = row.quota;
  view.priority = row.priority;
  view.why = row.why;
}

void describe_admission(const ObservedExplain& observed, ExplainView& view) {
  for (const PodPtr& pod : asked_about(observed))
    if (pod->view.admission && !view.record)
      view.record = pod->view.admission;
  if (view.record)
    view.quota = view.record->quota.str();
  if (observed.pod)
    view.node = observed.pod->view.node.str();
  const auto quota = std::ranges::find_if(
      observed.quotas, [&](const auto& candidate) { return candidate->meta.name == view.quota; });
  if (quota != observed.quotas.end())
    view.priority += (*quota)->spec.priority_offset;
}

/// From the root down to `name`; a cycle ends where it closes (Q3).
std::vector<const api::Quota*> chain_to(const std::string& name, const QuotasByName& quotas) {
  std::vector<const api::Quota*> chain;
  std::set<std::string> seen;
  auto at = quotas.find(name);
  while (at != quotas.end() && seen.insert(at->first).second) {
    chain.push_back(at->second);
    const auto& parent = at->second->spec.parent_ref;
    at = parent ? quotas.find(parent->name.str()) : quotas.end();
  }
  std::ranges::reverse(chain);
  return chain;
}

/// The pools it may go to, best first: the one it was admitted to, or those of its quota.
std::vector<std::string> pools_for(const ExplainView& view, const QuotasByName& quotas) {
  if (view.record)
    return {view.record->pool.str()};
  std::vector<std::string> names;
  if (const auto quota = quotas.find(view.quota); quota != quotas.end())
    for (const auto& pool : quota->second->spec.pools)
      names.push_back(pool.pool_ref.name.str());
  return names;
}

void describe_surroundings(const ObservedExplain& observed, ExplainView& view) {
  QuotasByName quotas;
  for (const auto& quota : observed.quotas)
    quotas.emplace(quota->meta.name, quota.get());
  const std::vector<std::string> pools = pools_for(view, quotas);
  const auto matters = [&](const resources::ResourceName& resource) {
    return resource != resources::ResourceName::pods() && view.requests.contains(resource);
  };
  for (const api::Quota* quota : chain_to(view.quota, quotas)) {
    QuotaRow row = quota_row(*quota);
    row.depth = view.chain.size();
    std::erase_if(row.amounts, [&](const QuotaAmountRow& amount) {
      return !matters(amount.resource) || !std::ranges::count(pools, amount.pool);
    });
    view.chain.push_back(std::move(row));
  }
  for (const std::string& name : pools)
    for (const auto& pool : observed.pools) {
      if (pool->meta.name != name)
        continue;
      PoolRow row = pool_row(*pool);
      std::erase_if(row.resources, [&](const auto& resource) { return !matters(resource.name); });
      for (PoolResourceRow& resource : row.resources)
        resource.managed = true; // what it asks for is shown, named by the pool or not
      view.pools.push_back(std::move(row));
    }
}

} // namespace

std::string_view to_string(SubjectKind kind) {
  constexpr std::array<std::string_view, 3> kNames{"Pod", "Gang", "AllocationRequest"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Standing standing) {
  constexpr std::array<std::string_view, 6> kNames{"NotManaged", "Waiting",     "Admitted",
                                                   "Bound",      "Terminating", "Finished"};
  return kNames[static_cast<std::size_t>(standing)];
}

WorkloadId workload_of(const ObservedExplain& observed) {
  return allocation::workload_id(asked_about(observed).front()->view);
}

Standing standing_of(const allocation::PodView& pod, bool namespace_opts_in) {
  if (!pod.managed && !namespace_opts_in)
    return Standing::NotManaged;
  if (pod.terminal)
    return Standing::Finished;
  if (pod.terminating)
    return Standing::Terminating;
  if (pod.is_bound())
    return Standing::Bound;
  return pod.admission ? Standing::Admitted : Standing::Waiting;
}

ExplainView decide_explain(const ObservedExplain& observed, TimePoint now) {
  ExplainView view;
  view.as_of = now;
  view.events = observed.events;
  describe_subject(observed, view);
  if (view.standing == Standing::Waiting)
    describe_waiting(observed, view);
  else if (view.standing != Standing::NotManaged)
    describe_admission(observed, view);
  if (view.standing != Standing::NotManaged)
    describe_surroundings(observed, view);
  return view;
}

} // namespace berth::cli
