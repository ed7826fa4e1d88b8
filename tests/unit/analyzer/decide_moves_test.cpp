// What is decided on moves from a view of a pool, without an API server.

#include "analyzer/advise/decide_moves.hpp"

#include <catch2/catch.hpp>

#include "lib/api/evictions.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::ResourceVector;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

std::shared_ptr<WorkloadPod> pod(const std::string& name, int cores) {
  auto made = std::make_shared<WorkloadPod>();
  made->meta.ns = "shop";
  made->meta.name = name;
  made->meta.uid = "uid-" + name;
  made->stage = PodStage::Running;
  made->started = kNow - 24h;
  PodContainer container;
  container.requests = ResourceVector{{"cpu", 1'000 * cores}};
  made->containers.push_back(std::move(container));
  return made;
}

} // namespace

TEST_CASE("the pod that stands in the way of what waits is named, once, and as long as it does") {
  PoolPods pods;
  for (const auto& [name, held] : {std::pair{"n-0", 7}, {"n-1", 6}, {"n-2", 7}}) {
    PoolNode node;
    node.name = NodeName(name);
    node.allocatable = ResourceVector{{"cpu", 10'000}, {"pods", 110}};
    node.requested = ResourceVector{{"cpu", 1'000 * held}};
    pods.nodes.push_back(std::move(node));
  }
  const auto api = pod("api-0", 2);
  api->workload = WorkloadRef{api::ScalingTargetKind::Deployment, {"shop", "api"}};
  pods.pods.push_back({api, 1});
  pods.replicas[*api->workload] = {2, 2, false};
  pods.waiting.push_back(pod("big", 6));
  api::ResourcePool pool;
  pool.meta.name = "p";
  PoolView view;
  view.pool = std::make_shared<const api::ResourcePool>(pool);
  view.pods = std::make_shared<const PoolPods>(pods);
  PoolFacts facts;
  facts.is_waited_for = true;
  facts.courses["share/largest-block"].soon = {{kNow + 15min, 600, 660, 700}};
  facts.courses["share/largest-block"].model = "TheilSen";
  TrackRecords records;
  records.fill(1);
  const AdvisorOptions options;
  Plan plan;
  decide_moves(plan, view, facts, {options, records, kNow, false});
  REQUIRE(plan.advised.size() == 1);
  auto found = plan.advised[0].object;
  CHECK(found.spec.kind == api::RecommendationKind::Defragment);
  const std::vector<api::Eviction> evictions{{{"shop", "api-0"}, "uid-api-0"}};
  CHECK(api::evictions_of(found.spec.action) == evictions);

  found.meta.created = kNow;
  view.recommendations = {std::make_shared<const api::ScalingRecommendation>(found)};
  Plan again;
  decide_moves(again, view, facts, {options, records, kNow + 1min, false});
  CHECK(again.empty());

  pods.pods.clear();
  view.pods = std::make_shared<const PoolPods>(pods);
  Plan over;
  decide_moves(over, view, facts, {options, records, kNow + 2min, false});
  REQUIRE(over.changed.size() == 1);
  CHECK(over.advised.empty());
  CHECK(api::find_condition(over.changed[0].status.conditions, "Valid")->reason == Reason::Applied);
}

} // namespace berth::analyzer
