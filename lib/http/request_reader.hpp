#pragma once
// RequestReader: turns the bytes of one connection into requests, one after the other. It holds no
// socket and no clock: the server gives it bytes and it says what it needs next. Beast parses;
// head_rules.hpp refuses what Beast would let through.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "lib/http/head_rules.hpp"
#include "lib/http/message.hpp"

namespace berth::http {

class RequestReader {
public:
  enum class State {
    Idle, ///< between two requests: not a byte of the next one has come
    Head, ///< inside a head
    Body, ///< the head is complete, the body is not
    Done, ///< take() gives the request
  };

  RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~RequestReader();

  /// Where to put the next bytes; call received() with how many there were.
  [[nodiscard]] std::span<char> space();
  void received(std::size_t bytes);
  /// Reads on in what has been received. After a Refusal the connection is of no more use.
  [[nodiscard]] tl::expected<State, Refusal> advance();

  /// The client waits for "100 Continue" before it sends the body. From state Body on.
  [[nodiscard]] bool expects_continue() const;
  /// HEAD: the answer must carry no body. From state Body on.
  [[nodiscard]] bool is_head_request() const;
  /// The client lets the connection be used again. From state Body on.
  [[nodiscard]] bool keep_alive() const;
  /// The request, in state Done; bytes of the next one stay.
  [[nodiscard]] Request take();
  /// Memory for the body of the next request, so that large ones in a row need none.
  void reuse(std::string memory);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::http
