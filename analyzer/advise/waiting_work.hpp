#pragma once
// Who waits for a pool: a pool is not made smaller while work waits that would use it, however
// little its nodes do meanwhile. Pure.

#include <cstdint>
#include <map>
#include <string>

#include "analyzer/sources/workloads.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/kube/store.hpp"

namespace berth::analyzer {

struct WaitingWork {
  std::int64_t workloads =
      0;                 ///< at the gate, of quotas that may use the pool, as their statuses say
  std::string quota{};   ///< the first of those quotas by name
  std::int64_t pods = 0; ///< admitted to the pool and bound to no node yet

  [[nodiscard]] bool empty() const { return workloads == 0 && pods == 0; }
  friend bool operator==(const WaitingWork&, const WaitingWork&) = default;
};

/// By pool; those for which nobody waits are left out. Work of a quota that is on hold (spec.stop)
/// waits for no pool, nor does work that asks only for what is not on nodes.
[[nodiscard]] std::map<std::string, WaitingWork>
waiting_work(const kube::Store<api::ResourcePool>& pools, const kube::Store<api::Quota>& quotas,
             const kube::Store<WorkloadPod>& pods);

} // namespace berth::analyzer
