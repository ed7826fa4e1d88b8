#include "lib/allocation/namespace_use.hpp"

#include <algorithm>

namespace berth::allocation {

NamespaceUse::NamespaceUse(const ClusterSnapshot& snapshot) : snapshot_(snapshot) {
  if (snapshot.namespace_quotas->empty())
    return;
  for (const auto& [name_space, quota] : *snapshot.namespace_quotas)
    used_.try_emplace(name_space);
  snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    const auto use = used_.find(pod->namespace_name);
    if (use != used_.end() && !pod->is_request && !pod->terminal && (!pod->gated || pod->admission))
      use->second += pod->requests();
  });
}

std::optional<Refusal> NamespaceUse::find_refusal(const Workload& workload,
                                                  const ResourceVector& total) const {
  const auto use = used_.find(workload.namespace_name);
  // Kubernetes counts pods only.
  if (use == used_.end() || workload.waiting.front()->is_request)
    return std::nullopt;
  const auto [first, last] = snapshot_.namespace_quotas->equal_range(workload.namespace_name);
  for (auto quota = first; quota != last; ++quota)
    for (const auto& [resource, most] : quota->second.hard) {
      const Amount left = std::max(most - use->second.get(resource), Amount{});
      if (total.get(resource) > left)
        return Refusal{Reason::NamespaceQuotaExceeded,
                       "needs " + resources::format_amount(resource, total.get(resource)) + " " +
                           std::string(resource.str()) + "; ResourceQuota " + quota->second.name +
                           " of namespace " + workload.namespace_name + " has " +
                           resources::format_amount(resource, left) + " of " +
                           resources::format_amount(resource, most) + " left"};
    }
  return std::nullopt;
}

void NamespaceUse::admitted(const Workload& workload, const ResourceVector& total) {
  const auto use = used_.find(workload.namespace_name);
  if (use != used_.end() && !workload.waiting.front()->is_request)
    use->second += total;
}

} // namespace berth::allocation
