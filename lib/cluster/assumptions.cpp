#include "lib/cluster/assumptions.hpp"

#include <utility>

namespace berth::cluster {

namespace {

/// Whether the watch shows what was assumed, or another decision: somebody else was faster. An
/// earlier record of the same decision is what a new plan is being written over.
bool settles(const allocation::PodView& seen, const allocation::AdmissionRecord& assumed) {
  return seen.admission &&
         (*seen.admission == assumed || seen.admission->decision != assumed.decision);
}

} // namespace

void Assumptions::assume_admitted(const PodUid& pod, allocation::AdmissionRecord record) {
  Assumed& assumed = by_pod_[pod];
  assumed.admission = std::move(record);
  assumed.expires = SteadyPoint::max();
}

void Assumptions::confirm_by(const PodUid& pod, SteadyPoint end) {
  const auto found = by_pod_.find(pod);
  if (found != by_pod_.end())
    found->second.expires = end;
}

void Assumptions::assume_bound(const PodUid& pod, NodeName node, SteadyPoint now) {
  Assumed& assumed = by_pod_[pod];
  assumed.node = std::move(node);
  assumed.expires = now + believed_for_;
}

void Assumptions::assume_evicted(const PodUid& pod, SteadyPoint now) {
  Assumed& assumed = by_pod_[pod];
  assumed.is_evicted = true;
  if (!assumed.admission) // else that has its own end
    assumed.expires = now + believed_for_;
}

bool Assumptions::forget(const PodUid& pod) {
  return by_pod_.erase(pod) > 0;
}

allocation::PodView Assumptions::apply(allocation::PodView seen) {
  const auto found = by_pod_.find(seen.uid);
  if (found == by_pod_.end())
    return seen;
  Assumed& assumed = found->second;
  // A bound or ended pod settles every question about where it goes.
  if (seen.is_bound() || seen.terminal) {
    assumed.admission.reset();
    assumed.node = NodeName{};
  }
  assumed.is_evicted = assumed.is_evicted && !seen.terminating && !seen.terminal;
  if (assumed.admission && !seen.gated && settles(seen, *assumed.admission))
    assumed.admission.reset();
  if (!assumed.admission && assumed.node.empty() && !assumed.is_evicted) {
    by_pod_.erase(found);
    return seen;
  }
  if (assumed.admission) {
    seen.admission = assumed.admission;
    seen.gated = false;
    if (assumed.admission->lent_until) // the same patch tells it (P6)
      seen.revocable_after = assumed.admission->lent_until;
  }
  if (!assumed.node.empty())
    seen.node = assumed.node;
  seen.terminating = seen.terminating || assumed.is_evicted;
  return seen;
}

std::vector<PodUid> Assumptions::take_expired(SteadyPoint now) {
  std::vector<PodUid> expired;
  for (auto it = by_pod_.begin(); it != by_pod_.end();) {
    if (it->second.expires > now) {
      ++it;
      continue;
    }
    expired.push_back(it->first);
    it = by_pod_.erase(it);
  }
  return expired;
}

} // namespace berth::cluster
