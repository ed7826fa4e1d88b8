// A reflector against the simulated API server, with everything going wrong that can: after the
// faults have ended, the store equals the server; and at no time did a listener see anything that
// the server never said.

#include <catch2/catch.hpp>

#include "lib/cluster/pod_codec.hpp"
#include "lib/kube/reflector.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

using Versions = std::map<kube::ObjectKey, std::string>;

struct Bench {
  explicit Bench(std::uint64_t seed) : world(seed), rng(seed) {
    options.audit_interval = 5min;
    world.admin.create(make_namespace("team-a"));
    store.listen([this](const auto& before, const auto& after) { note(before, after); });
  }
  ~Bench() {
    stop.request_stop();
    world.executor.run_for(1h);
    CHECK(ended);
  }

  void start() {
    reflector.emplace(client, world.executor, Rng{rng.next()}, kube::types::pod(),
                      cluster::make_pod_codec(), store, options);
    ended = false;
    async::spawn(world.executor, run());
  }
  async::Task<void> run() {
    co_await reflector->run(stop.get_token());
    ended = true;
  }

  /// Keeps a second copy by what listeners are told, and checks that each call fits it.
  void note(const kube::Store<cluster::Pod>::Item& before,
            const kube::Store<cluster::Pod>::Item& after) {
    const auto key = (after ? after : before)->meta.key();
    const auto known = told.find(key);
    CHECK((known != told.end()) == (before != nullptr));
    if (known != told.end())
      CHECK(known->second == before->meta.resource_version);
    if (before && after) {
      CHECK(before->meta.uid == after->meta.uid);
      CHECK(std::stoull(before->meta.resource_version) < std::stoull(after->meta.resource_version));
    }
    if (after)
      told[key] = after->meta.resource_version;
    else
      told.erase(key);
  }

  /// One change by somebody else.
  void disturb() {
    const std::string name = "p" + std::to_string(rng.below(30));
    const kube::ObjectKey key{"team-a", name};
    const bool exists = world.admin.find("Pod", key).has_value();
    if (!exists)
      world.admin.create(make_pod("team-a", name).cpu("1"));
    else if (rng.below(3) == 0)
      world.admin.remove("Pod", key, 0);
    else
      world.admin.patch("Pod", key,
                        {{"metadata", {{"labels", {{"x", std::to_string(rng.next())}}}}}});
  }

  [[nodiscard]] Versions on_server() {
    Versions versions;
    for (const auto& pod : world.admin.list("Pod"))
      versions[{pod["metadata"]["namespace"], pod["metadata"]["name"]}] =
          pod["metadata"]["resourceVersion"];
    return versions;
  }
  [[nodiscard]] Versions in_store() const {
    Versions versions;
    for (const auto& [key, item] : store.items())
      versions[key] = item->meta.resource_version;
    return versions;
  }

  World world;
  Rng rng;
  SimulatedTransport transport{world.server, "reader", 7};
  kube::Client client{transport, world.executor, Rng{5}, {}};
  kube::ListWatchOptions options;
  kube::Store<cluster::Pod> store;
  std::optional<kube::Reflector<cluster::Pod>> reflector;
  Versions told;
  std::stop_source stop;
  bool ended = true;
};

/// Ten minutes of changes, about one per second, with whatever faults are on.
void disturb_for_ten_minutes(Bench& bench) {
  for (int i = 0; i < 600; ++i) {
    bench.disturb();
    bench.world.executor.run_for(Duration{static_cast<Duration::rep>(bench.rng.below(2000))});
    CHECK(bench.told == bench.in_store());
  }
}

} // namespace

TEST_CASE("Without faults a store follows the server within a second, by pages and by streams") {
  Bench bench(11);
  bench.options.streaming_list = GENERATE(true, false);
  bench.options.page_items = 7;
  for (int i = 0; i < 50; ++i)
    bench.disturb();
  bench.start();
  bench.world.executor.run_for(1s);
  CHECK(bench.store.has_synced());
  CHECK(bench.in_store() == bench.on_server());
  for (int i = 0; i < 50; ++i) {
    bench.disturb();
    bench.world.executor.run_for(1s);
    REQUIRE(bench.in_store() == bench.on_server());
  }
  const auto& relists = bench.reflector->stats().relists;
  CHECK(std::accumulate(relists.begin(), relists.end(), std::size_t{0}) == 1);
}

TEST_CASE("After any mix of faults the store equals the server (F1 to F8, I9)") {
  const auto seed = GENERATE(range(1, 16));
  INFO("seed " << seed);
  Bench bench(static_cast<std::uint64_t>(seed));
  bench.options.streaming_list = seed % 2 == 0;
  bench.options.page_items = 5;
  auto& faults = bench.transport.faults();
  faults.set_all_permille(60);
  bench.start();
  for (int round = 0; round < 3; ++round) {
    bench.transport.split_streams(bench.rng.below(3) * 40);
    disturb_for_ten_minutes(bench);
    if (bench.rng.below(2) == 0)
      bench.world.server.compact();
    bench.transport.set_down(bench.rng.below(3) == 0);
    bench.transport.partition(bench.rng.below(3) == 0);
  }
  faults.set_all_permille(0);
  bench.transport.set_down(false);
  bench.transport.partition(false);
  // A lost event is found by the next audit; a watch that was cut off ends within its time-out.
  bench.world.executor.run_for(20min);
  CHECK(bench.store.has_synced());
  CHECK(bench.in_store() == bench.on_server());
}

TEST_CASE("A watch cut after any number of bytes loses nothing and repeats nothing (F2)") {
  for (std::size_t bytes = 0; bytes < 3000; bytes += 37) {
    INFO("cut after " << bytes << " bytes");
    Bench bench(bytes);
    bench.disturb();
    bench.start();
    bench.world.executor.run_for(1s);
    bench.transport.break_streams();
    bench.transport.cut_streams_after(bytes);
    for (int i = 0; i < 3; ++i)
      bench.disturb();
    bench.world.executor.run_for(5s);
    bench.transport.cut_streams_after(std::nullopt);
    bench.world.executor.run_for(10s);
    REQUIRE(bench.in_store() == bench.on_server());
  }
}

TEST_CASE("A compacted history leads to a new list that tells of what was missed (F3)") {
  Bench bench(3);
  for (int i = 0; i < 20; ++i)
    bench.disturb();
  bench.start();
  bench.world.executor.run_for(1s);
  bench.transport.set_down(true);
  for (int i = 0; i < 40; ++i)
    bench.disturb();
  bench.world.server.compact();
  bench.transport.set_down(false);
  bench.world.executor.run_for(1min);
  CHECK(bench.in_store() == bench.on_server());
  CHECK(bench.reflector->stats().relists[static_cast<std::size_t>(kube::RelistReason::Gone)] == 1);
}

TEST_CASE("A lost event is found by the audit, counted once, and never invented (F6)") {
  Bench bench(5);
  bench.start();
  bench.world.executor.run_for(1s);
  for (int i = 0; i < 10; ++i)
    bench.disturb();
  bench.world.executor.run_for(6min);
  CHECK(bench.reflector->stats().audit_differences == 0);
  bench.transport.faults().aim(Fault::LoseEvent);
  bench.world.admin.create(make_pod("team-a", "lost").cpu("1"));
  bench.world.executor.run_for(1s);
  CHECK(bench.in_store() != bench.on_server());
  // The version must move on, so that the audit looks at a state that has the lost pod.
  bench.world.admin.create(make_pod("team-a", "seen").cpu("1"));
  bench.world.executor.run_for(6min);
  CHECK(bench.in_store() == bench.on_server());
  CHECK(bench.reflector->stats().audit_differences == 1);
}
