// How an AllocationRequest looks to the allocation core.

#include <catch2/catch.hpp>

#include "lib/allocation/workload.hpp"
#include "lib/cluster/request_units.hpp"

using namespace berth;
using namespace berth::cluster;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kSince = TimePoint{} + 1h;

api::AllocationRequest request_for(int count) {
  api::AllocationRequest request;
  request.meta.ns = "team-a";
  request.meta.name = "connections";
  request.meta.uid = "u1";
  request.meta.created = TimePoint{} + 1min;
  request.spec.resources = {{"pool.berth.dev/db", 2}};
  request.spec.count = count;
  request.spec.service_account_name = "agent";
  request.spec.quota_ref = api::QuotaRef{QuotaName{"a"}};
  request.spec.pool_refs = {api::PoolRef{PoolName{"p"}}};
  request.spec.duration = 600s;
  request.spec.preemptible = false;
  return request;
}

void allocate(api::AllocationRequest& request, std::vector<api::GrantedAllocation> allocations) {
  api::Condition allocated;
  allocated.type = "Allocated";
  allocated.status = api::ConditionStatus::True;
  api::set_condition(request.status.conditions, allocated, kSince);
  request.status.quota = QuotaName{"a"};
  request.status.allocations = std::move(allocations);
}

} // namespace

TEST_CASE("A request is a gang of its units, which ask alike and wait") {
  const auto units = units_of(request_for(3), 7);
  REQUIRE(units.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& unit = units[i];
    CHECK(unit_number(unit.uid) == i);
    CHECK(request_uid_of(unit.uid) == "u1");
    CHECK(unit.is_request);
    CHECK((unit.managed && unit.gated && !unit.terminal && !unit.preemptible));
    CHECK(unit.gang->size == 3);
    CHECK(unit.priority == 7);
    CHECK(unit.quota_hint == QuotaName{"a"});
    CHECK(unit.pools == std::vector{PoolName{"p"}});
    CHECK(unit.expected_duration == 600s);
    CHECK_FALSE(unit.duration_limit); // it may be renewed
    CHECK(unit.shape.get() == units[0].shape.get());
    CHECK_FALSE(unit.started);
    CHECK_FALSE(needs_node(*unit.shape));
  }
  CHECK(allocation::workload_id(units[0]) == allocation::workload_id(units[2]));
}

TEST_CASE("What the status says was given is what the units hold") {
  auto request = request_for(3);
  allocate(request,
           {{PoolName{"p"}, NodeName{"n1"}, 2, {}}, {PoolName{"p"}, NodeName{"n2"}, 1, {}}});
  request.meta.annotations["berth.dev/revocable-after"] = "1970-01-01T02:00:00Z";
  const auto units = units_of(request, 0);
  CHECK(units[0].admission->planned_nodes == std::vector{NodeName{"n1"}});
  CHECK(units[1].admission->planned_nodes == std::vector{NodeName{"n1"}});
  CHECK(units[2].admission->planned_nodes == std::vector{NodeName{"n2"}});
  CHECK(units[2].admission->quota == QuotaName{"a"});
  CHECK_FALSE(units[2].gated);
  CHECK(units[2].started == kSince);
  CHECK(units[2].revocable_after == TimePoint{} + 2h);
}

TEST_CASE("G3: a request that was given fewer units than it asked for has no others") {
  auto request = request_for(5);
  request.spec.min_count = 2;
  CHECK(units_of(request, 0)[4].gang->size == 5);
  CHECK(units_of(request, 0)[4].gang->size_min == 2);
  allocate(request, {{PoolName{"p"}, std::nullopt, 3, {}}});
  const auto units = units_of(request, 0);
  REQUIRE(units.size() == 3);
  CHECK(units[2].gang->size == 3);
  CHECK(units[2].admission->members == 3);
  CHECK_FALSE(unit_of(request, 0, 3));
}

TEST_CASE("N2: the units of a request prefer the nodes that it names") {
  auto request = request_for(1);
  request.spec.preferred_nodes = {NodeName{"n2"}, NodeName{"n1"}};
  CHECK(units_of(request, 0)[0].shape->constraints.preferred_nodes ==
        std::vector{NodeName{"n1"}, NodeName{"n2"}});
}

TEST_CASE("L5: a request that has ended, or is being deleted, has no units") {
  auto request = request_for(1);
  allocate(request, {{PoolName{"p"}, std::nullopt, 1, {}}});
  CHECK(units_of(request, 0).size() == 1);
  auto deleted = request;
  deleted.meta.deleted = kSince;
  CHECK(units_of(deleted, 0).empty());
  api::Condition finished;
  finished.type = "Finished";
  finished.status = api::ConditionStatus::True;
  api::set_condition(request.status.conditions, finished, kSince);
  CHECK(units_of(request, 0).empty());
}

TEST_CASE("One unit is as all units together say it") {
  auto request = request_for(3);
  allocate(request,
           {{PoolName{"p"}, NodeName{"n1"}, 2, {}}, {PoolName{"p"}, NodeName{"n2"}, 1, {}}});
  const auto units = units_of(request, 4);
  for (std::size_t number = 0; number < 3; ++number)
    CHECK(unit_of(request, 4, number) == units[number]);
  CHECK_FALSE(unit_of(request, 4, 3));
  CHECK(workload_of(request) == allocation::workload_id(units[0]));
}

TEST_CASE("Requests carry their labels to limits per subject, and cannot ask for devices") {
  auto request = request_for(1);
  request.meta.labels["agent"] = "seven";
  CHECK(*units_of(request, 0)[0].labels.find("agent") == "seven");
  request.spec.resources = {{"nvidia.com/gpu", 1}};
  CHECK(units_of(request, 0)[0].defect == "spec.resources: devices are given to pods only");
}

TEST_CASE("A request is held back until its time, as long as it holds nothing") {
  auto request = request_for(1);
  CHECK_FALSE(held_back(request, kSince));
  request.spec.not_before = kSince + 1h;
  CHECK(held_back(request, kSince)->until == kSince + 1h);
  CHECK_FALSE(held_back(request, kSince + 1h));
  allocate(request, {{PoolName{"p"}, std::nullopt, 1, {}}});
  CHECK_FALSE(held_back(request, kSince));
}

TEST_CASE("No pod's uid is taken for a unit's") {
  CHECK_FALSE(request_uid_of(PodUid{"8d0e-11ee"}));
  CHECK_FALSE(request_uid_of(PodUid{"request/"}));
  CHECK_FALSE(unit_number(PodUid{"request/u1/x"}));
  CHECK(request_uid_of(allocation::unit_uid("u1", 12)) == "u1");
  CHECK(unit_number(allocation::unit_uid("u1", 12)) == 12U);
}
