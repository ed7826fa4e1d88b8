#pragma once
// How QuotaBalance walks the resources that a request and a block of cells have in common. For its
// two parts only (quota_balance.cpp, quota_share.cpp).

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

/// Calls visit(position in `resources`, amount) for each resource of `amounts` that is listed.
template <class Visit>
void for_each_governed(const std::vector<resources::ResourceName>& resources,
                       const resources::ResourceVector& amounts, Visit&& visit) {
  auto wanted = amounts.begin();
  for (std::size_t i = 0; i < resources.size() && wanted != amounts.end(); ++i) {
    while (wanted != amounts.end() && wanted->name < resources[i])
      ++wanted;
    if (wanted != amounts.end() && wanted->name == resources[i])
      visit(i, wanted->amount);
  }
}

/// Where the resource is listed.
inline std::optional<std::size_t> position_of(const resources::ResourceName& resource,
                                              const std::vector<resources::ResourceName>& listed) {
  const auto at = std::ranges::lower_bound(listed, resource);
  return at == listed.end() || *at != resource
             ? std::nullopt
             : std::optional{static_cast<std::size_t>(at - listed.begin())};
}

} // namespace berth::allocation
