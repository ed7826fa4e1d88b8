#include "lib/allocation/workload_placer.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
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

/// The request's greatest share of what the largest node has of a resource.
Points dominant_share(const ResourceVector& request, const NodeTable& table) {
  Points share = 0;
  for (const auto& [name, amount] : request)
    if (const auto column = table.column(name); column && table.largest(*column) > 0)
      share =
          std::max(share, resources::scaled(amount, kPointsMax, table.largest(*column)).value());
  const DeviceAsk ask = device_ask(request);
  const auto devices = static_cast<std::int64_t>(table.device_slots());
  if (devices > 0)
    share =
        std::max(share, ask.devices() * ask.milli_each() * kPointsMax / (devices * kDeviceMilli));
  return share;
}

/// Units of a request are all alike, and pods take up a place among the pods of a node at least.
bool need_no_node(Pods pods) {
  return !needs_node(*pods.front()->shape);
}

PlacedPods nowhere(Pods pods, NodeChanges changes) {
  return {std::vector<std::vector<NodeIndex>>(pods.size()), std::vector<DeviceList>(pods.size()),
          std::move(changes)};
}

} // namespace

WorkloadPlacer::WorkloadPlacer(const ClusterSnapshot& snapshot, const Holds& holds,
                               NodeCalendar* calendar)
    : snapshot_(&snapshot), overlay_(*snapshot.nodes, snapshot.loads, holds, calendar) {}

std::optional<PlacedPods> WorkloadPlacer::place(Pods pods, const Site& site, std::size_t nodes_max,
                                                std::span<const NodeIndex> own) {
  if (need_no_node(pods))
    return nowhere(pods, NodeChanges(overlay_));
  if (pods.size() == 1)
    return place_one(*pods.front(), site, nodes_max, own.empty() ? kNoNode : own.front());
  return place_all(Trial(overlay_), pods, site, nodes_max, own);
}

std::optional<PlacedPods> WorkloadPlacer::place_on(NodeChanges what_if, Pods pods,
                                                   const Site& site) {
  if (need_no_node(pods))
    return nowhere(pods, std::move(what_if));
  return place_all(Trial(std::move(what_if)), pods, site, 1);
}

std::optional<PlacedPods> WorkloadPlacer::place_all(Trial trial, Pods pods, const Site& site,
                                                    std::size_t nodes_max,
                                                    std::span<const NodeIndex> own) {
  PlacedPods placed{std::vector<std::vector<NodeIndex>>(pods.size()),
                    std::vector<DeviceList>(pods.size()), NodeChanges(overlay_)};
  for (const std::size_t i : placing_order(pods, site)) {
    Place place = place_next(trial, *pods[i], site, nodes_max, i < own.size() ? own[i] : kNoNode);
    if (place.nodes.empty())
      return std::nullopt;
    placed.nodes[i] = std::move(place.nodes);
    placed.devices[i] = std::move(place.devices);
  }
  placed.changes = std::move(trial.changes);
  return placed;
}

/// No what-if is needed to look for one place.
std::optional<PlacedPods> WorkloadPlacer::place_one(const PodView& pod, const Site& site,
                                                    std::size_t nodes_max, NodeIndex own) {
  NodeRanking& ranking = ranking_of(pod.shape, site);
  PlacedPods placed{{ranking.best(nodes_max, overlay_, own)}, {}, NodeChanges(overlay_)};
  if (placed.nodes.front().empty())
    return std::nullopt;
  const NodeIndex node = placed.nodes.front().front();
  placed.devices.push_back(ranking.devices(node, overlay_));
  placed.changes.place(node, ranking.request(), placed.devices.front(), site.viewer());
  return placed;
}

void WorkloadPlacer::take_again(Pods pods, const Site& site, const PlacedPods& placed) {
  if (need_no_node(pods))
    return;
  NodeChanges changes(overlay_);
  for (std::size_t i = 0; i < pods.size(); ++i)
    changes.place(placed.nodes[i].front(), to_columns(pods[i]->requests(), overlay_.table()),
                  placed.devices[i], site.viewer());
  std::move(changes).apply_to(overlay_);
}

/// As asked; FirstFitDecreasing takes the largest first: by the greatest share of what the largest
/// node has.
std::vector<std::size_t> WorkloadPlacer::placing_order(Pods pods, const Site& site) const {
  std::vector<std::size_t> order(pods.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (site.pool->strategy != Strategy::FirstFitDecreasing)
    return order;
  std::vector<Points> sizes;
  sizes.reserve(pods.size());
  for (const auto& pod : pods)
    sizes.push_back(dominant_share(pod->requests(), overlay_.table()));
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return sizes[i]; });
  return order;
}

WorkloadPlacer::Place WorkloadPlacer::place_next(Trial& trial, const PodView& pod, const Site& site,
                                                 std::size_t nodes_max, NodeIndex own) {
  auto ranking = trial.rankings.find(pod.shape.get());
  if (ranking == trial.rankings.end()) {
    NodeRanking& shared = ranking_of(pod.shape, site);
    shared.catch_up(overlay_);
    ranking = trial.rankings.emplace(pod.shape.get(), shared.continue_on(trial.changes)).first;
  }
  Place place{ranking->second.best(nodes_max, trial.changes, own), {}};
  if (place.nodes.empty())
    return place;
  place.devices = ranking->second.devices(place.nodes.front(), trial.changes);
  trial.changes.place(place.nodes.front(), ranking->second.request(), place.devices, site.viewer());
  return place;
}

NodeRanking& WorkloadPlacer::ranking_of(const ShapePtr& shape, const Site& site) {
  Viewer viewer = site.viewer();
  if (overlay_.calendar() != nullptr)
    viewer.horizon = overlay_.calendar()->canonical(viewer.horizon);
  const RankingKey key{shape.get(), site.pool, viewer, site.is_favoured};
  const auto known = rankings_.find(key);
  if (known != rankings_.end())
    return known->second;
  if (rankings_.size() >= kRankingsMax)
    rankings_.clear();
  const ScoringGround ground{&overlay_.table(),
                             snapshot_->fragmentation.get(),
                             site.pool->name,
                             &site.pool->strategy_params,
                             site.pool->strategy,
                             rules_in(shape->constraints.rules, site.pool->name),
                             &shape->constraints.preferred_nodes};
  NodeRanking ranking(RankingInput{to_columns(shape->requests, overlay_.table()),
                                   NodeScorer(ground, site.is_favoured), viewer},
                      allowed_nodes(shape->constraints, *site.pool), overlay_);
  return rankings_.emplace(key, std::move(ranking)).first->second;
}

bool WorkloadPlacer::could_ever_fit(Pods pods, const PoolSpec& pool) {
  if (need_no_node(pods))
    return true;
  const NodeTable& table = *snapshot_->nodes;
  std::vector<std::int64_t> needed(table.width());
  std::vector<std::int64_t> there(table.width());
  for (const auto& pod : pods) {
    const ColumnRequest request = to_columns(pod->requests(), table);
    const auto nodes = allowed_nodes(pod->shape->constraints, pool);
    const bool has_node = std::ranges::any_of(nodes, [&](NodeIndex node) {
      return std::ranges::all_of(request.parts, [&](const ColumnRequest::Part& part) {
        return table.capacity(node)[part.column] >= part.amount;
      });
    });
    if (!has_node || !resource_of_no_node(pod->requests(), table).empty())
      return false;
    for (const ColumnRequest::Part& part : request.parts)
      needed[part.column] += part.amount;
  }
  if (pods.size() > 1)
    for (const NodeIndex node : allowed_nodes(pods.front()->shape->constraints, pool))
      for (std::size_t column = 0; column < there.size(); ++column)
        there[column] += table.capacity(node)[column];
  return pods.size() == 1 || std::ranges::equal(needed, there, std::less_equal{});
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
  for (const std::size_t i : placing_order(pods, site)) {
    const auto& pod = pods[i];
    no_place.pod = pod.get();
    if (place_next(trial, *pod, site, 1).nodes.empty())
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
      room = room_for(request, trial.changes.room(node, site.viewer(), held));
    ++counts[fault_of(table, node, *no_place.pod, room)];
  }
  for (auto& [fault, nodes] : counts)
    no_place.rejections.push_back(RejectionCount{fault.first, fault.second, nodes});
  return no_place;
}

} // namespace berth::allocation
