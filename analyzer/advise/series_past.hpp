#pragma once
// What is known of the past of a series, as far back as is kept.

#include "analyzer/model/series.hpp"

namespace berth::analyzer {

/// The highest value; 0 where nothing was measured.
[[nodiscard]] double highest_of(const Series& series);
/// Since when something is known.
[[nodiscard]] Duration known_for(const Series& series, TimePoint now);

} // namespace berth::analyzer
