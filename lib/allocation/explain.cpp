#include "lib/allocation/explain.hpp"

#include <algorithm>
#include <string>

#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

/// "3 of its kind": an amount with the name of the resource.
std::string counted(const ResourceName& resource, Amount amount) {
  return resources::format_amount(resource, amount) + " " + std::string(resource.str());
}

/// The request without the pod count, which says nothing to its reader.
std::string request_text(const ResourceVector& request) {
  ResourceVector shown;
  for (const auto& [name, amount] : request)
    if (name != ResourceName::pods() && amount > Amount{})
      shown.set(name, amount);
  return to_string(shown);
}

Reason reason_for(const std::vector<RejectionCount>& rejections) {
  const auto has = [&](Reason reason) {
    return std::any_of(rejections.begin(), rejections.end(),
                       [&](const RejectionCount& count) { return count.reason == reason; });
  };
  if (has(Reason::NodeReserved))
    return Reason::ReservedCapacity;
  if (has(Reason::ForbiddenByRule) && !has(Reason::InsufficientNodeResources))
    return Reason::ForbiddenByRule;
  return has(Reason::InsufficientNodeResources) || rejections.empty() ? Reason::InsufficientCapacity
                                                                      : Reason::NodeMismatch;
}

/// How far a try got before it failed: quota is asked before nodes. A pool none of whose nodes
/// suits the pod says least: another one is meant for it.
int progress_of(Reason reason) {
  switch (reason) {
  case Reason::ForbiddenByRule:
  case Reason::NodeMismatch: return 0;
  case Reason::InsufficientCapacity: return 2;
  case Reason::ReservedCapacity: return 3;
  default: return 1;
  }
}

} // namespace

Explanation explain_shortfall(const QuotaShortfall& shortfall) {
  const auto amount = [&](Amount value) {
    return resources::format_amount(shortfall.resource, value);
  };
  const Amount available = std::max(shortfall.available, Amount{});
  std::string message = "needs " + counted(shortfall.resource, shortfall.needed) + " in pool " +
                        shortfall.pool.str() + "; " + shortfall.quota.str() + " has " +
                        amount(shortfall.own_left) + " of " + amount(shortfall.nominal) + " left";
  if (available < shortfall.own_left)
    message += ", of which others hold " + amount(shortfall.own_left - available);
  else if (!shortfall.parent.empty())
    message +=
        ", " + shortfall.parent.str() + " could lend " + amount(available - shortfall.own_left);
  return Explanation{Reason::InsufficientQuota, std::move(message), shortfall, {}};
}

Explanation explain_shortfall(const PoolShortfall& shortfall) {
  return Explanation{
      Reason::InsufficientCapacity,
      "needs " + counted(shortfall.resource, shortfall.needed) + "; pool " + shortfall.pool.str() +
          " has " +
          resources::format_amount(shortfall.resource, std::max(shortfall.left, Amount{})) +
          " left",
      std::nullopt,
      {},
      shortfall};
}

Explanation explain_shortfall(const TenantShortfall& shortfall) {
  const auto amount = [&](Amount value) {
    return resources::format_amount(shortfall.resource, std::max(value, Amount{}));
  };
  return Explanation{Reason::TenantLimited,
                     "needs " + counted(shortfall.resource, shortfall.needed) +
                         "; the tenants of pool " + shortfall.pool.str() + " leave " +
                         shortfall.tenant.str() + " " + amount(shortfall.left) +
                         ", its share being " + amount(shortfall.share),
                     std::nullopt,
                     {}};
}

Explanation explain_no_place(const NoPlace& no_place, const Site& site, std::size_t members) {
  std::size_t nodes = 0;
  std::string faults;
  for (const auto& [reason, detail, count] : no_place.rejections) {
    nodes += count;
    faults += (faults.empty() ? ": " : ", ") + std::to_string(count) + " " +
              std::string(to_string(reason)) + (detail.empty() ? "" : " (" + detail + ")");
  }
  std::string message = "needs " + request_text(no_place.pod->requests()) + " on a node of pool " +
                        site.pool->name.str() + "; 0 of " + std::to_string(nodes) +
                        " nodes have room" + faults;
  if (members > 1)
    message = std::to_string(no_place.placed) + " of " + std::to_string(members) +
              " members have a place; the next " + message;
  return Explanation{reason_for(no_place.rejections), std::move(message), std::nullopt,
                     no_place.rejections};
}

Explanation explain_delay(const WorkloadId& workload, TimePoint planned_start) {
  std::string message = "would run beyond the planned start of earlier work, which has its room";
  if (!workload.empty())
    message += ": " + workload.str() + " at " + format_time(planned_start);
  return Explanation{Reason::HigherPriorityFirst, std::move(message), std::nullopt, {}};
}

Explanation explain_all(std::vector<Explanation> tries) {
  const auto furthest = std::max_element(
      tries.begin(), tries.end(), [](const Explanation& left, const Explanation& right) {
        return progress_of(left.reason) < progress_of(right.reason);
      });
  std::string others;
  std::size_t told = 1;
  for (auto other = tries.begin(); other != tries.end() && told < kPlacesToldMax; ++other)
    if (other != furthest) {
      others += "; " + other->message;
      ++told;
    }
  Explanation explanation = std::move(*furthest);
  explanation.message += others;
  return explanation;
}

} // namespace berth::allocation
