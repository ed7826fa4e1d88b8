// Preemption against the laws written out as they stand in the book, on clusters small enough to
// look at every set of victims; and played on until nothing happens any more.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/base/rng.hpp"
#include "tests/support/allocation/closed_loop.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kQuotas = 3;
/// Of a hundred scenes each: in few of them is anything to be planned.
constexpr int kRounds = 4;

/// One workload that runs.
struct Piece {
  int quota = 0;
  int node = 0;
  int cores = 1;
  int priority = 0;

  friend void showValue(const Piece& piece, std::ostream& out) {
    out << "{q" << piece.quota << " n" << piece.node << " " << piece.cores << " cores, priority "
        << piece.priority << "}";
  }
};

struct Scene {
  std::vector<int> nominal; ///< of each quota; the root adds nothing
  std::vector<int> slack;   ///< free cores on each node
  std::vector<Piece> pieces;
  int wanted = 1; ///< by a workload of quota 0
  int priority = 0;

  friend void showValue(const Scene& scene, std::ostream& out) {
    out << "nominal ";
    rc::show(scene.nominal, out);
    out << " slack ";
    rc::show(scene.slack, out);
    out << " wanted " << scene.wanted << " priority " << scene.priority << " pieces ";
    rc::show(scene.pieces, out);
  }
};

std::string quota_name(int quota) {
  return "q" + std::to_string(quota);
}

World world_of(const Scene& scene, const std::vector<bool>& is_gone) {
  std::vector<std::int64_t> cores(scene.slack.begin(), scene.slack.end());
  for (const Piece& piece : scene.pieces)
    cores[static_cast<std::size_t>(piece.node)] += piece.cores;
  World world = preempting_world(cores);
  world.add(quota("root").pool("p").cpu(0));
  for (int i = 0; i < kQuotas; ++i)
    world.add(team(quota_name(i), scene.nominal[static_cast<std::size_t>(i)]));
  for (std::size_t i = 0; i < scene.pieces.size(); ++i) {
    const Piece& piece = scene.pieces[i];
    if (!is_gone[i])
      world.add(
          running(std::to_string(i), quota_name(piece.quota), "n" + std::to_string(piece.node + 1))
              .cpu(piece.cores)
              .priority(piece.priority)
              .created(static_cast<int>(i)));
  }
  world.add(pod("new").in("ns-q0").cpu(scene.wanted).priority(scene.priority));
  return world;
}

/// Whether the workload would be admitted without those victims: asked of a cycle that preempts
/// nothing.
bool is_admitted_without(const Scene& scene, const std::vector<bool>& victims) {
  World world = world_of(scene, victims);
  world.policy.preemption.enabled = false;
  return !world.plan().admissions.empty();
}

/// P2 (a) and (b), P4's ratio, for one resource and quotas under one root.
bool is_lawful(const Scene& scene, const std::vector<bool>& victims, int ratio_percent) {
  std::vector<int> before(kQuotas), after(kQuotas);
  int evicted = 0;
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const Piece& piece = scene.pieces[i];
    const auto quota = static_cast<std::size_t>(piece.quota);
    before[quota] += piece.cores;
    after[quota] += victims[i] ? 0 : piece.cores;
    evicted += victims[i] ? piece.cores : 0;
  }
  if (evicted * 100 > ratio_percent * scene.wanted)
    return false;
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const Piece& piece = scene.pieces[i];
    const auto quota = static_cast<std::size_t>(piece.quota);
    if (!victims[i])
      continue;
    if (quota == 0 && piece.priority >= scene.priority)
      return false;
    const bool takes_borrowed = before[quota] > scene.nominal[quota] &&
                                after[quota] >= scene.nominal[quota] &&
                                after[0] + scene.wanted <= scene.nominal[0];
    if (quota != 0 && !takes_borrowed)
      return false;
  }
  return true;
}

/// Enough, lawful, and none of them too many.
bool is_right(const Scene& scene, std::vector<bool> victims, int ratio_percent) {
  if (!is_lawful(scene, victims, ratio_percent) || !is_admitted_without(scene, victims))
    return false;
  for (std::size_t i = 0; i < victims.size(); ++i) {
    if (!victims[i])
      continue;
    victims[i] = false;
    if (is_admitted_without(scene, victims))
      return false;
    victims[i] = true;
  }
  return true;
}

rc::Gen<Scene> scenes(int cores_max, int nodes) {
  const auto piece =
      rc::gen::build<Piece>(rc::gen::set(&Piece::quota, rc::gen::inRange(0, kQuotas)),
                            rc::gen::set(&Piece::node, rc::gen::inRange(0, nodes)),
                            rc::gen::set(&Piece::cores, rc::gen::inRange(1, cores_max + 1)),
                            rc::gen::set(&Piece::priority, rc::gen::inRange(0, 4)));
  const auto pieces = rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, 8), [=](std::size_t count) {
    return rc::gen::container<std::vector<Piece>>(count, piece);
  });
  return rc::gen::build<Scene>(
      rc::gen::set(&Scene::nominal,
                   rc::gen::container<std::vector<int>>(kQuotas, rc::gen::inRange(0, 9))),
      rc::gen::set(&Scene::slack, rc::gen::container<std::vector<int>>(
                                      static_cast<std::size_t>(nodes), rc::gen::inRange(0, 3))),
      rc::gen::set(&Scene::pieces, pieces), rc::gen::set(&Scene::wanted, rc::gen::inRange(1, 7)),
      rc::gen::set(&Scene::priority, rc::gen::inRange(0, 4)));
}

/// The planned victims; empty if nothing is planned.
std::vector<bool> planned(const Scene& scene, int ratio_percent) {
  World world = world_of(scene, std::vector<bool>(scene.pieces.size()));
  world.policy.preemption.max_eviction_ratio_percent = ratio_percent;
  std::vector<bool> victims;
  for (const std::string& name : victims_of(world, world.plan())) {
    victims.resize(scene.pieces.size());
    victims[std::stoul(name)] = true;
  }
  return victims;
}

std::vector<bool> set_number(unsigned number, std::size_t size) {
  std::vector<bool> victims(size);
  for (std::size_t i = 0; i < size; ++i)
    victims[i] = ((number >> i) & 1U) != 0;
  return victims;
}

} // namespace

TEST_CASE("P1, P2, P4, P7: every plan is enough, lawful and minimal") {
  std::size_t plans = 0;
  for (int round = 0; round < kRounds; ++round)
    REQUIRE(rc::check("a plan evicts no one in vain, by no wrong and no more than the ratio", [&] {
      const Scene scene = *scenes(4, 2);
      const std::vector<bool> victims = planned(scene, 200);
      if (victims.empty())
        return;
      ++plans;
      RC_ASSERT(is_lawful(scene, victims, 200));
      RC_ASSERT(is_admitted_without(scene, victims));
      RC_ASSERT(is_right(scene, victims, 200));
    }));
  CHECK(plans > 10); // else the property says nothing
}

TEST_CASE("P1: among equal pieces on one node a plan is found whenever there is one") {
  std::size_t solvable = 0;
  for (int round = 0; round < kRounds; ++round)
    REQUIRE(rc::check("if some set of victims is right, one is planned", [&] {
      const Scene scene = *scenes(1, 1);
      const std::size_t size = scene.pieces.size();
      if (is_admitted_without(scene, std::vector<bool>(size)))
        return;
      bool is_solvable = false;
      for (unsigned number = 1; number < (1U << size) && !is_solvable; ++number)
        is_solvable = is_right(scene, set_number(number, size), 1000);
      solvable += is_solvable ? 1U : 0U;
      RC_ASSERT(planned(scene, 1000).empty() == !is_solvable);
    }));
  CHECK(solvable > 5);
}

namespace {

/// L2 and Q2 with nominations counted: what is charged and held fits.
void check_bounds(World& world) {
  const auto snapshot = world.snapshot();
  for (NodeIndex node = 0; node < snapshot->nodes->size(); ++node) {
    const auto capacity = snapshot->nodes->capacity(node);
    std::vector<std::int64_t> taken(snapshot->loads.row(node).begin(),
                                    snapshot->loads.row(node).end());
    for (const NodeHold& hold : snapshot->holds->on_node(node))
      for (std::size_t column = 0; column < taken.size(); ++column)
        taken[column] += hold.amounts[column];
    for (std::size_t column = 0; column < taken.size(); ++column)
      REQUIRE(taken[column] <= capacity[column]);
  }
  const Amount root = balance_of(*snapshot).left(*snapshot->quotas->find(QuotaName{"root"}),
                                                 PoolName{"p"}, ResourceName::cpu());
  REQUIRE(root >= Amount{});
}

/// Teams of random size on random nodes, and random work that comes in the first rounds.
void play_random(std::uint64_t seed) {
  Rng rng(seed);
  const auto below = [&](std::uint64_t bound) { return static_cast<int>(rng.next() % bound); };
  World world = preempting_world({8, 8, 8});
  world.policy.preemption.notice = std::chrono::seconds{60 * below(3)};
  world.add(quota("root").pool("p").cpu(0));
  for (int i = 0; i < kQuotas; ++i)
    world.add(team(quota_name(i), 8));
  ClosedLoop loop{world};
  int names = 0;
  for (int round = 0; round < 25; ++round) {
    for (int i = below(4); i > 0; --i) {
      const std::string name = "w" + std::to_string(++names);
      const std::string quota = quota_name(below(kQuotas));
      const int size = below(5) == 0 ? 2 : 1;
      for (int member = 0; member < size; ++member) {
        PodBuilder added = pod(name + "m" + std::to_string(member)).in("ns-" + quota);
        added.cpu(1 + below(6)).priority(below(4)).created(3600 + round * 60);
        if (size > 1)
          added.gang(name, size);
        world.add(owned(added));
      }
    }
    loop.round();
    check_bounds(world);
  }
  for (int round = 0; round < 120 && loop.quiet_rounds < 70; ++round) {
    loop.round();
    check_bounds(world);
  }
  REQUIRE(loop.quiet_rounds >= 70); // longer than any back-off of one reclaim, and than an hour
}

} // namespace

TEST_CASE("L2, Q2, P3, P4: random work comes to rest, and never holds more than there is") {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    INFO("seed " << seed);
    play_random(seed);
  }
}
