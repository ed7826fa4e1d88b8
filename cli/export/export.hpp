#pragma once
// `kubectl berth export`: the use of pools and quotas as CSV, JSON or OpenMetrics.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/export/decide.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

[[nodiscard]] async::Task<Answer> answer_export(kube::Client& client, CliOptions options,
                                                Surroundings around);

/// RFC 4180 with a line of titles and LF; what is not known is empty.
[[nodiscard]] std::string export_csv(const ExportView& view);
[[nodiscard]] nlohmann::json export_json(const ExportView& view);
/// With the names, labels and meanings that the operator's own metrics have, as far as it has them:
/// amounts of several pools of a quota add up.
[[nodiscard]] std::string export_open_metrics(const ExportView& view);

} // namespace berth::cli
