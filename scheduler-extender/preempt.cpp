#include "scheduler-extender/preempt.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "lib/allocation/placement.hpp"
#include "scheduler-extender/promises.hpp"
#include "scheduler-extender/standing.hpp"

namespace berth::extender {

namespace {

using allocation::ClusterSnapshot;

/// One preemption in the light of one snapshot.
class Judge {
public:
  Judge(const cluster::Pod& preemptor, Standing standing, const ClusterSnapshot& snapshot)
      : standing_(standing), after_(snapshot), query_(query_for(snapshot, preemptor.view)),
        promises_(after_, preemptor, scratch_) {}

  [[nodiscard]] bool allows(const NodeVictims& node);

private:
  [[nodiscard]] bool is_protected(std::string_view victim) const;
  void take_away(const NodeVictims& node, allocation::NodeIndex index);

  Standing standing_;
  ClusterSnapshot after_; ///< the snapshot, without the victims judged so far
  allocation::PlacementQuery query_;
  PromiseScratch scratch_;
  Promises promises_;
};

} // namespace

PreemptResult preempt(const PreemptRequest& request, const ClusterSnapshot* snapshot) {
  PreemptResult result;
  // The scheduler takes a node without victims for an error of the whole call.
  std::ranges::copy_if(request.nodes, std::back_inserter(result.nodes),
                       [](const NodeVictims& node) { return !node.uids.empty(); });
  const Standing standing = standing_of(*request.pod, snapshot);
  if (standing == Standing::Unmanaged &&
      (snapshot == nullptr || request.pod->view.priority >= kSystemCriticalPriority))
    return result;
  if (standing == Standing::NotAdmitted || snapshot == nullptr)
    return {};
  Judge judge(*request.pod, standing, *snapshot);
  std::erase_if(result.nodes, [&](const NodeVictims& node) { return !judge.allows(node); });
  return result;
}

namespace {

/// No victim is protected, and the filter would take the node once they are gone: otherwise they
/// would die for nothing.
bool Judge::allows(const NodeVictims& node) {
  if (std::ranges::any_of(node.uids, [&](auto uid) { return is_protected(uid); }))
    return false;
  const auto index = after_.nodes->find(node.node);
  if (index)
    take_away(node, *index);
  if (standing_ == Standing::Admitted)
    return !check(after_, NodeName(node.node), query_).has_value();
  return !promises_.refuse(index.value_or(allocation::kNoNode)).has_value();
}

/// Between managed pods the operator decides, and what a reservation promised is nobody else's to
/// take. A victim that this replica has not seen yet may be either: that stops managed pods only.
bool Judge::is_protected(std::string_view victim) const {
  const auto* charge = after_.charges.find(PodUid(victim));
  if (standing_ == Standing::Admitted)
    return charge == nullptr || !(*charge)->quota.empty();
  return charge != nullptr && !(*charge)->reservation.empty();
}

void Judge::take_away(const NodeVictims& node, allocation::NodeIndex index) {
  const auto row = after_.loads.row(index);
  std::vector<std::int64_t> left(row.begin(), row.end());
  for (const std::string_view uid : node.uids) {
    const auto* charge = after_.charges.find(PodUid(uid));
    if (charge == nullptr || (*charge)->node.str() != node.node)
      continue;
    for (const auto& [resource, amount] : (*charge)->shape->requests)
      if (const auto column = after_.nodes->column(resource))
        left[*column] -= amount.value();
  }
  after_.loads.set_row(index, left);
}

} // namespace

} // namespace berth::extender
