#pragma once
// What advice on moves and bottlenecks of a pool goes by, beyond what every pool is measured by.

#include "analyzer/advise/facts.hpp"

namespace berth::analyzer {

/// Of the last hour; nothing where no node bears much more than the others, or too little is
/// measured.
[[nodiscard]] std::optional<Imbalance> imbalance_of(const PoolView& view, const History& history,
                                                    TimePoint now);

void add_move_facts(PoolFacts& facts, const PoolView& view, FactsSources sources, TimePoint now);

} // namespace berth::analyzer
