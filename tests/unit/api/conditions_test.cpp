#include "lib/api/conditions.hpp"

#include <catch2/catch.hpp>

namespace berth::api {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNoon{1'790'000'000'000ms};

Condition ready(ConditionStatus status, Reason reason) {
  Condition condition;
  condition.type = "Ready";
  condition.status = status;
  condition.reason = reason;
  return condition;
}

} // namespace

TEST_CASE("a first condition gets the time it was set") {
  Conditions conditions;
  set_condition(conditions, ready(ConditionStatus::True, Reason::Ready), kNoon);
  REQUIRE(conditions.size() == 1);
  CHECK(conditions[0].last_transition_time == kNoon);
}

TEST_CASE("the transition time moves only when the status changes") {
  Conditions conditions;
  set_condition(conditions, ready(ConditionStatus::False, Reason::NoNodes), kNoon);
  set_condition(conditions, ready(ConditionStatus::False, Reason::NodesNotReady), kNoon + 1h);
  CHECK(conditions[0].last_transition_time == kNoon);
  CHECK(conditions[0].reason == Reason::NodesNotReady);
  set_condition(conditions, ready(ConditionStatus::True, Reason::Ready), kNoon + 2h);
  CHECK(conditions[0].last_transition_time == kNoon + 2h);
  set_condition(conditions, ready(ConditionStatus::Unknown, Reason::CachesNotSynced), kNoon + 3h);
  CHECK(conditions[0].last_transition_time == kNoon + 3h);
}

TEST_CASE("setting a condition again changes nothing") {
  Conditions conditions;
  set_condition(conditions, ready(ConditionStatus::True, Reason::Ready), kNoon);
  const Conditions before = conditions;
  set_condition(conditions, ready(ConditionStatus::True, Reason::Ready), kNoon + 5h);
  CHECK(conditions == before);
}

TEST_CASE("the transition time has whole seconds, as the API keeps it") {
  Conditions conditions;
  set_condition(conditions, ready(ConditionStatus::True, Reason::Ready), kNoon + 999ms);
  CHECK(conditions[0].last_transition_time == kNoon);
}

TEST_CASE("conditions are sorted by type whatever the order they are set in") {
  Conditions forward;
  Conditions backward;
  const std::vector<std::string> types{"Active", "Degraded", "NodesDisjoint", "Ready"};
  const auto set = [](Conditions& conditions, const std::string& type) {
    Condition condition = ready(ConditionStatus::True, Reason::Ready);
    condition.type = type;
    set_condition(conditions, condition, kNoon);
  };
  for (const auto& type : types)
    set(forward, type);
  for (auto type = types.rbegin(); type != types.rend(); ++type)
    set(backward, *type);
  CHECK(forward == backward);
  REQUIRE(forward.size() == types.size());
  for (std::size_t i = 0; i < types.size(); ++i)
    CHECK(forward[i].type == types[i]);
}

TEST_CASE("a condition that is absent or Unknown is not true") {
  Conditions conditions;
  CHECK_FALSE(is_true(conditions, "Ready"));
  CHECK(find_condition(conditions, "Ready") == nullptr);
  set_condition(conditions, ready(ConditionStatus::Unknown, Reason::CachesNotSynced), kNoon);
  CHECK_FALSE(is_true(conditions, "Ready"));
  set_condition(conditions, ready(ConditionStatus::True, Reason::Ready), kNoon);
  CHECK(is_true(conditions, "Ready"));
  CHECK_FALSE(is_true(conditions, "Read"));
}

} // namespace berth::api
