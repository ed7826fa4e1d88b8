#pragma once
// `kubectl berth set-quota`: changes one entry of a Quota, and shows what it was and what it is.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/set_quota/decide.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

[[nodiscard]] async::Task<Answer> answer_set_quota(kube::Client& client, CliOptions options,
                                                   Surroundings around);

[[nodiscard]] std::string render_quota_edit(const QuotaEdit& edit, const SetQuotaOptions& options,
                                            const Paint& paint);
[[nodiscard]] nlohmann::json quota_edit_json(const QuotaEdit& edit, const SetQuotaOptions& options);

} // namespace berth::cli
