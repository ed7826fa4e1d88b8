#pragma once
// PoolMeasures: how well the nodes of a pool serve its work, in the numbers that advice on moves
// and bottlenecks rests on and is verified by. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/advise/view.hpp"
#include "analyzer/model/bottleneck/bottleneck.hpp"
#include "analyzer/model/outlook.hpp"

namespace berth::analyzer {

/// Whether a metric is a part of something, in thousandths: of a pool, or of the time.
[[nodiscard]] inline bool is_share(std::string_view metric) {
  return metric.starts_with("share/");
}
inline constexpr double kWholeShare = 1000;

/// What recommendations call these measures.
[[nodiscard]] std::string bottleneck_metric(const Bottleneck& bottleneck);
[[nodiscard]] std::string busiest_metric(const resources::ResourceName& resource);
inline constexpr const char* kLargestBlockMetric = "share/largest-block";

struct PoolMeasures {
  /// Without those that are foreseen: GrowPool answers them. The worst first.
  std::vector<Bottleneck> bottlenecks{};
  std::vector<ResourceLoad> loads{}; ///< that they were found in, with no peak foreseen
  /// By metric. Of bottlenecks what is concerned of the pool's capacity. Of the busiest node what
  /// is used of what it has. Of the largest block how much of the largest request that waits any
  /// node has room for: all of it, where nothing waits.
  std::map<std::string, double> shares{};
};

/// Samples older than `stale_after` are none. A node without one counts as neither idle nor busy.
[[nodiscard]] PoolMeasures measure(const PoolView& pool, TimePoint now, Duration stale_after);

/// The same with what is foreseen of the next hour: more use than there is of a resource is a
/// bottleneck of its capacity already. The worst first.
[[nodiscard]] std::vector<Bottleneck> with_foreseen(std::vector<ResourceLoad> loads,
                                                    const std::vector<Outlook>& used);

/// Of the requests that wait, the largest first: by what of any node's they would take most of.
/// Each once, and none that is larger than every node.
[[nodiscard]] std::vector<std::pair<std::shared_ptr<const WorkloadPod>, resources::ResourceVector>>
largest_waiting(const PoolPods& pool);

} // namespace berth::analyzer
