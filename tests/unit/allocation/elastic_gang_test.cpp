// G3: gangs between a least and a most number of members.

#include <catch2/catch.hpp>

#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Members "<name>0", "<name>1", ... of 1 core each, of a gang of two to five.
void add_members(World& world, const std::string& name, int from, int to) {
  for (int i = from; i < to; ++i)
    world.add(waiting(name + std::to_string(i), "a").elastic_gang(name, 2, 5).cpu(1).created(i));
}

/// The same, that run; a later member started later.
void add_running(World& world, const std::string& name, int members) {
  for (int i = 0; i < members; ++i) {
    PodView member = running(name + std::to_string(i), "a", "n1").elastic_gang(name, 2, 5).cpu(1);
    member.started = kNow - 1h + std::chrono::minutes{i};
    member.preemptible = true;
    world.add(member);
  }
}

World one_node(std::int64_t cores, std::int64_t quota_of_a) {
  World world = preempting_world({cores});
  world.policy.preemption.min_runtime = 0s;
  world.add(quota("root").pool("p").cpu(0));
  world.add_all(team("a", quota_of_a), team("b", cores - quota_of_a));
  return world;
}

} // namespace

TEST_CASE("G3: an elastic gang waits for its least members, and starts with as many as fit") {
  World world = one_node(4, 4);
  add_members(world, "g", 0, 1);
  const Plan early = play(world);
  CHECK(early.admissions.empty());
  CHECK(why_waiting(early, "g0")->reason == Reason::WaitingForGang);
  CHECK(why_waiting(early, "g0")->message == "1 of 2 members of the gang exist");
  add_members(world, "g", 1, 5);
  const Plan plan = play(world);
  CHECK(admitted_names(plan) == Names{"g0", "g1", "g2", "g3"});
  CHECK(why_waiting(world.plan(), "g4")->reason == Reason::InsufficientQuota);
}

TEST_CASE("G3: it grows while it runs, up to its most members") {
  World world = one_node(8, 8);
  add_members(world, "g", 0, 2);
  CHECK(admitted_names(play(world)) == Names{"g0", "g1"});
  bind_admitted(world);
  add_members(world, "g", 2, 6);
  CHECK(admitted_names(play(world)) == Names{"g2", "g3", "g4"});
  CHECK(why_waiting(world.plan(), "g5")->reason == Reason::InvalidWorkload);
}

TEST_CASE("G3: the newest members above the least go first, and the gang runs on") {
  World world = one_node(6, 6);
  add_running(world, "g", 5);
  world.add(waiting("urgent", "a").cpu(3).priority(9).created(0));
  const Plan plan = play(world);
  CHECK(victims_of(world, plan) == Names{"g3", "g4"});
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"g3", "g4"});
}

TEST_CASE("G3: the least members go only with all others") {
  World world = one_node(6, 6);
  add_running(world, "g", 4);
  world.add(waiting("urgent", "a").cpu(5).priority(9).created(0));
  CHECK(victims_of(world, play(world)) == Names{"g0", "g1", "g2", "g3"});
}

TEST_CASE("G3: members above the least are lent before anything else, whoever borrows") {
  World world = one_node(8, 2);
  add_running(world, "g", 4); // two of them borrowed
  world.add(waiting("owed", "b").cpu(5).created(0));
  CHECK(victims_of(world, play(world)) == Names{"g3"});
}

TEST_CASE("G3: for a member above the least nobody is evicted") {
  World world = one_node(4, 4);
  add_running(world, "g", 2);
  world.add(running("low", "a", "n1").cpu(2).priority(-5));
  world.add(waiting("g9", "a").elastic_gang("g", 2, 5).cpu(1).priority(9).created(9));
  const Plan plan = play(world);
  CHECK(plan.preemption.empty());
  CHECK(why_waiting(plan, "g9")->reason == Reason::InsufficientQuota);
}

TEST_CASE("G3, P4: a gang whose newest member is young loses that one no earlier than allowed") {
  World world = one_node(6, 6);
  world.policy.preemption.min_runtime = 30min;
  add_running(world, "g", 4);
  change(world, PodUid{"uid-g3"}, [&](PodView& pod) { pod.started = world.now - 1min; });
  world.add(waiting("urgent", "a").cpu(3).priority(9).created(0));
  CHECK(victims_of(world, play(world)) == Names{"g2"});
  World more = one_node(6, 6);
  more.policy.preemption.min_runtime = 30min;
  add_running(more, "g", 4);
  change(more, PodUid{"uid-g3"}, [&](PodView& pod) { pod.started = more.now - 1min; });
  more.add(waiting("urgent", "a").cpu(5).priority(9).created(0));
  CHECK(play(more).preemption.nominations.empty());
}

TEST_CASE("G1, G3: members that name different least sizes are no gang") {
  World world = one_node(8, 8);
  world.add_all(waiting("g0", "a").elastic_gang("g", 2, 5).cpu(1),
                waiting("g1", "a").elastic_gang("g", 3, 5).cpu(1));
  const Plan plan = play(world);
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "g0")->reason == Reason::InvalidWorkload);
  CHECK(why_waiting(plan, "g0")->message == "members name different least sizes: 2 and 3");
}
