#pragma once
// ResolveBottleneck for a workload: its containers are held back by their cpu limits, and no Resize
// raises those. Pure.

#include "analyzer/advise/decide_workload.hpp"

namespace berth::analyzer {

/// After recommendations of the kind Resize: `plan` has what they come to.
void decide_throttling(Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                       const DecideContext& context);

} // namespace berth::analyzer
