// kubectl berth queue: who waits, in which order, and why.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "cli/output/document.hpp"
#include "cli/queue/render.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

std::string explained(const std::string& text) {
  return R"({"berth.dev/explain": ")" + text + R"("})";
}

std::string in_gang(const std::string& name, int size) {
  return R"({"berth.dev/workload": ")" + name + R"(", "berth.dev/workload-size": ")" +
         std::to_string(size) + R"("})";
}

ObservedQueue waiting() {
  ObservedQueue observed;
  observed.whole = true;
  observed.quotas = company().quotas;
  for (const char* name : {"product", "research", "strangers"})
    observed.namespaces.push_back({name, {}});
  const auto add = [&](const PodText& text) { observed.pods.push_back(pod_of(text)); };
  add({.name = "old",
       .annotations = explained("InsufficientQuota: needs 2 cpu in pool cpu; "
                                "research has 0 of 50 left"),
       .created = "2026-03-02T08:00:00Z"});
  add({.name = "young", .created = "2026-03-02T08:59:59Z"});
  add({.name = "urgent",
       .annotations = explained("InsufficientCapacity: no node has room"),
       .priority = 800000});
  add({.name = "train-0",
       .labels = in_gang("train", 4),
       .annotations = explained("WaitingForGang: 2 of 4 members exist"),
       .priority = 600000});
  add({.name = "train-1", .labels = in_gang("train", 4), .priority = 600000});
  add({.ns = "product", .name = "web"});
  add({.ns = "strangers", .name = "nobodys"});
  add({.name = "broken", .labels = in_gang("odd", 0)});
  add({.name = "admitted",
       .annotations = R"({"berth.dev/admitted":
         "{\"decision\":\"d\",\"quota\":\"research\",\"pool\":\"cpu\",\"nodes\":[\"n\"],\"members\":1,\"youngestMember\":\"2026-03-02T08:57:50Z\"}"})",
       .spec = R"("terminationGracePeriodSeconds": 0)"});
  add({.name = "finished", .status = R"({"phase": "Succeeded"})"});
  add({.ns = "elsewhere", .name = "unmanaged", .spec = R"("hostNetwork": false)"});
  return observed;
}

std::vector<std::string> names_in(const QueueView& view) {
  std::vector<std::string> names;
  for (const auto& row : view.rows)
    names.push_back(row.quota + ":" + row.name);
  return names;
}

} // namespace

TEST_CASE("F1: the queue has the order of turns: priority, then age, inside each quota") {
  const auto view = decide_queue(waiting(), "", kSceneTime);
  REQUIRE(view);
  CHECK(names_in(*view) == std::vector<std::string>{":nobodys", "product:web", "research:urgent",
                                                    "research:train", "research:old",
                                                    "research:broken", "research:young"});
  check_golden("queue.txt", render_queue(*view, false, Paint{}));
  check_golden("queue-wide.txt", render_queue(*view, true, Paint{}));
  check_golden("queue.json", json_document(queue_json(*view)));
}

TEST_CASE("Only who waits is in the queue: not the admitted, the finished, the unmanaged") {
  const auto view = decide_queue(waiting(), "", kSceneTime);
  REQUIRE(view);
  CHECK(std::ranges::none_of(view->rows, [](const auto& row) {
    return row.name == "admitted" || row.name == "finished" || row.name == "unmanaged";
  }));
}

TEST_CASE("A pod without a gate waits where its namespace is managed") {
  auto observed = waiting();
  observed.namespaces.push_back({"elsewhere", {}});
  observed.namespaces.back().labels.set("berth.dev/managed", "true");
  const auto view = decide_queue(observed, "", kSceneTime);
  REQUIRE(view);
  CHECK(std::ranges::any_of(view->rows, [](const auto& row) { return row.name == "unmanaged"; }));
}

TEST_CASE("A quota's queue holds what waits in it and below it") {
  const auto below = decide_queue(waiting(), "company", kSceneTime);
  REQUIRE(below);
  CHECK(names_in(*below).front() == "product:web");
  CHECK(below->rows.size() == 6);
  const auto one = decide_queue(waiting(), "product", kSceneTime);
  REQUIRE(one);
  CHECK(names_in(*one) == std::vector<std::string>{"product:web"});
  // A cycle ends the search, and not the program (Q3).
  const auto cycle = decide_queue(waiting(), "egg", kSceneTime);
  REQUIRE(cycle);
  CHECK(render_queue(*cycle, false, Paint{}) == "nothing waits\n");
}

TEST_CASE("A quota that does not exist is said so, with the next step") {
  const auto view = decide_queue(waiting(), "reserch", kSceneTime);
  REQUIRE_FALSE(view);
  CHECK(view.error().code == Code::NotFound);
  CHECK(view.error().message ==
        "Quota reserch does not exist; \"kubectl berth status\" lists the quotas");
}

TEST_CASE("Positions are told only when everybody was looked at") {
  auto observed = waiting();
  observed.whole = false;
  const auto view = decide_queue(observed, "", kSceneTime);
  REQUIRE(view);
  CHECK(std::ranges::none_of(view->rows, [](const auto& row) { return row.position || row.turn; }));
}

TEST_CASE("A reason is split from its sentence once") {
  const auto pod = pod_of({.name = "p", .annotations = explained("A: b: c")});
  CHECK(told_on(*pod) == Told{"A", "b: c"});
  CHECK(told_on(*pod_of({.name = "p", .annotations = explained("odd")})) == Told{"odd", ""});
  CHECK(told_on(*pod_of({.name = "p"})) == Told{});
}

TEST_CASE("An AllocationRequest has its turn among the pods, and says why it waits") {
  ObservedQueue observed = waiting();
  auto request = std::make_shared<api::AllocationRequest>();
  request->meta.ns = "research";
  request->meta.name = "licences";
  request->meta.uid = "request-1";
  request->spec.count = 2;
  request->spec.resources.set(resources::ResourceName::cpu(), resources::Amount{2000});
  request->spec.priority_class_name = "high";
  request->status.reason = Reason::InsufficientQuota;
  request->status.message = "needs 4 cpu in pool cpu";
  observed.requests.push_back(std::move(request));
  auto high = std::make_shared<cluster::PriorityClass>();
  high->meta.name = "high";
  high->value = 900000;
  observed.priorities.push_back(std::move(high));
  const auto view = decide_queue(observed, "research", kSceneTime);
  REQUIRE(view);
  const auto row = std::ranges::find(view->rows, "licences", &QueueRow::name);
  REQUIRE(row != view->rows.end());
  CHECK(row->request);
  CHECK(row->position == 1);
  CHECK(row->members == 2);
  CHECK(row->priority == 901000);
  CHECK(row->why == Told{"InsufficientQuota", "needs 4 cpu in pool cpu"});
  CHECK(render_queue(*view, false, Paint{}).find("Request 2") != std::string::npos);
}
