#pragma once
// OperatorLife: whether the operator still writes. What it says is charged, and who waits, stands
// in the API as it was last written, however long ago that was; its Lease tells whether it is still
// so. An operator that runs with --leader-elect=false has no Lease: where there never was one
// nothing is known, and the operator is taken to live.

#include <memory>
#include <optional>

#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"
#include "lib/kube/client.hpp"

namespace berth::kube {
struct LeaseRecord;
}

namespace berth::analyzer {

class OperatorLife {
public:
  /// An empty name: there is no Lease to go by.
  OperatorLife(kube::Client& client, kube::ObjectKey lease);
  ~OperatorLife();

  /// Reads the Lease; to be called once in each cycle.
  [[nodiscard]] async::Task<void> look(TimePoint now);
  /// Whether what it says is so now: the Lease was renewed between the last two looks (clocks need
  /// not agree for that), or none ever existed.
  [[nodiscard]] bool is_alive() const { return lease_.name.empty() || is_alive_; }
  /// Whether the Lease was given back, or was not renewed for as long as it lasts. A look that
  /// failed says nothing.
  [[nodiscard]] bool is_dead() const { return is_dead_; }
  /// Whether one was looked for and never found, so that the operator is taken to live.
  [[nodiscard]] bool is_assumed() const { return is_alive_ && last_ == nullptr; }

private:
  kube::Client& client_;
  kube::ObjectKey lease_;
  std::unique_ptr<kube::LeaseRecord> last_;
  std::optional<TimePoint> renewed_; ///< when a look first saw the newest renewal
  bool is_alive_ = false;
  bool is_dead_ = false;
};

} // namespace berth::analyzer
