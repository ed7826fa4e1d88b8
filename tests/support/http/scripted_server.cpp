#include "tests/support/http/scripted_server.hpp"

#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/ensure.hpp"

namespace berth::http::testing {

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  ensure(::bind(listener_, plain, bytes) == 0 && ::listen(listener_, SOMAXCONN) == 0 &&
             ::getsockname(listener_, plain, &bytes) == 0,
         "the test's server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR); // wakes the accept
  thread_.join();
  ::close(listener_);
}

void ScriptedServer::serve() {
  while (true) {
    const int accepted = ::accept(listener_, nullptr, nullptr);
    if (accepted < 0)
      return;
    {
      RawSocket connection = RawSocket::adopt(accepted);
      script_(connection, connections_++);
    }
    ++closed_;
  }
}

} // namespace berth::http::testing
