#pragma once
// AdmittedGang: how far the gangs of a snapshot have come that were admitted, in whole or in part.
// Pure; GangWatch judges by it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "lib/allocation/snapshot.hpp"

namespace berth::op {

/// A gang of which some live member is admitted.
struct AdmittedGang {
  WorkloadId id{};
  std::int32_t size = 0; ///< with so many it is whole (G3)
  /// Admitted or bound members that are neither terminal nor terminating, by UID: what it holds.
  std::vector<std::shared_ptr<const allocation::PodView>> members{};
  std::int32_t bound = 0; ///< how many of `members` are
  /// Members that were admitted together with one of `members` and are terminal: they ran beside
  /// it.
  std::int32_t ended = 0;
  std::size_t waiting = 0; ///< live members that are not admitted yet

  /// As many members run, or have run, as the gang has.
  [[nodiscard]] bool is_whole() const { return bound + ended >= size; }
  /// Some member is on its way, so that it may become whole.
  [[nodiscard]] bool is_growing() const {
    return waiting > 0 || members.size() > static_cast<std::size_t>(bound);
  }
};

/// By id.
[[nodiscard]] std::vector<AdmittedGang> admitted_gangs(const allocation::ClusterSnapshot& snapshot);

} // namespace berth::op
