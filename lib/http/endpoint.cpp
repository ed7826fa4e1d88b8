#include <algorithm>
#include <charconv>

#include "lib/http/beast_transport.hpp"
#include "lib/http/head_rules.hpp"

namespace berth::http {
namespace {

bool is_host_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_address_char(char c) {
  return (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), port);
  return error == std::errc{} && rest == text.end() && port > 0;
}

/// `url` without the name and the password that may stand in front of its host.
std::string without_credentials(std::string_view url) {
  const auto slashes = url.find("//");
  const auto authority = slashes == url.npos ? 0 : slashes + 2;
  const auto at = url.rfind('@'); // a password may hold whatever ends a host
  if (at == url.npos || at < authority)
    return std::string(url);
  return std::string(url.substr(0, authority)) + "..." + std::string(url.substr(at));
}

tl::unexpected<Error> malformed(std::string_view url, std::string_view why) {
  return fail(Code::Invalid,
              "\"" + without_credentials(url) + "\" is no URL of a server: " + std::string(why));
}

} // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  endpoint.tls = rest.starts_with("https://");
  if (!endpoint.tls && !rest.starts_with("http://"))
    return malformed(url, "it must start with https:// or http://");
  rest.remove_prefix(rest.find("//") + 2);
  std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(authority.size());
  while (path.ends_with('/'))
    path.remove_suffix(1);
  if (!path.empty() && (!is_origin_form(path) || path.find_first_of("?#") != path.npos))
    return malformed(url, "its path must be encoded and without query");
  endpoint.base_path = path;
  std::string_view host = authority.substr(0, authority.rfind(':'));
  if (authority.starts_with('[')) {
    host = authority.substr(1).substr(0, authority.find(']') - 1);
    authority.remove_prefix(host.size() + 1);
    const bool is_closed = authority.starts_with(']');
    authority.remove_prefix(is_closed ? 1 : 0);
    if (!is_closed || host.empty() || !std::ranges::all_of(host, is_address_char) ||
        (!authority.empty() && authority.front() != ':'))
      return malformed(url, "its address is malformed");
  } else {
    authority.remove_prefix(host.size());
    if (host.empty() || !std::ranges::all_of(host, is_host_char))
      return malformed(url, "its host is malformed");
  }
  endpoint.host = host;
  endpoint.port = endpoint.tls ? "443" : "80";
  if (!authority.empty()) { // ":<port>" is left
    authority.remove_prefix(1);
    if (!is_port(authority))
      return malformed(url, "its port is malformed");
    endpoint.port = authority;
  }
  return endpoint;
}

std::string Endpoint::host_field() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  std::string field = is_ipv6 ? "[" + host + "]" : host;
  if (port != (tls ? "443" : "80"))
    field.append(":").append(port);
  return field;
}

} // namespace berth::http
