#pragma once
// TraceExporter: sends spans to a collector, some at once, every second. A collector that is away
// costs the spans that its absence left no room for, and nothing else: they are counted.

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/async/executor.hpp"
#include "lib/http/transport.hpp"
#include "lib/telemetry/tracing/otlp.hpp"
#include "lib/telemetry/tracing/tracer.hpp"

namespace berth::telemetry {

struct ExporterOptions {
  std::string target = "/v1/traces"; ///< path, behind what the transport puts in front
  http::Headers headers{};           ///< added to each request
  TraceResource resource{};
  Duration interval = std::chrono::seconds{1};
  std::size_t request_spans_max = 256;
  Duration request_timeout = std::chrono::seconds{5};
  std::size_t answer_bytes_max = std::size_t{64} << 10U;
  /// Tries of one request, with a pause between them that doubles from `interval` on.
  std::size_t tries_max = 3;
  Duration pause_max = std::chrono::seconds{30};
  /// How long a program that ends waits for what is still to be sent.
  Duration last_flush_max = std::chrono::seconds{2};
};

class TraceExporter {
public:
  struct Parts {
    http::Transport& transport;
    async::Executor& executor;
    TraceMetrics& metrics;
    Logger log;
  };
  /// Sends what `tracer` takes.
  TraceExporter(Parts parts, Tracer tracer, ExporterOptions options);

  /// Sends until `stop`, and then what is left.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  [[nodiscard]] async::Task<void> send_all(std::stop_token stop);
  [[nodiscard]] async::Task<void> send(std::vector<Span> spans, std::stop_token stop);
  /// One try: how many spans were rejected.
  [[nodiscard]] async::Task<Result<std::size_t>> post(std::string body, Duration timeout);
  [[nodiscard]] async::Task<void> flush();
  void note(std::size_t spans, const Result<std::size_t>& rejected);

  Parts parts_;
  Tracer tracer_;
  ExporterOptions options_;
  bool fails_ = false; ///< one line when it begins, one when it ends
};

} // namespace berth::telemetry
