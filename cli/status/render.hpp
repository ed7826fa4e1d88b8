#pragma once
// The act part of `kubectl berth status`: text and JSON from a view. Pure.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/output/text.hpp"
#include "cli/status/decide.hpp"

namespace berth::cli {

/// `wide` adds columns, and the resources that pools have without naming them.
[[nodiscard]] std::string render_status(const StatusView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json status_json(const StatusView& view);

/// Parts that explain shows too.
[[nodiscard]] std::string render_pools(const std::vector<PoolRow>& pools, bool wide,
                                       const Paint& paint);
[[nodiscard]] std::string render_quotas(const std::vector<QuotaRow>& quotas, bool wide,
                                        const Paint& paint);
[[nodiscard]] nlohmann::json pools_json(const std::vector<PoolRow>& pools);
[[nodiscard]] nlohmann::json quotas_json(const std::vector<QuotaRow>& quotas);

} // namespace berth::cli
