#include "lib/telemetry/tracing/settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "lib/base/text.hpp"
#include "lib/http/beast_transport.hpp"

namespace berth::telemetry {
namespace {

constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kBlanks = " \t";

/// Words of OpenTelemetry's are the same in either case.
std::string word_of(std::string_view text) {
  return lower_case(trimmed(text, kBlanks));
}

/// A value, and the flag or variable that it is from.
struct Given {
  std::string field{};
  std::string value{};
};

/// Reads variables into settings, and notes those that it cannot honour.
class Reader {
public:
  Reader(const ReadVariable& read, TraceSettings& settings) : read_(read), settings_(settings) {}

  [[nodiscard]] bool is_switched_off();
  /// False, with a warning: spans are wanted in a way that Berth does not know.
  [[nodiscard]] bool takes_protocol();
  void take_headers();
  void take_sampling();
  /// Empty when it is not set.
  [[nodiscard]] Given variable(const char* name) const {
    const char* value = read_(name);
    return {name, value == nullptr ? "" : value};
  }
  /// What is said of traces, or else of everything that is sent.
  [[nodiscard]] Given exporter_variable(const std::string& suffix) const {
    Given of_traces = variable(("OTEL_EXPORTER_OTLP_TRACES_" + suffix).c_str());
    return of_traces.value.empty() ? variable(("OTEL_EXPORTER_OTLP_" + suffix).c_str()) : of_traces;
  }
  void warn(const Given& given, const std::string& what) {
    settings_.warnings.push_back(given.field + ": " + what);
  }

private:
  const ReadVariable& read_;
  TraceSettings& settings_;
};

Result<void> take_endpoint(const Given& given, bool is_whole, TraceSettings& settings) {
  std::string_view url = given.value;
  if (const auto parsed = http::Endpoint::parse(url); !parsed)
    return fail(Code::Invalid, given.field + ": " + parsed.error().message);
  if (is_whole) {
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

/// "name=value,..." with percent-encoded values; nothing if it is not that.
std::optional<http::Headers> read_headers(std::string_view text) {
  http::Headers headers;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view entry = trimmed(text.substr(0, comma), kBlanks);
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    if (entry.empty())
      continue;
    const auto equals = entry.find('=');
    const std::string_view name = trimmed(entry.substr(0, equals), kBlanks);
    if (equals == entry.npos || name.empty() || !std::ranges::all_of(name, is_name_char))
      return std::nullopt;
    auto value = http::percent_decode(trimmed(entry.substr(equals + 1), kBlanks));
    if (!value || !std::ranges::all_of(*value, is_value_char))
      return std::nullopt;
    headers.add(std::string(name), *std::move(value));
  }
  return headers;
}

bool Reader::is_switched_off() {
  const Given disabled = variable("OTEL_SDK_DISABLED");
  if (word_of(disabled.value) == "true")
    return true;
  const Given exporters = variable("OTEL_TRACES_EXPORTER");
  std::string_view left = exporters.value;
  if (trimmed(left, kBlanks).empty() || word_of(left) == "none")
    return !trimmed(left, kBlanks).empty();
  for (bool is_last = false; !is_last;) {
    const auto comma = left.find(',');
    if (word_of(left.substr(0, comma)) == "otlp")
      return false;
    is_last = comma == left.npos;
    left.remove_prefix(is_last ? left.size() : comma + 1);
  }
  warn(exporters, "must be otlp or none; no traces are sent");
  return true;
}

bool Reader::takes_protocol() {
  const Given given = exporter_variable("PROTOCOL");
  const std::string protocol = word_of(given.value);
  if (protocol == "grpc") {
    warn(given, "must be http/json, which collectors mostly take at port 4318; no traces are sent");
    return false;
  }
  // Whoever takes http/protobuf takes JSON at the same place.
  if (!protocol.empty() && protocol != "http/json" && protocol != "http/protobuf")
    warn(given, "must be http/json, which is used");
  return true;
}

void Reader::take_headers() {
  const Given given = exporter_variable("HEADERS");
  auto headers = read_headers(given.value);
  if (headers)
    settings_.headers = *std::move(headers);
  else
    warn(given,
         "must be name=value,... with values that are percent-encoded; no headers are added");
}

/// Berth's spans have no parent in another program, so that each sampler does what its root does.
void Reader::take_sampling() {
  const Given given = variable("OTEL_TRACES_SAMPLER");
  std::string sampler = word_of(given.value);
  constexpr std::string_view kParentBased = "parentbased_";
  if (sampler.starts_with(kParentBased))
    sampler.erase(0, kParentBased.size());
  if (sampler == "always_off") {
    settings_.sampling = Sampling::of_ratio(0);
    return;
  }
  if (sampler != "traceidratio") {
    if (!sampler.empty() && sampler != "always_on")
      warn(given, "must be always_on, always_off or traceidratio, or one of these with "
                  "parentbased_ in front; every pod is traced");
    return;
  }
  const Given argument = variable("OTEL_TRACES_SAMPLER_ARG");
  double ratio = 1;
  const char* const end = argument.value.data() + argument.value.size();
  const auto read = std::from_chars(argument.value.data(), end, ratio);
  if (argument.value.empty() ||
      (read.ec == std::errc{} && read.ptr == end && 0 <= ratio && ratio <= 1))
    settings_.sampling = Sampling::of_ratio(ratio);
  else
    warn(argument, "must be a number from 0 to 1; every pod is traced");
}

} // namespace

Result<TraceSettings> trace_settings(std::string_view flag, std::string_view program,
                                     const ReadVariable& read) {
  TraceSettings settings;
  Reader reader(read, settings);
  const Given given = flag.empty() ? reader.exporter_variable("ENDPOINT")
                                   : Given{"--otlp-endpoint", std::string(flag)};
  if (given.value.empty() || reader.is_switched_off())
    return settings;
  if (flag.empty() && !reader.takes_protocol()) // with the flag it is HTTP that was asked for
    return settings;
  const bool is_whole = given.field == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  if (auto taken = take_endpoint(given, is_whole, settings); !taken) {
    if (!flag.empty())
      return tl::unexpected(taken.error());
    settings.warnings.push_back(taken.error().message + "; no traces are sent");
    return settings;
  }
  reader.take_headers();
  reader.take_sampling();
  settings.ca_file = reader.exporter_variable("CERTIFICATE").value;
  settings.service_name = reader.variable("OTEL_SERVICE_NAME").value;
  if (settings.service_name.empty())
    settings.service_name = program;
  return settings;
}

} // namespace berth::telemetry
