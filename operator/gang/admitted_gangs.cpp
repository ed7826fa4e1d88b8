#include "operator/gang/admitted_gangs.hpp"

#include <map>
#include <utility>

namespace berth::op {

using allocation::PodView;

std::vector<AdmittedGang> admitted_gangs(const allocation::ClusterSnapshot& snapshot) {
  std::map<WorkloadId, AdmittedGang> by_id;
  snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (!pod->gang || pod->gang->size < 2 || !pod->managed || pod->is_request)
      return;
    AdmittedGang& gang = by_id[allocation::workload_id(*pod)];
    gang.size = pod->gang->size;
    if (pod->terminal)
      ++gang.ended;
    else if (pod->terminating)
      return;
    else if (pod->admission || pod->is_bound())
      gang.members.push_back(pod);
    else
      ++gang.waiting;
    gang.bound += !pod->terminal && pod->is_bound() ? 1 : 0;
  });
  std::vector<AdmittedGang> gangs;
  for (auto& [id, gang] : by_id) {
    if (gang.members.empty())
      continue;
    gang.id = id;
    gangs.push_back(std::move(gang));
  }
  return gangs;
}

} // namespace berth::op
