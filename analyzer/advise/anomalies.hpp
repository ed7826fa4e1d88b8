#pragma once
// Anomalies of what the advisor judges: the use of each pool, the use of each workload that a
// policy names, and the policies' metrics. What is unusual may be harmless, so nothing is decided
// by it; it is told.

#include <vector>

#include "analyzer/advise/notice.hpp"
#include "analyzer/advise/recorder.hpp"
#include "analyzer/model/anomaly/anomaly_watch.hpp"

namespace berth::analyzer {

struct AnomalyNotice {
  AnomalyKind kind = AnomalyKind::Spike;
  Notice notice{};
};

/// Those of the steps that were finished since the last call: on the ResourcePool, the workload, or
/// for a metric the ScalingPolicy.
[[nodiscard]] std::vector<AnomalyNotice> find_anomalies(AnomalyWatch& watch,
                                                        const ClusterView& view,
                                                        const Recorder& recorder, TimePoint now);

} // namespace berth::analyzer
