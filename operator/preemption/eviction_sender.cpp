#include "operator/preemption/eviction_sender.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/api/codec.hpp"

namespace berth::op {
namespace {

constexpr std::size_t kFailingPodsMax = 4096;

telemetry::EvictionCause cause_of(const allocation::Eviction& eviction) {
  if (eviction.reason == Reason::BurstEnded)
    return telemetry::EvictionCause::BurstEnded;
  switch (eviction.claim) {
  case allocation::Claim::Critical: return telemetry::EvictionCause::Critical;
  case allocation::Claim::Borrowed: return telemetry::EvictionCause::Reclaim;
  case allocation::Claim::Reserved: return telemetry::EvictionCause::Reservation;
  case allocation::Claim::Shed: return telemetry::EvictionCause::Shedding;
  case allocation::Claim::None:
  case allocation::Claim::SameQuota: break;
  }
  return telemetry::EvictionCause::Priority;
}

/// Critical work gives no notice, and where the policy asks for none there is none.
bool needs_notice(const allocation::Eviction& eviction) {
  return eviction.claim != allocation::Claim::Critical && eviction.revocable_after != TimePoint{};
}

bool waits_for(const allocation::PodView& pod, const PodUid& victim) {
  return pod.gated && !pod.admission && !pod.is_bound() && !pod.terminating && !pod.terminal &&
         pod.nomination &&
         std::binary_search(pod.nomination->victims.begin(), pod.nomination->victims.end(), victim);
}

} // namespace

async::Task<bool> EvictionSender::send(std::vector<allocation::Eviction> evictions) {
  std::vector<Target> targets;
  for (const auto& eviction : evictions)
    for (const auto& pod : eviction.pods)
      targets.push_back(Target{pod->uid, &eviction});
  const bool wanted = co_await is_wanted(targets);
  if (!wanted)
    co_return false;
  const bool needs_all = !evictions.front().preemptor.empty();
  Spared spared;
  std::vector<Target> allowed;
  for (const Target& target : targets) {
    const Answer answer = co_await may_send(target);
    if (answer == Answer::Accepted)
      allowed.push_back(target);
    else if (answer != Answer::Gone)
      spared.insert(target.eviction);
    if (needs_all && !spared.empty())
      co_return false;
  }
  std::erase_if(allowed, [&](const Target& target) { return spared.contains(target.eviction); });
  if (!allowed.empty())
    co_await send_all(allowed, needs_all, spared);
  const bool all_go = spared.empty();
  co_return all_go;
}

async::Task<void> EvictionSender::send_all(std::span<const Target> targets, bool needs_all,
                                           Spared& spared) {
  parts_.failpoints.pass(Failpoint::BeforeFirstEviction);
  std::set<const allocation::Eviction*> noted;
  for (const Target& target : targets) {
    if (spared.contains(target.eviction) || (needs_all && !spared.empty()))
      continue;
    const Answer answer = co_await send_one(target);
    if (answer == Answer::Refused || answer == Answer::Failed)
      spared.insert(target.eviction);
    if (answer == Answer::Accepted)
      parts_.observer.assume_evicted(target.pod); // it counts as going before the watch shows it
    if (answer == Answer::Accepted && noted.insert(target.eviction).second)
      note_accepted(*target.eviction);
    if (spared.empty() || !needs_all)
      parts_.failpoints.pass(Failpoint::AfterFirstEviction);
  }
}

async::Task<bool> EvictionSender::is_wanted(std::span<const Target> targets) {
  if (targets.empty())
    co_return false;
  const allocation::Eviction& first = *targets.front().eviction;
  bool wanted = first.claim == allocation::Claim::Shed; // nobody waits for it
  if (wanted)
    co_return true;
  if (first.reservation.empty())
    wanted = co_await still_waits(first.preemptor, targets);
  else
    wanted = co_await still_stands(first.reservation);
  co_return wanted;
}

/// By quorum reads: each nominated member waits, and its nomination names the victims.
async::Task<bool> EvictionSender::still_waits(WorkloadId preemptor,
                                              std::span<const Target> targets) {
  const auto snapshot = parts_.observer.snapshot();
  const auto* workload = snapshot->waiting.find(preemptor);
  if (workload == nullptr)
    co_return false;
  for (const auto& member : (*workload)->waiting) {
    if (!member->nomination)
      continue; // above the gang's minimum: nobody goes for it
    const auto fresh = co_await parts_.writes.read(member->uid);
    if (!fresh)
      co_return false;
    const bool waits = std::all_of(targets.begin(), targets.end(), [&](const Target& target) {
      return waits_for(fresh->view, target.pod);
    });
    if (!waits)
      co_return false;
  }
  co_return true;
}

async::Task<bool> EvictionSender::still_stands(ReservationName reservation) {
  const kube::ObjectKey key{"", reservation.str()};
  const auto text = co_await parts_.client.get(kube::types::reservation(), key);
  if (!text)
    co_return false;
  const auto fresh = api::decode_text<api::Reservation>(*text);
  co_return fresh && !fresh->meta.deleted;
}

/// Accepted: the eviction is due and would be accepted.
async::Task<EvictionSender::Answer> EvictionSender::may_send(Target target) {
  const auto fresh = co_await parts_.writes.read(target.pod);
  if (!fresh)
    co_return fresh.error().code == Code::NotFound ? Answer::Gone : Answer::Failed;
  const allocation::PodView& pod = fresh->view;
  if (pod.terminating || pod.terminal)
    co_return Answer::Gone;
  const bool is_told = pod.revocable_after && *pod.revocable_after <= parts_.executor.clock().now();
  if (needs_notice(*target.eviction) && !is_told)
    co_return Answer::Failed;
  const auto asked = co_await parts_.writes.may_evict(target.pod);
  co_return answer_of(target, asked);
}

async::Task<EvictionSender::Answer> EvictionSender::send_one(Target target) {
  const auto asked = co_await parts_.writes.evict(target.pod);
  co_return answer_of(target, asked);
}

EvictionSender::Answer EvictionSender::answer_of(const Target& target, const Result<void>& asked) {
  if (asked) {
    failures_.erase(target.pod);
    return Answer::Accepted;
  }
  const Error& error = asked.error();
  // Conflict: the name belongs to another pod by now.
  if (error.code == Code::NotFound || error.code == Code::Conflict)
    return Answer::Gone;
  bool is_refused = error.code == Code::Forbidden || error.code == Code::Invalid;
  if (error.code == Code::Internal) {
    if (failures_.size() >= kFailingPodsMax)
      failures_.clear();
    is_refused = ++failures_[target.pod] >= kFailuresMax;
  }
  if (!is_refused) {
    parts_.log.debug("Did not evict a pod", {{"pod", target.pod}, {"error", error.message}});
    return Answer::Failed;
  }
  note_refused(target, error);
  return Answer::Refused;
}

void EvictionSender::note_refused(const Target& target, const Error& error) {
  failures_.erase(target.pod);
  parts_.history.note_refusal(target.pod, parts_.executor.clock().now());
  parts_.metrics.evictions_refused.add();
  const auto snapshot = parts_.observer.snapshot();
  const auto* victim = snapshot->pods.find(target.pod);
  const std::string name =
      victim != nullptr ? (*victim)->namespace_name + "/" + (*victim)->name : target.pod.str();
  if (const auto* preemptor = snapshot->waiting.find(target.eviction->preemptor))
    parts_.tell(*(*preemptor)->waiting.front(), kube::EventSeverity::Warning, Reason::Preempting,
                "the eviction of " + name + " was refused: " + error.message);
  if (!target.eviction->reservation.empty())
    parts_.tell_reservation(target.eviction->reservation,
                            "the eviction of " + name + " was refused: " + error.message);
  parts_.log.warn("An eviction was refused", error,
                  {{"pod", name}, {"preemptor", target.eviction->preemptor}});
}

void EvictionSender::note_accepted(const allocation::Eviction& eviction) {
  const allocation::PodView& first = *eviction.pods.front();
  parts_.history.note_eviction(eviction.quota, allocation::eviction_key(first),
                               parts_.executor.clock().now());
  if (eviction.reason == Reason::PoolUnderPressure)
    parts_.history.note_shedding(eviction.quota, eviction.pool, parts_.executor.clock().now());
  parts_.metrics.evictions(cause_of(eviction)).add();
  parts_.tell(first, kube::EventSeverity::Normal, Reason::Evicted, eviction.message);
  parts_.log.info("Evicted a workload", {{"victim", eviction.victim},
                                         {"preemptor", eviction.preemptor},
                                         {"reservation", eviction.reservation}});
}

} // namespace berth::op
