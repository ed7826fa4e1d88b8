#pragma once
// Change: what would let a waiting workload start, as data (X1): steps that are taken together. The
// sentence of a step says it to people, and can be read back. Who finds changes is
// smallest_change.hpp; what the cluster would be with one is what_if.hpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// "+3 cpu for quota team-a in pool p": of its nominal.
struct RaiseNominal {
  QuotaName quota{};
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount by{};

  friend bool operator==(const RaiseNominal&, const RaiseNominal&) = default;
};

/// "+3 pool.berth.dev/licences in pool p": of what the pool has and no node does.
struct RaiseCapacity {
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount by{};

  friend bool operator==(const RaiseCapacity&, const RaiseCapacity&) = default;
};

/// "+2 nodes like n1": empty ones, in n1's pool.
struct AddNodes {
  NodeName like{};
  std::int32_t count = 1;

  friend bool operator==(const AddNodes&, const AddNodes&) = default;
};

/// "without node selector zone", "without node affinity", "without device model",
/// "tolerating taint dedicated".
struct DropConstraint {
  enum class Kind { NodeSelector, NodeAffinity, DeviceModel, Taint };
  Kind kind = Kind::NodeSelector;
  std::string key{}; ///< of the label or the taint; empty for the others

  friend bool operator==(const DropConstraint&, const DropConstraint&) = default;
};

/// "priority 1000": of its pods.
struct SetPriority {
  std::int32_t to = 0;

  friend bool operator==(const SetPriority&, const SetPriority&) = default;
};

using Step = std::variant<RaiseNominal, RaiseCapacity, AddNodes, DropConstraint, SetPriority>;

struct Change {
  std::vector<Step> steps{}; ///< never none
  /// Work that would be evicted for it.
  std::vector<WorkloadId> victims{};

  friend bool operator==(const Change&, const Change&) = default;
};

[[nodiscard]] std::string to_string(const Step& step);
/// Steps joined by " and ".
[[nodiscard]] std::string to_string(const Change& change);

/// The inverse of to_string(); of a node addition it also reads "+1 node like n1". Invalid names
/// the forms that there are.
[[nodiscard]] Result<Step> parse_step(std::string_view sentence);

} // namespace berth::allocation
