#include "lib/kube/exchange.hpp"

#include <utility>

#include "lib/kube/backoff.hpp"
#include "lib/kube/status.hpp"

namespace berth::kube {
namespace {

constexpr Duration kNetworkRetryInitial{100};
constexpr Duration kNetworkRetryMax{5000};
/// Pauses are stretched by up to this part, so that clients told the same time do not come back
/// together.
constexpr double kRetryJitter = 0.2;
/// As much of an error's body as is read from a stream, and as long: what it says is a kindness.
constexpr std::size_t kErrorBodyBytesMax = std::size_t{64} << 10U;
constexpr Duration kErrorBodyTimeout = std::chrono::seconds{5};

bool is_success(int status) {
  return status >= 200 && status < 300;
}

async::Task<Error> error_of_stream(async::Executor& executor, http::StreamedResponse response) {
  http::Response whole{response.status, std::move(response.headers), {}};
  std::stop_source late;
  const async::TimerId timer =
      executor.post_after(kErrorBodyTimeout, [late]() mutable { late.request_stop(); });
  while (response.body && whole.body.size() < kErrorBodyBytesMax) {
    auto piece = co_await response.body->next(late.get_token());
    if (!piece || piece->empty())
      break;
    whole.body += *piece;
  }
  executor.cancel(timer);
  co_return error_of(whole);
}

/// Answered by a metrics adapter behind the API server, whose overload is its own.
bool is_of_an_adapter(std::string_view target) {
  return target.starts_with("/apis/external.metrics.k8s.io/") ||
         target.starts_with("/apis/custom.metrics.k8s.io/") ||
         target.starts_with("/apis/metrics.k8s.io/");
}

} // namespace

Exchange::Exchange(http::Transport& transport, async::Executor& executor, Rng rng,
                   ClientOptions options, TokenSource* token)
    : transport_(transport), executor_(executor), rng_(rng), options_(std::move(options)),
      token_(token), limiter_(executor.clock(), options_.qps, options_.burst) {}

async::Task<Result<http::Response>> Exchange::send(Call call) {
  co_await async::switch_to(executor_);
  const SteadyPoint began = executor_.clock().steady_now();
  const std::stop_token never;
  bool token_renewed = false;
  for (std::size_t retries = 0;;) {
    auto outcome = co_await attempt(call, began + call.timeout);
    if (outcome && is_success(outcome->status))
      co_return outcome;
    if (outcome && !is_of_an_adapter(call.request.target))
      note_overload(*outcome);
    if (outcome && renew_token(outcome->status, call, token_renewed))
      continue;
    const auto pause = pause_before_retry(call, outcome, retries++);
    const auto passed = executor_.clock().steady_now() - began;
    if (!pause || passed + *pause > call.timeout)
      co_return fail(outcome ? error_of(*outcome) : std::move(outcome).error());
    co_await async::sleep_for(executor_, *pause, never);
  }
}

async::Task<Result<std::unique_ptr<http::BodyStream>>> Exchange::open(Call call,
                                                                      http::StreamOptions options) {
  co_await async::switch_to(executor_);
  bool token_renewed = false;
  for (;;) {
    auto outcome = co_await attempt_open(call, options);
    if (!outcome)
      co_return fail(std::move(outcome).error());
    if (is_success(outcome->status) && outcome->body)
      co_return std::move(outcome->body);
    if (renew_token(outcome->status, call, token_renewed))
      continue;
    note_overload(http::Response{outcome->status, outcome->headers, {}});
    co_return fail(co_await error_of_stream(executor_, std::move(*outcome)));
  }
}

async::Task<Result<http::Response>> Exchange::attempt(Call& call, SteadyPoint until) {
  auto request = co_await prepare(call, until);
  if (!request)
    co_return fail(std::move(request).error());
  const SteadyPoint began = executor_.clock().steady_now();
  const auto left = std::chrono::duration_cast<Duration>(until - began);
  if (left <= Duration{0})
    co_return fail(Code::Timeout, "no time was left to send the request");
  const http::SendOptions limits{left, options_.response_bytes_max, call.lease};
  auto response = co_await transport_.send(std::move(*request), limits);
  record(call, response ? std::optional{response->status} : std::nullopt, began);
  co_return response;
}

async::Task<Result<http::StreamedResponse>> Exchange::attempt_open(Call& call,
                                                                   http::StreamOptions options) {
  auto request = co_await prepare(call, executor_.clock().steady_now() + call.timeout);
  if (!request)
    co_return fail(std::move(request).error());
  const SteadyPoint began = executor_.clock().steady_now();
  auto response = co_await transport_.open(std::move(*request), options);
  record(call, response ? std::optional{response->status} : std::nullopt, began);
  co_return response;
}

async::Task<Result<http::Request>> Exchange::prepare(Call& call, SteadyPoint until) {
  if (!call.lease) {
    const auto left = until - executor_.clock().steady_now();
    const auto wait = limiter_.reserve(std::chrono::duration_cast<Duration>(left));
    if (!wait)
      co_return fail(Code::Throttled, "the client's own rate limit is exhausted");
    const std::stop_token never;
    if (*wait > Duration{0})
      co_await async::sleep_for(executor_, *wait, never);
  }
  http::Request request = call.request;
  request.headers.add("User-Agent", options_.user_agent);
  request.headers.add("Accept", "application/json");
  if (token_ != nullptr) {
    auto token = co_await token_->token();
    if (!token)
      co_return fail(token.error().while_doing("get a token for the API server"));
    if (!token->empty())
      request.headers.add("Authorization", "Bearer " + *token);
    call.token = std::move(*token);
  }
  co_return request;
}

bool Exchange::renew_token(int status, const Call& call, bool& renewed) const {
  if (status != 401 || token_ == nullptr || std::exchange(renewed, true))
    return false;
  token_->reject(call.token);
  return true;
}

std::optional<Duration> Exchange::pause_before_retry(const Call& call,
                                                     const Result<http::Response>& outcome,
                                                     std::size_t retries) {
  if (call.lease || retries >= options_.retries_max)
    return std::nullopt;
  Duration pause{0};
  if (!outcome) {
    const Code code = outcome.error().code;
    if (code != Code::Unavailable && !(code == Code::Timeout && call.repeatable))
      return std::nullopt;
    pause =
        exponential_delay(kNetworkRetryInitial, kNetworkRetryMax, static_cast<unsigned>(retries));
  } else {
    const int status = outcome->status;
    const auto asked = retry_after_of(outcome->headers);
    if (!asked || !(status == 429 || (status >= 500 && call.repeatable)) ||
        is_disruption_budget_refusal(*outcome))
      return std::nullopt;
    pause = *asked;
  }
  const double stretched = static_cast<double>(pause.count()) * (1 + kRetryJitter * rng_.unit());
  return Duration{static_cast<Duration::rep>(stretched)};
}

std::optional<TimePoint> Exchange::throttled_at() const {
  const TimePoint at = throttled_at_.load(std::memory_order_relaxed);
  return at == TimePoint{} ? std::nullopt : std::optional{at};
}

/// A disruption budget answers 429 as well, but says nothing of the server's load.
void Exchange::note_overload(const http::Response& refused) {
  if (refused.status == 429 && !is_disruption_budget_refusal(refused))
    throttled_at_.store(executor_.clock().now(), std::memory_order_relaxed);
}

void Exchange::record(const Call& call, std::optional<int> status, SteadyPoint began) const {
  if (!options_.on_call)
    return;
  const auto passed = executor_.clock().steady_now() - began;
  const CallRecord record{call.request.method, status,
                          std::chrono::duration_cast<Duration>(passed)};
  options_.on_call(record);
}

} // namespace berth::kube
