#pragma once
// Facts: what the history and the forecasts say about one target, in the form that decide() takes.

#include "analyzer/advise/decide_workload.hpp"
#include "analyzer/advise/forecaster.hpp"
#include "analyzer/advise/recorder.hpp"

namespace berth::analyzer {

struct FactsSources {
  const Recorder& recorder;
  Forecaster& forecaster;
};

[[nodiscard]] PoolFacts facts_of(const PoolView& view, FactsSources sources, TimePoint now);

/// `largest_node`: the most that any node has of each resource.
[[nodiscard]] WorkloadFacts facts_of(const WorkloadView& view, FactsSources sources,
                                     const resources::ResourceVector& largest_node, TimePoint now);

} // namespace berth::analyzer
