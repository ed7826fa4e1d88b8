#pragma once
// A scenario as users write it: nodes, one pool, a tree of quotas and the work that arrives. The
// page docs/concepts/simulate.md says what each field means. tests/fuzz/simulate_scenario feeds it.

#include <string>

#include "lib/base/result.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::cli {

/// Invalid with the line and the field that is wrong; TooLarge beyond the simulator's limits.
[[nodiscard]] Result<simulator::Scenario> decode_scenario(const std::string& text);

} // namespace berth::cli
