#include "tests/support/simulation/transport.hpp"

#include "tests/support/simulation/transport_state.hpp"
#include "tests/support/simulation/watch_body.hpp"

namespace berth::simulation {

struct SimulatedTransport::Impl : TransportState {
  using TransportState::TransportState;
};

namespace {

Error no_connection() {
  return {Code::Unavailable, "connection refused", {}};
}
Error broken() {
  return {Code::Timeout, "the connection broke before the response was complete", {}};
}
Error too_late() {
  return {Code::Timeout, "no response in time", {}};
}

/// The answer that a fault gives in place of the server's.
std::optional<http::Response> answer_of(Fault fault) {
  switch (fault) {
  case Fault::ServerError: return internal_error("injected").response();
  case Fault::Unavailable: {
    auto response = unavailable("injected").response();
    response.headers.add("Retry-After", "1");
    return response;
  }
  case Fault::Throttle:
    return too_many_requests("Too many requests, please try again later.", 1).response();
  case Fault::Gone: return expired("too old resource version: injected").response();
  default: return std::nullopt;
  }
}

/// What is left of `timeout` since `start`.
Duration left_of(Duration timeout, SteadyPoint start, const Clock& clock) {
  return timeout - std::chrono::duration_cast<Duration>(clock.steady_now() - start);
}

/// One way of a message: waits for the network, at most until the deadline; false if that passed.
async::Task<bool> travel(std::shared_ptr<TransportState> state, Duration timeout,
                         SteadyPoint start) {
  async::SimulatedExecutor& executor = state->server.executor();
  const std::stop_token never;
  const Duration latency = state->faults.latency();
  co_await async::sleep_for(executor, std::min(latency, left_of(timeout, start, executor)), never);
  while (state->partitioned && left_of(timeout, start, executor) > Duration{0}) {
    const auto wakeup = std::make_shared<Wakeup>(executor);
    state->waiting.push_back(wakeup);
    co_await wakeup->wait_for(left_of(timeout, start, executor), never);
  }
  co_return left_of(timeout, start, executor) > Duration{0};
}

/// Both ways and the server between; the status noted is 0 where no response came.
async::Task<Result<http::Response>> exchange(std::shared_ptr<TransportState> state,
                                             http::Request request, Duration timeout) {
  const SteadyPoint start = state->server.executor().steady_now();
  if (state->down)
    co_return fail(no_connection());
  const std::optional<Fault> fault = state->faults.for_request(request);
  if (fault == Fault::Refuse)
    co_return fail(no_connection());
  if (!co_await travel(state, timeout, start))
    co_return fail(too_late());
  if (fault == Fault::LoseRequest || state->down)
    co_return fail(broken());
  std::optional<http::Response> response = fault ? answer_of(*fault) : std::nullopt;
  if (!response)
    response = state->server.handle(request, state->user, state->cache->visible());
  if (fault == Fault::LoseReply)
    co_return fail(broken());
  if (!co_await travel(state, timeout, start))
    co_return fail(too_late());
  if (state->down)
    co_return fail(broken());
  co_return std::move(*response);
}

bool is_watch(const http::Request& request) {
  const auto watch = http::query_value(request.target, "watch");
  return watch == "true" || watch == "1";
}

http::StreamedResponse streamed(http::Response response) {
  http::StreamedResponse result;
  result.status = response.status;
  result.headers = std::move(response.headers);
  result.body = std::make_unique<TextBody>(std::move(response.body));
  return result;
}

/// A watch whose request has arrived: a refusal, or a stream.
http::StreamedResponse start_watch(const std::shared_ptr<TransportState>& state,
                                   const http::Request& request, Duration idle_timeout) {
  const auto info = read_request(request, state->server.state().registry, state->user);
  if (!info)
    return streamed(info.error().response());
  auto watch = Watch::start(state->server.state(), *info, state->cache->visible());
  if (!watch)
    return streamed(watch.error().response());
  http::StreamedResponse result;
  result.status = 200;
  result.headers.add("Content-Type", "application/json");
  result.body = std::make_unique<WatchBody>(state, request, std::move(*watch), idle_timeout);
  return result;
}

/// The request's way to the server, and the head of its answer.
async::Task<Result<http::StreamedResponse>> start_stream(std::shared_ptr<TransportState> state,
                                                         http::Request request,
                                                         http::StreamOptions options) {
  const SteadyPoint start = state->server.executor().steady_now();
  if (state->down)
    co_return fail(no_connection());
  const std::optional<Fault> fault = state->faults.for_request(request);
  if (fault == Fault::Refuse)
    co_return fail(no_connection());
  if (!co_await travel(state, options.head_timeout, start))
    co_return fail(too_late());
  if (fault == Fault::LoseRequest || fault == Fault::LoseReply || state->down)
    co_return fail(broken());
  if (auto answer = fault ? answer_of(*fault) : std::nullopt)
    co_return streamed(std::move(*answer));
  if (is_watch(request))
    co_return start_watch(state, request, options.idle_timeout);
  co_return streamed(state->server.handle(request, state->user, state->cache->visible()));
}

} // namespace

SimulatedTransport::SimulatedTransport(SimulatedApiServer& server, std::string user,
                                       std::uint64_t seed, async::Executor& home)
    : impl_(std::make_shared<Impl>(server, std::move(user), seed, home)) {}

SimulatedTransport::~SimulatedTransport() = default;

async::Task<Result<http::Response>> SimulatedTransport::send(http::Request request,
                                                             http::SendOptions options) {
  const std::shared_ptr<TransportState> state = impl_;
  const Exchange asked{request.method, request.target, 0};
  auto response = co_await exchange(state, std::move(request), options.timeout);
  co_await async::switch_to(state->home);
  state->exchanges.push_back(asked);
  if (!response)
    co_return response;
  state->exchanges.back().status = response->status;
  if (response->body.size() > options.response_bytes_max)
    co_return fail(Code::TooLarge, "the response's body is longer than allowed");
  co_return response;
}

async::Task<Result<http::StreamedResponse>> SimulatedTransport::open(http::Request request,
                                                                     http::StreamOptions options) {
  const std::shared_ptr<TransportState> state = impl_;
  const Exchange asked{request.method, request.target, 0};
  auto response = co_await start_stream(state, std::move(request), options);
  co_await async::switch_to(state->home);
  state->exchanges.push_back(asked);
  if (response)
    state->exchanges.back().status = response->status;
  co_return response;
}

FaultPlan& SimulatedTransport::faults() {
  return impl_->faults;
}
WatchCache& SimulatedTransport::cache() {
  return *impl_->cache;
}

void SimulatedTransport::partition(bool partitioned) {
  impl_->partitioned = partitioned;
  impl_->wake_all();
}

void SimulatedTransport::set_down(bool down) {
  impl_->down = down;
  if (down)
    break_streams();
}

void SimulatedTransport::break_streams() {
  ++impl_->stream_epoch;
  impl_->wake_all();
}

void SimulatedTransport::split_streams(std::size_t bytes_max) {
  impl_->split_bytes_max = bytes_max;
}
void SimulatedTransport::cut_streams_after(std::optional<std::size_t> bytes) {
  impl_->cut_after_bytes = bytes;
}

const std::vector<Exchange>& SimulatedTransport::exchanges() const {
  return impl_->exchanges;
}
std::size_t SimulatedTransport::open_streams() const {
  return impl_->open_streams;
}

} // namespace berth::simulation
