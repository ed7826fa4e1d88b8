#pragma once
// One request and its response on one connection, and what its failure means: whether the server
// may have acted, and so whether the request may be sent again. Used by BeastTransport only.

#include <memory>
#include <string>

#include "lib/http/beast_transport.hpp"
#include "lib/http/connection.hpp"
#include "lib/http/response_reader.hpp"

namespace berth::http {

/// A request as it goes over the wire.
struct Outgoing {
  std::string head; ///< with the body behind it where that is short
  std::string body;
  bool only_reads = false; ///< sending it twice does no harm
  bool has_answer_body = true;
};

/// Invalid when `request` cannot be sent as it is.
[[nodiscard]] Result<Outgoing> prepare(Request request, const Endpoint& endpoint);

/// What became of one request on one connection.
struct Exchange {
  Result<Response> response;
  bool may_repeat = false; ///< nothing was answered, and repeating it does no harm
  bool keep_alive = false; ///< the connection may carry another request
};

/// Sends and reads within the connection's deadline. `fresh`: nothing was sent on the connection
/// before. `outgoing` must outlive the task.
[[nodiscard]] async::Task<Exchange> exchange(std::shared_ptr<Connection> connection,
                                             const Outgoing& outgoing, ResponseLimits limits,
                                             bool fresh);

/// Sends and reads until `reader` has the head; nothing when that went well.
[[nodiscard]] async::Task<Result<void>> exchange_head(std::shared_ptr<Connection> connection,
                                                      const Outgoing& outgoing,
                                                      ResponseReader& reader);

} // namespace berth::http
