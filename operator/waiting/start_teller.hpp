#pragma once
// StartTeller: what waiting work is told of its start (B3): the planned start with an interval, and
// a new one only when it moved by more than people would care about, so that nothing is written for
// every second that it moves. It learns from each start how far such plans can be trusted; what it
// learned is a cache, and a new leader begins with the plain plan. Called once per cycle.

#include <map>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/start_history.hpp"

namespace berth::op {

class StartTeller {
public:
  void note(const allocation::Plan& plan, TimePoint now);
  /// nullptr for work that does not wait or has no planned start.
  [[nodiscard]] const allocation::ToldStart* told(const WorkloadId& workload) const;

  /// A start is told again when it moved by more than this, or this part of the time until then.
  static constexpr Duration kMoveMin = std::chrono::seconds{60};
  static constexpr int kMovePartMin = 10;

private:
  struct Told {
    allocation::ToldStart first{};
    allocation::ToldStart last{};
    std::uint64_t round = 0; ///< of the plan that named it last
  };
  std::map<WorkloadId, Told> told_;
  allocation::StartHistory history_;
  std::uint64_t round_ = 0;
};

/// "planned to start at 2026-11-21T13:00:00Z (likely between ... and ...)".
[[nodiscard]] std::string start_text(const allocation::ToldStart& told);

} // namespace berth::op
