#include <catch2/catch.hpp>

#include "lib/api/labels.hpp"
#include "lib/cluster/state_feed.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::cluster;
using namespace std::chrono_literals;

namespace {

struct Stores {
  kube::Store<Pod> pods;
  kube::Store<Node> nodes;
  kube::Store<Namespace> namespaces;
  kube::Store<api::ResourcePool> pools;
  kube::Store<api::Quota> quotas;
  kube::Store<api::Reservation> reservations;
  kube::Store<api::AllocationRequest> requests;
  kube::Store<PriorityClass> priorities;
  kube::Store<api::AllocationPolicy> policies;
  kube::Store<ResourceQuota> namespace_quotas;

  [[nodiscard]] StateFeed::Stores for_rebuilding() const {
    return {pods, nodes, pools, quotas, reservations, requests, policies, namespace_quotas};
  }
};

Result<std::shared_ptr<const allocation::TimeZone>> only_utc(std::string_view) {
  return allocation::TimeZone::utc();
}

allocation::PodView pod_on(const char* uid, const char* node) {
  allocation::PodView pod;
  pod.uid = PodUid{uid};
  pod.node = NodeName{node};
  return pod;
}

} // namespace

TEST_CASE("L3: a state that takes the place of a wrong one goes on counting its snapshots") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  // What no store has: a charge that an event should have taken away.
  feed.state().upsert_pod(pod_on("ghost", "n1"));
  const TimePoint now = simulation::kWorldStart;
  const auto held = feed.state().publish(now);
  REQUIRE(held->pods.size() == 1);

  auto rebuilt = feed.rebuilt(stores.for_rebuilding(), held->generation);
  const auto actual = rebuilt->publish(now);
  CHECK(actual->pods.size() == 0);
  CHECK(feed.state().publish(now) == held);
  feed.replace(std::move(rebuilt));
  // Ids of decisions are made of the generation: one that came twice could name two decisions.
  CHECK(feed.state().publish(now)->generation > held->generation);
}

TEST_CASE("L3: rebuilding counts what is assumed, as the watch may be late") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  Pod pod;
  pod.meta.ns = "a";
  pod.meta.name = "p";
  pod.meta.uid = "u1";
  pod.view.uid = PodUid{"u1"};
  pod.view.managed = pod.view.gated = true;
  stores.pods.upsert(std::make_shared<const Pod>(pod));
  allocation::AdmissionRecord record;
  record.decision = allocation::DecisionId{"d"};
  record.quota = QuotaName{"q"};
  record.pool = PoolName{"cpu"};
  assumptions.assume_admitted(PodUid{"u1"}, record);
  const auto snapshot = feed.rebuilt(stores.for_rebuilding(), {})->publish(simulation::kWorldStart);
  REQUIRE(snapshot->charges.find(PodUid{"u1"}) != nullptr);
  CHECK((*snapshot->charges.find(PodUid{"u1"}))->quota == QuotaName{"q"});
}

namespace {

/// A pod of the Job "train-<number>" in a namespace that is managed by the pod's own label.
std::shared_ptr<const Pod> run_of_job(int number) {
  Pod pod;
  pod.meta.ns = "a";
  pod.meta.name = "train-" + std::to_string(number) + "-pod";
  pod.meta.uid = "u" + std::to_string(number);
  pod.meta.owners = {{"batch/v1", "Job", "train-" + std::to_string(number), "j", true}};
  pod.view.uid = PodUid{pod.meta.uid};
  pod.view.namespace_name = "a";
  pod.view.managed = true;
  return std::make_shared<const Pod>(std::move(pod));
}

std::shared_ptr<const Pod> ended_after(const Pod& run, Duration duration) {
  Pod pod = run;
  pod.view.started = simulation::kWorldStart;
  pod.ended = simulation::kWorldStart + duration;
  pod.view.succeeded = pod.view.terminal = true;
  return std::make_shared<const Pod>(std::move(pod));
}

std::optional<Duration> learned(StateFeed& feed, const Pod& pod) {
  return feed.state().publish(simulation::kWorldStart)->find_pod(pod.view.uid)->learned_duration;
}

} // namespace

TEST_CASE("B2: work that says nothing is told how long its kind took, once that is known") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  feed.listed(stores.pods);
  const auto early = run_of_job(100);
  feed.pod(nullptr, early);
  for (int number = 1; number <= 3; ++number) {
    const auto run = run_of_job(number);
    feed.pod(nullptr, run);
    CHECK_FALSE(learned(feed, *run));
    const auto ended = ended_after(*run, number * 10min);
    feed.pod(run, ended);
    feed.pod(ended, ended); // the namespace changed: the run counts once
  }
  const auto late = run_of_job(200);
  feed.pod(nullptr, late);
  CHECK(learned(feed, *late) == 30min);
  CHECK(feed.take_answered() == std::vector{early->view.uid});
  CHECK(feed.take_answered().empty());
  feed.pod(early, early);
  CHECK(learned(feed, *early) == 30min);
}

TEST_CASE("B2: what a pod is planned with never shrinks, nor is it lost in an audit (L3)") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  feed.listed(stores.pods);
  for (int number = 1; number <= 3; ++number)
    feed.pod(nullptr, ended_after(*run_of_job(number), 10min));
  const auto waiting = run_of_job(4);
  stores.pods.upsert(waiting);
  stores.pods.upsert(ended_after(*run_of_job(1), 10min));
  feed.pod(nullptr, waiting);
  for (int number = 5; number <= 9; ++number)
    feed.pod(nullptr, ended_after(*run_of_job(number), 5min));
  feed.pod(waiting, waiting);
  CHECK(learned(feed, *waiting) == 10min);
  const auto rebuilt = feed.rebuilt(stores.for_rebuilding(), {})->publish(simulation::kWorldStart);
  CHECK(rebuilt->find_pod(waiting->view.uid)->learned_duration == 10min);
  for (int number = 10; number <= 12; ++number) // the first to end were the shortest
    feed.pod(nullptr, ended_after(*run_of_job(number), 20min));
  feed.pod(waiting, waiting);
  CHECK(learned(feed, *waiting) == 20min);
}

TEST_CASE("B2: nothing is learned for work that says how long it runs, nor from what failed") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  feed.listed(stores.pods);
  Pod failed = *ended_after(*run_of_job(1), 1min);
  failed.view.succeeded = false;
  for (int i = 0; i < 5; ++i)
    feed.pod(nullptr, std::make_shared<const Pod>(failed));
  const auto unknown = run_of_job(6);
  feed.pod(nullptr, unknown);
  CHECK_FALSE(learned(feed, *unknown));
  for (int number = 7; number <= 9; ++number)
    feed.pod(nullptr, ended_after(*run_of_job(number), 10min));
  Pod telling = *run_of_job(10);
  telling.view.expected_duration = 1h;
  feed.pod(nullptr, std::make_shared<const Pod>(telling));
  CHECK_FALSE(learned(feed, telling));
}

TEST_CASE("B2: of what had ended before anybody looked the last runs count, whatever their names") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  const auto at_first = [&](int number, TimePoint start, Duration duration) {
    Pod run = *ended_after(*run_of_job(number), duration);
    run.view.started = start;
    run.ended = start + duration;
    const auto item = std::make_shared<const Pod>(std::move(run));
    stores.pods.upsert(item);
    feed.pod(nullptr, item);
  };
  const auto early = run_of_job(1000); // is listed before those that end with other digits
  stores.pods.upsert(early);
  feed.pod(nullptr, early);
  for (int i = 0; i < 50; ++i) // the newest have the first names
    at_first(1100 + i, simulation::kWorldStart + 24h, 10min);
  for (int i = 0; i < 50; ++i)
    at_first(1200 + i, simulation::kWorldStart, 2h);
  CHECK_FALSE(learned(feed, *early));
  CHECK(feed.listed(stores.pods));
  CHECK(learned(feed, *early) == 10min);
}

TEST_CASE("B2: a namespace that opts in later brings its past along") {
  Stores stores;
  Assumptions assumptions(60s);
  StateFeed feed(stores.namespaces, stores.priorities, assumptions, only_utc);
  feed.listed(stores.pods);
  const auto come = [&](Pod pod) {
    pod.view.managed = false;
    const auto item = std::make_shared<const Pod>(std::move(pod));
    stores.pods.upsert(item);
    feed.pod(nullptr, item);
    return item;
  };
  for (int number = 1; number <= 3; ++number)
    come(*ended_after(*run_of_job(number), 10min));
  const auto waiting = come(*run_of_job(4));
  CHECK_FALSE(learned(feed, *waiting));
  Namespace name_space;
  name_space.meta.name = "a";
  name_space.view.name = "a";
  name_space.view.labels = {{std::string(api::label::kManaged), "true"}};
  const auto item = std::make_shared<const Namespace>(name_space);
  stores.namespaces.upsert(item);
  feed.name_space(nullptr, item, stores.pods);
  CHECK(learned(feed, *waiting) == 10min);
}
