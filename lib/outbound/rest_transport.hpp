#pragma once
// RestTransport: the Transport for what Berth asks of others than the API server, such as
// Prometheus: over cpprestsdk, which knows proxies and the habits of the web. Whole responses only.
// cpprestsdk is not maintained any more, so nothing but rest_transport.cpp sees its types, and
// whatever it throws or is sent ends there. It follows no redirect: a token must not wander.

#include <memory>
#include <string>
#include <string_view>

#include "lib/async/executor.hpp"
#include "lib/http/transport.hpp"

namespace berth::outbound {

struct RestOptions {
  /// Certificates trusted as issuers, in PEM; empty: the system's. The server's name is checked.
  std::string ca_pem{};
  /// Of one answer's head and body, in pieces of this size at most.
  std::size_t piece_bytes = std::size_t{64} << 10U;
};

class RestTransport final : public http::Transport {
public:
  /// `url` names scheme, host, port and what is put in front of every target. Invalid says what is
  /// wrong with it. Callers go on on `executor`, which must outlive the transport.
  [[nodiscard]] static Result<std::unique_ptr<RestTransport>>
  create(async::Executor& executor, std::string_view url, RestOptions options = {});
  ~RestTransport() override;

  [[nodiscard]] async::Task<Result<http::Response>> send(http::Request request,
                                                         http::SendOptions options) override;
  /// Always Invalid: nothing outside is watched.
  [[nodiscard]] async::Task<Result<http::StreamedResponse>>
  open(http::Request request, http::StreamOptions options) override;

private:
  struct Impl;
  explicit RestTransport(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

} // namespace berth::outbound
