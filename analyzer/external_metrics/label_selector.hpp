#pragma once
// Label selectors as text, as they stand in the query of a list: "policy=web,horizon-seconds in
// (300, 3600),!canary". The grammar and the rules for keys and values are those of Kubernetes; what
// it would refuse is refused here too. tests/fuzz/external_metrics feeds it.

#include <cstddef>
#include <string_view>

#include "lib/allocation/selector.hpp"
#include "lib/base/result.hpp"

namespace berth::analyzer {

inline constexpr std::size_t kSelectorBytesMax = 4096;
inline constexpr std::size_t kSelectorRequirementsMax = 32;
inline constexpr std::size_t kSelectorValuesMax = 64;

/// An empty text selects everything. Invalid says what is wrong, TooLarge which limit was passed.
[[nodiscard]] Result<allocation::Selector> parse_label_selector(std::string_view text);

} // namespace berth::analyzer
