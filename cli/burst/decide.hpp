#pragma once
// The decide part of `kubectl berth burst`: from a ResourcePool as the API server has it to the
// patch that begins, adjusts or ends its burst. Pure. The patch tests spec.burst and not the
// resourceVersion, which moves with every status that the operator writes.

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/options.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/base/result.hpp"

namespace berth::cli {

struct BurstEdit {
  std::string uid{};                        ///< of the ResourcePool
  std::optional<api::BurstPeriod> before{}; ///< the burst that is on, to come, or was the last one
  std::optional<api::BurstPeriod> after{};
  std::int32_t factor_percent = 100; ///< of `after`
  std::string patch{};               ///< a JSON patch; empty: there is nothing to change
};

/// Invalid: the pool allows no bursts, or none as long as that; the message says what to do.
[[nodiscard]] Result<BurstEdit> decide_burst_edit(const nlohmann::json& object,
                                                  const BurstOptions& options, TimePoint now);

/// "1.25" as 125; nothing for what is no number from 1 to 3 with two decimals at most.
[[nodiscard]] std::optional<std::int32_t> parse_factor_percent(const std::string& text);

} // namespace berth::cli
