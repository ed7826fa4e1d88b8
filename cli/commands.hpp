#pragma once
// The commands, each as observe, decide, render over a client: what main() runs against a real API
// server and tests against a simulated one.

#include "cli/answer.hpp"
#include "cli/options.hpp"
#include "cli/simulate/decide.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// Whether the command asks the API server; the others are answered by answer_locally().
[[nodiscard]] bool needs_server(const CliOptions& options);
[[nodiscard]] Answer answer_locally(const CliOptions& options, const Paint& paint,
                                    const Onlooker& onlooker);
[[nodiscard]] async::Task<Answer> answer(kube::Client& client, CliOptions options,
                                         Surroundings around);

} // namespace berth::cli
