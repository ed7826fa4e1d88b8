#include "cli/simulate/log_run.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "lib/allocation/workload.hpp"
#include "lib/decision_log/trial.hpp"
#include "lib/simulator/measures.hpp"

namespace berth::cli {
namespace {

using decision_log::Story;
using decision_log::WorkStory;
using simulator::WorkloadRecord;
using simulator::WorkloadSet;

/// How one workload, a pod or a gang, goes.
struct Course {
  std::string name{}; ///< "NAMESPACE/NAME"
  bool ran_before = false;
  std::size_t present = 0; ///< members that arrived
  std::size_t running = 0;
  std::size_t done = 0;
  std::optional<Duration> started{};
};

/// What there was at any time of the log, in its last shape.
template <class T>
std::vector<T> all_of(const Story& story) {
  std::map<std::string, T> found;
  for (const decision_log::OutsideEvent& event : story.events)
    for (const decision_log::Change& change : event.changes)
      if (const T* object = change.now ? std::get_if<T>(&*change.now) : nullptr)
        found.insert_or_assign(change.id, *object);
  std::vector<T> objects;
  for (auto& [name, object] : found)
    objects.push_back(std::move(object));
  return objects;
}

class Player {
public:
  Player(const Story& story, bool keep_records);

  [[nodiscard]] Result<LogRun> play(std::optional<allocation::Strategy> strategy,
                                    const Onlooker& onlooker);

private:
  void list_sets();
  void add_member(const WorkStory& work);
  [[nodiscard]] decision_log::TrialEvents events();
  void arrive(std::size_t work);
  void start(std::size_t work, const allocation::PodView& pod, TimePoint at);
  void end(std::size_t work, TimePoint now);
  void evict(std::size_t work, TimePoint now);
  void finish(const decision_log::TrialResult& result);
  [[nodiscard]] Duration since_begin(TimePoint at) const {
    return std::max(at - story_.begin, Duration{});
  }

  const Story& story_;
  bool keep_records_;
  LogRun run_;
  std::vector<std::size_t> set_of_;                                  ///< by work
  std::vector<Course> courses_;                                      ///< by set
  std::map<std::tuple<std::string, std::string>, std::size_t> sets_; ///< by workload and owner
  std::map<NodeName, std::size_t> nodes_;
  std::optional<simulator::Measures> measures_;
};

Player::Player(const Story& story, bool keep_records) : story_(story), keep_records_(keep_records) {
  run_.view.log = LogSpan{story.begin, story.end, 0, 0, 0};
  simulator::Scenario& scenario = run_.scenario;
  scenario.nodes = all_of<allocation::NodeView>(story);
  scenario.pools = all_of<allocation::PoolSpec>(story);
  scenario.quotas = all_of<allocation::QuotaSpec>(story);
  for (std::size_t i = 0; i < scenario.nodes.size(); ++i)
    nodes_.emplace(scenario.nodes[i].name, i);
  for (const WorkStory& work : story.work)
    add_member(work);
  list_sets();
  measures_.emplace(scenario);
}

void Player::add_member(const WorkStory& work) {
  const allocation::PodView& pod = work.pod;
  const std::string id = allocation::workload_id(pod).str();
  const auto [known, is_new] = sets_.try_emplace({id, pod.owner}, courses_.size());
  set_of_.push_back(known->second);
  if (!is_new) {
    WorkloadSet& set = run_.scenario.workloads[known->second];
    ++set.members;
    return;
  }
  WorkloadSet set;
  set.class_name = pod.namespace_name;
  set.count = 1;
  set.first = since_begin(work.arrived);
  set.priority = pod.priority;
  for (const auto& [name, amount] : pod.requests())
    if (name != resources::ResourceName::pods())
      set.requests.set(name, amount);
  const TimePoint assumed_start = work.started.value_or(work.arrived);
  set.runtime = std::max(work.runtime.value_or(story_.end - assumed_start), Duration{1});
  run_.scenario.workloads.push_back(std::move(set));
  const std::string name = allocation::workload_name(pod);
  courses_.push_back({pod.namespace_name + "/" + name, work.ran_before, 0, 0, 0, {}});
  LogSpan& span = *run_.view.log;
  span.ran_before += work.ran_before ? 1 : 0;
  span.ends_said += work.is_open && work.runtime ? 1 : 0;
  span.ends_open += work.is_open && !work.runtime ? 1 : 0;
}

void Player::list_sets() {
  std::vector<WorkloadRecord>& records = run_.view.run.records;
  for (std::size_t set = 0; set < courses_.size(); ++set) {
    run_.view.workloads += courses_[set].ran_before ? 0 : 1;
    records.push_back(WorkloadRecord{set, run_.scenario.workloads[set].first, {}, {}, {}, false});
  }
}

void Player::arrive(std::size_t work) {
  Course& course = courses_[set_of_[work]];
  if (++course.present == 1 && !course.ran_before)
    measures_->arrived(set_of_[work]);
}

/// A workload started when the last of its members did.
void Player::start(std::size_t work, const allocation::PodView& pod, TimePoint at) {
  const std::size_t set = set_of_[work];
  Course& course = courses_[set];
  ++course.running;
  course.started = since_begin(at);
  WorkloadRecord& record = run_.view.run.records[set];
  record.started = course.started;
  if (!pod.admission)
    return;
  run_.scenario.workloads[set].quota = pod.admission->quota;
  const auto& planned = pod.admission->planned_nodes;
  const NodeName node = pod.is_bound() || planned.empty() ? pod.node : planned.front();
  if (const auto known = nodes_.find(node); known != nodes_.end())
    record.nodes.push_back(known->second);
}

void Player::end(std::size_t work, TimePoint now) {
  const std::size_t set = set_of_[work];
  Course& course = courses_[set];
  --course.running;
  run_.view.run.records[set].ended = since_begin(now);
  const auto members = static_cast<std::size_t>(run_.scenario.workloads[set].members);
  if (++course.done == members && course.started && !course.ran_before)
    measures_->ended(set, *course.started - run_.scenario.workloads[set].first, since_begin(now));
}

/// With its first member that goes all that the workload had done is lost.
void Player::evict(std::size_t work, TimePoint now) {
  const std::size_t set = set_of_[work];
  Course& course = courses_[set];
  --course.running;
  WorkloadRecord& record = run_.view.run.records[set];
  if (!record.started)
    return;
  measures_->evicted(set, since_begin(now) - *record.started);
  run_.view.run.evicted.push_back(record);
  run_.view.run.evicted.back().ended = since_begin(now);
  run_.view.run.evicted.back().is_evicted = true;
  record = WorkloadRecord{set, since_begin(now), {}, {}, {}, false};
  course.started.reset();
}

/// What still runs has come to the end of what is known.
void Player::finish(const decision_log::TrialResult& result) {
  const Duration end = story_.end - story_.begin;
  measures_->advance(end);
  for (std::size_t set = 0; set < courses_.size(); ++set) {
    Course& course = courses_[set];
    WorkloadSet& known = run_.scenario.workloads[set];
    if (course.running > 0) {
      run_.view.run.records[set].ended = end;
      if (!course.ran_before && course.started)
        measures_->ended(set, *course.started - known.first, end);
    }
    const auto outcome = result.workloads.find(course.name);
    if (known.quota.empty() && outcome != result.workloads.end())
      known.quota = QuotaName{outcome->second.quota};
  }
  measures_->run_until(end);
  run_.view.run.report = measures_->report();
  run_.view.run.report.cycles = result.cycles;
  run_.view.run.report.wasted_core_seconds = result.wasted_core_seconds;
  if (!keep_records_) {
    run_.view.run.records.clear();
    run_.view.run.evicted.clear();
  }
}

decision_log::TrialEvents Player::events() {
  decision_log::TrialEvents events;
  events.moment = [this](TimePoint now) { measures_->advance(since_begin(now)); };
  events.arrived = [this](std::size_t work) { arrive(work); };
  events.started = [this](std::size_t work, const allocation::PodView& pod, TimePoint at) {
    start(work, pod, at);
  };
  events.ended = [this](std::size_t work, TimePoint now) { end(work, now); };
  events.evicted = [this](std::size_t work, TimePoint now) { evict(work, now); };
  events.decided = [this](const allocation::ClusterSnapshot& snapshot, TimePoint now) {
    measures_->observe(snapshot, since_begin(now));
  };
  return events;
}

Result<LogRun> Player::play(std::optional<allocation::Strategy> strategy,
                            const Onlooker& onlooker) {
  decision_log::TrialChanges changes;
  changes.strategy = strategy;
  const auto before = onlooker.processor_time();
  BERTH_TRY(const decision_log::TrialResult result, decision_log::play(story_, changes, events()));
  run_.view.cpu = onlooker.processor_time() - before;
  finish(result);
  return std::move(run_);
}

} // namespace

Result<LogRun> run_log(const Story& story, std::optional<allocation::Strategy> strategy,
                       bool keep_records, const Onlooker& onlooker) {
  return Player(story, keep_records).play(strategy, onlooker);
}

} // namespace berth::cli
