#pragma once
// The observe part of `kubectl berth top`: pools as their status has them, or pods and what the
// metrics API measured of them.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct ObservedTop {
  std::vector<std::shared_ptr<const api::ResourcePool>> pools; ///< for pools alone
  std::vector<std::shared_ptr<const cluster::Pod>> pods;       ///< for quotas and workloads
  std::map<kube::ObjectKey, resources::ResourceVector> measured;
  /// Objects that are left out and why; also why nothing is measured, if nothing is.
  std::vector<std::string> unreadable;
};

/// `ns`: only the pods of that namespace; empty: of all.
[[nodiscard]] async::Task<Result<ObservedTop>> observe_top(kube::Client& client, TopOptions options,
                                                           std::string ns);

} // namespace berth::cli
