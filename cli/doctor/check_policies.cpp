// Whether AllocationPolicies do what their authors meant: of two that name a pool only the older is
// used, and nobody but their statuses says so.

#include <algorithm>
#include <tuple>

#include "cli/doctor/checks.hpp"
#include "lib/allocation/rule_book.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/api/to_allocation.hpp"

namespace berth::cli {
namespace {

constexpr const char* kPage = "docs/concepts/allocation-policy.md";
/// More findings than this are only counted.
constexpr std::size_t kShownMax = 20;

using allocation::PolicySpec;

struct Trouble {
  std::string message{};
  std::string mend{};
};

/// The policies as the operator reads them.
allocation::ClusterSnapshot snapshot_of(const ObservedPolicies& observed) {
  allocation::ClusterSnapshot snapshot;
  for (const auto& policy : observed.policies)
    snapshot.policies.push_back(std::make_shared<const PolicySpec>(api::to_allocation(*policy)));
  std::ranges::sort(snapshot.policies, {},
                    [](const auto& policy) { return std::tie(policy->created, policy->name); });
  return snapshot;
}

void find_broken_rules(const PolicySpec& policy, std::vector<Trouble>& found) {
  for (const allocation::RuleFault& fault : allocation::faults_of(policy))
    found.push_back({"AllocationPolicy " + policy.name + ": rule " + fault.rule +
                         ": match.expression: " + fault.message,
                     std::string(kPage) + " says what an expression may be; until it is mended "
                                          "what the rule demands of nodes holds for all work that "
                                          "the rest of its match is for"});
}

/// The pools that it names and another has, or that there are none of.
void find_lost_pools(const PolicySpec& policy, const allocation::ClusterSnapshot& snapshot,
                     const ObservedPolicies& observed, std::vector<Trouble>& found) {
  const std::string name = "AllocationPolicy " + policy.name;
  for (const PoolName& pool : policy.pools) {
    const PolicySpec& used = snapshot.policy_of(pool);
    if (!observed.pools.contains(pool))
      found.push_back({name + " names the pool " + pool.str() + ", which does not exist",
                       "create the pool, or take it out of spec.poolRefs"});
    else if (&used != &policy)
      found.push_back({name + " and AllocationPolicy " + used.name + " both name the pool " +
                           pool.str() + ": the older one, " + used.name + ", is used",
                       "take the pool out of spec.poolRefs of one of them"});
  }
}

/// One for all pools that no other names, beside an older one of that kind or without such pools.
void find_idle(const PolicySpec& policy, const allocation::ClusterSnapshot& snapshot,
               const ObservedPolicies& observed, std::vector<Trouble>& found) {
  const bool is_used = std::ranges::any_of(
      observed.pools, [&](const PoolName& pool) { return &snapshot.policy_of(pool) == &policy; });
  const std::string name = "AllocationPolicy " + policy.name;
  const auto first = std::ranges::find_if(snapshot.policies,
                                          [](const auto& other) { return other->pools.empty(); });
  if (policy.pools.empty() && first->get() != &policy)
    found.push_back({name + " and AllocationPolicy " + (*first)->name +
                         " both name no pool: the older one, " + (*first)->name +
                         ", is used for the pools that no other names",
                     "name the pools that it is for in spec.poolRefs, or delete it"});
  else if (policy.pools.empty() && !is_used && !observed.pools.empty())
    found.push_back({name + " is used by no pool: others name them all",
                     "nothing, if it is for pools that are still to come"});
}

} // namespace

void check_policies(const ObservedInstallation& observed, Findings& findings) {
  const std::string check = "policies";
  if (!observed.policies)
    return findings.unreadable(check, "AllocationPolicies", observed.policies);
  const auto snapshot = snapshot_of(*observed.policies);
  std::vector<Trouble> found;
  for (const std::string& what : observed.policies->unreadable)
    found.push_back({what, "this program cannot read it: mend it, or install the plugin of the "
                           "operator's version"});
  for (const auto& policy : snapshot.policies) {
    find_broken_rules(*policy, found);
    find_lost_pools(*policy, snapshot, *observed.policies, found);
    find_idle(*policy, snapshot, *observed.policies, found);
  }
  for (std::size_t at = 0; at < std::min(found.size(), kShownMax); ++at)
    findings.warn(check, found[at].message, found[at].mend);
  if (found.size() > kShownMax)
    findings.warn(check, "and " + std::to_string(found.size() - kShownMax) + " more",
                  "mend those above and look again");
  if (!found.empty())
    return;
  findings.works(check, snapshot.policies.empty()
                            ? "there is no AllocationPolicy: the defaults hold"
                            : "AllocationPolicies are in order: each is used by a pool");
}

} // namespace berth::cli
