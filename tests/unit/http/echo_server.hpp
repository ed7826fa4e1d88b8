#pragma once
// What the tests of this folder run against: a server whose answers tell what it was asked.

#include <atomic>
#include <memory>

#include "lib/base/ensure.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/http/server.hpp"
#include "tests/support/http/client_thread.hpp"
#include "tests/support/http/raw_socket.hpp"

namespace berth::http::testing {

/// Answers 200 with "<method> <target> <body>", or what the path asks for:
/// /large gives 1 MiB, /status/<n> that status.
inline async::Task<Response> echo(Request request) {
  Response response;
  response.status = 200;
  const std::string_view path = path_of(request.target);
  if (path == "/large")
    response.body = std::string(std::size_t{1} << 20U, 'x');
  else if (path.starts_with("/status/"))
    response.status = std::stoi(std::string(path.substr(8)));
  else if (path == "/who")
    response.body = request.peer_common_name;
  else if (path == "/until")
    response.body = request.peer_valid_until ? format_time(*request.peer_valid_until) : "nobody";
  else
    response.body = request.method + " " + request.target + " " + request.body;
  co_return response;
}

inline std::unique_ptr<Server> start_server(ServerOptions options, Handler handler = echo) {
  auto server = Server::start(std::move(options), std::move(handler));
  ensure(server.has_value(), server ? "" : server.error().message);
  return std::move(*server);
}

/// Sends `bytes` on a connection of its own and gives everything that comes back until the end.
inline std::string answer_to(const Server& server, std::string_view bytes) {
  RawSocket client(server.port());
  client.send(bytes);
  return client.read_all();
}

inline constexpr std::string_view kGetA = "GET /a HTTP/1.1\r\nHost: berth\r\n\r\n";

/// Asks for /a: whether the whole answer comes.
inline bool is_answered(RawSocket& client) {
  client.send(kGetA);
  return client.read_until("GET /a ").ends_with("GET /a ");
}

/// Waits, with patience, for another thread to bring about `condition`.
template <class Condition>
[[nodiscard]] bool comes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace berth::http::testing
