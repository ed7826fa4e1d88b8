#pragma once
// A Transport that answers as a test's script says, on a SimulatedExecutor: whole responses by a
// function, watch bodies piece by piece with an ending of choice. It keeps every request.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/async/simulated_executor.hpp"
#include "lib/http/transport.hpp"
#include "tests/support/simulation/await.hpp"

namespace berth::kube::testing {

/// How a scripted body goes on after its last piece.
enum class BodyEnd { Regular, Broken, Silence };

struct ScriptedBody {
  std::vector<std::string> pieces;
  BodyEnd end = BodyEnd::Regular;
};

struct ScriptedStream {
  int status = 200;
  http::Headers headers{};
  ScriptedBody body{};
};

class ScriptedTransport final : public http::Transport {
public:
  explicit ScriptedTransport(async::SimulatedExecutor& executor) : executor_(executor) {}

  std::function<Result<http::Response>(const http::Request&)> on_send;
  std::function<Result<ScriptedStream>(const http::Request&)> on_open;
  Duration latency{1};
  std::vector<http::Request> requests; ///< sent and opened, in order
  std::vector<Duration> timeouts;      ///< of those sent
  int urgent_calls = 0;                ///< among those sent

  [[nodiscard]] std::size_t count(std::string_view method, std::string_view part_of_target) const {
    std::size_t found = 0;
    for (const auto& request : requests)
      found += request.method == method && request.target.find(part_of_target) != std::string::npos;
    return found;
  }

  async::Task<Result<http::Response>> send(http::Request request,
                                           http::SendOptions options) override {
    requests.push_back(request);
    timeouts.push_back(options.timeout);
    urgent_calls += options.urgent ? 1 : 0;
    const std::stop_token never;
    co_await async::sleep_for(executor_, latency, never);
    if (!on_send)
      co_return fail(Code::Unavailable, "nothing is scripted for send");
    co_return on_send(request);
  }

  async::Task<Result<http::StreamedResponse>> open(http::Request request,
                                                   http::StreamOptions options) override {
    requests.push_back(request);
    const std::stop_token never;
    co_await async::sleep_for(executor_, latency, never);
    if (!on_open)
      co_return fail(Code::Unavailable, "nothing is scripted for open");
    auto stream = on_open(request);
    if (!stream)
      co_return fail(std::move(stream).error());
    http::StreamedResponse response;
    response.status = stream->status;
    response.headers = std::move(stream->headers);
    response.body =
        std::make_unique<Body>(executor_, std::move(stream->body), options.idle_timeout);
    co_return response;
  }

private:
  class Body final : public http::BodyStream {
  public:
    Body(async::SimulatedExecutor& executor, ScriptedBody script, Duration idle_timeout)
        : executor_(executor), script_(std::move(script)), idle_timeout_(idle_timeout) {}

    async::Task<Result<std::string>> next(std::stop_token stop) override {
      ensure(!ended_, "a body was read after its end");
      if (next_ < script_.pieces.size()) {
        const bool slept = co_await async::sleep_for(executor_, Duration{1}, stop);
        ended_ = !slept;
        if (!slept)
          co_return fail(Code::Cancelled, "stopped");
        co_return script_.pieces[next_++];
      }
      ended_ = true;
      if (script_.end == BodyEnd::Regular)
        co_return std::string{};
      if (script_.end == BodyEnd::Broken)
        co_return fail(Code::Timeout, "connection reset by peer");
      const bool slept = co_await async::sleep_for(executor_, idle_timeout_, stop);
      co_return slept ? fail(Code::Timeout, "nothing came") : fail(Code::Cancelled, "stopped");
    }

  private:
    async::SimulatedExecutor& executor_;
    ScriptedBody script_;
    Duration idle_timeout_;
    std::size_t next_ = 0;
    bool ended_ = false;
  };

  async::SimulatedExecutor& executor_;
};

using simulation::await;

inline http::Response json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

} // namespace berth::kube::testing
