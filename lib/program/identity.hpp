#pragma once
// Who a replica is on a Lease. Used by the programs that elect a leader.

#include <string>

#include "lib/base/rng.hpp"

namespace berth::program {

/// Unique among the replicas and over restarts: the host's name and a random part.
[[nodiscard]] std::string make_identity(Rng rng);

} // namespace berth::program
