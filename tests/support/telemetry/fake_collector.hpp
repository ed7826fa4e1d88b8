#pragma once
// FakeCollector: a collector of traces behind the face of a Transport, in simulated time. It reads
// what is sent as the protocol says (OTLP/HTTP with JSON) and keeps the spans that it took.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/async/executor.hpp"
#include "lib/http/transport.hpp"

namespace berth::telemetry::testing {

struct ReceivedSpan {
  std::string service{};
  std::string trace{};
  std::string id{};
  std::string parent{}; ///< empty: a root
  std::string name{};
  int kind = 0;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::map<std::string, std::string> attributes{}; ///< numbers as text
  std::vector<std::string> linked_traces{};
  std::string failure{};
};

class FakeCollector final : public http::Transport {
public:
  explicit FakeCollector(async::Executor& executor) : executor_(executor) {}

  std::function<Result<http::Response>()> answer = [] { return http::Response{200, {}, "{}"}; };
  Duration latency{5};
  std::vector<http::Request> requests;
  std::vector<Duration> timeouts;  ///< of the same requests
  std::vector<ReceivedSpan> spans; ///< of requests that were answered with 2xx

  /// The names of one trace's spans in the order in which they ended.
  [[nodiscard]] std::vector<std::string> names_of(const std::string& trace) const {
    std::multimap<std::int64_t, std::string> by_end;
    for (const ReceivedSpan& span : spans)
      if (span.trace == trace)
        by_end.emplace(span.end_ns, span.name);
    std::vector<std::string> names;
    for (const auto& [end, name] : by_end)
      names.push_back(name);
    return names;
  }
  /// The first of that name, or an empty one.
  [[nodiscard]] ReceivedSpan find(const std::string& name) const {
    for (const ReceivedSpan& span : spans)
      if (span.name == name)
        return span;
    return {};
  }

  async::Task<Result<http::Response>> send(http::Request request,
                                           http::SendOptions options) override {
    requests.push_back(request);
    timeouts.push_back(options.timeout);
    const std::stop_token never;
    co_await async::sleep_for(executor_, latency, never);
    auto answered = answer();
    if (answered && answered->status / 100 == 2)
      take(nlohmann::json::parse(request.body));
    co_return answered;
  }
  async::Task<Result<http::StreamedResponse>> open(http::Request, http::StreamOptions) override {
    co_return fail(Code::Invalid, "a collector streams nothing");
  }

private:
  static std::map<std::string, std::string> attributes_of(const nlohmann::json& holder) {
    std::map<std::string, std::string> attributes;
    for (const auto& entry : holder.at("attributes")) {
      const auto& value = entry.at("value").begin().value();
      attributes[entry.at("key")] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    return attributes;
  }

  void take(const nlohmann::json& request) {
    for (const auto& of_resource : request.at("resourceSpans"))
      for (const auto& scoped : of_resource.at("scopeSpans"))
        for (const auto& span : scoped.at("spans"))
          spans.push_back(read(span, attributes_of(of_resource.at("resource"))["service.name"]));
  }

  static ReceivedSpan read(const nlohmann::json& span, std::string service) {
    ReceivedSpan received;
    received.service = std::move(service);
    received.trace = span.at("traceId");
    received.id = span.at("spanId");
    received.parent = span.value("parentSpanId", "");
    received.name = span.at("name");
    received.kind = span.at("kind");
    received.start_ns = std::stoll(span.at("startTimeUnixNano").get<std::string>());
    received.end_ns = std::stoll(span.at("endTimeUnixNano").get<std::string>());
    received.attributes = attributes_of(span);
    for (const auto& link : span.value("links", nlohmann::json::array()))
      received.linked_traces.push_back(link.at("traceId"));
    if (span.contains("status"))
      received.failure = span["status"].at("message");
    return received;
  }

  async::Executor& executor_;
};

} // namespace berth::telemetry::testing
