#pragma once
// HTTP requests and responses as plain values, shared by the server, the client and the simulated
// API server. No parsing happens here.

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/clock.hpp"

namespace berth::http {

/// Whether two header names are the same: ASCII letters compare without case.
[[nodiscard]] bool equal_names(std::string_view left, std::string_view right);

/// Header fields in the order sent; names compare without case.
class Headers {
public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }

private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method; ///< "GET", "POST", "PUT", "PATCH", "DELETE"
  std::string target; ///< origin form: path and query, percent-encoded
  Headers headers;
  std::string body;
  /// Server only: the common name of the client certificate that was verified, or empty.
  std::string peer_common_name{};
  /// Server only: when that certificate stops to be valid; absent where none was shown.
  std::optional<TimePoint> peer_valid_until{};
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

/// Retry-After: how long the peer asks to wait; nothing when it is absent, a date or no number of
/// seconds (at most 2^31 - 1).
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const Headers& headers);

/// The path of a target, without the query.
[[nodiscard]] std::string_view path_of(std::string_view target);
/// The first well-formed value of a query parameter, percent-decoded and with '+' as a space.
[[nodiscard]] std::optional<std::string> query_value(std::string_view target,
                                                     std::string_view name);
/// The well-formed values of a query parameter that may come several times.
[[nodiscard]] std::vector<std::string> query_values(std::string_view target, std::string_view name);
/// Percent-encodes everything but unreserved characters, so that it is one path segment or value.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Undoes percent_encode(); nothing when a '%' is not followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

} // namespace berth::http
