// Scenario files: what each field means, and how a fault is named.

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "cli/simulate/scenario_file.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;
using resources::Amount;
using resources::ResourceName;

namespace {

std::string fault_of(const std::string& text) {
  const auto scenario = decode_scenario(text);
  return scenario ? "no fault" : scenario.error().message;
}

/// A whole scenario whose lists are these, each on a line of its own.
std::string with(const std::string& nodes, const std::string& quotas,
                 const std::string& workloads) {
  return "nodes: [" + nodes + "]\nquotas: [" + quotas + "]\nworkloads: [" + workloads + "]\n";
}

const std::string kNode = "{name: n, allocatable: {cpu: 4}}";
const std::string kQuota = "{name: team, nominal: {cpu: 2}}";
const std::string kWork = "{class: job, quota: team, runtimeSeconds: 60, requests: {cpu: 500m}}";

} // namespace

TEST_CASE("A scenario file's every field reaches the scenario") {
  const auto scenario = decode_scenario(R"(
nodes:
- name: gpu
  count: 2
  allocatable: {cpu: 64, memory: 512Gi, nvidia.com/gpu: 8, pods: 250}
  labels: {zone: a}
pool:
  strategy: WorstFit
quotas:
- name: company
- name: team
  parent: company
  nominal: {cpu: 40, memory: 1Gi}
  borrowingLimit: {cpu: 8}
  lendingLimit: {memory: 0}
preemption: {minRuntimeSeconds: 0, noticeSeconds: 7, maxEvictionsPerHour: 3, maxEvictionRatioPercent: 150}
workloads:
- class: training
  quota: team
  count: 3
  firstSeconds: 5
  everySeconds: 60
  runtimeSeconds: 600
  priority: -7
  members: 4
  requests: {cpu: 1500m, nvidia.com/gpu: 2}
  nodeSelector: {zone: a}
)");
  REQUIRE(scenario);
  REQUIRE(scenario->nodes.size() == 2);
  CHECK(scenario->nodes[0].name == NodeName{"gpu-1"});
  CHECK(scenario->nodes[1].name == NodeName{"gpu-2"});
  CHECK(scenario->nodes[1].allocatable ==
        resources::ResourceVector{
            {"cpu", 64'000}, {"memory", 512LL << 30U}, {"nvidia.com/gpu", 8}, {"pods", 250}});
  CHECK(*scenario->nodes[1].labels.find("zone") == "a");
  REQUIRE(scenario->pools.size() == 1);
  CHECK(scenario->pools[0].strategy == allocation::Strategy::WorstFit);
  REQUIRE(scenario->quotas.size() == 2);
  CHECK(scenario->quotas[0].pools[0].resources.empty());
  CHECK(scenario->quotas[1].parent == QuotaName{"company"});
  const auto& amounts = scenario->quotas[1].pools[0].resources;
  REQUIRE(amounts.size() == 2);
  CHECK(amounts[0].name == ResourceName::cpu());
  CHECK(amounts[0].nominal == Amount{40'000});
  CHECK(amounts[0].borrowing_limit == Amount{8'000});
  CHECK(amounts[0].lending_limit.is_unlimited());
  CHECK(amounts[1].borrowing_limit.is_unlimited());
  CHECK(amounts[1].lending_limit == Amount{});
  REQUIRE(scenario->workloads.size() == 1);
  const simulator::WorkloadSet& set = scenario->workloads[0];
  CHECK(set.class_name == "training");
  CHECK(set.quota == QuotaName{"team"});
  CHECK(set.count == 3);
  CHECK(set.first == 5s);
  CHECK(set.every == 60s);
  CHECK(set.runtime == 600s);
  CHECK(set.priority == -7);
  CHECK(set.members == 4);
  CHECK(set.requests == resources::ResourceVector{{"cpu", 1500}, {"nvidia.com/gpu", 2}});
  CHECK(*set.node_selector.find("zone") == "a");
  CHECK(scenario->preemption.enabled);
  CHECK(scenario->preemption.min_runtime == 0s);
  CHECK(scenario->preemption.notice == 7s);
  CHECK(scenario->preemption.max_evictions_per_hour == 3);
  CHECK(scenario->preemption.max_eviction_ratio_percent == 150);
}

TEST_CASE("What a scenario file leaves out has the value that the documentation says") {
  const auto scenario = decode_scenario(with(kNode, kQuota, kWork));
  REQUIRE(scenario);
  CHECK(scenario->nodes.size() == 1);
  CHECK(scenario->nodes[0].allocatable.get(ResourceName::pods()) == Amount{110});
  CHECK(scenario->pools[0].strategy == allocation::Strategy::FragmentationAware);
  CHECK(scenario->quotas[0].parent.empty());
  CHECK(scenario->workloads[0].count == 1);
  CHECK(scenario->workloads[0].first == 0s);
  CHECK(scenario->workloads[0].members == 1);
  CHECK(scenario->workloads[0].priority == 0);
  CHECK_FALSE(scenario->preemption.enabled);
}

TEST_CASE(
    "An empty preemption section switches evictions on, with an AllocationPolicy's defaults") {
  const auto scenario = decode_scenario("preemption: {}\n" + with(kNode, kQuota, kWork));
  REQUIRE(scenario);
  CHECK(scenario->preemption.enabled);
  CHECK(scenario->preemption.min_runtime == 300s);
  CHECK(scenario->preemption.notice == 60s);
  CHECK(scenario->preemption.max_evictions_per_hour == 2);
  CHECK(scenario->preemption.max_eviction_ratio_percent == 200);
}

TEST_CASE("A fault in a scenario file names its line and its field") {
  const auto [nodes, quotas, workloads,
              fault] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"", "", kWork, "line 3: workloads[0].quota: no quota has this name"},
      {"{allocatable: {cpu: 1}}", kQuota, "", "line 1: nodes[0].name: is missing"},
      {"{name: n}", kQuota, "", "line 1: nodes[0].allocatable: is missing"},
      {"{name: n, allocatable: [cpu]}", kQuota, "",
       "line 1: nodes[0].allocatable: must be a map of resources to quantities"},
      {"{name: n, allocatable: {cpu: many}}", kQuota, "",
       "line 1: nodes[0].allocatable.cpu: must be a quantity that is not negative"},
      {"{name: n, allocatable: {cpu: -1}}", kQuota, "",
       "line 1: nodes[0].allocatable.cpu: must be a quantity that is not negative"},
      {"{name: n, allocatable: {nvidia.com/gpu: 500m}}", kQuota, "",
       "line 1: nodes[0].allocatable.nvidia.com/gpu: must be whole in the resource's unit, "
       "and below 2^63"},
      {"{name: n, allocatable: {memory: 10E}}", kQuota, "",
       "line 1: nodes[0].allocatable.memory: must be whole in the resource's unit, and below "
       "2^63"},
      {"{name: n, allocatable: {cpu: 1, cpu: 2}}", kQuota, "",
       "line 1: nodes[0].allocatable.cpu: appears twice"},
      {"{name: n, count: 0, allocatable: {}}", kQuota, "",
       "line 1: nodes[0].count: must be a whole number from 1 to 100000"},
      {"{name: n, count: 1.5, allocatable: {}}", kQuota, "",
       "line 1: nodes[0].count: must be a whole number from 1 to 100000"},
      {"{name: a, count: 60000, allocatable: {}}, {name: b, count: 60000, allocatable: {}}", kQuota,
       "", "line 1: nodes[1].count: more than 100000 nodes in all"},
      {kNode + ", " + kNode, kQuota, "", "line 1: nodes[1].name: appears twice"},
      {"{name: n, allocatable: {}, labels: {a: [b]}}", kQuota, "",
       "line 1: nodes[0].labels.a: must be a text of at most 253 bytes"},
      {"{name: n, allocatable: {}, taints: []}", kQuota, "",
       "line 1: nodes[0].taints: is not a field here"},
      {"3", kQuota, "", "line 1: nodes[0]: must be a map"},
      {kNode, "{name: a, parent: b}, {name: b}", "",
       "line 2: quotas[0].parent: no quota above has this name"},
      {kNode, kQuota + ", " + kQuota, "", "line 2: quotas[1].name: appears twice"},
      {kNode, "{name: a, borrowingLimit: {cpu: 1}}", "",
       "line 2: quotas[0].borrowingLimit: cpu has no nominal amount"},
      {kNode, "{name: a, nominal: {cpu: 1}, lendingLimit: {memory: 1}}", "",
       "line 2: quotas[0].lendingLimit: memory has no nominal amount"},
      {kNode, kQuota, "{quota: team, runtimeSeconds: 1, requests: {}}",
       "line 3: workloads[0].class: is missing"},
      {kNode, kQuota, "{class: c, quota: team, requests: {}}",
       "line 3: workloads[0].runtimeSeconds: is missing"},
      {kNode, kQuota, "{class: c, quota: team, runtimeSeconds: 0, requests: {}}",
       "line 3: workloads[0].runtimeSeconds: must be a whole number from 1 to 31536000"},
      {kNode, kQuota, "{class: c, quota: team, runtimeSeconds: 1}",
       "line 3: workloads[0].requests: is missing"},
      {kNode, kQuota, "{class: c, quota: team, runtimeSeconds: 1, requests: {pods: 2}}",
       "line 3: workloads[0].requests: must not name pods: each member is one"},
      {kNode, kQuota, "{class: c, quota: team, runtimeSeconds: 1, requests: {}, members: 10001}",
       "line 3: workloads[0].members: must be a whole number from 1 to 10000"},
      {kNode, kQuota,
       "{class: c, quota: team, runtimeSeconds: 1, requests: {}, members: 1000, count: 2000}",
       "line 3: workloads[0].members: more than 1000000 pods in all"},
      {kNode, kQuota, "{class: [c], quota: team, runtimeSeconds: 1, requests: {}}",
       "line 3: workloads[0].class: must be a text of 1 to 253 bytes"},
  }));
  CHECK(fault_of(with(nodes, quotas, workloads)) == fault);
}

TEST_CASE("A fault outside the lists is named too") {
  CHECK(fault_of("") == "must be a map");
  CHECK(fault_of("- a\n") == "line 1: must be a map");
  CHECK(fault_of("nodes: []\nquotas: []\n") == "line 1: workloads: is missing");
  CHECK(fault_of("nodes: {}\nquotas: []\nworkloads: []\n") == "line 1: nodes: must be a list");
  CHECK(fault_of(with(kNode, kQuota, kWork) + "pool: {strategy: Nonsense}\n") ==
        "line 4: pool.strategy: \"Nonsense\" is not a placement strategy");
  CHECK(fault_of(with(kNode, kQuota, kWork) + "seed: 1\n") == "line 4: seed: is not a field here");
  CHECK(fault_of(with(kNode, kQuota, kWork) + "---\nnodes: []\n") == "must be one YAML document");
  CHECK(fault_of("nodes: [").find("line 1") != std::string::npos);
}

TEST_CASE("A reservation's every field reaches the scenario") {
  const auto scenario = decode_scenario(R"(
nodes: [{name: n, allocatable: {cpu: 4}}]
quotas: [{name: team}, {name: other}]
reservations:
- {name: night, kind: TimeWindow, quota: team, nodeCount: 3, schedule: 0 22 * * 1-5,
   durationSeconds: 3600, leadTimeSeconds: 60, overrun: Warn, lendIdle: false,
   allowedQuotas: [team, other]}
- {name: once, kind: TimeWindow, quota: team, resources: {cpu: 2}, startSeconds: 90,
   durationSeconds: 30}
- {name: always, kind: Guaranteed, quota: other, resources: {cpu: 1}}
workloads: []
)");
  REQUIRE(scenario);
  REQUIRE(scenario->reservations.size() == 3);
  const allocation::ReservationSpec& night = scenario->reservations[0];
  CHECK(night.pool == scenario->pools[0].name);
  CHECK(night.payer == QuotaName{"team"});
  CHECK(night.node_count == 3);
  const auto* recurring = std::get_if<allocation::RecurringWindow>(&night.window);
  REQUIRE(recurring != nullptr);
  CHECK(recurring->duration == 1h);
  CHECK(next_window(night, simulator::kScenarioStart)->start == simulator::kScenarioStart + 22h);
  CHECK(night.lead_time == 60s);
  CHECK(night.overrun == allocation::Overrun::Warn);
  CHECK_FALSE(night.lend_idle);
  CHECK(night.allowed_quotas == std::vector{QuotaName{"team"}, QuotaName{"other"}});
  const allocation::ReservationSpec& once = scenario->reservations[1];
  const auto* single = std::get_if<allocation::SingleWindow>(&once.window);
  REQUIRE(single != nullptr);
  CHECK(single->start == simulator::kScenarioStart + 90s);
  CHECK(single->duration == 30s);
  CHECK(once.amounts == resources::ResourceVector{{"cpu", 2000}});
  CHECK(once.node_count == 0);
  CHECK(once.lead_time == 300s);
  CHECK(once.overrun == allocation::Overrun::Evict);
  CHECK(once.lend_idle);
  CHECK(once.allowed_quotas == std::vector{QuotaName{"team"}});
  CHECK(std::holds_alternative<allocation::AlwaysOpen>(scenario->reservations[2].window));
}

TEST_CASE("A fault in a reservation names its field and what to write") {
  const auto [reservation, fault] = GENERATE(table<std::string, std::string>({
      {"kind: Guaranteed, quota: team, nodeCount: 1", "name: is missing"},
      {"name: r, quota: team, nodeCount: 1", "kind: is missing"},
      {"name: r, kind: Pooled, quota: team, nodeCount: 1",
       "kind: must be Guaranteed or TimeWindow"},
      {"name: r, kind: Guaranteed, quota: team, nodeCount: 1, startSeconds: 1",
       "startSeconds: is for the kind TimeWindow"},
      {"name: r, kind: TimeWindow, quota: team, nodeCount: 1, startSeconds: 1",
       "durationSeconds: is missing"},
      {"name: r, kind: TimeWindow, quota: team, nodeCount: 1, durationSeconds: 1",
       "kind: TimeWindow needs either startSeconds or schedule"},
      {"name: r, kind: Guaranteed, quota: team",
       "nodeCount: either nodeCount or resources says how much"},
      {"name: r, kind: Guaranteed, quota: team, nodeCount: 1, resources: {cpu: 1}",
       "nodeCount: either nodeCount or resources says how much"},
      {"name: r, kind: Guaranteed, nodeCount: 1", "quota: is missing"},
      {"name: r, kind: Guaranteed, quota: nobody, nodeCount: 1", "quota: no quota has this name"},
      {"name: r, kind: Guaranteed, quota: team, nodeCount: 1, allowedQuotas: [nobody]",
       "allowedQuotas: no quota has the name nobody"},
      {"name: r, kind: Guaranteed, quota: team, nodeCount: 1, allowedQuotas: team",
       "allowedQuotas: must be a list of at most 32 texts"},
      {"name: r, kind: Guaranteed, quota: team, nodeCount: 1, overrun: Kill",
       "overrun: must be Evict, Warn or Allow"},
      {"name: r, kind: Guaranteed, quota: team, nodeCount: 1, lendIdle: maybe",
       "lendIdle: must be true or false"},
  }));
  INFO(reservation);
  CHECK(fault_of(with(kNode, kQuota, kWork) + "reservations: [{" + reservation + "}]\n") ==
        "line 4: reservations[0]." + fault);
}

TEST_CASE("A schedule that cannot be read, and a name that appears twice, are faults") {
  const std::string night = "{name: r, kind: TimeWindow, quota: team, nodeCount: 1, "
                            "schedule: at night, durationSeconds: 60}";
  const std::string always = "{name: r, kind: Guaranteed, quota: team, nodeCount: 1}";
  const std::string base = with(kNode, kQuota, kWork);
  CHECK(fault_of(base + "reservations: [" + night + "]\n")
            .starts_with("line 4: reservations[0].schedule: "));
  CHECK(fault_of(base + "reservations: [" + always + ", " + always + "]\n") ==
        "line 4: reservations[1].name: appears twice");
}

TEST_CASE("A map of a scenario file has a limit") {
  std::string labels;
  for (int i = 0; i < 33; ++i)
    labels += "l" + std::to_string(i) + ": x, ";
  CHECK(fault_of(with("{name: n, allocatable: {}, labels: {" + labels + "}}", kQuota, "")) ==
        "line 1: nodes[0].labels: must have at most 32 entries");
}

TEST_CASE("The examples that the documentation quotes are good scenarios") {
  std::ifstream file("examples/simulate/three-teams.yaml");
  std::stringstream text;
  text << file.rdbuf();
  const auto scenario = decode_scenario(text.str());
  REQUIRE(scenario);
  CHECK(scenario->nodes.size() == 8);
  CHECK(scenario->quotas.size() == 4);
}
