#pragma once
// `kubectl berth doctor`: looks at an installation from outside, and says for each thing that is
// wrong what mends it. It changes nothing. `health` asks less, and is what machines should ask.

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/doctor/decide.hpp"
#include "cli/surroundings.hpp"

namespace berth::cli {

/// Exit code 1 if there is an error.
[[nodiscard]] async::Task<Answer> answer_doctor(kube::Client& client, CliOptions options,
                                                Surroundings around);

[[nodiscard]] std::string render_doctor(const std::vector<Finding>& findings, const Paint& paint);
[[nodiscard]] nlohmann::json doctor_json(const std::vector<Finding>& findings);

} // namespace berth::cli
