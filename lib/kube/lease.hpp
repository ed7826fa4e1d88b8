#pragma once
// LeaseRecord: what leader election reads and writes in a Lease object. Only leader_election.cpp
// uses it. Includes the JSON parser.

#include <cstdint>
#include <string>

#include "lib/api/json.hpp"
#include "lib/base/clock.hpp"
#include "lib/kube/object.hpp"

namespace berth::kube {

/// A Lease as it was read. The whole object is kept, so that an update drops nothing of others.
struct LeaseRecord {
  api::Json object;
  std::string holder; ///< empty: released
  std::int64_t duration_seconds = 0;
  std::int64_t transitions = 0;

  /// Whether the holder wrote since `other` was read. Changes of labels are no sign of life.
  [[nodiscard]] bool renewed_since(const LeaseRecord& other) const;
};

[[nodiscard]] Result<LeaseRecord> decode_lease(std::string_view json);

/// The body of a create or update with which `identity` holds the lease from now on, or goes on
/// holding it. `before` is null when the Lease does not exist.
[[nodiscard]] std::string held_lease_text(const LeaseRecord* before, const ObjectKey& key,
                                          const std::string& identity, Duration duration,
                                          TimePoint now);
/// The body of an update that gives the lease back.
[[nodiscard]] std::string released_lease_text(const LeaseRecord& held, TimePoint now);

} // namespace berth::kube
