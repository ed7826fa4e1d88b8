#include "lib/allocation/heads.hpp"

#include <algorithm>
#include <tuple>

namespace berth::allocation {

std::vector<Head> collect_heads(const ClusterSnapshot& snapshot) {
  std::vector<Head> heads;
  heads.reserve(snapshot.waiting.size());
  snapshot.waiting.for_each(
      [&](const WorkloadId&, const std::shared_ptr<const Workload>& workload) {
        Head head{workload, workload->priority};
        if (const auto quota = snapshot.quotas->find(workload->quota.quota))
          head.priority += snapshot.quotas->spec(*quota).priority_offset;
        heads.push_back(std::move(head));
      });
  return heads;
}

std::vector<Head> order_heads(std::vector<Head> heads) {
  const auto rank = [](const Head& head) {
    const bool is_new = head.workload->already_charged == 0;
    return std::tuple{is_new, -head.priority, head.workload->created};
  };
  std::sort(heads.begin(), heads.end(), [&](const Head& left, const Head& right) {
    const auto left_rank = rank(left);
    const auto right_rank = rank(right);
    return left_rank != right_rank ? left_rank < right_rank
                                   : left.workload->id < right.workload->id;
  });
  return heads;
}

} // namespace berth::allocation
