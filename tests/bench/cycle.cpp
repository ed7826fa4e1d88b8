// What a cycle costs after one change, when much waits: 2,000 quotas in 20 trees, 60,000 waiting
// workloads. `make bench` runs it. With --check it measures nothing else than the goals, once each,
// and fails if one is missed.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include <benchmark/benchmark.h>

#include "lib/allocation/smallest_change.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/allocation/zones.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kTrees = 20;
constexpr int kLeaves = 99; ///< of each tree; with the root a hundred quotas
constexpr int kCoresPerLeaf = 10;
constexpr int kNodes = kTrees * kLeaves * kCoresPerLeaf / 20;
constexpr int kCoresPerNode = 20;
constexpr int kWaiting = 60'000;

enum class Use {
  Nominal, ///< each quota holds all that is its own, and what waits would borrow
  Borrowed ///< every other one holds twice that; what waits of the others claims its own (F4)
};

std::string leaf(int tree, int number) {
  return "t" + std::to_string(tree) + "-q" + std::to_string(number);
}

class FullCluster {
public:
  FullCluster(Use use, bool preempts, int nodes = kNodes)
      : cores_per_node_(kNodes * kCoresPerNode / nodes) {
    world_.policy.preemption.enabled = preempts;
    world_.add(pool("p"));
    for (int n = 0; n < nodes; ++n)
      world_.add(node("n" + std::to_string(n), cores_per_node_));
    for (int tree = 0; tree < kTrees; ++tree) {
      const std::string root = "t" + std::to_string(tree);
      world_.add(quota(root).pool("p").cpu(0));
      for (int i = 0; i < kLeaves; ++i)
        world_.add(quota(leaf(tree, i)).under(root).of(leaf(tree, i)).pool("p").cpu(kCoresPerLeaf));
    }
    fill(use);
    for (int i = 0; i < kWaiting; ++i)
      submit("w" + std::to_string(i), i % kTrees, i / kTrees % kLeaves);
    static_cast<void>(world_.step()); // from now on only changes are looked at
  }

  /// What would let one of those that wait start (X1).
  std::size_t explain(const Plan& plan, std::size_t number) {
    const auto snapshot = world_.snapshot();
    const WorkloadId& id = plan.waiting[number % plan.waiting.size()].workload->id;
    return ChangeSearch({*snapshot, world_.policy, plan, world_.now, 1}, id).run().size();
  }
  Plan decide_again() { return world_.plan(); }

  /// One pod more waits, and the cycle decides.
  Plan change() {
    const int i = changes_++;
    submit("c" + std::to_string(i), i % kTrees, 1);
    return world_.step();
  }

private:
  void fill(Use use) {
    int core = 0;
    for (int tree = 0; tree < kTrees; ++tree)
      for (int i = 0; i < kLeaves; ++i)
        for (int k = 0; k < held_by(i, use); ++k, ++core) {
          const std::string node = "n" + std::to_string(core / cores_per_node_);
          world_.add(pod("r" + std::to_string(core))
                         .in(leaf(tree, i))
                         .cpu(1)
                         .created(core % 3000)
                         .admitted(record(leaf(tree, i), "p", {node}))
                         .bound(node));
        }
  }
  static int held_by(int number, Use use) {
    if (use == Use::Nominal || number == kLeaves - 1)
      return kCoresPerLeaf;
    return number % 2 == 0 ? 2 * kCoresPerLeaf : 0;
  }
  void submit(const std::string& name, int tree, int number) {
    world_.add(pod(name).in(leaf(tree, number)).cpu(1).priority(number % 10));
  }

  World world_;
  int cores_per_node_;
  int changes_ = 0;
};

void decide_after_one_change(benchmark::State& state) {
  FullCluster cluster(static_cast<Use>(state.range(0)), state.range(1) != 0);
  std::size_t waiting = 0;
  std::size_t steps = 0;
  for (auto _ : state) {
    const Plan plan = cluster.change();
    waiting = plan.waiting.size();
    steps = plan.preemption.nominations.size();
  }
  state.counters["waiting"] = static_cast<double>(waiting);
  state.counters["nominations"] = static_cast<double>(steps);
}

void explain_one_that_waits(benchmark::State& state) {
  FullCluster cluster(static_cast<Use>(state.range(0)), state.range(1) != 0);
  const Plan plan = cluster.decide_again();
  constexpr std::size_t kStride = 7919; // spread over the order
  std::vector<double> milliseconds;
  std::size_t told = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    told += cluster.explain(plan, milliseconds.size() * kStride) > 0 ? 1 : 0;
    milliseconds.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  state.counters["p50_ms"] = milliseconds[milliseconds.size() / 2];
  state.counters["p99_ms"] = milliseconds[milliseconds.size() * 99 / 100];
  state.counters["told"] = static_cast<double>(told) / static_cast<double>(milliseconds.size());
}

/// R2: 100 nodes of 20 cores with 40 nightly windows of 20, each at a minute of its own, and a
/// Conditional reservation of so many cores whose trigger does not hold; 0: none. From 1201 on the
/// windows have to be added up.
void decide_beside_a_dormant_reservation(benchmark::State& state) {
  World world;
  world.add(pool("p"));
  for (int n = 0; n < 100; ++n)
    world.add(node("n" + std::to_string(n), kCoresPerNode));
  for (int i = 0; i < 40; ++i) {
    ReservationSpec nightly = reservation("nightly-" + std::to_string(i), 20);
    nightly.window = RecurringWindow{CronSchedule::parse(std::to_string(i) + " 22 * * *").value(),
                                     zone(kBerlin), 6h};
    world.add(nightly);
  }
  if (state.range(0) > 0) {
    ReservationSpec dormant = reservation("dormant", state.range(0));
    dormant.window = TriggeredWindow{};
    world.add(dormant);
  }
  const auto snapshot = world.snapshot();
  for (auto _ : state)
    benchmark::DoNotOptimize(decide(*snapshot, world.policy, world.now, 1).reservations.size());
}

/// R4: 5,000 nodes of 20 cores, half of them promised by an open window, and all that lent; so many
/// holders wait that no node could take, of so many kinds.
void decide_while_holders_wait(benchmark::State& state) {
  World world;
  world.policy.preemption.enabled = true;
  constexpr int kPromised = 2500;
  world.add_all(pool("p"), quota("a").of("team-a").pool("p").cpu(1'000'000),
                quota("b").of("team-b").pool("p").cpu(1'000'000));
  ReservationSpec window = reservation("r", std::int64_t{kPromised} * kCoresPerNode);
  window.lend_idle = true;
  for (int n = 0; n < 2 * kPromised; ++n) {
    const std::string name = "n" + std::to_string(n);
    world.add(node(name, kCoresPerNode));
    AdmissionRecord admission = record("b", "p", {name});
    if (n < kPromised) {
      window.places.push_back({NodeName{name}, {{"cpu", kCoresPerNode * 1000}}});
      admission.lent_until = kNow - 1h;
    }
    PodView guest =
        pod("on-" + name).in("team-b").cpu(kCoresPerNode).admitted(admission).bound(name);
    guest.revocable_after = admission.lent_until;
    world.add(guest);
  }
  world.add(window);
  for (int i = 0; i < state.range(0); ++i)
    world.add(pod("h" + std::to_string(i)).cpu(kCoresPerNode + 1 + i % state.range(1)));
  const auto snapshot = world.snapshot();
  for (auto _ : state)
    benchmark::DoNotOptimize(decide(*snapshot, world.policy, world.now, 1).waiting.size());
}

} // namespace

BENCHMARK(decide_while_holders_wait)
    ->ArgNames({"holders", "kinds"})
    ->Args({0, 1})
    ->Args({256, 1})
    ->Args({256, 256})
    ->Unit(benchmark::kMillisecond);

BENCHMARK(decide_beside_a_dormant_reservation)
    ->ArgName("cores")
    ->Arg(0)
    ->Arg(100)
    ->Arg(1201)
    ->Unit(benchmark::kMillisecond);

BENCHMARK(decide_after_one_change)
    ->ArgNames({"borrowed", "preemption"})
    ->Args({0, 0})
    ->Args({0, 1})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Unit(benchmark::kMillisecond);

BENCHMARK(explain_one_that_waits)
    ->ArgNames({"borrowed", "preemption"})
    ->Args({0, 0})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Iterations(200)
    ->Unit(benchmark::kMillisecond);

namespace {

double milliseconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double memory_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// Whether it is met.
bool judge(const std::string& what, double found, double most, const char* unit) {
  const bool is_met = found <= most;
  std::printf("%s: %s is %.1f %s, and is to be at most %.0f\n", is_met ? "goal met" : "goal missed",
              what.c_str(), found, unit, most);
  std::fflush(stdout);
  return is_met;
}

/// Nodes of 16 cores, half of them in use; one pod comes, and the cycle decides.
double cycle_with_nodes(int nodes) {
  World world;
  world.add_all(pool("p"), quota("a").of("team-a").pool("p").cpu(std::int64_t{16} * nodes));
  for (int n = 0; n < nodes; ++n) {
    const std::string name = "n" + std::to_string(n);
    world.add(node(name, 16));
    world.add(pod("on-" + name).cpu(8).admitted(record("a", "p", {name})).bound(name));
  }
  static_cast<void>(world.step());
  std::vector<double> times;
  for (int i = 0; i < 15; ++i) {
    world.add(pod("c" + std::to_string(i)).cpu(1));
    times.push_back(milliseconds_of([&] { static_cast<void>(world.step()); }));
  }
  return median(times);
}

double cycle_of(FullCluster& cluster) {
  constexpr int kChanges = 9;
  std::vector<double> times;
  for (int i = 0; i < kChanges; ++i)
    times.push_back(milliseconds_of([&] { static_cast<void>(cluster.change()); }));
  return median(times);
}

/// The same cores on ten times the nodes.
bool check_many_nodes() {
  constexpr double kPercent = 150;
  FullCluster few(Use::Nominal, false);
  const double small = cycle_of(few);
  FullCluster many(Use::Nominal, false, 10 * kNodes);
  const double large = cycle_of(many);
  return judge("a cycle with ten times the nodes", 100 * large / small, kPercent, "%");
}

bool check_large_cluster(Use use, bool preempts) {
  constexpr int kExplanations = 30;
  constexpr double kCycleMilliseconds = 250;
  constexpr double kExplainMilliseconds = 100;
  const std::string where = std::string(use == Use::Nominal ? "at nominal" : "with borrowers") +
                            (preempts ? ", with preemption" : "");
  FullCluster cluster(use, preempts);
  bool are_met =
      judge("a cycle after one change " + where, cycle_of(cluster), kCycleMilliseconds, "ms");
  const Plan plan = cluster.decide_again();
  std::vector<double> told;
  for (std::size_t i = 0; i < kExplanations; ++i)
    told.push_back(milliseconds_of([&] { static_cast<void>(cluster.explain(plan, i * 7919)); }));
  are_met = judge("the slowest of 30 explanations " + where,
                  *std::max_element(told.begin(), told.end()), kExplainMilliseconds, "ms") &&
            are_met;
  return are_met;
}

int check_goals() {
  constexpr double kMemoryMib = 1024;
  std::printf(
      "where nothing waits, a cycle after one change: %.2f ms with 1,000 nodes, %.2f ms with "
      "10,000\n",
      cycle_with_nodes(1'000), cycle_with_nodes(10'000));
  bool are_met = check_large_cluster(Use::Nominal, false);
  are_met = judge("memory at most", memory_mib(), kMemoryMib, "MiB") && are_met;
  are_met = check_large_cluster(Use::Borrowed, true) && are_met;
  are_met = check_many_nodes() && are_met;
  return are_met ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--check")
    return check_goals();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
