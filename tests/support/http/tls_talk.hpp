#pragma once
// TlsTalk: the server's side of one TLS connection, for a ScriptedServer's script. It does what the
// test says, such as saying goodbye at the wrong time.

#include <memory>
#include <string>

#include "lib/http/tls.hpp"
#include "tests/support/http/raw_socket.hpp"

namespace berth::http::testing {

class TlsTalk {
public:
  /// Shakes hands; when that fails, nothing else is possible.
  TlsTalk(const RawSocket& connection, const ServerTls& tls);
  ~TlsTalk();
  TlsTalk(const TlsTalk&) = delete;
  TlsTalk& operator=(const TlsTalk&) = delete;

  /// What the client asked for (SNI), or empty.
  [[nodiscard]] std::string server_name() const;
  /// Reads a request without a body and answers 200; the connection may be used again.
  void answer_request();
  /// Ends TLS, but not the connection under it.
  void say_goodbye();
  /// Reads until the client closes.
  void wait_for_end();

private:
  struct Session;
  std::unique_ptr<Session> session_;
};

} // namespace berth::http::testing
