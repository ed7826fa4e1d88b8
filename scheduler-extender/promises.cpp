#include "scheduler-extender/promises.hpp"

#include <algorithm>

#include "scheduler-extender/standing.hpp"

namespace berth::extender {

using allocation::NodeIndex;
using allocation::PodView;
using Room = allocation::RoomVerdict::Kind;

Promises::Promises(const allocation::ClusterSnapshot& snapshot, const cluster::Pod& pod,
                   PromiseScratch& scratch)
    : snapshot_(snapshot), pod_(pod), scratch_(scratch),
      request_(to_columns(pod.view.requests(), *snapshot.nodes)) {
  request_.devices = {}; // promises are kept by column; which device is for the node's admission
  if (pod.view.priority >= kSystemCriticalPriority)
    return;
  if (scratch_.holds != snapshot.holds)
    find_promises();
  minds_promised_ = scratch_.has_promised;
  // A DaemonSet's pod is part of its node, whoever the node is dedicated to.
  minds_dedicated_ = scratch_.has_dedicated && !is_daemon(pod);
}

void Promises::find_promises() {
  scratch_.kept.assign(snapshot_.nodes->size(), {});
  scratch_.expected.clear();
  for (const allocation::NodeHold& hold : snapshot_.holds->holds)
    scratch_.kept[hold.node].is_promised = true;
  snapshot_.expected.for_each(
      [&](const allocation::NodePod& at, const std::shared_ptr<const PodView>& pod) {
        const auto node = snapshot_.nodes->find(at.node.str());
        if (!node)
          return;
        scratch_.kept[*node].is_promised = true;
        scratch_.expected.push_back({*node, pod.get()}); // indexes follow names
      });
  scratch_.has_promised = !scratch_.expected.empty() || !snapshot_.holds->holds.empty();
  scratch_.has_dedicated = false;
  for (const auto& pool : snapshot_.pools) {
    if (!pool->is_dedicated)
      continue;
    for (const NodeIndex node : snapshot_.nodes->in_pool(pool->name))
      scratch_.kept[node].is_dedicated = true;
    scratch_.has_dedicated = true;
  }
  scratch_.holds = snapshot_.holds;
}

std::optional<Reason> Promises::refuse(NodeIndex node) {
  if (none() || node == allocation::kNoNode)
    return std::nullopt;
  const PromiseScratch::Kept kept = scratch_.kept[node];
  if (minds_dedicated_ && kept.is_dedicated)
    return Reason::NodeNotInPool;
  if (kept.is_promised && would_fit_but_for_promises(node))
    return Reason::NodeReserved;
  return std::nullopt;
}

/// First as if all that is expected there ran already and counted: where the pod fits even so there
/// is nothing more to ask, and on most nodes it does.
bool Promises::would_fit_but_for_promises(NodeIndex node) {
  const auto capacity = snapshot_.nodes->capacity(node);
  const auto row = snapshot_.loads.row(node);
  auto& promised = scratch_.promised;
  promised.assign(snapshot_.nodes->columns().size(), 0);
  for (const allocation::NodeHold& hold : snapshot_.holds->on_node(node))
    for (std::size_t column = 0; column < promised.size(); ++column)
      promised[column] += hold.amounts[column];
  if (room_for(request_, {capacity, row, promised}).kind == Room::Fits)
    return false;
  auto& running = scratch_.running;
  running.assign(row.begin(), row.end());
  for (const auto& expected : expected_on(node))
    for (const auto& part : request_.parts) {
      const std::int64_t amount =
          expected.pod->requests().get(snapshot_.nodes->columns()[part.column]).value();
      running[part.column] -= amount;
      promised[part.column] += counts(*expected.pod) ? amount : 0;
    }
  return room_for(request_, {capacity, running, promised}).kind == Room::Held;
}

/// Every admitted pod's place counts; a nominated pod's only against equal or lower priority, as in
/// the scheduler's own filters.
bool Promises::counts(const PodView& expected) const {
  return expected.uid != pod_.view.uid &&
         (expected.admission.has_value() || expected.priority >= pod_.view.priority);
}

std::span<const PromiseScratch::Expected> Promises::expected_on(NodeIndex node) const {
  const auto range =
      std::ranges::equal_range(scratch_.expected, node, {}, &PromiseScratch::Expected::node);
  return {range.begin(), range.end()};
}

} // namespace berth::extender
