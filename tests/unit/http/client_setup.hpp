#pragma once
// Short words for tests of BeastTransport.

#include <memory>
#include <string>

#include "lib/base/ensure.hpp"
#include "lib/http/beast_transport.hpp"
#include "tests/support/http/client_thread.hpp"

namespace berth::http::testing {

inline Endpoint local_endpoint(std::uint16_t port, bool tls = false) {
  Endpoint endpoint;
  endpoint.tls = tls;
  endpoint.host = "127.0.0.1";
  endpoint.port = std::to_string(port);
  return endpoint;
}

inline std::unique_ptr<BeastTransport> connect_to(ClientThread& client, const Endpoint& endpoint,
                                                  const ClientTls& tls = {},
                                                  const TransportLimits& limits = {}) {
  auto transport = BeastTransport::create(client.executor(), endpoint, tls, limits);
  ensure(transport.has_value(), transport ? "" : transport.error().message);
  return std::move(*transport);
}

inline Request request_of(std::string method, std::string target, std::string body = {}) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

inline Request get(std::string target) {
  return request_of("GET", std::move(target));
}

} // namespace berth::http::testing
