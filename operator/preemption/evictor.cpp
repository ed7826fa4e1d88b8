#include "operator/preemption/evictor.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/cluster/request_units.hpp"
#include "operator/admission/admission_patch.hpp"
#include "operator/request/reference.hpp"

namespace berth::op {
namespace {

constexpr std::size_t kVictimsToldMax = 4;

bool still_waits(const allocation::PodView& pod) {
  return pod.gated && !pod.admission && !pod.is_bound() && !pod.terminating && !pod.terminal;
}

/// Nothing is left to write on a pod that is gone.
bool is_failure(const Result<void>& written) {
  return !written && written.error().code != Code::NotFound;
}

} // namespace

Evictor::Evictor(Parts parts, EvictorLimits limits, std::function<void()> reconsider)
    : parts_(std::move(parts)), limits_(limits), reconsider_(std::move(reconsider)),
      writes_({parts_.client, parts_.executor, parts_.observer, parts_.failpoints, parts_.leads}),
      sender_({parts_.client, parts_.executor, parts_.observer, parts_.metrics, parts_.failpoints,
               writes_, history_,
               [this](const allocation::PodView& about, kube::EventSeverity severity, Reason reason,
                      const std::string& note) { tell(about, severity, reason, note); },
               [this](const ReservationName& about, const std::string& note) { warn(about, note); },
               parts_.log}),
      group_(parts_.executor) {}

void Evictor::carry_out(allocation::PreemptionPlan plan, TimePoint decided_at) {
  history_.prune(now());
  for (auto& steps : steps_by_preemptor(std::move(plan), decided_at)) {
    if (const auto known = busy_.find(steps.preemptor); known != busy_.end()) {
      known->second = true;
      continue;
    }
    if (busy_.size() >= limits_.preemptors_in_flight_max) {
      turned_away_ = true;
      continue;
    }
    busy_.emplace(steps.preemptor, false);
    group_.spawn(run(std::move(steps)));
  }
}

bool Evictor::is_evicting_for(const WorkloadId& preemptor) {
  if (!evicting_.contains(preemptor.str()))
    return false;
  busy_.at(preemptor.str()) = true;
  return true;
}

void Evictor::recall() {
  history_ = {};
  for (const auto& [key, quota] : parts_.observer.quotas().items())
    history_.recall(QuotaName{key.name}, api::evictions_told(*quota));
}

async::Task<void> Evictor::drain() {
  group_.request_stop();
  return group_.join();
}

async::Task<void> Evictor::run(PreemptionSteps steps) {
  const bool done = co_await take(steps);
  if (!done)
    co_await async::sleep_for(parts_.executor, limits_.retried_after, group_.stop_token());
  const auto known = busy_.find(steps.preemptor);
  const bool is_outdated = std::exchange(turned_away_, false) || known->second;
  busy_.erase(known);
  if (!done || is_outdated)
    reconsider_();
}

async::Task<bool> Evictor::take(const PreemptionSteps& steps) {
  bool done = true;
  if (steps.nomination)
    done = co_await nominate(*steps.nomination);
  for (std::size_t i = 0; done && i < steps.notices.size(); ++i) {
    done = co_await give_notice(steps.notices[i], steps.decided_at);
    parts_.failpoints.pass(Failpoint::AfterFirstNotice);
  }
  if (done && !steps.evictions.empty()) {
    std::vector<allocation::Eviction> evictions = steps.evictions;
    evicting_.insert(steps.preemptor);
    done = co_await sender_.send(std::move(evictions));
    evicting_.erase(steps.preemptor);
  }
  if (steps.end) {
    const bool ended = co_await end(*steps.end);
    done = done && ended;
  }
  co_return done;
}

async::Task<bool> Evictor::nominate(const allocation::NominationDecision& nomination) {
  parts_.failpoints.pass(Failpoint::BeforeNomination);
  const auto& members = nomination.members;
  bool written = false;
  if (members.front().pod->is_request)
    written = co_await nominate_units(members);
  else
    written = co_await nominate_pods(members);
  if (!written)
    co_return false;
  for (const auto& [quota, pool] : nomination.reclaimed)
    history_.note_reclaim(quota, pool, now());
  const auto& first = members.front();
  const std::string where = first.record.node.empty() ? "in pool " + first.record.pool.str()
                                                      : "on " + first.record.node.str();
  tell(*first.pod, kube::EventSeverity::Normal, Reason::Preempting,
       "room is made " + where + " by evicting " + names_of(first.record.victims));
  parts_.failpoints.pass(Failpoint::AfterNomination);
  co_return true;
}

async::Task<bool> Evictor::nominate_pods(std::span<const NominatedMember> members) {
  bool failed = false;
  co_await write_nomination(members.front(), &failed);
  if (failed)
    co_return false;
  if (members.size() > 1)
    parts_.failpoints.pass(Failpoint::AfterFirstNomination);
  const Write write_other = [&](std::size_t i, bool* flag) {
    return write_nomination(members[i + 1], flag);
  };
  co_return co_await in_batches(members.size() - 1, write_other);
}

/// The units of a request share one annotation.
async::Task<bool> Evictor::nominate_units(std::span<const NominatedMember> members) {
  const PodUid first = allocation::unit_uid(*cluster::request_uid_of(members.front().pod->uid), 0);
  const auto known = writes_.known(first);
  if (!known || !still_waits(known->view))
    co_return false;
  std::map<std::size_t, allocation::NominationRecord> by_number;
  for (const NominatedMember& member : members)
    by_number.emplace(*cluster::unit_number(member.pod->uid), member.record);
  std::vector<allocation::NominationRecord> records;
  for (auto& [number, record] : by_number)
    records.push_back(std::move(record));
  const PodWrites::Patch patch = [&](const cluster::Pod& request) {
    return units_nominated_patch(request, records);
  };
  const auto written = co_await writes_.patch(first, patch);
  co_return written.has_value();
}

async::Task<void> Evictor::write_nomination(const NominatedMember& member, bool* failed) {
  const auto known = writes_.known(member.pod->uid);
  if (!known || !still_waits(known->view)) {
    *failed = true;
    co_return;
  }
  if (known->view.nomination == member.record)
    co_return;
  const PodWrites::Patch patch = [&](const cluster::Pod& pod) {
    return nominated_patch(pod, &member.record);
  };
  const auto written = co_await writes_.patch(member.pod->uid, patch);
  *failed = *failed || !written;
}

/// To all pods of one victim.
async::Task<bool> Evictor::give_notice(const allocation::Eviction& eviction, TimePoint decided_at) {
  const Duration notice = eviction.revocable_after - decided_at;
  const Write write = [&](std::size_t i, bool* failed) {
    return write_notice(eviction.pods[i]->uid, notice, failed);
  };
  const bool given = co_await in_batches(eviction.pods.size(), write);
  if (!given)
    co_return false;
  tell(*eviction.pods.front(), kube::EventSeverity::Warning, eviction.reason,
       "may be evicted after " + format_time(now() + notice) + ": " + eviction.message);
  co_return true;
}

/// P6 counts from when the notice stands there, which is later than when it was decided.
async::Task<void> Evictor::write_notice(PodUid pod, Duration notice, bool* failed) {
  for (std::size_t tries = 0; tries < limits_.notice_tries_max; ++tries) {
    const SteadyPoint asked = parts_.executor.clock().steady_now();
    const TimePoint until =
        std::chrono::ceil<std::chrono::seconds>(now() + notice + limits_.notice_lag_max);
    const PodWrites::Patch patch = [&](const cluster::Pod& known) {
      return notice_patch(known, until);
    };
    const auto written = co_await writes_.patch(pod, patch);
    const Duration taken =
        std::chrono::duration_cast<Duration>(parts_.executor.clock().steady_now() - asked);
    *failed = *failed || is_failure(written);
    if (!written || taken <= limits_.notice_lag_max)
      co_return;
  }
  *failed = true;
}

async::Task<bool> Evictor::end(const allocation::NominationEnd& end) {
  if (!end.is_fulfilled)
    parts_.failpoints.pass(Failpoint::BeforeNominationEnd);
  const Write clear = [&](std::size_t i, bool* failed) {
    return clear_nomination(*end.pods[i], end.is_fulfilled, failed);
  };
  const bool cleared = co_await in_batches(end.pods.size(), clear);
  if (!end.is_fulfilled)
    parts_.failpoints.pass(Failpoint::AfterNominationEnd);
  const Write withdraw = [&](std::size_t i, bool* failed) {
    return withdraw_notice(*end.spared[i], failed);
  };
  const bool withdrawn = co_await in_batches(end.spared.size(), withdraw);
  if (!cleared || end.is_fulfilled || end.pods.empty())
    co_return cleared&& withdrawn;
  history_.note_failed_plan({end.workload, end.created}, end.victims, now());
  parts_.metrics.preemption_plans_given_up.add();
  tell(*end.pods.front(), kube::EventSeverity::Normal, Reason::Preempting,
       "the plan to evict work for it is given up; what it still needs is decided again");
  co_return withdrawn;
}

/// The write that admits a pod clears its nomination too, so that one is not anticipated.
async::Task<void> Evictor::clear_nomination(const allocation::PodView& pod, bool fulfilled,
                                            bool* failed) {
  const auto known = writes_.known(pod.uid);
  if (!known || known->view.nomination != pod.nomination || (fulfilled && still_waits(known->view)))
    co_return;
  const PodWrites::Patch patch = [](const cluster::Pod& current) {
    return nominated_patch(current, nullptr);
  };
  const auto written = co_await writes_.patch(pod.uid, patch);
  *failed = *failed || is_failure(written);
}

async::Task<void> Evictor::withdraw_notice(const allocation::PodView& pod, bool* failed) {
  const auto known = writes_.known(pod.uid);
  if (!known || known->view.revocable_after != pod.revocable_after || known->view.terminating)
    co_return;
  const PodWrites::Patch patch = [](const cluster::Pod& current) {
    return notice_patch(current, std::nullopt);
  };
  const auto written = co_await writes_.patch(pod.uid, patch);
  *failed = *failed || is_failure(written);
}

async::Task<bool> Evictor::in_batches(std::size_t count, Write write) {
  bool failed = false;
  for (std::size_t begin = 0; begin < count; begin += limits_.writes_in_flight_max) {
    const std::size_t end = std::min(count, begin + limits_.writes_in_flight_max);
    async::TaskGroup batch(parts_.executor);
    for (std::size_t i = begin; i < end; ++i)
      batch.spawn(write(i, &failed));
    co_await batch.join();
  }
  co_return !failed;
}

void Evictor::tell(const allocation::PodView& about, kube::EventSeverity severity, Reason reason,
                   const std::string& note) {
  parts_.events.record(reference_to(about), severity, reason, "Preempt", note);
}

void Evictor::warn(const ReservationName& about, const std::string& note) {
  const auto reservation = parts_.observer.reservations().find({"", about.str()});
  if (reservation == nullptr)
    return;
  const kube::ObjectReference reference{std::string(api::kApiVersion), "Reservation",
                                        reservation->meta.key(), reservation->meta.uid};
  parts_.events.record(reference, kube::EventSeverity::Warning, Reason::Preempting, "Preempt",
                       note);
}

std::string Evictor::names_of(std::span<const PodUid> pods) const {
  std::string names;
  for (const PodUid& uid : pods.first(std::min(pods.size(), kVictimsToldMax)))
    if (const auto pod = writes_.known(uid))
      names += (names.empty() ? "" : ", ") + to_string(pod->meta.key());
  if (pods.size() > kVictimsToldMax)
    names += " and " + std::to_string(pods.size() - kVictimsToldMax) + " more";
  return names;
}

} // namespace berth::op
