#include "lib/allocation/nominations.hpp"

#include <algorithm>
#include <map>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/time_range.hpp"
#include "lib/allocation/work_end.hpp"

namespace berth::allocation {
namespace {

bool is_waiting(const PodView& pod) {
  return pod.managed && !pod.is_bound() && !pod.admission && !pod.terminating;
}

/// The loads that reservations are laid around: with what nominations hold, and without work that
/// open windows lend their idle capacity to, which leaves when a holder wants it (R4).
class LoadsInTheWay {
public:
  explicit LoadsInTheWay(const ClusterSnapshot& snapshot)
      : snapshot_(snapshot), loads_(snapshot.loads) {}

  void add(const NodeHold& hold) {
    change(hold.node, [&](std::vector<std::int64_t>& row) {
      for (std::size_t column = 0; column < row.size(); ++column)
        row[column] += hold.amounts[column];
    });
  }
  void take_off_lent(const OpenWindows& windows) {
    snapshot_.noticed.for_each([&](const PodUid& uid, const std::shared_ptr<const PodView>& pod) {
      const auto* charge = snapshot_.charges.find(uid);
      const bool is_in_the_way = std::ranges::none_of(
          windows.entries, [&](const auto& open) { return is_lent_inside(*pod, open.window); });
      if (charge == nullptr || is_in_the_way)
        return;
      if (const auto node = snapshot_.nodes->find((*charge)->node.str()))
        change(*node, [&](std::vector<std::int64_t>& row) {
          take_off(row, to_columns((*charge)->shape->requests, *snapshot_.nodes),
                   (*charge)->devices);
        });
    });
  }
  [[nodiscard]] const NodeLoads& loads() const { return loads_; }

private:
  void change(NodeIndex node, const auto& change_row) {
    const auto charged = loads_.row(node);
    std::vector<std::int64_t> row(charged.begin(), charged.end());
    change_row(row);
    loads_.set_row(node, row);
  }

  const ClusterSnapshot& snapshot_;
  NodeLoads loads_; ///< copied on write, row by row
};

/// What every node carries makes none less than whole; whom the reservation itself lent its
/// window's idle capacity goes when its holder wants it, guests of others do not.
bool has_others(const ClusterSnapshot& snapshot, const OpenWindows& windows, NodeIndex node,
                const ReservationName& reservation) {
  const NodeName& name = snapshot.nodes->node(node).view.name;
  const auto own = std::ranges::find(windows.entries, reservation,
                                     [](const auto& open) { return open.spec->name; });
  const auto goes = [&](const PodView& pod) {
    return own != windows.entries.end() && own->spec->lend_idle && is_lent_inside(pod, own->window);
  };
  bool has_some = false;
  snapshot.on_nodes.for_each_from({name, PodUid{}}, [&](const NodePod& key, const auto& pod) {
    const auto* charge = key.node == name ? snapshot.charges.find(key.pod) : nullptr;
    has_some = charge != nullptr && !(*charge)->quota.empty() &&
               (*charge)->reservation != reservation && !goes(*pod);
    return key.node == name && !has_some;
  });
  return has_some;
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

std::map<NodeIndex, std::vector<std::int64_t>> nominated_rows(const ClusterSnapshot& snapshot,
                                                              const Nomination& nomination) {
  const NodeTable& table = *snapshot.nodes;
  std::map<NodeIndex, std::vector<std::int64_t>> rows;
  for (const auto& pod : nomination.pods)
    if (const auto node = table.find(pod->nomination->node.str())) {
      auto& row = rows.try_emplace(*node, table.width()).first->second;
      add_to_row(row, to_columns(pod->requests(), table), pod->nomination->devices);
    }
  return rows;
}

std::vector<NodeHold> hold_nominated(const ClusterSnapshot& snapshot, const Nomination& nomination,
                                     std::uint32_t holder) {
  const NodeTable& table = *snapshot.nodes;
  std::map<NodeIndex, std::vector<std::int64_t>> rows = nominated_rows(snapshot, nomination);
  for (const PodUid& victim : nomination.victims) {
    const auto* charge = snapshot.charges.find(victim);
    const auto node = charge != nullptr ? table.find((*charge)->node.str()) : std::nullopt;
    const auto row = node ? rows.find(*node) : rows.end();
    if (row == rows.end())
      continue;
    // A victim whose devices are not known stays on them: what is held then is too much for a
    // while.
    take_off(row->second, to_columns((*charge)->shape->requests, table), (*charge)->devices);
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
  std::vector<NodeHold> nominated;
  for (std::uint32_t i = 0; i < nominations.size(); ++i) {
    auto holds = hold_nominated(snapshot, nominations[i], kFirstNomination + i);
    std::move(holds.begin(), holds.end(), std::back_inserter(nominated));
  }
  LoadsInTheWay in_the_way(snapshot);
  if (!windows.entries.empty()) {
    std::for_each(nominated.begin(), nominated.end(),
                  [&](const NodeHold& hold) { in_the_way.add(hold); });
    in_the_way.take_off_lent(windows);
  }
  Holds holds =
      hold_on_nodes(windows, *snapshot.nodes, in_the_way.loads(), snapshot.reservation_use,
                    [&](NodeIndex node, const ReservationName& reservation) {
                      return has_others(snapshot, windows, node, reservation);
                    });
  std::move(nominated.begin(), nominated.end(), std::back_inserter(holds.holds));
  std::sort(holds.holds.begin(), holds.holds.end(), comes_before);
  holds.nominations = std::move(nominations);
  return holds;
}

TimePoint victims_gone_at(const ClusterSnapshot& snapshot, const Nomination& nomination,
                          TimePoint now) {
  TimePoint gone_at = now;
  for (const PodUid& victim : nomination.victims)
    if (const PodView* pod = snapshot.find_pod(victim); pod != nullptr && pod->revocable_after)
      gone_at = std::max(gone_at, TimeRange::lasting(*pod->revocable_after, kEvictionDrain).end);
  return gone_at;
}

std::vector<QuotaCharge> victims_still_charged(const ClusterSnapshot& snapshot,
                                               const Nomination& nomination) {
  std::vector<QuotaCharge> charges;
  for (const PodUid& victim : nomination.victims) {
    const auto* charge = snapshot.charges.find(victim);
    if (charge == nullptr || (*charge)->pool != nomination.pool)
      continue;
    if (const auto quota = snapshot.quotas->find((*charge)->quota))
      charges.push_back(QuotaCharge{*quota, (*charge)->shape->requests, (*charge)->is_burst});
  }
  return charges;
}

} // namespace berth::allocation
