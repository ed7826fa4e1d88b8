#include <catch2/catch.hpp>

#include "lib/allocation/decay.hpp"
#include "lib/allocation/turn_order.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Ten cores of research, of which `left` and `right` own none.
World two_borrowers(const QuotaSpec& left, const QuotaSpec& right) {
  World world;
  world.add_all(pool("p"), node("n", 10), quota("research").pool("p").cpu(10), left, right);
  return world;
}

QuotaBuilder borrower(const std::string& name) {
  return quota(name).under("research").of(name).pool("p").cpu(0);
}

void add_jobs(World& world, const std::string& name_space, int jobs) {
  for (int i = 0; i < jobs; ++i)
    world.add(pod(name_space + std::to_string(i)).in(name_space).cpu(1));
}

std::size_t admitted_in(const Plan& plan, const std::string& name_space) {
  std::size_t count = 0;
  for (const Admission& admission : plan.admissions)
    count += admission.workload->namespace_name == name_space ? 1 : 0;
  return count;
}

std::shared_ptr<const AllocationMemory> with_history(const std::string& quota, std::int64_t nano) {
  AllocationMemory memory;
  memory.quotas[QuotaName{quota}].history_nano = nano;
  memory.quotas[QuotaName{quota}].sampled_at = kNow;
  return std::make_shared<const AllocationMemory>(memory);
}

} // namespace

TEST_CASE("F2: what is borrowed is shared by weight") {
  World world = two_borrowers(borrower("a").weight(3), borrower("b"));
  add_jobs(world, "a", 10);
  add_jobs(world, "b", 10);
  const Plan plan = world.plan();
  CHECK(admitted_in(plan, "a") == 8); // the last one: 8/3 for a against 3/1 for b
  CHECK(admitted_in(plan, "b") == 2);
}

TEST_CASE("F2: who held much in the past comes later now") {
  World world = two_borrowers(borrower("a"), borrower("b"));
  add_jobs(world, "a", 10);
  add_jobs(world, "b", 10);
  CHECK(admitted_in(world.plan(), "a") == 5);
  world.policy.memory = with_history("a", kShareWhole * 4 / 10); // as of two jobs more or less
  CHECK(admitted_in(world.plan(), "a") == 3);
}

TEST_CASE("F2: history is half as much after the half-life, and a restart forgets nothing of it") {
  World world = two_borrowers(borrower("a"), borrower("b"));
  world.policy.memory = with_history("a", kShareWhole);
  world.now += 24h;
  const Plan day = world.plan();
  CHECK(day.memory.quotas.at(QuotaName{"a"}).history_nano == kShareWhole / 2);
  world.policy.memory = std::make_shared<const AllocationMemory>(day.memory); // another operator
  world.now += 24h;
  CHECK(world.plan().memory.quotas.at(QuotaName{"a"}).history_nano == kShareWhole / 4);
}

TEST_CASE("F2: what is borrowed now becomes history") {
  World world = two_borrowers(borrower("a"), borrower("b"));
  add_jobs(world, "a", 5);
  static_cast<void>(world.step());
  world.now += 24h;
  const Plan plan = world.plan();
  CHECK(plan.memory.quotas.at(QuotaName{"a"}).history_nano == kShareWhole / 4); // half of a half
  CHECK(plan.memory.quotas.at(QuotaName{"b"}).history_nano == 0);
}

TEST_CASE("R4, F2: the time that a window lies idle is its payer's history, as if it were used") {
  World world = two_borrowers(borrower("a"), borrower("b"));
  ReservationSpec idle = reservation("idle", 5);
  idle.payer = QuotaName{"a"};
  world.add(idle);
  static_cast<void>(world.step());
  world.now += 24h;
  CHECK(world.plan().memory.quotas.at(QuotaName{"a"}).history_nano == kShareWhole / 4);
}

TEST_CASE("F2: the levels are compared from the root down") {
  World world;
  world.add_all(pool("p"), node("n", 12), quota("root").pool("p").cpu(12),
                quota("left").under("root").pool("p").cpu(0),
                quota("right").under("root").pool("p").cpu(0),
                quota("l1").under("left").of("l1").pool("p").cpu(0),
                quota("l2").under("left").of("l2").pool("p").cpu(0),
                quota("r").under("right").of("r").pool("p").cpu(0));
  for (const char* name : {"l1", "l2", "r"})
    add_jobs(world, name, 12);
  const Plan plan = world.plan();
  CHECK(admitted_in(plan, "r") == 6);
  CHECK(admitted_in(plan, "l1") == 3);
  CHECK(admitted_in(plan, "l2") == 3);
}

TEST_CASE(
    "F1: PriorityThenFairShare lets priority lead among borrowers, FairShareThenPriority not") {
  World world = two_borrowers(borrower("a"), borrower("b"));
  world.add_all(pod("a1").in("a").cpu(6).priority(9), pod("a2").in("a").cpu(4).priority(9),
                pod("b1").in("b").cpu(4));
  CHECK(admitted_names(world.plan()) == Names{"a1", "a2"});
  PolicySpec policy;
  policy.ordering = Ordering::FairShareThenPriority;
  world.add(policy);
  CHECK(admitted_names(world.plan()) == Names{"b1", "a1"});
}

TEST_CASE("F1, F4: what is within nominal comes before what is borrowed, whatever the priority") {
  World world;
  world.add_all(pool("p"), node("n", 10), quota("root").pool("p").cpu(0),
                quota("a").under("root").of("a").pool("p").cpu(2),
                quota("b").under("root").of("b").pool("p").cpu(8),
                pod("greedy").in("a").cpu(4).priority(1000), pod("modest").in("b").cpu(8));
  CHECK(admitted_names(world.plan()) == Names{"modest"});
}

TEST_CASE("F1: Fifo goes by age alone") {
  World world = two_borrowers(borrower("a"), borrower("b"));
  PolicySpec policy;
  policy.ordering = Ordering::Fifo;
  world.add_all(policy, pod("new").in("a").cpu(1).priority(100).created(2),
                pod("old").in("b").cpu(1).created(1));
  CHECK(admitted_names(world.plan()) == Names{"old", "new"});
}

TEST_CASE("F5: under StrictFifo nobody passes one that lacks room, in its quota only") {
  World world;
  PolicySpec policy;
  policy.ordering = Ordering::StrictFifo;
  world.add_all(policy, pool("p"), node("n", 10), quota("a").of("a").pool("p").cpu(4),
                quota("b").of("b").pool("p").cpu(4), pod("a-big").in("a").cpu(5).created(0),
                pod("a-small").in("a").cpu(1).created(1), pod("b-small").in("b").cpu(1).created(2));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"b-small"});
  CHECK(why_waiting(plan, "a-small")->reason == Reason::HigherPriorityFirst);
}

TEST_CASE("F5: under StrictFifo one that no node suits blocks nobody") {
  World world;
  PolicySpec policy;
  policy.ordering = Ordering::StrictFifo;
  world.add_all(policy, pool("p"), node("n", 10), quota("a").of("a").pool("p").cpu(4),
                pod("misfit").in("a").cpu(1).selects("disk", "none").created(0),
                pod("next").in("a").cpu(1).created(1));
  CHECK(admitted_names(world.plan()) == Names{"next"});
}

TEST_CASE("F4: waiting raises the priority up to a bound, and the bound on the wait is known") {
  const Ageing ageing{10, 40};
  CHECK(ageing_points(ageing, kNow, kNow - 1h) == 0);
  CHECK(ageing_points(ageing, kNow, kNow + 90min) == 15);
  CHECK(ageing_points(ageing, kNow, kNow + 1000h) == 40);
  CHECK(ageing_points(Ageing{}, kNow, kNow + 1000h) == 0);
  CHECK(ageing_bound(ageing, 0) == Duration{0});
  CHECK(ageing_bound(ageing, 25) == Duration{150min});
  CHECK_FALSE(ageing_bound(ageing, 41));

  World world;
  PolicySpec policy;
  policy.ageing = ageing;
  world.add_all(policy, pool("p"), node("n", 1), quota("a").of("a").pool("p").cpu(1),
                pod("patient").in("a").cpu(1).created(0));
  world.now = kNow - 1h + 150min;
  PodView urgent = pod("urgent").in("a").cpu(1).priority(24);
  urgent.created = world.now;
  world.add(urgent);
  CHECK(admitted_names(world.plan()) == Names{"patient"});
  urgent.priority = 26;
  world.add(urgent);
  CHECK(admitted_names(world.plan()) == Names{"urgent"});
}

TEST_CASE("F4: nobody borrows where work within its quota waits for room") {
  World world;
  world.add_all(pool("p"), node("n", 8), quota("root").pool("p").cpu(0),
                quota("meek").under("root").of("meek").pool("p").cpu(4),
                quota("greedy").under("root").of("greedy").pool("p").cpu(4),
                pod("runs").in("greedy").cpu(6).admitted(record("greedy", "p", {"n"})),
                pod("large").in("meek").cpu(4), pod("small").in("greedy").cpu(1),
                pod("own").in("meek").cpu(1).created(9));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"own"});
  CHECK(why_waiting(plan, "small")->reason == Reason::HigherPriorityFirst);
}

TEST_CASE("F4: work that no node could ever take keeps nobody from borrowing") {
  World world;
  world.add_all(pool("p"), node("n", 4), quota("root").pool("p").cpu(0),
                quota("meek").under("root").of("meek").pool("p").cpu(8),
                quota("greedy").under("root").of("greedy").pool("p").cpu(0),
                pod("impossible").in("meek").cpu(8), pod("small").in("greedy").cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"small"});
}

TEST_CASE("F4: only what the waiting work lacks is kept from borrowers") {
  World world;
  NodeView node = testing::node("n", 8);
  node.allocatable.set(ResourceName{"example.com/fpga"}, Amount{2});
  const auto lends = [](const char* name, int fpgas) {
    return quota(name).under("root").of(name).pool("p").cpu(4).nominal("example.com/fpga", fpgas);
  };
  world.add_all(pool("p"), node, quota("root").pool("p").cpu(0).nominal("example.com/fpga", 0),
                lends("meek", 2), lends("greedy", 0),
                pod("runs")
                    .in("greedy")
                    .cpu(1)
                    .asks("example.com/fpga", 1)
                    .admitted(record("greedy", "p", {"n"})),
                pod("waits").in("meek").cpu(1).asks("example.com/fpga", 2),
                pod("wants-fpga").in("greedy").cpu(1).asks("example.com/fpga", 1),
                pod("wants-cpu").in("greedy").cpu(4));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"wants-cpu"});
  CHECK(why_waiting(plan, "waits")->reason == Reason::InsufficientQuota);
  CHECK(why_waiting(plan, "wants-fpga")->reason == Reason::HigherPriorityFirst);
}

TEST_CASE("F4: a borrower goes where the waiting work would have no place") {
  World world;
  NodeView other = node("other", 8);
  other.labels.set("disk", "none");
  world.add_all(pool("p"), node("wanted", 8), other, quota("root").pool("p").cpu(0),
                quota("meek").under("root").of("meek").pool("p").cpu(16),
                quota("greedy").under("root").of("greedy").pool("p").cpu(0),
                pod("runs").in("greedy").cpu(4).admitted(record("greedy", "p", {"wanted"})),
                pod("waits").in("meek").cpu(8).selects("kubernetes.io/hostname", "wanted"),
                pod("small").in("greedy").cpu(1));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"small"});
  CHECK(plan.admissions.front().members.front().record.planned_nodes ==
        std::vector{NodeName{"other"}});
}

TEST_CASE("F4: work that waits for what others hold as their own keeps nobody from borrowing") {
  World world;
  world.add_all(pool("p"), node("n", 8), quota("root").pool("p").cpu(0),
                quota("meek").under("root").of("meek").pool("p").cpu(4),
                quota("owner").under("root").of("owner").pool("p").cpu(6), // more than there is
                quota("greedy").under("root").of("greedy").pool("p").cpu(0),
                pod("owned").in("owner").cpu(6).admitted(record("owner", "p", {"n"})),
                pod("waits").in("meek").cpu(4), pod("small").in("greedy").cpu(1));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"small"});
  CHECK(why_waiting(plan, "waits")->reason == Reason::InsufficientCapacity);
}

TEST_CASE("F4: what waits in one quota keeps no more than the quota's nominal") {
  World world;
  world.add_all(pool("p"), node("n", 8), quota("root").pool("p").cpu(0),
                quota("meek").under("root").of("meek").pool("p").cpu(4),
                quota("lender").under("root").of("lender").pool("p").cpu(4),
                quota("greedy").under("root").of("greedy").pool("p").cpu(0),
                pod("runs").in("greedy").cpu(5).admitted(record("greedy", "p", {"n"})),
                pod("w1").in("meek").cpu(4).created(1), pod("w2").in("meek").cpu(4).created(2),
                pod("small").in("greedy").cpu(1), pod("smaller").in("greedy").asks("cpu", 500));
  CHECK(admitted_names(world.plan()).empty()); // 3 are left, and 4 are claimed
  world.state.remove_pod(PodUid{"uid-runs"});
  world.add(pod("runs").in("greedy").cpu(2).admitted(record("greedy", "p", {"n"})));
  CHECK(admitted_names(world.plan()) == Names{"w1", "small", "smaller"});
}

TEST_CASE("F4: a gang that has no place even without borrowers keeps nothing from them") {
  World world;
  world.add_all(pool("p"), node("n1", 8), node("n2", 4), quota("root").pool("p").cpu(0),
                quota("meek").under("root").of("meek").pool("p").cpu(12),
                quota("greedy").under("root").of("greedy").pool("p").cpu(0),
                pod("m1").in("meek").cpu(6).gang("g", 2), pod("m2").in("meek").cpu(6).gang("g", 2),
                pod("small").in("greedy").cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"small"}); // 12 cores, but not 6 and 6
}

TEST_CASE("F4: what the pool has and no node does is kept like room on nodes") {
  World world;
  PoolSpec tools = pool("p");
  tools.virtual_capacity = {{"pool.berth.dev/licences", 4}};
  const auto holder = [](const char* name, int licences) {
    return quota(name).under("root").of(name).pool("p").nominal("pool.berth.dev/licences",
                                                                licences);
  };
  world.add_all(tools, node("n", 8), quota("root").pool("p").nominal("pool.berth.dev/licences", 2),
                holder("meek", 4), holder("greedy", 0),
                pod("runs")
                    .in("greedy")
                    .asks("pool.berth.dev/licences", 2)
                    .admitted(record("greedy", "p", {"n"})),
                pod("waits").in("meek").asks("pool.berth.dev/licences", 3),
                pod("small").in("greedy").asks("pool.berth.dev/licences", 1));
  CHECK(admitted_names(world.plan()).empty());
  tools.virtual_capacity = {{"pool.berth.dev/licences", 2}}; // now it never can
  world.add(tools);
  world.state.remove_pod(PodUid{"uid-runs"});
  CHECK(admitted_names(world.plan()) == Names{"small"});
}

TEST_CASE("F4: under FairShareThenPriority, too, the own comes before the borrowed") {
  World world;
  PolicySpec policy;
  policy.ordering = Ordering::FairShareThenPriority;
  // "own" is within its quota, though its department borrows already for a sibling.
  world.add_all(policy, pool("p"), node("n", 10), quota("root").pool("p").cpu(4),
                quota("department").under("root").pool("p").cpu(0),
                quota("small").under("department").of("small").pool("p").cpu(2),
                quota("sibling").under("department").of("sibling").pool("p").cpu(0),
                quota("other").under("root").of("other").pool("p").cpu(0),
                pod("runs").in("sibling").cpu(4).admitted(record("sibling", "p", {"n"})),
                pod("own").in("small").cpu(2), pod("borrowed").in("other").cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"own"});
}

TEST_CASE("F1: each pool is ordered by its own policy, else by the one that names none") {
  World world;
  PolicySpec general;
  general.created = kNow - 2h;
  PolicySpec special;
  special.name = "special";
  special.created = kNow - 1h;
  special.pools = {PoolName{"gpu"}};
  special.ordering = Ordering::Fifo;
  world.add_all(general, special);
  const auto snapshot = world.snapshot();
  CHECK(snapshot->policy_of(PoolName{"gpu"}).name == "special");
  CHECK(snapshot->policy_of(PoolName{"p"}).name == "default");
}

TEST_CASE("F2: the dominant share is that of the resource of which most is borrowed") {
  const QuotaForest forest(
      {quota("root").pool("p").nominal("cpu", 100).nominal("memory", 10).shared(),
       borrower("a").under("root").shared()});
  QuotaBalance balance(forest);
  const QuotaIndex a = *forest.find(QuotaName{"a"});
  CHECK(balance.dominant_share(a).nano == 0);
  CHECK_FALSE(balance.dominant_share(a).resource);
  balance.charge(a, PoolName{"p"}, {{"cpu", 20}, {"memory", 3}});
  CHECK(balance.dominant_share(a).nano == kShareWhole * 3 / 10);
  CHECK(balance.dominant_share(a).resource == ResourceName{"memory"});
}

TEST_CASE("decay halves with each half-life, in whole numbers") {
  CHECK(decayed(1'000'000, 24h, 24h) == 500'000);
  CHECK(decayed(1'000'000, 48h, 24h) == 250'000);
  CHECK(decayed(1'000'000, 12h, 24h) == 707'106); // the root of a half
  CHECK(decayed(1'000'000, -1h, 24h) == 1'000'000);
  CHECK(decayed(1'000'000, 24h * 100, 24h) == 0);
  CHECK(decayed_average(0, 800, 24h, 24h) == 400);
}

TEST_CASE("F1, R4: whoever pays for a promise, the order goes on") {
  World world;
  world.add_all(pool("p"), node("n", 10), quota("org").pool("p").cpu(10),
                quota("a").under("org").of("owner").pool("p").cpu(5),
                quota("b").under("org").of("guest").pool("p").cpu(5));
  ReservationSpec promised = reservation("r", 2);
  promised.allowed_subjects = {};
  promised.allowed_quotas = {QuotaName{"b"}};
  const char* payer = "a";
  SECTION("a sibling") {}
  SECTION("an ancestor") {
    payer = "org";
  }
  promised.payer = QuotaName{payer};
  // Who is admitted inside is the only one that waits in its quota; others still do elsewhere.
  world.add_all(promised, pod("inside").in("guest").cpu(2), pod("later").in("owner").cpu(1));
  const Plan plan = world.plan();
  CHECK(plan.admissions.size() == 2);
  for (const Admission& admission : plan.admissions)
    if (admission.workload->namespace_name == "guest")
      CHECK(admission.members[0].record.quota == QuotaName{payer});
}
