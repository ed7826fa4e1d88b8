// Planned starts and windows on random small clusters, against what must hold of any answer.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/allocation/backfill_invariant.hpp"
#include "tests/support/allocation/carry_out.hpp"
#include "tests/support/allocation/draw.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

std::optional<Duration> any_limit() {
  if (below(4) == 0)
    return std::nullopt;
  return std::chrono::minutes{10 * (1 + below(12))};
}

/// As much as a node has for so many of its cores.
std::int64_t memory(int cores) {
  return static_cast<std::int64_t>(cores) << 32U;
}

PodView running(int number, int nodes) {
  PodView view = pod("run" + std::to_string(number))
                     .in(below(2) == 0 ? "team-a" : "team-b")
                     .cpu(2 + below(3))
                     .asks("memory", memory(below(4)))
                     .bound("n" + std::to_string(below(nodes)));
  view.started = kNow - std::chrono::minutes{below(30)};
  view.duration_limit = any_limit();
  return view;
}

PodView waiting(int number) {
  PodView view = pod("wait" + std::to_string(number))
                     .in(below(2) == 0 ? "team-a" : "team-b")
                     .cpu(2 + below(6))
                     .asks("memory", memory(below(7)))
                     .created(number);
  view.duration_limit = any_limit();
  view.preemptible = below(2) == 0;
  return view;
}

/// A few nodes of 8 cores with work on them, more work that waits, two quotas that may borrow.
World any_world(bool may_lend = true) {
  World world;
  world.policy.preemption.enabled = may_lend;
  const int nodes = 2 + below(3);
  world.add_all(pool("p"), quota("root").pool("p").cpu(0),
                quota("a").under("root").of("team-a").pool("p").cpu(4 * nodes),
                quota("b").under("root").of("team-b").pool("p").cpu(4 * nodes - 2));
  for (int i = 0; i < nodes; ++i)
    world.add(node("n" + std::to_string(i), 8));
  for (int i = 0, count = nodes + below(2 * nodes); i < count; ++i)
    world.add(running(i, nodes));
  for (int i = 0, count = 3 + below(8); i < count; ++i)
    world.add(waiting(i));
  if (below(4) == 0) {
    ReservationSpec standing = reservation("standing", 1 + below(6));
    standing.amounts.set(ResourceName{"memory"}, Amount{memory(below(6))});
    standing.accepted = false;
    standing.lend_idle = may_lend && below(2) == 0;
    standing.created = kNow - (1h + 2h * below(2)); // before the window, or after it
    world.add(standing);
  }
  if (below(2) == 0) {
    ReservationSpec spec = reservation("r", 1 + below(10));
    spec.accepted = false;
    spec.lend_idle = may_lend && below(2) == 0;
    spec.lead_time = 5min;
    spec.window = SingleWindow{kNow + std::chrono::minutes{20 + below(60)},
                               std::chrono::minutes{10 + below(60)}};
    world.add(spec);
  }
  return world;
}

/// What was admitted started at once, and work ends at its limit.
void run_until(World& world, TimePoint until) {
  std::vector<PodView> all;
  world.snapshot()->pods.for_each(
      [&](const PodUid&, const std::shared_ptr<const PodView>& pod) { all.push_back(*pod); });
  for (PodView& pod : all) {
    if (!pod.is_bound() && pod.admission) {
      pod.node = pod.admission->planned_nodes.front();
      pod.started = world.now;
      world.add(pod);
    }
    if (!pod.is_bound() || !pod.duration_limit)
      continue;
    const TimePoint end = *pod.started + *pod.duration_limit;
    if (end > world.now && end <= until) // else it overran before the test began
      world.state.remove_pod(pod.uid);
  }
  world.now = until;
}

/// What the promise would find on nodes at its start if nothing lent or evictable stayed.
bool is_kept(const Plan& plan) {
  return std::all_of(plan.windows.begin(), plan.windows.end(), [](const WindowOutlook& window) {
    return window.missing.is_nothing() && window.nodes_missing == 0;
  });
}

} // namespace

TEST_CASE("B1: nobody's planned start moves later because later work starts now") {
  REQUIRE(rc::check("against the same cluster without the later work", [] {
    World world = any_world();
    world.step(); // the reservation is accepted, or not; some work starts
    for (int i = 20, count = 20 + below(5); i < count; ++i)
      world.add(waiting(i));
    const auto snapshot = world.snapshot();
    const Plan plan = decide(*snapshot, world.policy, world.now, 1);
    RC_ASSERT(delayed_by_later_work(*snapshot, world, plan).empty());
  }));
}

TEST_CASE("B1: deciding again after admissions admits nobody and moves no planned start") {
  REQUIRE(rc::check("twice", [] {
    World world = any_world();
    // By shares an admission changes whose turn it is, and with it who plans first.
    PolicySpec by_age;
    by_age.ordering = Ordering::Fifo;
    world.add(by_age);
    world.step();
    const Plan first = world.step();
    const Plan second = world.plan();
    // Earlier work that may evict by what was admitted starts sooner than it was planned.
    RC_PRE(first.preemption.nominations.empty() && second.preemption.nominations.empty());
    RC_ASSERT(second.admissions.empty());
    const auto before = planned_starts(first);
    for (const auto& [workload, start] : planned_starts(second))
      if (before.contains(workload))
        RC_ASSERT(start <= before.at(workload));
  }));
}

TEST_CASE("B1: work that is alike starts when it would if nobody were like it") {
  REQUIRE(rc::check("beside the same work, each with a toleration of its own", [] {
    World alike = any_world(false);
    alike.step(); // a window that is accepted ends nowhere in the cycle's own plans
    // All of it is borrowed: claims of own room (F4) are made for the first of those who are alike.
    alike.add_all(quota("a").under("root").of("team-a").pool("p").cpu(0),
                  quota("b").under("root").of("team-b").pool("p").cpu(0),
                  quota("spare").under("root").of("nobody").pool("p").cpu(99));
    std::vector<PodView> queue;
    for (int i = 0, count = 6 + below(10); i < count; ++i) {
      const int kind = below(3);
      const std::string name = "q" + std::to_string(i);
      for (int member = 0; member <= kind % 2; ++member) {
        PodView view = pod(name + "-" + std::to_string(member))
                           .in("team-a")
                           .cpu(3 + kind)
                           .gang(name, 1 + kind % 2)
                           .created(50 + i);
        view.duration_limit = std::chrono::minutes{30 * (1 + kind)};
        queue.push_back(view);
      }
    }
    World unlike = copy_of(*alike.snapshot(), alike);
    for (PodView& each : queue) {
      alike.add(each);
      PodShape shape = *each.shape;
      shape.constraints.tolerations.push_back(Toleration{"only-" + each.name});
      each.shape = ShapePtr{std::move(shape)};
      unlike.add(each);
    }
    for (int round = 0; round < 2; ++round) {
      const Plan plan = alike.step();
      const Plan expected = unlike.step();
      RC_TAG(planned_starts(plan).empty() ? "nobody has a planned start" : "somebody has");
      RC_ASSERT(plan.admissions.size() == expected.admissions.size());
      RC_ASSERT(planned_starts(plan) == planned_starts(expected));
    }
  }));
}

// Not yet with windows beside it: one that is laid anew, when work has ended, may come to lie where
// a start was planned.
TEST_CASE("B1: without windows a planned start is kept if everything ends as it said") {
  REQUIRE(rc::check("played until the first planned start", [] {
    World world = any_world(false);
    for (const char* name : {"r", "standing"})
      world.state.remove_reservation(ReservationName{name});
    for (const std::string name : {"a", "b"})
      world.add(quota(name).under("root").of("team-" + name).pool("p").cpu(99));
    // Shares change as work ends, and with them whose turn it is; ages do not.
    PolicySpec by_age;
    by_age.ordering = Ordering::Fifo;
    world.add(by_age);
    world.step();
    Plan plan = world.step();
    const auto starts = planned_starts(plan);
    RC_TAG(starts.empty() ? "nobody has a planned start" : "somebody has");
    if (starts.empty())
      return;
    const auto first =
        std::find_if(plan.waiting.begin(), plan.waiting.end(),
                     [](const Waiting& waiting) { return waiting.planned_start.has_value(); });
    const WorkloadId id = first->workload->id;
    const TimePoint planned = starts.at(id);
    run_until(world, planned);
    const Plan then = world.plan();
    RC_ASSERT(
        std::any_of(then.admissions.begin(), then.admissions.end(),
                    [&](const Admission& admission) { return admission.workload->id == id; }));
  }));
}

TEST_CASE("R3: no admission takes a promise that was given") {
  REQUIRE(rc::check("windows before and after", [] {
    World world = any_world();
    const Plan asked = world.step();
    if (asked.reservations.empty() || !asked.reservations[0].accepted)
      return;
    for (int round = 0; round < 3; ++round) {
      for (int i = 0, count = below(4); i < count; ++i)
        world.add(waiting(100 + 10 * round + i));
      world.step();
      run_until(world, world.now + std::chrono::minutes{below(5)});
      RC_ASSERT(is_kept(world.plan()));
    }
  }));
}

TEST_CASE(
    "R4: nobody is lent promised capacity that a waiting holder could use in the same cycle") {
  REQUIRE(rc::check("without those who are lent it", [] {
    World world;
    world.policy.preemption.enabled = true;
    const int nodes = 1 + below(3);
    world.add_all(pool("p"), quota("root").pool("p").cpu(0),
                  quota("a").under("root").of("team-a").pool("p").cpu(8 * nodes),
                  quota("b").under("root").of("team-b").pool("p").cpu(8 * nodes));
    for (int i = 0; i < nodes; ++i)
      world.add(node("n" + std::to_string(i), 8));
    ReservationSpec spec = reservation("r", 1 + below(8 * nodes));
    spec.lend_idle = true;
    world.add(spec);
    const auto submit = [&](const std::string& kind, int count, const std::string& team) {
      for (int i = 0; i < count; ++i)
        world.add(pod(kind + std::to_string(i))
                      .in(team)
                      .cpu(1 + below(6))
                      .priority(below(3))
                      .created(below(3)));
    };
    submit("guest", below(8), "team-b");
    submit("first", below(3), "team-a");
    world.step();
    bind_admitted(world);
    for (PodView& pod : pods_that(world, [](const PodView& each) { return each.is_bound(); }))
      if (below(3) == 0)
        world.state.remove_pod(pod.uid);
    submit("holder", 1 + below(4), "team-a");
    submit("again", 1 + below(6), "team-b");
    const auto snapshot = world.snapshot();
    const Plan plan = decide(*snapshot, world.policy, world.now, 1);
    std::set<WorkloadId> lent;
    for (const Admission& admission : plan.admissions)
      if (admission.members.front().record.lent_until)
        lent.insert(admission.workload->id);
    RC_TAG(lent.empty() ? "nothing is lent" : "something is lent");
    const Plan without = copy_of(*snapshot, world, lent).plan();
    for (const Waiting& waiting : plan.waiting)
      for (const Admission& admission : without.admissions)
        RC_ASSERT((admission.workload->id != waiting.workload->id ||
                   waiting.workload->namespace_name != "team-a"));
  }));
}

TEST_CASE("R1: a window is accepted if and only if some choice of nodes has room all the while") {
  REQUIRE(rc::check("against minutes", [] {
    World world;
    const int nodes = 1 + below(3);
    world.add_all(pool("p"), quota("a").of("team-a").pool("p").cpu(99),
                  quota("b").of("team-b").pool("p").cpu(99));
    std::vector<std::vector<int>> free(static_cast<std::size_t>(nodes), std::vector<int>(200, 8));
    for (int i = 0; i < nodes; ++i)
      world.add(node("n" + std::to_string(i), 8));
    for (int i = 0, count = below(6); i < count; ++i) {
      const int at = below(nodes);
      const int cores = 1 + below(2);
      const int minutes = 1 + below(120);
      world.add(pod("run" + std::to_string(i))
                    .in("team-b")
                    .cpu(cores)
                    .bound("n" + std::to_string(at))
                    .lasts(std::chrono::minutes{minutes}));
      for (int minute = 0; minute < minutes; ++minute)
        free[static_cast<std::size_t>(at)][static_cast<std::size_t>(minute)] -= cores;
    }
    const bool whole = below(2) == 0;
    const int start = below(120);
    const int length = 1 + below(60);
    const int wanted = whole ? 1 + below(3) : 1 + below(24);
    ReservationSpec spec = reservation("r", whole ? 0 : wanted);
    spec.node_count = whole ? wanted : 0;
    spec.accepted = false;
    spec.window = SingleWindow{kNow + std::chrono::minutes{start}, std::chrono::minutes{length}};
    world.add(spec);
    int found = 0;
    for (const auto& minutes : free) {
      int least = 8;
      for (int minute = start; minute < start + length; ++minute)
        least = std::min(least, minutes[static_cast<std::size_t>(minute)]);
      found += whole ? (least == 8 ? 1 : 0) : std::max(least, 0);
    }
    RC_ASSERT(world.plan().reservations.at(0).accepted == (found >= wanted));
  }));
}
