#include "lib/simulator/scenario.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <queue>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/cycle.hpp"
#include "lib/simulator/measures.hpp"
#include "lib/simulator/windows.hpp"

namespace berth::simulator {
namespace {

using namespace berth::allocation;

constexpr TimePoint kStart = kScenarioStart;
/// Cycles at one moment: one that promises room is followed by one that evicts, and one that
/// admits.
constexpr int kRoundsMax = 64;
/// While work waits that time alone may help (P4, P6), a cycle runs this often, as in the operator.
constexpr Duration kCycleInterval = std::chrono::seconds{60};

/// One workload of a set.
struct Job {
  const WorkloadSet* set = nullptr;
  std::size_t set_index = 0;
  std::int64_t ordinal = 0;
  Duration arrival{};
  WorkloadId id{};
  std::optional<Duration> started{};
  int evictions = 0;

  [[nodiscard]] std::string name() const {
    return std::to_string(set_index) + "-" + std::to_string(ordinal);
  }
};

struct Ending {
  Duration at{};
  std::size_t job = 0;
  int evictions = 0; ///< of the job before; more by now: it did not come to this end
  friend bool operator>(const Ending& left, const Ending& right) {
    return std::pair{left.at, left.job} > std::pair{right.at, right.job};
  }
};

class Run {
public:
  Run(const Scenario& scenario, const RunOptions& options);

  [[nodiscard]] ScenarioRun play();

private:
  void feed_cluster();
  void list_jobs();
  void arrive(std::size_t job, Duration now);
  void submit(std::size_t job, Duration now);
  void let_in(Duration now);
  void end(std::size_t job, Duration now);
  void drop_evicted_endings();
  [[nodiscard]] Duration next_instant(std::size_t next_job) const;
  [[nodiscard]] ScenarioRun result();
  void cycle(Duration now);
  [[nodiscard]] Plan decide_once(Duration now);
  void start(const Admission& admission, Duration now);
  void carry_out(const PreemptionPlan& plan, Duration now);
  void evict(const Eviction& eviction, Duration now);
  void update(const PodView& pod, const std::function<void(PodView&)>& change);
  void remove_pods(std::size_t job);
  [[nodiscard]] PodUid uid_of(std::size_t job, std::int32_t member) const;

  const Scenario& scenario_;
  RunOptions options_;
  Policy policy_;
  ClusterState state_;
  std::vector<ShapePtr> shapes_; ///< by set
  std::vector<Job> jobs_;        ///< by arrival
  std::map<WorkloadId, std::size_t> waiting_;
  std::deque<std::size_t> queue_;             ///< under FIFO: arrived, and not in the cluster yet
  std::map<WorkloadId, std::size_t> started_; ///< those that run
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> running_;
  Duration changed_{};                    ///< when something arrived, started or ended last
  Duration next_cycle_ = Duration::max(); ///< if nothing arrives or ends before
  Measures measures_;
  Windows windows_;
  std::map<NodeName, std::size_t> node_positions_;
  std::vector<WorkloadRecord> records_; ///< by job; empty unless they are kept
  std::vector<WorkloadRecord> evicted_;
};

Run::Run(const Scenario& scenario, const RunOptions& options)
    : scenario_(scenario), options_(options), measures_(scenario), windows_(scenario) {
  policy_.preemption = scenario.preemption;
  policy_.preemption.enabled = scenario.preemption.enabled && !options.is_fifo;
  policy_.backfill.enabled = !options.is_fifo; // the only one that waits is held up by nobody
  feed_cluster();
  list_jobs();
  if (!options_.keep_records)
    return;
  for (std::size_t i = 0; i < scenario_.nodes.size(); ++i)
    node_positions_.emplace(scenario_.nodes[i].name, i);
  for (const Job& job : jobs_)
    records_.push_back(WorkloadRecord{job.set_index, job.arrival, {}, {}, {}, false});
}

void Run::feed_cluster() {
  for (const NodeView& node : scenario_.nodes)
    state_.upsert_node(node);
  for (const PoolSpec& pool : scenario_.pools)
    state_.upsert_pool(pool);
  for (QuotaSpec quota : scenario_.quotas) {
    quota.subjects.namespaces = {quota.name.str()};
    state_.upsert_quota(std::move(quota));
  }
  windows_.feed(state_);
}

void Run::list_jobs() {
  for (std::size_t i = 0; i < scenario_.workloads.size(); ++i) {
    const WorkloadSet& set = scenario_.workloads[i];
    PodShape shape{set.requests, {}};
    shape.constraints.node_selector = set.node_selector;
    shape.requests.set(ResourceName::pods(), Amount{1});
    shapes_.emplace_back(std::move(shape));
    for (std::int64_t ordinal = 0; ordinal < set.count; ++ordinal)
      jobs_.push_back(Job{&set, i, ordinal, set.first + ordinal * set.every, {}, {}, 0});
  }
  std::ranges::stable_sort(jobs_, {}, &Job::arrival);
}

/// A pod that is made again after an eviction is another one.
PodUid Run::uid_of(std::size_t job, std::int32_t member) const {
  const std::string name = jobs_[job].name() + "-" + std::to_string(member);
  const int evictions = jobs_[job].evictions;
  return PodUid{evictions == 0 ? name : name + "-again-" + std::to_string(evictions)};
}

void Run::submit(std::size_t job, Duration now) {
  const Job& added = jobs_[job];
  PodView pod;
  pod.namespace_name = added.set->quota.str();
  pod.service_account = "default";
  pod.shape = shapes_[added.set_index];
  pod.priority = added.set->priority;
  pod.created = kStart + now;
  pod.duration_limit = added.set->runtime;
  pod.owner = added.name(); // who makes evicted pods again
  pod.managed = pod.gated = true;
  if (added.set->members > 1)
    pod.gang = GangMembership{added.name(), added.set->members};
  for (std::int32_t member = 0; member < added.set->members; ++member) {
    pod.uid = uid_of(job, member);
    pod.name = pod.uid.str();
    jobs_[job].id = workload_id(pod);
    state_.upsert_pod(pod);
  }
  waiting_[added.id] = job;
  changed_ = now;
}

void Run::arrive(std::size_t job, Duration now) {
  measures_.arrived(jobs_[job].set_index);
  if (options_.is_fifo && !waiting_.empty())
    queue_.push_back(job);
  else
    submit(job, now);
}

/// Under FIFO the next one has its turn, as long as each starts at once.
void Run::let_in(Duration now) {
  while (waiting_.empty() && !queue_.empty()) {
    submit(queue_.front(), now);
    queue_.pop_front();
    cycle(now);
  }
}

void Run::remove_pods(std::size_t job) {
  for (std::int32_t member = 0; member < jobs_[job].set->members; ++member)
    state_.remove_pod(uid_of(job, member));
  started_.erase(jobs_[job].id);
}

void Run::end(std::size_t job, Duration now) {
  remove_pods(job);
  measures_.ended(jobs_[job].set_index, *jobs_[job].started - jobs_[job].arrival, now);
  changed_ = now;
}

/// Again and again as long as preemption goes on: what it promises is written at once, and nobody
/// needs time to go.
void Run::cycle(Duration now) {
  Plan plan = decide_once(now);
  for (int round = 1; round < kRoundsMax && !plan.preemption.empty(); ++round)
    plan = decide_once(now);
  const auto decided = state_.publish(kStart + now);
  measures_.observe(*decided, now);
  const PreemptionPolicy& preemption = policy_.preemption;
  const Duration patience =
      EvictionHistory::kBackOffMax + preemption.min_runtime + preemption.notice;
  next_cycle_ = Duration::max();
  if (preemption.enabled && !waiting_.empty() && now - changed_ <= patience)
    next_cycle_ = now + kCycleInterval;
  if (plan.preemption.next_due != TimePoint::max())
    next_cycle_ = std::min(next_cycle_, plan.preemption.next_due - kStart);
  if (decided->holds->until != TimePoint::max())
    next_cycle_ = std::min(next_cycle_, decided->holds->until - kStart);
}

Plan Run::decide_once(Duration now) {
  const auto snapshot = state_.publish(kStart + now);
  windows_.look(*snapshot, now);
  policy_.evictions.prune(kStart + now);
  Plan plan = decide(*snapshot, policy_, kStart + now, options_.seed);
  policy_.memory = std::make_shared<const AllocationMemory>(plan.memory);
  measures_.count_cycle();
  for (const Admission& admission : plan.admissions)
    start(admission, now);
  if (!scenario_.reservations.empty())
    windows_.carry_out(plan, *state_.publish(kStart + now), state_);
  carry_out(plan.preemption, now);
  return plan;
}

void Run::start(const Admission& admission, Duration now) {
  const auto known = waiting_.find(admission.workload->id);
  const std::size_t job = known->second;
  started_.insert(waiting_.extract(known));
  jobs_[job].started = now;
  for (const MemberAdmission& member : admission.members) {
    PodView running = *member.pod;
    running.admission = member.record;
    running.revocable_after = member.record.lent_until;
    running.nomination.reset();
    running.gated = false;
    running.node = member.record.planned_nodes.front();
    running.started = kStart + now;
    if (options_.keep_records)
      records_[job].nodes.push_back(node_positions_.at(running.node));
    state_.upsert_pod(std::move(running));
  }
  const Duration ending = now + jobs_[job].set->runtime;
  if (options_.keep_records) {
    records_[job].started = now;
    records_[job].ended = ending;
  }
  running_.push(Ending{ending, job, jobs_[job].evictions});
  changed_ = now;
}

void Run::update(const PodView& pod, const std::function<void(PodView&)>& change) {
  PodView changed = pod;
  change(changed);
  state_.upsert_pod(std::move(changed));
}

/// Evictions come last: what else the plan says of a victim is void by then.
void Run::carry_out(const PreemptionPlan& plan, Duration now) {
  const auto forget_notice = [](PodView& pod) { pod.revocable_after.reset(); };
  for (const NominationDecision& nomination : plan.nominations) {
    for (const auto& [member, record] : nomination.members)
      update(*member, [&](PodView& pod) { pod.nomination = record; });
    for (const auto& [quota, pool] : nomination.reclaimed)
      policy_.evictions.note_reclaim(quota, pool, kStart + now);
  }
  for (const NominationEnd& end : plan.ended) {
    for (const auto& pod : end.pods)
      update(*pod, [](PodView& ended) { ended.nomination.reset(); });
    for (const auto& pod : end.spared)
      update(*pod, forget_notice);
    if (!end.is_fulfilled)
      policy_.evictions.note_failed_plan({end.workload, end.created}, end.victims, kStart + now);
  }
  for (const auto& pod : plan.pardons)
    update(*pod, forget_notice);
  for (const Eviction& eviction : plan.evictions)
    if (eviction.step == EvictionStep::Notice)
      for (const auto& pod : eviction.pods)
        update(*pod, [&](PodView& told) { told.revocable_after = eviction.revocable_after; });
  for (const Eviction& eviction : plan.evictions)
    if (eviction.step == EvictionStep::Evict)
      evict(eviction, now);
}

/// All that the workload had done is lost, as with any Job without checkpoints.
void Run::evict(const Eviction& eviction, Duration now) {
  const auto known = started_.find(eviction.victim);
  if (known == started_.end())
    return;
  const std::size_t job = known->second;
  policy_.evictions.note_eviction(eviction.quota, eviction_key(*eviction.pods.front()),
                                  kStart + now);
  measures_.evicted(jobs_[job].set_index, now - *jobs_[job].started);
  remove_pods(job);
  if (options_.keep_records) {
    WorkloadRecord& record = records_[job];
    evicted_.push_back(record);
    evicted_.back().ended = now;
    evicted_.back().is_evicted = true;
    record = WorkloadRecord{record.set, now, {}, {}, {}, false};
  }
  jobs_[job].started.reset();
  ++jobs_[job].evictions;
  submit(job, now);
}

void Run::drop_evicted_endings() {
  while (!running_.empty() && running_.top().evictions < jobs_[running_.top().job].evictions)
    running_.pop();
}

Duration Run::next_instant(std::size_t next_job) const {
  const bool is_idle = next_job == jobs_.size() && running_.empty();
  if (is_idle && (waiting_.empty() || next_cycle_ - changed_ > kIdleMax))
    return Duration::max();
  Duration next = next_cycle_;
  if (next_job < jobs_.size())
    next = std::min(next, jobs_[next_job].arrival);
  if (!running_.empty())
    next = std::min(next, running_.top().at);
  return next;
}

ScenarioRun Run::play() {
  std::size_t next = 0;
  if (!scenario_.reservations.empty())
    for (int round = 0; round < 2; ++round) // promised, and held, before anything arrives
      cycle(Duration{});
  Duration now = next_instant(next);
  for (; now != Duration::max(); now = next_instant(next)) {
    measures_.advance(now);
    for (; !running_.empty() && running_.top().at == now; drop_evicted_endings()) {
      const std::size_t job = running_.top().job;
      running_.pop();
      end(job, now);
    }
    for (; next < jobs_.size() && jobs_[next].arrival == now; ++next)
      arrive(next, now);
    if (options_.progress)
      options_.progress(next, jobs_.size());
    cycle(now);
    let_in(now);
    drop_evicted_endings();
  }
  return result();
}

ScenarioRun Run::result() {
  ScenarioRun run{measures_.report(), std::move(records_), std::move(evicted_), {}, {}};
  run.report.reservations = windows_.reports();
  if (options_.keep_records)
    run.windows = windows_.records();
  for (const Job& job : jobs_)
    run.waits.push_back(job.started ? std::optional(*job.started - job.arrival) : std::nullopt);
  return run;
}

} // namespace

ScenarioRun run(const Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).play();
}

} // namespace berth::simulator
