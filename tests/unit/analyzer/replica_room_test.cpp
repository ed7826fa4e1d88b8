// What the statuses of quotas and pools leave for more replicas.

#include <catch2/catch.hpp>

#include "analyzer/advise/replica_room.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;

/// Quota "web", below "all", in pool "p"; a replica asks for two cores.
struct Statuses {
  const PodAdmission at{QuotaName{"web"}, PoolName{"p"}};

  Statuses() {
    web.spec.parent_ref = api::QuotaRef{QuotaName{"all"}};
    set(all, 100, 6);
    set(web, 10, 6);
    api::PoolResourceStatus cpu;
    cpu.name = ResourceName::cpu();
    cpu.allocatable = Amount{50'000};
    cpu.allocated = Amount{40'000};
    cpu.promised = Amount{4'000};
    cpu.largest_free_block = Amount{3'000};
    pool.meta.name = "p";
    pool.status.resources = {cpu};
  }
  static void set(api::Quota& quota, std::int64_t nominal, std::int64_t used) {
    api::QuotaResource row;
    row.name = ResourceName::cpu();
    row.nominal = Amount{nominal * 1000};
    quota.spec.pools = {{{PoolName{"p"}}, {row}}};
    api::QuotaResourceStatus held;
    held.name = ResourceName::cpu();
    held.used = Amount{used * 1000};
    quota.status.observed_generation = 1;
    quota.status.pools = {{PoolName{"p"}, {held}}};
  }
  void allow_borrowing(std::int64_t cores) {
    web.spec.pools[0].resources[0].borrowing_limit = Amount{cores * 1000};
  }
  [[nodiscard]] ClusterView cluster() const {
    ClusterView cluster;
    for (const auto* quota : {&all, &web})
      cluster.quotas.push_back({std::make_shared<const api::Quota>(*quota), {}});
    cluster.pools.push_back({});
    cluster.pools[0].pool = std::make_shared<const api::ResourcePool>(pool);
    return cluster;
  }
  [[nodiscard]] WorkloadView workload(std::int32_t replicas = 3) const {
    auto workload = std::make_shared<Workload>();
    workload->replicas = replicas;
    workload->containers.push_back({"main", {{"cpu", 2000}}});
    WorkloadView view;
    view.workload = workload;
    if (is_admitted)
      view.admission = WorkloadAdmission{at, 3};
    return view;
  }
  [[nodiscard]] std::optional<ReplicaRoom> room() const {
    const ClusterView view = cluster();
    return RoomBook(view).room_for(workload());
  }

  api::Quota all = named("all");
  api::Quota web = named("web");
  api::ResourcePool pool{};
  bool is_admitted = true;

private:
  static api::Quota named(const char* name) {
    api::Quota quota;
    quota.meta.name = name;
    return quota;
  }
};

} // namespace

TEST_CASE("what Berth does not admit has no room that is asked for") {
  Statuses statuses;
  statuses.is_admitted = false;
  CHECK_FALSE(statuses.room());
}

TEST_CASE("a quota has room for what is nominal and may be borrowed, above it too") {
  Statuses statuses;
  statuses.allow_borrowing(0);
  CHECK(statuses.room()->by_quota == 2);
  statuses.allow_borrowing(7);
  CHECK(statuses.room()->by_quota == 5);
  Statuses::set(statuses.all, 1, 6); // a root borrows nothing: 1 + 10 in the tree, 6 used
  CHECK(statuses.room()->by_quota == 2);
  CHECK(statuses.room()->admitted == 3);
}

TEST_CASE("a child that tells of more than its parent does yet makes no room") {
  Statuses statuses;
  statuses.allow_borrowing(0);
  Statuses::set(statuses.all, 100, 2);
  CHECK(statuses.room()->by_quota == 2);
}

TEST_CASE("a quota that says nothing, or is not there, is unknown; one on hold has no room") {
  Statuses statuses;
  statuses.web.spec.stop = api::Stop::Hold;
  CHECK(statuses.room()->by_quota == 0);
  statuses.web.status.observed_generation.reset();
  CHECK(statuses.room()->by_quota == std::nullopt);
}

TEST_CASE(
    "a pool has room for what is neither allocated nor held for a reservation, in one piece") {
  Statuses statuses;
  CHECK(statuses.room()->by_pool == 3);
  statuses.pool.status.resources[0].largest_free_block = Amount{1'999};
  CHECK(statuses.room()->by_pool == 0);
  statuses.pool.status.resources.clear();
  CHECK(statuses.room()->by_pool == std::nullopt);
}

TEST_CASE("what was taken is no room for those that come after") {
  Statuses statuses;
  statuses.allow_borrowing(0);
  const ClusterView cluster = statuses.cluster();
  RoomBook book(cluster);
  const GrowthRoom room = book.growth_room(statuses.at);
  CHECK(room.quota.get(ResourceName::cpu()) == Amount{4000});
  CHECK(room.pool == resources::ResourceVector{{"cpu", 6000}});
  CHECK(room.block == resources::ResourceVector{{"cpu", 3000}});
  book.take(statuses.at, {{"cpu", 2500}});
  CHECK(book.room_for(statuses.workload())->by_quota == 0);
  CHECK(book.room_for(statuses.workload())->by_pool == 1);
  CHECK(book.growth_room(statuses.at).quota.get(ResourceName::cpu()) == Amount{1500});
  CHECK(book.growth_room(statuses.at).pool.get(ResourceName::cpu()) == Amount{3500});
}

TEST_CASE("replicas that are asked for and not admitted yet leave no room for other workloads") {
  Statuses statuses;
  statuses.allow_borrowing(0);
  ClusterView cluster = statuses.cluster();
  cluster.workloads.push_back(statuses.workload(4));
  RoomBook book(cluster);
  CHECK(book.room_for(statuses.workload())->by_quota == 1);
  CHECK(book.room_for(statuses.workload())->by_pool == 2);
  // One counts its own from what is admitted.
  CHECK(book.room_for(cluster.workloads[0])->by_quota == 2);
  CHECK(book.room_for(statuses.workload())->by_quota == 1);
}

TEST_CASE("where the quota is on hold or says nothing, pods that run may ask for no more") {
  Statuses statuses;
  statuses.web.spec.stop = api::Stop::Hold;
  const ClusterView cluster = statuses.cluster();
  CHECK(RoomBook(cluster).growth_room(statuses.at).quota.empty());
}

TEST_CASE("it is said when what waits in the quota is planned to start") {
  Statuses statuses;
  statuses.allow_borrowing(0);
  statuses.web.status.first_pending.emplace();
  statuses.web.status.first_pending->planned_start =
      TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  CHECK(describe(*statuses.room()) ==
        "quota web has room for 2 more replicas, pool p has room for 3 more replicas now; the "
        "first of the quota's work that waits is planned to start at 2026-03-02T00:00:00Z");
}

} // namespace berth::analyzer
