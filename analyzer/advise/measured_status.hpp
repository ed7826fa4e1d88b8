#pragma once
// measured_status(): the analyzer's part of a pool's status: what is used, of what, measured when,
// and whether that can be relied on. What is not known is left out (I14). Use that hardly changed
// is not written again, unless the operator may wait for each measurement of it (T1, T3). Pure.

#include <vector>

#include "analyzer/advise/decide.hpp"
#include "analyzer/advise/degrade.hpp"

namespace berth::analyzer {

/// In percent of what was measured, rounded down; empty while too little of the pool is measured.
[[nodiscard]] std::vector<UsePercent> measured_percents(const PoolUsage& usage,
                                                        const AdvisorOptions& options);

/// Without the pool's degradation, which follows from its policy.
[[nodiscard]] api::ResourcePoolStatus measured_status(const PoolView& view, const PoolFacts& facts,
                                                      const DecideContext& context);

} // namespace berth::analyzer
