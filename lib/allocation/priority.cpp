#include "lib/allocation/priority.hpp"

#include "lib/allocation/quota.hpp"

namespace berth::allocation {

std::int64_t effective_priority(std::int64_t own, const QuotaSpec* quota,
                                const std::vector<PoolRules>& rules, const PoolName& pool) {
  const std::int64_t offset = quota == nullptr ? 0 : quota->priority_offset;
  const PoolRules* in_force = rules_in(rules, pool);
  return own + offset + (in_force == nullptr ? 0 : in_force->priority_offset);
}

} // namespace berth::allocation
