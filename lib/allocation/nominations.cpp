#include "lib/allocation/nominations.hpp"

#include <algorithm>
#include <map>

#include "lib/allocation/node_fit.hpp"

namespace berth::allocation {
namespace {

bool is_waiting(const PodView& pod) {
  return pod.managed && !pod.is_bound() && !pod.admission && !pod.terminating;
}

/// Adds a pod to what is promised on its node, `sign` 1, or takes a victim off it, -1. A victim
/// whose devices are not known stays on them: what is held then is too much for a while.
void add_to_row(std::vector<std::int64_t>& row, const ColumnRequest& request,
                const DeviceList& devices, std::int64_t sign) {
  for (const ColumnRequest::Part& part : request.parts)
    row[part.column] += sign * part.amount;
  for (const DeviceIndex device : devices)
    if (const auto slot = request.first_device + static_cast<std::size_t>(device);
        device >= 0 && slot < row.size())
      row[slot] += sign * request.devices.milli_each();
}

/// The loads and what is held already, as one: reservations are laid around it.
NodeLoads loads_with(const ClusterSnapshot& snapshot, std::span<const NodeHold> holds) {
  const std::size_t columns = snapshot.nodes->width();
  NodeLoads loads(snapshot.nodes->size(), columns);
  auto hold = holds.begin(); // sorted by node
  std::vector<std::int64_t> row;
  for (NodeIndex node = 0; node < snapshot.nodes->size(); ++node) {
    const auto charged = snapshot.loads.row(node);
    row.assign(charged.begin(), charged.end());
    for (; hold != holds.end() && hold->node == node; ++hold)
      for (std::size_t column = 0; column < columns; ++column)
        row[column] += hold->amounts[column];
    loads.set_row(node, row);
  }
  return loads;
}

bool comes_before(const NodeHold& left, const NodeHold& right) {
  return std::pair{left.node, left.reservation} < std::pair{right.node, right.reservation};
}

} // namespace

std::vector<Nomination> find_nominations(const ClusterSnapshot& snapshot) {
  std::map<WorkloadId, Nomination> by_workload;
  snapshot.nominated.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (!is_waiting(*pod))
      return;
    Nomination& nomination = by_workload[workload_id(*pod)];
    if (nomination.pods.empty()) {
      nomination.quota = pod->nomination->quota;
      nomination.pool = pod->nomination->pool;
      nomination.victims = pod->nomination->victims;
    }
    nomination.pods.push_back(pod);
    nomination.total += pod->requests();
  });
  std::vector<Nomination> nominations;
  for (auto& [id, nomination] : by_workload) {
    nomination.workload = id;
    std::sort(nomination.victims.begin(), nomination.victims.end());
    nominations.push_back(std::move(nomination));
  }
  return nominations;
}

std::vector<NodeHold> hold_nominated(const ClusterSnapshot& snapshot, const Nomination& nomination,
                                     std::uint32_t holder) {
  const NodeTable& table = *snapshot.nodes;
  std::map<NodeIndex, std::vector<std::int64_t>> rows;
  for (const auto& pod : nomination.pods)
    if (const auto node = table.find(pod->nomination->node.str())) {
      auto& row = rows.try_emplace(*node, table.width()).first->second;
      add_to_row(row, to_columns(pod->requests(), table), pod->nomination->devices, 1);
    }
  for (const PodUid& victim : nomination.victims) {
    const auto* charge = snapshot.charges.find(victim);
    const auto node = charge ? table.find((*charge)->node.str()) : std::nullopt;
    const auto row = node ? rows.find(*node) : rows.end();
    if (row == rows.end())
      continue;
    add_to_row(row->second, to_columns((*charge)->shape->requests, table), (*charge)->devices, -1);
  }
  std::vector<NodeHold> holds;
  for (auto& [node, row] : rows) {
    for (std::int64_t& amount : row)
      amount = std::max<std::int64_t>(amount, 0);
    holds.push_back(NodeHold{node, holder, std::move(row), false});
  }
  return holds;
}

Holds hold_capacity(const ClusterSnapshot& snapshot, const OpenWindows& windows) {
  std::vector<Nomination> nominations = find_nominations(snapshot);
  if (nominations.empty())
    return hold_on_nodes(windows, *snapshot.nodes, snapshot.loads, snapshot.reservation_use);
  std::vector<NodeHold> nominated;
  for (std::uint32_t i = 0; i < nominations.size(); ++i) {
    auto holds = hold_nominated(snapshot, nominations[i], kFirstNomination + i);
    std::move(holds.begin(), holds.end(), std::back_inserter(nominated));
  }
  std::sort(nominated.begin(), nominated.end(), comes_before);
  Holds holds = hold_on_nodes(windows, *snapshot.nodes, loads_with(snapshot, nominated),
                              snapshot.reservation_use);
  std::move(nominated.begin(), nominated.end(), std::back_inserter(holds.holds));
  std::sort(holds.holds.begin(), holds.holds.end(), comes_before);
  holds.nominations = std::move(nominations);
  return holds;
}

std::vector<QuotaCharge> victims_still_charged(const ClusterSnapshot& snapshot,
                                               const Nomination& nomination) {
  std::vector<QuotaCharge> charges;
  for (const PodUid& victim : nomination.victims) {
    const auto* charge = snapshot.charges.find(victim);
    if (charge == nullptr || (*charge)->pool != nomination.pool)
      continue;
    if (const auto quota = snapshot.quotas->find((*charge)->quota))
      charges.push_back(QuotaCharge{*quota, (*charge)->shape->requests});
  }
  return charges;
}

} // namespace berth::allocation
