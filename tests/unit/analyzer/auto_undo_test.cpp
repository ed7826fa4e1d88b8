// Which changes of replicas are taken back once what came of them is known.

#include <set>

#include <catch2/catch.hpp>

#include "analyzer/advise/auto_replicas.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::OutcomeResult;
using api::RecommendationKind;
using resources::Quantity;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// A Deployment that the analyzer scaled an hour ago, by what is now known of that.
struct Scaled {
  Scaled(RecommendationKind kind, std::int32_t from, std::int32_t to, OutcomeResult result) {
    policy.spec.max_replicas = 20;
    workload.replicas = to;
    workload.meta.uid = "uid-web";
    one.meta.name = "web-1";
    one.spec.kind = kind;
    one.spec.action.patch = replicas_patch(to);
    one.spec.expected_improvement =
        api::ExpectedImprovement{"cpu-peak-percent", Quantity::of(30), Quantity::of(40)};
    one.status.carried_out =
        api::CarriedOut{kNow - 1h, replicas_patch(to), replicas_patch(from), std::nullopt};
    one.status.outcome =
        api::RecommendationOutcome{result, Quantity::of(30), Quantity::of(80), kNow - 5min};
    facts.usage.present = to;
  }
  /// It was taken back now, and is asked for once more.
  void undo_and_ask_again() {
    workload.replicas = *replicas_in(one.status.carried_out->undo_patch);
    one.status.carried_out->undone_at = kNow;
    policy.status.last_applied_at = kNow;
    wanted = one.meta.key();
  }
  void verify(bool held) {
    api::Condition verified;
    verified.type = "Verified";
    verified.status = held ? api::ConditionStatus::True : api::ConditionStatus::False;
    api::set_condition(one.status.conditions, verified, kNow);
  }
  /// One of those that are present, made so long ago.
  WorkloadPod& add_waiting_pod(Duration age) {
    auto pod = std::make_shared<WorkloadPod>();
    pod->meta.created = kNow - age;
    facts.pods.push_back(pod);
    return *pod;
  }
  [[nodiscard]] Plan plan(TimePoint now = kNow) const {
    WorkloadView view;
    view.ref = {api::ScalingTargetKind::Deployment, {"shop", "web"}};
    view.workload = std::make_shared<const Workload>(workload);
    view.policy = std::make_shared<const api::ScalingPolicy>(policy);
    view.recommendations = {std::make_shared<const api::ScalingRecommendation>(one)};
    view.waits_at_gate = waits_at_gate;
    Plan plan;
    act_on_replicas(plan, {view, facts, wanted}, now);
    return plan;
  }

  Workload workload{};
  api::ScalingPolicy policy{};
  api::ScalingRecommendation one{};
  WorkloadFacts facts{};
  std::optional<api::ObjectKey> wanted{};
  bool waits_at_gate = false;
};

} // namespace

TEST_CASE("fewer replicas that became too busy are given back, and it is noted first") {
  const Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  const Plan plan = scaled.plan();
  REQUIRE(plan.scale);
  CHECK(plan.scale->from == 8);
  CHECK(plan.scale->to == 10);
  CHECK(plan.scale->uid == "uid-web");
  CHECK(plan.scale->reason == Reason::Undone);
  CHECK(plan.scale->note == "From 8 to 10 replicas: cpu-peak-percent is 80 where 40 was expected");
  REQUIRE(plan.changed.size() == 1);
  CHECK(plan.changed[0].meta.key() == plan.scale->of);
  REQUIRE(plan.changed[0].status.carried_out);
  CHECK(plan.changed[0].status.carried_out->undone_at == kNow);
}

TEST_CASE("what became no worse stays, and so does what was taken back already") {
  CHECK(Scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Improved).plan().empty());
  CHECK(Scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Unchanged).plan().empty());
  Scaled again(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  again.one.status.carried_out->undone_at = kNow - 1min;
  again.policy.status.last_applied_at = kNow - 1min;
  CHECK(again.plan().empty());
}

TEST_CASE("added replicas that were taken back are asked for again within the hour") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Unchanged);
  scaled.undo_and_ask_again();
  CHECK_FALSE(scaled.plan(kNow + 9min).scale);
  CHECK(scaled.plan(kNow + 10min).scale);
  scaled.policy.spec.cooldown = 50min;
  CHECK_FALSE(scaled.plan(kNow + 59min).scale);
  CHECK(scaled.plan(kNow + 1h).scale);
}

TEST_CASE(
    "an emergency waits for no more than the cooldown, though the last growth was taken back") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Unchanged);
  scaled.undo_and_ask_again();
  scaled.one.spec.priority = api::RecommendationPriority::Critical;
  CHECK_FALSE(scaled.plan(kNow + 4min).scale);
  CHECK(scaled.plan(kNow + 5min).scale);
}

TEST_CASE("replicas that were taken away and given back are not taken away again for hours") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.undo_and_ask_again();
  CHECK_FALSE(scaled.plan(kNow + 359min).scale);
  CHECK(scaled.plan(kNow + 6h).scale);
}

TEST_CASE("what somebody else put back is left so for an hour, but not what was never sent") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Unchanged);
  scaled.workload.replicas = 4;
  scaled.one.status.carried_out->at = kNow;
  scaled.wanted = scaled.one.meta.key();
  CHECK(scaled.plan(kNow + 5min).scale);
  scaled.policy.status.last_applied_at = kNow;
  CHECK_FALSE(scaled.plan(kNow + 59min).scale);
  CHECK(scaled.plan(kNow + 1h).scale);
}

TEST_CASE("while pods wait to be admitted and none is yet no replica is added") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.waits_at_gate = true;
  CHECK(scaled.plan().empty());
}

TEST_CASE("what was to be taken back and could not be sent is sent again for a while") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.policy.spec.cooldown = 20min;
  scaled.one.status.carried_out->undone_at = kNow - 1min;
  scaled.policy.status.last_applied_at = kNow - 1h; // that was the change itself
  const Plan plan = scaled.plan();
  REQUIRE(plan.scale);
  CHECK(plan.scale->to == 10);
  CHECK(plan.changed.empty()); // it is noted already
  CHECK(scaled.plan(kNow + 38min).scale);
  CHECK(scaled.plan(kNow + 39min).empty());
  scaled.workload.replicas = 10;
  CHECK(scaled.plan().empty());
}

TEST_CASE("what the back-off and the cooldown go by is kept, however many ended since") {
  const auto ended = [](const std::string& name, Duration ago) {
    auto one = std::make_shared<api::ScalingRecommendation>();
    one->meta.name = name;
    api::Condition valid;
    valid.type = "Valid";
    valid.status = api::ConditionStatus::False;
    valid.last_transition_time = kNow - ago;
    one->status.conditions = {valid};
    return one;
  };
  std::vector<RecommendationPtr> known;
  for (int i = 0; i < 12; ++i)
    known.push_back(ended("new-" + std::to_string(i), i * 1min));
  const auto undone = ended("undone", 5h);
  undone->status.carried_out = api::CarriedOut{kNow - 5h, "{}", "{}", kNow - 4h};
  const auto changed = ended("changed", 2h);
  changed->status.carried_out = api::CarriedOut{kNow - 2h, "{}", "{}", std::nullopt};
  const auto before = ended("changed-before", 3h);
  before->status.carried_out = api::CarriedOut{kNow - 3h, "{}", "{}", std::nullopt};
  known.insert(known.end(), {undone, changed, before});
  const auto removed = [&](TimePoint now) {
    Plan plan;
    tend(plan, known, std::nullopt, std::nullopt, AdvisorOptions{}, now);
    std::set<std::string> names;
    for (const auto& meta : plan.removed)
      names.insert(meta.name);
    return names;
  };
  CHECK(removed(kNow) == std::set<std::string>{"new-10", "new-11", "changed-before"});
  CHECK(removed(kNow + 3h).contains("undone"));
  CHECK(removed(kNow + 25h).contains("changed"));
}

TEST_CASE("what was measured before the change says nothing of it") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.one.status.outcome->measured_at = scaled.one.status.carried_out->at;
  CHECK(scaled.plan().empty());
}

TEST_CASE("a target that somebody changed since is theirs") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.workload.replicas = 9;
  CHECK(scaled.plan().empty());
}

TEST_CASE("taking back waits for the cooldown, and keeps the bounds that hold now") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.policy.spec.cooldown = 2h;
  CHECK(scaled.plan().empty());
  scaled.policy.spec.cooldown = 5min;
  scaled.policy.spec.max_replicas = 9;
  REQUIRE(scaled.plan().scale);
  CHECK(scaled.plan().scale->to == 9);
}

TEST_CASE("more replicas are not blamed for more work than was foreseen") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Worse);
  scaled.verify(false);
  CHECK(scaled.plan().empty());
  scaled.verify(true);
  REQUIRE(scaled.plan().scale);
  CHECK(scaled.plan().scale->to == 4);
}

TEST_CASE("added replicas of which none works are taken back, and of which one does are not") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Unchanged);
  scaled.add_waiting_pod(1h);
  CHECK(scaled.plan().empty());
  scaled.add_waiting_pod(1h);
  REQUIRE(scaled.plan().scale);
  CHECK(scaled.plan().scale->to == 4);
  CHECK(scaled.plan(kNow - 31min).empty()); // not that soon after
  scaled.facts.usage.ending = 1;            // its successor is not there yet
  CHECK(scaled.plan().empty());
}

TEST_CASE("replicas that nobody makes are taken back") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Unchanged);
  scaled.facts.usage.present = 4;
  CHECK(scaled.plan().scale);
}

TEST_CASE("pods of a roll-out, and those that worked once, are not given up") {
  Scaled rolled(RecommendationKind::ScaleOut, 4, 6, OutcomeResult::Unchanged);
  Scaled restarted = rolled;
  for (int i = 0; i < 6; ++i) {
    rolled.add_waiting_pod(1min);
    WorkloadPod& pod = restarted.add_waiting_pod(1h);
    pod.stage = PodStage::Running;
    pod.ready = false;
    pod.accepted = kNow - 1h;
    pod.ready_changed = kNow - 1min;
  }
  rolled.facts.usage.coming = 6;
  restarted.facts.usage.coming = 6;
  CHECK(rolled.plan().empty());
  CHECK(restarted.plan().empty());
}

TEST_CASE("a change that was good stays, whatever becomes of its pods later") {
  Scaled scaled(RecommendationKind::ScaleOut, 4, 5, OutcomeResult::Improved);
  scaled.facts.usage.coming = 1;
  scaled.add_waiting_pod(1h);
  CHECK(scaled.plan().empty());
  scaled.one.status.outcome->result = OutcomeResult::Unchanged;
  CHECK(scaled.plan().scale);
  scaled.one.status.carried_out->at = kNow - 61min; // then it is too late for this, too
  CHECK(scaled.plan().empty());
}

TEST_CASE("long after it was verified, and its cooldown is over, a change is not judged any more") {
  Scaled scaled(RecommendationKind::ScaleIn, 10, 8, OutcomeResult::Worse);
  scaled.one.status.outcome->measured_at = kNow - 30min;
  CHECK(scaled.plan().scale);
  CHECK(scaled.plan(kNow + 1min).empty());
  scaled.policy.spec.cooldown = 5h;
  CHECK(scaled.plan(kNow + 4h).scale);
  CHECK(scaled.plan(kNow + 4h + 31min).empty());
}

} // namespace berth::analyzer
