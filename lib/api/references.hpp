#pragma once
// What several Kinds have in common: references to other objects, workloads named in a
// status, and the word that stops a pool or a quota.

#include <string>

#include "lib/base/strong_id.hpp"

namespace berth::api {

/// {"name": "..."}: how one object names another one, as in spec.poolRef. A reference to an object
/// that does not exist is a condition, never a fault.
template <class Id>
struct NameRef {
  Id name{};

  friend bool operator==(const NameRef&, const NameRef&) = default;
};

using PoolRef = NameRef<PoolName>;
using QuotaRef = NameRef<QuotaName>;

/// Whether new work is admitted, and whether running work is moved away.
enum class Stop { None, Hold, HoldAndDrain };

enum class WorkloadKind { Pod, Gang, AllocationRequest };

/// A workload as status fields name it: holders, victims, the first that waits.
struct WorkloadRef {
  std::string uid{};
  WorkloadKind kind = WorkloadKind::Pod;
  std::string namespace_name{};
  std::string name{};

  friend bool operator==(const WorkloadRef&, const WorkloadRef&) = default;
};

} // namespace berth::api
