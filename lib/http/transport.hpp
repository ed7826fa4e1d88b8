#pragma once
// Transport: how the Kubernetes client and other callers reach one HTTP server. BeastTransport is
// the real one; tests/support/simulation has the simulated API server behind the same face.
// A Result's error means that no complete response came; any status that came is a Response.
// Its code tells whether the request may be repeated: Unavailable when no byte of it was sent (no
// address, refused, TLS failed), so that the server surely did not act; Timeout when the deadline
// passed or the connection broke after that, so that the effect is unknown.

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/http/message.hpp"

namespace berth::http {

struct SendOptions {
  /// From the start of the call to the last byte of the response. Passed: Code::Timeout.
  Duration timeout = std::chrono::seconds{30};
  /// Longest body accepted; a longer one is Code::TooLarge.
  std::size_t response_bytes_max = std::size_t{64} << 20U;
  /// Never waits for others to free a connection: for the rare call that a busy program dies of.
  bool urgent = false;
};

struct StreamOptions {
  /// Until the response's head has come.
  Duration head_timeout = std::chrono::seconds{30};
  /// Longest silence inside the body before the stream fails with Code::Timeout.
  Duration idle_timeout = std::chrono::seconds{600};
};

/// A response body that arrives over time, such as a watch.
class BodyStream {
public:
  virtual ~BodyStream() = default;
  /// The next bytes; an empty string at the regular end. After an end or an error it must not be
  /// called again. A requested stop closes the connection and gives Code::Cancelled.
  [[nodiscard]] virtual async::Task<Result<std::string>> next(std::stop_token stop) = 0;
};

struct StreamedResponse {
  int status = 0;
  Headers headers;
  std::unique_ptr<BodyStream> body;
};

class Transport {
public:
  virtual ~Transport() = default;
  /// One request, one complete response. May be called for many requests at once.
  [[nodiscard]] virtual async::Task<Result<Response>> send(Request request,
                                                           SendOptions options) = 0;
  /// One request on a connection of its own, whose body is read piece by piece.
  [[nodiscard]] virtual async::Task<Result<StreamedResponse>> open(Request request,
                                                                   StreamOptions options) = 0;
};

} // namespace berth::http
