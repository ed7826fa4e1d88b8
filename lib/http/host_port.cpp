#include "lib/http/host_port.hpp"

#include <charconv>

namespace berth::http {

Result<HostPort> HostPort::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail(Code::Invalid, "must be HOST:PORT");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return fail(Code::Invalid, "must have an IPv6 address in brackets");
  const std::string_view digits = text.substr(colon + 1);
  HostPort parsed{host.empty() ? "0.0.0.0" : std::string(host), 0};
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (problem != std::errc{} || end != digits.data() + digits.size())
    return fail(Code::Invalid, "must have a port from 0 to 65535 behind the last colon");
  return parsed;
}

} // namespace berth::http
