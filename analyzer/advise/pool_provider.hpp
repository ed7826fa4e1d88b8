#pragma once
// PoolProvider: what the one who adds and removes a pool's nodes says in this cycle, and whether it
// may be asked for another number of them.

#include <optional>
#include <string>

#include "analyzer/sources/machine_group.hpp"
#include "analyzer/sources/node_pool.hpp"
#include "lib/base/reason.hpp"

namespace berth::analyzer {

struct PoolProvider {
  /// Ready: it may be asked. Else why not: ProviderUnavailable or ScaledByAutoscaler.
  Reason reason = Reason::ProviderUnavailable;
  std::string message{};
  std::optional<MachineGroup> machines{}; ///< of ClusterAPI
  std::optional<NodePool> node_pool{};    ///< of Karpenter

  friend bool operator==(const PoolProvider&, const PoolProvider&) = default;
};

/// Whether the group may be scaled: nobody else owns its size, and somebody will answer.
[[nodiscard]] PoolProvider provider_of(Result<MachineGroup> group);

/// Whether its limits may be changed: it has some, and its size follows what pods need.
[[nodiscard]] PoolProvider provider_of(Result<NodePool> pool);

/// Asks the providers of pools.
class PoolProviders {
public:
  /// `has_webhook`: there is one to call.
  PoolProviders(kube::Client& client, bool has_webhook)
      : machines_(client), node_pools_(client), has_webhook_(has_webhook) {}

  [[nodiscard]] async::Task<PoolProvider> read(api::Elastic elastic);

private:
  MachineGroups machines_;
  NodePools node_pools_;
  bool has_webhook_;
};

} // namespace berth::analyzer
