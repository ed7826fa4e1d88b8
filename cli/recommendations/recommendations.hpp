#pragma once
// `kubectl berth recommendations`: lists what the analyzer recommends, and applies one of them.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/recommendations/decide.hpp"
#include "cli/surroundings.hpp"

namespace berth::cli {

/// A target whose status alone moved meanwhile is looked at again, so often at most.
inline constexpr int kApplyTriesMax = 5;

[[nodiscard]] async::Task<Answer> answer_recommendations(kube::Client& client, CliOptions options,
                                                         Surroundings around);

[[nodiscard]] std::string render_recommendations(const RecommendationsView& view, bool wide,
                                                 const Paint& paint);
[[nodiscard]] nlohmann::json recommendations_json(const RecommendationsView& view);

} // namespace berth::cli
