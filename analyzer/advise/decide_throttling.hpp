#pragma once
// ResolveBottleneck for a workload: a container is held back by its cpu limit, and neither a Resize
// nor more replicas are advised. Pure.

#include "analyzer/advise/decide_workload.hpp"

namespace berth::analyzer {

/// What it is worth as a bottleneck; nothing where it is none, or too little is known.
[[nodiscard]] std::optional<Bottleneck> throttling_bottleneck(const ContainerThrottling& one);

/// After recommendations of the kinds ScaleOut and Resize: `plan` has what they come to.
void decide_throttling(Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                       const DecideContext& context);

} // namespace berth::analyzer
