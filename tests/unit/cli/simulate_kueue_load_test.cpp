// Kueue's generator files: the same queues, and the same arrivals in each.

#include <catch2/catch.hpp>

#include "cli/simulate/kueue_load.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;
using resources::Amount;
using resources::ResourceName;

namespace {

std::string fault_of(const std::string& text) {
  const auto scenario = decode_kueue_load(text);
  return scenario ? "no fault" : scenario.error().message;
}

/// One cohort that has one queue with these fields.
std::string with_queue(const std::string& fields) {
  return "cohorts: [{className: c, queuesSets: [{className: q, " + fields + "}]}]\n";
}

/// One queue with one set of one workload with these fields.
std::string with_workload(const std::string& fields) {
  return with_queue("nominalQuota: 4, workloadsSets: [{count: 2, workloads: [{" + fields + "}]}]");
}

constexpr const char* kTwoCohorts = R"(
cohorts:
- className: cohort
  count: 2
  queuesSets:
  - className: cq
    count: 3
    nominalQuota: 20
    borrowingLimit: 100
    reclaimWithinCohort: Any
    withinClusterQueue: LowerPriority
    workloadsSets:
    - count: 5
      creationIntervalMs: 100
      workloads:
      - className: small
        runtimeMs: 200
        priority: 50
        request: 1
      - {className: twin, runtimeMs: 300, request: 2}
  - className: free
    nominalQuota: 0
)";

} // namespace

TEST_CASE("A cohort becomes a quota without an amount, its queues the quotas below it") {
  const auto scenario = decode_kueue_load(kTwoCohorts);
  REQUIRE(scenario);
  std::vector<std::string> names;
  for (const auto& quota : scenario->quotas)
    names.push_back(quota.parent.str() + " > " + quota.name.str());
  CHECK(names == std::vector<std::string>{"cohort-1 > cohort-1-cq-1", "cohort-1 > cohort-1-cq-2",
                                          "cohort-1 > cohort-1-cq-3", "cohort-1 > cohort-1-free-1",
                                          " > cohort-1", "cohort-2 > cohort-2-cq-1",
                                          "cohort-2 > cohort-2-cq-2", "cohort-2 > cohort-2-cq-3",
                                          "cohort-2 > cohort-2-free-1", " > cohort-2"});
  const auto& queue = scenario->quotas[0].pools[0].resources[0];
  CHECK(queue.name == ResourceName::cpu());
  CHECK(queue.nominal == Amount{20'000});
  CHECK(queue.borrowing_limit == Amount{100'000});
  CHECK(scenario->quotas[3].pools[0].resources[0].borrowing_limit.is_unlimited());
  CHECK(scenario->quotas[4].pools.empty());
}

TEST_CASE("Every queue gets every workload of its sets, with the set's count and interval") {
  const auto scenario = decode_kueue_load(kTwoCohorts);
  REQUIRE(scenario);
  REQUIRE(scenario->workloads.size() == 12); // 2 cohorts x 3 queues x 2 kinds
  const simulator::WorkloadSet& small = scenario->workloads[0];
  CHECK(small.class_name == "small");
  CHECK(small.quota == QuotaName{"cohort-1-cq-1"});
  CHECK(small.count == 5);
  CHECK(small.first == 0ms);
  CHECK(small.every == 100ms);
  CHECK(small.runtime == 200ms);
  CHECK(small.priority == 50);
  CHECK(small.requests.get(ResourceName::cpu()) == Amount{1'000});
  CHECK(scenario->workloads[1].class_name == "twin");
  CHECK(scenario->workloads[11].quota == QuotaName{"cohort-2-cq-3"});
}

TEST_CASE("There are no nodes in that test, so one node has room for everything") {
  const auto scenario = decode_kueue_load(kTwoCohorts);
  REQUIRE(scenario);
  REQUIRE(scenario->nodes.size() == 1);
  const simulator::ScenarioRun run = simulator::run(*scenario, {});
  CHECK(run.report.never_started == 0);
  CHECK(run.report.classes[0].arrived == 30);
}

TEST_CASE("A fault in a generator file names its line and its field") {
  CHECK(fault_of("a: 1\n") == "line 1: cohorts: is missing");
  CHECK(fault_of("cohorts: [{count: 2}]\n") == "line 1: cohorts[0].className: is missing");
  CHECK(fault_of("cohorts:\n- className: c\n  queuesSets: 1\n") ==
        "line 3: cohorts[0].queuesSets: must be a list");
  CHECK(fault_of(with_queue("count: 1")) ==
        "line 1: cohorts[0].queuesSets[0].nominalQuota: is missing");
  CHECK(fault_of(with_queue("nominalQuota: -1")) ==
        "line 1: cohorts[0].queuesSets[0].nominalQuota: must be a whole number from 0 to 1000000");
  CHECK(fault_of(with_queue("nominalQuota: 1, flavors: 2")) ==
        "line 1: cohorts[0].queuesSets[0].flavors: is not a field here");
  const std::string path = "line 1: cohorts[0].queuesSets[0].workloadsSets[0].workloads[0]";
  CHECK(fault_of(with_workload("className: w, request: 1")) == path + ".runtimeMs: is missing");
  CHECK(fault_of(with_workload("className: w, request: 1, runtimeMs: 0")) ==
        path + ".runtimeMs: must be a whole number from 1 to 86400000");
  CHECK(fault_of(with_workload("className: w, request: 1, runtimeMs: 5, priority: high")) ==
        path + ".priority: must be a whole number from -1000000000 to 1000000000");
  CHECK(fault_of(with_workload("className: w, request: 1, runtimeMs: 5")) == "no fault");
}

TEST_CASE("A small generator file cannot ask for a huge run") {
  const std::string many = "count: 100000";
  CHECK(fault_of("cohorts: [{className: c, " + many + ", queuesSets: [{className: q, " + many +
                 ", nominalQuota: 1}]}]\n") == "cohorts: more than 100000 queues");
  CHECK(fault_of(with_queue("nominalQuota: 1, count: 11, workloadsSets: [{" + many +
                            ", workloads: [{className: w, request: 1, runtimeMs: 5}]}]")) ==
        "cohorts: more than 1000000 workloads");
}

TEST_CASE("Two queues of one name are refused: a quota's name is its identity") {
  CHECK(fault_of("cohorts: [{className: c}, {className: c}]\n") ==
        "cohorts: two of them would be the quota \"c-1\"");
}
