#pragma once
// Writes what kube-scheduler reads as ExtenderFilterResult, HostPriorityList,
// ExtenderPreemptionResult and ExtenderBindingResult: names in exact case, maps never null where
// something passed, never a null node or a null pod (its decoder would crash on one). Decides
// nothing; the verbs' results come in, text goes out.

#include <span>
#include <string>
#include <string_view>

#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// `names` are the request's, as the positions count them. An answer longer than kAnswerBytesMax
/// becomes one with only an Error. `memory` becomes the text, so that it need not be allocated.
/// `names_text` is PlacementRequest::names_text: names that follow one another are copied from it
/// together.
[[nodiscard]] std::string encode(const FilterResult& result, Names names,
                                 std::string_view names_text = {}, std::string memory = {});
[[nodiscard]] std::string encode(std::span<const HostScore> scores, Names names,
                                 std::string memory = {});
[[nodiscard]] std::string encode(const PreemptResult& result);
[[nodiscard]] std::string encode(const BindResult& result);

} // namespace berth::extender
