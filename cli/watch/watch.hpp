#pragma once
// --watch: the answer of a command that shows something, asked for again and again. On a terminal
// it is drawn over the last one, as monitor draws; elsewhere it is written when it differs from
// that.

#include <functional>

#include "cli/answer.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

inline constexpr Duration kWatchInterval = std::chrono::seconds{2};

using Ask = std::function<async::Task<Answer>(kube::Client&, CliOptions, Surroundings)>;

/// Ends when nobody reads, or if a look fails: the very first, or any whose answer is a document
/// (json, yaml). Else a look that fails leaves the last answer, with the reason below.
[[nodiscard]] async::Task<Answer> answer_watching(kube::Client& client, CliOptions options,
                                                  Surroundings around, Ask ask);

} // namespace berth::cli
