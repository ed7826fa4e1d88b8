#include "scheduler-extender/promises.hpp"

#include <algorithm>

#include "scheduler-extender/standing.hpp"

namespace berth::extender {

using allocation::NodeIndex;
using allocation::PodView;
using Kept = PromiseScratch::Kept;

namespace {

enum class Sign : std::int64_t { Plus = 1, Minus = -1 };

void add(std::vector<std::int64_t>& row, const PodView& pod, const allocation::NodeTable& nodes,
         Sign sign) {
  for (const auto& [resource, amount] : pod.requests())
    if (const auto column = nodes.column(resource))
      row[*column] += static_cast<std::int64_t>(sign) * amount.value();
}

} // namespace

Promises::Promises(const allocation::ClusterSnapshot& snapshot, const cluster::Pod& pod,
                   PromiseScratch& scratch)
    : snapshot_(snapshot), pod_(pod), scratch_(scratch),
      request_(to_columns(pod.view.requests(), *snapshot.nodes)) {
  request_.devices = {}; // promises are kept by column; which device is for the node's admission
  if (pod.view.priority >= kSystemCriticalPriority)
    return;
  scratch_.kept.assign(snapshot_.nodes->size(), Kept::Free);
  scratch_.expected.clear();
  keep_promised();
  keep_dedicated();
}

void Promises::keep_promised() {
  for (const allocation::NodeHold& hold : snapshot_.holds->holds)
    scratch_.kept[hold.node] = Kept::Promised;
  snapshot_.expected.for_each([&](const PodUid& uid, const std::shared_ptr<const PodView>& pod) {
    const auto* charge = snapshot_.charges.find(uid);
    const auto node = charge ? snapshot_.nodes->find((*charge)->node.str()) : std::nullopt;
    if (!node)
      return;
    scratch_.kept[*node] = Kept::Promised;
    scratch_.expected.push_back({*node, pod.get()});
  });
  std::ranges::sort(scratch_.expected, {}, &PromiseScratch::Expected::node);
  none_ = scratch_.expected.empty() && snapshot_.holds->holds.empty();
}

/// A DaemonSet's pod is part of its node, whoever the node is dedicated to.
void Promises::keep_dedicated() {
  if (is_daemon(pod_))
    return;
  for (const auto& pool : snapshot_.pools) {
    if (!pool->is_dedicated)
      continue;
    for (const NodeIndex node : snapshot_.nodes->in_pool(pool->name))
      scratch_.kept[node] = Kept::Dedicated;
    none_ = false;
  }
}

std::optional<Reason> Promises::refuse(NodeIndex node) {
  if (none_ || node == allocation::kNoNode || scratch_.kept[node] == Kept::Free)
    return std::nullopt;
  if (scratch_.kept[node] == Kept::Dedicated)
    return Reason::NodeNotInPool;
  const auto verdict =
      room_for(request_, {snapshot_.nodes->capacity(node), running(node), promised(node)});
  if (verdict.kind != allocation::RoomVerdict::Kind::Held)
    return std::nullopt;
  return Reason::NodeReserved;
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

std::span<const std::int64_t> Promises::running(NodeIndex node) {
  const auto row = snapshot_.loads.row(node);
  scratch_.running.assign(row.begin(), row.end());
  for (const auto& expected : expected_on(node))
    add(scratch_.running, *expected.pod, *snapshot_.nodes, Sign::Minus);
  return scratch_.running;
}

std::span<const std::int64_t> Promises::promised(NodeIndex node) {
  scratch_.promised.assign(snapshot_.nodes->columns().size(), 0);
  for (const allocation::NodeHold& hold : snapshot_.holds->on_node(node))
    for (std::size_t column = 0; column < scratch_.promised.size(); ++column)
      scratch_.promised[column] += hold.amounts[column];
  for (const auto& expected : expected_on(node))
    if (counts(*expected.pod))
      add(scratch_.promised, *expected.pod, *snapshot_.nodes, Sign::Plus);
  return scratch_.promised;
}

} // namespace berth::extender
