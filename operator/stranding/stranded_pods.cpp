#include "operator/stranding/stranded_pods.hpp"

#include <string>
#include <utility>

namespace berth::op {
namespace {

std::string losses_text(const std::vector<allocation::Rejection>& candidates) {
  std::string text;
  for (const auto& candidate : candidates)
    text += (text.empty() ? "" : ", ") + candidate.node.str() + ": " + to_string(candidate);
  return text;
}

} // namespace

void StrandedPods::report(std::vector<allocation::Stranding> strandings) {
  const SteadyPoint now = parts_.executor.clock().steady_now();
  std::map<PodUid, Seen> still;
  for (auto& stranding : strandings) {
    const PodUid uid = stranding.pod->uid;
    const auto known = seen_.find(uid);
    still.emplace(uid,
                  Seen{std::move(stranding), known == seen_.end() ? now : known->second.since});
  }
  seen_ = std::move(still);
}

async::Task<void> StrandedPods::run(std::stop_token stop) {
  for (;;) {
    const bool due = co_await async::sleep_for(parts_.executor, options_.look_every, stop);
    if (!due)
      co_return;
    co_await look();
  }
}

async::Task<void> StrandedPods::look() {
  const SteadyPoint now = parts_.executor.clock().steady_now();
  note_refused(now);
  std::map<PodUid, std::string> due;
  for (const auto& [uid, seen] : seen_)
    if (now - seen.since >= options_.grace && due.size() < options_.evictions_per_look_max)
      due.emplace(uid, "no candidate can take the pod any more (" +
                           losses_text(seen.stranding.candidates) + ")");
  for (const auto& [uid, since] : refused_since_)
    if (now - since >= options_.refused_grace && due.size() < options_.evictions_per_look_max)
      due.emplace(uid, "kube-scheduler binds the pod to none of its candidates, although they have "
                       "room: another extender, or a rule of its own, refuses them");
  for (auto& [uid, why] : due) {
    const auto pod = parts_.observer.find_pod(uid);
    const bool is_refused = refused_since_.contains(uid);
    if (is_refused && pod)
      unpin(pod->view); // before its controller makes it again
    co_await evict(uid, std::move(why));
  }
}

/// Those that the newest snapshot waits for, and that lost no candidate.
void StrandedPods::note_refused(SteadyPoint now) {
  const auto snapshot = parts_.observer.snapshot();
  std::map<PodUid, SteadyPoint> still;
  if (snapshot)
    snapshot->expected.for_each(
        [&](const auto&, const std::shared_ptr<const allocation::PodView>& view) {
          const PodUid& uid = view->uid;
          if (seen_.contains(uid) || !view->admission || view->gated || view->terminating ||
              view->admission->mode != allocation::PlacementMode::Candidates)
            return;
          const auto pod = parts_.observer.find_pod(uid);
          if (!pod || !pod->is_unschedulable)
            return;
          const auto known = refused_since_.find(uid);
          still.emplace(uid, known == refused_since_.end() ? now : known->second);
        });
  refused_since_ = std::move(still);
}

void StrandedPods::unpin(const allocation::PodView& pod) {
  if (unpinned_until_.size() < options_.unpinned_max)
    unpinned_until_[allocation::eviction_key(pod)] =
        parts_.executor.clock().steady_now() + options_.unpinned_for;
}

std::set<allocation::EvictionKey> StrandedPods::unpinned() {
  const SteadyPoint now = parts_.executor.clock().steady_now();
  std::erase_if(unpinned_until_, [&](const auto& entry) { return entry.second <= now; });
  std::set<allocation::EvictionKey> keys;
  for (const auto& [key, until] : unpinned_until_)
    keys.insert(key);
  return keys;
}

async::Task<void> StrandedPods::evict(PodUid uid, std::string why) {
  const auto pod = parts_.observer.find_pod(uid);
  if (!pod || pod->view.is_bound() || pod->view.terminating || !parts_.leads())
    co_return;
  const kube::ObjectKey key = pod->meta.key();
  kube::Preconditions preconditions{pod->meta.uid, pod->meta.resource_version};
  parts_.failpoints.pass(Failpoint::BeforeStrandedEviction);
  auto evicted = co_await parts_.client.evict(key, std::move(preconditions), std::nullopt);
  if (!evicted) {
    if (evicted.error().code != Code::NotFound && evicted.error().code != Code::Conflict)
      parts_.log.warn("Failed to evict a pod without candidates", evicted.error(),
                      {{"pod", to_string(key)}});
    co_return;
  }
  parts_.failpoints.pass(Failpoint::AfterStrandedEviction);
  seen_.erase(uid);
  refused_since_.erase(uid);
  parts_.metrics.evictions(telemetry::EvictionCause::CandidatesLost).add();
  const kube::ObjectReference about{"v1", "Pod", key, uid.str()};
  parts_.events.record(about, kube::EventSeverity::Warning, Reason::CandidatesLost, "Evict",
                       why + "; its controller makes it again");
  parts_.log.info("Evicted a pod without candidates", {{"pod", to_string(key)}});
}

} // namespace berth::op
