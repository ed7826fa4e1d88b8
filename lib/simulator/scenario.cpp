#include "lib/simulator/scenario.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <set>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/cycle.hpp"
#include "lib/simulator/measures.hpp"

namespace berth::simulator {
namespace {

using namespace berth::allocation;

/// When the simulated time begins: any day will do.
constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// One workload of a set.
struct Job {
  const WorkloadSet* set = nullptr;
  std::size_t set_index = 0;
  std::int64_t ordinal = 0;
  Duration arrival{};

  [[nodiscard]] std::string name() const {
    return std::to_string(set_index) + "-" + std::to_string(ordinal);
  }
};

struct Ending {
  Duration at{};
  std::size_t job = 0;
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
  void arrive(std::size_t job);
  void end(std::size_t job, Duration now);
  void cycle(Duration now);
  void start(const Admission& admission, Duration now);
  [[nodiscard]] PodUid uid_of(std::size_t job, std::int32_t member) const;

  const Scenario& scenario_;
  RunOptions options_;
  ClusterState state_;
  std::vector<ShapePtr> shapes_; ///< by set
  std::vector<Job> jobs_;        ///< by arrival
  std::map<WorkloadId, std::size_t> waiting_;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> running_;
  Measures measures_;
  std::map<NodeName, std::size_t> node_positions_;
  std::vector<WorkloadRecord> records_; ///< by job; empty unless they are kept
};

Run::Run(const Scenario& scenario, const RunOptions& options)
    : scenario_(scenario), options_(options), measures_(scenario) {
  feed_cluster();
  list_jobs();
  if (!options_.keep_records)
    return;
  for (std::size_t i = 0; i < scenario_.nodes.size(); ++i)
    node_positions_.emplace(scenario_.nodes[i].name, i);
  for (const Job& job : jobs_)
    records_.push_back(WorkloadRecord{job.set_index, job.arrival, {}, {}, {}});
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
}

void Run::list_jobs() {
  for (std::size_t i = 0; i < scenario_.workloads.size(); ++i) {
    const WorkloadSet& set = scenario_.workloads[i];
    PodShape shape{set.requests, {}};
    shape.constraints.node_selector = set.node_selector;
    shape.requests.set(ResourceName::pods(), Amount{1});
    shapes_.emplace_back(std::move(shape));
    for (std::int64_t ordinal = 0; ordinal < set.count; ++ordinal)
      jobs_.push_back(Job{&set, i, ordinal, set.first + ordinal * set.every});
  }
  std::ranges::stable_sort(jobs_, {}, &Job::arrival);
}

PodUid Run::uid_of(std::size_t job, std::int32_t member) const {
  return PodUid{jobs_[job].name() + "-" + std::to_string(member)};
}

void Run::arrive(std::size_t job) {
  const Job& added = jobs_[job];
  PodView pod;
  pod.namespace_name = added.set->quota.str();
  pod.service_account = "default";
  pod.shape = shapes_[added.set_index];
  pod.priority = added.set->priority;
  pod.created = kStart + added.arrival;
  pod.duration_limit = added.set->runtime;
  pod.managed = pod.gated = true;
  if (added.set->members > 1)
    pod.gang = GangMembership{added.name(), added.set->members};
  for (std::int32_t member = 0; member < added.set->members; ++member) {
    pod.uid = uid_of(job, member);
    pod.name = pod.uid.str();
    waiting_[workload_id(pod)] = job;
    state_.upsert_pod(pod);
  }
  measures_.arrived(added.set_index);
}

void Run::end(std::size_t job, Duration now) {
  for (std::int32_t member = 0; member < jobs_[job].set->members; ++member)
    state_.remove_pod(uid_of(job, member));
  measures_.ended(now);
}

void Run::cycle(Duration now) {
  const auto snapshot = state_.publish(kStart + now);
  const Plan plan = decide(*snapshot, Policy{}, kStart + now, options_.seed);
  measures_.count_cycle();
  for (const Admission& admission : plan.admissions)
    start(admission, now);
  measures_.observe(*state_.publish(kStart + now), now);
}

void Run::start(const Admission& admission, Duration now) {
  const auto known = waiting_.find(admission.workload->id);
  const std::size_t job = known->second;
  waiting_.erase(known);
  for (const MemberAdmission& member : admission.members) {
    PodView running = *member.pod;
    running.admission = member.record;
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
  measures_.started(jobs_[job].set_index, now - jobs_[job].arrival);
  running_.push(Ending{ending, job});
}

ScenarioRun Run::play() {
  std::size_t next = 0;
  while (next < jobs_.size() || !running_.empty()) {
    const Duration arrival = next < jobs_.size() ? jobs_[next].arrival : Duration::max();
    const Duration now = running_.empty() ? arrival : std::min(arrival, running_.top().at);
    measures_.advance(now);
    for (; !running_.empty() && running_.top().at == now; running_.pop())
      end(running_.top().job, now);
    for (; next < jobs_.size() && jobs_[next].arrival == now; ++next)
      arrive(next);
    cycle(now);
  }
  return {measures_.report(), std::move(records_)};
}

} // namespace

ScenarioRun run(const Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).play();
}

} // namespace berth::simulator
