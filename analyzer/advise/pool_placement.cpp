#include "analyzer/advise/pool_placement.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

namespace berth::analyzer {
namespace {

constexpr std::int64_t kRestartCost = 10;
constexpr std::int64_t kMadeLatelyCost = 20;
/// As everywhere: so much of a workload goes at once.
constexpr std::int32_t kSparedPart = 5;
constexpr std::int32_t kReplicasMin = 2;

std::int64_t cost_of(const WorkloadPod& pod, TimePoint now) {
  // Priorities have no scale of their own; twice as high is one step.
  const auto important = static_cast<std::uint64_t>(std::max<std::int64_t>(pod.priority, 0));
  return kRestartCost + static_cast<std::int64_t>(std::bit_width(important)) +
         (now - pod.started < kMadeLately ? kMadeLatelyCost : 0);
}

/// The workload that can spare the pod; null where none can.
const std::pair<const WorkloadRef, ReplicaCounts>* spared_by(const PoolPods& pool,
                                                             const WorkloadPod& pod) {
  const bool stays = pod.stage != PodStage::Running || !pod.ready || pod.is_choosy || pod.is_tied ||
                     pod.priority >= kSystemPriority || !pod.workload;
  const auto counts = stays ? pool.replicas.end() : pool.replicas.find(*pod.workload);
  if (counts == pool.replicas.end() || counts->second.is_choosy ||
      counts->second.wanted < kReplicasMin || counts->second.ready < counts->second.wanted)
    return nullptr;
  return &*counts;
}

std::string name_of(const WorkloadPod& pod) {
  return to_string(pod.meta.key());
}

} // namespace

Placement placed_nodes(const PoolPods& pool) {
  Placement placement;
  for (const PoolNode& node : pool.nodes)
    placement.nodes.push_back(
        {node.allocatable, node.allocatable - node.requested, node.takes_pods, node.keeps_off, {}});
  return placement;
}

PlacedPool place(const PoolPods& pool, TimePoint now) {
  PlacedPool placed;
  placed.placement = placed_nodes(pool);
  std::map<WorkloadRef, std::size_t> groups;
  for (std::size_t at = 0; at < pool.pods.size(); ++at) {
    const WorkloadPod& pod = *pool.pods[at].pod;
    const auto* of = spared_by(pool, pod);
    if (of == nullptr)
      continue;
    const auto [group, is_new] = groups.try_emplace(of->first, placed.placement.groups.size());
    if (is_new)
      placed.placement.groups.push_back(
          static_cast<std::size_t>(std::max(of->second.wanted / kSparedPart, 1)));
    PlacedPod one;
    one.node = pool.pods[at].node;
    one.requests = requests_of(pod);
    one.cost = cost_of(pod, now);
    one.group = group->second;
    placed.placement.pods.push_back(std::move(one));
    placed.pods.push_back(at);
  }
  return placed;
}

PlacedPool only(PlacedPool placed, std::span<const std::size_t> pods) {
  PlacedPool few;
  few.placement.nodes = std::move(placed.placement.nodes);
  few.placement.groups = std::move(placed.placement.groups);
  for (std::size_t at = 0; at < placed.pods.size(); ++at)
    if (std::ranges::find(pods, placed.pods[at]) != pods.end()) {
      few.placement.pods.push_back(std::move(placed.placement.pods[at]));
      few.pods.push_back(placed.pods[at]);
    }
  return few;
}

void add_use(PlacedPool& placed, const PoolPods& pool, const MeasuredUse& use) {
  for (std::size_t at = 0; at < pool.nodes.size(); ++at) {
    PlacedNode& node = placed.placement.nodes[at];
    const auto used = use.nodes.find(pool.nodes[at].name);
    if (used == use.nodes.end())
      node.takes_pods = false;
    else
      node.used = used->second;
  }
  for (std::size_t at = 0; at < placed.pods.size(); ++at) {
    const auto used = use.pods.find(pool.pods[placed.pods[at]].pod->meta.key());
    if (used != use.pods.end())
      placed.placement.pods[at].used = used->second;
  }
}

std::vector<api::Eviction> evictions_of(const PoolPods& pool, const PlacedPool& placed,
                                        std::span<const Move> moves) {
  std::vector<api::Eviction> evictions;
  for (const Move& move : moves) {
    const api::ObjectMeta& meta = pool.pods[placed.pods[move.pod]].pod->meta;
    evictions.push_back({meta.key(), meta.uid});
  }
  return evictions;
}

std::string describe(const PoolPods& pool, const PlacedPool& placed, std::span<const Move> moves) {
  std::string text;
  for (const Move& move : moves) {
    const RunningPod& running = pool.pods[placed.pods[move.pod]];
    text += (text.empty() ? "" : ", ") + name_of(*running.pod) + " from " +
            pool.nodes[running.node].name.str() + " to " + pool.nodes[move.to].name.str();
  }
  return text;
}

std::optional<std::vector<std::size_t>>
pods_left(const PoolPods* pool, const api::ScalingRecommendation& recommendation) {
  const auto evictions = api::evictions_of(recommendation.spec.action);
  if (!evictions)
    return std::nullopt;
  std::set<std::string> uids;
  for (const api::Eviction& eviction : *evictions)
    uids.insert(eviction.uid);
  std::vector<std::size_t> left;
  for (std::size_t at = 0; pool != nullptr && at < pool->pods.size(); ++at)
    if (uids.contains(pool->pods[at].pod->meta.uid))
      left.push_back(at);
  return left;
}

} // namespace berth::analyzer
