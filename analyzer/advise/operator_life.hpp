#pragma once
// OperatorLife: whether the operator still writes. What it says is charged stands in the API as it
// was last written, however long ago that was; its Lease tells whether it is still so.

#include <memory>

#include "lib/async/task.hpp"
#include "lib/kube/client.hpp"

namespace berth::kube {
struct LeaseRecord;
}

namespace berth::analyzer {

class OperatorLife {
public:
  /// An empty name: there is no Lease to go by, and the operator is taken to live.
  OperatorLife(kube::Client& client, kube::ObjectKey lease);
  ~OperatorLife();

  /// Reads the Lease; to be called once in each cycle.
  [[nodiscard]] async::Task<void> look();
  /// Whether the Lease was renewed between the last two looks; clocks need not agree for that.
  [[nodiscard]] bool is_alive() const { return lease_.name.empty() || is_alive_; }

private:
  kube::Client& client_;
  kube::ObjectKey lease_;
  std::unique_ptr<kube::LeaseRecord> last_;
  bool is_alive_ = false;
};

} // namespace berth::analyzer
