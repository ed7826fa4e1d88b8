#pragma once
// Outcome: the four ways a reconcile ends, as controller-runtime has them.

#include <optional>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::kube {

class Outcome {
public:
  enum class Kind { Done, RequeueAfter, Retry, Terminal };

  /// Nothing is left to do until something changes.
  [[nodiscard]] static Outcome done() { return Outcome{Kind::Done}; }
  /// Look again after `delay` even if nothing changes.
  [[nodiscard]] static Outcome requeue_after(Duration delay);
  /// Try again with back-off; the error is logged and counted.
  [[nodiscard]] static Outcome retry(Error error);
  /// Trying again cannot help before the object changes.
  [[nodiscard]] static Outcome terminal(Error error);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] Duration delay() const { return delay_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

private:
  explicit Outcome(Kind kind) : kind_(kind) {}
  Kind kind_;
  Duration delay_{0};
  std::optional<Error> error_;
};

} // namespace berth::kube
