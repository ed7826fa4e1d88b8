// The status of a Conditional reservation as decide says it, cycle after cycle: what it says is
// what the next cycle decides on.

#include <catch2/catch.hpp>

#include "lib/api/to_allocation.hpp"
#include "operator/reservation/conditional.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using namespace berth::allocation::testing;

namespace {

constexpr TimePoint kBegin = std::chrono::floor<std::chrono::seconds>(kNow);

/// One node of 8 cores, and half of it promised while cpu use is at 80 % or above for a minute.
struct Loop {
  Loop() {
    world.now = kBegin;
    world.policy.preemption.enabled = true;
    world.policy.preemption.notice = 10s;
    world.add_all(pool("p"), node("n1", 8), quota("a").of("team-a").pool("p").cpu(8));
    object.meta.name = "peak";
    object.meta.generation = 1;
    object.meta.created = kBegin - 1h;
    object.spec.pool_ref.name = PoolName{"p"};
    object.spec.quota_ref.name = QuotaName{"a"};
    object.spec.kind = api::ReservationKind::Conditional;
    object.spec.resources = {{"cpu", 4000}};
    object.spec.lead_time = 60s;
    object.spec.trigger = api::ReservationTrigger{};
    object.spec.trigger->utilization = api::TriggerUtilization{resources::ResourceName::cpu()};
    object.spec.trigger->value = resources::Quantity::of(80);
    object.spec.trigger->active_for = 5min;
  }

  void measure(int percent) {
    measured = TriggerMeasurement{world.now, resources::Quantity::of(percent), percent >= 80};
  }

  /// The status by the newest plan; the same as before if that does not know the object yet.
  [[nodiscard]] api::ReservationStatus look() {
    const auto zone = [](std::string_view) { return fail(Code::NotFound, "no zones"); };
    auto spec = api::to_allocation(object, zone);
    REQUIRE(spec);
    world.add(*spec);
    const auto snapshot = world.snapshot();
    const allocation::Plan plan = allocation::decide(*snapshot, world.policy, world.now, 1);
    auto digest = std::make_shared<PlanDigest>();
    for (const auto& decision : plan.reservations)
      digest->reservations.emplace(decision.reservation->name, decision);
    auto accounts = std::make_shared<Accounts>();
    accounts->snapshot = snapshot;
    const ObservedReservation observed{std::make_shared<const api::Reservation>(object), *spec,
                                       accounts, digest, measured};
    next_look = next_trigger_look(observed, world.now);
    return decide_reservation_status(observed, world.now).value_or(object.status);
  }

  /// Until nothing is left to write; gives the number of writes.
  int settle() {
    int writes = 0;
    for (api::ReservationStatus wanted = look(); wanted != object.status; wanted = look()) {
      object.status = std::move(wanted);
      REQUIRE(++writes < 10);
    }
    return writes;
  }
  void pass(Duration time) {
    world.now += time;
    settle();
  }
  /// It holds for long enough, and is activated.
  void activate() {
    measure(90);
    settle();
    world.now += 60s;
    measure(90);
    settle();
    REQUIRE(trigger().opens_at);
  }

  [[nodiscard]] const api::TriggerStatus& trigger() const { return *object.status.trigger; }
  [[nodiscard]] const api::Condition& condition(const char* type) const {
    const auto* found = api::find_condition(object.status.conditions, type);
    REQUIRE(found != nullptr);
    return *found;
  }

  World world;
  api::Reservation object;
  std::optional<Result<TriggerMeasurement>> measured{};
  TimePoint next_look{};
};

} // namespace

TEST_CASE("R1, R2: one that was never measured is accepted, not active, and says why") {
  Loop loop;
  loop.measured = fail(Code::NotFound, "the use of cpu is not measured");
  loop.settle();
  CHECK(loop.condition("Accepted").status == api::ConditionStatus::True);
  CHECK(loop.condition("Active").reason == Reason::TriggerUnknown);
  CHECK(loop.condition("Active").message == "the use of cpu is not measured");
  CHECK_FALSE(loop.object.status.trigger);
  CHECK_FALSE(loop.object.status.current_window);
  CHECK(loop.settle() == 0);
  CHECK(loop.next_look == TimePoint::max());
}

TEST_CASE("R2: a trigger that has held for long enough opens at once where there is room") {
  Loop loop;
  loop.measure(50);
  loop.settle();
  CHECK(loop.condition("Active").reason == Reason::TriggerNotMet);
  CHECK(loop.trigger().value == resources::Quantity::of(50));
  loop.world.now += 30s;
  loop.activate();
  CHECK(loop.trigger().opens_at == loop.world.now);
  CHECK(loop.condition("Active").reason == Reason::WindowOpen);
  CHECK(loop.condition("Honored").status == api::ConditionStatus::True);
  REQUIRE(loop.object.status.current_window);
  CHECK_FALSE(loop.object.status.current_window->end);
  CHECK(loop.object.status.current_window->held.get(resources::ResourceName::cpu()) ==
        resources::Amount{4000});
  CHECK(loop.settle() == 0);
}

TEST_CASE("R3: where work is in the way it opens after the lead time") {
  Loop loop;
  allocation::PodView busy = pod("busy").in("team-a").cpu(8).created(0);
  busy.node = NodeName{"n1"};
  busy.admission = record("a", "p", {"n1"});
  busy.gated = false;
  busy.started = kBegin - 1h;
  loop.world.add(busy);
  loop.activate();
  CHECK(loop.trigger().opens_at == loop.world.now + 2min); // and a minute for pods to go
  CHECK(loop.condition("Active").reason == Reason::TriggerHolds);
  REQUIRE(loop.object.status.next_window);
  CHECK(loop.object.status.next_window->start == *loop.trigger().opens_at);
  CHECK_FALSE(loop.object.status.next_window->end);
}

TEST_CASE("R2: when the trigger holds no more the end is told, comes, and leaves nothing") {
  Loop loop;
  loop.activate();
  loop.world.now += 30s;
  loop.measure(50);
  loop.settle();
  const TimePoint ends = loop.world.now + 5min;
  CHECK(loop.trigger().ends_at == ends);
  CHECK(loop.object.status.current_window->end == ends);
  CHECK(loop.next_look == ends);
  loop.world.now = ends - 1s;
  loop.settle();
  CHECK(loop.condition("Active").status == api::ConditionStatus::True);
  loop.pass(1s);
  CHECK_FALSE(loop.trigger().opens_at);
  CHECK_FALSE(loop.object.status.current_window);
  CHECK(loop.condition("Active").status == api::ConditionStatus::False);
  CHECK(loop.object.status.windows_total == 1);
  CHECK(loop.condition("Accepted").status == api::ConditionStatus::True);
}

TEST_CASE("R1: an end that was announced stands where others were promised the time after it") {
  Loop loop;
  loop.activate();
  loop.world.now += 30s;
  loop.measure(50);
  loop.settle();
  const TimePoint ends = loop.world.now + 5min;
  allocation::ReservationSpec other = reservation("other", 8);
  other.window = allocation::SingleWindow{ends + 1h, 1h};
  loop.world.add(other);
  loop.world.now += 30s;
  loop.measure(90);
  loop.settle();
  CHECK(loop.trigger().ends_at == ends + 1h);
  CHECK(loop.object.status.current_window->end == ends + 1h);
  CHECK(loop.condition("Active").reason == Reason::WindowOpen);
  CHECK(loop.condition("Active").message.find("as far as nobody else was promised") !=
        std::string::npos);
  SECTION("then it waits until there is room again, and says since when") {
    loop.world.now = ends + 1h;
    loop.measure(90);
    loop.settle();
    CHECK(loop.condition("Active").status == api::ConditionStatus::False);
    CHECK(loop.condition("Active").reason == Reason::CalendarFull);
    CHECK(loop.condition("Accepted").reason == Reason::CalendarFull);
    CHECK(loop.object.status.next_possible_start == ends + 2h);
  }
  SECTION("and is taken back when they give it up") {
    loop.world.state.remove_reservation(other.name);
    loop.world.now += 30s;
    loop.measure(90);
    loop.settle();
    CHECK_FALSE(loop.trigger().ends_at);
    CHECK_FALSE(loop.object.status.current_window->end);
  }
}

TEST_CASE("R2: of another spec it is not known since when its trigger holds") {
  Loop loop;
  loop.measure(90);
  loop.settle();
  const auto since = loop.trigger().holds_since;
  loop.object.meta.generation = 2;
  loop.object.spec.trigger->value = resources::Quantity::of(70);
  loop.world.now += 60s;
  loop.measure(90);
  loop.settle();
  CHECK(loop.trigger().holds_since == loop.world.now);
  CHECK(loop.trigger().holds_since != since);
  CHECK_FALSE(loop.trigger().opens_at);
}

TEST_CASE("R1: it is not activated while other promises leave no room, and is as soon as they do") {
  Loop loop;
  loop.settle();
  loop.world.add(reservation("other", 8));
  loop.measure(90);
  loop.settle();
  CHECK(loop.condition("Accepted").reason == Reason::CalendarFull);
  loop.world.now += 60s;
  loop.measure(90);
  loop.settle();
  CHECK_FALSE(loop.trigger().opens_at);
  CHECK(loop.condition("Active").reason == Reason::CalendarFull);
  loop.world.state.remove_reservation(ReservationName{"other"});
  loop.settle();
  CHECK(loop.condition("Accepted").status == api::ConditionStatus::True);
  CHECK(loop.condition("Active").reason == Reason::WindowOpen);
}

TEST_CASE(
    "R2: a metric is asked for again in time, and a measurement looked at when it grows old") {
  Loop loop;
  loop.measure(90);
  loop.settle();
  CHECK(loop.next_look > loop.world.now + 4min);
  CHECK(loop.next_look <= loop.world.now + 6min);
  loop.object.spec.trigger->metric = api::TriggerMetric{"queue_depth", "a", {}};
  loop.object.spec.trigger->utilization.reset();
  loop.settle();
  CHECK(loop.next_look == loop.world.now + 30s);
}
