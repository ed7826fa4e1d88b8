#include <catch2/catch.hpp>

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
