#pragma once
// ConnectionStream: the body of a streamed response, read from a connection of its own that ends
// with it. Made by BeastTransport::open().

#include <memory>
#include <string>

#include "lib/http/connection_pool.hpp"
#include "lib/http/response_reader.hpp"
#include "lib/http/transport.hpp"

namespace berth::http {

class ConnectionStream final : public BodyStream {
public:
  /// `reader` has the head already.
  ConnectionStream(std::shared_ptr<ConnectionPool> pool, std::shared_ptr<Connection> connection,
                   ResponseReader reader, Duration idle_timeout);
  ConnectionStream(const ConnectionStream&) = delete;
  ConnectionStream& operator=(const ConnectionStream&) = delete;
  ~ConnectionStream() override;

  [[nodiscard]] async::Task<Result<std::string>> next(std::stop_token stop) override;

private:
  [[nodiscard]] async::Task<Result<std::string>> read_piece();

  std::shared_ptr<ConnectionPool> pool_;
  std::shared_ptr<Connection> connection_;
  ResponseReader reader_;
  Duration idle_timeout_;
};

} // namespace berth::http
