#pragma once
// The bind verb: the extender binds in the scheduler's stead. The last look at the node happens
// here, on the newest picture, since filters of other pods came in between. Safe to repeat: a pod
// that runs on the node already is bound, whoever did it. Called from the server's threads; works
// on the executor of the client and the observer, so it needs no locks.

#include <cstddef>
#include <optional>
#include <string>

#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

struct BindOptions {
  /// Bindings under way at once; beyond that the scheduler is told to try again.
  std::size_t in_flight_max = 512;
  /// A call that failed later than this is not tried again: the scheduler has given up by then.
  Duration retry_within = std::chrono::milliseconds{500};
};

class Binder {
public:
  /// All three must outlive the binder; `client` should give up before the scheduler does.
  Binder(kube::Client& client, cluster::Observer& observer, async::Executor& executor,
         BindOptions options = {});

  [[nodiscard]] async::Task<BindResult> bind(BindRequest request);

private:
  using Pod = std::shared_ptr<const cluster::Pod>;

  [[nodiscard]] async::Task<BindResult> bind_checked(BindRequest request);
  /// The pod as watched; read from the API server where the watch has not shown it yet.
  [[nodiscard]] async::Task<Result<Pod>> find(BindRequest request);
  [[nodiscard]] async::Task<Result<Pod>> read(BindRequest request);
  /// Why the pod must not be bound to the node; nothing if it may.
  [[nodiscard]] std::optional<BindResult> refuse(const cluster::Pod& pod, const NodeName& node);
  /// Writes the binding and finds out what became of it where the answer does not say.
  [[nodiscard]] async::Task<Result<void>> post(BindRequest request);

  kube::Client& client_;
  cluster::Observer& observer_;
  async::Executor& executor_;
  BindOptions options_;
  std::size_t in_flight_ = 0;
};

} // namespace berth::extender
