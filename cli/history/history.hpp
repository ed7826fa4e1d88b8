#pragma once
// `kubectl berth history`: who was granted what, from whom it was taken, and who was refused: from
// a decision log, or from what a cluster still remembers in events and on pods.

#include "cli/answer.hpp"
#include "cli/options.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// From the log that --log names.
[[nodiscard]] Answer answer_logged_history(const CliOptions& options, const Paint& paint);
/// From the cluster.
[[nodiscard]] async::Task<Answer> answer_history(kube::Client& client, CliOptions options,
                                                 Surroundings around);

/// What is wrong with the flags, as "--flag: what it must be".
[[nodiscard]] std::vector<std::string> history_problems(const CliOptions& options);

} // namespace berth::cli
