#pragma once
// What the history says of what a quota's work asks for, in the form that decide_quotas() takes.

#include "analyzer/advise/decide_quotas.hpp"
#include "analyzer/advise/facts.hpp"

namespace berth::analyzer {

[[nodiscard]] QuotaFacts facts_of(const QuotaView& view, FactsSources sources, TimePoint now);

} // namespace berth::analyzer
