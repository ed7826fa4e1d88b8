#pragma once
// `kubectl berth burst`: begins, adjusts or ends the burst of a ResourcePool, and says until when
// it is on.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/burst/decide.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

[[nodiscard]] async::Task<Answer> answer_burst(kube::Client& client, CliOptions options,
                                               Surroundings around);

/// `now`: to say how long it is on.
[[nodiscard]] std::string render_burst_edit(const BurstEdit& edit, const BurstOptions& options,
                                            TimePoint now, const Paint& paint);
[[nodiscard]] nlohmann::json burst_edit_json(const BurstEdit& edit, const BurstOptions& options);

} // namespace berth::cli
