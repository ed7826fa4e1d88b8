#include "analyzer/sources/prometheus.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/api/json_reading.hpp"

namespace berth::analyzer {
namespace {

constexpr std::size_t kWordsBytesMax = 256;
/// Year 1 to year 9999, in seconds.
constexpr double kSecondsMax = 2.5e11;

tl::unexpected<Error> refuse(std::string_view why) {
  return fail(Code::Invalid, "Prometheus' answer " + std::string(why));
}

/// A number as Go writes one, NaN and infinities included.
Result<double> read_number(const api::Json& value) {
  if (!value.is_string())
    return refuse("has a value that is no text");
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN")
    return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf" || text == "-Inf")
    return text[0] == '+' ? std::numeric_limits<double>::infinity()
                          : -std::numeric_limits<double>::infinity();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return refuse("has a value that is no number");
  return number;
}

Result<Sample> read_point(const api::Json& point) {
  if (!point.is_array() || point.size() != 2 || !point[0].is_number())
    return refuse("has a point that is no pair of time and value");
  const double seconds = point[0].get<double>();
  if (!(std::abs(seconds) <= kSecondsMax))
    return refuse("has a point at no time");
  Sample sample;
  sample.at = TimePoint{Duration{std::llround(seconds * 1000)}};
  BERTH_TRY(sample.value, read_number(point[1]));
  return sample;
}

Result<std::vector<Sample>> read_matrix(const api::Json& result, const PrometheusLimits& limits) {
  std::vector<Sample> samples;
  if (!result.is_array())
    return refuse("has no list of series");
  if (result.size() > 1)
    return refuse("has " + std::to_string(result.size()) +
                  " series, and the expression must give one");
  if (result.empty())
    return samples;
  const auto values = result[0].is_object() ? result[0].find("values") : result[0].end();
  if (!result[0].is_object() || values == result[0].end() || !values->is_array())
    return refuse("has a series without values");
  if (values->size() > limits.points_max)
    return refuse("has too many points");
  for (const auto& point : *values) {
    BERTH_TRY(const Sample sample, read_point(point));
    if (!samples.empty() && sample.at <= samples.back().at)
      return refuse("has points out of order");
    samples.push_back(sample);
  }
  return samples;
}

Error error_of(int status, const Result<std::vector<Sample>>& decoded) {
  const std::string words =
      decoded ? "Prometheus answered " + std::to_string(status) : decoded.error().message;
  if (status == 401 || status == 403)
    return Error{status == 401 ? Code::Unauthorized : Code::Forbidden,
                 "Prometheus refused the token (" + std::to_string(status) + ")"};
  if (status == 400 || status == 422)
    return Error{Code::Invalid, words};
  return Error{Code::Unavailable, "Prometheus answered " + std::to_string(status)};
}

} // namespace

std::string target_of(const RangeQuery& query) {
  const auto seconds = [](Duration span) {
    const auto count = span.count();
    std::string fraction = std::to_string(1000 + count % 1000).substr(1);
    return std::to_string(count / 1000) + '.' + fraction;
  };
  return "/api/v1/query_range?query=" + http::percent_encode(query.expression) +
         "&start=" + seconds(query.start.time_since_epoch()) +
         "&end=" + seconds(query.end.time_since_epoch()) + "&step=" + seconds(query.step);
}

Result<std::vector<Sample>> decode_range(std::string_view text, const PrometheusLimits& limits) {
  api::JsonLimits json;
  json.text_bytes_max = limits.response_bytes_max;
  auto parsed = api::parse_json(text, json);
  if (!parsed)
    return fail(parsed.error().while_doing("read Prometheus' answer"));
  if (!parsed->is_object())
    return refuse("is no object");
  if (api::text_in(*parsed, "status") != "success") {
    const std::string words = api::text_in(*parsed, "error").substr(0, kWordsBytesMax);
    return refuse("is an error: " + api::text_in(*parsed, "errorType").substr(0, kWordsBytesMax) +
                  ": " + words);
  }
  const auto data = parsed->find("data");
  if (data == parsed->end() || !data->is_object())
    return refuse("has no data");
  if (api::text_in(*data, "resultType") != "matrix")
    return refuse("is of another type than a matrix");
  const auto result = data->find("result");
  if (result == data->end())
    return refuse("has no result");
  return read_matrix(*result, limits);
}

async::Task<Result<std::vector<Sample>>> Prometheus::read(RangeQuery query) {
  http::Request request;
  request.method = "GET";
  request.target = target_of(query);
  request.headers.add("Accept", "application/json");
  std::string token;
  if (tokens_ != nullptr) {
    auto given = co_await tokens_->token();
    if (!given)
      co_return fail(given.error().while_doing("ask Prometheus"));
    token = std::move(*given);
    request.headers.add("Authorization", "Bearer " + token);
  }
  http::SendOptions options;
  options.timeout = limits_.timeout;
  options.response_bytes_max = limits_.response_bytes_max;
  auto response = co_await transport_.send(std::move(request), options);
  if (!response)
    co_return fail(response.error().while_doing("ask Prometheus"));
  if (response->status == 401 && tokens_ != nullptr)
    tokens_->reject(token);
  auto decoded = decode_range(response->body, limits_);
  if (response->status != 200)
    co_return fail(error_of(response->status, decoded));
  co_return decoded;
}

} // namespace berth::analyzer
