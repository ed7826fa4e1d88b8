#pragma once
// What the API server says when it refuses: a metav1.Status, or something else that a proxy wrote.
// Both become one Error; nothing of the body is trusted beyond that.

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/http/message.hpp"

namespace berth::kube {

/// The fields of a metav1.Status that decide what to do.
struct ApiStatus {
  int code = 0;
  std::string reason; ///< "AlreadyExists", "Expired", ...
  std::string message;
  std::optional<Duration> retry_after; ///< details.retryAfterSeconds
  bool disruption_budget = false;      ///< a PodDisruptionBudget is the cause
  bool version_unknown = false;        ///< the server has not come to that resourceVersion
};

/// Invalid when the text is not a Status.
[[nodiscard]] Result<ApiStatus> decode_status(std::string_view json);

/// The machine word for a status: by reason where there is one, else by code.
[[nodiscard]] Code code_of(const ApiStatus& status);

/// The failure that a response other than 2xx stands for, with what the server said, cut to a
/// line, and retry_after from the header or the body.
[[nodiscard]] Error error_of(const http::Response& response);

/// Retry-After, as long as it is a day at most; nothing when it is absent, a date or absurd.
[[nodiscard]] std::optional<Duration> retry_after_of(const http::Headers& headers);

/// A PodDisruptionBudget refused: asking again soon is pointless, whatever Retry-After says.
[[nodiscard]] bool is_disruption_budget_refusal(const http::Response& response);

} // namespace berth::kube
