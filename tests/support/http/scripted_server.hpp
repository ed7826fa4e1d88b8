#pragma once
// ScriptedServer: a listener for tests of clients, which does to each connection what the test
// says: answer, fall silent, break off. One connection after the other, on a thread of its own.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "tests/support/http/raw_socket.hpp"

namespace berth::http::testing {

class ScriptedServer {
public:
  /// What happens on the `number`th connection, from 0; it is closed when the script returns.
  using Script = std::function<void(RawSocket& connection, int number)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Accepted so far.
  [[nodiscard]] int connections() const { return connections_; }
  /// Of these, how many the server has closed: the client's kernel knows of it.
  [[nodiscard]] int closed() const { return closed_; }

private:
  void serve();

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> closed_{0};
  std::thread thread_;
};

} // namespace berth::http::testing
