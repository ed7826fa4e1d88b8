#include "lib/decision_log/trial.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>

#include "lib/allocation/cycle.hpp"
#include "lib/decision_log/replay.hpp"

namespace berth::decision_log {
namespace {

using namespace allocation;

/// Cycles at one moment: one that promises room is followed by one that evicts, and one that
/// admits.
constexpr int kRoundsMax = 64;
/// The passing of time alone is looked at no more often than this.
constexpr Duration kLookInterval = std::chrono::seconds{1};

/// One WorkStory as it goes this time.
struct Job {
  const WorkStory* story = nullptr;
  PodView pod{}; ///< as it stands
  std::optional<TimePoint> started{};
  std::size_t evictions = 0;
};

struct Ending {
  TimePoint at{};
  std::size_t job = 0;
  std::size_t evictions = 0; ///< of the job; more by now: it did not come to this end
  friend bool operator>(const Ending& left, const Ending& right) {
    return std::pair{left.at, left.job} > std::pair{right.at, right.job};
  }
};

class Trial {
public:
  Trial(const Story& story, const TrialChanges& changes, const TrialEvents& events);
  Result<TrialResult> play();

private:
  [[nodiscard]] bool is_overridden(const Change& change) const;
  Result<void> happen(const OutsideEvent& event);
  void arrive(const WorkStory& story);
  void withdraw(TimePoint now);
  void end_work(TimePoint now);
  void cycle(TimePoint now);
  Plan decide_once(TimePoint now);
  void start(const Admission& admission, TimePoint now);
  void carry_out(const PreemptionPlan& plan, TimePoint now);
  void carry_out(const Eviction& eviction, TimePoint now);
  void evict(std::size_t index, const QuotaName& quota, TimePoint now);
  void change(const PodUid& uid, const std::function<void(PodView&)>& how);
  void put(Job& job);
  void note_outcomes();

  const Story& story_;
  const TrialChanges& changes_;
  const TrialEvents& events_;
  std::set<std::pair<Kind, std::string>> overridden_;
  ClusterState state_;
  Policy policy_;
  std::vector<Job> jobs_;
  std::map<PodUid, std::size_t> present_; ///< jobs whose pods are there
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> endings_;
  TimePoint next_look_ = TimePoint::max();
  TrialResult result_;
};

Trial::Trial(const Story& story, const TrialChanges& changes, const TrialEvents& events)
    : story_(story), changes_(changes), events_(events) {
  for (const QuotaSpec& quota : changes.quotas) {
    overridden_.emplace(Kind::Quota, quota.name.str());
    state_.upsert_quota(quota);
  }
  for (const PolicySpec& policy : changes.policies) {
    overridden_.emplace(Kind::Policy, policy.name);
    state_.upsert_policy(policy);
  }
}

/// What follows from decisions is this trial's own.
bool Trial::is_overridden(const Change& change) const {
  const bool is_history =
      change.kind == Kind::Setting && (change.id == "evictions" || change.id == "held_back");
  return is_history || overridden_.contains({change.kind, change.id});
}

Result<void> Trial::happen(const OutsideEvent& event) {
  for (const Change& change : event.changes) {
    if (is_overridden(change))
      continue;
    const bool is_placed_anew = changes_.strategy && change.kind == Kind::Pool && change.now;
    if (!is_placed_anew) {
      BERTH_CHECK(apply_change(change, state_, policy_));
      continue;
    }
    Change placed = change;
    std::get<PoolSpec>(*placed.now).strategy = *changes_.strategy;
    BERTH_CHECK(apply_change(placed, state_, policy_));
  }
  return {};
}

void Trial::put(Job& job) {
  present_[job.pod.uid] = static_cast<std::size_t>(&job - jobs_.data());
  state_.upsert_pod(job.pod);
}

void Trial::arrive(const WorkStory& story) {
  const std::size_t index = jobs_.size();
  Job& job = jobs_.emplace_back(Job{&story, story.pod, {}, 0});
  events_.arrived(index);
  if (story.ran_before) {
    const auto& record = job.pod.admission;
    if (!job.pod.is_bound() && record && !record->planned_nodes.empty() && !job.pod.is_request)
      job.pod.node = record->planned_nodes.front();
    job.started = job.pod.started.value_or(story.arrived);
    if (story.runtime)
      endings_.push({std::max(*job.started + *story.runtime, story.arrived), index, 0});
    events_.started(index, job.pod, *job.started);
  } else {
    job.pod.nomination.reset();
    job.pod.revocable_after.reset();
  }
  put(job);
}

void Trial::withdraw(TimePoint now) {
  for (Job& job : jobs_)
    if (job.story->withdrawn && *job.story->withdrawn <= now && !job.started &&
        present_.erase(job.pod.uid) > 0)
      state_.remove_pod(job.pod.uid);
}

void Trial::end_work(TimePoint now) {
  for (; !endings_.empty() && endings_.top().at <= now; endings_.pop()) {
    const Ending ending = endings_.top();
    const Job& job = jobs_[ending.job];
    if (job.evictions != ending.evictions || present_.erase(job.pod.uid) == 0)
      continue;
    state_.remove_pod(job.pod.uid);
    events_.ended(ending.job, now);
  }
}

void Trial::cycle(TimePoint now) {
  Plan plan = decide_once(now);
  for (int round = 1; round < kRoundsMax && !plan.preemption.empty(); ++round)
    plan = decide_once(now);
  const auto decided = state_.publish(now);
  events_.decided(*decided, now);
  next_look_ = std::min({plan.next_look, plan.preemption.next_due, decided->right_until});
  if (next_look_ != TimePoint::max())
    next_look_ = std::max(next_look_, now + kLookInterval);
}

Plan Trial::decide_once(TimePoint now) {
  policy_.evictions.prune(now);
  const auto snapshot = state_.publish(now);
  Plan plan = decide(*snapshot, policy_, now, story_.seed);
  policy_.memory = std::make_shared<const AllocationMemory>(plan.memory);
  policy_.failures.clear(); // each counts once (T2)
  ++result_.cycles;
  for (const Admission& admission : plan.admissions)
    start(admission, now);
  carry_out(plan.preemption, now);
  return plan;
}

void Trial::start(const Admission& admission, TimePoint now) {
  for (const MemberAdmission& member : admission.members) {
    const auto known = present_.find(member.pod->uid);
    if (known == present_.end())
      continue;
    Job& job = jobs_[known->second];
    job.pod.admission = member.record;
    job.pod.revocable_after = member.record.lent_until;
    job.pod.nomination.reset();
    job.pod.gated = false;
    if (!member.record.planned_nodes.empty() && !job.pod.is_request)
      job.pod.node = member.record.planned_nodes.front();
    job.pod.started = job.started = now;
    if (job.story->runtime)
      endings_.push({now + *job.story->runtime, known->second, job.evictions});
    put(job);
    events_.started(known->second, job.pod, now);
  }
}

void Trial::change(const PodUid& uid, const std::function<void(PodView&)>& how) {
  const auto known = present_.find(uid);
  if (known == present_.end())
    return;
  how(jobs_[known->second].pod);
  put(jobs_[known->second]);
}

/// Evictions come last: what else the plan says of a victim is void by then.
void Trial::carry_out(const PreemptionPlan& plan, TimePoint now) {
  const auto forget_notice = [](PodView& pod) { pod.revocable_after.reset(); };
  for (const NominationDecision& nomination : plan.nominations) {
    for (const auto& [member, record] : nomination.members)
      change(member->uid, [&](PodView& pod) { pod.nomination = record; });
    for (const auto& [quota, pool] : nomination.reclaimed)
      policy_.evictions.note_reclaim(quota, pool, now);
  }
  for (const NominationEnd& end : plan.ended) {
    for (const auto& pod : end.pods)
      change(pod->uid, [](PodView& ended) { ended.nomination.reset(); });
    for (const auto& pod : end.spared)
      change(pod->uid, forget_notice);
    if (!end.is_fulfilled)
      policy_.evictions.note_failed_plan({end.workload, end.created}, end.victims, now);
  }
  for (const auto& pod : plan.pardons)
    change(pod->uid, forget_notice);
  for (const Eviction& eviction : plan.evictions)
    if (eviction.step == EvictionStep::Notice)
      for (const auto& pod : eviction.pods)
        change(pod->uid, [&](PodView& told) { told.revocable_after = eviction.revocable_after; });
  for (const Eviction& eviction : plan.evictions)
    if (eviction.step == EvictionStep::Evict)
      carry_out(eviction, now);
}

void Trial::carry_out(const Eviction& eviction, TimePoint now) {
  for (const auto& pod : eviction.pods)
    if (const auto known = present_.find(pod->uid); known != present_.end()) {
      evict(known->second, eviction.quota, now);
      if (eviction.reason == Reason::PoolUnderPressure)
        policy_.evictions.note_shedding(eviction.quota, eviction.pool, now);
    }
}

/// All that it had done is lost, and its controller makes it again.
void Trial::evict(std::size_t index, const QuotaName& quota, TimePoint now) {
  constexpr std::int64_t kMillicoreMillisecondsPerCoreSecond = 1'000'000;
  Job& job = jobs_[index];
  policy_.evictions.note_eviction(quota, eviction_key(job.pod), now);
  const auto ran = (now - job.started.value_or(now)).count();
  events_.evicted(index, now);
  result_.wasted_core_seconds += job.pod.requests().get(ResourceName::cpu()).value() * ran /
                                 kMillicoreMillisecondsPerCoreSecond;
  ++result_.evictions;
  ++job.evictions;
  present_.erase(job.pod.uid);
  state_.remove_pod(job.pod.uid);
  job.started.reset();
  PodView again = job.pod;
  again.uid = PodUid{job.story->pod.uid.str() + "-again-" + std::to_string(job.evictions)};
  again.node = again.nominated_node = NodeName{};
  again.admission.reset();
  again.nomination.reset();
  again.revocable_after.reset();
  again.started.reset();
  again.terminating = false;
  again.gated = true;
  again.created = now;
  job.pod = std::move(again);
  put(job);
}

Result<TrialResult> Trial::play() {
  jobs_.reserve(story_.work.size()); // put() finds a job's position by its address
  auto event = story_.events.begin();
  auto work = story_.work.begin();
  for (;;) {
    TimePoint now = next_look_;
    if (event != story_.events.end())
      now = std::min(now, event->at);
    if (!endings_.empty())
      now = std::min(now, endings_.top().at);
    if (now > story_.end)
      break;
    events_.moment(now);
    end_work(now);
    for (; event != story_.events.end() && event->at <= now; ++event)
      BERTH_CHECK(happen(*event));
    for (; work != story_.work.end() && work->arrived <= now; ++work)
      arrive(*work);
    withdraw(now);
    cycle(now);
  }
  note_outcomes();
  return std::move(result_);
}

void Trial::note_outcomes() {
  std::set<std::string> waiting;
  const auto snapshot = state_.publish(story_.end);
  for (const Job& job : jobs_) {
    const PodView& pod = job.pod;
    const std::string name = workload_name(job.story->pod);
    const std::string id = pod.namespace_name + "/" + name;
    const auto [known, is_new] = result_.workloads.try_emplace(id);
    TrialOutcome& outcome = known->second;
    if (pod.admission)
      outcome.quota = pod.admission->quota.str();
    else if (const auto* workload = snapshot->waiting.find(workload_id(pod)))
      outcome.quota = (*workload)->quota.quota.str();
    outcome.arrived = is_new ? job.story->arrived : std::min(outcome.arrived, job.story->arrived);
    outcome.evictions += job.evictions;
    if (!job.started)
      waiting.insert(id);
    else
      outcome.started = std::max(outcome.started.value_or(*job.started), *job.started);
  }
  for (const std::string& id : waiting)
    result_.workloads[id].started.reset();
}

} // namespace

Result<TrialResult> play(const Story& story, const TrialChanges& changes,
                         const TrialEvents& events) {
  return Trial(story, changes, events).play();
}

} // namespace berth::decision_log
