#pragma once
// `kubectl berth simulate`: reads the files that were named, runs the simulation, prints what came
// of it. It asks no API server.

#include "cli/answer.hpp"
#include "cli/options.hpp"
#include "cli/simulate/decide.hpp"

namespace berth::cli {

[[nodiscard]] Answer answer_simulate(const CliOptions& options, const Paint& paint,
                                     const Onlooker& onlooker);

/// "42-51" or "7"; Invalid if it is neither, ends before it begins, or has more than kSeedsMax.
[[nodiscard]] Result<SeedRange> parse_seeds(std::string_view text);
inline constexpr std::uint64_t kSeedsMax = 1'000;

} // namespace berth::cli
