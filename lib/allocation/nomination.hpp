#pragma once
// NominationRecord: the room that evictions make for a preemptor, as the operator writes it into
// the pod annotation berth.dev/nominated of each of the preemptor's pods before the first victim
// hears of it (the intent). It is the only memory of a preemption: whoever leads next holds the
// freed room for the preemptor and goes on with the same victims (P3). What of the room is held
// already is computed from it by nominations.hpp.

#include <vector>

#include "lib/allocation/admission_record.hpp"
#include "lib/allocation/device.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

struct NominationRecord {
  DecisionId decision{}; ///< the same on every pod of the preemptor
  QuotaName quota{};     ///< that will be charged
  PoolName pool{};
  NodeName node{};      ///< where this pod is to go; empty if it needs no node
  DeviceList devices{}; ///< the devices of the node that it is to get
  /// The pods that make room, all of them on every pod of the preemptor. Sorted, at most
  /// kNominatedVictimsMax.
  std::vector<PodUid> victims{};

  friend bool operator==(const NominationRecord&, const NominationRecord&) = default;
};
/// 512 UIDs are 20 KiB of an annotation; Kubernetes allows 256 KiB for all of an object.
inline constexpr std::size_t kNominatedVictimsMax = 512;

} // namespace berth::allocation
