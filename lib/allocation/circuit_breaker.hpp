#pragma once
// CircuitBreaker (T2): a subject whose work fails again and again gets no more of it admitted for a
// while; then one workload is let through as a probe, and its fate decides. The states and names
// are those of M. Nygard's pattern. Pure; what counts as a failure is the caller's to say.

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "lib/base/clock.hpp"

namespace berth::allocation {

/// AllocationPolicy spec.circuitBreaker.
struct BreakerSpec {
  std::int32_t failures = 5; ///< this many within `window` open it; > 0
  Duration window = std::chrono::minutes{10};
  Duration open = std::chrono::minutes{5}; ///< for so long, and so long a probe must live

  friend bool operator==(const BreakerSpec&, const BreakerSpec&) = default;
};

/// Work of a subject crashed again and again, ran out of memory, or was evicted by its node.
struct SubjectFailure {
  std::string subject; ///< "namespace/service account"
  TimePoint at{};

  friend bool operator==(const SubjectFailure&, const SubjectFailure&) = default;
};

enum class BreakerState { Closed, Open, HalfOpen };

class CircuitBreaker {
public:
  void record_failure(const BreakerSpec& spec, TimePoint at);
  /// Open becomes half-open when its time is over; half-open closes when its probe has lived.
  void settle(const BreakerSpec& spec, TimePoint now);
  /// Closed, or half-open without a probe. As of the last settle().
  [[nodiscard]] bool may_admit() const;
  /// Half-open: this one is the probe.
  void admitted(TimePoint now);

  [[nodiscard]] BreakerState state() const { return state_; }
  /// When it will look again; the epoch while closed.
  [[nodiscard]] TimePoint next_look(const BreakerSpec& spec) const;
  /// Closed and without failures: not worth keeping.
  [[nodiscard]] bool is_new() const { return *this == CircuitBreaker{}; }

  /// All that it remembers, in the order of declaration: for the decision log.
  template <class Self>
  [[nodiscard]] static auto members(Self& self) {
    return std::tie(self.state_, self.failures_, self.since_, self.probed_at_);
  }

  friend bool operator==(const CircuitBreaker&, const CircuitBreaker&) = default;

private:
  void open(TimePoint at);
  void forget_before(TimePoint time);

  BreakerState state_ = BreakerState::Closed;
  std::vector<TimePoint> failures_; ///< sorted; never more than spec.failures
  TimePoint since_{};               ///< of the state
  TimePoint probed_at_{};           ///< half-open: the epoch until there is a probe
};

} // namespace berth::allocation
