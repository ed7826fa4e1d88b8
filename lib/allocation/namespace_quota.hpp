#pragma once
// NamespaceQuota (Q7): a Kubernetes ResourceQuota as the cycle sees it. Respected, never rewritten:
// what running and admitted pods of the namespace hold, and the workload, must stay within `hard`.

#include <string>

#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

struct NamespaceQuota {
  std::string namespace_name;
  std::string name;
  /// What it limits of requests and of the number of pods. Quotas with scopes, and limits.*, are
  /// left out by the adapter: the API server enforces those when a pod is made.
  resources::ResourceVector hard{};

  friend bool operator==(const NamespaceQuota&, const NamespaceQuota&) = default;
};

} // namespace berth::allocation
