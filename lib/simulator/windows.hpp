#pragma once
// Windows: the reservations of a scenario while it runs: gives the calendar's answers back to the
// cluster's state, as the operator writes them into statuses, and keeps account of the windows that
// open. For scenario.cpp only.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::simulator {

class Windows {
public:
  /// `scenario` must outlive it.
  explicit Windows(const Scenario& scenario);

  void feed(allocation::ClusterState& state) const;
  /// Before the cycle of that moment: a window that is open for the first time is judged (R3).
  void look(const allocation::ClusterSnapshot& snapshot, Duration now);
  /// What a cycle decided about reservations; `snapshot` shows what it admitted.
  void carry_out(const allocation::Plan& plan, const allocation::ClusterSnapshot& snapshot,
                 allocation::ClusterState& state);

  [[nodiscard]] const std::vector<ReservationReport>& reports() const { return reports_; }
  [[nodiscard]] const std::vector<WindowRecord>& records() const { return records_; }

private:
  void remember(allocation::ClusterState& state, const ReservationName& name,
                std::vector<allocation::ReservedPlace> places);

  std::vector<allocation::ReservationSpec> specs_; ///< as they stand
  std::map<ReservationName, std::size_t> positions_;
  std::map<NodeName, std::size_t> nodes_;
  std::map<std::size_t, TimePoint> seen_; ///< the window of each that was seen last
  std::vector<ReservationReport> reports_;
  std::vector<WindowRecord> records_;
};

} // namespace berth::simulator
