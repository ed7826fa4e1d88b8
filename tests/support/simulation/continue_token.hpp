#pragma once
// ContinueToken: where a paged list goes on. Opaque to clients; the form is the API server's own
// (base64url of JSON), so that a test can make an old one for either server.

#include <string>

#include "tests/support/simulation/refusal.hpp"

namespace berth::simulation {

struct ContinueToken {
  std::int64_t revision = 0; ///< -1: whatever is current
  std::string start;         ///< first key of the next page, relative to the list's namespace
};

[[nodiscard]] std::string encode(const ContinueToken& token);
/// BadRequest for what is no token.
[[nodiscard]] Answer<ContinueToken> decode_continue(const std::string& text);

} // namespace berth::simulation
