#include "lib/kube/outcome.hpp"

#include <utility>

namespace berth::kube {

Outcome Outcome::requeue_after(Duration delay) {
  Outcome outcome{Kind::RequeueAfter};
  outcome.delay_ = delay;
  return outcome;
}

Outcome Outcome::retry(Error error) {
  Outcome outcome{Kind::Retry};
  outcome.error_ = std::move(error);
  return outcome;
}

Outcome Outcome::terminal(Error error) {
  Outcome outcome{Kind::Terminal};
  outcome.error_ = std::move(error);
  return outcome;
}

} // namespace berth::kube
