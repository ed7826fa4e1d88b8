// The part of AdmissionCycle that goes on with what earlier cycles decided: admitted pods whose
// nodes are gone, and gangs of which a crash left some unwritten (G2).

#include <algorithm>

#include "lib/allocation/admission_cycle.hpp"

namespace berth::allocation {

std::vector<Replanning> AdmissionCycle::find_new_homes() {
  std::vector<Replanning> replannings;
  input_.snapshot.homeless.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (pod->admission->mode == PlacementMode::Candidates)
      return; // find_stranded() has it
    const auto found = options_.follow(*pod->admission);
    const auto* options = std::get_if<std::vector<Option>>(&found);
    if (options == nullptr)
      return;
    Site site = options->front().site;
    site.horizon = own_horizon_of({&pod, 1}, options->front());
    site.horizon.is_revocable = is_lent(*pod);
    auto placed = placer_.place({&pod, 1}, site, nodes_max(site));
    if (!placed)
      return;
    Replanning replanning{pod, *pod->admission};
    replanning.record.planned_nodes = names_of(placed->nodes.front());
    replanning.record.rules = rule_names_in(pod->shape->constraints.rules, replanning.record.pool);
    replanning.record.devices = placed->devices.front();
    placer_.take(std::move(*placed));
    replannings.push_back(std::move(replanning));
  });
  return replannings;
}

/// The decision stands and is charged (L1): what is left is to write it on the other members (G2),
/// with places if there are any now.
std::optional<Admission> AdmissionCycle::finish_interrupted(const Head& head) {
  const Workload& workload = *head.workload;
  const Pods members = Pods(workload.waiting).first(workload.already_charged);
  Admission admission{head.workload, {}, true};
  const auto found = options_.follow(*workload.interrupted);
  const auto* options = std::get_if<std::vector<Option>>(&found);
  for (const auto& pod : members) {
    MemberAdmission member{pod, *workload.interrupted};
    std::vector<NodeName> nodes;
    Site site = options == nullptr ? Site{} : options->front().site;
    if (options != nullptr) {
      site.horizon = own_horizon_of({&pod, 1}, options->front());
      site.horizon.is_revocable = member.record.lent_until.has_value();
      if (auto placed = placer_.place({&pod, 1}, site, nodes_max(site))) {
        nodes = names_of(placed->nodes.front());
        member.record.devices = placed->devices.front();
        if (own_room_)
          own_room_->take_place({&pod, 1}, site, *placed);
        placer_.take(std::move(*placed));
      }
    }
    plan_nodes(member.record, *pod, plan_for(*pod, member.record.pool, std::move(nodes)));
    admission.members.push_back(std::move(member));
  }
  return admission;
}

} // namespace berth::allocation
