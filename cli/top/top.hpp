#pragma once
// `kubectl berth top`: what was granted beside what is really used, by pool, quota or workload.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/surroundings.hpp"
#include "cli/top/decide.hpp"

namespace berth::cli {

[[nodiscard]] async::Task<Answer> answer_top(kube::Client& client, CliOptions options,
                                             Surroundings around);

/// `wide` shows all resources, otherwise those of which something is granted or used.
[[nodiscard]] std::string render_top(const TopView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json top_json(const TopView& view);

} // namespace berth::cli
