#pragma once
// Prometheus: the course of one number, asked for by an expression of PromQL over a range of time
// (GET /api/v1/query_range). What the server sends is measured, not trusted: an answer that is not
// one series, or is longer than its limits, is an error, and values that are no numbers are left to
// the series that counts them. tests/fuzz/prometheus feeds the decoder.

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/model/series.hpp"
#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/http/transport.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

struct PrometheusLimits {
  std::size_t response_bytes_max = std::size_t{4} << 20U;
  Duration timeout = std::chrono::seconds{10};
  /// Prometheus itself refuses more than 11,000 points.
  std::size_t points_max = 11'000;
};

struct RangeQuery {
  std::string expression{}; ///< PromQL with one series as its result
  TimePoint start{};        ///< the first point
  TimePoint end{};          ///< no point after it
  Duration step{};
};

/// The path and query of the request.
[[nodiscard]] std::string target_of(const RangeQuery& query);

/// The points of a query's answer, oldest first; NaN and infinite values are among them. Empty: no
/// series, nothing is known. Invalid: the answer is an error of Prometheus (with its words), has
/// more than one series, or cannot be read.
[[nodiscard]] Result<std::vector<Sample>> decode_range(std::string_view text,
                                                       const PrometheusLimits& limits = {});

class Prometheus {
public:
  /// `tokens` are asked before each query; without them none is sent.
  explicit Prometheus(http::Transport& transport, kube::TokenSource* tokens = nullptr,
                      PrometheusLimits limits = {})
      : transport_(transport), tokens_(tokens), limits_(limits) {}

  /// Unavailable and Timeout: ask again later. Unauthorized, Forbidden: the token is not good.
  [[nodiscard]] async::Task<Result<std::vector<Sample>>> read(RangeQuery query);

private:
  http::Transport& transport_;
  kube::TokenSource* tokens_;
  PrometheusLimits limits_;
};

} // namespace berth::analyzer
