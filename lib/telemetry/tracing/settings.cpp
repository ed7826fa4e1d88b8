#include "lib/telemetry/tracing/settings.hpp"

#include <algorithm>
#include <charconv>

#include "lib/http/beast_transport.hpp"

namespace berth::telemetry {
namespace {

constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kBlanks = " \t";

std::string text_of(const ReadVariable& read, const char* name) {
  const char* value = read(name);
  return value == nullptr ? "" : value;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

tl::unexpected<Error> must(const std::string& field, const std::string& what) {
  return fail(Code::Invalid, field + ": must " + what);
}

/// A URL, and the flag or variable that it is from.
struct Given {
  std::string field{};
  std::string url{};
  bool is_whole = false; ///< names the path of traces too
};

Given endpoint_given(std::string_view flag, const ReadVariable& read) {
  if (!flag.empty())
    return {"--otlp-endpoint", std::string(flag), false};
  constexpr const char* kOfTraces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  if (std::string url = text_of(read, kOfTraces); !url.empty())
    return {kOfTraces, std::move(url), true};
  constexpr const char* kOfAll = "OTEL_EXPORTER_OTLP_ENDPOINT";
  return {kOfAll, text_of(read, kOfAll), false};
}

Result<void> take_endpoint(const Given& given, TraceSettings& settings) {
  std::string_view url = given.url;
  if (const auto parsed = http::Endpoint::parse(url); !parsed)
    return fail(Code::Invalid, given.field + ": " + parsed.error().message);
  if (given.is_whole) {
    const auto path = url.find('/', url.find("//") + 2);
    settings.url = url.substr(0, path);
    settings.target = path == std::string_view::npos ? "/" : url.substr(path);
    return {};
  }
  while (url.ends_with('/'))
    url.remove_suffix(1);
  settings.url = url;
  settings.target = kTracesPath;
  return {};
}

bool is_name_char(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

bool is_value_char(char c) {
  return c >= ' ' && c != '\x7F';
}

/// "name=value,..." with percent-encoded values.
Result<http::Headers> read_headers(std::string_view text) {
  http::Headers headers;
  const auto malformed =
      must("OTEL_EXPORTER_OTLP_HEADERS", "be name=value,... with values that are percent-encoded");
  while (!text.empty()) {
    const std::string_view entry = trimmed(text.substr(0, text.find(',')));
    text.remove_prefix(
        std::min(text.size(), text.find(',') == text.npos ? text.size() : text.find(',') + 1));
    if (entry.empty())
      continue;
    const auto equals = entry.find('=');
    const std::string_view name = trimmed(entry.substr(0, equals));
    if (equals == entry.npos || name.empty() || !std::ranges::all_of(name, is_name_char))
      return malformed;
    auto value = http::percent_decode(trimmed(entry.substr(equals + 1)));
    if (!value || !std::ranges::all_of(*value, is_value_char))
      return malformed;
    headers.add(std::string(name), *std::move(value));
  }
  return headers;
}

/// Berth's spans have no parent in another program, so that each sampler does what its root does.
Result<Sampling> read_sampling(std::string sampler, const std::string& argument) {
  constexpr std::string_view kParentBased = "parentbased_";
  if (sampler.starts_with(kParentBased))
    sampler.erase(0, kParentBased.size());
  if (sampler.empty() || sampler == "always_on")
    return Sampling::of_ratio(1);
  if (sampler == "always_off")
    return Sampling::of_ratio(0);
  if (sampler != "traceidratio")
    return must("OTEL_TRACES_SAMPLER",
                "be always_on, always_off or traceidratio, or one of these with parentbased_ in "
                "front");
  double ratio = 1;
  const char* const end = argument.data() + argument.size();
  const auto read = std::from_chars(argument.data(), end, ratio);
  if (!argument.empty() &&
      (read.ec != std::errc{} || read.ptr != end || !(0 <= ratio && ratio <= 1)))
    return must("OTEL_TRACES_SAMPLER_ARG", "be a number from 0 to 1");
  return Sampling::of_ratio(ratio);
}

} // namespace

Result<TraceSettings> trace_settings(std::string_view flag, std::string_view program,
                                     const ReadVariable& read) {
  TraceSettings settings;
  const Given given = endpoint_given(flag, read);
  const bool is_switched_off = text_of(read, "OTEL_SDK_DISABLED") == "true" ||
                               text_of(read, "OTEL_TRACES_EXPORTER") == "none";
  if (given.url.empty() || is_switched_off)
    return settings;
  BERTH_CHECK(take_endpoint(given, settings));
  BERTH_TRY(settings.headers, read_headers(text_of(read, "OTEL_EXPORTER_OTLP_HEADERS")));
  BERTH_TRY(settings.sampling, read_sampling(text_of(read, "OTEL_TRACES_SAMPLER"),
                                             text_of(read, "OTEL_TRACES_SAMPLER_ARG")));
  settings.ca_file = text_of(read, "OTEL_EXPORTER_OTLP_CERTIFICATE");
  const std::string name = text_of(read, "OTEL_SERVICE_NAME");
  settings.service_name = name.empty() ? std::string(program) : name;
  return settings;
}

} // namespace berth::telemetry
