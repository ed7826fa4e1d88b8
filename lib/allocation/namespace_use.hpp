#pragma once
// NamespaceUse (Q7): what is left of the Kubernetes ResourceQuotas of a namespace. What runs there,
// managed or not, and what is admitted counts; what still waits does not, although the API server
// counts it: work that waits holds nothing yet. Berth never writes those quotas.

#include <map>
#include <optional>
#include <string>

#include "lib/allocation/options.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

class NamespaceUse {
public:
  /// The snapshot must outlive it. Walks the pods only if there are quotas.
  explicit NamespaceUse(const ClusterSnapshot& snapshot);

  /// NamespaceQuotaExceeded, with the numbers, if a quota of the namespace has too little left.
  [[nodiscard]] std::optional<Refusal> find_refusal(const Workload& workload,
                                                    const ResourceVector& total) const;
  void admitted(const Workload& workload, const ResourceVector& total);

private:
  const ClusterSnapshot& snapshot_;
  std::map<std::string, ResourceVector> used_; ///< of namespaces that have quotas
};

} // namespace berth::allocation
