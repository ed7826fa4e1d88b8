#include <catch2/catch.hpp>

#include "lib/allocation/start_history.hpp"
#include "lib/allocation/work_end.hpp"
#include "lib/base/rng.hpp"
#include "tests/support/allocation/backfill_invariant.hpp"
#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// One node of 8 cores for team-a and team-b, 6 of them busy for an hour.
World busy_node() {
  World world;
  world.add_all(pool("p"), node("n1", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16),
                pod("busy").in("team-b").cpu(6).bound("n1").lasts(1h));
  return world;
}

std::optional<TimePoint> planned(const Plan& plan, const std::string& name) {
  const auto starts = planned_starts(plan);
  const auto found = starts.find(WorkloadId{"uid-" + name});
  return found == starts.end() ? std::nullopt : std::optional{found->second};
}

PodView waits(const std::string& name, std::int64_t cores, int second,
              std::optional<Duration> limit = {}) {
  PodView view = pod(name).cpu(cores).created(second);
  view.duration_limit = limit;
  return view;
}

} // namespace

TEST_CASE("B1: who waits is told when the room it needs is expected to be free") {
  World world = busy_node();
  world.add(waits("big", 8, 0));
  CHECK(planned(world.plan(), "big") == kNow + 1h);
}

TEST_CASE("B1: later work starts now only beside a planned start") {
  World world = busy_node();
  world.add_all(waits("big", 8, 0), waits("short", 2, 1, 1h), waits("long", 2, 2, 61min),
                waits("endless", 1, 3));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"short"});
  CHECK(planned(plan, "big") == kNow + 1h);
  CHECK(why_waiting(plan, "endless")->reason != Reason::Admitted);
  world.apply(plan);
  CHECK(world.plan().admissions.empty());
  CHECK(planned(world.plan(), "big") == kNow + 1h);
}

TEST_CASE("B1: work that leaves a planned workload its room may run as long as it likes") {
  World world = busy_node();
  world.add_all(waits("big", 6, 0), waits("endless", 2, 1));
  CHECK(admitted_names(world.plan()) == Names{"endless"});
}

TEST_CASE("B1: a planned start keeps its room in the quota too") {
  World world = busy_node();
  world.add(node("n2", 8));
  world.add(node("n3", 8));
  world.add(quota("b").of("team-b").pool("p").nominal("cpu", 10'000, Amount{0}));
  PodView first = pod("first").in("team-b").cpu(8).created(0);
  PodView endless = pod("endless").in("team-b").cpu(4).created(1);
  PodView brief = pod("brief").in("team-b").cpu(4).created(2);
  brief.duration_limit = 1h;
  world.add_all(first, endless, brief);
  const Plan plan = world.plan();
  CHECK(planned(plan, "first") == kNow + 1h);
  CHECK(admitted_names(plan) == Names{"brief"});
  CHECK(why_waiting(plan, "endless")->reason == Reason::HigherPriorityFirst);
}

TEST_CASE("B1: a gang is planned for nodes and not for sums") {
  World world;
  world.add_all(pool("p"), node("n1", 4), node("n2", 4), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16),
                pod("b1").in("team-b").cpu(2).bound("n1").lasts(1h),
                pod("b2").in("team-b").cpu(2).bound("n2").lasts(2h));
  world.add_all(pod("g1").cpu(4).gang("g", 2), pod("g2").cpu(4).gang("g", 2));
  const Plan plan = world.plan();
  REQUIRE(planned_starts(plan).size() == 1);
  CHECK(planned_starts(plan).begin()->second == kNow + 2h);
}

TEST_CASE("B1, R4: what a holder has beyond its promise is for all when it goes") {
  World world;
  ReservationSpec promised = reservation("r", 2);
  PodView holder = waits("holder", 6, 0, 1h);
  world.add_all(pool("p"), node("n1", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16), promised, holder);
  PodView outside = pod("outside").in("team-b").cpu(6).created(1);
  world.add(outside);
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"holder"});
  CHECK(planned(plan, "outside") == kNow + 1h);
  CHECK(planned(world.plan(), "outside") == kNow + 1h); // also once it runs
  world.add(pod("too-large").in("team-b").cpu(7).created(0));
  CHECK_FALSE(planned(world.plan(), "too-large")); // the promise stands there
}

TEST_CASE("B1, R4: a whole node goes back to its window when a holder ends, and to nobody else") {
  World world;
  ReservationSpec promised = reservation("r", 0);
  promised.amounts = {};
  promised.node_count = 1;
  promised.window = SingleWindow{kNow - 1h, 5h};
  PodView holder = waits("holder", 8, 0, 1h);
  world.add_all(pool("p"), node("n1", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16), promised, holder);
  REQUIRE(admitted_names(world.step()) == Names{"holder"});
  world.add(pod("outside").in("team-b").cpu(8).created(1));
  CHECK(planned(world.plan(), "outside") == kNow + 4h);
}

TEST_CASE("B1, P3: work behind a preemptor is planned for when that would be done") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 8), team("b", 0),
                running("lent", "b", "n1").cpu(8));
  world.add_all(waiting("preemptor", "a").cpu(8).created(0).lasts(1h),
                waiting("next", "a").cpu(8).created(1));
  const Plan plan = play(world);
  REQUIRE(plan.preemption.nominations.size() == 1);
  const TimePoint end = kNow + 1h;
  CHECK(planned(plan, "next") == end);
  CHECK(planned(play(world), "next") == end); // the same once the nomination is written
  CHECK(planned(play(world), "next") == end); // and the victim is told
}

TEST_CASE("B1, P3: what a victim leaves and its preemptor does not take is free for plans") {
  World world = preempting_world({10});
  world.policy.preemption.notice = 5min;
  world.policy.preemption.min_runtime = 0s;
  QuotaSpec patient = team("c", 5);
  patient.preemption.reclaim = Reclaim::Never;
  world.add_all(quota("root").pool("p").cpu(0), team("a", 5), team("b", 0), patient,
                running("large", "b", "n1").cpu(9).lasts(2h));
  world.add_all(waiting("patient", "c").cpu(5).created(0).lasts(1h),
                waiting("preemptor", "a").cpu(5).created(1).lasts(4h));
  const Plan plan = play(world);
  INFO(why_waiting(plan, "preemptor")->message);
  REQUIRE(plan.preemption.nominations.size() == 1);
  CHECK(planned(plan, "patient") == kNow + 2h);
  const auto later = planned(play(world), "patient"); // the nomination is written
  REQUIRE(later);
  CHECK(*later <= kNow + 2h);
}

TEST_CASE("B1: only so many planned starts are kept, and none without backfill") {
  World world = busy_node();
  world.policy.backfill.planned_starts = 1;
  world.add_all(waits("big", 8, 0), waits("next", 8, 1));
  CHECK(planned_starts(world.plan()).size() == 1);
  PolicySpec spec;
  spec.backfill = BackfillPolicy{true, 0};
  world.add(spec);
  CHECK(planned_starts(world.plan()).empty()); // a policy goes before what the program was told
  world.state.remove_policy(spec.name);
  world.policy.backfill.enabled = false;
  CHECK(planned_starts(world.plan()).empty());
}

namespace {

PolicySpec with_learned_durations(bool use) {
  PolicySpec spec;
  spec.pools = {PoolName{"p"}};
  spec.backfill = BackfillPolicy{true, 100, use};
  return spec;
}

} // namespace

TEST_CASE("B2: plans go by what was learned of work that says nothing, where the policy says so") {
  World world;
  PodView busy = pod("busy").in("team-b").cpu(6).bound("n1");
  busy.learned_duration = 2h;
  world.add_all(pool("p"), node("n1", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16), busy, waits("big", 8, 0));
  PodView guessed = waits("guessed", 2, 1);
  guessed.learned_duration = 2h;
  PodView longer = waits("longer", 2, 2);
  longer.learned_duration = 3h;
  world.add_all(guessed, longer);
  CHECK_FALSE(planned(world.plan(), "big"));

  world.add(with_learned_durations(true));
  CHECK(planned(world.plan(), "big") == kNow + 2h);
  CHECK(admitted_names(world.plan()) == Names{"guessed"});
  // The same pod again, as its next event brings it: what the policy says of it stays.
  world.state.upsert_pod(busy);
  CHECK(planned(world.plan(), "big") == kNow + 2h);

  world.add(with_learned_durations(false));
  CHECK_FALSE(planned(world.plan(), "big"));
  world.add(with_learned_durations(true));
  world.add(quota("b").of("team-b").pool("q").cpu(16)); // of another pool, and so another policy
  CHECK_FALSE(planned(world.plan(), "big"));
}

TEST_CASE("B2: what a user says goes before what was learned, and no promise goes by it") {
  PodView view = pod("p").cpu(1).bound("n1");
  view.learned_duration = 1h;
  view.plans_by_learned = true;
  const TimePoint start = kNow;
  view.started = start;
  CHECK(end_of(view, start).expected == start + 1h);
  CHECK(end_of(view, start).relied_on == TimePoint::max());
  CHECK(end_of(view, start + 1h).expected == start + 2h); // it overran, as one in ten does
  CHECK(end_of(view, start + 3h).expected == start + 4h);
  view.expected_duration = 2h;
  CHECK(end_of(view, start).expected == start + 2h);
  CHECK(end_of(view, start).relied_on == start + 2h);
  view.duration_limit = 3h;
  CHECK(end_of(view, start).expected == start + 3h);
}

TEST_CASE("B2: the end of running work is its limit, else what is expected, else unknown") {
  World world = busy_node();
  world.add(waits("big", 8, 0));
  PodView busy = pod("busy").in("team-b").cpu(6).bound("n1");
  busy.started = kNow;
  world.add(busy);
  CHECK_FALSE(planned(world.plan(), "big"));
  busy.expected_duration = 30min;
  world.add(busy);
  CHECK(planned(world.plan(), "big") == kNow + 30min);
  busy.duration_limit = 45min;
  world.add(busy);
  CHECK(planned(world.plan(), "big") == kNow + 45min);
}

TEST_CASE("B3: nine in ten starts come within the interval, also when the habits change") {
  StartHistory history;
  Rng rng(7);
  int told = 0;
  int within = 0;
  for (int i = 0; i < 3000; ++i) {
    const TimePoint now = kNow + i * 1min;
    const Duration ahead = 1min * (30 + static_cast<int>(rng.next() % 90));
    const int slowest = i < 1500 ? 100 : 60;
    const ToldStart start{now, now + ahead, history.interval(QuotaName{"q"}, now, now + ahead)};
    const TimePoint started =
        now + ahead *
                  (20 + static_cast<int>(rng.next() % static_cast<std::uint64_t>(slowest - 20))) /
                  100;
    if (i >= 300) {
      ++told;
      within += start.interval.contains(started) ? 1 : 0;
    }
    history.note(QuotaName{"q"}, start, started);
  }
  const int percent = within * 1000 / told;
  CHECK(percent >= 870);
  CHECK(percent <= 930);
}
