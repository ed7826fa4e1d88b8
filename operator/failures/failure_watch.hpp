#pragma once
// FailureWatch: notes each failure of an admitted pod once, for the circuit breakers of whom it
// runs for (T2). What happened before this replica led is read off the pods that are still there,
// each of which tells of its newest failure only. The cycle takes what was noted; what a breaker
// makes of it is the core's to say.

#include <deque>
#include <vector>

#include "lib/allocation/circuit_breaker.hpp"
#include "lib/cluster/observer.hpp"

namespace berth::op {

class FailureWatch {
public:
  /// The observer must live as long.
  explicit FailureWatch(cluster::Observer& observer);
  FailureWatch(const FailureWatch&) = delete;
  FailureWatch& operator=(const FailureWatch&) = delete;

  /// Kept between two cycles; beyond them the oldest go.
  static constexpr std::size_t kFailuresMax = 10'000;

  /// Takes over from the leader before; to be called on synced caches, before the first cycle.
  void recall();
  /// What was noted since the last call; nothing before recall().
  [[nodiscard]] std::vector<allocation::SubjectFailure> take();

private:
  void note(const cluster::Pod& pod);

  cluster::Observer& observer_;
  bool listens_ = false; ///< a standby has nobody to tell
  std::deque<allocation::SubjectFailure> noted_;
};

} // namespace berth::op
