#pragma once
// What we send: the heads of requests and responses as bytes. The framing (length, connection) is
// ours alone; a name or value that would break out of its line is refused.

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/http/message.hpp"

namespace berth::http {

/// The head of `request`, sent to `host` (as the Host field has it) under `base_path`. Invalid when
/// the method, the target or a header cannot be sent as it is, or is not the caller's to set.
[[nodiscard]] Result<std::string> request_head(const Request& request, std::string_view host,
                                               std::string_view base_path);

/// The head of `response`, always with its length, so that the connection can be used again.
/// Invalid as above.
[[nodiscard]] Result<std::string> response_head(const Response& response, bool keep_alive);

} // namespace berth::http
