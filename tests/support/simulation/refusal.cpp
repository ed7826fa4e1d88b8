#include "tests/support/simulation/refusal.hpp"

#include <fmt/format.h>

namespace berth::simulation {
namespace {

Refusal make(int code, std::string_view reason, std::string message, Json details = nullptr) {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", message}, {"code", code}};
  if (!reason.empty())
    status["reason"] = reason;
  if (details.is_object())
    status["details"] = std::move(details);
  return Refusal{std::move(status), std::nullopt};
}

Json about(const GroupResource& what, const std::string& name) {
  Json details = {{"kind", what.resource}};
  if (!what.group.empty())
    details["group"] = what.group;
  if (!name.empty())
    details["name"] = name;
  return details;
}

Refusal with_retry_after(Refusal refusal, int seconds) {
  if (seconds > 0) {
    refusal.status["details"]["retryAfterSeconds"] = seconds;
    refusal.retry_after_seconds = seconds;
  }
  return refusal;
}

/// Values are shown as Go's %#v and %q would, near enough: text quoted, the rest as JSON.
std::string shown(const Json& value) {
  return value.is_null() ? std::string("null") : value.dump();
}

} // namespace

int Refusal::code() const {
  return static_cast<int>(integer_at(status, "/code"));
}
std::string Refusal::reason() const {
  return text_at(status, "/reason");
}

http::Response Refusal::response() const {
  http::Response response;
  response.status = code();
  response.headers.add("Content-Type", "application/json");
  if (retry_after_seconds)
    response.headers.add("Retry-After", std::to_string(*retry_after_seconds));
  response.body = status.dump();
  return response;
}

FieldError invalid_value(std::string field, const Json& value, std::string_view why) {
  return {"FieldValueInvalid", std::move(field),
          fmt::format("Invalid value: {}: {}", shown(value), why)};
}

FieldError forbidden_field(std::string field, std::string_view why) {
  return {"FieldValueForbidden", std::move(field), fmt::format("Forbidden: {}", why)};
}

FieldError required_field(std::string field, std::string_view why) {
  return {"FieldValueRequired", std::move(field),
          why.empty() ? std::string("Required value") : fmt::format("Required value: {}", why)};
}

FieldError duplicate_value(std::string field, const Json& value) {
  return {"FieldValueDuplicate", std::move(field),
          fmt::format("Duplicate value: {}", shown(value))};
}

std::string GroupResource::text() const {
  return group.empty() ? resource : resource + "." + group;
}
GroupResource group_resource(const kube::ResourceType& type) {
  return {type.group, type.plural};
}
GroupResource group_kind(const kube::ResourceType& type) {
  return {type.group, type.kind};
}

Refusal bad_request(std::string message) {
  return make(400, "BadRequest", std::move(message));
}

Refusal not_found(const GroupResource& what, const std::string& name) {
  return make(404, "NotFound", fmt::format("{} \"{}\" not found", what.text(), name),
              about(what, name));
}

Refusal unknown_path() {
  return make(404, "NotFound", "the server could not find the requested resource", Json::object());
}

Refusal already_exists(const GroupResource& what, const std::string& name) {
  return make(409, "AlreadyExists", fmt::format("{} \"{}\" already exists", what.text(), name),
              about(what, name));
}

Refusal conflict(const GroupResource& what, const std::string& name, const std::string& why) {
  return make(409, "Conflict",
              fmt::format("Operation cannot be fulfilled on {} \"{}\": {}", what.text(), name, why),
              about(what, name));
}

Refusal stale_version(const GroupResource& what, const std::string& name) {
  return conflict(what, name,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

Refusal apply_conflict(Json causes, std::string message) {
  return make(409, "Conflict", std::move(message), Json{{"causes", std::move(causes)}});
}

Refusal invalid(const GroupResource& kind, const std::string& name, const FieldErrors& errors) {
  Json causes = Json::array();
  std::string all;
  for (const auto& error : errors) {
    causes.push_back({{"reason", error.type}, {"message", error.message}, {"field", error.field}});
    all += fmt::format("{}{}: {}", all.empty() ? "" : ", ", error.field, error.message);
  }
  if (errors.size() > 1)
    all = "[" + all + "]";
  Json details = about(kind, name);
  details["causes"] = std::move(causes);
  return make(422, "Invalid", fmt::format("{} \"{}\" is invalid: {}", kind.text(), name, all),
              std::move(details));
}

Refusal unprocessable_patch(const std::string& why) {
  Json causes = Json::array({{{"reason", "UnexpectedServerResponse"}, {"message", why}}});
  return make(422, "Invalid", "the server rejected our request due to an error in our request",
              Json{{"causes", std::move(causes)}});
}

Refusal forbidden(const GroupResource& what, const std::string& name, const std::string& why) {
  const std::string subject =
      name.empty() ? what.text() : fmt::format("{} \"{}\"", what.text(), name);
  return make(403, "Forbidden", fmt::format("{} is forbidden: {}", subject, why),
              about(what, name));
}

Refusal expired(std::string message) {
  return make(410, "Expired", std::move(message));
}

Refusal version_too_large(std::uint64_t asked, std::uint64_t current) {
  Json causes = Json::array(
      {{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}}});
  return with_retry_after(
      make(504, "Timeout",
           fmt::format("Timeout: Too large resource version: {}, current: {}", asked, current),
           Json{{"causes", std::move(causes)}}),
      1);
}

Refusal unsupported_media_type(const std::vector<std::string_view>& supported) {
  return make(415, "UnsupportedMediaType",
              fmt::format("the body of the request was in an unknown format - accepted media types "
                          "include: {}",
                          fmt::join(supported, ", ")));
}

Refusal method_not_allowed() {
  return make(405, "MethodNotAllowed",
              "the server does not allow this method on the requested resource", Json::object());
}

Refusal too_many_requests(std::string message, int retry_after_seconds) {
  return with_retry_after(make(429, "TooManyRequests", std::move(message), Json::object()),
                          retry_after_seconds);
}

Refusal internal_error(const std::string& why) {
  Json causes = Json::array({{{"message", why}}});
  return make(500, "InternalError", fmt::format("Internal error occurred: {}", why),
              Json{{"causes", std::move(causes)}});
}

Refusal plain_error(std::string message) {
  return make(500, "", std::move(message));
}

Refusal unavailable(std::string message) {
  return make(503, "ServiceUnavailable", std::move(message));
}

Json success() {
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", Json::object()},
          {"status", "Success"}};
}

} // namespace berth::simulation
