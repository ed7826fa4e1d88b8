#pragma once
// Replay (X4): decides the cycles of a log again with the same core, and compares digests. Each
// cycle is fed to a ClusterState by its differences, as the operator's was.

#include <optional>
#include <string>

#include "lib/allocation/cluster_state.hpp"
#include "lib/decision_log/input_book.hpp"
#include "lib/decision_log/log_reader.hpp"
#include "lib/decision_log/plan_digest.hpp"

namespace berth::decision_log {

/// What one cycle came to this time.
struct Replayed {
  Cycle cycle{};
  std::string input{}; ///< digest
  LoggedDecision decision{};
};

class Replayer {
public:
  /// Cycles must come in the order of the log. Invalid if an object cannot be applied.
  [[nodiscard]] Result<Replayed> play(const LoggedCycle& logged);

private:
  [[nodiscard]] Result<void> apply(const Change& change);

  std::optional<allocation::ClusterState> state_;
  allocation::Policy policy_;
  InputBook book_;
  std::shared_ptr<const allocation::Plan> last_plan_;
};

/// Feeds one change to the state, or to the policy; the memory is the policy's.
[[nodiscard]] Result<void> apply_change(const Change& change, allocation::ClusterState& state,
                                        allocation::Policy& policy);

/// In what a cycle came out otherwise than it is recorded, in words; empty if it agrees.
[[nodiscard]] std::string difference(const CycleLine& recorded, const Replayed& replayed);

} // namespace berth::decision_log
