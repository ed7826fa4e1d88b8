#pragma once
// What the operator, kubelets and controllers make of a plan's preemptions, on a World: records and
// notices are written, evicted pods terminate, terminating pods go and are made again.

#include <string>
#include <vector>

#include "tests/support/allocation/builders.hpp"

namespace berth::allocation::testing {

/// The pod as it is now.
inline PodView known_pod(World& world, const PodUid& uid) {
  return **world.snapshot()->pods.find(uid);
}

inline std::vector<PodView> pods_that(World& world, const auto& condition) {
  std::vector<PodView> found;
  world.snapshot()->pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (condition(*pod))
      found.push_back(*pod);
  });
  return found;
}

inline void change(World& world, const PodUid& uid, const auto& change) {
  PodView pod = known_pod(world, uid);
  change(pod);
  world.add(pod);
}

/// Writes what the plan says about preemption; `refuses` names pods that a disruption budget keeps.
inline void carry_out(World& world, const PreemptionPlan& plan,
                      const std::vector<std::string>& refuses = {}) {
  EvictionHistory& history = world.policy.evictions;
  for (const NominationDecision& nomination : plan.nominations)
    for (const auto& [member, record] : nomination.members)
      change(world, member->uid, [&](PodView& pod) { pod.nomination = record; });
  for (const NominationDecision& nomination : plan.nominations)
    for (const auto& [quota, pool] : nomination.reclaimed)
      history.note_reclaim(quota, pool, world.now);
  for (const Eviction& eviction : plan.evictions)
    for (const auto& victim : eviction.pods)
      if (eviction.step == EvictionStep::Notice) {
        change(world, victim->uid,
               [&](PodView& pod) { pod.revocable_after = eviction.revocable_after; });
      } else if (std::find(refuses.begin(), refuses.end(), victim->name) != refuses.end()) {
        history.note_refusal(victim->uid, world.now);
      } else {
        history.note_eviction(eviction.quota, eviction_key(*victim), world.now);
        if (eviction.reason == Reason::PoolUnderPressure)
          history.note_shedding(eviction.quota, eviction.pool, world.now);
        change(world, victim->uid, [](PodView& pod) { pod.terminating = true; });
      }
  for (const NominationEnd& end : plan.ended) {
    for (const auto& ended : end.pods)
      change(world, ended->uid, [](PodView& pod) { pod.nomination.reset(); });
    for (const auto& spared : end.spared)
      change(world, spared->uid, [](PodView& pod) { pod.revocable_after.reset(); });
    if (!end.is_fulfilled)
      history.note_failed_plan({end.workload, end.created}, end.victims, world.now);
  }
  for (const auto& pardoned : plan.pardons)
    change(world, pardoned->uid, [](PodView& pod) { pod.revocable_after.reset(); });
}

/// One cycle, carried out whole.
inline Plan play(World& world, const std::vector<std::string>& refuses = {}) {
  Plan plan = world.step();
  carry_out(world, plan.preemption, refuses);
  return plan;
}

/// kube-scheduler and kubelets: what is admitted runs on its first planned node.
inline void bind_admitted(World& world) {
  for (PodView& pod : pods_that(world, [](const PodView& candidate) {
         return candidate.admission && !candidate.is_bound();
       })) {
    pod.node = pod.admission->planned_nodes.front();
    pod.started = world.now;
    world.add(pod);
  }
}

/// The grace period is over: gone. Returns them.
inline std::vector<PodView> remove_terminating(World& world) {
  std::vector<PodView> gone = pods_that(world, [](const PodView& pod) { return pod.terminating; });
  for (const PodView& pod : gone)
    world.state.remove_pod(pod.uid);
  return gone;
}

/// A new leader: everything is listed again into an empty state.
inline World restarted(World& world) {
  World fresh;
  fresh.policy = world.policy;
  fresh.now = world.now;
  const auto before = world.snapshot();
  for (const auto& pool : before->pools)
    fresh.add(*pool);
  for (const auto& node : before->nodes->nodes())
    fresh.add(node->view);
  for (const auto& quota : before->quotas->quotas())
    fresh.add(*quota);
  for (const auto& reservation : before->reservations)
    fresh.add(*reservation);
  before->pods.for_each(
      [&](const PodUid&, const std::shared_ptr<const PodView>& pod) { fresh.add(*pod); });
  return fresh;
}

/// The names of the pods that the step is due for, sorted.
inline std::vector<std::string> names_due(const Plan& plan, EvictionStep step) {
  std::vector<std::string> names;
  for (const Eviction& eviction : plan.preemption.evictions)
    if (eviction.step == step)
      for (const auto& pod : eviction.pods)
        names.push_back(pod->name);
  std::sort(names.begin(), names.end());
  return names;
}

/// The names of the pods whose room is promised by the plan's new nominations, sorted.
inline std::vector<std::string> victims_of(World& world, const Plan& plan) {
  std::vector<std::string> names;
  for (const NominationDecision& nomination : plan.preemption.nominations)
    for (const PodUid& uid : nomination.members.front().record.victims)
      names.push_back(known_pod(world, uid).name);
  std::sort(names.begin(), names.end());
  return names;
}

/// One pool "p" of the given nodes; preemption is on and needs no notice.
inline World preempting_world(const std::vector<std::int64_t>& cores_of_nodes) {
  World world;
  world.policy.preemption.enabled = true;
  world.policy.preemption.notice = 0s;
  world.add(pool("p"));
  for (std::size_t i = 0; i < cores_of_nodes.size(); ++i)
    world.add(node("n" + std::to_string(i + 1), cores_of_nodes[i]));
  return world;
}

/// A pod that runs on a node since an hour and is charged to a quota.
inline PodBuilder running(const std::string& name, const std::string& quota,
                          const std::string& node) {
  return pod(name).in("ns-" + quota).admitted(record(quota, "p", {node})).bound(node);
}

/// Quota under "root", for namespace ns-<name>.
inline QuotaBuilder team(const std::string& name, std::int64_t cores) {
  return quota(name).under("root").of("ns-" + name).pool("p").cpu(cores);
}

} // namespace berth::allocation::testing
