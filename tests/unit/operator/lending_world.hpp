#pragma once
// LendingWorld: two teams under one root that lend each other what they do not use, on one node of
// 8 cpu, with scheduler, kubelet and disruption controller. Team b holds more than its own; what
// team a asks for has to be taken back.

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/disruption_controller.hpp"
#include "tests/support/simulation/kubelet.hpp"
#include "tests/support/simulation/scheduler.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace berth::op {

struct LendingWorld : OperatorWorld {
  LendingWorld() : scheduler(server, {}), kubelet(server), disruption(server), tasks(executor) {
    options.preemption.min_runtime = std::chrono::seconds{0};
    options.preemption.notice = std::chrono::seconds{10};
    add_pool("cpu", 1, "8");
    add_quota("root", "", 0);
    for (const std::string team : {"a", "b"}) {
      admin.create(simulation::make_managed_namespace(team).build());
      add_quota(team, "root", 4);
    }
    tasks.spawn(scheduler.run(tasks.stop_token()));
    tasks.spawn(kubelet.run(tasks.stop_token()));
    tasks.spawn(disruption.run(tasks.stop_token()));
    start();
  }
  ~LendingWorld() {
    op.reset();
    tasks.request_stop();
    const bool ended =
        executor.run_until([&] { return tasks.running() == 0; }, std::chrono::hours{1});
    ensure(ended, "scheduler and kubelet did not stop");
  }
  LendingWorld(const LendingWorld&) = delete;
  LendingWorld& operator=(const LendingWorld&) = delete;

  void add_quota(const std::string& name, const std::string& parent, int cpu) {
    simulation::Json spec = {
        {"pools",
         {{{"poolRef", {{"name", "cpu"}}}, {"resources", {{{"name", "cpu"}, {"nominal", cpu}}}}}}}};
    if (!parent.empty()) {
      spec["parentRef"] = {{"name", parent}};
      spec["subjects"] = {{"namespaces", {name}}};
    }
    admin.create(
        simulation::make_object("berth.dev/v1alpha1", "Quota", "", name).spec(spec).build());
  }

  /// Another operator in place of the one that led: it sends nothing new from now on.
  void start() {
    if (op) {
      op->leads = false;
      op->transport.partition(true);
      former.push_back(std::move(op));
    }
    op = std::make_unique<SimulatedOperator>(*this, 7 + former.size(), options);
  }

  void submit(const std::string& team, const std::string& name, int cpu) {
    admin.create(
        simulation::make_pod(team, name).cpu(std::to_string(cpu)).label("app", team).build());
  }
  void submit_gang(const std::string& team, const std::string& name, int members, int cpu) {
    for (int member = 0; member < members; ++member)
      admin.create(simulation::make_pod(team, name + "-" + std::to_string(member))
                       .cpu(std::to_string(cpu))
                       .workload(name, members)
                       .owner("batch/v1", "Job", name, "uid-of-" + name)
                       .build());
  }
  [[nodiscard]] bool runs(const std::string& team, const std::string& name) {
    const auto found = admin.find("Pod", {team, name});
    return found && (*found)["status"].value("phase", "") == "Running" &&
           !(*found)["metadata"].contains("deletionTimestamp");
  }
  [[nodiscard]] bool is_there(const std::string& team, const std::string& name) {
    const auto found = admin.find("Pod", {team, name});
    return found && !(*found)["metadata"].contains("deletionTimestamp");
  }
  /// "b1" of 4 cpu, then "b2": half of what b holds is lent to it.
  void let_b_borrow() {
    for (const char* name : {"b1", "b2"}) {
      submit("b", name, 4);
      REQUIRE(executor.run_until([&] { return runs("b", name); }, std::chrono::minutes{1}));
      executor.run_for(std::chrono::seconds{2});
    }
  }
  /// "a1" asks for what is lent, and "b2" is told.
  void let_a_ask() {
    submit("a", "a1", 4);
    REQUIRE(
        executor.run_until([&] { return !notice("b", "b2").empty(); }, std::chrono::seconds{10}));
  }
  [[nodiscard]] bool is_nominated(const std::string& team, const std::string& name) {
    return !annotation(team, name, "berth.dev/nominated").empty();
  }
  [[nodiscard]] std::string notice(const std::string& team, const std::string& name) {
    return annotation(team, name, "berth.dev/revocable-after");
  }
  /// Requests to the eviction API by this operator; the dry ones are those that only ask.
  [[nodiscard]] std::size_t evictions_sent(bool dry = false) const {
    std::size_t sent = 0;
    for (const auto& exchange : op->transport.exchanges())
      sent += exchange.target.find("/eviction") != std::string::npos &&
              (exchange.target.find("dryRun") != std::string::npos) == dry;
    return sent;
  }
  /// The notes of a namespace's events with this reason, in one text.
  [[nodiscard]] std::string notes(const std::string& ns, const std::string& reason) {
    const auto answer = admin.request("GET", "/apis/events.k8s.io/v1/namespaces/" + ns + "/events");
    std::string text;
    const auto events = simulation::Json::parse(answer.body);
    for (const auto& event : events["items"])
      if (event["reason"] == reason)
        text += event.value("note", "") + "\n";
    return text;
  }

  OperatorOptions options;
  simulation::SimulatedScheduler scheduler;
  simulation::SimulatedKubelet kubelet;
  simulation::SimulatedDisruptionController disruption;
  async::TaskGroup tasks;
  std::vector<std::unique_ptr<SimulatedOperator>> former;
  std::unique_ptr<SimulatedOperator> op;
};

} // namespace berth::op
