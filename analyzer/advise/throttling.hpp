#pragma once
// Whether containers are held back by their cpu limits. The metrics API does not say it; a
// container whose busiest pod uses all of its limit is, since the kernel gives it no more.

#include <optional>
#include <string>
#include <vector>

#include "analyzer/advise/facts.hpp"

namespace berth::analyzer {

/// From so much of its limit on a container is taken to be held back: use is a mean over a quarter
/// of a minute or more, and a limit holds for a tenth of a second.
inline constexpr double kAtLimitPart = 0.95;
/// How much of the past tells whether a container is held back.
inline constexpr Duration kThrottlingWatched = std::chrono::hours{1};

/// 1000 or 0; nothing without a limit or a measurement.
[[nodiscard]] std::optional<double>
throttled_now(const Workload& workload, const std::string& container, const ContainerPeaks& peaks);

/// Of the containers with a limit that are measured, within the last hour.
[[nodiscard]] std::vector<ContainerThrottling> throttlings_of(const WorkloadView& view,
                                                              FactsSources sources, TimePoint now);

} // namespace berth::analyzer
