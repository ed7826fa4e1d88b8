#include "lib/kube/status.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/api/json_reading.hpp"

namespace berth::kube {
namespace {

constexpr std::size_t kStatusBytesMax = std::size_t{1} << 20U;
constexpr std::size_t kMessageBytesMax = 1024;
constexpr std::size_t kForeignBodyBytesShown = 120;
constexpr std::int64_t kRetryAfterSecondsMax = 86'400;

struct ReasonCode {
  std::string_view reason;
  Code code;
};

/// metav1.StatusReason, as far as it says more than its HTTP code.
constexpr std::array kReasons = std::to_array<ReasonCode>({
    {"Unauthorized", Code::Unauthorized},
    {"Forbidden", Code::Forbidden},
    {"NotFound", Code::NotFound},
    {"AlreadyExists", Code::AlreadyExists},
    {"Conflict", Code::Conflict},
    {"Gone", Code::Gone},
    {"Expired", Code::Gone},
    {"Invalid", Code::Invalid},
    {"BadRequest", Code::Invalid},
    {"MethodNotAllowed", Code::Invalid},
    {"NotAcceptable", Code::Invalid},
    {"UnsupportedMediaType", Code::Invalid},
    {"RequestEntityTooLarge", Code::TooLarge},
    {"TooManyRequests", Code::Throttled},
    {"Timeout", Code::Timeout},
    {"ServerTimeout", Code::Unavailable},
    {"ServiceUnavailable", Code::Unavailable},
    {"StoreReadError", Code::Internal},
    {"InternalError", Code::Internal},
});

Code code_of_http(int status) {
  switch (status) {
  case 401: return Code::Unauthorized;
  case 403: return Code::Forbidden;
  case 404: return Code::NotFound;
  case 409: return Code::Conflict;
  case 410: return Code::Gone;
  case 413: return Code::TooLarge;
  case 429: return Code::Throttled;
  case 502:
  case 503: return Code::Unavailable;
  case 504: return Code::Timeout;
  default: return status >= 400 && status < 500 ? Code::Invalid : Code::Internal;
  }
}

/// One line that is safe to show: control characters become spaces, the rest is cut.
std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line(text.substr(0, bytes_max));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

std::optional<Duration> seconds_to_wait(std::int64_t seconds) {
  if (seconds < 0 || seconds > kRetryAfterSecondsMax)
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

void read_details(const api::Json& document, ApiStatus& status) {
  const auto& details = api::member_in(document, "details");
  if (const auto seconds = api::integer_in(details, "retryAfterSeconds"); seconds > 0)
    status.retry_after = seconds_to_wait(seconds);
  const auto& causes = api::member_in(details, "causes");
  if (!causes.is_array())
    return;
  for (const auto& cause : causes) {
    const std::string reason = api::text_in(cause, "reason");
    status.disruption_budget = status.disruption_budget || reason == "DisruptionBudget";
    status.version_unknown = status.version_unknown || reason == "ResourceVersionTooLarge";
  }
}

/// Which flow of API priority and fairness was full; for the person who has to widen it.
std::string flow_of(const http::Headers& headers) {
  const auto flow = headers.find("X-Kubernetes-PF-FlowSchema-UID");
  const auto level = headers.find("X-Kubernetes-PF-PriorityLevel-UID");
  if (!flow && !level)
    return {};
  return one_line(" (FlowSchema " + std::string(flow.value_or("unknown")) + ", PriorityLevel " +
                      std::string(level.value_or("unknown")) + ')',
                  kForeignBodyBytesShown);
}

} // namespace

Result<ApiStatus> decode_status(std::string_view json) {
  BERTH_TRY(const api::Json document, api::parse_json(json, {kStatusBytesMax, 64}));
  if (api::text_in(document, "kind") != "Status")
    return fail(Code::Invalid, "not a Status");
  ApiStatus status;
  const auto code = api::integer_in(document, "code");
  status.code = code >= 100 && code < 600 ? static_cast<int>(code) : 0;
  status.reason = api::text_in(document, "reason");
  status.message = one_line(api::text_in(document, "message"), kMessageBytesMax);
  read_details(document, status);
  return status;
}

Code code_of(const ApiStatus& status) {
  // A 504 in name, but it does not pass by itself where etcd was restored from an older copy.
  if (status.version_unknown)
    return Code::Gone;
  // 429 in name, but asking again soon does not help.
  if (status.disruption_budget)
    return Code::Forbidden;
  const auto known = std::find_if(kReasons.begin(), kReasons.end(), [&](const ReasonCode& entry) {
    return entry.reason == status.reason;
  });
  return known == kReasons.end() ? code_of_http(status.code) : known->code;
}

Error error_of(const http::Response& response) {
  const std::string http_code = "HTTP " + std::to_string(response.status);
  auto status = decode_status(response.body);
  Error error;
  if (status) {
    status->code = response.status;
    error.code = code_of(*status);
    error.message = std::move(status->message);
    if (error.message.empty())
      error.message = http_code;
  } else {
    error.code = code_of_http(response.status);
    error.message = http_code;
    if (!response.body.empty())
      error.message += ": " + one_line(response.body, kForeignBodyBytesShown);
  }
  if (response.status == 429)
    error.message += flow_of(response.headers);
  error.retry_after = retry_after_of(response.headers);
  if (!error.retry_after && status)
    error.retry_after = status->retry_after;
  return error;
}

std::optional<Duration> retry_after_of(const http::Headers& headers) {
  const auto asked = http::retry_after(headers);
  return asked ? seconds_to_wait(asked->count()) : std::nullopt;
}

bool is_disruption_budget_refusal(const http::Response& response) {
  const auto status = decode_status(response.body);
  return status && status->disruption_budget;
}

} // namespace berth::kube
