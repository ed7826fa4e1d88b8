#pragma once
// Refusal: how the simulated API server says no, with the code, reason, message and details that a
// kube-apiserver of 1.37 puts into its Status object. Handlers return Answer<T>.

#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "lib/http/message.hpp"
#include "lib/kube/object.hpp"
#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

struct Refusal {
  Json status; ///< a complete meta/v1 Status
  std::optional<int> retry_after_seconds;

  [[nodiscard]] int code() const;
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] http::Response response() const;
};

template <class T>
using Answer = tl::expected<T, Refusal>;

/// One thing that is wrong with one field, as Status.details.causes lists it.
struct FieldError {
  std::string type; ///< "FieldValueInvalid", "FieldValueForbidden", ...
  std::string field;
  std::string message;
};
using FieldErrors = std::vector<FieldError>;

[[nodiscard]] FieldError invalid_value(std::string field, const Json& value, std::string_view why);
[[nodiscard]] FieldError forbidden_field(std::string field, std::string_view why);
[[nodiscard]] FieldError required_field(std::string field, std::string_view why = {});
[[nodiscard]] FieldError duplicate_value(std::string field, const Json& value);

/// "group" and resource or kind of what a Status is about.
struct GroupResource {
  std::string group;
  std::string resource;
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] GroupResource group_resource(const kube::ResourceType& type);
[[nodiscard]] GroupResource group_kind(const kube::ResourceType& type);

[[nodiscard]] Refusal bad_request(std::string message);
[[nodiscard]] Refusal not_found(const GroupResource& what, const std::string& name);
/// No such path: the answer of the server's mux, which knows no resource.
[[nodiscard]] Refusal unknown_path();
[[nodiscard]] Refusal already_exists(const GroupResource& what, const std::string& name);
[[nodiscard]] Refusal conflict(const GroupResource& what, const std::string& name,
                               const std::string& why);
/// The optimistic lock failed: another resourceVersion than the one given is stored.
[[nodiscard]] Refusal stale_version(const GroupResource& what, const std::string& name);
[[nodiscard]] Refusal apply_conflict(Json causes, std::string message);
[[nodiscard]] Refusal invalid(const GroupResource& kind, const std::string& name,
                              const FieldErrors& errors);
/// A patch that cannot be applied, such as a failed JSON-patch `test`.
[[nodiscard]] Refusal unprocessable_patch(const std::string& why);
[[nodiscard]] Refusal forbidden(const GroupResource& what, const std::string& name,
                                const std::string& why);
[[nodiscard]] Refusal expired(std::string message);
[[nodiscard]] Refusal version_too_large(std::uint64_t asked, std::uint64_t current);
[[nodiscard]] Refusal unsupported_media_type(const std::vector<std::string_view>& supported);
[[nodiscard]] Refusal method_not_allowed();
[[nodiscard]] Refusal too_many_requests(std::string message, int retry_after_seconds);
[[nodiscard]] Refusal internal_error(const std::string& why);
/// 500 with a message and no reason, as errors come out that nobody translated.
[[nodiscard]] Refusal plain_error(std::string message);
[[nodiscard]] Refusal unavailable(std::string message);

/// The Status of a success that has no object to show.
[[nodiscard]] Json success();

} // namespace berth::simulation
