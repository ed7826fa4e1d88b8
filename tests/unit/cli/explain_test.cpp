// kubectl berth explain: where a pod or a gang stands, and why.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "cli/explain/render.hpp"
#include "cli/output/document.hpp"
#include "lib/cluster/request_units.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

constexpr const char* kNoGate = R"("terminationGracePeriodSeconds": 0)";
constexpr const char* kAdmitted = R"({"berth.dev/admitted":
  "{\"decision\":\"7-1\",\"quota\":\"research\",\"pool\":\"cpu\",\"nodes\":[\"cpu-1\",\"cpu-4\"],)"
                                  R"(\"members\":4,\"youngestMember\":\"2026-03-02T08:57:50Z\"}"})";

/// Everything around a pod of the namespace research; the pod itself is the test's.
ObservedExplain about(const PodText& text) {
  ObservedExplain observed;
  observed.subject = {"research", text.name};
  observed.pod = pod_of(text);
  observed.name_space = {"research", {}};
  observed.quotas = company().quotas;
  observed.pools = company().pools;
  return observed;
}

std::string in_gang(const char* size) {
  return R"({"berth.dev/workload": "train", "berth.dev/workload-size": ")" + std::string(size) +
         R"("})";
}

ObservedExplain about_gang() {
  ObservedExplain observed = about({.name = "train"});
  observed.pod = nullptr;
  const auto add = [&](const char* name, const char* annotations, const std::string& spec) {
    observed.members.push_back(
        pod_of({.name = name, .labels = in_gang("4"), .annotations = annotations, .spec = spec}));
  };
  add("train-0", kAdmitted, R"("nodeName": "cpu-1")");
  add("train-1", kAdmitted, kNoGate);
  add("train-2", R"({"berth.dev/explain": "InsufficientCapacity: no node has room"})",
      R"("schedulingGates": [{"name": "berth.dev/admission"}, {"name": "example.com/data"}])");
  return observed;
}

std::string text_of(const ObservedExplain& observed) {
  return render_explain(decide_explain(observed, kSceneTime), false, Paint{});
}

} // namespace

TEST_CASE("X1: a waiting pod is explained with its reason, its quota chain and its pools") {
  auto observed = about({.name = "sweep-70", .annotations = R"({"berth.dev/explain":
      "InsufficientQuota: needs 2 cpu in pool cpu; research has 0 of 50 left"})"});
  observed.events = {{kSceneTime - std::chrono::minutes{2}, 3, "InsufficientQuota", "needs 2 cpu"}};
  const auto view = decide_explain(observed, kSceneTime);
  CHECK(view.quota == "research");
  CHECK(view.priority == 501000);
  check_golden("explain-waiting.txt", render_explain(view, false, Paint{}));
  check_golden("explain-waiting-wide.txt", render_explain(view, true, Paint{}));
  check_golden("explain-waiting.json", json_document(explain_json(view)));
}

TEST_CASE("X1: what would let a waiting pod start is told, one change in each line") {
  auto view =
      decide_explain(about({.name = "sweep-70",
                            .annotations = R"({"berth.dev/explain": "InsufficientQuota: x"})"}),
                     kSceneTime);
  Outlook outlook;
  outlook.planned_start = kSceneTime + std::chrono::hours{5};
  outlook.changes = {{{"+2 cpu for quota research in pool cpu", "+1 node like cpu-1"}, {}},
                     {{"priority 501"}, {"research/sweep-3", "research/sweep-4"}}};
  view.outlook = outlook;
  check_golden("explain-changes.txt", render_explain(view, false, Paint{}));
  check_golden("explain-changes.json", json_document(explain_json(view)["outlook"]));

  view.outlook->what_if = WhatIfView{{"priority 501"}, true, {"cpu-1"}, {}};
  CHECK(render_explain(view, false, Paint{}).find("it would start now on cpu-1") !=
        std::string::npos);
  view.outlook->what_if = WhatIfView{{"priority 500"}, false, {}, {"InsufficientQuota", "needs 2"}};
  CHECK(render_explain(view, false, Paint{}).find("it would wait: InsufficientQuota: needs 2") !=
        std::string::npos);
  view.outlook = Outlook{};
  CHECK(render_explain(view, false, Paint{}).find("no change that was tried") != std::string::npos);
  view.outlook.reset();
  view.outlook_missing_why = "nodes: forbidden";
  CHECK(render_explain(view, false, Paint{}).find("not known: nodes: forbidden") !=
        std::string::npos);
}

TEST_CASE("An admitted pod is explained by its record") {
  const auto admitted = about({.name = "a", .annotations = kAdmitted, .spec = kNoGate});
  check_golden("explain-admitted.txt", text_of(admitted));
  const auto bound =
      about({.name = "a", .annotations = kAdmitted, .spec = R"("nodeName": "cpu-4")"});
  CHECK(text_of(bound).starts_with("Pod research/a is bound to node cpu-4\n"));
}

TEST_CASE("G1: a gang is explained as a whole, and stands where its last member stands") {
  const auto view = decide_explain(about_gang(), kSceneTime);
  CHECK(view.standing == Standing::Waiting);
  CHECK(view.other_gates == std::vector<std::string>{"example.com/data"});
  check_golden("explain-gang.txt", render_explain(view, false, Paint{}));
}

TEST_CASE("A pod that no quota names says so without the operator's help") {
  auto observed = about({.ns = "strangers", .name = "p"});
  observed.subject.ns = "strangers";
  observed.name_space.name = "strangers";
  const auto view = decide_explain(observed, kSceneTime);
  CHECK(view.why.reason == "QuotaNotFound");
  CHECK(view.quota.empty());
  CHECK(view.chain.empty());
}

TEST_CASE("Silence of the operator has a next step") {
  const auto text = text_of(about({.name = "p"}));
  CHECK(text.starts_with("Pod research/p has waited 2m10s\n"));
  CHECK(text.find("kubectl -n berth-system get lease berth-operator") != std::string::npos);
}

TEST_CASE("What is not Berth's is said to be so") {
  const auto text = text_of(about({.name = "p", .spec = kNoGate}));
  CHECK(text == "Pod research/p is not managed by Berth\n"
                "  neither its namespace nor the pod itself is labelled berth.dev/managed=true\n"
                "  Asks:         cpu 2\n");
}

TEST_CASE("L5: what has ended holds nothing, what is being deleted still does") {
  auto finished = about({.name = "p",
                         .annotations = kAdmitted,
                         .spec = R"("nodeName": "n")",
                         .status = R"({"phase": "Succeeded"})"});
  CHECK(text_of(finished).starts_with("Pod research/p has ended and holds nothing\n"));
  CHECK(decide_explain(finished, kSceneTime).requests.empty());
}

TEST_CASE("X1: an AllocationRequest is explained as work is, and after its end by how it ended") {
  auto request = std::make_shared<api::AllocationRequest>();
  request->meta.ns = "research";
  request->meta.name = "licences";
  request->meta.uid = "request-1";
  request->meta.created = kSceneTime - std::chrono::minutes{5};
  request->spec.count = 2;
  request->spec.resources.set(resources::ResourceName::cpu(), resources::Amount{2000});
  request->status.reason = Reason::InsufficientQuota;
  request->status.message = "needs 4 cpu in pool cpu";
  const auto explained = [&] {
    ObservedExplain observed = about({.name = "licences"});
    observed.pod = nullptr;
    observed.request = request;
    for (auto& unit : cluster::units_of(*request, 0)) {
      auto member = std::make_shared<cluster::Pod>();
      member->view = std::move(unit);
      observed.members.push_back(std::move(member));
    }
    return decide_explain(observed, kSceneTime);
  };
  const ExplainView waiting = explained();
  const std::string text = render_explain(waiting, false, Paint{});
  CHECK(text.starts_with("AllocationRequest research/licences has waited 5m: InsufficientQuota\n"
                         "  needs 4 cpu in pool cpu\n"
                         "  Asks:         cpu 4\n"
                         "  Quota:        research\n"));
  CHECK(explain_json(waiting)["kind"] == "AllocationRequest");

  request->status.reason = Reason::Expired;
  request->status.message = "its time was up";
  api::set_condition(request->status.conditions,
                     {.type = "Finished", .status = api::ConditionStatus::True}, kSceneTime);
  CHECK(render_explain(explained(), false, Paint{}) ==
        "AllocationRequest research/licences has ended and holds nothing: Expired\n"
        "  its time was up\n"
        "  Asks:         nothing\n"
        "  Priority:     0\n");
}

TEST_CASE("Text from events and annotations cannot steer the terminal") {
  auto observed = about({.name = "p", .annotations = R"({"berth.dev/explain": "A: \u001b[2J"})"});
  observed.events = {{kSceneTime, 1, "R", "\033]0;title\a"}};
  CHECK(text_of(observed).find('\033') == std::string::npos);
}
