#include "lib/allocation/workload_placer.hpp"

#include <algorithm>
#include <string>

namespace berth::allocation {
namespace {

/// The nodes that affinity pins the pod to by name, as for a DaemonSet's pods; nothing if some term
/// leaves the node open.
std::optional<std::vector<NodeIndex>> pinned_nodes(const Constraints& constraints,
                                                   const NodeTable& table) {
  if (!constraints.required_affinity)
    return std::nullopt;
  std::vector<NodeIndex> nodes;
  for (const NodeSelectorTerm& term : *constraints.required_affinity) {
    const auto field = std::find_if(
        term.match_fields.begin(), term.match_fields.end(), [](const Requirement& requirement) {
          return requirement.key == "metadata.name" && requirement.op == SelectorOperator::In;
        });
    if (field == term.match_fields.end())
      return std::nullopt;
    for (const std::string& name : field->values)
      if (const auto node = table.find(name))
        nodes.push_back(*node);
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

/// What is wrong with one node for the pod, as reason and detail.
std::pair<Reason, std::string> fault_of(const NodeTable& table, NodeIndex node, const PodView& pod,
                                        const RoomVerdict& room) {
  if (room.kind == RoomVerdict::Kind::Held)
    return {Reason::NodeReserved, std::string(table.columns()[room.column].str())};
  if (room.column != NodeVerdict::kNoColumn)
    return {Reason::InsufficientNodeResources, std::string(table.columns()[room.column].str())};
  const PooledNode& pooled = table.node(node);
  const Constraints& constraints = pod.shape->constraints;
  const Eligibility eligibility = eligibility_of(pooled, pooled.pool, constraints);
  if (eligibility == Eligibility::Eligible)
    return {Reason::InsufficientNodeResources, resource_of_no_node(pod.requests(), table)};
  return {reason_of(eligibility), detail_of(eligibility, pooled, constraints)};
}

} // namespace

WorkloadPlacer::WorkloadPlacer(const ClusterSnapshot& snapshot, const Holds& holds)
    : overlay_(*snapshot.nodes, snapshot.loads, holds) {}

std::optional<PlacedPods> WorkloadPlacer::place(Pods pods, const Site& site,
                                                std::size_t nodes_max) {
  PlacedPods placed{{}, NodeChanges(overlay_)};
  if (pods.size() == 1) { // no what-if is needed to look for one place
    NodeRanking& ranking = ranking_of(pods.front()->shape, site);
    placed.nodes.push_back(ranking.best(nodes_max, overlay_));
    if (placed.nodes.front().empty())
      return std::nullopt;
    placed.changes.place(placed.nodes.front().front(), ranking.request(), site.reservation);
    return placed;
  }
  Trial trial(overlay_);
  for (const auto& pod : pods) {
    placed.nodes.push_back(place_next(trial, *pod, site, nodes_max));
    if (placed.nodes.back().empty())
      return std::nullopt;
  }
  placed.changes = std::move(trial.changes);
  return placed;
}

std::optional<PlacedPods> WorkloadPlacer::place_on(NodeChanges what_if, Pods pods,
                                                   const Site& site) {
  Trial trial(std::move(what_if));
  PlacedPods placed{{}, NodeChanges(overlay_)};
  for (const auto& pod : pods) {
    placed.nodes.push_back(place_next(trial, *pod, site, 1));
    if (placed.nodes.back().empty())
      return std::nullopt;
  }
  placed.changes = std::move(trial.changes);
  return placed;
}

std::vector<NodeIndex> WorkloadPlacer::place_next(Trial& trial, const PodView& pod,
                                                  const Site& site, std::size_t nodes_max) {
  auto own = trial.rankings.find(pod.shape.get());
  if (own == trial.rankings.end()) {
    NodeRanking& shared = ranking_of(pod.shape, site);
    shared.catch_up(overlay_);
    own = trial.rankings.emplace(pod.shape.get(), shared.continue_on(trial.changes)).first;
  }
  auto nodes = own->second.best(nodes_max, trial.changes);
  if (!nodes.empty())
    trial.changes.place(nodes.front(), own->second.request(), site.reservation);
  return nodes;
}

NodeRanking& WorkloadPlacer::ranking_of(const ShapePtr& shape, const Site& site) {
  const RankingKey key{shape.get(), site.pool, site.reservation};
  const auto known = rankings_.find(key);
  if (known != rankings_.end())
    return known->second;
  if (rankings_.size() >= kRankingsMax)
    rankings_.clear();
  NodeRanking ranking(RankingInput{to_columns(shape->requests, overlay_.table()),
                                   scorer_of(site.pool->strategy), site.reservation},
                      allowed_nodes(shape->constraints, *site.pool), overlay_);
  return rankings_.emplace(key, std::move(ranking)).first->second;
}

std::span<const NodeIndex> WorkloadPlacer::allowed_nodes(const Constraints& constraints,
                                                         const PoolSpec& pool) {
  auto key = std::pair{pool.name, constraints};
  const auto known = allowed_.find(key);
  if (known != allowed_.end())
    return known->second;
  if (allowed_.size() >= kAllowedListsMax)
    allowed_.clear();
  const NodeTable& table = overlay_.table();
  std::vector<NodeIndex> allowed;
  const auto keep_eligible = [&](std::span<const NodeIndex> nodes) {
    for (const NodeIndex node : nodes)
      if (eligibility_of(table.node(node), pool.name, constraints) == Eligibility::Eligible)
        allowed.push_back(node);
  };
  if (const auto pinned = pinned_nodes(constraints, table))
    keep_eligible(*pinned);
  else
    keep_eligible(table.in_pool(pool.name));
  return allowed_.emplace(std::move(key), std::move(allowed)).first->second;
}

NoPlace WorkloadPlacer::explain(Pods pods, const Site& site) {
  NoPlace no_place;
  Trial trial(overlay_);
  for (const auto& pod : pods) {
    no_place.pod = pod.get();
    if (place_next(trial, *pod, site, 1).empty())
      break;
    ++no_place.placed;
  }
  const NodeTable& table = overlay_.table();
  const ColumnRequest request = to_columns(no_place.pod->requests(), table);
  const auto allowed = allowed_nodes(no_place.pod->shape->constraints, *site.pool);
  std::map<std::pair<Reason, std::string>, std::size_t> counts;
  std::vector<std::int64_t> held;
  for (const NodeIndex node : table.in_pool(site.pool->name)) {
    RoomVerdict room;
    if (std::binary_search(allowed.begin(), allowed.end(), node))
      room = room_for(request, trial.changes.room(node, site.reservation, held));
    ++counts[fault_of(table, node, *no_place.pod, room)];
  }
  for (auto& [fault, nodes] : counts)
    no_place.rejections.push_back(RejectionCount{fault.first, fault.second, nodes});
  return no_place;
}

} // namespace berth::allocation
