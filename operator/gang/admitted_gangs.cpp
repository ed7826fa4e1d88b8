#include "operator/gang/admitted_gangs.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace berth::op {

using allocation::PodView;

namespace {

/// Of one gang, while its pods are looked at.
struct Count {
  AdmittedGang gang{};
  std::vector<std::shared_ptr<const PodView>> terminal{};
};

/// What a former run left behind was admitted by another decision.
bool ran_beside(const PodView& pod, const AdmittedGang& gang) {
  return pod.admission && std::ranges::any_of(gang.members, [&](const auto& member) {
           return member->admission && member->admission->decision == pod.admission->decision;
         });
}

} // namespace

std::vector<AdmittedGang> admitted_gangs(const allocation::ClusterSnapshot& snapshot) {
  std::map<WorkloadId, Count> by_id;
  snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (!pod->gang || pod->gang->size < 2 || !pod->managed || pod->is_request)
      return;
    Count& count = by_id[allocation::workload_id(*pod)];
    AdmittedGang& gang = count.gang;
    gang.size = pod->gang->least();
    if (pod->terminal)
      count.terminal.push_back(pod);
    else if (pod->terminating)
      return;
    else if (pod->admission || pod->is_bound())
      gang.members.push_back(pod);
    else
      ++gang.waiting;
    gang.bound += !pod->terminal && pod->is_bound() ? 1 : 0;
  });
  std::vector<AdmittedGang> gangs;
  for (auto& [id, count] : by_id) {
    AdmittedGang& gang = count.gang;
    if (gang.members.empty())
      continue;
    gang.id = id;
    gang.ended = static_cast<std::int32_t>(std::ranges::count_if(
        count.terminal, [&](const auto& pod) { return ran_beside(*pod, gang); }));
    gangs.push_back(std::move(gang));
  }
  return gangs;
}

} // namespace berth::op
