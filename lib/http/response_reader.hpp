#pragma once
// ResponseReader: turns the bytes of one connection into one response, whole or piece by piece. It
// holds no socket and no clock. Interim answers (100 Continue) are skipped; what would leave the
// end of the body in doubt is an error. Used by BeastTransport only.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "lib/base/result.hpp"
#include "lib/http/message.hpp"

namespace berth::http {

struct ResponseLimits {
  std::size_t header_bytes_max = 0;
  /// Of the whole body; a stream has none.
  std::size_t body_bytes_max = 0;
};

class ResponseReader {
public:
  /// `has_body` is false for the answer to a HEAD request.
  ResponseReader(ResponseLimits limits, bool has_body);
  ~ResponseReader();
  ResponseReader(ResponseReader&&) noexcept;

  [[nodiscard]] std::span<char> space();
  /// Reads on in the next bytes. Invalid: not HTTP; TooLarge: a limit was passed.
  [[nodiscard]] Result<void> received(std::size_t bytes);
  /// The server sent its last byte; Unavailable when the response is not complete with that.
  [[nodiscard]] Result<void> ended();

  /// Whether any byte has come.
  [[nodiscard]] bool started() const;
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;
  /// Whether the connection may carry another request; once done().
  [[nodiscard]] bool keep_alive() const;
  /// Status and headers; once head_done().
  [[nodiscard]] Response take_head();
  /// The part of the body that has come since the last call.
  [[nodiscard]] std::string take_body();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::http
