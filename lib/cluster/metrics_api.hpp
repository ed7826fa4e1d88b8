#pragma once
// The metrics API (metrics.k8s.io/v1beta1, served by metrics-server): the measured use of nodes and
// pods. Each sample says when its window ended; a sample that cannot be read is left out and named,
// never taken for zero. tests/fuzz/metrics_api feeds the decoders.

#include <memory>
#include <string>
#include <vector>

#include "lib/async/task.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/codec.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::cluster {

struct ContainerUse {
  std::string name{};
  resources::ResourceVector used{};

  friend bool operator==(const ContainerUse&, const ContainerUse&) = default;
};

/// The mean use of a node or pod over (at - window, at], rounded up to base units.
struct UsageSample {
  kube::ObjectKey key; ///< of the node or pod
  TimePoint at{};
  Duration window{};
  resources::ResourceVector used{};       ///< of a pod: the sum of its containers
  std::vector<ContainerUse> containers{}; ///< of a pod

  friend bool operator==(const UsageSample&, const UsageSample&) = default;
};

struct UsageList {
  std::vector<UsageSample> samples{};
  std::vector<kube::Malformed> malformed{};
};

/// Invalid when the text is not a list of NodeMetrics, or of PodMetrics.
[[nodiscard]] Result<UsageList> decode_node_metrics(std::string text);
[[nodiscard]] Result<UsageList> decode_pod_metrics(std::string text);

/// Everything the metrics API has now. NotFound or Unavailable where no metrics-server runs.
[[nodiscard]] async::Task<Result<UsageList>> read_node_metrics(kube::Client& client);
[[nodiscard]] async::Task<Result<UsageList>> read_pod_metrics(kube::Client& client);

} // namespace berth::cluster
