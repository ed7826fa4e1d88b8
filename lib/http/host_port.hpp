#pragma once
// HostPort: where a server listens, as the flags of every program give it: "HOST:PORT". Names are
// not resolved here.

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace berth::http {

struct HostPort {
  std::string host; ///< an address or name; IPv6 without brackets
  std::uint16_t port = 0;

  /// From "127.0.0.1:8443", "[::1]:8443" or ":8443" (every IPv4 address); port 0 lets the system
  /// choose. Invalid says what is wrong.
  [[nodiscard]] static Result<HostPort> parse(std::string_view text);

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

} // namespace berth::http
