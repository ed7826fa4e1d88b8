#include "lib/http/wire.hpp"

#include <algorithm>
#include <array>

#include <boost/beast/http/status.hpp>

#include "lib/http/head_rules.hpp"

namespace berth::http {
namespace {

/// The fields that say where a message goes and where it ends: written here and nowhere else.
constexpr std::array<std::string_view, 8> kOwnFields{
    "Host",    "Content-Length", "Transfer-Encoding", "Connection",
    "Upgrade", "Keep-Alive",     "Trailer",           "Expect"};

Result<void> append_fields(std::string& head, const Headers& headers) {
  for (const auto& [name, value] : headers) {
    const bool own = std::ranges::any_of(
        kOwnFields, [&](std::string_view field) { return equal_names(field, name); });
    if (own)
      return fail(Code::Invalid, "the header " + name + " is not the caller's to set");
    if (!is_token(name) || !is_field_value(value))
      return fail(Code::Invalid, "a header's name or value has forbidden characters");
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return {};
}

void append_length(std::string& head, std::size_t bytes) {
  head.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n");
}

} // namespace

Result<std::string> request_head(const Request& request, std::string_view host,
                                 std::string_view base_path) {
  if (!is_token(request.method))
    return fail(Code::Invalid, "the method is not a token");
  if (!is_origin_form(request.target))
    return fail(Code::Invalid, "the target must be an encoded path with an optional query");
  std::string head;
  head.append(request.method).append(" ").append(base_path).append(request.target);
  head.append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  BERTH_CHECK(append_fields(head, request.headers));
  const bool expects_body =
      request.method != "GET" && request.method != "HEAD" && request.method != "DELETE";
  if (!request.body.empty() || expects_body)
    append_length(head, request.body.size());
  return head.append("\r\n");
}

Result<std::string> response_head(const Response& response, bool keep_alive) {
  if (response.status < 200 || response.status > 599)
    return fail(Code::Invalid, "the status is not one of a final response");
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  std::string head;
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason.data(), reason.size()).append("\r\n");
  BERTH_CHECK(append_fields(head, response.headers));
  if (response.status != 204 && response.status != 304) // these never have a body (RFC 9110, 8.6)
    append_length(head, response.body.size());
  return head.append(keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

} // namespace berth::http
