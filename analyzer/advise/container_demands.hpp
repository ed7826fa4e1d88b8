#pragma once
// What was measured of each container of a workload, and is expected of it: what resize() goes by.

#include "analyzer/advise/facts.hpp"

namespace berth::analyzer {

/// Of cpu and memory. A container of which nothing is known is not among them; one that was killed
/// is, measured or not.
[[nodiscard]] std::vector<ContainerDemand> container_demands(const WorkloadView& view,
                                                             FactsSources sources, TimePoint now);

} // namespace berth::analyzer
