#include "lib/allocation/circuit_breaker.hpp"

#include <algorithm>

namespace berth::allocation {

void CircuitBreaker::record_failure(const BreakerSpec& spec, TimePoint at) {
  settle(spec, at);
  if (state_ == BreakerState::Open)
    return; // of work that was admitted before
  if (state_ == BreakerState::HalfOpen) {
    if (probed_at_ != TimePoint{} && at >= probed_at_)
      open(at);
    return;
  }
  failures_.insert(std::upper_bound(failures_.begin(), failures_.end(), at), at);
  forget_before(failures_.back() - spec.window);
  if (failures_.size() < static_cast<std::size_t>(std::max(spec.failures, 1)))
    return;
  open(at);
}

void CircuitBreaker::open(TimePoint at) {
  *this = CircuitBreaker{};
  state_ = BreakerState::Open;
  since_ = at;
}

void CircuitBreaker::settle(const BreakerSpec& spec, TimePoint now) {
  if (state_ == BreakerState::Open && now >= since_ + spec.open) {
    state_ = BreakerState::HalfOpen;
    since_ += spec.open;
  }
  if (state_ == BreakerState::HalfOpen && probed_at_ != TimePoint{} &&
      now >= probed_at_ + spec.open)
    *this = CircuitBreaker{};
  if (state_ == BreakerState::Closed)
    forget_before(now - spec.window);
}

bool CircuitBreaker::may_admit() const {
  return state_ == BreakerState::Closed ||
         (state_ == BreakerState::HalfOpen && probed_at_ == TimePoint{});
}

void CircuitBreaker::admitted(TimePoint now) {
  if (state_ == BreakerState::HalfOpen && probed_at_ == TimePoint{})
    probed_at_ = now;
}

TimePoint CircuitBreaker::next_look(const BreakerSpec& spec) const {
  switch (state_) {
  case BreakerState::Closed: return {};
  case BreakerState::Open: return since_ + spec.open;
  case BreakerState::HalfOpen: return probed_at_ == TimePoint{} ? since_ : probed_at_ + spec.open;
  }
  return {};
}

/// A failure exactly `window` old counts no more.
void CircuitBreaker::forget_before(TimePoint time) {
  failures_.erase(failures_.begin(), std::upper_bound(failures_.begin(), failures_.end(), time));
}

} // namespace berth::allocation
