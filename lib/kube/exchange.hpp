#pragma once
// Exchange: one call of the Client with everything that happens around it: the token, the rate
// limit, the tries that are safe to repeat, and the translation of refusals into errors. Client
// builds the calls; nothing else uses it.

#include <atomic>

#include "lib/kube/client.hpp"
#include "lib/kube/rate_limiter.hpp"

namespace berth::kube {

/// A request and what may be done with it.
struct Call {
  http::Request request;
  Duration timeout{0};     ///< see ClientOptions::request_timeout
  bool repeatable = false; ///< a read: sending it twice does no harm
  bool lease = false;      ///< neither limited nor tried again: the election has its own clock
  std::string token{};     ///< shown by the last try
};

class Exchange {
public:
  Exchange(http::Transport& transport, async::Executor& executor, Rng rng, ClientOptions options,
           TokenSource* token);

  /// The response with a status of 2xx, or the failure.
  [[nodiscard]] async::Task<Result<http::Response>> send(Call call);
  /// The body of a response with a status of 2xx. Tried again only for a stale token: the caller
  /// has a back-off of its own.
  [[nodiscard]] async::Task<Result<std::unique_ptr<http::BodyStream>>>
  open(Call call, http::StreamOptions options);

  [[nodiscard]] const ClientOptions& options() const { return options_; }
  /// See Client::throttled_at().
  [[nodiscard]] std::optional<TimePoint> throttled_at() const;

private:
  /// `until`: what the call's time-out leaves, for the rate limit and the answer together.
  [[nodiscard]] async::Task<Result<http::Response>> attempt(Call& call, SteadyPoint until);
  [[nodiscard]] async::Task<Result<http::StreamedResponse>>
  attempt_open(Call& call, http::StreamOptions options);
  /// Waits for the rate limit and puts the token into a copy of the request.
  [[nodiscard]] async::Task<Result<http::Request>> prepare(Call& call, SteadyPoint until);
  /// After a 401: whether another token may do better. Answers true once for each call.
  [[nodiscard]] bool renew_token(int status, const Call& call, bool& renewed) const;
  [[nodiscard]] std::optional<Duration>
  pause_before_retry(const Call& call, const Result<http::Response>& outcome, std::size_t retries);
  void note_overload(const http::Response& refused);
  void record(const Call& call, std::optional<int> status, SteadyPoint began) const;

  http::Transport& transport_;
  async::Executor& executor_;
  Rng rng_;
  ClientOptions options_;
  TokenSource* token_;
  RateLimiter limiter_;
  std::atomic<TimePoint> throttled_at_{}; ///< the epoch: never
};

} // namespace berth::kube
