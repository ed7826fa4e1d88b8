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
  std::vector<allocation::Stranding> due;
  for (const auto& [uid, seen] : seen_)
    if (now - seen.since >= options_.grace && due.size() < options_.evictions_per_look_max)
      due.push_back(seen.stranding);
  for (auto& stranding : due)
    co_await evict(std::move(stranding));
}

async::Task<void> StrandedPods::evict(allocation::Stranding stranding) {
  const auto pod = parts_.observer.find_pod(stranding.pod->uid);
  if (!pod || pod->view.is_bound() || pod->view.terminating || !parts_.leads())
    co_return;
  const kube::ObjectKey key = pod->meta.key();
  kube::Preconditions preconditions{pod->meta.uid, pod->meta.resource_version};
  auto evicted = co_await parts_.client.evict(key, std::move(preconditions), std::nullopt);
  if (!evicted) {
    if (evicted.error().code != Code::NotFound && evicted.error().code != Code::Conflict)
      parts_.log.warn("Failed to evict a pod without candidates", evicted.error(),
                      {{"pod", to_string(key)}});
    co_return;
  }
  seen_.erase(stranding.pod->uid);
  const kube::ObjectReference about{"v1", "Pod", key, stranding.pod->uid.str()};
  parts_.events.record(about, kube::EventSeverity::Warning, Reason::CandidatesLost, "Evict",
                       "no candidate can take the pod any more (" +
                           losses_text(stranding.candidates) + "); its controller makes it again");
  parts_.log.info("Evicted a pod without candidates", {{"pod", to_string(key)}});
}

} // namespace berth::op
