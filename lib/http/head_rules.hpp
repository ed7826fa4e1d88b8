#pragma once
// What a request's head must look like before Beast may read it. Two readers that disagree about
// where a message ends can be played against each other (request smuggling), and Beast is lenient
// in places: it skips unknown transfer codings, accepts repeated lengths and unfolds lines. So
// everything doubtful is refused here, on the bytes as they came. Used by RequestReader only.

#include <optional>
#include <string_view>

namespace berth::http {

/// Why a request is not served: the status to answer with before the connection is closed.
struct Refusal {
  int status = 400;
  std::string_view why; ///< a constant sentence
};

/// Whether `c` may stand in a method or a field name (RFC 9110, 5.6.2).
[[nodiscard]] bool is_token_char(char c);
/// Whether a field value has no control character but tab (RFC 9110, 5.5): such as CR and LF, which
/// would start another field.
[[nodiscard]] bool is_field_value(std::string_view value);
[[nodiscard]] bool is_token(std::string_view text);
/// Printable ASCII without spaces that starts with '/' and has no broken percent-encoding.
[[nodiscard]] bool is_origin_form(std::string_view target);

/// `head` is everything up to and including the empty line. Nothing: it may be served.
[[nodiscard]] std::optional<Refusal> check_request_head(std::string_view head);

} // namespace berth::http
