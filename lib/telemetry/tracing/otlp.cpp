#include "lib/telemetry/tracing/otlp.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

namespace berth::telemetry {
namespace {

using nlohmann::json;

constexpr int kStatusError = 2;

json text_value(std::string_view text) {
  return {{"stringValue", text.substr(0, kLogValueBytesMax)}};
}

/// Numbers of 64 bits are texts in the JSON of protocol buffers.
struct ValueOf {
  json operator()(bool value) const { return {{"boolValue", value}}; }
  json operator()(std::int64_t value) const { return {{"intValue", std::to_string(value)}}; }
  json operator()(const std::string& value) const { return text_value(value); }
};

json encode_link(const SpanContext& linked) {
  return {{"traceId", to_string(linked.trace)}, {"spanId", to_string(linked.span)}};
}

json encode_span(const Span& span) {
  json encoded = {{"traceId", to_string(span.context.trace)},
                  {"spanId", to_string(span.context.span)},
                  {"name", span.name.text()},
                  {"kind", static_cast<int>(span.kind)},
                  {"startTimeUnixNano", std::to_string(span.start_unix_ns)},
                  {"endTimeUnixNano", std::to_string(span.end_unix_ns)}};
  if (span.parent.value != 0)
    encoded["parentSpanId"] = to_string(span.parent);
  json attributes = json::array();
  for (const SpanAttribute& attribute : span.attributes)
    attributes.push_back(
        {{"key", attribute.key.text()}, {"value", std::visit(ValueOf{}, attribute.value)}});
  encoded["attributes"] = std::move(attributes);
  for (const SpanContext& linked : span.links)
    encoded["links"].push_back(encode_link(linked));
  if (!span.failure.empty())
    encoded["status"] = {{"code", kStatusError},
                         {"message", span.failure.substr(0, kLogValueBytesMax)}};
  return encoded;
}

json encode_resource(const TraceResource& resource) {
  json attributes = json::array();
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty())
      attributes.push_back({{"key", key}, {"value", text_value(text)}});
  };
  add("service.name", resource.service_name);
  add("service.version", BERTH_VERSION);
  add("service.instance.id", resource.service_instance);
  return {{"attributes", std::move(attributes)}};
}

} // namespace

std::string encode_spans(std::span<const Span> spans, const TraceResource& resource) {
  json encoded = json::array();
  for (const Span& span : spans)
    encoded.push_back(encode_span(span));
  const json scope = {{"name", "berth"}, {"version", BERTH_VERSION}};
  const json scoped = {{"scope", scope}, {"spans", std::move(encoded)}};
  const json of_resource = {{"resource", encode_resource(resource)},
                            {"scopeSpans", json::array({scoped})}};
  const json request = {{"resourceSpans", json::array({of_resource})}};
  // A value that was cut inside a character is mended.
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

PartialSuccess read_export_response(std::string_view body) {
  PartialSuccess partial;
  const json answer = json::parse(body, nullptr, false);
  if (!answer.is_object())
    return partial;
  const auto found = answer.find("partialSuccess");
  if (found == answer.end() || !found->is_object())
    return partial;
  if (const auto count = found->find("rejectedSpans"); count != found->end()) {
    const std::string digits = count->is_string() ? count->get<std::string>() : count->dump();
    // Where no number stands nothing was rejected.
    static_cast<void>(
        std::from_chars(digits.data(), digits.data() + digits.size(), partial.rejected_spans));
  }
  if (const auto message = found->find("errorMessage");
      message != found->end() && message->is_string())
    partial.message = message->get<std::string>();
  return partial;
}

} // namespace berth::telemetry
