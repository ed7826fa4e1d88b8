// The operator among scheduler, kubelets and users, with faults drawn from a seed: connections that
// break, replies and watch events that are lost, crashes and restarts, nodes that come and go. The
// invariants hold at every moment; once the faults stop, all work runs and nothing is written.
//
// BERTH_SIMULATION_SEED=N repeats one run.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/simulation/kubelet.hpp"
#include "tests/support/simulation/scheduler.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::Fault;
using simulation::Json;

constexpr int kNodes = 4;
constexpr int kCpuOfNode = 8;
constexpr int kSteps = 60;
constexpr std::uint64_t kSeeds = 4;

struct Team {
  const char* name;
  int cpu;
};
/// Under one root: what one team does not use is lent to the other.
constexpr Team kTeams[] = {{"a", 10}, {"b", 6}};
constexpr int kCpuOfTeams = 16;
constexpr int kPriorityOfUrgent = 100;

int cpu_of(const Json& pod) {
  return std::stoi(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"].get<std::string>());
}

bool is_over(const Json& pod) {
  const std::string phase = pod["status"].value("phase", "");
  return phase == "Succeeded" || phase == "Failed";
}

bool is_admitted(const Json& pod) {
  return pod["metadata"].value("annotations", Json::object()).contains("berth.dev/admitted");
}

std::optional<Json> nomination_of(const Json& pod) {
  const Json annotations = pod["metadata"].value("annotations", Json::object());
  if (!annotations.contains("berth.dev/nominated"))
    return std::nullopt;
  return Json::parse(annotations["berth.dev/nominated"].get<std::string>());
}

/// Of a pod that stands alone: its own name.
std::string gang_of(const Json& pod) {
  const Json labels = pod["metadata"].value("labels", Json::object());
  return std::string(pod["metadata"]["namespace"]) + "/" +
         labels.value("berth.dev/workload", std::string(pod["metadata"]["name"]));
}

bool is_disrupted(const Json& pod) {
  const Json conditions = pod["status"].value("conditions", Json::array());
  return std::any_of(conditions.begin(), conditions.end(),
                     [](const Json& condition) { return condition["type"] == "DisruptionTarget"; });
}

/// As with the priority classes of the chart: who is evicted is the operator's to say.
simulation::SchedulerOptions scheduler_options() {
  simulation::SchedulerOptions options;
  options.preempts = false;
  return options;
}

/// One run: a cluster, its users, and an operator that is not treated well.
class Turmoil {
public:
  explicit Turmoil(std::uint64_t seed)
      : world_(seed), rng_(seed), seed_(seed), scheduler_(world_.server, scheduler_options()),
        kubelet_(world_.server), tasks_(world_.executor) {
    world_.add_pool("cpu", kNodes, std::to_string(kCpuOfNode));
    add_quota("root", "", 0);
    for (const Team& team : kTeams) {
      world_.admin.create(simulation::make_managed_namespace(team.name).build());
      add_quota(team.name, "root", team.cpu);
    }
    world_.admin.create(simulation::make_priority_class("urgent", kPriorityOfUrgent).build());
    options_.preemption.notice = 5s;
    options_.preemption.min_runtime = 2s;
    options_.preemption.max_evictions_per_hour = 60;
    tasks_.spawn(scheduler_.run(tasks_.stop_token()));
    tasks_.spawn(kubelet_.run(tasks_.stop_token()));
    restart();
  }
  ~Turmoil() {
    operator_.reset();
    tasks_.request_stop();
    const bool ended = world_.executor.run_until([&] { return tasks_.running() == 0; }, 1h);
    ensure(ended, "scheduler and kubelet did not stop");
  }

  void step();
  void calm_down();
  /// What has not ended after four hours, each with what is known of it.
  [[nodiscard]] std::vector<std::string> work_left_over();
  [[nodiscard]] std::size_t writes_in(Duration time);
  [[nodiscard]] std::size_t evictions() const { return evictions_; }

private:
  [[nodiscard]] int draw(int below) {
    return static_cast<int>(rng_.below(static_cast<std::uint64_t>(below)));
  }
  void restart();
  void add_quota(const std::string& name, const std::string& parent, int cpu);
  void submit(int members);
  void make(const Json& like);
  void make_again();
  void delete_some_pod();
  void watch(int moments);
  void check_invariants();
  void check_preemption(const std::vector<Json>& pods);
  [[nodiscard]] std::vector<std::string> work_going_on();

  OperatorWorld world_;
  Rng rng_;
  std::uint64_t seed_;
  simulation::SimulatedScheduler scheduler_;
  simulation::SimulatedKubelet kubelet_;
  async::TaskGroup tasks_;
  std::unique_ptr<SimulatedOperator> operator_;
  std::uint64_t lives_ = 0;
  int submitted_ = 0;
  int made_again_ = 0;
  OperatorOptions options_;
  std::map<std::string, Json> owned_;      ///< by "namespace/name": what controllers want to exist
  std::map<std::string, int> cpu_of_pods_; ///< by UID, of all that were ever admitted
  std::set<std::string> named_before_;     ///< victims that nominations named a moment ago, by UID
  std::set<std::string> evicted_;          ///< by UID, of those that are still there
  std::size_t evictions_ = 0;
  simulation::Revision watched_ = 0; ///< of the API server, when it was looked at last
};

void Turmoil::add_quota(const std::string& name, const std::string& parent, int cpu) {
  Json spec = {
      {"pools",
       {{{"poolRef", {{"name", "cpu"}}}, {"resources", {{{"name", "cpu"}, {"nominal", cpu}}}}}}}};
  if (!parent.empty()) {
    spec["parentRef"] = {{"name", parent}};
    spec["subjects"] = {{"namespaces", {name}}};
  }
  world_.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "Quota", "", name).spec(spec).build());
}

/// What the old process had sent may still take effect; it sends nothing new.
void Turmoil::restart() {
  if (operator_)
    operator_->leads = false;
  operator_.reset();
  operator_ = std::make_unique<SimulatedOperator>(world_, seed_ * 1000 + ++lives_, options_);
  auto& faults = operator_->transport.faults();
  for (const Fault fault : {Fault::Refuse, Fault::LoseRequest, Fault::LoseReply, Fault::ServerError,
                            Fault::Unavailable, Fault::Throttle, Fault::Gone})
    faults.set_permille(fault, 20);
  // A watch event that is never sent is not among them: the API server excludes it, and until the
  // audit finds it the operator can not know what it was not told.
  for (const Fault fault : {Fault::CutStream, Fault::RepeatEvent})
    faults.set_permille(fault, 10);
  simulation::Latency latency;
  latency.max = 50ms;
  latency.slow_permille = 10;
  faults.set_latency(latency);
}

void Turmoil::submit(int members) {
  const std::string name = "w" + std::to_string(submitted_++);
  const Team& team = kTeams[draw(2)];
  const int cpu = members * 2 <= team.cpu ? 1 + draw(2) : 1; // more than its quota never runs
  const bool urgent = draw(4) == 0;
  for (int member = 0; member < members; ++member) {
    auto pod = simulation::make_pod(team.name, name + "-" + std::to_string(member));
    pod.cpu(std::to_string(cpu)).runs_for(5 + draw(60));
    if (urgent)
      pod.priority_class("urgent");
    if (members > 1)
      pod.workload(name, members);
    if (members > 1 || draw(2) == 0)
      pod.owner("batch/v1", "Job", name, "uid-of-" + name);
    make(pod.build());
  }
}

void Turmoil::make(const Json& like) {
  world_.admin.create(like);
  if (like["metadata"].contains("ownerReferences"))
    owned_[std::string(like["metadata"]["namespace"]) + "/" +
           std::string(like["metadata"]["name"])] = like;
}

/// Controllers: what was evicted before it ended comes back under another name.
void Turmoil::make_again() {
  const auto wanted = owned_;
  for (const auto& [key, like] : wanted) {
    const auto pod =
        world_.admin.find("Pod", {like["metadata"]["namespace"], like["metadata"]["name"]});
    const std::string phase = pod ? (*pod)["status"].value("phase", "") : "";
    if (pod && phase != "Failed" && phase != "Succeeded")
      continue;
    owned_.erase(key);
    if (phase == "Succeeded")
      continue;
    Json again = like;
    again["metadata"]["name"] =
        std::string(like["metadata"]["name"]) + "-again-" + std::to_string(++made_again_);
    make(again);
  }
}

/// Members of gangs are left, as nobody would make them again here.
void Turmoil::delete_some_pod() {
  const auto pods = world_.admin.list("Pod", kTeams[draw(2)].name);
  if (pods.empty())
    return;
  const Json& pod = pods[static_cast<std::size_t>(draw(static_cast<int>(pods.size())))];
  if (!pod["metadata"].contains("ownerReferences"))
    world_.admin.remove("Pod", {pod["metadata"]["namespace"], pod["metadata"]["name"]});
}

void Turmoil::step() {
  const int action = draw(10);
  if (action < 4)
    submit(1);
  else if (action < 6)
    submit(2 + draw(3));
  else if (action == 6)
    delete_some_pod();
  else if (action == 7)
    world_.admin.patch("Node", {"", "cpu-" + std::to_string(draw(kNodes))},
                       {{"spec", {{"unschedulable", draw(2) == 0}}}});
  else if (action == 8)
    restart();
  else
    operator_->transport.break_streams();
  const int moments = 1 + draw(20);
  watch(moments);
}

/// A moment in which nobody wrote anything is as the one before.
void Turmoil::watch(int moments) {
  for (int moment = 0; moment < moments; ++moment) {
    world_.executor.run_for(250ms);
    const auto revision = world_.server.revision();
    if (std::exchange(watched_, revision) == revision)
      continue;
    check_invariants();
    make_again();
  }
}

void Turmoil::check_invariants() {
  std::map<std::string, int> on_node;
  std::vector<Json> pods;
  for (const Team& team : kTeams)
    for (Json& pod : world_.admin.list("Pod", team.name))
      if (!is_over(pod))
        pods.push_back(std::move(pod));
  for (const Json& pod : pods)
    if (pod["spec"].contains("nodeName"))
      on_node[pod["spec"]["nodeName"]] += cpu_of(pod);
  for (const auto& [node, cpu] : on_node)
    CHECK(cpu <= kCpuOfNode); // I1
  check_preemption(pods);
}

void Turmoil::check_preemption(const std::vector<Json>& pods) {
  std::map<std::string, int> held; // by UID
  std::set<std::string> named;
  int taken = 0;
  for (const Json& pod : pods)
    if (is_admitted(pod))
      taken += held[pod["metadata"]["uid"]] = cpu_of_pods_[pod["metadata"]["uid"]] = cpu_of(pod);
  CHECK(taken <= kCpuOfTeams);         // I2, L1
  std::map<std::string, int> promised; // by decision, to those that wait
  std::map<std::string, std::set<std::string>> victims;
  std::map<std::string, std::set<std::string>> decisions; // by gang, "" for a member without one
  for (const Json& pod : pods) {
    if (is_admitted(pod))
      continue;
    const auto record = nomination_of(pod);
    decisions[gang_of(pod)].insert(record ? (*record)["decision"].get<std::string>() : "");
    if (!record)
      continue;
    promised[(*record)["decision"]] += cpu_of(pod);
    const auto uids = record->value("victims", std::vector<std::string>{});
    victims[(*record)["decision"]].insert(uids.begin(), uids.end());
    named.insert(uids.begin(), uids.end());
  }
  // What stands on some members only is being written, or taken back: it promises nothing.
  for (const auto& [gang, of_members] : decisions)
    if (of_members.size() > 1)
      for (const std::string& decision : of_members)
        promised.erase(decision);
  for (const auto& [decision, cpu] : promised) {
    int freed = 0;
    int not_freed = 0;
    for (const std::string& uid : victims[decision])
      (held.contains(uid) ? not_freed : freed) += cpu_of_pods_[uid];
    // More than it needs may be freed, as gangs go whole.
    taken += std::min(freed, std::max(cpu - not_freed, 0));
  }
  CHECK(taken <= kCpuOfTeams); // P3: what victims freed, nobody else has
  for (const Json& pod : pods) {
    const std::string uid = pod["metadata"]["uid"];
    // Pods that run nowhere yet are evicted when they have lost their candidates.
    if (!is_disrupted(pod) || !pod["spec"].contains("nodeName") || !evicted_.insert(uid).second)
      continue;
    CHECK((named.contains(uid) || named_before_.contains(uid))); // P1: or a moment ago
    ++evictions_;
  }
  named_before_ = std::move(named);
}

void Turmoil::calm_down() {
  auto& faults = operator_->transport.faults();
  faults.set_all_permille(0);
  faults.set_latency({});
  for (int node = 0; node < kNodes; ++node)
    world_.admin.patch("Node", {"", "cpu-" + std::to_string(node)},
                       {{"spec", {{"unschedulable", false}}}});
}

std::vector<std::string> Turmoil::work_going_on() {
  std::vector<std::string> going_on;
  for (const Team& team : kTeams)
    for (const Json& pod : world_.admin.list("Pod", team.name))
      if (!is_over(pod))
        going_on.push_back(std::string(team.name) + "/" + pod["metadata"].value("name", "") +
                           " on '" + pod["spec"].value("nodeName", "") + "' " +
                           pod["metadata"].value("annotations", Json::object()).dump());
  return going_on;
}

std::vector<std::string> Turmoil::work_left_over() {
  for (int minute = 0; minute < 240 && !work_going_on().empty(); ++minute)
    watch(240);
  return work_going_on();
}

std::size_t Turmoil::writes_in(Duration time) {
  const std::size_t before = operator_->writes_asked();
  world_.executor.run_for(time);
  return operator_->writes_asked() - before;
}

} // namespace

TEST_CASE("I1, I2, I9, P1, P3: whatever breaks, nothing is promised twice, and in the end all work "
          "runs") {
  const char* chosen = std::getenv("BERTH_SIMULATION_SEED");
  const std::uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  const std::uint64_t last = chosen == nullptr ? kSeeds : first;
  std::size_t evictions = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    Turmoil turmoil(seed);
    for (int step = 0; step < kSteps; ++step)
      turmoil.step();
    turmoil.calm_down();
    CHECK(turmoil.work_left_over() == std::vector<std::string>{});
    static_cast<void>(turmoil.writes_in(10min)); // what the end of the work has left to say
    CHECK(turmoil.writes_in(2h) == 0);
    evictions += turmoil.evictions();
  }
  if (chosen == nullptr)
    CHECK(evictions > 0); // else it says nothing about preemption
}
