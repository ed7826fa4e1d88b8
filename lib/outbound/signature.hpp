#pragma once
// Signatures of what Berth sends to others, so that the receiver knows who sent it and when: the
// scheme of the webhooks of payment and code hosts, an HMAC with SHA-256 (RFC 2104) over time and
// body.

#include <string>
#include <string_view>

#include "lib/base/clock.hpp"

namespace berth::outbound {

/// HMAC-SHA-256 in 64 lower-case hexadecimal digits.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

/// "t=<seconds>,v1=<hmac>": the HMAC is of "<seconds>.<body>", seconds since 1970 in decimals. The
/// time is signed with the body, so that what was overheard is of no use later.
[[nodiscard]] std::string signature_of(std::string_view key, TimePoint now, std::string_view body);

} // namespace berth::outbound
